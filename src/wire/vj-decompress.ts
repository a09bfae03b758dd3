// The decompressor of vj.ts. RFC 1144 §3.2 and §4.

import type { Offset, Range, Uint16, Uint8 } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";
import * as ipv4 from "./ipv4.ts";
import { checksum } from "./kernels/checksum.ts";
import { copy } from "./kernels/copies.ts";
import * as tcp from "./tcp.ts";
import {
	HEADER,
	LAST,
	LENGTH,
	MAX_HEADER,
	NEW_A,
	NEW_C,
	NEW_I,
	NEW_S,
	NEW_U,
	NEW_W,
	PUSH,
	SPECIALS,
	SPECIAL_I,
	VJ_COMPRESSED_TCP,
	VJ_IP,
	VJ_UNCOMPRESSED_TCP,
	type HeaderLength,
	headersLength,
	isSpecial,
	slotAt,
	slotsOf,
	vjToss,
} from "./vj.ts";

/** Length of the header in the slot, or 0 when there is none, or none that is valid. */
function keptLength(view: DataView, slot: Offset): HeaderLength {
	const length = view.getInt32(slot + LENGTH, true);
	if (length < 0 || length > MAX_HEADER) return 0;
	const old = slot + HEADER;
	return headersLength(view, old, (old + length) | 0) === length ? length : 0;
}

/** An uncompressed packet: its header is what the next ones are told from. */
function remember(view: DataView, state: Offset, slots: Range<1, 256>, at: Offset, end: Offset): number {
	const length = headersLength(view, at, end);
	const id = length === 0 ? slots : view.getUint8(at + ipv4.PROTOCOL);
	if (id >= slots) return -1;
	view.setUint8(at + ipv4.PROTOCOL, ipv4.TCP);
	// SLIP has no FCS: a header that is wrong would spoil all packets behind it.
	if (checksum(view, at, at + ipv4.headerLength(view, at), 0) !== 0xffff) return -1;
	const slot = slotAt(state, id);
	view.setInt32(slot + LENGTH, length, true);
	copy(view, slot + HEADER, at, length);
	view.setInt32(state + LAST, id, true);
	return at;
}

/** The octet there, or 0 behind the end of the packet: whoever reads on finds out at the end. */
function octetAt(view: DataView, at: Offset, end: Offset): Uint8 {
	if (at >= end) return 0;
	return view.getUint8(at);
}

/** The number of a compressed header there: one octet, or 0 and two. §3.2.2. */
function numberAt(view: DataView, at: Offset, end: Offset): Uint16 {
	const first = octetAt(view, at, end);
	return first !== 0 ? first : (octetAt(view, at + 1, end) << 8) | octetAt(view, at + 2, end);
}

/** Where it ends. */
function afterNumber(view: DataView, at: Offset, end: Offset): Offset {
	return octetAt(view, at, end) !== 0 ? at + 1 : at + 3;
}

function add16(view: DataView, at: Offset, value: number): void {
	view.setUint16(at, view.getUint16(at) + value);
}

function add32(view: DataView, at: Offset, value: number): void {
	view.setInt32(at, view.getInt32(at) + value);
}

