// Reading packets: decode, demultiplexing, route look-up. The twins are ../codec.ts and ../tables.ts: a change here is a
// change there. Every packet byte is hostile; every offset from JavaScript is checked once.

#include "arena.h"
#include "deliver.h"
#include "frame.h"
#include "layout.h"
#include "stream.h"
#include "sum.h"

static void field(Arena *arena, int index, uint32_t value)
{
	setWord(arena->base + index * 4, (int32_t)value);
}

/* Counts a drop in the interface's block. */
static int32_t drop(const Arena *arena, const uint8_t *iface, int reason)
{
	uint8_t *counter = arena->base + (iface - arena->base) + BLOCK_DROPS + reason * 4;
	setWord(counter, (int32_t)((uint32_t)word(counter) + 1));
	return 0;
}

/* The payload goes to the registers, `value` (a socket's index, a length) to bits 8 and up. */
static int32_t answer(Arena *arena, int kind, int group, uint32_t at, uint32_t length, uint32_t value)
{
	field(arena, PAYLOAD_AT, at);
	field(arena, PAYLOAD_LENGTH, length);
	return (int32_t)((uint32_t)kind | (uint32_t)group | value << 8);
}

static int isMulticast(uint32_t address)
{
	return (address & 0xf0000000) == 0xe0000000;
}

static int isLoopback(uint32_t address)
{
	return address >> 24 == 127;
}

static uint32_t pseudoHeader(const uint8_t *ip, uint32_t protocol, uint32_t length)
{
	return get16(ip + 12) + get16(ip + 14) + get16(ip + 16) + get16(ip + 18) + protocol + length;
}

void xs_multihome_checksum(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2);
	uint32_t initial = (uint32_t)intArg(3);
	const uint8_t *bytes = bytesIn(0, at, end);
	xsmcSetInteger(xsResult, (xsIntegerValue)sum16(bytes, (uint32_t)(end - at), initial));
}

static int ipv4Valid(const uint8_t *ip, uint32_t length)
{
	if (length < IPV4_HEADER || ip[0] >> 4 != 4)
		return 0;
	uint32_t header = (uint32_t)(ip[0] & 15) << 2, total = get16(ip + 2);
	return header >= IPV4_HEADER && total >= header && total <= length;
}

static uint32_t mix(uint32_t hash, uint32_t value)
{
	hash = (hash ^ value) * 0x85ebca6b;
	hash ^= hash >> 13;
	return hash * 0xc2b2ae35;
}

typedef struct {
	const uint8_t *entries;
	uint32_t mask, seed;
} Table;

/* The tables are made by TypeScript: the mask is checked against the arena so that a mistake there cannot read beyond it. */
static int tableAt(const Arena *arena, int32_t at, uint32_t entry, Table *table)
{
	if (outside(at, FLOW_ENTRIES, arena->size))
		return 0;
	table->entries = arena->base + at + FLOW_ENTRIES;
	table->mask = (uint32_t)word(arena->base + at + FLOW_MASK);
	table->seed = (uint32_t)word(arena->base + at + FLOW_SEED);
	return (uint64_t)(uint32_t)at + FLOW_ENTRIES + ((uint64_t)table->mask + 1) * entry <= arena->size;
}

static Table tableOf(xsMachine *the, Arena *arena, xsIntegerValue at, uint32_t entry)
{
	Table table;
	if (!tableAt(arena, at, entry, &table))
		xsRangeError("table at %d: it reaches beyond the arena", (int)at);
	return table;
}

static int32_t flowValue(const Table *table, uint32_t local, uint32_t remote, uint32_t ports, uint32_t meta)
{
	uint32_t hash = mix(mix(mix(mix(table->seed, local), remote), ports), meta);
	uint32_t index = (hash ^ hash >> 16) & table->mask;
	for (uint32_t tries = 0; tries <= table->mask; tries++) {
		const uint8_t *entry = table->entries + index * FLOW_ENTRY;
		uint32_t found = (uint32_t)word(entry + FLOW_META);
		if (found == 0)
			return -1;
		if (found == meta && (uint32_t)word(entry + FLOW_PORTS) == ports && (uint32_t)word(entry + FLOW_REMOTE) == remote &&
			(uint32_t)word(entry + FLOW_LOCAL) == local)
			return word(entry + FLOW_VALUE);
		index = (index + 1) & table->mask;
	}
	return -1;
}

