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
	PAYLOAD_AT,
	PAYLOAD_LENGTH,
	PORTS,
	SEQ,
	SOURCE,
	TRANSPORT_AT,
	TTL_PROTOCOL,
	TCBS_AT,
	UDPS_AT,
	WHAT,
	ECHO_SOURCE,
	ECHO_DESTINATION,
	FLOWS_AT,
	INTERFACES_AT,
	INTERFACES_COUNT,
} from "../packet/fields.ts";
import * as block from "../packet/blocks.ts";
import * as arp from "./arp.ts";
import { checksum, pseudoHeader } from "./checksum.ts";
import { add } from "./counters.ts";
import { check } from "./bounds.ts";
import { deliverDatagram } from "./deliver.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import * as kinds from "./kinds.ts";
import { IN_ACK_DUE, IN_DATA, IN_UNEXPECTED, streamIn } from "./stream.ts";
import * as tcp from "./tcp.ts";
import { icmpEchoReply } from "./build.ts";
import { flowFind, routeFind, tableFits } from "./tables.ts";
import * as udp from "./udp.ts";

export { checksum };
export { flowFind, routeFind };
export * from "./build.ts";
export * from "./copies.ts";
export { udpDeliver, udpNext, udpRead } from "./deliver.ts";
export * from "./hash.ts";
export { hdlcDecode, hdlcEncode } from "./hdlc.ts";
export { slipDecode, slipEncode } from "./slip.ts";
export * from "./stream.ts";
export * from "./text.ts";
export { vjCompress, vjDecompress } from "./vj.ts";

function field(view: DataView, index: number, value: number): void {
	view.setInt32(index * 4, value, true);
}

/** Counts a drop in the interface's block. */
function drop(view: DataView, iface: number, reason: number): number {
	const at = iface + block.BLOCK_DROPS + reason * 4;
	view.setInt32(at, (view.getInt32(at, true) + 1) | 0, true);
	return 0;
}

