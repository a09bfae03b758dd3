// GRE, RFC 2784, with key and sequence number, RFC 2890. Stateless accessors: `at` is the arena offset of the header.

import { check } from "../packet/bounds.ts";
import type { Length, Offset, Range, Uint16 } from "../packet/numbers.ts";
import { checksum } from "./kernels/checksum.ts";

/** Number of the protocol. RFC 2784 §2.1 names 47 of IANA's. */
export const PROTOCOL = 47;
/** Bytes of the header without, and with all that may be there. */
export const HEADER = 4;
export const MOST = 16;

/** Bits of the first two octets: a checksum follows, a key, a sequence number. */
export const CHECKSUM = 0x8000;
export const KEY = 0x2000;
export const SEQUENCE = 0x1000;
/** Bits that a receiver knows nothing of, and has to discard: RFC 2784 §2.3 but for those of RFC 2890. */
const UNKNOWN = 0x4c00;
/** Version. RFC 2784 §2.4; 1 is PPTP's, RFC 2637. */
const VERSION = 7;

/** EtherTypes of what is carried are in the third and fourth octet; 0 is nothing at all: a keepalive. */
export const NOTHING = 0;

/** The first two octets. */
export function flags(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at);
}

/** EtherType of what is carried. */
export function type(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + 2);
}

/** Bytes of a header with those bits. */
export function lengthOf(bits: number): Range<4, 16> {
	return ((bits & CHECKSUM) !== 0 ? 4 : 0) + ((bits & KEY) !== 0 ? 4 : 0) + ((bits & SEQUENCE) !== 0 ? 4 : 0) + HEADER;
}

/** Bytes of the header in bytes `at` to `end`; 0 where there is none that a receiver may go on with. */
export function valid(view: DataView, at: Offset, end: Offset): Range<0, 16> {
	if (end - at < HEADER) return 0;
	const bits = flags(view, at);
	if ((bits & (UNKNOWN | VERSION)) !== 0) return 0;
	const length = lengthOf(bits);
	return length <= end - at ? length : 0;
}

/** The key of a header that has one. */
export function key(view: DataView, at: Offset): number {
	return view.getInt32((flags(view, at) & CHECKSUM) !== 0 ? at + 8 : at + 4);
}

/** The sequence number of a header that has one. */
export function sequence(view: DataView, at: Offset): number {
	return view.getInt32(at + lengthOf(flags(view, at)) - 4);
}

/** Whether the checksum over header and payload, up to `end`, is right, where there is one. RFC 2784 §2.5. */
export function summed(view: DataView, at: Offset, end: Offset): boolean {
	return (flags(view, at) & CHECKSUM) === 0 || checksum(view, at, end, 0) === 0xffff;
}

/** Writes a header with those bits before the payload of that EtherType in bytes `payload` to `end`. Answers where it begins. */
export function build(
	view: DataView,
	payload: Offset,
	end: Offset,
	bits: number,
	etherType: Uint16,
	keyed: number,
	numbered: number,
): Offset {
	const length: Length = lengthOf(bits);
	const at: Offset = (payload - length) | 0;
	check(at, length, view.byteLength);
	view.setInt32(at, (bits << 16) | etherType);
	let next: Offset = at + HEADER;
	if ((bits & CHECKSUM) !== 0) {
		view.setInt32(next, 0);
		next = next + 4;
	}
	if ((bits & KEY) !== 0) {
		view.setInt32(next, keyed);
		next = next + 4;
	}
	if ((bits & SEQUENCE) !== 0) view.setInt32(next, numbered);
	if ((bits & CHECKSUM) !== 0) view.setUint16(at + HEADER, ~checksum(view, at, end, 0));
	return at;
}
