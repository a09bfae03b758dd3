// The Internet checksum, RFC 1071. Sums are of 16-bit words in memory order and turned to network order at the end: ones' complement addition does not
// mind (RFC 1071 §2 B). Nor does it mind how wide the words are that are added up, as long as a carry comes in again at the other end.

#pragma once

#include "words.h"

static inline Word addWord(Word sum, Word word)
{
	sum += word;
	return sum + (sum < word);
}

static inline Word sumWords(const uint8_t *p, uint32_t words, Word sum)
{
	/* An add-with-carry each: of what C can say compilers make five instructions for x86-64, and for a Cortex-M0+ keep half on the stack. LEA, DEC and MOVS leave the carry alone. */
#if defined(__x86_64__) || defined(__thumb__)
	uint32_t blocks = words / 8;
	words &= 7;
	if (blocks)
#if defined(__x86_64__)
		__asm__("clc\n"
			"1:\tadcq (%1), %0\n\tadcq 8(%1), %0\n\tadcq 16(%1), %0\n\tadcq 24(%1), %0\n"
			"\tadcq 32(%1), %0\n\tadcq 40(%1), %0\n\tadcq 48(%1), %0\n\tadcq 56(%1), %0\n"
			"\tleaq 64(%1), %1\n\tdecl %2\n\tjnz 1b\n\tadcq $0, %0"
			: "+r"(sum), "+r"(p), "+r"(blocks)
			:
			: "cc", "memory");
#else
		__asm__(".syntax unified\n"
			"1:\tldmia %1!, {r3, r4, r5, r6}\n\tadds %0, %0, r3\n\tadcs %0, r4\n\tadcs %0, r5\n\tadcs %0, r6\n"
			"\tldmia %1!, {r3, r4, r5, r6}\n\tadcs %0, r3\n\tadcs %0, r4\n\tadcs %0, r5\n\tadcs %0, r6\n"
			"\tmovs r3, #0\n\tadcs %0, r3\n\tsubs %2, %2, #1\n\tbne 1b"
			: "+l"(sum), "+l"(p), "+l"(blocks)
			:
			: "r3", "r4", "r5", "r6", "cc", "memory");
#endif
#endif
	for (; words; words--, p += sizeof(Word))
		sum = addWord(sum, loadWord(p));
	return sum;
}

/* Fewer bytes than a word has, as one with zeros behind them. */
static inline Word fewBytes(const uint8_t *p, uint32_t length)
{
	Word word = 0;
	uint32_t at = 0;
	if (sizeof(word) > 4 && length & 4) {
		memcpy(&word, p, 4);
		at = 4;
	}
	for (; at < length; at++)
		word |= (Word)p[at] << (8 * at);
	return word;
}

/* Adding the two halves in either order leaves their sum in the upper one, with the carry of the lower. */
static inline uint32_t fold16(uint64_t sum)
{
	sum += sum << 32 | sum >> 32;
	uint32_t half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return half >> 16;
}

/* Sum of `length` bytes, folded, in network order; `initial` likewise, but need not be folded. */
HOT static inline uint32_t sum16(const uint8_t *p, uint32_t length, uint32_t initial)
{
	/* An odd start swaps the bytes of the whole sum, as does turning 32 bits by a byte. */
	const int odd = WORD_PLACES > 1 && (uintptr_t)p & 1;
	Word sum = odd ? initial : initial << 8 | initial >> 24;
	uint32_t head = -(uintptr_t)p % WORD_PLACES;
	if (head > length)
		head = length;
	if (head)
		sum = addWord(sum, fewBytes(p, head) << 8 * ((uintptr_t)p % WORD_PLACES));
	p += head;
	length -= head;
	uint32_t rest = length % sizeof(Word);
	sum = sumWords(p, length / sizeof(Word), sum);
	if (rest)
		sum = addWord(sum, fewBytes(p + length - rest, rest));
	uint32_t folded = fold16(sum);
	return odd ? folded : (folded >> 8 | folded << 8) & 0xffff;
}
