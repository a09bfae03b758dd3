// The codec: everything that touches many bytes of a packet, or many fields at once. On XS these functions are C
// (native/codec.c); these are their twins, and what they must agree with. test/unit/wire/twins.test.ts compares both.
// All positions are byte offsets in `view`, the arena. Bad offsets throw RangeError; bad packets never do.

import { DROP } from "../packet/drops.ts";
import {
	DESTINATION,
	FLAGS_WINDOW,
	IP_AT,
	IP_END,
	ACK,
	PORTS,
	SEQ,
	SOURCE,
	TRANSPORT_AT,
	TTL_PROTOCOL,
	INTERFACES_AT,
	INTERFACES_COUNT,
} from "../packet/fields.ts";
import * as block from "../packet/blocks.ts";
import * as arp from "./arp.ts";
import { checksum, pseudoHeader } from "./checksum.ts";
import { add } from "./counters.ts";
import { check } from "./bounds.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import * as kinds from "./kinds.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

export { checksum };
export { flowFind, routeFind } from "./tables.ts";
export * from "./build.ts";
export * from "./copies.ts";

function field(view: DataView, index: number, value: number): void {
	view.setInt32(index * 4, value, true);
}

function drop(reason: number): number {
	return -1 - reason;
}

function answer(kind: number, group: number, offset: number, length: number): number {
	return kind | group | (offset << kinds.OFFSET_SHIFT) | (length << kinds.LENGTH_SHIFT);
}

/**
 * Reads the frame in bytes `at` to `end` that came in by the interface with block `iface`, checks it, and fills the decode
 * registers (packet/fields.ts). Counts it as received. Answers as kinds.ts says.
 */
export function decode(view: DataView, at: number, end: number, iface: number): number {
	check(at, end - at, view.byteLength);
	check(iface, block.INTERFACE_BLOCK, view.byteLength);
	const flags = view.getInt32(iface + block.BLOCK_FLAGS, true);
	add(view, iface + block.BLOCK_RX_PACKETS, 1);
	add(view, iface + block.BLOCK_RX_BYTES, end - at);
	if (!(flags & block.FLAG_ETHERNET)) return decodeIpv4(view, at, at, end, iface, flags, 0);
	if (end - at < ethernet.HEADER) return drop(DROP.truncated);
	let group = 0;
	if (ethernet.isGroup(view, at)) group = kinds.GROUP;
	else if (!ethernet.sameAddress(view, at, iface + block.BLOCK_MAC)) return drop(DROP.notForUs);
	const type = ethernet.type(view, at);
	if (type === ethernet.TYPE_IPV4) return decodeIpv4(view, at, at + ethernet.HEADER, end, iface, flags, group);
	if (type !== ethernet.TYPE_ARP) return drop(DROP.unknownEtherType);
	if (!arp.valid(view, at + ethernet.HEADER, end)) return drop(DROP.arpMalformed);
	return answer(kinds.ARP, group, ethernet.HEADER, arp.LENGTH);
}

const LOCAL = 0;
const ELSEWHERE = 1;

/** Never more than fit the block, whatever stands there. */
function addressCount(view: DataView, iface: number): number {
	const count = view.getInt32(iface + block.BLOCK_ADDRESS_COUNT, true);
	return count < 0 ? 0 : Math.min(count, block.BLOCK_ADDRESS_LIMIT);
}

/** LOCAL, ELSEWHERE, or GROUP for a broadcast or multicast address. */
function classify(view: DataView, iface: number, flags: number, address: number): number {
	const count = addressCount(view, iface);
	for (let i = 0; i < count; i++) {
		const entry = iface + block.BLOCK_ADDRESSES + i * 8;
		const own = view.getInt32(entry, true);
		if (own === address) return LOCAL;
		const mask = view.getInt32(entry + 4, true);
		// Directed broadcast; /31 and /32 have none (RFC 3021).
		if (mask < -2 && address === (own | ~mask)) return kinds.GROUP;
	}
	if (address === ipv4.BROADCAST || ipv4.isMulticast(address)) return kinds.GROUP;
	if (flags & block.FLAG_LOOPBACK && ipv4.isLoopback(address)) return LOCAL;
	return flags & block.FLAG_ANY_ADDRESS ? LOCAL : ELSEWHERE;
}

