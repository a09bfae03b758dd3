// Bytes a machine word at once. The first byte in memory is the lowest of a word: every processor this runs on is little-endian.

#pragma once

#include "flat.h"

/* Before functions that pass every byte of a packet: compiled for speed also where the rest is compiled for size, as on a Pico. */
#if defined(__OPTIMIZE_SIZE__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

typedef uintptr_t Word;

/* Words are read at multiples of their size alone where others fault, or cannot be loaded several at a time. */
#if defined(BYTEWISE) || defined(__thumb__)
#define WORD_PLACES sizeof(Word)
#else
#define WORD_PLACES 1
#endif

static inline Word loadWord(const uint8_t *p)
{
	Word word;
	memcpy(&word, __builtin_assume_aligned(p, WORD_PLACES), sizeof(word));
	return word;
}
