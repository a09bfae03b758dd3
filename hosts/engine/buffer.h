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
 * move an ArrayBuffer's bytes.
 */

#ifndef MULTIHOME_BUFFER_H
#define MULTIHOME_BUFFER_H

#include <stdint.h>

#include "xsmc.h"

/* xsArg(index) without counting the arguments each time: natives of the data path are called with all of theirs. Where an argument lies
 * differs between versions of XS, so xs.h's own macro finds it, with its check made nothing here. */
#define fxCheckArg(THE, INDEX) (INDEX)
#define dataArg(index) xsArg(index)

/** Argument `index` as an int32. */
#define intArg(index) ((int)xsmcToInteger(dataArg(index)))

/** The bytes [at, end) of argument `index`, to read. Throws RangeError unless 0 <= at <= end <= size. */
#define bytesIn(index, at, end) ((const uint8_t *)bufferAt(the, &dataArg(index), at, end, 0))

/** The same, to write; a read-only buffer throws TypeError. */
#define bytesOut(index, at, end) bufferAt(the, &dataArg(index), at, end, 1)

static inline uint8_t *bufferAt(xsMachine *the, xsSlot *slot, int at, int end, int writable)
{
	void *data;
	xsUnsignedValue size;
	if (writable)
		xsmcGetBufferWritable(*slot, &data, &size);
	else
		xsmcGetBufferReadable(*slot, &data, &size);
	/* One comparison for 0 <= at <= end, as a negative `at` or `end` becomes a large number. */
	if ((xsUnsignedValue)at > (xsUnsignedValue)end || (xsUnsignedValue)end > size)
		xsRangeError("bytes %d to %d: expected them within 0 to %d", at, end, (int)size);
	return (uint8_t *)data + at;
}

#endif
