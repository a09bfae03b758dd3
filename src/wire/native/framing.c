// hdlc.c, slip.c and vj.c for JavaScript. The twins are ../hdlc.ts, ../slip.ts and ../vj.ts.

#include "arena.h"
#include "hdlc.h"
#include "slip.h"
#include "vj.h"


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

static void demandVj(xsMachine *the, Arena arena, xsIntegerValue state)
{
	demand(state, VJ_BYTES(0), arena.size);
	int32_t slots = vjSlots(arena.base + state);
	if (slots < 1 || slots > VJ_MAX_SLOTS)
		xsRangeError("%d slots: expected 1 to %d", (int)slots, VJ_MAX_SLOTS);
	demand(state, VJ_BYTES(slots), arena.size);
}

void xs_multihome_vjCompress(xsMachine *the)
{
	xsIntegerValue state = intArg(1), at = intArg(2), end = intArg(3);
	Arena arena = argArena(0);
	demandVj(the, arena, state);
	demandTo(at, end, arena.size);
	xsmcSetInteger(xsResult, (xsIntegerValue)((uint32_t)at << VJ_TYPE_BITS) + vjCompress(arena.base + state, arena.base + at, (uint32_t)(end - at)));
}

void xs_multihome_vjDecompress(xsMachine *the)
{
	xsIntegerValue state = intArg(1), type = intArg(2), at = intArg(3), end = intArg(4), low = intArg(5), high = intArg(6);
	Arena arena = argArena(0);
	demandVj(the, arena, state);
	demandTo(low, high, arena.size);
	demandTo(at, end, (xsUnsignedValue)high);
	if (at < low)
		xsRangeError("packet at %d: expected %d or behind", (int)at, (int)low);
	int32_t start = vjDecompress(arena.base + state, type, arena.base + low, (uint32_t)(at - low), (uint32_t)(end - low), (uint32_t)(high - low));
	xsmcSetInteger(xsResult, start < 0 ? -1 : low + start);
}
