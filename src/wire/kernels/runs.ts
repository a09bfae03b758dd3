// Runs of octets that framing has nothing to do with: most of every frame. In C a machine word is looked at at once.

import { check } from "../../packet/bounds.ts";
import type { Length, Uint16 } from "../../packet/numbers.ts";
import { fcsOctet } from "../framing.ts";

/** Copies octets from `from` on of `line` to `at` until `ends` says so of one, `length` at most. Answers how many. */
function run(line: DataView, from: number, view: DataView, at: number, length: number, ends: (octet: number) => boolean): number {
	check(from, length, line.byteLength);
	check(at, length, view.byteLength);
	for (let i = 0; i < length; i++) {
		const octet = line.getUint8(from + i);
		if (ends(octet)) return i;
		view.setUint8(at + i, octet);
	}
	return length;
}

/** Until flag, escape, or a control character in the map `accm`. RFC 1662 §4.2. The two places do not overlap. */
export function hdlcRun(line: DataView, from: number, view: DataView, at: number, length: number, accm: number): Length {
	return run(
		line,
		from,
		view,
		at,
		length,
		(octet) => octet === 0x7e || octet === 0x7d || (octet < 0x20 && ((accm >> octet) & 1) !== 0),
	);
}

/** Until END or ESC. RFC 1055. */
export function slipRun(line: DataView, from: number, view: DataView, at: number, length: number): Length {
	return run(line, from, view, at, length, (byte) => byte === 0o300 || byte === 0o333);
}

/** So many octets into the FCS: as `fcsOctet`. */
export function fcs16(view: DataView, at: number, length: number, fcs: number): Uint16 {
	check(at, length, view.byteLength);
	let sum = fcs & 0xffff;
	for (let i = at; i < at + length; i++) sum = fcsOctet(sum, view.getUint8(i));
	return sum;
}
