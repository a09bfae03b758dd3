/*
 * Runs one of the files of entropy (SOURCE) over a source of bits that is as the argument says, as often as the second one says, and prints what it answers each time, and what it did.
 * usage: entropy SOURCE-OF-BITS TIMES [SEED]
 */

#include "stand-in.h"

#include SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *kind;
static uint32_t state;
static unsigned samples;
static uint32_t now, lastSample, closest = ~0u;

static int bit(void)
{
	samples++;
	state = state * 1664525 + 1013904223;
	const uint32_t draw = state >> 8 & 0xffff;
	if (strcmp(kind, "zeros") == 0 || strcmp(kind, "off") == 0 || (strcmp(kind, "late") == 0 && samples <= 2048))
		return 0;
	if (strcmp(kind, "ones") == 0)
		return 1;
	if (strcmp(kind, "rare") == 0) /* one of 100 is 0: entropy 0.08 a bit at most, by -log2 of the likelier */
		return draw >= 655;
	if (strcmp(kind, "biased") == 0) /* one of four is 0 */
		return draw >= 16384;
	return draw & 1 ? 1 : 0;
}

uint32_t time_us_32(void)
{
	return now++;
}

static uint32_t roscBit(void)
{
	if (samples > 0 && now - lastSample < closest)
		closest = now - lastSample;
	lastSample = now;
	return (uint32_t)bit();
}

Rosc *roscStandIn(void)
{
	static Rosc rosc = { .bit = roscBit };
	rosc.status = strcmp(kind, "off") == 0 ? 0 : 1u << 12;
	return &rosc;
}

static int enabled, enables, filledEnabled;

#if PICO_RP2350
Trng *trngStandIn(void)
{
	/* A word is there after some rounds. What is written within some rounds of a reset is lost, and the count of cycles is too high for anything to come in time. */
	static Trng trng;
	static int rounds, resetting;
	if (trng.trng_sw_reset)
		resetting = 6;
	if (resetting > 0) {
		resetting--;
		trng = (Trng){ .sample_cnt1 = 0xffff };
	}
	if (trng.sample_cnt1 != CYCLES)
		trng.rnd_source_enable = 0;
	if (trng.rnd_source_enable && ++rounds % 7 == 0) {
		if (strcmp(kind, "never") != 0)
			trng.rng_isr = strcmp(kind, "failing") == 0 ? AUTOCORRELATION : EHR_VALID;
		for (int i = 0; i < 6; i++) {
			trng.ehr_data[i] = 0;
			for (int k = 0; k < 32; k++)
				trng.ehr_data[i] |= (uint32_t)bit() << k;
		}
	}
	if (trng.rng_icr) {
		trng.rng_isr &= ~trng.rng_icr;
		trng.rng_icr = 0;
	}
	enabled = (int)trng.rnd_source_enable;
	return &trng;
}
#endif

esp_err_t esp_wifi_get_mode(wifi_mode_t *mode)
{
	if (strcmp(kind, "no radio") != 0 && strcmp(kind, "radio") != 0)
		return ESP_ERR_WIFI_NOT_INIT;
	*mode = strcmp(kind, "radio") == 0 ? WIFI_MODE_STA : WIFI_MODE_NULL;
	return ESP_OK;
}

void bootloader_random_enable(void)
{
	enabled = 1;
	enables++;
}

void bootloader_random_disable(void)
{
	enabled = 0;
}

void esp_fill_random(void *bytes, uint32_t count)
{
	filledEnabled = enabled;
	for (uint32_t i = 0; i < count; i++) {
		((uint8_t *)bytes)[i] = 0;
		for (int k = 0; k < 8; k++)
			((uint8_t *)bytes)[i] |= (uint8_t)(bit() << k);
	}
}

int main(int count, char **arguments)
{
	if (count < 3)
		return 2;
	kind = arguments[1];
	state = count > 3 ? (uint32_t)atoi(arguments[3]) : 1;
	printf("{ \"answers\": [");
	for (int times = atoi(arguments[2]); times > 0; times--) {
		xsMachine the = { 0 };
		xs_multihome_entropy(&the);
		printf("{ \"problem\": \"%s\", \"bytes\": \"", the.problem ? the.problem : "");
		for (unsigned i = 0; i < sizeof(the.bytes); i++)
			printf("%02x", the.bytes[i]);
		printf("\" }%s", times > 1 ? ", " : "");
	}
#if PICO_RP2350
	trngStandIn();
#endif
	printf("], \"samples\": %u, \"closest\": %u, \"us\": %u, \"enables\": %d, \"filledEnabled\": %d, \"leftOn\": %d }\n", samples, closest, now, enables,
		filledEnabled, enabled);
	return 0;
}
