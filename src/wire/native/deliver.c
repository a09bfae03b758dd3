// A datagram goes from the frame straight into the ring of the socket it is for. The twin is ../deliver.ts: a change here is a
// change there.

#include "deliver.h"

#include "layout.h"

/* A ring within the arena: 0 when the words of its block are not what TypeScript writes. */
typedef struct {
	uint8_t *bytes;
	uint32_t size, at, used;
} Ring;

static int ringAt(const Arena *arena, const uint8_t *words, Ring *ring)
{
	uint32_t start = (uint32_t)word(words);
	ring->size = (uint32_t)word(words + 4);
	ring->at = (uint32_t)word(words + 8);
	ring->used = (uint32_t)word(words + 12);
	ring->bytes = arena->base + start;
	return (uint64_t)start + ring->size <= arena->size && ring->at < ring->size && ring->used <= ring->size;
}

/* Appends to a ring that has room. */
static void append(Ring *ring, const uint8_t *from, uint32_t length)
{
	uint32_t first = ring->size - ring->at;
	if (length < first) {
		memcpy(ring->bytes + ring->at, from, length);
		ring->at += length;
	} else {
		memcpy(ring->bytes + ring->at, from, first);
		memcpy(ring->bytes, from + first, length - first);
		ring->at = length - first;
	}
}

/* Copies `length` bytes that begin `offset` bytes after the oldest. */
static void peek(const Ring *ring, uint32_t offset, uint8_t *to, uint32_t length)
{
	uint32_t from = ring->at + ring->size - ring->used + offset;
	from %= ring->size;
	uint32_t first = ring->size - from;
	if (length <= first)
		memcpy(to, ring->bytes + from, length);
	else {
		memcpy(to, ring->bytes + from, first);
		memcpy(to + first, ring->bytes, length - first);
	}
}

/* A datagram in its socket's ring: source, destination, ports, payload length | slot << 16, payload, padding to 4 bytes. */
enum { RECORD = 16, ANOTHER = 0x10000 };

int deliverDatagram(Arena *arena, uint32_t block, uint32_t slot, const uint8_t *ip, const uint8_t *udp, uint32_t length)
{
	static const uint8_t zero[4];
	uint8_t *socket = arena->base + block;
	uint32_t padding = -length & 3;
	Ring ring;
	if (!ringAt(arena, socket + UDP_RING, &ring) || RECORD + length + padding > ring.size - ring.used)
		return 0;
	uint8_t record[RECORD];
	setWord(record, (int32_t)get32(ip + 12));
	setWord(record + 4, (int32_t)get32(ip + 16));
	setWord(record + 8, (int32_t)get32(udp));
	setWord(record + 12, (int32_t)(length | slot << 16));
	append(&ring, record, RECORD);
	append(&ring, udp + UDP_HEADER, length);
	append(&ring, zero, padding);
	setWord(socket + UDP_AT, (int32_t)ring.at);
	setWord(socket + UDP_USED, (int32_t)(ring.used + RECORD + length + padding));
	setWord(socket + UDP_COUNT, word(socket + UDP_COUNT) + 1);
	return 1;
}

void xs_multihome_udpDeliver(xsMachine *the)
{
	xsIntegerValue block = intArg(1), length = intArg(2), slot = intArg(3);
	Arena arena = argArena(0);
	demand(block, UDP_BLOCK, arena.size);
	demand(0, FIELDS * 4, arena.size);
	xsIntegerValue ip = word(arena.base + IP_AT * 4), payload = word(arena.base + PAYLOAD_AT * 4);
	demand(ip, IPV4_HEADER, arena.size);
	demand(payload, length, arena.size);
	demandTo(UDP_HEADER, payload, arena.size); /* the UDP header lies before it */
	xsmcSetInteger(xsResult, deliverDatagram(&arena, (uint32_t)block, (uint32_t)slot, arena.base + ip, arena.base + payload - UDP_HEADER, (uint32_t)length));
}

void xs_multihome_udpRead(xsMachine *the)
{
	xsIntegerValue block = intArg(1), start = intArg(3), length = intArg(4);
	Arena arena = argArena(0), buffer = argArena(2);
	uint8_t record[RECORD];
	Ring ring;
	demand(block, UDP_BLOCK, arena.size);
	demand(0, FIELDS * 4, arena.size);
	uint8_t *socket = arena.base + block;
	if (!ringAt(&arena, socket + UDP_RING, &ring) || ring.used < RECORD) {
		xsmcSetInteger(xsResult, -1);
		return;
	}
	peek(&ring, 0, record, RECORD);
	uint32_t bytes = (uint32_t)word(record + 12) & 0xffff, whole = RECORD + bytes + (-bytes & 3);
	if (whole > ring.used)
		xsRangeError("block at %d: its ring holds no datagram", (int)block);
	if (length > (xsIntegerValue)bytes)
		length = (xsIntegerValue)bytes;
	demand(start, length, buffer.size);
	peek(&ring, RECORD, buffer.base + start, (uint32_t)length);
	setWord(record + 12, (int32_t)((uint32_t)word(record + 12) >> 16)); /* the slot */
	int same = memcmp(socket + UDP_LAST, record, RECORD) == 0;
	memcpy(socket + UDP_LAST, record, RECORD);
	memcpy(arena.base + SOURCE * 4, record, 4);
	memcpy(arena.base + DESTINATION * 4, record + 4, 4);
	memcpy(arena.base + PORTS * 4, record + 8, 4);
	memcpy(arena.base + ARRIVED * 4, record + 12, 4);
	setWord(socket + UDP_USED, (int32_t)(ring.used - whole));
	setWord(socket + UDP_COUNT, word(socket + UDP_COUNT) - 1);
	xsmcSetInteger(xsResult, (xsIntegerValue)(same ? bytes : bytes | ANOTHER));
}

void xs_multihome_udpNext(xsMachine *the)
{
	xsIntegerValue block = intArg(1);
	Arena arena = argReadable(0);
	uint8_t record[RECORD];
	Ring ring;
	demand(block, UDP_BLOCK, arena.size);
	xsIntegerValue length = -1;
	if (ringAt(&arena, arena.base + block + UDP_RING, &ring) && ring.used >= RECORD) {
		peek(&ring, 0, record, RECORD);
		length = word(record + 12) & 0xffff;
	}
	xsmcSetInteger(xsResult, length);
}
