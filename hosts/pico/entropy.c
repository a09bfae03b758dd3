// Entropy on RP2040: the ring oscillator's random bit (RP2040 datasheet §2.17.5), whose bits are neither independent nor even. On RP2350: the true random number
// generator (RP2350 datasheet §12.12) with all of its own tests on.

#include "arena.h"
#include "hardware/timer.h"

#if PICO_RP2350
#include "hardware/structs/trng.h"

/* Cycles of the generator between two samples of its own ring oscillator, and how long 192 bits may take: at 150 MHz some 1 ms. */
#define CYCLES 200
#define PATIENCE_US 50000

enum { EHR_VALID = 1, AUTOCORRELATION = 2, REPETITION = 4, VON_NEUMANN = 8 };

/* Has it begin anew, which ends what an earlier failure has stopped. What is written while it resets may be lost: until it reads back. */
static void reset(void)
{
	const uint32_t since = time_us_32();
	trng_hw->rnd_source_enable = 0;
	trng_hw->trng_sw_reset = 1;
	do
		trng_hw->sample_cnt1 = CYCLES;
	while (trng_hw->sample_cnt1 != CYCLES && time_us_32() - since < PATIENCE_US);
	trng_hw->trng_debug_control = 0; /* no test is left out */
	trng_hw->rnd_source_enable = 1;
}

/* 192 bits; 0 when they do not come. */
static int collect(uint32_t *words)
{
	const uint32_t since = time_us_32();
	trng_hw->rng_icr = ~0u;
	while (!(trng_hw->rng_isr & EHR_VALID)) {
		if (trng_hw->rng_isr & (AUTOCORRELATION | REPETITION | VON_NEUMANN) || time_us_32() - since > PATIENCE_US)
			return 0;
	}
	for (int i = 0; i < 6; i++)
		words[i] = trng_hw->ehr_data[i];
	return 1;
}

static char *sample(uint8_t *raw, uint32_t bytes)
{
	char *problem = NULL;
	reset();
	for (uint32_t at = 0; at < bytes && !problem; at += 24) {
		uint32_t words[6];
		if (!collect(words))
			problem = "the random number generator fails its own tests: switch the board off and on";
		for (uint32_t i = 0; i < 24 && at + i < bytes && !problem; i++)
			raw[at + i] = (uint8_t)(words[i >> 2] >> 8 * (i & 3));
	}
	trng_hw->rnd_source_enable = 0;
	return problem;
}
#else
#include "hardware/structs/rosc.h"

/* µs between two samples, as it may run at a few MHz only: 20 ms for 2,048. */
#define APART_US 10

#define ROSC_ENABLED (1u << 12)

static char *sample(uint8_t *raw, uint32_t bytes)
{
	if (!(rosc_hw->status & ROSC_ENABLED))
		return "the ring oscillator is off, and nothing else gives randomness here: leave it on";
	for (uint32_t i = 0; i < bytes * 8; i++) {
		const uint32_t since = time_us_32();
		while (time_us_32() - since < APART_US);
		raw[i >> 3] = (uint8_t)(raw[i >> 3] << 1 | (rosc_hw->randombit & 1));
	}
	return NULL;
}
#endif

void xs_multihome_entropy(xsMachine *the)
{
	void *raw;
	xsUnsignedValue bytes;
	xsmcGetBufferWritable(xsArg(0), &raw, &bytes);
	char *problem = sample(raw, bytes);
	if (problem)
		xsmcSetString(xsResult, problem);
}
