// A datagram that is longer than its path carries leaves in fragments, RFC 791 §3.2, RFC 8200 §4.5. Its bytes lie in a row of packets, and headers go before them there; what is forwarded is cut. Flat TypeScript.

import { CONTROL_PACKETS, LEAST_PATH_MTU } from "../config.ts";
import { ADDRESS, v4Of } from "../packet/address.ts";
import { chance32 } from "../packet/chance.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset, Uint16 } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquire, packetRelease } from "../packet/packets.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { ipv4Build, ipv6Build, NO_CHECKSUM } from "../wire/build.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copy } from "../wire/kernels/copies.ts";
import { endOf, nextPiece, piecesBytes, piecesRelease, setEnd, setNext, setStart, startOf } from "../packet/pieces.ts";
import { output } from "./output.ts";

/** Bytes before a piece that its headers may take. */
export const PIECE_HEADERS = ipv6.HEADER + ipv6.FRAGMENT_HEADER;

/** Bytes that a fragment has room for along a path. Of IPv4 they are not shorter than TCP's segments, as routers may cut them further. */
export function pieceRoom(view: DataView, path: PathBlock): Length {
	if (hasIpv6() && path.ipHeader === ipv6.HEADER) return (path.mtu - PIECE_HEADERS) & 0x7ff8;
	const most = path.out === 0 ? path.mtu : InterfaceBlock.of(view, path.out).mtu;
	return (Math.min(most, Math.max(path.mtu, LEAST_PATH_MTU)) - ipv4.HEADER) & 0x7ff8;
}

/** Packets for `total` bytes that are to leave along a path in fragments: the first one. NONE: there are not enough of them, which is counted. */
export function piecesTake(view: DataView, path: PathBlock, total: number): number {
	const room = pieceRoom(view, path);
	// A buffer has room for a whole packet, and not for more.
	const headers = hasIpv6() && path.ipHeader === ipv6.HEADER ? PIECE_HEADERS : ipv4.HEADER;
	let first = NONE;
	let last = NONE;
	let left = total;
	while (left > 0) {
		const packet = packetAcquire(view);
		if (packet === NONE) {
			piecesRelease(view, first);
			drop(view, InterfaceBlock.of(view, path.out), DROP.noPacketBuffer);
			return NONE;
		}
		const at = headerPlace(view, packet) + headers;
		const bytes: Length = Math.min(room, left);
		if (first === NONE) first = packet;
		else setNext(view, last, packet);
		setStart(view, packet, at);
		setEnd(view, packet, at + bytes);
		setNext(view, packet, NONE);
		last = packet;
		left = (left - bytes) | 0;
	}
	return first;
}

/** The sum over pieces, whose lengths but the last one's are even, from `sum` on. */
export function piecesSum(view: DataView, first: number, sum: number): Uint16 {
	let total = sum;
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece))
		total = checksum(view, startOf(view, piece), endOf(view, piece), total);
	return total & 0xffff;
}

/** Fills in the checksum of an ICMP message in pieces, whose first is `first`, as it goes along a path. */
export function icmpPiecesSum(view: DataView, path: PathBlock, first: number): void {
	const field = startOf(view, first) + icmpv4.CHECKSUM;
	view.setUint16(field, 0);
	const total = piecesBytes(view, first) & 0xffff;
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	const pseudo = six ? checksum(view, path.source, path.destination + ADDRESS, ipv6.ICMP + total) : 0;
	view.setUint16(field, ~piecesSum(view, first, pseudo));
}

/** Cuts pieces that are longer than fragments along a path may be; what is cut off goes to packets of its own. False: there are not enough of them, and nobody has the pieces any more. */
export function piecesCut(view: DataView, path: PathBlock, first: number): boolean {
	const room = pieceRoom(view, path);
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece)) {
		const start = startOf(view, piece);
		const over = (endOf(view, piece) - start - room) | 0;
		if (over <= 0) continue;
		const packet = room === 0 ? NONE : packetAcquire(view);
		if (packet === NONE) {
			piecesRelease(view, first);
			return false;
		}
		const at = headerPlace(view, packet) + PIECE_HEADERS;
		copy(view, at, start + room, over & 0x7fff);
		setStart(view, packet, at);
		setEnd(view, packet, (at + over) | 0);
		setEnd(view, piece, start + room);
		setNext(view, packet, nextPiece(view, piece));
		setNext(view, piece, packet);
	}
	return true;
}

