// The arena as C sees it: base and size of a buffer argument, bounds, and big-endian access.

#ifndef MULTIHOME_ARENA_H
#define MULTIHOME_ARENA_H

#include <stdint.h>
#include <string.h>

#include "buffer.h"

typedef struct {
	uint8_t *base;
	xsUnsignedValue size;
} Arena;

/* Not to be kept across anything that can allocate: XS moves its chunks (a host buffer stays, but an application's does not). */
static inline Arena arenaOf(xsMachine *the, xsSlot *slot)
{
	Arena arena;
	void *data;
	xsmcGetBufferWritable(*slot, &data, &arena.size);
	arena.base = data;
	return arena;
}

static inline Arena readableOf(xsMachine *the, xsSlot *slot)
{
	Arena arena;
	void *data;
	xsmcGetBufferReadable(*slot, &data, &arena.size);
	arena.base = data;
	return arena;
}

/* As buffer.h says: integers first, these last. */
#define argArena(INDEX) arenaOf(the, &dataArg(INDEX))
#define argReadable(INDEX) readableOf(the, &dataArg(INDEX))

/* One comparison each for sign and end, in 64 bits so that nothing wraps. */
static inline int outside(xsIntegerValue at, xsIntegerValue length, xsUnsignedValue size)
{
	return (at < 0) | (length < 0) | ((uint64_t)(uint32_t)at + (uint32_t)length > size);
}

#define demand(AT, LENGTH, SIZE) \
	do { \
		if (outside(AT, LENGTH, SIZE)) \
			xsRangeError("%d bytes from %d on: expected them within 0 to %d", (int)(LENGTH), (int)(AT), (int)(SIZE)); \
	} while (0)

/* Bytes `at` to `end`. */
#define demandTo(AT, END, SIZE) \
	do { \
		if ((AT) < 0 || (END) < (AT) || (xsUnsignedValue)(END) > (SIZE)) \
			xsRangeError("bytes %d to %d: expected them within 0 to %d", (int)(AT), (int)(END), (int)(SIZE)); \
	} while (0)

static inline uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* A processor that cannot read an unaligned word would call memcpy for four bytes: there, byte by byte costs less. */
#if defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_unaligned_fast))
static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}
#else
static inline uint32_t get32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, 4);
}
#endif

static inline void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Words of the blocks: little-endian, as every processor this runs on, and aligned, as everything in the memory map is (packet/layout.ts). */
static inline int32_t word(const uint8_t *p)
{
	int32_t v;
	memcpy(&v, __builtin_assume_aligned(p, 4), 4);
	return v;
}

static inline void setWord(uint8_t *p, int32_t v)
{
	memcpy(__builtin_assume_aligned(p, 4), &v, 4);
}

static inline void add64(uint8_t *p, uint32_t n)
{
	uint64_t v;
	memcpy(&v, __builtin_assume_aligned(p, 4), 8);
	v += n;
	memcpy(__builtin_assume_aligned(p, 4), &v, 8);
}

#endif
