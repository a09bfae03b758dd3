// Writing packets, and bulk copies. The twins are ../build.ts and ../copies.ts: a change here is a change there.

#include "build.h"

static void writeIpv4(uint8_t *ip, uint32_t source, uint32_t destination, uint32_t protocol, uint32_t ttl, uint32_t total)
{
	put32(ip, 0x45000000 | (ttl & TOS_BITS) | total);
	put32(ip + 4, 0x4000); /* identification 0, do not fragment: RFC 6864 §4.1 */
	put32(ip + 8, (ttl & 255) << 24 | protocol << 16);
	put32(ip + 12, source);
	put32(ip + 16, destination);
	if (!(ttl & NO_CHECKSUM))
		checksumIpv4(ip, IPV4_HEADER);
}

void xs_multihome_ipv4Build(xsMachine *the)
{
	xsIntegerValue at = intArg(1);
	uint32_t source = (uint32_t)intArg(2), destination = (uint32_t)intArg(3);
	uint32_t protocol = (uint32_t)intArg(4), ttl = (uint32_t)intArg(5), total = (uint32_t)intArg(6);
	Arena arena = argArena(0);
	demand(at, IPV4_HEADER, arena.size);
	writeIpv4(arena.base + at, source, destination, protocol, ttl, total);
}

void xs_multihome_tcpBuild(xsMachine *the)
{
	xsIntegerValue at = intArg(1), block = intArg(2), offset = intArg(6), length = intArg(7);
	uint32_t seq = (uint32_t)intArg(3), ack = (uint32_t)intArg(4), flagsWindow = (uint32_t)intArg(5);
	Arena arena = argArena(0);
	demand(block, TCB_BLOCK, arena.size);
	xsmcSetInteger(xsResult, buildTcp(the, &arena, at, arena.base + block, seq, ack, flagsWindow, offset, length));
}

void xs_multihome_udpBuild(xsMachine *the)
{
	xsIntegerValue at = intArg(1), dataAt = intArg(7), length = intArg(8);
	uint32_t source = (uint32_t)intArg(2), destination = (uint32_t)intArg(3), ports = (uint32_t)intArg(4), ttl = (uint32_t)intArg(5);
	Arena arena = argArena(0), data = argReadable(6);
	demand(dataAt, length, data.size);
	demand(0, length, 0xffff);
	demand(at, IPV4_HEADER + UDP_HEADER + length, arena.size);
	uint8_t *ip = arena.base + at, *p = ip + IPV4_HEADER;
	uint32_t bytes = UDP_HEADER + (uint32_t)length;
	writeIpv4(ip, source, destination, PROTOCOL_UDP, ttl, IPV4_HEADER + bytes);
	put32(p, ports);
	put32(p + 4, bytes << 16);
	memmove(p + UDP_HEADER, data.base + dataAt, (size_t)length); /* the data may lie in the arena too */
	if (!(ttl & NO_CHECKSUM)) {
		uint32_t sum = sum16(p, bytes, pseudoHeader(ip, PROTOCOL_UDP, bytes)) ^ 0xffff;
		put16(p + 6, sum == 0 ? 0xffff : sum); /* 0 would say "no checksum": RFC 768 */
	}
	xsmcSetInteger(xsResult, at + IPV4_HEADER + (xsIntegerValue)bytes);
}

enum { END_OF_OPTIONS, NO_OPERATION, RECORD_ROUTE = 7 };

/* Of the options of an echo request a route that is recorded goes on with our address (RFC 1122 §3.2.2.6); the others become no operations. */
static void replyOptions(uint8_t *ip, uint32_t header, uint32_t own)
{
	uint32_t length;
	for (uint32_t option = IPV4_HEADER; option < header; option += length) {
		uint8_t *p = ip + option;
		if (p[0] == END_OF_OPTIONS)
			return;
		length = 1;
		if (p[0] == NO_OPERATION)
			continue;
		length = option + 1 < header ? p[1] : 0;
		if (length < 2 || length > header - option)
			length = header - option;
		uint32_t pointer = length > 2 ? p[2] : 0;
		if (p[0] != RECORD_ROUTE || length < 3)
			memset(p, NO_OPERATION, length);
		else if (pointer >= 4 && pointer + 3 <= length) {
			put32(p + pointer - 1, own);
			p[2] = (uint8_t)(pointer + 4);
		}
	}
}

void multihomeEchoReply(uint8_t *ip)
{
	uint32_t header = (uint32_t)(ip[0] & 15) << 2, asked = get32(ip + 16);
	memcpy(ip + 16, ip + 12, 4);
	put32(ip + 12, asked);
	ip[8] = DEFAULT_TTL;
	if (header > IPV4_HEADER)
		replyOptions(ip, header, asked);
	checksumIpv4(ip, header);
	uint8_t *icmp = ip + header;
	icmp[0] = 0;
	/* RFC 1624: only the type changed, from 8 to 0, so the checksum grows by 0x0800. */
	put16(icmp + 2, fold16(get16(icmp + 2) + 0x0800));
}

