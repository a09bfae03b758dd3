// The Internet checksum, RFC 1071. Sums are of 16-bit words in memory order and turned to network order at the end: ones' complement addition does not
// mind (RFC 1071 §2 B). Nor does it mind how wide the words are that are added up, as long as a carry comes in again at the other end.

#ifndef MULTIHOME_SUM_H
#define MULTIHOME_SUM_H

#include <stdint.h>
#include <string.h>

#include "hot.h"

/* Adding the two halves in either order leaves their sum in the upper one, with the carry of the lower. */
static inline uint32_t fold16(uint64_t sum)
{
	sum += sum << 32 | sum >> 32;
	uint32_t half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return half >> 16;
}

#if UINTPTR_MAX > 0xffffffff
/* 64-bit words. Unaligned loads are free here. */
#define WORD_BYTES 8
static inline uint64_t word64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, 8);
	return v;
}

static inline uint64_t addWord(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint64_t sumWords(const uint8_t *p, uint32_t words, uint64_t sum)
{
#if defined(__x86_64__)
	/* An add-with-carry each: compilers make five instructions of what C can say. LEA and DEC leave the carry alone. */
	uint32_t blocks = words / 8;
	if (blocks)
		__asm__("clc\n"
			"1:\tadcq (%1), %0\n\tadcq 8(%1), %0\n\tadcq 16(%1), %0\n\tadcq 24(%1), %0\n"
			"\tadcq 32(%1), %0\n\tadcq 40(%1), %0\n\tadcq 48(%1), %0\n\tadcq 56(%1), %0\n"
			"\tleaq 64(%1), %1\n\tdecl %2\n\tjnz 1b\n\tadcq $0, %0"
			: "+r"(sum), "+r"(p), "+r"(blocks)
			:
			: "cc", "memory");
	words &= 7;
#endif
	for (; words; words--, p += 8)
		sum = addWord(sum, word64(p));
	return sum;
}
#else
/* 32-bit words into a 64-bit sum. `p` is aligned to 4: Cortex-M0+ faults otherwise. */
#define WORD_BYTES 4
static inline uint64_t addWord(uint64_t sum, uint64_t word)
{
	return sum + word;
}

static inline uint64_t sumWords(const uint8_t *p, uint32_t words, uint64_t sum)
{
#if defined(__thumb__)
	/* An add-with-carry each: of what C can say, compilers for a Cortex-M0+ keep half on the stack. MOVS leaves the carry alone. */
	uint32_t part = 0, blocks = words / 8;
	if (blocks)
		__asm__(".syntax unified\n"
			"1:\tldmia %1!, {r3, r4, r5, r6}\n\tadds %0, %0, r3\n\tadcs %0, r4\n\tadcs %0, r5\n\tadcs %0, r6\n"
			"\tldmia %1!, {r3, r4, r5, r6}\n\tadcs %0, r3\n\tadcs %0, r4\n\tadcs %0, r5\n\tadcs %0, r6\n"
			"\tmovs r3, #0\n\tadcs %0, r3\n\tsubs %2, %2, #1\n\tbne 1b"
			: "+l"(part), "+l"(p), "+l"(blocks)
			:
			: "r3", "r4", "r5", "r6", "cc", "memory");
	sum += part;
	words &= 7;
#endif
	const uint32_t *w = (const uint32_t *)(const void *)p;
	while (words--)
		sum += *w++;
	return sum;
}
#endif

static inline uint32_t swap16(uint32_t v)
{
	return (v >> 8 | v << 8) & 0xffff;
}

/* The 1 to WORD_BYTES - 1 bytes behind the last word, as one with zeros behind them. */
static inline uint64_t lastWord(const uint8_t *p, uint32_t length)
{
	uint64_t word = 0;
	uint32_t at = 0;
#if WORD_BYTES == 8
	if (length & 4) {
		uint32_t four;
		memcpy(&four, p, 4);
		word = four;
		at = 4;
	}
#endif
	for (; at < length; at++)
		word |= (uint64_t)p[at] << (8 * at);
	return word;
}

/* Sum of `length` bytes, folded, in network order; `initial` likewise, but need not be folded. */
HOT static inline uint32_t sum16(const uint8_t *p, uint32_t length, uint32_t initial)
{
	/* Turned by a byte, 32 bits have the sum of their 16-bit words with the bytes swapped. */
	uint64_t sum = initial << 8 | initial >> 24;
#if WORD_BYTES == 4
	uint32_t odd = (uint32_t)((uintptr_t)p & (length != 0));
	if (odd) { /* an odd start swaps the bytes of the whole sum */
		sum = (uint64_t)initial + ((uint32_t)*p++ << 8);
		length--;
	}
	if (((uintptr_t)p & 2) && length >= 2) {
		sum += *(const uint16_t *)(const void *)p;
		p += 2;
		length -= 2;
	}
#endif
	uint32_t words = length / WORD_BYTES, rest = length % WORD_BYTES;
	sum = sumWords(p, words, sum);
	if (rest)
		sum = addWord(sum, lastWord(p + words * WORD_BYTES, rest));
	uint32_t folded = fold16(sum);
#if WORD_BYTES == 4
	if (odd)
		return folded;
#endif
	return swap16(folded);
}

#endif
