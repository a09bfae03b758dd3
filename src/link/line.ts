// IP packets on serial lines, compiled: SLIP, RFC 1055, and the IP of PPP, RFC 1332, with compressed headers, RFC 1144. Whatever else comes is the interpreter's.

import { BUSY, HELD, SENT } from "../device/device.ts";
import { deviceTransmit } from "../device/kernels/devices.ts";
import { LOST, RAW, SLIP } from "../device/serial.ts";
import { hasIpv6, hasLines } from "../packet/kernels/parts.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FLAG_LINE, FLAG_PPP, InterfaceBlock } from "../packet/interface-block.ts";
import { LineBlock, OPEN_IPV4, OPEN_IPV6, TRAFFIC_IN, TRAFFIC_OUT } from "../packet/line-block.ts";
import type { Offset, Range, Uint16 } from "../packet/numbers.ts";
import { packetRelease } from "../packet/packets.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { slipMark, slipType, VJ_COMPRESSED_TCP, VJ_IP, VJ_TYPE_BITS, VJ_UNCOMPRESSED_TCP, vjToss } from "../wire/vj.ts";
import { vjCompress } from "../wire/vj-compress.ts";
import { vjDecompress } from "../wire/vj-decompress.ts";
import { IP, IPV6, VJ_COMPRESSED, VJ_UNCOMPRESSED } from "./ppp/packets.ts";

const VJ_TYPE = (1 << VJ_TYPE_BITS) - 1;

/** Whether the interface's device is a serial line. */
export function isLine(link: InterfaceBlock): boolean {
	return hasLines() && (link.flags & FLAG_LINE) !== 0;
}

/** Whether it is one with PPP. */
export function isPpp(link: InterfaceBlock): boolean {
	return hasLines() && (link.flags & FLAG_PPP) !== 0;
}

/** Whether headers of TCP over IPv4 are compressed on the way by that interface, at least in one direction. RFC 1144. */
export function compressesHeaders(view: DataView, link: InterfaceBlock): boolean {
	if (!isLine(link)) return false;
	const line = LineBlock.of(view, link.line);
	return line.compressor !== 0 || line.decompressor !== 0;
}

/** Answer of `lineFrame`: the frame is for the interpreter. */
export const CONTROL = -2;

/**
 * A frame came, and lies at `at`; `answer` is what the serial device said of it. Answers the length of the IP packet that it is, or has become; 0: dealt with; LOST; or
 * CONTROL.
 */
export function lineFrame(view: DataView, link: InterfaceBlock, at: Offset, answer: number): Range<-2, 0xffff> {
	const line = LineBlock.of(view, link.line);
	if (answer === LOST) {
		lineSkipped(view, link);
		return line.open === 0 ? 0 : LOST; // the device has counted it
	}
	const framing = line.framing;
	if (framing === RAW) return CONTROL;
	const length = answer & 0xffff;
	if (framing === SLIP) return line.decompressor === 0 ? length : restore(view, link, slipType(view, at), at, length);
	const protocol = (answer >> 16) & 0xffff;
	if (protocol === IP) {
		// Outside the network phase data are discarded: RFC 1661 §3.4, §3.5.
		if ((line.open & OPEN_IPV4) === 0) return drop(view, link, DROP.pppNotOpen);
		return restore(view, link, VJ_IP, at, length);
	}
	// What comes before IPV6CP has agreed, or without it, is the interpreter's to judge.
	if (hasIpv6() && protocol === IPV6 && (line.open & OPEN_IPV6) !== 0) {
		if (length === 0 || view.getUint8(at) >> 4 !== 6) return drop(view, link, DROP.ipMalformed);
		return restore(view, link, VJ_IP, at, length);
	}
	if (line.decompressor !== 0) {
		if (protocol === VJ_COMPRESSED) return restore(view, link, VJ_COMPRESSED_TCP, at, length);
		if (protocol === VJ_UNCOMPRESSED) return restore(view, link, VJ_UNCOMPRESSED_TCP, at, length);
	}
	return CONTROL;
}

