/*
 * How a native function reaches the bytes behind a view: DataView, Uint8Array and other arrays of bytes, ArrayBuffer or
 * host buffer. Offsets count from the view's start. Uses xsmc.h only, so that it compiles for boards and desktop alike.
 *
 *	void xs_multihome_checksum(xsMachine *the)
 *	{
 *		int at = intArg(1), end = intArg(2);
 *		const uint8_t *bytes = bytesIn(0, at, end);
 *		...
 *		xsmcSetInteger(xsResult, sum);
 *	}
 *
 * Take the integers first and the bytes last: an argument's conversion can run JavaScript, and whatever can allocate can
 * move an ArrayBuffer's bytes (a host buffer stays).
 */

#ifndef MULTIHOME_ARENA_H
#define MULTIHOME_ARENA_H

#include "flat.h"
#include "layout.h"
#include "xsmc.h"

_Static_assert(CHANCE_BLOCK_CHANCE_END <= FLAT_LEAST, "the blocks at known places have grown: raise FLAT_LEAST, or each use of them is looked at");

/* xsArg(index) without counting the arguments each time: natives of the data path are called with all of theirs. Where an argument lies
 * differs between versions of XS, so xs.h's own macro finds it, with its check made nothing here. */
#define fxCheckArg(THE, INDEX) (INDEX)
#define dataArg(INDEX) xsArg(INDEX)

/** Argument `INDEX` as an int32. */
#define intArg(INDEX) ((int)xsmcToInteger(dataArg(INDEX)))

/** Base and size of a buffer. */
typedef FlatMemory Arena;

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

/** A read-only buffer throws TypeError, but where it is only read. */
#define argArena(INDEX) arenaOf(the, &dataArg(INDEX))
#define argReadable(INDEX) readableOf(the, &dataArg(INDEX))
#define argMemory(INDEX) memoryOf(the, argArena(INDEX))
#define argReadableMemory(INDEX) memoryOf(the, argReadable(INDEX))
#define argText(INDEX) textOf(the, &dataArg(INDEX))

/* How many numbers and booleans a native takes behind its memory, whether it writes there, and which of them, a bit each, are booleans. */
#define DOOR_KIND(COUNT, WRITES, BOOLEANS) ((uint32_t)(COUNT) | (uint32_t)(WRITES) << 4 | (uint32_t)(BOOLEANS) << 8)

/** Fetches them: `memory` is argument 0. One function for all natives of that form, as there are some hundred. */
#ifdef __OPTIMIZE_SIZE__
#define DOOR_OPEN static __attribute__((unused))
#else
#define DOOR_OPEN static inline __attribute__((always_inline, unused)) /* there it costs some 20 instructions a call */
#endif
DOOR_OPEN void doorOpen(xsMachine *the, FlatMemory *memory, int32_t *values, uint32_t kind)
{
#ifndef __OPTIMIZE_SIZE__
#pragma GCC unroll 16
#endif
	for (int i = 0; i < (int)(kind & 15); i++)
		values[i] = kind >> (8 + i) & 1 ? (int32_t)xsmcToBoolean(dataArg(i + 1)) : intArg(i + 1);
	*memory = kind & 16 ? argMemory(0) : argReadableMemory(0);
}

/* What they answer. */
static __attribute__((unused)) void answerNumber(xsMachine *the, int32_t value)
{
	xsmcSetInteger(xsResult, value);
}

static __attribute__((unused)) void answerBoolean(xsMachine *the, int value)
{
	xsmcSetBoolean(xsResult, value);
}

/* One comparison each for sign and end, in 64 bits so that nothing wraps. */
static inline int outside(xsIntegerValue at, xsIntegerValue length, xsUnsignedValue size)
{
	return (at < 0) | (length < 0) | ((uint64_t)(uint32_t)at + (uint32_t)length > size);
}

/** RangeError unless so many bytes lie within SIZE. */
#define demand(AT, LENGTH, SIZE) \
	do { \
		if (outside(AT, LENGTH, SIZE)) \
			xsRangeError("%d bytes from %d on: expected them within 0 to %d", (int)(LENGTH), (int)(AT), (int)(SIZE)); \
	} while (0)

/** The same of bytes `AT` to `END`. A negative number becomes a large one. */
#define demandTo(AT, END, SIZE) \
	do { \
		if ((xsUnsignedValue)(AT) > (xsUnsignedValue)(END) || (xsUnsignedValue)(END) > (SIZE)) \
			xsRangeError("bytes %d to %d: expected them within 0 to %d", (int)(AT), (int)(END), (int)(SIZE)); \
	} while (0)

static inline uint8_t *bytesOf(xsMachine *the, Arena buffer, int at, int end)
{
	demandTo(at, end, buffer.size);
	return buffer.base + at;
}

/** The bytes [at, end) of argument `INDEX`, to read, or to write. */
#define bytesIn(INDEX, AT, END) ((const uint8_t *)bytesOf(the, argReadable(INDEX), AT, END))
#define bytesOut(INDEX, AT, END) bytesOf(the, argArena(INDEX), AT, END)

#endif