/* The socket for the packet in the registers: connected, then bound to address and interface, interface, address, nothing; -1 none. */
static int32_t flowLookup(const Arena *arena, const Table *table, uint32_t meta)
{
	uint32_t local = (uint32_t)word(arena->base + DESTINATION * 4), remote = (uint32_t)word(arena->base + SOURCE * 4);
	uint32_t ports = (uint32_t)word(arena->base + PORTS * 4), port = ports & 0xffff, protocol = meta & 255;
	int32_t value = flowValue(table, local, remote, ports, protocol);
	if (value < 0)
		value = flowValue(table, local, remote, ports, meta);
	if (value < 0)
		value = flowValue(table, local, 0, port, meta);
	if (value < 0)
		value = flowValue(table, 0, 0, port, meta);
	if (value < 0)
		value = flowValue(table, local, 0, port, protocol);
	if (value < 0)
		value = flowValue(table, 0, 0, port, protocol);
	if (value < 0)
		value = flowValue(table, 0, 0, 0, meta);
	return value;
}

/* The socket's index, or NO_SOCKET. */
static uint32_t socketFor(const Arena *arena, const uint8_t *iface, uint32_t protocol)
{
	Table table;
	if (!tableAt(arena, word(arena->base + FLOWS_AT * 4), FLOW_ENTRY, &table))
		return NO_SOCKET;
	int32_t value = flowLookup(arena, &table, protocol | (uint32_t)word(iface + BLOCK_SLOT) << 8);
	return value < 0 ? NO_SOCKET : (uint32_t)value & NO_SOCKET;
}

/* Arena offset of the block with that index, or 0 when it would lie outside. */
static uint32_t blockAt(const Arena *arena, int register_, uint32_t index, uint32_t size)
{
	uint32_t first = (uint32_t)word(arena->base + register_ * 4);
	return first != 0 && (uint64_t)first + ((uint64_t)index + 1) * size <= arena->size ? first + index * size : 0;
}

