// Van Jacobson's compression of TCP/IP headers, RFC 1144; over PPP, RFC 1332 §4. Read RFC 1144 §3.2 first, whose names these are, and appendix A.
// Compressor (vj-compress.ts) and decompressor (vj-decompress.ts) are a block of memory each.

import type { Offset, Range, Uint8 } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";
import * as ipv4 from "./ipv4.ts";
import * as tcp from "./tcp.ts";

/** Types of packets. PPP: protocols 0x0021, 0x002f, 0x002d. SLIP: bits of the first octet, see `slipType`. */
export const VJ_IP = 0;
export const VJ_UNCOMPRESSED_TCP = 1;
export const VJ_COMPRESSED_TCP = 2;
/** `vjCompress` answers at << VJ_TYPE_BITS | type. */
export const VJ_TYPE_BITS = 2;

/** The block: words, then the slots. */
const SLOTS = 0;
/** Slot of the packet before; NO_SLOT says that the next one must name its own. For the decompressor this is RFC 1144's "toss": nothing without an id is taken. */
export const LAST = 4;
export const COMPRESS_ID = 8;
/** The compressor's count of packets, for the slots' ages. */
export const CLOCK = 12;
export const FIRST_SLOT = 16;
/** A slot: when it was used, how long its header is (0: never used), the header. */
export const USED = 0;
export const LENGTH = 4;
export const HEADER = 8;
/** Length of IP and TCP headers together, and the largest there is. */
export type HeaderLength = Range<0, 120>;
export const MAX_HEADER = 120;
export const SLOT = HEADER + MAX_HEADER;

const NO_SLOT = -1;
const MAX_SLOTS = 256;

/** A packet goes compressed when it has ACK and none of the others. */
export const FLAGS_OF_STATE = tcp.FIN | tcp.SYN | tcp.RST | tcp.ACK;

/** The change mask. */
export const NEW_C = 0x40;
export const NEW_I = 0x20;
export const PUSH = 0x10;
export const NEW_S = 8;
export const NEW_A = 4;
export const NEW_W = 2;
export const NEW_U = 1;
/** Echoed interactive traffic, and unidirectional data: combinations that do not come up otherwise. */
export const SPECIAL_I = NEW_S | NEW_W | NEW_U;
export const SPECIAL_D = NEW_S | NEW_A | NEW_W | NEW_U;
export const SPECIALS = 15;

/** Bytes of a block for so many slots. */
export function vjBytes(slots: number): number {
	return FIRST_SLOT + slots * SLOT;
}

/** Begins anew. `slots`: 1 to 256, RFC 1332's Max-Slot-Id and one. `compressId`: the compressor may leave the slot's id out where it is the same as before. */
export function vjReset(view: DataView, state: number, slots: number, compressId: boolean): void {
	if (!(slots >= 1 && slots <= MAX_SLOTS)) throw new RangeError(`${slots} slots: expected 1 to ${MAX_SLOTS}`);
	check(state, vjBytes(slots), view.byteLength);
	for (let at = state; at < state + vjBytes(slots); at += 4) view.setInt32(at, 0, true);
	view.setInt32(state + SLOTS, slots, true);
	view.setInt32(state + LAST, NO_SLOT, true);
	view.setInt32(state + COMPRESS_ID, compressId ? 1 : 0, true);
}

/** Tells the decompressor that a frame was lost: what comes is tossed until a packet names its slot. RFC 1144 §4.1. */
export function vjToss(view: DataView, state: Offset): void {
	view.setInt32(state + LAST, NO_SLOT, true);
}

/** SLIP: writes the type of the packet at `at` into its first octet. RFC 1144 §3.2.2: the version's place, which is 4 in IP packets. */
export function slipMark(view: DataView, at: number, type: number): void {
	if (type === VJ_UNCOMPRESSED_TCP) view.setUint8(at, view.getUint8(at) | 0x70);
	else if (type === VJ_COMPRESSED_TCP) view.setUint8(at, view.getUint8(at) | 0x80);
}

/** SLIP: the type of the packet at `at`, and takes it off the first octet where it stands in the version's place. */
export function slipType(view: DataView, at: number): number {
	const first = view.getUint8(at);
	// The bit is no part of the change mask, and nobody looks at it there.
	if ((first & 0x80) !== 0) return VJ_COMPRESSED_TCP;
	if (first < 0x70) return VJ_IP;
	view.setUint8(at, first & 0x4f);
	return VJ_UNCOMPRESSED_TCP;
}

/** Checks that the block lies in `view`. Answers how many slots it has. */
export function slotsOf(view: DataView, state: Offset): Range<1, 256> {
	check(state, FIRST_SLOT, view.byteLength);
	const slots = view.getInt32(state + SLOTS, true);
	if (slots < 1 || slots > MAX_SLOTS) throw new RangeError(`${slots} slots: expected 1 to ${MAX_SLOTS}`);
	check(state, FIRST_SLOT + slots * SLOT, view.byteLength);
	return slots;
}

export function slotAt(state: Offset, id: Uint8): Offset {
	return state + FIRST_SLOT + id * SLOT;
}

/** Length of IP header and TCP header together when they are valid and end by `end`, or 0. */
export function headersLength(view: DataView, at: Offset, end: Offset): HeaderLength {
	if (end - at < ipv4.HEADER + tcp.HEADER || view.getUint8(at) >> 4 !== 4) return 0;
	const ip = ipv4.headerLength(view, at);
	return ip >= ipv4.HEADER && tcp.valid(view, at + ip, end) ? ip + tcp.headerLength(view, at + ip) : 0;
}

/** Whether the change mask says one of the special cases, for which no number is sent but that of NEW_I. */
export function isSpecial(changes: Uint8): boolean {
	const what = changes & SPECIALS;
	return what === SPECIAL_I || what === SPECIAL_D;
}
