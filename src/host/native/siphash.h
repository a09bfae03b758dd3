// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits whose values tell a stranger nothing of the key.

#ifndef MULTIHOME_SIPHASH_H
#define MULTIHOME_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY 16

static inline uint64_t sipWord(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;
	while (count-- > 0)
		word = word << 8 | bytes[count];
	return word;
}

/** The first `count` bytes of a word, the lowest first. */
static inline void sipBytes(uint8_t *bytes, uint64_t word, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(word >> 8 * i);
}

static inline uint64_t sipRotated(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void sipRounds(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = sipRotated(v[1], 13) ^ v[0];
		v[0] = sipRotated(v[0], 32);
		v[2] += v[3];
		v[3] = sipRotated(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = sipRotated(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = sipRotated(v[1], 17) ^ v[2];
		v[2] = sipRotated(v[2], 32);
	}
}

static inline void sipAbsorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sipRounds(v, 2);
	v[0] ^= word;
}

/** Of `count` bytes, with a key of SIPHASH_KEY bytes. */
static inline uint64_t sipHash(const uint8_t *key, const uint8_t *bytes, size_t count)
{
	const uint64_t k0 = sipWord(key, 8), k1 = sipWord(key + 8, 8);
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t at = 0;
	for (; count - at >= 8; at += 8)
		sipAbsorb(v, sipWord(bytes + at, 8));
	sipAbsorb(v, sipWord(bytes + at, count - at) | (uint64_t)count << 56);
	v[2] ^= 0xff;
	sipRounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