static int32_t transport(xsMachine *the, Arena *arena, uint32_t ipAt, uint32_t end, const uint8_t *iface, int group)
{
	const uint8_t *ip = arena->base + ipAt;
	uint32_t at = ipAt + ((uint32_t)(ip[0] & 15) << 2), length = end - at;
	const uint8_t *p = arena->base + at;
	int checked = word(iface + BLOCK_FLAGS) & FLAG_CHECKED;
	if (get16(ip + 6) & 0x3fff)
		return answer(arena, KIND_FRAGMENT, group, at, length, 0);
	switch (ip[9]) {
	case PROTOCOL_TCP: {
		uint32_t header = length < TCP_HEADER ? 0 : (uint32_t)(p[12] >> 4) << 2;
		if (header < TCP_HEADER || header > length)
			return drop(arena, iface, DROP_TCP_MALFORMED);
		if (!checked && sum16(p, length, pseudoHeader(ip, PROTOCOL_TCP, length)) != 0xffff)
			return drop(arena, iface, DROP_TCP_CHECKSUM);
		field(arena, PORTS, get32(p));
		field(arena, SEQ, get32(p + 4));
		field(arena, ACK, get32(p + 8));
		field(arena, FLAGS_WINDOW, (uint32_t)p[13] << 16 | get16(p + 14));
		uint32_t index = socketFor(arena, iface, PROTOCOL_TCP);
		int32_t result = answer(arena, index == NO_SOCKET ? KIND_STRAY : KIND_TCP, group, at + header, length - header, index);
		uint32_t tcb = group || index == NO_SOCKET ? 0 : blockAt(arena, TCBS_AT, index, TCB_BLOCK);
		int32_t what = tcb ? multihomeSegment(the, arena, tcb) : IN_UNEXPECTED;
		if (what & IN_UNEXPECTED)
			return result;
		result += KIND_SEGMENT - KIND_TCP;
		if (what == (IN_DATA | IN_ACK_DUE))
			return result | SEGMENT_ACK_DUE;
		if (what == IN_DATA)
			return result;
		field(arena, WHAT, (uint32_t)what);
		return result | SEGMENT_MORE;
	}
	case PROTOCOL_UDP: {
		uint32_t bytes = length < UDP_HEADER ? 0 : get16(p + 4);
		if (bytes < UDP_HEADER || bytes > length)
			return drop(arena, iface, DROP_UDP_MALFORMED);
		if (!checked && get16(p + 6) != 0 && sum16(p, bytes, pseudoHeader(ip, PROTOCOL_UDP, bytes)) != 0xffff)
			return drop(arena, iface, DROP_UDP_CHECKSUM);
		field(arena, PORTS, get32(p));
		bytes -= UDP_HEADER;
		uint32_t index = socketFor(arena, iface, PROTOCOL_UDP);
		uint32_t socket = group || index == NO_SOCKET ? 0 : blockAt(arena, UDPS_AT, index, UDP_BLOCK);
		int kind = socket && deliverDatagram(arena, socket, (uint32_t)word(iface + BLOCK_SLOT), ip, p, bytes) ? KIND_DATAGRAM : KIND_UDP;
		return answer(arena, kind, group, at + UDP_HEADER, bytes, index);
	}
	case PROTOCOL_ICMP:
		if (length < ICMP_HEADER)
			return drop(arena, iface, DROP_ICMP_MALFORMED);
		if (!checked && sum16(p, length, 0) != 0xffff)
			return drop(arena, iface, DROP_ICMP_CHECKSUM);
		field(arena, PORTS, get32(p + 4));
		if (p[0] == 8 && !group) {
			uint32_t source = get32(ip + 12), destination = get32(ip + 16);
			int again = (uint32_t)word(arena->base + ECHO_SOURCE * 4) == source && (uint32_t)word(arena->base + ECHO_DESTINATION * 4) == destination;
			field(arena, ECHO_SOURCE, source);
			field(arena, ECHO_DESTINATION, destination);
			multihomeEchoReply(arena->base + ipAt);
			return answer(arena, KIND_ECHO, again ? ECHO_AGAIN : 0, at, length, end - ipAt);
		}
		return answer(arena, KIND_ICMP, group, at, length, end - ipAt);
	}
	return answer(arena, KIND_OTHER, group, at, length, 0);
}

enum { LOCAL, ELSEWHERE };

static int addressCount(const uint8_t *iface)
{
	int32_t count = word(iface + BLOCK_ADDRESS_COUNT);
	return count < 0 ? 0 : count > BLOCK_ADDRESS_LIMIT ? BLOCK_ADDRESS_LIMIT : count;
}

/* LOCAL, ELSEWHERE, or GROUP for a broadcast or multicast address. */
static int classify(const uint8_t *iface, int flags, uint32_t address)
{
	int count = addressCount(iface);
	for (int i = 0; i < count; i++) {
		const uint8_t *entry = iface + BLOCK_ADDRESSES + i * 8;
		uint32_t own = (uint32_t)word(entry);
		if (own == address)
			return LOCAL;
		int32_t mask = word(entry + 4);
		if (mask < -2 && address == (own | ~(uint32_t)mask)) /* /31 and /32 have no broadcast: RFC 3021 */
			return GROUP;
	}
	if (address == 0xffffffff || isMulticast(address))
		return GROUP;
	if ((flags & FLAG_LOOPBACK) && isLoopback(address))
		return LOCAL;
	return flags & FLAG_ANY_ADDRESS ? LOCAL : ELSEWHERE;
}

