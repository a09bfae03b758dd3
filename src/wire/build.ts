// Header builders: one call writes all headers of a packet.

import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Length, Offset, Range, Uint8 } from "../packet/numbers.ts";
import { copyAddress, v4Of } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { add } from "../packet/counters.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { PathBlock } from "../packet/path-block.ts";
import { TcbBlock } from "../packet/tcb-block.ts";
import { fold, pseudoHeader } from "./checksum.ts";
import type { BytesIn } from "./kernels/bytes.ts";
import { checksum } from "./kernels/checksum.ts";
import { copy, copyIn } from "./kernels/copies.ts";
import { pagedOut } from "./paged.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** In `ttl` of `ipv4Build`: the device fills the checksums in. */
export const NO_CHECKSUM = 0x100;
/** In the same: the octet behind the version, where the first word of the header has it. Its upper six bits are the DSCP. RFC 2474. */
export const TOS_BITS = 0xff0000;
export const DSCP_SHIFT = 18;

/** Writes the checksum of the header of `header` bytes. */
function ipv4Checksum(view: DataView, at: Offset, header: Length): void {
	view.setUint16(at + ipv4.CHECKSUM, 0);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + header, 0));
}

/**
 * Writes an IPv4 header without options. Identification 0 with "don't fragment": RFC 6864 §4.1.
 * `ttl`: time to live, TOS_BITS, and with NO_CHECKSUM the checksum is left 0.
 */
export function ipv4Build(
	view: DataView,
	at: Offset,
	source: number,
	destination: number,
	protocol: number,
	ttl: number,
	total: number,
): void {
	check(at, ipv4.HEADER, view.byteLength);
	view.setInt32(at, 0x45000000 | (ttl & TOS_BITS) | total);
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(at + ipv4.TTL, ((ttl & 255) << 24) | (protocol << 16));
	view.setInt32(at + ipv4.SOURCE, source);
	view.setInt32(at + ipv4.DESTINATION, destination);
	if ((ttl & NO_CHECKSUM) !== 0) return;
	const first = 0x4500 | ((ttl & TOS_BITS) >> 16);
	const rest = pseudoHeader(source, destination, protocol & 255, total & 0xffff);
	view.setUint16(at + ipv4.CHECKSUM, ~fold((first + ipv4.DONT_FRAGMENT + ((ttl & 255) << 8) + rest) | 0));
}

/** Writes an IPv6 header; `ttl` as of `ipv4Build`, `label` is the flow label, `length` what follows it, bytes. RFC 8200 §3. */
export function ipv6Build(
	view: DataView,
	at: Offset,
	source: Address,
	destination: Address,
	protocol: number,
	ttl: number,
	label: number,
	length: Length,
): void {
	check(at, ipv6.HEADER, view.byteLength);
	view.setInt32(at, ipv6.VERSION | ((ttl & TOS_BITS) << 4) | (label & 0xfffff));
	view.setInt32(at + ipv6.PAYLOAD_LENGTH, (length << 16) | ((protocol & 255) << 8) | (ttl & 255));
	copyAddress(view, at + ipv6.SOURCE, source);
	copyAddress(view, at + ipv6.DESTINATION, destination);
}

/** Writes the IP header of either family that packets along a path get, before `length` bytes of that protocol; `ttl` as of `ipv4Build`. Answers where those begin. */
export function ipBuild(view: DataView, at: Offset, path: PathBlock, protocol: number, ttl: number, length: Length): Offset {
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) {
		ipv6Build(view, at, path.source, path.destination, protocol, ttl, path.label, length);
		return at + ipv6.HEADER;
	}
	ipv4Build(view, at, v4Of(view, path.source), v4Of(view, path.destination), protocol, ttl, ipv4.HEADER + length);
	return at + ipv4.HEADER;
}

/** Sum of the pseudo-header of `length` bytes of that protocol behind the IP header of `header` bytes at `ip`. RFC 9293 §3.1, RFC 8200 §8.1. */
export function pseudoOfPacket(view: DataView, ip: Offset, header: number, protocol: Uint8, length: Length): number {
	if (hasIpv6() && header === ipv6.HEADER) return checksum(view, ip + ipv6.SOURCE, ip + ipv6.HEADER, protocol + length);
	return pseudoHeader(ipv4.source(view, ip), ipv4.destination(view, ip), protocol, length);
}

