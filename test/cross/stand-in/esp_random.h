/* What random-esp32.c takes of ESP-IDF 5's components/esp_hw_support/include/esp_random.h, where ESP-IDF is not installed. */

#ifndef ESP_RANDOM_H
#define ESP_RANDOM_H

#include <stdint.h>

/** 32 bits of the hardware's generator. */
uint32_t esp_random(void);

#endif
