// Datagrams that come in fragments, of either family, are put together: RFC 791 §3.2, RFC 815, RFC 8200 §4.5. Fragments stay in the packets that they came in, in the order of their
// places; short ones go behind the one before them. Whatever overlaps ends its datagram, RFC 5722. Flat TypeScript.

import { FRAGMENTS_MS, PACKET_BYTES } from "../config.ts";
import { copyAddress, sameAddress } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { deadline } from "../packet/deadline.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, isIpv6, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FragmentBlock, fragmentAt } from "../packet/fragment-block.ts";
import { FLAG_CHECKED, InterfaceBlock } from "../packet/interface-block.ts";
import type { Length, Offset, Uint16, Uint8 } from "../packet/numbers.ts";
import { headerPlace, NONE, packetKept, packetRelease, takePacket } from "../packet/packets.ts";
import { endOf, nextPiece, piecesBytes, piecesRelease, setEnd, setNext, setStart, startOf } from "../packet/pieces.ts";
import { interfaceAt } from "../packet/slots.ts";
import { pseudoHeader } from "../wire/checksum.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { checksum } from "../wire/kernels/checksum.ts";
import { copy } from "../wire/kernels/copies.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { icmpError, INCOMPLETE_HEADERS, lostPacket, TOO_SLOW, WRONG_FIELD } from "./icmp.ts";

/** The longest datagram, with what stands before it in its packets. */
const LONGEST = 0xffff;
/** Least bytes of a first fragment that has what firewalls look at: RFC 1858 §3, and of all of the header in IPv6, RFC 7112. */
function leastHeader(protocol: Uint8): Length {
	if (protocol === ipv4.TCP) return tcp.HEADER;
	if (protocol === ipv4.UDP) return udp.HEADER;
	return protocol === ipv4.ICMP || protocol === ipv6.ICMP ? icmpv4.HEADER : 0;
}

/** The fragment in the registers, an IPv4 packet at `at`. Answers whether its datagram is whole now: it is in the registers then. */
export function fragment4(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	check(at, ipv4.HEADER, view.byteLength);
	const bits = view.getUint16(at + ipv4.FRAGMENT);
	const place = (bits & 0x1fff) << 3;
	const more = (bits & ipv4.MORE_FRAGMENTS) !== 0;
	const data = at + ipv4.headerLength(view, at);
	const protocol = ipv4.protocol(view, at);
	const length = end - data;
	if ((more && (length & 7) !== 0) || place + (end - at) > LONGEST) return refused(view, link, DROP.ipFragment);
	// What a filter has not seen of a header must not come later: RFC 1858, RFC 3128.
	const hides = place === 0 ? length < leastHeader(protocol) : protocol === ipv4.TCP && place < tcp.HEADER;
	if (hides) return refused(view, link, DROP.ipFragment);
	if (!add(view, link, at, data, end, place, more, view.getUint16(at + ipv4.IDENTIFICATION), protocol)) return false;
	return joined4(view, link);
}

/** The same of an IPv6 packet, whose fragment header is the next one to be looked at. */
export function fragment6(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const header: Offset = view.getInt32(REGISTER.transportAt, true);
	if (end - header < ipv6.FRAGMENT_HEADER) return refused(view, link, DROP.ipFragment);
	check(header, ipv6.FRAGMENT_HEADER, view.byteLength);
	const bits = view.getUint16(header + 2);
	const place = bits & 0xfff8;
	const more = (bits & 1) !== 0;
	const data = header + ipv6.FRAGMENT_HEADER;
	const length = end - data;
	if (more && (length & 7) !== 0) {
		icmpError(view, link, WRONG_FIELD, ipv6.PAYLOAD_LENGTH);
		return refused(view, link, DROP.ipFragment);
	}
	if (((place + header - at - ipv6.HEADER + length) | 0) > LONGEST) {
		icmpError(view, link, WRONG_FIELD, (header + 2 - at) | 0);
		return refused(view, link, DROP.ipFragment);
	}
	if (place === 0 && !hasHeaders(view, view.getUint8(header), data, end)) {
		icmpError(view, link, INCOMPLETE_HEADERS, 0);
		return refused(view, link, DROP.ipFragment);
	}
	if (!add(view, link, at, data, end, place, more, view.getInt32(header + 4), ipv6.FRAGMENT)) return false;
	joined6(view);
	return true;
}

/** Whether all headers of a first fragment are in it, the first of which is `header` at `at`. RFC 7112 §5. */
function hasHeaders(view: DataView, header: Uint8, at: Offset, end: Offset): boolean {
	let kind = header;
	let place = at;
	while (ipv6.hasLength(kind)) {
		if (end - place < 8) return false;
		const length = ipv6.extensionLength(view, place);
		if (length > end - place) return false;
		kind = view.getUint8(place);
		place = (place + length) | 0;
	}
	return end - place >= leastHeader(kind);
}