/* Whether a station outside cannot have this address: a group, "this network" but for 0.0.0.0 itself, loopback, one of ours, a broadcast address of our subnets. RFC 1122 §3.2.1.3. */
static int badSource(const Arena *arena, int flags, uint32_t source)
{
	if (source >= 0xe0000000) /* classes D and E, and the broadcast address */
		return 1;
	if (source != 0 && source >> 24 == 0)
		return 1;
	if (flags & FLAG_LOOPBACK)
		return 0;
	if (isLoopback(source))
		return 1;
	uint32_t at = (uint32_t)word(arena->base + INTERFACES_AT * 4);
	for (int n = word(arena->base + INTERFACES_COUNT * 4); n > 0 && (uint64_t)at + INTERFACE_BLOCK <= arena->size; n--) {
		const uint8_t *iface = arena->base + at;
		int count = addressCount(iface);
		for (int i = 0; i < count; i++) {
			uint32_t own = (uint32_t)word(iface + BLOCK_ADDRESSES + i * 8);
			int32_t mask = word(iface + BLOCK_ADDRESSES + i * 8 + 4);
			if (own == source || (mask < -2 && source == (own | ~(uint32_t)mask)))
				return 1;
		}
		at += INTERFACE_BLOCK;
	}
	return 0;
}

enum { END_OF_OPTIONS, NO_OPERATION, LOOSE_SOURCE_ROUTE = 131, STRICT_SOURCE_ROUTE = 137, SOURCE_ROUTE = 0xffffffff };

/* Offset of the first option octet that cannot be, SOURCE_ROUTE when a source route stands before it, or 0 when all options fit the header. RFC 791 §3.1. */
static uint32_t badOption(const uint8_t *ip, uint32_t header)
{
	for (uint32_t option = IPV4_HEADER; option < header;) {
		if (ip[option] == END_OF_OPTIONS)
			return 0;
		if (ip[option] == NO_OPERATION) {
			option++;
			continue;
		}
		if (ip[option] == LOOSE_SOURCE_ROUTE || ip[option] == STRICT_SOURCE_ROUTE)
			return SOURCE_ROUTE;
		if (option + 1 == header)
			return option;
		uint32_t length = ip[option + 1];
		if (length < 2 || length > header - option)
			return option + 1;
		option += length;
	}
	return 0;
}

static int32_t decodeIpv4(xsMachine *the, Arena *arena, uint32_t at, uint32_t end, const uint8_t *iface, int flags, int group)
{
	const uint8_t *ip = arena->base + at;
	if (!ipv4Valid(ip, end - at))
		return drop(arena, iface, DROP_IPV4_MALFORMED);
	uint32_t header = (uint32_t)(ip[0] & 15) << 2;
	if (!(flags & FLAG_CHECKED) && sum16(ip, header, 0) != 0xffff)
		return drop(arena, iface, DROP_IPV4_CHECKSUM);
	uint32_t source = get32(ip + 12), destination = get32(ip + 16);
	if (badSource(arena, flags, source))
		return drop(arena, iface, DROP_IPV4_BAD_SOURCE);
	uint32_t ipEnd = at + get16(ip + 2);
	field(arena, SOURCE, source);
	field(arena, DESTINATION, destination);
	field(arena, IP_AT, at);
	field(arena, IP_END, ipEnd);
	field(arena, TRANSPORT_AT, at + header);
	field(arena, TTL_PROTOCOL, get16(ip + 8));
	int where = classify(iface, flags, destination);
	/* RFC 1122 §3.3.6: nobody alone is addressed by a frame for all. Else every host would answer what one was asked. */
	if (group && where == LOCAL)
		return drop(arena, iface, DROP_IPV4_LINK_BROADCAST);
	uint32_t pointer = badOption(ip, header);
	if (pointer == SOURCE_ROUTE)
		return drop(arena, iface, DROP_IPV4_SOURCE_ROUTE);
	if (pointer)
		return answer(arena, KIND_BAD_OPTION, group | (where & GROUP), at, ipEnd - at, pointer);
	if (where == ELSEWHERE)
		return answer(arena, KIND_TRANSIT, group, at, ipEnd - at, 0);
	return transport(the, arena, at, ipEnd, iface, group | where);
}

