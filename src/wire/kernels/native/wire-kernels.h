/*
 * Bulk work: what the compiled data path leaves to C by hand. Each function is that of the same name in the TypeScript beside it, which is its specification.
 * Compiled code has it by kernels.h, which build/flat.mjs makes of all headers of this kind. Bounds are checked once, before any byte is touched.
 */

#ifndef MULTIHOME_WIRE_KERNELS_H
#define MULTIHOME_WIRE_KERNELS_H

#include "copy.h"
#include "flat.h"
#include "runs.h"
#include "sum.h"

/* bytes.ts: what is no buffer of bytes was refused when the argument was fetched (arena.h). */

static inline void kernel_demandBytes(const FlatMemory *buffer)
{
	(void)buffer;
}

/* ascii.ts: a text is UTF-8, with C0 80 for NUL. */

static inline int32_t kernel_asciiPut(const FlatMemory *buffer, int32_t at, int32_t end, int json, const FlatMemory *text)
{
	flatDemandAny(buffer, at, (int32_t)((uint32_t)end - (uint32_t)at), buffer->size);
	for (uint32_t i = 0; i < text->size; i++) {
		const uint8_t code = text->base[i];
		const int plain = json ? code >= 32 && code < 127 && code != '"' && code != '\\' : code < 128;
		if (!plain || at >= end)
			return -1;
		buffer->base[at++] = code;
	}
	return at;
}

/* checksum.ts */

static inline int32_t kernel_checksum(const FlatMemory *view, int32_t at, int32_t end, int32_t initial)
{
	flatDemandAny(view, at, (int32_t)((uint32_t)end - (uint32_t)at), view->size);
	return (int32_t)sum16(view->base + at, (uint32_t)(end - at), (uint32_t)initial);
}

/* copies.ts */

static inline void kernel_copy(const FlatMemory *view, int32_t to, int32_t from, int32_t length)
{
	flatDemandAny(view, to, length, view->size);
	flatDemandAny(view, from, length, view->size);
	memmove(view->base + to, view->base + from, (size_t)length);
}

static inline void kernel_copyOut(const FlatMemory *view, int32_t at, const FlatMemory *buffer, int32_t start, int32_t length)
{
	flatDemandAny(view, at, length, view->size);
	flatDemandAny(buffer, start, length, buffer->size);
	uint8_t *to = buffer->base + start;
	const uint8_t *from = view->base + at;
	if (to + length <= from || from + length <= to)
		copyBytes(to, from, (uint32_t)length);
	else /* within one memory */
		memmove(to, from, (size_t)length);
}

static inline void kernel_copyIn(const FlatMemory *view, int32_t at, const FlatMemory *buffer, int32_t start, int32_t length)
{
	kernel_copyOut(buffer, start, view, at, length);
}

static inline void demandRing(const FlatMemory *view, int32_t ring, int32_t size, int32_t offset, int32_t length)
{
	flatDemandAny(view, ring, size, view->size);
	flatDemandAny(view, offset, 1, (uint32_t)size);
	flatDemandAny(view, 0, length, (uint32_t)size);
}

/* Both halves of a ring's bytes; the second is empty when they do not wrap. */
static inline void fromRing(uint8_t *to, const uint8_t *ring, uint32_t size, uint32_t offset, uint32_t length)
{
	uint32_t first = length < size - offset ? length : size - offset;
	copyBytes(to, ring + offset, first);
	if (length > first)
		copyBytes(to + first, ring, length - first);
}

static inline void toRing(uint8_t *ring, uint32_t size, uint32_t offset, const uint8_t *from, uint32_t length)
{
	uint32_t first = length < size - offset ? length : size - offset;
	copyBytes(ring + offset, from, first);
	if (length > first)
		copyBytes(ring, from + first, length - first);
}

static inline void kernel_ringPut(const FlatMemory *view, int32_t ring, int32_t size, int32_t offset, int32_t from, int32_t length)
{
	demandRing(view, ring, size, offset, length);
	flatDemandAny(view, from, length, view->size);
	toRing(view->base + ring, (uint32_t)size, (uint32_t)offset, view->base + from, (uint32_t)length);
}

static inline void kernel_ringRead(const FlatMemory *view, int32_t ring, int32_t size, int32_t offset, const FlatMemory *buffer, int32_t start, int32_t length)
{
	demandRing(view, ring, size, offset, length);
	flatDemandAny(buffer, start, length, buffer->size);
	fromRing(buffer->base + start, view->base + ring, (uint32_t)size, (uint32_t)offset, (uint32_t)length);
}

#endif