void xs_multihome_icmpEchoReply(xsMachine *the)
{
	xsIntegerValue at = intArg(1);
	Arena arena = argArena(0);
	demand(at, IPV4_HEADER + ICMP_HEADER, arena.size);
	demand(at, (xsIntegerValue)((uint32_t)(arena.base[at] & 15) << 2) + ICMP_HEADER, arena.size);
	multihomeEchoReply(arena.base + at);
}

void xs_multihome_ttlDecrement(xsMachine *the)
{
	xsIntegerValue at = intArg(1);
	Arena arena = argArena(0);
	demand(at, IPV4_HEADER, arena.size);
	uint8_t *ip = arena.base + at;
	ip[8]--;
	put16(ip + 10, fold16(get16(ip + 10) + 0x0100)); /* RFC 1141 */
}

static void sent(uint8_t *iface, xsIntegerValue bytes)
{
	add64(iface + BLOCK_TX_PACKETS, 1);
	add64(iface + BLOCK_TX_BYTES, (uint32_t)bytes);
}

void xs_multihome_countSent(xsMachine *the)
{
	xsIntegerValue at = intArg(1), end = intArg(2), block = intArg(3);
	Arena arena = argArena(0);
	demand(block, INTERFACE_BLOCK, arena.size);
	demandTo(at, end, arena.size);
	sent(arena.base + block, end - at);
}

int32_t multihomeHeader(xsMachine *the, Arena *arena, int32_t at, int32_t prepared, int32_t block, int32_t end)
{
	int32_t frame = (int32_t)((uint32_t)at - ETHERNET_HEADER);
	demandTo(frame, end, arena->size);
	demand(prepared, ETHERNET_HEADER, arena->size);
	demand(block, INTERFACE_BLOCK, arena->size);
	if (end < at)
		xsRangeError("packet of %d bytes: expected 0 at least", (int)(end - at));
	memmove(arena->base + frame, arena->base + prepared, ETHERNET_HEADER);
	sent(arena->base + block, end - frame);
	return frame;
}

void xs_multihome_ethernetHeader(xsMachine *the)
{
	xsIntegerValue at = intArg(1), prepared = intArg(2), block = intArg(3), end = intArg(4);
	Arena arena = argArena(0);
	xsmcSetInteger(xsResult, multihomeHeader(the, &arena, at, prepared, block, end));
}

void xs_multihome_copy(xsMachine *the)
{
	xsIntegerValue to = intArg(1), from = intArg(2), length = intArg(3);
	Arena arena = argArena(0);
	demand(to, length, arena.size);
	demand(from, length, arena.size);
	memmove(arena.base + to, arena.base + from, (size_t)length);
}

void xs_multihome_copyOut(xsMachine *the)
{
	xsIntegerValue at = intArg(1), start = intArg(3), length = intArg(4);
	Arena arena = argReadable(0), buffer = argArena(2);
	demand(at, length, arena.size);
	demand(start, length, buffer.size);
	memmove(buffer.base + start, arena.base + at, (size_t)length);
}

void xs_multihome_copyIn(xsMachine *the)
{
	xsIntegerValue at = intArg(1), start = intArg(3), length = intArg(4);
	Arena arena = argArena(0), buffer = argReadable(2);
	demand(at, length, arena.size);
	demand(start, length, buffer.size);
	memmove(arena.base + at, buffer.base + start, (size_t)length);
}

void xs_multihome_ringPut(xsMachine *the)
{
	xsIntegerValue ring = intArg(1), size = intArg(2), offset = intArg(3), from = intArg(4), length = intArg(5);
	Arena arena = argArena(0);
	demandRing(the, &arena, ring, size, offset, length);
	demand(from, length, arena.size);
	toRing(arena.base + ring, (uint32_t)size, (uint32_t)offset, arena.base + from, (uint32_t)length);
}

void xs_multihome_ringWrite(xsMachine *the)
{
	xsIntegerValue ring = intArg(1), size = intArg(2), offset = intArg(3), start = intArg(5), length = intArg(6);
	Arena arena = argArena(0), buffer = argReadable(4);
	demandRing(the, &arena, ring, size, offset, length);
	demand(start, length, buffer.size);
	toRing(arena.base + ring, (uint32_t)size, (uint32_t)offset, buffer.base + start, (uint32_t)length);
}

void xs_multihome_ringRead(xsMachine *the)
{
	xsIntegerValue ring = intArg(1), size = intArg(2), offset = intArg(3), start = intArg(5), length = intArg(6);
	Arena arena = argReadable(0), buffer = argArena(4);
	demandRing(the, &arena, ring, size, offset, length);
	demand(start, length, buffer.size);
	fromRing(buffer.base + start, arena.base + ring, (uint32_t)size, (uint32_t)offset, (uint32_t)length);
}
