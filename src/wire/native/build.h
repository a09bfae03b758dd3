// What build.c and stream.c share: checksums of headers, rings, and the building of a TCP segment.

#ifndef MULTIHOME_BUILD_H
#define MULTIHOME_BUILD_H

#include "arena.h"
#include "copy.h"
#include "layout.h"
#include "sum.h"

static inline void checksumIpv4(uint8_t *ip, uint32_t header)
{
	put16(ip + 10, 0);
	put16(ip + 10, ~sum16(ip, header, 0));
}

static inline uint32_t pseudoHeader(const uint8_t *ip, uint32_t protocol, uint32_t length)
{
	return get16(ip + 12) + get16(ip + 14) + get16(ip + 16) + get16(ip + 18) + protocol + length;
}

/* Both halves of a ring's bytes; the second is empty when they do not wrap. */
static inline void fromRing(uint8_t *to, const uint8_t *ring, uint32_t size, uint32_t offset, uint32_t length)
{
	uint32_t first = length < size - offset ? length : size - offset;
	copyBytes(to, ring + offset, first);
	if (length > first)
		copyBytes(to + first, ring, length - first);
}

static inline void toRing(uint8_t *ring, uint32_t size, uint32_t offset, const uint8_t *from, uint32_t length)
{
	uint32_t first = length < size - offset ? length : size - offset;
	copyBytes(ring + offset, from, first);
	if (length > first)
		copyBytes(ring, from + first, length - first);
}

static inline void demandRing(xsMachine *the, Arena *arena, xsIntegerValue ring, xsIntegerValue size, xsIntegerValue offset, xsIntegerValue length)
{
	demand(ring, size, arena->size);
	demand(offset, 1, (xsUnsignedValue)size);
	demand(0, length, (xsUnsignedValue)size);
}

/* The twin of tcpBuild: a segment from a TCB block that lies in the arena. Answers the end of the packet. */
static inline xsIntegerValue buildTcp(xsMachine *the, Arena *arena, xsIntegerValue at, uint8_t *tcb, uint32_t seq, uint32_t ack, uint32_t flagsWindow, xsIntegerValue offset, xsIntegerValue length)
{
	xsIntegerValue ipHeader = word(tcb + TCB_IP_HEADER), options = word(tcb + TCB_OPTIONS_LENGTH);
	demand(ipHeader, TCP_HEADER, TCB_OPTIONS);
	demand(options, 0, 40);
	xsIntegerValue headers = ipHeader + TCP_HEADER + options;
	demand(0, length, 0xffff);
	demand(at, headers + length, arena->size);
	uint8_t *ip = arena->base + at, *p = ip + ipHeader;
	memcpy(ip, tcb + TCB_TEMPLATE, (size_t)(ipHeader + TCP_HEADER));
	if (!(tcb[TCB_TEMPLATE + 6] & 0x40) && ipHeader == IPV4_HEADER)
		put16(tcb + TCB_TEMPLATE + 4, get16(tcb + TCB_TEMPLATE + 4) + 1); /* it may be fragmented: RFC 6864 §4.3 */
	memcpy(p + TCP_HEADER, tcb + TCB_OPTIONS, (size_t)options);
	put32(p + 4, seq);
	put32(p + 8, ack);
	p[12] = (uint8_t)((TCP_HEADER + options) << 2);
	p[13] = (uint8_t)(flagsWindow >> 16);
	put16(p + 14, flagsWindow);
	put32(p + 16, 0);
	if (length) {
		xsIntegerValue ring = word(tcb + TCB_SEND_RING), size = word(tcb + TCB_SEND_SIZE);
		demandRing(the, arena, ring, size, offset, length);
		fromRing(p + TCP_HEADER + options, arena->base + ring, (uint32_t)size, (uint32_t)offset, (uint32_t)length);
	}
	put16(ip + 2, (uint32_t)(headers + length));
	if (!word(tcb + TCB_NO_CHECKSUM)) {
		uint32_t bytes = (uint32_t)(TCP_HEADER + options + length);
		checksumIpv4(ip, IPV4_HEADER);
		put16(p + 16, ~sum16(p, bytes, pseudoHeader(ip, PROTOCOL_TCP, bytes)));
	}
	return at + headers + length;
}

#endif
