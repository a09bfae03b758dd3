// The Internet checksum, RFC 1071: the ones' complement sum of 16-bit big-endian words, an odd last byte padded with zero.

import type { Uint16 } from "../../packet/numbers.ts";
import { check } from "../../packet/bounds.ts";
import { fold } from "../checksum.ts";

/**
 * Sum of the bytes, folded, not inverted; `initial`, 0 or more, is a sum to continue from. At most 65,535 bytes.
 * @pure
 */
export function checksum(view: DataView, at: number, end: number, initial: number): Uint16 {
	check(at, end - at, view.byteLength);
	let sum = initial;
	const last = end - 1;
	while (at < last) {
		sum += view.getUint16(at);
		at += 2;
	}
	if (at < end) sum += view.getUint8(at) << 8;
	return fold(sum);
}
