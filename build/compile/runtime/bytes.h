// Numbers in bytes: big-endian as in packets, little-endian as in the blocks. No engine in here.

#ifndef MULTIHOME_BYTES_H
#define MULTIHOME_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

/* A processor that cannot read an unaligned word would call memcpy for four bytes: there, byte by byte costs less. */
#if defined(__ARM_ARCH_6M__) || (defined(__riscv) && !defined(__riscv_unaligned_fast)) || defined(__XTENSA__)
#define BYTEWISE 1
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
