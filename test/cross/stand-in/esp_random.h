/* What entropy-esp32.c takes of ESP-IDF's components/esp_hw_support/include/esp_random.h, where ESP-IDF is not installed. */

#ifndef ESP_RANDOM_H
#define ESP_RANDOM_H

#include <stddef.h>

/** Fills memory with the hardware generator's bits. */
void esp_fill_random(void *buffer, size_t length);

#endif
