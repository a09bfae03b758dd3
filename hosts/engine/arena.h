// The arena as C sees it: base and size of a buffer argument, and bounds.

#ifndef MULTIHOME_ARENA_H
#define MULTIHOME_ARENA_H

#include <stdint.h>
#include <string.h>

#include "buffer.h"
#include "flat.h"

typedef FlatMemory Arena;

/* Not to be kept across anything that can allocate: XS moves its chunks (a host buffer stays, but an application's does not). */
static inline Arena arenaOf(xsMachine *the, xsSlot *slot)
{
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferWritable(*slot, &data, &size);
	return (Arena){ data, (uint32_t)size, the };
}

static inline Arena readableOf(xsMachine *the, xsSlot *slot)
{
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(*slot, &data, &size);
	return (Arena){ data, (uint32_t)size, the };
}

/* A text, which XS keeps as UTF-8. What is none becomes one. */
static inline Arena textOf(xsMachine *the, xsSlot *slot)
{
	char *text = xsmcToString(*slot);
	return (Arena){ (uint8_t *)text, (uint32_t)strlen(text), the };
}

/* What compiled functions work on. */
static inline Arena memoryOf(xsMachine *the, Arena arena)
{
	if (arena.size < FLAT_LEAST || arena.size > FLAT_MOST)
		xsRangeError("memory of %d bytes: expected %d to %d", (int)arena.size, FLAT_LEAST, FLAT_MOST);
	if (FLAT_UNALIGNED((uintptr_t)arena.base))
		xsRangeError("memory at an odd place: expected a multiple of 4");
	return arena;
}

/* As buffer.h says: integers first, these last. */
#define argMemory(INDEX) memoryOf(the, argArena(INDEX))
#define argReadableMemory(INDEX) memoryOf(the, argReadable(INDEX))
#define argArena(INDEX) arenaOf(the, &dataArg(INDEX))
#define argReadable(INDEX) readableOf(the, &dataArg(INDEX))
#define argText(INDEX) textOf(the, &dataArg(INDEX))

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

#endif