/** A frame was lost, or thrown away: headers that are told from it cannot be restored. */
export function lineSkipped(view: DataView, link: InterfaceBlock): void {
	const decompressor = LineBlock.of(view, link.line).decompressor;
	if (decompressor !== 0) vjToss(view, decompressor);
}

/** Makes a packet of that type an IP packet. Answers its length, or 0: it makes no sense. */
function restore(view: DataView, link: InterfaceBlock, type: number, at: Offset, length: Uint16): Uint16 {
	const line = LineBlock.of(view, link.line);
	let restored = length;
	if (type !== VJ_IP) {
		if (vjDecompress(view, line.decompressor, type, at, (at + length) | 0, at, (at + link.space) | 0) !== at)
			return drop(view, link, DROP.vjMalformed);
		// The length that an uncompressed header tells is for IP to judge.
		if (type === VJ_COMPRESSED_TCP) restored = ipv4.totalLength(view, at);
	}
	if (restored !== 0) line.traffic = line.traffic | TRAFFIC_IN;
	return restored;
}

/** Sends the IP packet in bytes `at` to `end` by a line in C. Answers SENT, HELD or BUSY. */
export function lineTransmit(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset): number {
	// What keeps the link alive goes first.
	if (LineBlock.of(view, link.line).controls !== 0 || !lineFlush(view, link)) return BUSY;
	linePack(view, link.at, packet, at, end);
	const answer = offered(view, link);
	return lineAnswered(view, link.at, answer);
}

/** Sends what is held. Answers whether nothing is any more. */
export function lineFlush(view: DataView, link: InterfaceBlock): boolean {
	if (LineBlock.of(view, link.line).held === 0) return true;
	if (offered(view, link) !== SENT) return false;
	lineRelease(view, link.at);
	return true;
}

/** Offers the line the packet that goes out. */
function offered(view: DataView, link: InterfaceBlock): number {
	const line = LineBlock.of(view, link.line);
	return deviceTransmit(view, link.native, line.protocol, line.start, line.end);
}

/** The IP packet in bytes `at` to `end` goes out next, compressed if that is agreed on: sets what the line is to be offered. */
export function linePack(view: DataView, block: Offset, packet: number, at: Offset, end: Offset): void {
	const line = LineBlock.of(view, InterfaceBlock.of(view, block).line);
	line.packet = packet;
	line.end = end;
	line.start = at;
	const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
	line.protocol = six ? IPV6 : IP;
	line.compressed = 0;
	if (line.compressor === 0 || six) return;
	const packed = vjCompress(view, line.compressor, at, end);
	const type = packed & VJ_TYPE;
	if (type === VJ_IP) return;
	line.start = packed >> VJ_TYPE_BITS;
	line.protocol = type === VJ_COMPRESSED_TCP ? VJ_COMPRESSED : VJ_UNCOMPRESSED;
	line.compressed = 1;
	if (line.framing === SLIP) slipMark(view, line.start, type);
}

/** The line said that to the packet that goes out. Answers what its owner is told: SENT, HELD or BUSY. */
export function lineAnswered(view: DataView, block: Offset, answer: number): number {
	const line = LineBlock.of(view, InterfaceBlock.of(view, block).line);
	if (answer !== SENT) {
		// What was compressed has to be sent, in this order.
		if (line.compressed === 0) return BUSY;
		line.held = 1;
	}
	line.traffic = line.traffic | TRAFFIC_OUT;
	return line.held === 0 ? SENT : HELD;
}

/** Nothing is held any more. */
export function lineRelease(view: DataView, block: Offset): void {
	const line = LineBlock.of(view, InterfaceBlock.of(view, block).line);
	if (line.held === 0) return;
	line.held = 0;
	packetRelease(view, line.packet);
}