/** The payload goes to the registers, `value` (a socket's index, a length) to bits 8 and up. */
function answer(view: DataView, kind: number, group: number, at: number, length: number, value: number): number {
	field(view, PAYLOAD_AT, at);
	field(view, PAYLOAD_LENGTH, length);
	return kind | group | (value << kinds.VALUE_SHIFT);
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
	if (!(flags & block.FLAG_ETHERNET)) return decodeIpv4(view, at, end, iface, flags, 0);
	if (end - at < ethernet.HEADER) return drop(view, iface, DROP.truncated);
	let group = 0;
	if (ethernet.isGroup(view, at)) group = kinds.GROUP;
	else if (!ethernet.sameAddress(view, at, iface + block.BLOCK_MAC)) return drop(view, iface, DROP.notForUs);
	const type = ethernet.type(view, at);
	if (type === ethernet.TYPE_IPV4) return decodeIpv4(view, at + ethernet.HEADER, end, iface, flags, group);
	if (type !== ethernet.TYPE_ARP) return drop(view, iface, DROP.unknownEtherType);
	if (!arp.valid(view, at + ethernet.HEADER, end)) return drop(view, iface, DROP.arpMalformed);
	return answer(view, kinds.ARP, group, at + ethernet.HEADER, arp.LENGTH, 0);
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

/** Whether a station outside cannot have this address: a group, "this network" but for 0.0.0.0 itself, loopback, one of ours, a broadcast address of our subnets. RFC 1122 §3.2.1.3. */
function badSource(view: DataView, flags: number, source: number): boolean {
	if (source >= (0xe0000000 | 0) && source < 0) return true; // classes D and E, and the broadcast address
	if (source > 0 && source < 0x01000000) return true;
	if (flags & block.FLAG_LOOPBACK) return false;
	if (ipv4.isLoopback(source)) return true;
	let iface = view.getUint32(INTERFACES_AT * 4, true);
	for (let n = view.getInt32(INTERFACES_COUNT * 4, true); n > 0 && iface + block.INTERFACE_BLOCK <= view.byteLength; n--) {
		const count = addressCount(view, iface);
		for (let i = 0; i < count; i++) {
			const own = view.getInt32(iface + block.BLOCK_ADDRESSES + i * 8, true);
			const mask = view.getInt32(iface + block.BLOCK_ADDRESSES + i * 8 + 4, true);
			if (own === source || (mask < -2 && source === (own | ~mask))) return true;
		}
		iface += block.INTERFACE_BLOCK;
	}
	return false;
}

function decodeIpv4(view: DataView, at: number, end: number, iface: number, flags: number, group: number): number {
	if (!ipv4.valid(view, at, end)) return drop(view, iface, DROP.ipv4Malformed);
	const header = ipv4.headerLength(view, at);
	if (!(flags & block.FLAG_CHECKED) && checksum(view, at, at + header, 0) !== 0xffff) return drop(view, iface, DROP.ipv4Checksum);
	const source = ipv4.source(view, at);
	const destination = ipv4.destination(view, at);
	if (badSource(view, flags, source)) return drop(view, iface, DROP.ipv4BadSource);
	const ipEnd = at + ipv4.totalLength(view, at);
	field(view, SOURCE, source);
	field(view, DESTINATION, destination);
	field(view, IP_AT, at);
	field(view, IP_END, ipEnd);
	field(view, TRANSPORT_AT, at + header);
	field(view, TTL_PROTOCOL, view.getUint16(at + ipv4.TTL));
	const where = classify(view, iface, flags, destination);
	// RFC 1122 §3.3.6: nobody alone is addressed by a frame for all. Else every host would answer what one was asked.
	if (group !== 0 && where === LOCAL) return drop(view, iface, DROP.ipv4LinkBroadcast);
	const pointer = ipv4.badOption(view, at, header);
	if (pointer === ipv4.SOURCE_ROUTE) return drop(view, iface, DROP.ipv4SourceRoute);
	if (pointer !== 0) return answer(view, kinds.BAD_OPTION, group | (where & kinds.GROUP), at, ipEnd - at, pointer);
	if (where === ELSEWHERE) return answer(view, kinds.TRANSIT, group, at, ipEnd - at, 0);
	return transport(view, at, ipEnd, iface, group | where);
}

/** Goes on with a valid IPv4 packet that TRANSIT was answered for, and that is for us after all. It came in by the interface with block `iface`. */
export function decodeTransport(view: DataView, at: number, end: number, iface: number, group: number): number {
	check(at, end - at, view.byteLength);
	check(iface, block.INTERFACE_BLOCK, view.byteLength);
	if (!ipv4.valid(view, at, end)) return drop(view, iface, DROP.ipv4Malformed);
	return transport(view, at, end, iface, group & kinds.GROUP);
}

/** Index of the socket that the registers' packet is for, or NO_SOCKET. */
function socketFor(view: DataView, iface: number, protocol: number): number {
	const table = view.getInt32(FLOWS_AT * 4, true);
	if (!tableFits(view, table, block.FLOW_ENTRY)) return kinds.NO_SOCKET;
	const value = flowFind(view, table, protocol | (view.getInt32(iface + block.BLOCK_SLOT, true) << 8));
	return value < 0 ? kinds.NO_SOCKET : value & kinds.NO_SOCKET;
}

function transport(view: DataView, ip: number, end: number, iface: number, group: number): number {
	const at = ip + ipv4.headerLength(view, ip);
	const length = end - at;
	const checked = view.getInt32(iface + block.BLOCK_FLAGS, true) & block.FLAG_CHECKED;
	if (ipv4.isFragment(view, ip)) return answer(view, kinds.FRAGMENT, group, at, length, 0);
	const protocol = ipv4.protocol(view, ip);
	const source = ipv4.source(view, ip);
	const destination = ipv4.destination(view, ip);
	if (protocol === ipv4.TCP) {
		if (!tcp.valid(view, at, end)) return drop(view, iface, DROP.tcpMalformed);
		if (!checked && checksum(view, at, end, pseudoHeader(source, destination, protocol, length)) !== 0xffff)
			return drop(view, iface, DROP.tcpChecksum);
		field(view, PORTS, tcp.ports(view, at));
		field(view, SEQ, tcp.seq(view, at));
		field(view, ACK, tcp.ack(view, at));
		field(view, FLAGS_WINDOW, tcp.flagsAndWindow(view, at));
		const data = at + tcp.headerLength(view, at);
		const index = socketFor(view, iface, protocol);
		const result = answer(view, index === kinds.NO_SOCKET ? kinds.STRAY : kinds.TCP, group, data, end - data, index);
		const tcb = group || index === kinds.NO_SOCKET ? 0 : blockAt(view, TCBS_AT, index, block.TCB_BLOCK);
		const what = tcb === 0 ? IN_UNEXPECTED : streamIn(view, tcb);
		if (what & IN_UNEXPECTED) return result;
		if (what === (IN_DATA | IN_ACK_DUE)) return (result + kinds.SEGMENT - kinds.TCP) | kinds.SEGMENT_ACK_DUE;
		if (what === IN_DATA) return result + kinds.SEGMENT - kinds.TCP;
		field(view, WHAT, what);
		return (result + kinds.SEGMENT - kinds.TCP) | kinds.SEGMENT_MORE;
	}
	if (protocol === ipv4.UDP) {
		if (!udp.valid(view, at, end)) return drop(view, iface, DROP.udpMalformed);
		const bytes = udp.length(view, at);
		if (
			!checked &&
			udp.checksum(view, at) !== 0 &&
			checksum(view, at, at + bytes, pseudoHeader(source, destination, protocol, bytes)) !== 0xffff
		)
			return drop(view, iface, DROP.udpChecksum);
		field(view, PORTS, udp.ports(view, at));
		const index = socketFor(view, iface, protocol);
		const data = at + udp.HEADER;
		const socket = group || index === kinds.NO_SOCKET ? 0 : blockAt(view, UDPS_AT, index, block.UDP_BLOCK);
		const slot = view.getInt32(iface + block.BLOCK_SLOT, true);
		const delivered = socket !== 0 && deliverDatagram(view, socket, slot, ip, data, bytes - udp.HEADER);
		return answer(view, delivered ? kinds.DATAGRAM : kinds.UDP, group, data, bytes - udp.HEADER, index);
	}
	if (protocol === ipv4.ICMP) {
		if (length < icmpv4.HEADER) return drop(view, iface, DROP.icmpMalformed);
		if (!checked && checksum(view, at, end, 0) !== 0xffff) return drop(view, iface, DROP.icmpChecksum);
		field(view, PORTS, icmpv4.identifierAndSequence(view, at));
		const echo = icmpv4.type(view, at) === icmpv4.ECHO_REQUEST && !group;
		if (!echo) return answer(view, kinds.ICMP, group, at, length, end - ip);
		const again = view.getInt32(ECHO_SOURCE * 4, true) === source && view.getInt32(ECHO_DESTINATION * 4, true) === destination;
		field(view, ECHO_SOURCE, source);
		field(view, ECHO_DESTINATION, destination);
		icmpEchoReply(view, ip);
		return answer(view, kinds.ECHO, again ? kinds.ECHO_AGAIN : 0, at, length, end - ip);
	}
	return answer(view, kinds.OTHER, group, at, length, 0);
}

/** Arena offset of the block with that index, its area's start being in that register; 0 when it would lie outside. */
function blockAt(view: DataView, area: number, index: number, size: number): number {
	const first = view.getUint32(area * 4, true);
	return first !== 0 && first + (index + 1) * size <= view.byteLength ? first + index * size : 0;
}
