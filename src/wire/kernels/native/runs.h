// HDLC's octets a machine word at once: ../runs.ts.

#pragma once

#include "words.h"

/* A word whose bytes are all `BYTE`. */
#define EACH(BYTE) ((Word)-1 / 255 * (BYTE))

/* Whether there is a word to be read at byte `i` of `length`. */
static inline int hasWord(const uint8_t *p, int32_t i, int32_t length)
{
	return i <= length - (int32_t)sizeof(Word) && (uintptr_t)(p + i) % WORD_PLACES == 0;
}

/*
 * Words are looked at for an octet of at least 0x7d and below 0x80, and with a map for each control character. Sums carry into the octet above, so that some pass for one that ends
 * the run and are looked at alone; never the other way round.
 */
static inline int32_t kernel_hdlcPlain(const FlatMemory *line, int32_t from, int32_t length, int32_t accm)
{
	flatDemandAny(line, from, length, line->size);
	const uint8_t *const p = line->base + from;
	const Word below = accm ? EACH(0x20) : 0;
	int32_t i = 0;
	for (; i < length; i++) {
		for (; hasWord(p, i, length); i += (int32_t)sizeof(Word)) {
			const Word w = loadWord(p + i);
			if (((w + EACH(3)) | (w - below)) & ~w & EACH(0x80))
				break;
		}
		if (i == length || p[i] == 0x7e || p[i] == 0x7d || (p[i] < 0x20 && (uint32_t)accm >> p[i] & 1))
			break;
	}
	return i;
}

/*
 * The octets of a word into the FCS, without a table. The FCS being part of w, the division w x^16 = q (x^16 + x^12 + x^5 + 1) + r has the quotient q = w + q x^-4 + q x^-11 + q x^-16,
 * cut to the word. As bits are sent lowest first, x^-n is a shift to the left; and w is multiplied by the inverse of 1 + (s4 + s11 + s16), which is the product of
 * 1 + that, 1 + its square, 1 + the square of that, and so on until the word's end: over GF(2) squares have as few terms. The remainder is what q (x^12 + x^5 + 1) has below x^16.
 */
static inline uint32_t fcsWord(uint32_t fcs, Word w)
{
	w ^= fcs;
	w ^= w << 16 << 16; /* twice, as a word of 32 bits has no shift by 32: nothing is left of it there */
	w ^= (w ^ w << 28) << 16;
	w ^= (w ^ (w ^ w << 10) << 14) << 8;
	w ^= (w ^ (w ^ w << 5) << 7) << 4;
	return (uint32_t)((w ^ (w ^ w >> 7) >> 5) >> (8 * sizeof(Word) - 16));
}

static inline int32_t kernel_fcs16(const FlatMemory *view, int32_t at, int32_t length, int32_t initial)
{
	flatDemandAny(view, at, length, view->size);
	const uint8_t *const p = view->base + at;
	uint32_t fcs = (uint32_t)initial & 0xffff;
	for (int32_t i = 0; i < length; i++) {
		for (; hasWord(p, i, length); i += (int32_t)sizeof(Word))
			fcs = fcsWord(fcs, loadWord(p + i));
		if (i == length)
			break;
		uint32_t x = (fcs ^ p[i]) & 0xff, y = (x ^ x << 4) & 0xff;
		fcs = fcs >> 8 ^ y << 8 ^ y << 3 ^ y >> 4;
	}
	return (int32_t)fcs;
}
