// Header builders: one call writes all headers of a packet. Twins of the C functions of the same name.

import * as block from "../packet/blocks.ts";
import { checksum, fold, pseudoHeader } from "./checksum.ts";
import { check } from "./bounds.ts";
import { copy, copyIn, ringRead, type Bytes } from "./copies.ts";
import { add } from "./counters.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ipv4 from "./ipv4.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** In `ttl` of `ipv4Build` and `udpBuild`: the device fills the checksums in. */
export const NO_CHECKSUM = 0x100;
/** In `ttl` of the same: the octet behind the version, where the first word of the header has it. Its upper six bits are the DSCP. RFC 2474. */
export const TOS_BITS = 0xff0000;
export const DSCP_SHIFT = 18;

function ipv4Checksum(view: DataView, at: number): void {
	view.setUint16(at + ipv4.CHECKSUM, 0);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + ipv4.HEADER, 0));
}

/**
 * Writes an IPv4 header without options. Identification 0 with "don't fragment": RFC 6864 §4.1.
 * `ttl`: time to live, TOS_BITS, and with NO_CHECKSUM the checksum is left 0.
 */
export function ipv4Build(
	view: DataView,
	at: number,
	source: number,
	destination: number,
	protocol: number,
	ttl: number,
	total: number,
): void {
	view.setInt32(at, 0x45000000 | (ttl & TOS_BITS) | total);
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(at + ipv4.TTL, ((ttl & 255) << 24) | (protocol << 16));
	view.setInt32(at + ipv4.SOURCE, source);
	view.setInt32(at + ipv4.DESTINATION, destination);
	if (!(ttl & NO_CHECKSUM)) ipv4Checksum(view, at);
}

/**
 * Writes the headers of a TCP segment at `at` from the template of the TCB block, with the block's options, then `length`
 * bytes of its send ring from ring byte `offset` on. Where the template lets routers fragment, its identification counts up: RFC 6864 §4.3. Answers the end of the packet.
 */
export function tcpBuild(
	view: DataView,
	at: number,
	tcb: number,
	seq: number,
	ack: number,
	flagsWindow: number,
	offset: number,
	length: number,
): number {
	const ipHeader = view.getInt32(tcb + block.TCB_IP_HEADER, true);
	const options = view.getInt32(tcb + block.TCB_OPTIONS_LENGTH, true);
	const offload = view.getInt32(tcb + block.TCB_NO_CHECKSUM, true);
	const header = at + ipHeader;
	const data = header + tcp.HEADER + options;
	const end = data + length;
	copy(view, at, tcb + block.TCB_TEMPLATE, ipHeader + tcp.HEADER);
	if (!(view.getUint8(tcb + block.TCB_TEMPLATE + ipv4.FRAGMENT) & (ipv4.DONT_FRAGMENT >> 8)) && ipHeader === ipv4.HEADER) {
		const id = tcb + block.TCB_TEMPLATE + ipv4.IDENTIFICATION;
		view.setUint16(id, view.getUint16(id) + 1);
	}
	if (options) copy(view, header + tcp.HEADER, tcb + block.TCB_OPTIONS, options);
	view.setInt32(header + tcp.SEQ, seq);
	view.setInt32(header + tcp.ACK_NUMBER, ack);
	view.setUint16(header + tcp.DATA_OFFSET, ((tcp.HEADER + options) << 10) | ((flagsWindow >> 16) & 255));
	view.setUint16(header + tcp.WINDOW, flagsWindow);
	view.setInt32(header + tcp.CHECKSUM, 0);
	if (length) {
		const ring = view.getInt32(tcb + block.TCB_SEND_RING, true);
		ringRead(view, ring, view.getInt32(tcb + block.TCB_SEND_SIZE, true), offset, view, data, length);
	}
	view.setUint16(at + ipv4.TOTAL_LENGTH, end - at);
	if (!offload) {
		ipv4Checksum(view, at);
		const pseudo = pseudoHeader(ipv4.source(view, at), ipv4.destination(view, at), ipv4.TCP, end - header);
		view.setUint16(header + tcp.CHECKSUM, ~checksum(view, header, end, pseudo));
	}
	return end;
}

/**
 * Writes a UDP datagram at `at` with `length` bytes of the application's buffer. `ports` is source << 16 | destination, `ttl` as of `ipv4Build`.
 * Answers the end of the packet.
 */
