/*
 * What C made from flat TypeScript stands on: memory with its size, numbers in bytes, and checks. No engine in here: flatOutside, flatBeyond and flatMisuse are
 * supplied by who embeds it (for XS: flat-xs.c), and do not return.
 */

#ifndef MULTIHOME_FLAT_H
#define MULTIHOME_FLAT_H

#include <stdint.h>
#include <string.h>

#include "bytes.h"

/* Comparisons that the types decide, and parameters that are not used, are the TypeScript's, which has them for readers. */
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wunused-parameter"

/* What functions are declared with: `static` where all modules are one unit (build/flat.mjs). */
#ifndef FLAT
#define FLAT
#endif

/** Bytes, how many (FLAT_LEAST at least, 2^30 at most), and what an embedding needs to tell an error. */
typedef struct {
	uint8_t *base;
	uint32_t size;
	void *context;
} FlatMemory;

/* So many bytes every memory has: `size - bytes` does not wrap for fewer, and what lies within at a known place need not be looked at: the registers, the CoreBlock and
 * the ChanceBlock (hosts/engine/arena.h sees to it). */
#ifndef FLAT_LEAST
#define FLAT_LEAST 1536
#endif
#define FLAT_MOST (1 << 30)

/** Base and size of a memory in locals, at the head of a function. */
#define FLAT_WITHIN(memory) \
	uint8_t *const memory##_base __attribute__((unused)) = memory->base; \
	const uint32_t memory##_size __attribute__((unused)) = memory->size

/* Whether it is known when compiling that bytes lie within every memory. */
#define FLAT_SURE(at, bytes) (__builtin_constant_p(at) && __builtin_constant_p(bytes) && (at) <= FLAT_LEAST && (bytes) <= FLAT_LEAST - (at))

/** An access that would lie outside: RangeError. */
_Noreturn void flatOutside(const FlatMemory *memory, int64_t at, int64_t bytes) __attribute__((cold));
/** The same without saying where, for what is compiled for size: those numbers, at every place that looks, are a tenth of it. */
_Noreturn void flatBeyond(const FlatMemory *memory) __attribute__((cold));
#ifdef __OPTIMIZE_SIZE__
#define FLAT_OUTSIDE(memory, at, bytes) flatBeyond(memory)
#else
#define FLAT_OUTSIDE(memory, at, bytes) flatOutside(memory, at, bytes)
#endif

/** Misuse: RangeError with that text, printf's %d for numbers. */
_Noreturn void flatMisuse(const FlatMemory *memory, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));

/* Words must lie at multiples of four where the processor cannot read others. */
#ifdef BYTEWISE
#define FLAT_UNALIGNED(at) ((at) & 3)
#else
#define FLAT_UNALIGNED(at) 0
#endif

/* What decides by what is known when compiling stands in its place always; what looks, where the C compiler finds that better. */
#define FLAT_IN_PLACE static inline __attribute__((always_inline))

static inline void flatLook(const FlatMemory *memory, uint32_t size, uint32_t at, uint32_t bytes)
{
	if (__builtin_expect(at > size - bytes, 0))
		FLAT_OUTSIDE(memory, (int32_t)at, bytes);
}

FLAT_IN_PLACE uint8_t *flatAt(const FlatMemory *memory, uint8_t *base, uint32_t size, uint32_t at, uint32_t bytes)
{
	if (!FLAT_SURE(at, bytes))
		flatLook(memory, size, at, bytes);
	return base + at;
}

static inline void flatLookAligned(const FlatMemory *memory, uint32_t at)
{
	if (__builtin_expect(FLAT_UNALIGNED(at), 0))
		flatOutside(memory, (int32_t)at, 4);
}

FLAT_IN_PLACE void flatAlign(const FlatMemory *memory, uint32_t at)
{
	if (!(__builtin_constant_p(at) && at % 4 == 0))
		flatLookAligned(memory, at);
}

/** For words that are known to lie within bounds. */
FLAT_IN_PLACE uint8_t *flatWordIn(const FlatMemory *memory, uint8_t *base, uint32_t at)
{
	flatAlign(memory, at);
	return base + at;
}

static inline void flatLookWord(const FlatMemory *memory, uint32_t size, uint32_t at)
{
	if (__builtin_expect(at > size - 4 || FLAT_UNALIGNED(at), 0))
		flatOutside(memory, (int32_t)at, 4);
}

FLAT_IN_PLACE uint8_t *flatWordAt(const FlatMemory *memory, uint8_t *base, uint32_t size, uint32_t at)
{
	if (FLAT_SURE(at, 4u))
		flatAlign(memory, at);
	else
		flatLookWord(memory, size, at);
	return base + at;
}

/** A pointer to bytes of a memory, whose base and size are at hand in locals. */
#define AT(memory, at, bytes) flatAt(memory, memory##_base, memory##_size, at, bytes)
#define WORD_IN(memory, at) flatWordIn(memory, memory##_base, at)
#define WORD_AT(memory, at, bytes) flatWordAt(memory, memory##_base, memory##_size, at)

static inline void flatDemandAny(const FlatMemory *memory, int32_t at, int32_t length, uint32_t size)
{
	if (__builtin_expect((uint32_t)length > size || (uint32_t)at > size - (uint32_t)length, 0))
		FLAT_OUTSIDE(memory, at, length);
}

/** Bytes `at` and `length` more lie within `size`, which is FLAT_LEAST at least and below 2^31: as unsigned numbers negative ones are too large. */
FLAT_IN_PLACE void flatDemand(const FlatMemory *memory, int32_t at, int32_t length, uint32_t size)
{
	if (FLAT_SURE(0u, (uint32_t)length))
		flatLook(memory, size, (uint32_t)at, (uint32_t)length);
	else
		flatDemandAny(memory, at, length, size);
}

/** The same within a number of its own. */
static inline void flatDemandWithin(const FlatMemory *memory, int32_t at, int32_t length, int32_t size)
{
	if (__builtin_expect(at < 0 || length < 0 || at > (int64_t)size - length, 0))
		FLAT_OUTSIDE(memory, at, length);
}

/** The offset of a record that is known to lie within memory: at a multiple of four. */
FLAT_IN_PLACE int32_t flatAligned(const FlatMemory *memory, int32_t at)
{
	flatAlign(memory, (uint32_t)at);
	return at;
}

static inline int32_t flatLookRow(const FlatMemory *memory, int32_t at, int32_t bytes, uint32_t size)
{
	flatDemandAny(memory, at, bytes, size);
	flatLookAligned(memory, (uint32_t)at);
	return at;
}

/** The same for one that is not. */
FLAT_IN_PLACE int32_t flatRow(const FlatMemory *memory, int32_t at, int32_t bytes, uint32_t size)
{
	return FLAT_SURE((uint32_t)at, (uint32_t)bytes) ? flatAligned(memory, at) : flatLookRow(memory, at, bytes, size);
}

static inline uint32_t get16le(const uint8_t *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static inline void put16le(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline int32_t flatClz(uint32_t v)
{
	return v == 0 ? 32 : __builtin_clz(v);
}

static inline int32_t flatMin(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t flatMax(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

#endif
