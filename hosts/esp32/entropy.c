// Entropy on ESP32: the hardware generator, which gives true random numbers only while a radio runs or noise of the SAR ADC is fed to it (ESP-IDF, "Random Number
// Generation"). Without a radio that source is on for as long as bits are read.

#include "arena.h"
#include "bootloader_random.h"
#include "esp_random.h"
#include "esp_wifi.h"

/* With Wi-Fi the source must not be switched on, and need not be. */
static int radioRuns(void)
{
	wifi_mode_t mode = WIFI_MODE_NULL;
	return esp_wifi_get_mode(&mode) == ESP_OK && mode != WIFI_MODE_NULL;
}

void xs_multihome_entropy(xsMachine *the)
{
	void *raw;
	xsUnsignedValue bytes;
	const int radio = radioRuns();
	xsmcGetBufferWritable(xsArg(0), &raw, &bytes);
	if (!radio)
		bootloader_random_enable();
	esp_fill_random(raw, bytes);
	/* What it changes of the ADC must be as before when a program uses that. */
	if (!radio)
		bootloader_random_disable();
}
