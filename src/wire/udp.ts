// UDP, RFC 768. `at` is the arena offset of the header.

import type { Offset, Uint16 } from "../packet/numbers.ts";

export const HEADER = 8;
export const DESTINATION_PORT = 2;
export const LENGTH = 4;
export const CHECKSUM = 6;

/** Header and payload, bytes. */
export function length(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + LENGTH);
}

/** Whether header and length fit the bytes there are. */
export function valid(view: DataView, at: Offset, end: Offset): boolean {
	if (end - at < HEADER) return false;
	const bytes = length(view, at);
	return bytes >= HEADER && bytes <= end - at;
}

/** Zero means that the sender computed none. */
export function checksum(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + CHECKSUM);
}

/** Source port << 16 | destination port. */
export function ports(view: DataView, at: Offset): number {
	return view.getInt32(at);
}
