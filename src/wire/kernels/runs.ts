// HDLC's octets that framing has nothing to do with, most of every frame. In C a machine word is looked at at once.

import { check } from "../../packet/bounds.ts";
import type { Length, Uint16 } from "../../packet/numbers.ts";
import { fcsOctet } from "../framing.ts";

/**
 * How many octets from `from` on come before a flag, an escape or a control character in the map `accm`, `length` at most. RFC 1662 §4.2.
 * @pure
 */
export function hdlcPlain(line: DataView, from: number, length: number, accm: number): Length {
	check(from, length, line.byteLength);
	for (let i = 0; i < length; i++) {
		const octet = line.getUint8(from + i);
		if (octet === 0x7e || octet === 0x7d || (octet < 0x20 && ((accm >> octet) & 1) !== 0)) return i;
	}
	return length;
}

/**
 * So many octets into the FCS: as `fcsOctet`.
 * @pure
 */
export function fcs16(view: DataView, at: number, length: number, fcs: number): Uint16 {
	check(at, length, view.byteLength);
	let sum = fcs & 0xffff;
	for (let i = at; i < at + length; i++) sum = fcsOctet(sum, view.getUint8(i));
	return sum;
}
