/*
 * What C made from flat TypeScript stands on: memory with its size, numbers in bytes, and checks. No engine in here: flatOutside and flatMisuse are
 * supplied by who embeds it (for XS: flat-xs.c), and do not return.
 */

#ifndef MULTIHOME_FLAT_H
#define MULTIHOME_FLAT_H

#include <stdint.h>
#include <string.h>

#include "bytes.h"

/* Comparisons that the types decide are the TypeScript's, which says them for readers. */
#pragma GCC diagnostic ignored "-Wtype-limits"

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

/* So that `size - bytes` never wraps for so few bytes: one comparison is enough. */
#ifndef FLAT_LEAST
#define FLAT_LEAST 1024
#endif
#define FLAT_MOST (1 << 30)

/** An access that would lie outside: RangeError. */
_Noreturn void flatOutside(const FlatMemory *memory, int64_t at, int64_t bytes) __attribute__((cold));

/** Misuse: RangeError with that text, printf's %d for numbers. */
_Noreturn void flatMisuse(const FlatMemory *memory, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));

static inline uint8_t *flatAt(const FlatMemory *memory, uint8_t *base, uint32_t size, uint32_t at, uint32_t bytes)
{
	if (__builtin_expect(at > size - bytes, 0))
		flatOutside(memory, (int32_t)at, bytes);
	return base + at;
}

/* Words must lie at multiples of four where the processor cannot read others. */
#ifdef BYTEWISE
#define FLAT_UNALIGNED(at) ((at) & 3)
#else
#define FLAT_UNALIGNED(at) 0
#endif

static inline uint8_t *flatWordAt(const FlatMemory *memory, uint8_t *base, uint32_t size, uint32_t at)
{
	if (__builtin_expect(at > size - 4 || FLAT_UNALIGNED(at), 0))
		flatOutside(memory, (int32_t)at, 4);
	return base + at;
}

/** The same for words that are known to lie within bounds. */
static inline uint8_t *flatWordIn(const FlatMemory *memory, uint8_t *base, uint32_t at)
{
	if (FLAT_UNALIGNED(at))
		flatOutside(memory, (int32_t)at, 4);
	return base + at;
}

/** A pointer to bytes of a memory, whose base and size are at hand in locals. */
#define AT(memory, at, bytes) flatAt(memory, memory##_base, memory##_size, at, bytes)
#define WORD_IN(memory, at) flatWordIn(memory, memory##_base, at)
#define WORD_AT(memory, at, bytes) flatWordAt(memory, memory##_base, memory##_size, at)

/** Bytes `at` and `length` more lie within `size`, which is below 2^31: as unsigned numbers negative ones are too large. */
static inline void flatDemand(const FlatMemory *memory, int32_t at, int32_t length, uint32_t size)
{
	if (__builtin_expect((uint32_t)length > size || (uint32_t)at > size - (uint32_t)length, 0))
		flatOutside(memory, at, length);
}

/** The same for so few bytes that every memory has them: FLAT_LEAST at most. */
static inline void flatDemandFew(const FlatMemory *memory, int32_t at, uint32_t length, uint32_t size)
{
	if (__builtin_expect((uint32_t)at > size - length, 0))
		flatOutside(memory, at, length);
}

/** The same for what may be beyond 32 bits. */
static inline void flatDemandWide(const FlatMemory *memory, int64_t at, int64_t length, int64_t size)
{
	if (__builtin_expect(at < 0 || length < 0 || at > size - length, 0))
		flatOutside(memory, at, length);
}

/** The offset of a record that lies within memory, at a multiple of four. */
static inline int32_t flatRow(const FlatMemory *memory, int32_t at, int32_t bytes, uint32_t size)
{
	flatDemand(memory, at, bytes, size);
	if (__builtin_expect(FLAT_UNALIGNED((uint32_t)at), 0))
		flatOutside(memory, at, bytes);
	return at;
}

/** What may be beyond 32 bits as an offset: out of all bounds then. */
static inline uint32_t flatOffset(int64_t at)
{
	return at < 0 || at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
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

static inline int64_t flatAbs(int64_t v)
{
	return v < 0 ? -v : v;
}

static inline int32_t flatMin(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static inline int32_t flatMax(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static inline uint32_t flatMinUnsigned(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t flatMaxUnsigned(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline int64_t flatMinWide(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t flatMaxWide(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

#endif