/** Writes the checksum of the ICMP message in bytes `icmp` to `end`, behind the IP header of its family at `ip`, into its field, which is 0. RFC 792, RFC 4443 §2.3. */
export function icmpChecksum(view: DataView, ip: Offset, icmp: Offset, end: Offset): void {
	const six = hasIpv6() && icmp - ip === ipv6.HEADER;
	const pseudo = six ? pseudoOfPacket(view, ip, ipv6.HEADER, ipv6.ICMP, end - icmp) : 0;
	view.setUint16(icmp + icmpv4.CHECKSUM, ~checksum(view, icmp, end, pseudo));
}

/**
 * Writes the headers of a TCP segment at `at` from the connection's template, with its options, then `length` bytes of its send ring
 * from ring byte `offset` on. Where the template lets routers fragment, its identification counts up: RFC 6864 §4.3. Answers the end of the packet.
 */
export function segmentBuild(
	view: DataView,
	at: Offset,
	tcb: TcbBlock,
	seq: number,
	ack: number,
	flagsWindow: number,
	offset: number,
	length: Length,
): Offset {
	// Lengths of headers, whatever stands there.
	const ipHeader = tcb.ipHeader & 0xffff;
	const options = tcb.optionsLength & 0xffff;
	const offload = tcb.noChecksum;
	const header = at + ipHeader;
	const data = header + tcp.HEADER + options;
	const end = data + length;
	copy(view, at, tcb.template, ipHeader + tcp.HEADER);
	if (ipHeader === ipv4.HEADER && !ipv4.dontFragment(view, tcb.template)) {
		const id = tcb.template + ipv4.IDENTIFICATION;
		view.setUint16(id, view.getUint16(id) + 1);
	}
	if (options !== 0) copy(view, header + tcp.HEADER, tcb.options, options);
	check(header, tcp.HEADER, view.byteLength);
	view.setInt32(header + tcp.SEQ, seq);
	view.setInt32(header + tcp.ACK_NUMBER, ack);
	view.setUint16(header + tcp.DATA_OFFSET, ((tcp.HEADER + options) << 10) | ((flagsWindow >> 16) & 255));
	view.setUint16(header + tcp.WINDOW, flagsWindow);
	view.setInt32(header + tcp.CHECKSUM, 0);
	if (length !== 0) pagedOut(view, tcb.sendPages, tcb.sendRing, offset, view, data, length);
	check(at, ipv4.HEADER, view.byteLength);
	if (hasIpv6() && ipHeader === ipv6.HEADER) view.setUint16(at + ipv6.PAYLOAD_LENGTH, end - header);
	else {
		view.setUint16(at + ipv4.TOTAL_LENGTH, end - at);
		if (offload === 0) ipv4Checksum(view, at, ipv4.HEADER);
	}
	if (offload === 0) {
		const pseudo = pseudoOfPacket(view, at, ipHeader, ipv4.TCP, end - header);
		view.setUint16(header + tcp.CHECKSUM, ~checksum(view, header, end, pseudo));
	}
	return end;
}

/** The same for the connection with that block. */
export function tcpBuild(
	view: DataView,
	at: Offset,
	block: Offset,
	seq: number,
	ack: number,
	flagsWindow: number,
	offset: number,
	length: Length,
): Offset {
	return segmentBuild(view, at, TcbBlock.of(view, block), seq, ack, flagsWindow, offset, length);
}

/**
 * Writes a UDP datagram with the IP header of the path's family at `at`, with `length` bytes of the application's buffer. `ports` is source << 16 | destination.
 * Answers the end of the packet.
 */
export function datagramBuild(
	view: DataView,
	at: Offset,
	path: PathBlock,
	ports: number,
	data: BytesIn,
	dataAt: number,
	length: Length,
): Offset {
	const bytes = udp.HEADER + length;
	const ttl = path.ttl;
	let header = at + ipv4.HEADER;
	let pseudo = 0;
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) {
		header = ipBuild(view, at, path, ipv4.UDP, ttl, bytes);
		pseudo = pseudoOfPacket(view, at, ipv6.HEADER, ipv4.UDP, bytes);
	} else {
		const source = v4Of(view, path.source);
		const destination = v4Of(view, path.destination);
		ipv4Build(view, at, source, destination, ipv4.UDP, ttl, ipv4.HEADER + bytes);
		pseudo = pseudoHeader(source, destination, ipv4.UDP, bytes);
	}
	view.setInt32(header, ports);
	view.setInt32(header + udp.LENGTH, bytes << 16);
	copyIn(view, header + udp.HEADER, data, dataAt, length);
	if ((ttl & NO_CHECKSUM) === 0) {
		const sum = checksum(view, header, header + bytes, pseudo) ^ 0xffff;
		view.setUint16(header + udp.CHECKSUM, sum === 0 ? 0xffff : sum); // 0 would say "no checksum". RFC 768.
	}
	return header + bytes;
}