/** Where the fragment in a packet ends in its datagram. */
function placeEnd(view: DataView, packet: number): number {
	return (FragmentBlock.of(view, fragmentAt(view, packet)).place + endOf(view, packet) - startOf(view, packet)) | 0;
}

/** Moves a fragment's bytes behind those in a packet: all that fit, where they are most of it, so that short ones take little memory. Answers how many. */
function behindBefore(view: DataView, packet: number, data: Offset, length: Length): Length {
	const end = endOf(view, packet);
	const room = (fragmentAt(view, packet) + PACKET_BYTES - end) | 0;
	if (room < length >> 1) return 0;
	const moved: Length = room < length ? room & 0x7f8 : length;
	copy(view, end, data, moved);
	setEnd(view, packet, (end + moved) | 0);
	return moved;
}

/** The datagram with this key, NONE for none. */
function find(view: DataView, id: number, meta: number): number {
	let packet = CoreBlock.of(view, CORE).fragments;
	while (packet !== NONE) {
		const entry = FragmentBlock.of(view, fragmentAt(view, packet));
		if (
			entry.id === id &&
			entry.meta === meta &&
			sameAddress(view, entry.source, SOURCE_ADDRESS) &&
			sameAddress(view, entry.destination, DESTINATION_ADDRESS)
		)
			return packet;
		packet = entry.later;
	}
	return NONE;
}

/** Takes a datagram out of the list. Its packets stay as they are. */
function unlink(view: DataView, packet: number): void {
	const core = CoreBlock.of(view, CORE);
	const later = FragmentBlock.of(view, fragmentAt(view, packet)).later;
	let before = core.fragments;
	if (before === packet) {
		core.fragments = later;
		return;
	}
	while (before !== NONE) {
		const entry = FragmentBlock.of(view, fragmentAt(view, before));
		before = entry.later;
		if (before !== packet) continue;
		entry.later = later;
		return;
	}
}

/** A datagram is given up, and every packet of it is counted. */
function giveUp(view: DataView, packet: number, reason: Uint16): void {
	const core = CoreBlock.of(view, CORE);
	const entry = FragmentBlock.of(view, fragmentAt(view, packet));
	const link = InterfaceBlock.of(view, interfaceAt(view, entry.meta >> 8));
	let piece = entry.first;
	unlink(view, packet);
	while (piece !== NONE) {
		const next = nextPiece(view, piece);
		packetRelease(view, piece);
		core.fragmentsHeld = (core.fragmentsHeld - 1) | 0;
		drop(view, link, reason);
		piece = next;
	}
}

/** A fragment whose bytes `data` to `end` belong to `place`. Answers whether its datagram is whole: core.packet begins it then, and core.pieces has the rest. */
function add(
	view: DataView,
	link: InterfaceBlock,
	at: Offset,
	data: Offset,
	end: Offset,
	place: number,
	more: boolean,
	id: number,
	protocol: Uint8,
): boolean {
	const core = CoreBlock.of(view, CORE);
	const length: Length = (end - data) & 0xffff;
	if (length === 0 || at !== core.packetAt) return refused(view, link, DROP.ipFragment);
	const meta = (link.slot << 8) | protocol;
	const behind = (place + length) | 0;
	let datagram = find(view, id, meta);
	let before = NONE;
	let next = NONE;
	if (datagram !== NONE) {
		const entry = FragmentBlock.of(view, fragmentAt(view, datagram));
		next = entry.first;
		while (next !== NONE && FragmentBlock.of(view, fragmentAt(view, next)).place < place) {
			before = next;
			next = nextPiece(view, next);
		}
		// RFC 8200 §4.5: one that the network has doubled does no harm.
		const twice =
			next !== NONE && FragmentBlock.of(view, fragmentAt(view, next)).place === place && placeEnd(view, next) === behind;
		if (twice) return refused(view, link, DROP.ipFragment);
		if (overlaps(view, entry, before, next, place, behind, more)) {
			giveUp(view, datagram, DROP.ipFragmentOverlap);
			return refused(view, link, DROP.ipFragment);
		}
	}
	const moved = before !== NONE && placeEnd(view, before) === place ? behindBefore(view, before, data, length) : 0;
	if (moved < length) {
		const packet = core.packet;
		setStart(view, packet, data + moved);
		setEnd(view, packet, end);
		setNext(view, packet, next);
		FragmentBlock.of(view, fragmentAt(view, packet)).place = (place + moved) | 0;
		if (datagram === NONE) {
			begin(view, packet, id, meta);
			datagram = packet;
		} else if (before !== NONE) setNext(view, before, packet);
		else FragmentBlock.of(view, fragmentAt(view, datagram)).first = packet;
		core.packet = NONE;
		core.fragmentsHeld = (core.fragmentsHeld + 1) | 0;
	}
	const entry = FragmentBlock.of(view, fragmentAt(view, datagram));
	entry.bytes = (entry.bytes + length) | 0;
	if (!more) entry.total = behind;
	if (entry.bytes === entry.total) {
		whole(view, datagram);
		return true;
	}
	if (core.packet === NONE) held(view);
	return false;
}

