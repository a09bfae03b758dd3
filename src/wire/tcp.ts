// TCP's header and options, RFC 9293 §3.1. `at` is the arena offset of the header.

import { OFFER_SHIFT } from "../config.ts";
import { check } from "../packet/bounds.ts";
import type { Length, Offset, Range, Uint16, Uint8 } from "../packet/numbers.ts";
import { OFFER } from "../packet/offers.ts";

export const HEADER = 20;
export const SEQ = 4;
export const ACK_NUMBER = 8;
export const DATA_OFFSET = 12;
export const FLAGS = 13;
export const WINDOW = 14;
export const CHECKSUM = 16;
export const URGENT_POINTER = 18;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
/** RFC 3168 §6.1: congestion has been marked; the window was reduced. */
export const ECE = 64;
export const CWR = 128;

/** Options beside those of packet/offers.ts. */
export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_SACK = 5;
export const OPTION_FAST_OPEN = 34;
/** Options of experiments, told apart by the two bytes that follow: what Fast Open had before it was given a number. RFC 6994, RFC 7413 §7. */
export const OPTION_EXPERIMENT = 254;
const EXPERIMENT_FAST_OPEN = 0xf989;
/** Bytes of options, kind and length included. */
const MSS = 4;
/** Bytes of the timestamps in every segment, two no-operations before them included: RFC 7323 appendix A. Those behind the header, the sender's and the echo. */
export const STAMPS = 12;
export const STAMP_VALUE = HEADER + 4;
export const STAMP_ECHO = HEADER + 8;
/** What they begin with. */
const STAMPS_FIRST = (OPTION_NOP << 24) | (OPTION_NOP << 16) | (OFFER.timestamps.kind << 8) | OFFER.timestamps.bytes;
/** Bytes of a block of SACK, and of what stands before the first with two no-operations. RFC 2018 §3. */
export const SACK_BLOCK = 8;
export const SACK_FIRST = 4;
/** Most options of a header, bytes. */
export const MOST_OPTIONS = 40;
/** The largest shift of windows. RFC 7323 §2.3. */
export const MOST_SCALE = 14;

/** The MSS to assume when the peer names none. RFC 9293 §3.7.1. */
export const DEFAULT_MSS = 536;
/** The same by IPv6. */
export const DEFAULT_MSS6 = 1220;

/** Header length with options, bytes. */
export function headerLength(view: DataView, at: Offset): Range<0, 60> {
	return (view.getUint8(at + DATA_OFFSET) >> 4) << 2;
}

/** Whether the header with its options fits the bytes there are. */
export function valid(view: DataView, at: Offset, end: Offset): boolean {
	if (end - at < HEADER) return false;
	const header = headerLength(view, at);
	return header >= HEADER && header <= end - at;
}

/** Source port << 16 | destination port. */
export function ports(view: DataView, at: Offset): number {
	return view.getInt32(at);
}

export function seq(view: DataView, at: Offset): number {
	return view.getInt32(at + SEQ);
}

export function ack(view: DataView, at: Offset): number {
	return view.getInt32(at + ACK_NUMBER);
}

/** Flags << 16 | window. The four reserved bits and AE are not flags of ours. */
export function flagsAndWindow(view: DataView, at: Offset): number {
	return (view.getUint8(at + FLAGS) << 16) | view.getUint16(at + WINDOW);
}

/** Writes the options of our SYNs, in whole words and in FreeBSD's order: the MSS, and what `offers` says, with those timestamps. Answers their bytes. */
export function synOptions(view: DataView, at: Offset, mss: number, offers: number, value: number, echo: number): Length {
	check(at, MOST_OPTIONS, view.byteLength);
	view.setInt32(at, (OPTION_MSS << 24) | (MSS << 16) | mss);
	let end = at + MSS;
	if ((offers & OFFER.windowScale.bit) !== 0) {
		view.setInt32(
			end,
			(OPTION_NOP << 24) | (OFFER.windowScale.kind << 16) | (OFFER.windowScale.bytes << 8) | (offers & OFFER_SHIFT),
		);
		end += 4;
	}
	const permitted = (OFFER.sack.kind << 8) | OFFER.sack.bytes;
	const sack = (offers & OFFER.sack.bit) !== 0;
	if ((offers & OFFER.timestamps.bit) !== 0) {
		stamps(view, end, value, echo);
		if (sack) view.setUint16(end, permitted);
		end += STAMPS;
	} else if (sack) {
		view.setInt32(end, permitted << 16);
		end += 4;
	}
	return end - at;
}

