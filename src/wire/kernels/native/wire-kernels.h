/*
 * Bulk work: what the compiled data path leaves to C by hand. Each function is that of the same name in the TypeScript beside it, which is its specification.
 * Compiled code has it by kernels.h, which build/flat.mjs makes of all headers of this kind. Bounds are checked once, before any byte is touched.
 */

#pragma once

#include "copy.h"
#include "runs.h"
#include "sum.h"

/* What is no buffer of bytes was refused when the argument was fetched. */
static inline void kernel_demandBytes(const FlatMemory *buffer) {}

/* A text is UTF-8, with C0 80 for NUL. */
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

static inline int32_t kernel_checksum(const FlatMemory *view, int32_t at, int32_t end, int32_t initial)
{
	flatDemandAny(view, at, (int32_t)((uint32_t)end - (uint32_t)at), view->size);
	return (int32_t)sum16(view->base + at, (uint32_t)(end - at), (uint32_t)initial);
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

static inline void kernel_copy(const FlatMemory *view, int32_t to, int32_t from, int32_t length)
{
	kernel_copyOut(view, from, view, to, length);
}

static inline void kernel_copyIn(const FlatMemory *view, int32_t at, const FlatMemory *buffer, int32_t start, int32_t length)
{
	kernel_copyOut(buffer, start, view, at, length);
}
