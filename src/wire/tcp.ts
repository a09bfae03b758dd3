// TCP's header and options, RFC 9293 §3.1. `at` is the arena offset of the header.

import { check } from "../packet/bounds.ts";
import type { Offset, Range, Uint16, Uint8 } from "../packet/numbers.ts";
import { int32, record } from "../packet/record.ts";

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

export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
/** Bytes of that option. */
const MSS = 4;
/** The options of our SYNs, each in whole words: one more is a line here, and one of `synOptions`. */
export const SynOptions = record({ mss: int32 });
/** Their bytes. */
export const SYN_OPTIONS = SynOptions.bytes;

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

/** Writes the options that our SYNs have. */
export function synOptions(view: DataView, at: Offset, mss: number): void {
	check(at, SYN_OPTIONS, view.byteLength);
	view.setInt32(at + SynOptions.offsets.mss, (OPTION_MSS << 24) | (MSS << 16) | mss);
}

/** The MSS option of a valid header, or 0 when there is none that is well formed. */
export function mssOption(view: DataView, at: Offset): Uint16 {
	const option = optionAt(view, at, OPTION_MSS, MSS);
	return option === 0 ? 0 : view.getUint16(option + 2);
}

/** Where a valid header has the option of that kind, of so many bytes; 0 when it has none, or one behind what makes no sense. */
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
		if (kind === wanted && length === bytes) return option;
		option += length;
	}
	return 0;
}
