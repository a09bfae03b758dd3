// The compressor of vj.ts. RFC 1144 §3.2.

import type { Offset, Range, Uint16, Uint8 } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";
import * as ipv4 from "./ipv4.ts";
import { copy } from "./kernels/copies.ts";
import * as tcp from "./tcp.ts";
import {
	CLOCK,
	COMPRESS_ID,
	FIRST_SLOT,
	FLAGS_OF_STATE,
	HEADER,
	LAST,
	LENGTH,
	NEW_A,
	NEW_C,
	NEW_I,
	NEW_S,
	NEW_U,
	NEW_W,
	PUSH,
	SLOT,
	SPECIAL_D,
	SPECIAL_I,
	USED,
	VJ_COMPRESSED_TCP,
	VJ_IP,
	VJ_TYPE_BITS,
	VJ_UNCOMPRESSED_TCP,
	type HeaderLength,
	headersLength,
	isSpecial,
	slotAt,
	slotsOf,
} from "./vj.ts";

function sameBytes(view: DataView, a: Offset, b: Offset, length: HeaderLength): boolean {
	for (let i = 0; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
	return true;
}

/** Whether the slot at `slot` holds the connection of the packet at `at`, whose IP header has `ip` bytes. */
function sameConnection(view: DataView, slot: Offset, at: Offset, ip: HeaderLength): boolean {
	check(slot, SLOT, view.byteLength);
	const old = slot + HEADER;
	if (view.getInt32(slot + LENGTH, true) === 0) return false;
	if (view.getInt32(old + ipv4.SOURCE) !== view.getInt32(at + ipv4.SOURCE)) return false;
	if (view.getInt32(old + ipv4.DESTINATION) !== view.getInt32(at + ipv4.DESTINATION)) return false;
	return view.getInt32(old + ipv4.headerLength(view, old)) === view.getInt32(at + ip);
}

/** Index of the slot of that connection, or ~index of the one that was not used for longest. */
function findSlot(view: DataView, state: Offset, slots: Range<1, 256>, at: Offset, ip: HeaderLength): number {
	const clock = view.getInt32(state + CLOCK, true);
	let oldest = 0;
	let age = -1;
	for (let i = 0; i < slots; i++) {
		const slot = slotAt(state, i);
		if (sameConnection(view, slot, at, ip)) return i;
		const unused = (clock - view.getInt32(slot + USED, true)) & 0x7fffffff;
		if (unused > age) {
			age = unused;
			oldest = i;
		}
	}
	return ~oldest;
}

/** By how much the field at `at` is more than that at `old`, modulo 2^16. */
function change16(view: DataView, at: Offset, old: Offset): Uint16 {
	return (view.getUint16(at) - view.getUint16(old)) & 0xffff;
}

/** By how much the field at `at` is more than that at `old`, as a number with a sign. */
function change32(view: DataView, at: Offset, old: Offset): number {
	return (view.getInt32(at) - view.getInt32(old)) | 0;
}

/** Whether something changed since the header at `old` that the change mask has no bit for: version and header lengths, TOS, fragmentation, TTL, options, flags of state, ECN. */
function changedBeyond(view: DataView, old: Offset, at: Offset, ip: HeaderLength, length: HeaderLength): boolean {
	const segment = at + ip;
	const oldSegment = old + ip;
	check(at, ipv4.HEADER, view.byteLength);
	check(old, ipv4.HEADER, view.byteLength);
	check(segment, tcp.HEADER, view.byteLength);
	check(oldSegment, tcp.HEADER, view.byteLength);
	if (view.getUint16(at) !== view.getUint16(old) || view.getUint16(at + ipv4.FRAGMENT) !== view.getUint16(old + ipv4.FRAGMENT))
		return true;
	if (view.getUint16(at + ipv4.TTL) !== view.getUint16(old + ipv4.TTL)) return true;
	if (view.getUint8(segment + tcp.DATA_OFFSET) !== view.getUint8(oldSegment + tcp.DATA_OFFSET)) return true;
	if (((view.getUint8(segment + tcp.FLAGS) ^ view.getUint8(oldSegment + tcp.FLAGS)) & ~(tcp.PSH | tcp.URG)) !== 0) return true;
	if (!sameBytes(view, at + ipv4.HEADER, old + ipv4.HEADER, ip - ipv4.HEADER)) return true;
	return !sameBytes(view, segment + tcp.HEADER, oldSegment + tcp.HEADER, length - ip - tcp.HEADER);
}

/** The change mask: what changed since the header at `old`. -1 when the packet has to go uncompressed. */
function changesSince(view: DataView, old: Offset, at: Offset, ip: HeaderLength, length: HeaderLength): number {
	if (changedBeyond(view, old, at, ip, length)) return -1;
	const segment = at + ip;
	const oldSegment = old + ip;
	check(at, ipv4.HEADER, view.byteLength);
	check(old, ipv4.HEADER, view.byteLength);
	check(segment, tcp.HEADER, view.byteLength);
	check(oldSegment, tcp.HEADER, view.byteLength);
	const flags = view.getUint8(segment + tcp.FLAGS);
	let changes = 0;
	if ((flags & tcp.URG) !== 0) changes |= NEW_U;
	else if (change16(view, segment + tcp.URGENT_POINTER, oldSegment + tcp.URGENT_POINTER) !== 0) return -1;
	if (change16(view, segment + tcp.WINDOW, oldSegment + tcp.WINDOW) !== 0) changes |= NEW_W;
	const ack = change32(view, segment + tcp.ACK_NUMBER, oldSegment + tcp.ACK_NUMBER);
	if (ack < 0 || ack > 0xffff) return -1;
	if (ack !== 0) changes |= NEW_A;
	const seq = change32(view, segment + tcp.SEQ, oldSegment + tcp.SEQ);
	if (seq < 0 || seq > 0xffff) return -1;
	if (seq !== 0) changes |= NEW_S;
	const oldData = view.getUint16(old + ipv4.TOTAL_LENGTH) - length;
	// RFC 1144's decompressor leaves URG as it was when a special case comes.
	const special = (view.getUint8(oldSegment + tcp.FLAGS) & tcp.URG) === 0;
	if (changes === 0) {
		// Data behind an acknowledgement without any is sent compressed. Otherwise this is a retransmission, or a window probe: perhaps the peer missed the compressed one.
		if (view.getUint16(at + ipv4.TOTAL_LENGTH) === view.getUint16(old + ipv4.TOTAL_LENGTH) || oldData !== 0) return -1;
	} else if (isSpecial(changes)) return -1;
	else if (special && changes === (NEW_S | NEW_A) && seq === ack && seq === oldData) changes = SPECIAL_I;
	else if (special && changes === NEW_S && seq === oldData) changes = SPECIAL_D;
	if (change16(view, at + ipv4.IDENTIFICATION, old + ipv4.IDENTIFICATION) !== 1) changes |= NEW_I;
	return (flags & tcp.PSH) !== 0 ? changes | PUSH : changes;
}

/** Writes an octet before `end`. Answers where it lies: a compressed header is written from its end on. */
function octetBefore(view: DataView, end: Offset, octet: number): Offset {
	const at = end - 1;
	view.setUint8(at, octet);
	return at;
}

function shortBefore(view: DataView, end: Offset, value: Uint16): Offset {
	const at = end - 2;
	view.setUint16(at, value);
	return at;
}

/** A number from 1 to 0xffff; 0 too where the field may be that. §3.2.2. */
function numberBefore(view: DataView, end: Offset, value: Uint16): Offset {
	if (value !== 0 && value <= 255) return octetBefore(view, end, value);
	const low = shortBefore(view, end, value);
	return octetBefore(view, low, 0);
}

/**
 * Writes the compressed header over the end of the header of `length` bytes at `at`, which the slot keeps from now on. `id`: what to name the slot, or -1. Answers where the
 * packet begins now.
 */
function shrink(
	view: DataView,
	slot: Offset,
	at: Offset,
	ip: HeaderLength,
	length: HeaderLength,
	changes: Uint8,
	id: number,
): Offset {
	const old = slot + HEADER;
	const segment = at + ip;
	const oldSegment = old + ip;
	check(at, ipv4.HEADER, view.byteLength);
	check(old, ipv4.HEADER, view.byteLength);
	check(segment, tcp.HEADER, view.byteLength);
	check(oldSegment, tcp.HEADER, view.byteLength);
	const tcpChecksum = view.getUint16(segment + tcp.CHECKSUM);
	const urgent = view.getUint16(segment + tcp.URGENT_POINTER);
	const window = change16(view, segment + tcp.WINDOW, oldSegment + tcp.WINDOW);
	const ack = change32(view, segment + tcp.ACK_NUMBER, oldSegment + tcp.ACK_NUMBER);
	const seq = change32(view, segment + tcp.SEQ, oldSegment + tcp.SEQ);
	const identification = change16(view, at + ipv4.IDENTIFICATION, old + ipv4.IDENTIFICATION);
	copy(view, old, at, length);
	const numbers = isSpecial(changes) ? 0 : changes;
	let start = at + length;
	if ((changes & NEW_I) !== 0) start = numberBefore(view, start, identification);
	if ((numbers & NEW_S) !== 0) start = numberBefore(view, start, seq);
	if ((numbers & NEW_A) !== 0) start = numberBefore(view, start, ack);
	if ((numbers & NEW_W) !== 0) start = numberBefore(view, start, window);
	if ((numbers & NEW_U) !== 0) start = numberBefore(view, start, urgent);
	start = shortBefore(view, start, tcpChecksum);
	if (id < 0) return octetBefore(view, start, changes);
	start = octetBefore(view, start, id);
	return octetBefore(view, start, changes | NEW_C);
}

/**
 * Compresses the IP packet in bytes `at` to `end` in its place, with the compressor's block at `state`. Answers at << 2 | type: where it begins now, and which it is. As VJ_IP it is
 * untouched. What was compressed must be sent, once and in this order.
 */
export function vjCompress(view: DataView, state: Offset, at: Offset, end: Offset): number {
	const slots = slotsOf(view, state);
	check(state, FIRST_SLOT, view.byteLength);
	check(at, end - at, view.byteLength);
	const asIs = (at << VJ_TYPE_BITS) | VJ_IP;
	const length = headersLength(view, at, end);
	if (length === 0 || view.getUint8(at + ipv4.PROTOCOL) !== ipv4.TCP || (view.getUint16(at + ipv4.FRAGMENT) & 0x3fff) !== 0)
		return asIs;
	// The peer takes the frame's length for the packet's.
	if (view.getUint16(at + ipv4.TOTAL_LENGTH) !== end - at) return asIs;
	const ip = ipv4.headerLength(view, at);
	if ((view.getUint8(at + ip + tcp.FLAGS) & FLAGS_OF_STATE) !== tcp.ACK) return asIs;

	const found = findSlot(view, state, slots, at, ip);
	const id = found < 0 ? ~found : found;
	const slot = slotAt(state, id);
	const clock = (view.getInt32(state + CLOCK, true) + 1) | 0;
	view.setInt32(state + CLOCK, clock, true);
	view.setInt32(slot + USED, clock, true);
	const changes = found < 0 ? -1 : changesSince(view, slot + HEADER, at, ip, length);
	view.setInt32(slot + LENGTH, length, true);
	const named = view.getInt32(state + LAST, true) !== id || view.getInt32(state + COMPRESS_ID, true) === 0;
	view.setInt32(state + LAST, id, true);
	if (changes < 0) {
		copy(view, slot + HEADER, at, length);
		view.setUint8(at + ipv4.PROTOCOL, id);
		return (at << VJ_TYPE_BITS) | VJ_UNCOMPRESSED_TCP;
	}
	const start = shrink(view, slot, at, ip, length, changes, named ? id : -1);
	return (start << VJ_TYPE_BITS) | VJ_COMPRESSED_TCP;
}
