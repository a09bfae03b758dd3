// Packets of GRE (RFC 2784, 2890) for tests, independent of src/.

import { concat, onesSum, read16, read32, u16, u32, type Bytes } from "./frames.ts";

export const GRE = 47;
export const FOUR_IN = 4;
export const SIX_IN = 41;

export interface GreFields {
	type?: number;
	key?: number;
	sequence?: number;
	/** True: the right one. */
	checksum?: boolean | number;
	/** Bits of the first two octets that are set besides. */
	bits?: number;
}

/** The header, and the payload behind it. */
export function gre({ type = 0x0800, key, sequence, checksum, bits = 0 }: GreFields, payload: ArrayLike<number> = []): Bytes {
	const flags =
		bits | (checksum === undefined ? 0 : 0x8000) | (key === undefined ? 0 : 0x2000) | (sequence === undefined ? 0 : 0x1000);
	const made = concat(
		u16(flags),
		u16(type),
		checksum === undefined ? [] : [0, 0, 0, 0],
		key === undefined ? [] : u32(key),
		sequence === undefined ? [] : u32(sequence),
		payload,
	);
	if (checksum === undefined) return made;
	const sum = typeof checksum === "number" ? checksum : ~onesSum(made) & 0xffff;
	made.set(u16(sum), 4);
	return made;
}

/** Reads a header and what is behind it; `summed`: a checksum is there, and whether it is right. */
export function parseGre(bytes: Uint8Array): { type: number; key?: number; sequence?: number; summed?: boolean; payload: Bytes } {
	const flags = read16(bytes, 0);
	let at = 4;
	const result: { type: number; key?: number; sequence?: number; summed?: boolean; payload: Bytes } = {
		type: read16(bytes, 2),
		payload: new Uint8Array(0),
	};
	if (flags & 0x4fff) throw new Error(`flags ${flags.toString(16)} of a GRE header`);
	if (flags & 0x8000) {
		result.summed = onesSum(bytes) === 0xffff && read16(bytes, 6) === 0;
		at += 4;
	}
	if (flags & 0x2000) {
		result.key = read32(bytes, at) >>> 0;
		at += 4;
	}
	if (flags & 0x1000) {
		result.sequence = read32(bytes, at) >>> 0;
		at += 4;
	}
	result.payload = concat(bytes.subarray(at));
	return result;
}
