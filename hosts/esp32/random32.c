// Chance on ESP32: the hardware generator (ESP-IDF, "Random Number Generation": true random while a radio or its entropy source is on).

#include <stdint.h>

#include "esp_random.h"

uint32_t boardRandom(void)
{
	return esp_random();
}