/** Reads what changed, from `next` on, into the header of `length` bytes at `old`, whose TCP header is at `segment`. Answers where the numbers end. */
function applyChanges(
	view: DataView,
	old: Offset,
	segment: Offset,
	length: HeaderLength,
	changes: Uint8,
	next: Offset,
	end: Offset,
): Offset {
	check(old, ipv4.HEADER, view.byteLength);
	check(segment, tcp.HEADER, view.byteLength);
	let flags = view.getUint8(segment + tcp.FLAGS) & ~(tcp.PSH | tcp.URG);
	if ((changes & PUSH) !== 0) flags |= tcp.PSH;
	if (isSpecial(changes)) {
		const data = view.getUint16(old + ipv4.TOTAL_LENGTH) - length;
		if ((changes & SPECIALS) === SPECIAL_I) add32(view, segment + tcp.ACK_NUMBER, data);
		add32(view, segment + tcp.SEQ, data);
	} else {
		if ((changes & NEW_U) !== 0) {
			flags |= tcp.URG;
			view.setUint16(segment + tcp.URGENT_POINTER, numberAt(view, next, end));
			next = afterNumber(view, next, end);
		}
		if ((changes & NEW_W) !== 0) {
			add16(view, segment + tcp.WINDOW, numberAt(view, next, end));
			next = afterNumber(view, next, end);
		}
		if ((changes & NEW_A) !== 0) {
			add32(view, segment + tcp.ACK_NUMBER, numberAt(view, next, end));
			next = afterNumber(view, next, end);
		}
		if ((changes & NEW_S) !== 0) {
			add32(view, segment + tcp.SEQ, numberAt(view, next, end));
			next = afterNumber(view, next, end);
		}
	}
	view.setUint8(segment + tcp.FLAGS, flags);
	add16(view, old + ipv4.IDENTIFICATION, (changes & NEW_I) !== 0 ? numberAt(view, next, end) : 1);
	return (changes & NEW_I) !== 0 ? afterNumber(view, next, end) : next;
}

/** A compressed packet. Answers where the whole one begins, or -1. */
function expand(view: DataView, state: Offset, slots: Range<1, 256>, at: Offset, end: Offset, low: Offset, high: Offset): number {
	const changes = octetAt(view, at, end);
	const named = (changes & NEW_C) !== 0;
	const id = named ? octetAt(view, at + 1, end) : view.getInt32(state + LAST, true);
	if (id < 0 || id >= slots) return -1;
	view.setInt32(state + LAST, id, true);
	const slot = slotAt(state, id);
	const old = slot + HEADER;
	const length = keptLength(view, slot);
	if (length === 0) return -1;
	const ip = ipv4.headerLength(view, old);
	const segment = old + ip;
	const sumAt = named ? at + 2 : at + 1;
	const tcpChecksum = (octetAt(view, sumAt, end) << 8) | octetAt(view, sumAt + 1, end);
	const next = applyChanges(view, old, segment, length, changes, sumAt + 2, end);
	const data = end - next;
	const total = length + data;
	if (data < 0 || total > 0xffff || high - low < total) return -1;
	check(old, ipv4.HEADER, view.byteLength);
	view.setUint16(segment + tcp.CHECKSUM, tcpChecksum);
	view.setUint16(old + ipv4.TOTAL_LENGTH, total);
	view.setUint16(old + ipv4.CHECKSUM, 0);
	view.setUint16(old + ipv4.CHECKSUM, ~checksum(view, old, old + ip, 0));
	// Before the data, where there is room; otherwise the data moves.
	const start = Math.max(low, Math.min(next - length, high - total));
	copy(view, start + length, next, data);
	copy(view, start, old, length);
	return start;
}

/**
 * Makes the packet in bytes `at` to `end`, which came as `type`, an IP packet again, with the decompressor's block at `state`. It may lie anywhere in bytes `low` to `high`, which hold `at` to
 * `end` too. Answers where it begins (its length is its own), or -1: it makes no sense, or comes behind one that was lost. Whether it is right is for TCP's checksum to tell.
 */
export function vjDecompress(
	view: DataView,
	state: Offset,
	type: number,
	at: Offset,
	end: Offset,
	low: Offset,
	high: Offset,
): number {
	const slots = slotsOf(view, state);
	check(low, high - low, view.byteLength);
	check(at - low, end - at, high - low);
	let start = at;
	if (type === VJ_UNCOMPRESSED_TCP) start = remember(view, state, slots, at, end);
	else if (type === VJ_COMPRESSED_TCP) start = expand(view, state, slots, at, end, low, high);
	else if (type !== VJ_IP) start = -1;
	if (start < 0) vjToss(view, state);
	return start;
}