/** Whether a fragment that would come between two others overlaps them, or the end of the datagram. */
function overlaps(
	view: DataView,
	entry: FragmentBlock,
	before: number,
	next: number,
	place: number,
	behind: number,
	more: boolean,
): boolean {
	if (before !== NONE && placeEnd(view, before) > place) return true;
	if (next !== NONE && (!more || FragmentBlock.of(view, fragmentAt(view, next)).place < behind)) return true;
	return entry.total >= 0 && (!more || behind > entry.total);
}

/** The first fragment that came of a datagram, in `packet`, which has its place already. */
function begin(view: DataView, packet: number, id: number, meta: number): void {
	const core = CoreBlock.of(view, CORE);
	const entry = FragmentBlock.of(view, fragmentAt(view, packet));
	entry.first = packet;
	entry.later = NONE;
	entry.due = (core.now + FRAGMENTS_MS) | 0;
	entry.bytes = 0;
	entry.total = -1;
	entry.id = id;
	entry.meta = meta;
	copyAddress(view, entry.source, SOURCE_ADDRESS);
	copyAddress(view, entry.destination, DESTINATION_ADDRESS);
	let last = core.fragments;
	if (last === NONE) core.fragments = packet;
	while (last !== NONE) {
		const each = FragmentBlock.of(view, fragmentAt(view, last));
		last = each.later;
		if (last === NONE) each.later = packet;
	}
	deadline(view, entry.due);
}

/** The packet that a fragment came in is kept: who came first gives way when there are too many, or no other packet is there for what comes next. */
function held(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	while (core.fragmentsHeld > core.fragmentsMost) giveUp(view, core.fragments, DROP.ipFragmentGaveWay);
	packetKept(view);
	while (core.packet === NONE && core.fragments !== NONE) {
		giveUp(view, core.fragments, DROP.ipFragmentGaveWay);
		takePacket(view);
	}
}

/** A datagram is whole. Its first packet takes the place of the one that was received; what fits goes behind it there. */
function whole(view: DataView, datagram: number): void {
	const core = CoreBlock.of(view, CORE);
	const entry = FragmentBlock.of(view, fragmentAt(view, datagram));
	const total = entry.total;
	const first = entry.first;
	unlink(view, datagram);
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece)) core.fragmentsHeld = (core.fragmentsHeld - 1) | 0;
	if (core.packet !== NONE) packetRelease(view, core.packet);
	core.packet = first;
	core.packetAt = headerPlace(view, first);
	core.pieces = nextPiece(view, first);
	setNext(view, first, NONE);
	const most = (fragmentAt(view, first) + PACKET_BYTES - total) | 0;
	if (isIpv6(view)) headerOff(view, first, startOf(view, first) > most);
	if (startOf(view, first) > most) return;
	while (core.pieces !== NONE) {
		const piece = core.pieces;
		const start = startOf(view, piece);
		const length = (endOf(view, piece) - start) | 0;
		copy(view, endOf(view, first), start, length);
		setEnd(view, first, (endOf(view, first) + length) | 0);
		core.pieces = nextPiece(view, piece);
		packetRelease(view, piece);
	}
}

/** Bytes of a datagram from the registers' packet on, of which `first` are there. */
export function piecesLength(view: DataView, first: number): number {
	return (first + piecesBytes(view, CoreBlock.of(view, CORE).pieces)) | 0;
}

/** What follows the packet in the registers is for nobody, or was delivered. Answers false. */
export function piecesDropped(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	piecesRelease(view, core.pieces);
	core.pieces = NONE;
	return false;
}

/** A datagram that does not lie in one packet is for transport/pieces.ts, whatever its protocol is. */
export function markPieces(view: DataView): void {
	if (CoreBlock.of(view, CORE).pieces === NONE) return;
	view.setInt32(REGISTER.ttlProtocol, (view.getInt32(REGISTER.ttlProtocol, true) & 0xff00) | ipv6.FRAGMENT, true);
}

