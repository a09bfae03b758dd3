// The Internet checksum, RFC 1071, and the same while copying. Sums are of 16-bit words in memory order and turned to
// network order at the end: ones' complement addition does not mind (RFC 1071 §2 B).

#ifndef MULTIHOME_SUM_H
#define MULTIHOME_SUM_H

#include <stdint.h>
#include <string.h>

static inline uint32_t fold16(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

#if UINTPTR_MAX > 0xffffffff
/* 64-bit words into a 128-bit sum: add and add-with-carry, no more. Unaligned loads are free here. */
static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static inline uint64_t sumWords(const uint8_t *p, uint32_t words, uint64_t initial)
{
	unsigned __int128 sum = initial;
	for (; words >= 8; words -= 8, p += 64) {
		sum += word64(p);
		sum += word64(p + 8);
		sum += word64(p + 16);
		sum += word64(p + 24);
		sum += word64(p + 32);
		sum += word64(p + 40);
		sum += word64(p + 48);
		sum += word64(p + 56);
	}
	for (; words; words--, p += 8)
		sum += word64(p);
	uint64_t low = (uint64_t)sum, high = (uint64_t)(sum >> 64);
	low += high;
	return low + (low < high);
}
#define WORD_BYTES 8
#else
/* 32-bit words into a 64-bit sum: one add-with-carry each. `p` is aligned to 4: Cortex-M0+ faults otherwise. */
static inline uint64_t sumWords(const uint8_t *p, uint32_t words, uint64_t sum)
{
	const uint32_t *w = (const uint32_t *)(const void *)p;
	for (; words >= 4; words -= 4, w += 4) {
		sum += w[0];
		sum += w[1];
		sum += w[2];
		sum += w[3];
	}
	while (words--)
		sum += *w++;
	return sum;
}
#define WORD_BYTES 4
#endif

/* Sum of `length` bytes, folded, in network order; `initial` likewise. */
static inline uint32_t sum16(const uint8_t *p, uint32_t length, uint32_t initial)
{
	uint64_t sum = 0;
	uint32_t odd = 0;
#if WORD_BYTES == 4
	odd = (uint32_t)((uintptr_t)p & 1);
	if (odd && length) { /* an odd start swaps the bytes of the whole sum */
		sum = (uint32_t)*p++ << 8;
		length--;
	}
	if (((uintptr_t)p & 2) && length >= 2) {
		sum += *(const uint16_t *)(const void *)p;
		p += 2;
		length -= 2;
	}
#endif
	uint32_t words = length / WORD_BYTES;
	sum = sumWords(p, words, sum);
	p += words * WORD_BYTES;
	length -= words * WORD_BYTES;
	uint64_t rest = 0;
	for (uint32_t i = 0; i < length; i++)
		rest |= (uint64_t)p[i] << (8 * i);
	sum += rest;
	sum += sum < rest;
	uint32_t folded = fold16(sum);
	if (odd)
		folded = (folded >> 8 | folded << 8) & 0xffff;
	folded = (folded >> 8 | folded << 8) & 0xffff; /* little-endian to network order */
	return fold16((uint64_t)folded + initial);
}

#endif
