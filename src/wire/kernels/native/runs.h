// Runs of octets that framing has nothing to do with, a machine word at once: ../runs.ts. The first byte in memory is the lowest of a word: every
// processor this runs on is little-endian.

#ifndef MULTIHOME_RUNS_H
#define MULTIHOME_RUNS_H

#include "flat.h"

typedef uintptr_t Word;

/* A word whose bytes are all `BYTE`. */
#define EACH(BYTE) ((Word)-1 / 255 * (BYTE))

/* Whether words can be reached there: a processor that reads none elsewhere takes those at multiples of their size. */
#ifdef BYTEWISE
#define WORDS_AT(PLACES) (((uintptr_t)(PLACES) & (sizeof(Word) - 1)) == 0)
#else
#define WORDS_AT(PLACES) 1
#endif

static inline Word loadWord(const uint8_t *p)
{
	Word w;
#ifdef BYTEWISE
	p = __builtin_assume_aligned(p, sizeof w);
#endif
	memcpy(&w, p, sizeof w);
	return w;
}

static inline void storeWord(uint8_t *p, Word w)
{
#ifdef BYTEWISE
	p = __builtin_assume_aligned(p, sizeof w);
#endif
	memcpy(p, &w, sizeof w);
}

/*
 * Bit 7 of each byte that may end a run. Sums carry into the byte above, so that some pass for one that does and are looked at again; never the other way round. With a map every
 * control character is one, and DEL always.
 */
static inline Word hdlcMayEnd(Word w, uint32_t accm)
{
	/* At least 0x7d or below 0x20, and below 0x80. */
	return ((w + EACH(3)) | (w - (accm ? EACH(0x20) : 0))) & ~w & EACH(0x80);
}

static inline int hdlcEnds(uint32_t octet, uint32_t accm)
{
	return octet == 0x7e || octet == 0x7d || (octet < 0x20 && accm >> octet & 1);
}

static inline Word slipMayEnd(Word w, uint32_t none)
{
	Word end = w ^ EACH(0300), escape = w ^ EACH(0333);
	(void)none;
	return (((end - EACH(1)) & ~end) | ((escape - EACH(1)) & ~escape)) & EACH(0x80);
}

static inline int slipEnds(uint32_t byte, uint32_t none)
{
	(void)none;
	return byte == 0300 || byte == 0333;
}

static inline __attribute__((always_inline)) int32_t run(const FlatMemory *line, int32_t from, const FlatMemory *view, int32_t at, int32_t length, uint32_t set, Word (*mayEnd)(Word, uint32_t), int (*ends)(uint32_t, uint32_t))
{
	flatDemandAny(line, from, length, line->size);
	flatDemandAny(view, at, length, view->size);
	const uint8_t *p = line->base + from;
	uint8_t *q = view->base + at;
	int32_t i = 0;
	while (i <= length - (int32_t)sizeof(Word) && WORDS_AT((uintptr_t)(p + i) | (uintptr_t)(q + i))) {
		Word w = loadWord(p + i), may = mayEnd(w, set);
		if (!may) {
			storeWord(q + i, w);
			i += (int32_t)sizeof(Word);
			continue;
		}
		for (; !(may & 0x80); may >>= 8, i++)
			q[i] = p[i];
		if (ends(p[i], set))
			return i;
		q[i] = p[i];
		i++;
	}
	for (; i < length && !ends(p[i], set); i++)
		q[i] = p[i];
	return i;
}

static inline int32_t kernel_hdlcRun(const FlatMemory *line, int32_t from, const FlatMemory *view, int32_t at, int32_t length, int32_t accm)
{
	return run(line, from, view, at, length, (uint32_t)accm, hdlcMayEnd, hdlcEnds);
}

static inline int32_t kernel_slipRun(const FlatMemory *line, int32_t from, const FlatMemory *view, int32_t at, int32_t length)
{
	return run(line, from, view, at, length, 0, slipMayEnd, slipEnds);
}

/*
 * The octets of a word into the FCS, without a table. The FCS being part of w, the division w x^16 = q (x^16 + x^12 + x^5 + 1) + r has the quotient q = w + q x^-4 + q x^-11 + q x^-16,
 * cut to the word. As bits are sent lowest first, x^-n is a shift to the left; and w is multiplied by the inverse of 1 + (s4 + s11 + s16), which is the product of
 * 1 + that, 1 + its square, 1 + the square of that, and so on until the word's end: over GF(2) squares have as few terms. The remainder is what q (x^12 + x^5 + 1) has below x^16.
 */
static inline uint32_t fcsWord(uint32_t fcs, Word w)
{
	w ^= fcs;
#if UINTPTR_MAX > 0xffffffff
	w ^= w << 32;
	w ^= (w ^ w << 28) << 16;
	w ^= (w ^ (w ^ w << 10) << 14) << 8;
#else
	w ^= w << 16;
	w ^= (w ^ w << 14) << 8;
#endif
	w ^= (w ^ (w ^ w << 5) << 7) << 4;
	return (uint32_t)((w ^ (w ^ w >> 7) >> 5) >> (8 * sizeof(Word) - 16));
}

static inline int32_t kernel_fcs16(const FlatMemory *view, int32_t at, int32_t length, int32_t initial)
{
	flatDemandAny(view, at, length, view->size);
	const uint8_t *p = view->base + at;
	uint32_t fcs = (uint32_t)initial & 0xffff;
	while (length > 0) {
		for (; length >= (int32_t)sizeof(Word) && WORDS_AT(p); p += sizeof(Word), length -= (int32_t)sizeof(Word))
			fcs = fcsWord(fcs, loadWord(p));
		if (length == 0)
			break;
		uint32_t x = (fcs ^ *p++) & 0xff, y = (x ^ x << 4) & 0xff;
		fcs = fcs >> 8 ^ y << 8 ^ y << 3 ^ y >> 4;
		length--;
	}
	return (int32_t)fcs;
}

#endif