/** The header of an IPv4 datagram that is whole becomes that of all of it, as ICMP errors quote it, and what the registers say of it. */
function joined4(view: DataView, link: InterfaceBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	const at: Offset = core.packetAt;
	check(at, ipv4.HEADER, view.byteLength);
	const data: Offset = startOf(view, core.packet);
	const end: Offset = endOf(view, core.packet);
	view.setUint16(at + ipv4.TOTAL_LENGTH, (data - at + piecesLength(view, (end - data) | 0)) & 0xffff);
	view.setUint16(at + ipv4.FRAGMENT, 0);
	view.setUint16(at + ipv4.CHECKSUM, 0);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, data, 0));
	const protocol = ipv4.protocol(view, at);
	view.setInt32(REGISTER.ipAt, at, true);
	view.setInt32(REGISTER.ipEnd, end, true);
	view.setInt32(REGISTER.transportAt, data, true);
	view.setInt32(REGISTER.ttlProtocol, (ipv4.ttl(view, at) << 8) | protocol, true);
	markPieces(view);
	// A device that looks at checksums has seen fragments alone.
	if (core.pieces !== NONE || (link.flags & FLAG_CHECKED) === 0 || isSummed(view, at, data, end, protocol)) return true;
	return refused(view, link, DROP.ipFragment);
}

/** Whether the checksum behind the IPv4 header at `at` is right, or none. */
function isSummed(view: DataView, at: Offset, data: Offset, end: Offset, protocol: Uint8): boolean {
	if (protocol === ipv4.UDP && end - data >= udp.HEADER && udp.checksum(view, data) === 0) return true;
	const length: Length = (end - data) | 0;
	if (protocol === ipv4.ICMP) return checksum(view, data, end, 0) === 0xffff;
	if (protocol !== ipv4.TCP && protocol !== ipv4.UDP) return true;
	return checksum(view, data, end, pseudoHeader(ipv4.source(view, at), ipv4.destination(view, at), protocol, length)) === 0xffff;
}

/**
 * The first packet of an IPv6 datagram that is whole loses its fragment header, and the registers know of it: headers move up, or what is behind them `down`, where that makes room for the
 * rest. RFC 8200 §4.5.
 */
function headerOff(view: DataView, packet: number, down: boolean): void {
	const old = headerPlace(view, packet);
	const data: Offset = startOf(view, packet);
	const header = (data - ipv6.FRAGMENT_HEADER) | 0;
	let named = (old + ipv6.NEXT_HEADER) | 0;
	let place = (old + ipv6.HEADER) | 0;
	while (place < header) {
		named = place;
		place = (place + ipv6.extensionLength(view, place)) | 0;
	}
	const next = view.getUint8(header);
	view.setUint8(named, next);
	let at: Offset = old;
	if (down) {
		const end = endOf(view, packet);
		copy(view, header, data, (end - data) | 0);
		setStart(view, packet, header);
		setEnd(view, packet, (end - ipv6.FRAGMENT_HEADER) | 0);
	} else {
		at = (old + ipv6.FRAGMENT_HEADER) | 0;
		copy(view, at, old, (header - old) | 0);
		named = (named + ipv6.FRAGMENT_HEADER) | 0;
	}
	view.setInt32(REGISTER.ipAt, at, true);
	view.setInt32(REGISTER.namedAt, named, true);
	view.setInt32(REGISTER.ttlProtocol, (ipv6.hopLimit(view, at) << 8) | next, true);
}

/** Its header says how long all of it is, and the registers where what follows the headers lies. */
function joined6(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const at: Offset = view.getInt32(REGISTER.ipAt, true);
	const data: Offset = startOf(view, core.packet);
	const end: Offset = endOf(view, core.packet);
	view.setUint16(at + ipv6.PAYLOAD_LENGTH, (data - at - ipv6.HEADER + piecesLength(view, (end - data) | 0)) & 0xffff);
	view.setInt32(REGISTER.ipEnd, end, true);
	view.setInt32(REGISTER.transportAt, data, true);
}

/** Datagrams that are not whole in time are given up; their senders are told where it is known who they were: RFC 1122 §3.3.2, RFC 8200 §4.5. */
export function fragmentTimers(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	while (core.fragments !== NONE) {
		const entry = FragmentBlock.of(view, fragmentAt(view, core.fragments));
		if (((core.now - entry.due) | 0) < 0) {
			deadline(view, entry.due);
			return;
		}
		const first = entry.first;
		if (FragmentBlock.of(view, fragmentAt(view, first)).place === 0) {
			view.setInt32(REGISTER.frameGroup, 0, true);
			const link = InterfaceBlock.of(view, interfaceAt(view, entry.meta >> 8));
			lostPacket(view, link, headerPlace(view, first), endOf(view, first), TOO_SLOW, 0);
		}
		giveUp(view, core.fragments, DROP.ipFragmentTime);
	}
}
