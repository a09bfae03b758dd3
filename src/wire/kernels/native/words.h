// Words of bytes in framing: looking at a machine word's bytes all at once, and moving them wherever they lie.

#ifndef MULTIHOME_WORDS_H
#define MULTIHOME_WORDS_H

#include <stdint.h>
#include <string.h>

#include "bytes.h"

#if UINTPTR_MAX > 0xffffffff
typedef uint64_t Word;
#else
typedef uint32_t Word;
#endif
#define WORD_BYTES ((uint32_t)sizeof(Word))

/* A word whose bytes are all `BYTE`. */
#define EACH(BYTE) ((Word)-1 / 255 * (BYTE))

/* The first byte in memory is the lowest: every processor this runs on is little-endian. A processor that cannot reach an unaligned word would call memcpy for it. */
#ifdef BYTEWISE
typedef Word __attribute__((may_alias)) AlignedWord;

static inline Word loadWord(const uint8_t *p)
{
	if (!((uintptr_t)p & 3))
		return *(const AlignedWord *)(const void *)p;
	return (Word)p[0] | (Word)p[1] << 8 | (Word)p[2] << 16 | (Word)p[3] << 24;
}

static inline void storeWord(uint8_t *p, Word w)
{
	if (!((uintptr_t)p & 3)) {
		*(AlignedWord *)(void *)p = w;
		return;
	}
	p[0] = (uint8_t)w;
	p[1] = (uint8_t)(w >> 8);
	p[2] = (uint8_t)(w >> 16);
	p[3] = (uint8_t)(w >> 24);
}
#else
static inline Word loadWord(const uint8_t *p)
{
	Word w;
	memcpy(&w, p, sizeof w);
	return w;
}

static inline void storeWord(uint8_t *p, Word w)
{
	memcpy(p, &w, sizeof w);
}
#endif

/* Not 0 when one of the bytes is 0. */
static inline Word hasZero(Word w)
{
	return (w - EACH(1)) & ~w & EACH(0x80);
}

#endif
