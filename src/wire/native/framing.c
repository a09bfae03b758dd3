// hdlc.c and slip.c for JavaScript. The twins are ../hdlc.ts and ../slip.ts.

#include "arena.h"
#include "hdlc.h"
#include "slip.h"


static void demandRingOf(xsMachine *the, Arena line, xsIntegerValue ring, xsIntegerValue size, xsIntegerValue room)
{
	demand(ring, size, line.size);
	demand(0, room, (xsUnsignedValue)size);
	demand(0, 1, (xsUnsignedValue)size);
	if (size & (size - 1))
		xsRangeError("ring of %d bytes: expected a power of two", (int)size);
}

/* Behind the struct lies the result of the last call. It may lie at any address: a program hands it over. */
#define DECODE(DECODER, DECODE_SPAN) \
	xsIntegerValue state = intArg(1), from = intArg(2), count = intArg(3), to = intArg(4), max = intArg(5); \
	Arena arena = argArena(0); \
	demand(state, (xsIntegerValue)sizeof(DECODER) + 4, arena.size); \
	demand(from, count, arena.size); \
	demand(to, max, arena.size); \
	DECODER decoder; \
	int32_t result; \
	memcpy(&decoder, arena.base + state, sizeof decoder); \
	uint32_t taken = DECODE_SPAN(&decoder, arena.base + from, (uint32_t)count, arena.base + to, (uint32_t)max, &result); \
	memcpy(arena.base + state, &decoder, sizeof decoder); \
	memcpy(arena.base + state + sizeof decoder, &result, 4); \
	xsmcSetInteger(xsResult, (xsIntegerValue)taken)

void xs_multihome_hdlcDecode(xsMachine *the)
{
	demand(0, intArg(5), 0xffff);
	DECODE(HdlcDecoder, hdlcDecode);
}

void xs_multihome_slipDecode(xsMachine *the)
{
	DECODE(SlipDecoder, slipDecode);
}

void xs_multihome_hdlcEncode(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2), ring = intArg(4), size = intArg(5), offset = intArg(6), room = intArg(7);
	xsIntegerValue protocol = intArg(8), accm = intArg(9), flags = intArg(10);
	Arena arena = argReadable(0), line = argArena(3);
	demandTo(at, end, arena.size);
	demandRingOf(the, line, ring, size, room);
	xsmcSetInteger(xsResult, (xsIntegerValue)hdlcEncode(line.base + ring, (uint32_t)size - 1, (uint32_t)offset, (uint32_t)room,
		arena.base + at, (uint32_t)(end - at), (uint16_t)protocol, (uint32_t)accm, (unsigned)flags));
}

void xs_multihome_slipEncode(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2), ring = intArg(4), size = intArg(5), offset = intArg(6), room = intArg(7), flags = intArg(8);
	Arena arena = argReadable(0), line = argArena(3);
	demandTo(at, end, arena.size);
	demandRingOf(the, line, ring, size, room);
	xsmcSetInteger(xsResult, (xsIntegerValue)slipEncode(line.base + ring, (uint32_t)size - 1, (uint32_t)offset, (uint32_t)room,
		arena.base + at, (uint32_t)(end - at), (unsigned)flags));
}