/** The same for the path whose block lies there. */
export function udpBuild(
	view: DataView,
	at: Offset,
	path: Offset,
	ports: number,
	data: BytesIn,
	dataAt: number,
	length: Length,
): Offset {
	return datagramBuild(view, at, PathBlock.of(view, path), ports, data, dataAt, length);
}

/** Bytes of the option at that offset in the header of `header` bytes; all that are left when its length makes no sense. */
function optionLength(view: DataView, at: Offset, option: Uint8, header: Range<0, 60>): Uint8 {
	if (view.getUint8(at + option) === ipv4.NO_OPERATION) return 1;
	const length = option + 1 < header ? view.getUint8(at + option + 1) : 0;
	const left = header - option;
	return length < 2 || length > left ? left : length;
}

/**
 * Of the options of an echo request, `header` bytes of IP header, a route that is recorded goes on with our address, as RFC 1122 §3.2.2.6 asks; the others become
 * no operations: they were meant for the way here, and we keep no time of day for timestamps.
 */
function replyOptions(view: DataView, at: Offset, header: Range<0, 60>, own: number): void {
	check(at, header, view.byteLength);
	let option = ipv4.HEADER;
	while (option < header) {
		const type = view.getUint8(at + option);
		if (type === ipv4.END_OF_OPTIONS) return;
		const length = optionLength(view, at, option, header);
		const pointer = length > 2 ? view.getUint8(at + option + 2) : 0;
		if (type !== ipv4.RECORD_ROUTE || length < 3) {
			for (let i = 0; i < length; i++) view.setUint8(at + option + i, ipv4.NO_OPERATION);
		} else if (pointer >= 4 && pointer + 3 <= length) {
			view.setInt32(at + option + pointer - 1, own);
			view.setUint8(at + option + 2, pointer + 4);
		}
		option += length;
	}
}

/** Turns the valid echo request at `at` into its reply. Answers nothing. RFC 1122 §3.2.2.6. */
export function icmpEchoReply(view: DataView, at: Offset): void {
	check(at, ipv4.HEADER, view.byteLength);
	const header = ipv4.headerLength(view, at);
	const source = ipv4.source(view, at);
	const own = ipv4.destination(view, at);
	view.setInt32(at + ipv4.DESTINATION, source);
	view.setInt32(at + ipv4.SOURCE, own);
	view.setUint8(at + ipv4.TTL, ipv4.DEFAULT_TTL);
	if (header > ipv4.HEADER) replyOptions(view, at, header, own);
	ipv4Checksum(view, at, header);
	// RFC 1624: only the type changed, from 8 to 0, so the checksum grows by 0x0800.
	const icmp = at + header;
	view.setUint8(icmp, icmpv4.ECHO_REPLY);
	view.setUint16(icmp + icmpv4.CHECKSUM, fold(view.getUint16(icmp + icmpv4.CHECKSUM) + 0x0800));
}

/** Takes one off the TTL and mends the header checksum. RFC 1141. */
export function ttlDecrement(view: DataView, at: Offset): void {
	check(at, ipv4.HEADER, view.byteLength);
	view.setUint8(at + ipv4.TTL, ipv4.ttl(view, at) - 1);
	view.setUint16(at + ipv4.CHECKSUM, fold(view.getUint16(at + ipv4.CHECKSUM) + 0x0100));
}

/** Takes one off the hop limit, over which there is no checksum. */
export function hopLimitDecrement(view: DataView, at: Offset): void {
	check(at, ipv6.HEADER, view.byteLength);
	view.setUint8(at + ipv6.HOP_LIMIT, ipv6.hopLimit(view, at) - 1);
}

/** Counts a packet of bytes `at` to `end` as sent by the interface with that block. */
export function countSent(view: DataView, at: Offset, end: Offset, block: Offset): void {
	const iface = InterfaceBlock.of(view, block);
	check(at, end - at, view.byteLength);
	add(view, iface.txPackets, 1);
	add(view, iface.txBytes, end - at);
}

/**
 * Writes the 14 prepared bytes of Ethernet header at arena offset `prepared` before the IP packet in bytes `at` to `end`, and counts the
 * frame as sent. Answers where the frame begins.
 */
export function ethernetHeader(view: DataView, at: Offset, prepared: Offset, block: Offset, end: Offset): Offset {
	check(at, end - at, view.byteLength);
	const frame = at - ethernet.HEADER;
	copy(view, frame, prepared, ethernet.HEADER);
	countSent(view, frame, end, block);
	return frame;
}
