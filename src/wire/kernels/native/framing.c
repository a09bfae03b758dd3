// hdlc.c and slip.c on memory, as the TypeScript beside them has it. Drivers of serial lines call them on octets of their own.

#include "hdlc.h"
#include "slip.h"
#include "wire-kernels.h"

static void demandLine(const FlatMemory *line, int32_t ring, int32_t size, int32_t room)
{
	flatDemand(line, ring, size, line->size);
	flatDemand(line, 0, room, (uint32_t)size);
	flatDemand(line, 0, 1, (uint32_t)size);
	if (size & (size - 1))
		flatMisuse(line, "ring of %d bytes: expected a power of two", (int)size);
}

/* Behind the struct lies the result of the last call. It may lie at any address: a program hands it over. */
#define DECODE(DECODER, DECODE_SPAN) \
	flatDemand(view, state, (int32_t)sizeof(DECODER) + 4, view->size); \
	flatDemand(view, from, count, view->size); \
	flatDemand(view, to, max, view->size); \
	DECODER decoder; \
	int32_t result; \
	memcpy(&decoder, view->base + state, sizeof decoder); \
	uint32_t taken = DECODE_SPAN(&decoder, view->base + from, (uint32_t)count, view->base + to, (uint32_t)max, &result); \
	memcpy(view->base + state, &decoder, sizeof decoder); \
	memcpy(view->base + state + sizeof decoder, &result, 4); \
	return (int32_t)taken

int32_t kernel_hdlcDecode(const FlatMemory *view, int32_t state, int32_t from, int32_t count, int32_t to, int32_t max)
{
	flatDemand(view, 0, max, 0xffff);
	DECODE(HdlcDecoder, hdlcDecode);
}

int32_t kernel_slipDecode(const FlatMemory *view, int32_t state, int32_t from, int32_t count, int32_t to, int32_t max)
{
	DECODE(SlipDecoder, slipDecode);
}

int32_t kernel_hdlcEncode(const FlatMemory *view, int32_t at, int32_t end, const FlatMemory *line, int32_t ring, int32_t size, int32_t offset, int32_t room, int32_t protocol, int32_t accm, int32_t flags)
{
	flatDemand(view, at, (int32_t)((uint32_t)end - (uint32_t)at), view->size);
	demandLine(line, ring, size, room);
	return (int32_t)hdlcEncode(line->base + ring, (uint32_t)size - 1, (uint32_t)offset, (uint32_t)room, view->base + at, (uint32_t)(end - at),
		(uint16_t)protocol, (uint32_t)accm, (unsigned)flags);
}

int32_t kernel_slipEncode(const FlatMemory *view, int32_t at, int32_t end, const FlatMemory *line, int32_t ring, int32_t size, int32_t offset, int32_t room, int32_t flags)
{
	flatDemand(view, at, (int32_t)((uint32_t)end - (uint32_t)at), view->size);
	demandLine(line, ring, size, room);
	return (int32_t)slipEncode(line->base + ring, (uint32_t)size - 1, (uint32_t)offset, (uint32_t)room, view->base + at, (uint32_t)(end - at), (unsigned)flags);
}