/** Whether a station outside can have this address: not a group, not loopback, none of ours. RFC 1122 §3.2.1.3. */
function badSource(view: DataView, flags: number, source: number): boolean {
	if (source >= (0xe0000000 | 0) && source < 0) return true; // classes D and E, and the broadcast address
	if (flags & block.FLAG_LOOPBACK) return false;
	if (ipv4.isLoopback(source)) return true;
	let iface = view.getUint32(INTERFACES_AT * 4, true);
	for (let n = view.getInt32(INTERFACES_COUNT * 4, true); n > 0 && iface + block.INTERFACE_BLOCK <= view.byteLength; n--) {
		const count = addressCount(view, iface);
		for (let i = 0; i < count; i++) if (view.getInt32(iface + block.BLOCK_ADDRESSES + i * 8, true) === source) return true;
		iface += block.INTERFACE_BLOCK;
	}
	return false;
}

function decodeIpv4(view: DataView, start: number, at: number, end: number, iface: number, flags: number, group: number): number {
	if (!ipv4.valid(view, at, end)) return drop(DROP.ipv4Malformed);
	const header = ipv4.headerLength(view, at);
	if (!(flags & block.FLAG_CHECKED) && checksum(view, at, at + header, 0) !== 0xffff) return drop(DROP.ipv4Checksum);
	const source = ipv4.source(view, at);
	const destination = ipv4.destination(view, at);
	if (badSource(view, flags, source)) return drop(DROP.ipv4BadSource);
	const ipEnd = at + ipv4.totalLength(view, at);
	field(view, SOURCE, source);
	field(view, DESTINATION, destination);
	field(view, IP_AT, at);
	field(view, IP_END, ipEnd);
	field(view, TRANSPORT_AT, at + header);
	field(view, TTL_PROTOCOL, view.getUint16(at + ipv4.TTL));
	const where = classify(view, iface, flags, destination);
	if (where === ELSEWHERE) return answer(kinds.TRANSIT, group, at - start, ipEnd - at);
	return transport(view, start, at, header, ipEnd, flags & block.FLAG_CHECKED, group | where);
}

/** Goes on with a valid IPv4 packet that TRANSIT was answered for, and that is for us after all. `checked`: its checksums are known to be right. */
export function decodeTransport(view: DataView, at: number, end: number, checked: number, group: number): number {
	check(at, end - at, view.byteLength);
	if (!ipv4.valid(view, at, end)) return drop(DROP.ipv4Malformed);
	return transport(view, at, at, ipv4.headerLength(view, at), end, checked, group & kinds.GROUP);
}

function transport(
	view: DataView,
	start: number,
	ip: number,
	header: number,
	end: number,
	checked: number,
	group: number,
): number {
	const at = ip + header;
	if (ipv4.isFragment(view, ip)) return answer(kinds.FRAGMENT, group, at - start, end - at);
	const protocol = ipv4.protocol(view, ip);
	const source = ipv4.source(view, ip);
	const destination = ipv4.destination(view, ip);
	if (protocol === ipv4.TCP) {
		if (!tcp.valid(view, at, end)) return drop(DROP.tcpMalformed);
		if (!checked && checksum(view, at, end, pseudoHeader(source, destination, protocol, end - at)) !== 0xffff)
			return drop(DROP.tcpChecksum);
		field(view, PORTS, tcp.ports(view, at));
		field(view, SEQ, tcp.seq(view, at));
		field(view, ACK, tcp.ack(view, at));
		field(view, FLAGS_WINDOW, tcp.flagsAndWindow(view, at));
		const data = at + tcp.headerLength(view, at);
		return answer(kinds.TCP, group, data - start, end - data);
	}
	if (protocol === ipv4.UDP) {
		if (!udp.valid(view, at, end)) return drop(DROP.udpMalformed);
		const length = udp.length(view, at);
		if (
			!checked &&
			udp.checksum(view, at) !== 0 &&
			checksum(view, at, at + length, pseudoHeader(source, destination, protocol, length)) !== 0xffff
		)
			return drop(DROP.udpChecksum);
		field(view, PORTS, udp.ports(view, at));
		return answer(kinds.UDP, group, at + udp.HEADER - start, length - udp.HEADER);
	}
	if (protocol === ipv4.ICMP) {
		if (end - at < icmpv4.HEADER) return drop(DROP.icmpMalformed);
		if (!checked && checksum(view, at, end, 0) !== 0xffff) return drop(DROP.icmpChecksum);
		field(view, PORTS, icmpv4.identifierAndSequence(view, at));
		return answer(kinds.ICMP, group, at - start, end - at);
	}
	return answer(kinds.OTHER, group, at - start, end - at);
}