export function udpBuild(
	view: DataView,
	at: number,
	source: number,
	destination: number,
	ports: number,
	ttl: number,
	data: Bytes,
	dataAt: number,
	length: number,
): number {
	const header = at + ipv4.HEADER;
	const bytes = udp.HEADER + length;
	ipv4Build(view, at, source, destination, ipv4.UDP, ttl, ipv4.HEADER + bytes);
	view.setInt32(header, ports);
	view.setInt32(header + udp.LENGTH, bytes << 16);
	copyIn(view, header + udp.HEADER, data, dataAt, length);
	if (!(ttl & NO_CHECKSUM)) {
		const sum = checksum(view, header, header + bytes, pseudoHeader(source, destination, ipv4.UDP, bytes)) ^ 0xffff;
		view.setUint16(header + udp.CHECKSUM, sum === 0 ? 0xffff : sum); // 0 would say "no checksum". RFC 768.
	}
	return header + bytes;
}

/**
 * Of the options of an echo request, `header` bytes of IP header, a route that is recorded goes on with our address, as RFC 1122 §3.2.2.6 asks; the others become
 * no operations: they were meant for the way here, and we keep no time of day for timestamps.
 */
function replyOptions(view: DataView, at: number, header: number, own: number): void {
	let option = ipv4.HEADER;
	while (option < header) {
		const type = view.getUint8(at + option);
		if (type === ipv4.END_OF_OPTIONS) return;
		let length = 1;
		if (type !== ipv4.NO_OPERATION) {
			length = option + 1 < header ? view.getUint8(at + option + 1) : 0;
			if (length < 2 || length > header - option) length = header - option;
			const pointer = length > 2 ? view.getUint8(at + option + 2) : 0;
			if (type !== ipv4.RECORD_ROUTE || length < 3) {
				for (let i = 0; i < length; i++) view.setUint8(at + option + i, ipv4.NO_OPERATION);
			} else if (pointer >= 4 && pointer + 3 <= length) {
				view.setInt32(at + option + pointer - 1, own);
				view.setUint8(at + option + 2, pointer + 4);
			}
		}
		option += length;
	}
}

/** Turns the valid echo request at `at` into its reply. Answers nothing. RFC 1122 §3.2.2.6. */
export function icmpEchoReply(view: DataView, at: number): void {
	const header = ipv4.headerLength(view, at);
	const asked = ipv4.destination(view, at);
	view.setInt32(at + ipv4.DESTINATION, ipv4.source(view, at));
	view.setInt32(at + ipv4.SOURCE, asked);
	view.setUint8(at + ipv4.TTL, ipv4.DEFAULT_TTL);
	if (header > ipv4.HEADER) replyOptions(view, at, header, asked);
	view.setUint16(at + ipv4.CHECKSUM, 0);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + header, 0));
	// RFC 1624: only the type changed, from 8 to 0, so the checksum grows by 0x0800.
	const icmp = at + header;
	view.setUint8(icmp, icmpv4.ECHO_REPLY);
	view.setUint16(icmp + icmpv4.CHECKSUM, fold(view.getUint16(icmp + icmpv4.CHECKSUM) + 0x0800));
}

/** Takes one off the TTL and mends the header checksum. RFC 1141. */
export function ttlDecrement(view: DataView, at: number): void {
	view.setUint8(at + ipv4.TTL, ipv4.ttl(view, at) - 1);
	view.setUint16(at + ipv4.CHECKSUM, fold(view.getUint16(at + ipv4.CHECKSUM) + 0x0100));
}

/** Counts a packet of bytes `at` to `end` as sent in the interface block. */
export function countSent(view: DataView, at: number, end: number, iface: number): void {
	check(iface, block.INTERFACE_BLOCK, view.byteLength);
	check(at, end - at, view.byteLength);
	add(view, iface + block.BLOCK_TX_PACKETS, 1);
	add(view, iface + block.BLOCK_TX_BYTES, end - at);
}

/**
 * Writes the 14 prepared bytes of Ethernet header at arena offset `prepared` before the IP packet in bytes `at` to `end`, and counts the
 * frame as sent. Answers where the frame begins.
 */
export function ethernetHeader(view: DataView, at: number, prepared: number, iface: number, end: number): number {
	const frame = at - 14;
	copy(view, frame, prepared, 14);
	countSent(view, frame, end, iface);
	return frame;
}