/** Sends a datagram of that protocol, whose pieces lie in `first` and the packets that follow, each with bytes for headers before it, and all but the last of eight times a number. The packets are somebody else's then. */
export function piecesOutput(view: DataView, path: PathBlock, first: number, protocol: number): void {
	// Random, so that an outsider cannot predict it: RFC 7739. In IPv4 only fragments need an identification: RFC 6864 §4.1.
	const id = chance32(view);
	let place = 0;
	let packet = first;
	while (packet !== NONE) {
		const next = nextPiece(view, packet);
		const start = startOf(view, packet);
		const end = endOf(view, packet);
		const length: Length = (end - start) & 0xffff;
		let at: Offset = (start - ipv4.HEADER) | 0;
		if (hasIpv6() && path.ipHeader === ipv6.HEADER) {
			at = (start - PIECE_HEADERS) | 0;
			ipv6Build(view, at, path.source, path.destination, ipv6.FRAGMENT, path.ttl, path.label, ipv6.FRAGMENT_HEADER + length);
			view.setInt32(at + ipv6.HEADER, (protocol << 24) | place | (next === NONE ? 0 : 1));
			view.setInt32(at + ipv6.HEADER + 4, id);
		} else {
			const total = ipv4.HEADER + length;
			ipv4Build(view, at, v4Of(view, path.source), v4Of(view, path.destination), protocol, path.ttl | NO_CHECKSUM, total);
			check(at, ipv4.HEADER, view.byteLength);
			view.setInt32(at + ipv4.IDENTIFICATION, (id << 16) | (next === NONE ? 0 : ipv4.MORE_FRAGMENTS) | (place >> 3));
			view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, at + ipv4.HEADER, 0));
		}
		place = (place + length) | 0;
		setStart(view, packet, at);
		packet = next;
	}
	rowOutput(view, path, first);
}

/** Sends the IP packets in that packet and those that follow. */
function rowOutput(view: DataView, path: PathBlock, first: number): void {
	let packet = first;
	while (packet !== NONE) {
		const next = nextPiece(view, packet);
		if (!output(view, packet, startOf(view, packet), endOf(view, packet), path)) packetRelease(view, packet);
		packet = next;
	}
}

/**
 * Sends on an IPv4 packet of somebody else, in bytes `at` to `end`, in fragments, as its path carries less: all of them, or none where packets are scarce. The packet itself is not needed any more. RFC 791 §3.2, RFC 1812
 * §4.2.2.7.
 */
export function cutOutput(view: DataView, path: PathBlock, at: Offset, end: Offset): void {
	check(at, ipv4.HEADER, view.byteLength);
	const header = ipv4.headerLength(view, at);
	const room: Length = (path.mtu - header) & 0x7ff8;
	const bits = view.getUint16(at + ipv4.FRAGMENT);
	const first = at + header;
	let free = (CoreBlock.of(view, CORE).free - CONTROL_PACKETS) | 0;
	let from: Offset = first;
	while (from < end && room !== 0 && free > 0) {
		from = (from + room) | 0;
		free = (free - 1) | 0;
	}
	if (from < end) {
		drop(view, InterfaceBlock.of(view, path.out), DROP.noPacketBuffer);
		return;
	}
	let row = NONE;
	let last = NONE;
	from = first;
	while (from < end) {
		const packet = packetAcquire(view);
		const to: Offset = headerPlace(view, packet);
		const length: Length = Math.min(room, (end - from) | 0) & 0x7fff;
		copy(view, to, at, header);
		copy(view, to + header, from, length);
		if (from !== first) copiedOptions(view, to, header);
		check(to, ipv4.HEADER, view.byteLength);
		const more = from + length < end ? ipv4.MORE_FRAGMENTS : 0;
		view.setUint16(to + ipv4.TOTAL_LENGTH, header + length);
		view.setUint16(to + ipv4.FRAGMENT, (bits | more) + ((from - first) >> 3));
		view.setUint16(to + ipv4.CHECKSUM, 0);
		view.setUint16(to + ipv4.CHECKSUM, ~checksum(view, to, to + header, 0));
		setStart(view, packet, to);
		setEnd(view, packet, to + header + length);
		setNext(view, packet, NONE);
		if (last === NONE) row = packet;
		else setNext(view, last, packet);
		last = packet;
		from = (from + length) | 0;
	}
	rowOutput(view, path, row);
}

/** Of the valid options of a packet those that only its first fragment has become no operations in the others. RFC 791 §3.1. */
function copiedOptions(view: DataView, at: Offset, header: number): void {
	let option = ipv4.HEADER;
	while (option < header) {
		const place: Offset = (at + option) | 0;
		const type = view.getUint8(place);
		if (type === ipv4.END_OF_OPTIONS) return;
		const length = type === ipv4.NO_OPERATION ? 1 : view.getUint8(place + 1);
		if (type < ipv4.COPIED) for (let i = 0; i < length; i++) view.setUint8(place + i, ipv4.NO_OPERATION);
		option = (option + Math.max(length, 1)) | 0;
	}
}
