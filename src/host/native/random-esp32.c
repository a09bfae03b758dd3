// Chance on ESP32: the hardware generator (ESP-IDF, "Random Number Generation": true random while a radio or its entropy source is on).

#include "xsmc.h"
#include "esp_random.h"

void xs_multihome_random32(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)esp_random());
}
