// Chance, the same on every host that has XS: SipHash of a counter, with a key that the host's hardware or system gives once (entropy.h). Who has seen any number of values
// foretells no other without the key.

#include <string.h>

#include "xsmc.h"
#include "entropy.h"

static uint8_t key[SIPHASH_KEY];
static uint8_t seeded;
static uint64_t counter;
/* 32 bits of the last value, which has 64, when `left`. */
static uint32_t rest;
static uint8_t left;

static uint64_t next(void)
{
	uint8_t bytes[8];
	sipBytes(bytes, counter++, sizeof(bytes));
	return sipHash(key, bytes, sizeof(bytes));
}

/* The value that SipHash's authors give for the key 00 01 … 0f and the message 00 01 … 0e (appendix A of their paper): a compiler has not mistaken it. */
static int works(void)
{
	uint8_t bytes[SIPHASH_KEY];
	for (int i = 0; i < SIPHASH_KEY; i++)
		bytes[i] = (uint8_t)i;
	return sipHash(bytes, bytes, 15) == 0xa129ca6149be45e5;
}

static const char *seed(void)
{
	if (!works())
		return "the generator does not pass its self-test";
	const char *problem = multihomeEntropy(key);
	seeded = !problem;
	return problem;
}

void xs_multihome_random32(xsMachine *the)
{
	const char *problem = seeded ? NULL : seed();
	if (problem)
		xsUnknownError("random32: %s", problem);
	if (left) {
		left = 0;
		xsmcSetInteger(xsResult, (xsIntegerValue)rest);
		return;
	}
	const uint64_t value = next();
	rest = (uint32_t)(value >> 32);
	left = 1;
	xsmcSetInteger(xsResult, (xsIntegerValue)(uint32_t)value);
}