static int32_t decodeFrame(xsMachine *the, Arena *arena, uint32_t at, uint32_t end, const uint8_t *iface)
{
	const uint8_t *frame = arena->base + at;
	int flags = word(iface + BLOCK_FLAGS), group = 0;
	if (!(flags & FLAG_ETHERNET))
		return decodeIpv4(the, arena, at, end, iface, flags, 0);
	if (end - at < ETHERNET_HEADER)
		return drop(arena, iface, DROP_TRUNCATED);
	if (frame[0] & 1)
		group = GROUP;
	else if (memcmp(frame, iface + BLOCK_MAC, 6) != 0)
		return drop(arena, iface, DROP_NOT_FOR_US);
	uint32_t type = get16(frame + 12);
	if (type == 0x0800)
		return decodeIpv4(the, arena, at + ETHERNET_HEADER, end, iface, flags, group);
	if (type != 0x0806)
		return drop(arena, iface, DROP_UNKNOWN_ETHER_TYPE);
	const uint8_t *arp = frame + ETHERNET_HEADER;
	if (end - at < ETHERNET_HEADER + ARP_LENGTH || get32(arp) != 0x00010800 || get16(arp + 4) != 0x0604 || get16(arp + 6) - 1 > 1)
		return drop(arena, iface, DROP_ARP_MALFORMED);
	return answer(arena, KIND_ARP, group, at + ETHERNET_HEADER, ARP_LENGTH, 0);
}

int32_t multihomeDecode(xsMachine *the, Arena *arena, int32_t at, int32_t end, int32_t block)
{
	demandTo(at, end, arena->size);
	demand(block, INTERFACE_BLOCK, arena->size);
	demand(0, FIELDS * 4, arena->size);
	uint8_t *iface = arena->base + block;
	add64(iface + BLOCK_RX_PACKETS, 1);
	add64(iface + BLOCK_RX_BYTES, (uint32_t)(end - at));
	return decodeFrame(the, arena, (uint32_t)at, (uint32_t)end, iface);
}

void xs_multihome_decode(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2), block = intArg(3);
	Arena arena = argArena(0);
	xsmcSetInteger(xsResult, multihomeDecode(the, &arena, at, end, block));
}

void xs_multihome_decodeTransport(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2), block = intArg(3), group = intArg(4);
	Arena arena = argArena(0);
	demandTo(at, end, arena.size);
	demand(block, INTERFACE_BLOCK, arena.size);
	demand(0, FIELDS * 4, arena.size);
	int32_t result = ipv4Valid(arena.base + at, (uint32_t)(end - at))
		? transport(the, &arena, (uint32_t)at, (uint32_t)end, arena.base + block, group & GROUP)
		: drop(&arena, arena.base + block, DROP_IPV4_MALFORMED);
	xsmcSetInteger(xsResult, result);
}

void xs_multihome_flowFind(xsMachine *the)
{
	xsIntegerValue at = intArg(1);
	uint32_t meta = (uint32_t)intArg(2);
	Arena arena = argReadable(0);
	Table table = tableOf(the, &arena, at, FLOW_ENTRY);
	xsmcSetInteger(xsResult, flowLookup(&arena, &table, meta));
}

void xs_multihome_routeFind(xsMachine *the)
{
	xsIntegerValue at = intArg(1);
	uint32_t address = (uint32_t)intArg(2), slot = (uint32_t)intArg(3);
	Arena arena = argReadable(0);
	Table table = tableOf(the, &arena, at, ROUTE_ENTRY);
	uint32_t lengths = (uint32_t)word(arena.base + at + ROUTE_LENGTHS);
	int length = word(arena.base + at + ROUTE_HOST_LENGTH) ? 32 : 31;
	for (; length >= 0; length--) {
		if (length < 32 && !(lengths >> length & 1))
			continue;
		uint32_t prefix = length == 0 ? 0 : address & 0xffffffffu << (32 - length);
		uint32_t key = slot << 8 | (uint32_t)(length + 1);
		uint32_t hash = mix(mix(table.seed, prefix), key);
		uint32_t index = (hash ^ hash >> 16) & table.mask;
		for (uint32_t tries = 0; tries <= table.mask; tries++) {
			const uint8_t *entry = table.entries + index * ROUTE_ENTRY;
			uint32_t found = (uint32_t)word(entry + ROUTE_KEY);
			if (found == 0)
				break;
			if (found == key && (uint32_t)word(entry + ROUTE_PREFIX) == prefix) {
				xsmcSetInteger(xsResult, word(entry + ROUTE_INDEX));
				return;
			}
			index = (index + 1) & table.mask;
		}
	}
	xsmcSetInteger(xsResult, -1);
}