/** Writes STAMPS bytes: timestamps as every segment has them. */
export function stamps(view: DataView, at: Offset, value: number, echo: number): void {
	check(at, STAMPS, view.byteLength);
	view.setInt32(at, STAMPS_FIRST);
	view.setInt32(at + 4, value);
	view.setInt32(at + 8, echo);
}

/** Writes what stands before so many blocks of SACK. */
export function sackFirst(view: DataView, at: Offset, blocks: number): void {
	view.setInt32(at, (OPTION_NOP << 24) | (OPTION_NOP << 16) | (OPTION_SACK << 8) | (2 + SACK_BLOCK * blocks));
}

/** Whether a valid header has timestamps and nothing else, in their usual place: what nearly all segments have that have any. */
export function plainStamps(view: DataView, at: Offset): boolean {
	return view.getInt32(at + HEADER) === STAMPS_FIRST;
}

/** Where a valid header has the MSS option, its kind; 0 when there is none that is well formed. */
export function mssAt(view: DataView, at: Offset): Offset {
	return optionAt(view, at, OPTION_MSS, MSS);
}

/** The MSS option of a valid header, or 0 when there is none that is well formed. */
export function mssOption(view: DataView, at: Offset): Uint16 {
	const option = mssAt(view, at);
	return option === 0 ? 0 : view.getUint16(option + 2);
}

/** What the valid header of a SYN offers, beside its MSS. */
export function offersOf(view: DataView, at: Offset): number {
	let offers = 0;
	const scale = optionAt(view, at, OFFER.windowScale.kind, OFFER.windowScale.bytes);
	// RFC 7323 §2.3: what is larger counts as the largest.
	if (scale !== 0) offers = OFFER.windowScale.bit | Math.min(view.getUint8(scale + 2), MOST_SCALE);
	if (optionAt(view, at, OFFER.sack.kind, OFFER.sack.bytes) !== 0) offers |= OFFER.sack.bit;
	if (stampsAt(view, at) !== 0) offers |= OFFER.timestamps.bit;
	return offers;
}

/** Where a valid header has timestamps, the sender's, which the echo follows; 0 when it has none. */
export function stampsAt(view: DataView, at: Offset): Offset {
	if (headerLength(view, at) === HEADER) return 0;
	const option = optionAt(view, at, OFFER.timestamps.kind, OFFER.timestamps.bytes);
	return option === 0 ? 0 : option + 2;
}

/** Where a valid header has the Fast Open option of either kind, which the length follows; 0 when it has none. RFC 7413 §4.1.1. */
export function fastOpenAt(view: DataView, at: Offset): Offset {
	const option = optionAt(view, at, OPTION_FAST_OPEN, 0);
	if (option !== 0) return option;
	const other = optionAt(view, at, OPTION_EXPERIMENT, 0);
	const known = other !== 0 && view.getUint8(other + 1) >= 4 && view.getUint16(other + 2) === EXPERIMENT_FAST_OPEN;
	return known ? other : 0;
}

/** Bytes of such an option before its cookie. */
export function fastOpenHead(kind: number): Length {
	return kind === OPTION_EXPERIMENT ? 4 : 2;
}

/** Writes what stands before a cookie of so many bytes. */
export function fastOpenFirst(view: DataView, at: Offset, kind: number, cookie: number): void {
	const length = (fastOpenHead(kind) + cookie) & 255;
	if (kind === OPTION_EXPERIMENT) view.setInt32(at, (kind << 24) | (length << 16) | EXPERIMENT_FAST_OPEN);
	else view.setUint16(at, (kind << 8) | length);
}

/** Where a valid header has SACK, its kind, which the length follows, of whole blocks; 0 when it has none. */
export function sackAt(view: DataView, at: Offset): Offset {
	if (headerLength(view, at) === HEADER) return 0;
	const option = optionAt(view, at, OPTION_SACK, 0);
	return option === 0 || (view.getUint8(option + 1) & (SACK_BLOCK - 1)) !== 2 ? 0 : option;
}

/** Where a valid header has the option of that kind, of so many bytes (0: however many); 0 when it has none, or one behind what makes no sense. */
function optionAt(view: DataView, at: Offset, wanted: Uint8, bytes: Uint8): Offset {
	const end = at + headerLength(view, at);
	let option = at + HEADER;
	while (option < end) {
		const kind = view.getUint8(option);
		if (kind === OPTION_END) return 0;
		if (kind === OPTION_NOP) {
			option++;
			continue;
		}
		if (option + 2 > end) return 0;
		const length = view.getUint8(option + 1);
		if (length < 2 || option + length > end) return 0;
		if (kind === wanted && (length === bytes || bytes === 0)) return option;
		option += length;
	}
	return 0;
}
