// Where the key of the generator (random32.c) comes from. Each host has one file with `multihomeEntropy`.

#ifndef MULTIHOME_ENTROPY_H
#define MULTIHOME_ENTROPY_H

#include <stdint.h>

#include "siphash.h"

/** Fills a key of SIPHASH_KEY bytes that nobody can foretell. Answers NULL, or what is wrong in one line. */
const char *multihomeEntropy(uint8_t *key);

/** Bytes of a hardware source that become a key: 2,048 bits, so that a sixteenth of a bit in each would do. */
#define RAW_BYTES 256

/*
 * The two health tests of NIST SP 800-90B §4.4 over all raw bits, as if each held a tenth of a bit of entropy: a source that holds more fails one of them by chance
 * less than once in 2^20 starts, one that is stuck or nearly so always.
 */
#define REPEATED_AT_MOST 200
#define PROPORTION_WINDOW 1024
#define PROPORTION_AT_MOST 990

/** NULL when the bits may be used, or what is wrong. */
static inline const char *rawProblem(const uint8_t *raw)
{
	int last = -1, run = 0, first = 0, same = 0;
	for (int i = 0; i < RAW_BYTES * 8; i++) {
		const int bit = raw[i >> 3] >> (i & 7) & 1;
		run = bit == last ? run + 1 : 1;
		last = bit;
		if (run > REPEATED_AT_MOST)
			return "the source of randomness is stuck: switch the board off and on";
		if (i % PROPORTION_WINDOW == 0) {
			first = bit;
			same = 0;
		}
		same += bit == first;
		if (same > PROPORTION_AT_MOST)
			return "the source of randomness says nearly always the same: switch the board off and on";
	}
	return NULL;
}

/** Makes the key of raw bits, which neither have to be even nor independent: each of its bits depends on all of them. */
static inline void condition(uint8_t *key, const uint8_t *raw)
{
	for (int half = 0; half < 2; half++) {
		const uint8_t which[SIPHASH_KEY] = { (uint8_t)half };
		sipBytes(key + half * 8, sipHash(which, raw, RAW_BYTES), 8);
	}
}

#endif
