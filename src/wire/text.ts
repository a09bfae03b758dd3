// Text and numbers as ASCII bytes, straight into a buffer, for answers that are written piece by piece: status, heads of HTTP. Interpreted; a text that is all ASCII, as most are,
// is put by a kernel, and neither string nor object is made on the way.

import { asciiPut } from "#codec";
import { check } from "../packet/bounds.ts";

const QUOTE = 34;
const BACKSLASH = 92;
const MINUS = 45;

/** The largest whole number that is written, either way. */
const MOST = Number.MAX_SAFE_INTEGER;
const MOST_INT = 0x7fff_ffff;
const { trunc } = Math;

/** Puts a text at `at`; what is not ASCII becomes "?". Answers where it ends, or -1 when it would not end by `end`. */
export function textPut(bytes: Uint8Array, at: number, end: number, text: string): number {
	const all = asciiPut(bytes, at, end, false, text);
	if (all >= 0) return all;
	for (const character of text) {
		if (at >= end) return -1;
		const code = character.codePointAt(0)!;
		bytes[at++] = code > 0 && code < 0x80 ? code : 63;
	}
	return at;
}

/**
 * Puts a text as JSON's string, quotes included; what is not ASCII is escaped (RFC 8259 §7). Answers where it ends. When not all of it fits by
 * `end` it is cut after a whole character and ends in a quote all the same, and the answer is ~ of where: -1 - at. Room for the quotes is expected.
 */
export function jsonPut(bytes: Uint8Array, at: number, end: number, text: string): number {
	check(at, end - at, bytes.byteLength);
	check(at, 2, end);
	const all = asciiPut(bytes, at + 1, end - 1, true, text);
	bytes[at++] = QUOTE;
	if (all >= 0) {
		bytes[all] = QUOTE;
		return all + 1;
	}
	let cut = false;
	// XS counts in characters where others count in halves of surrogate pairs.
	for (const character of text) {
		const code = character.codePointAt(0)!;
		let next = -1;
		if (code <= 0xffff) next = jsonUnit(bytes, at, end - 1, code);
		else if (at + 12 <= end - 1)
			// A pair, both or neither.
			next = jsonUnit(bytes, jsonUnit(bytes, at, end - 1, 0xd800 + ((code - 0x10000) >> 10)), end - 1, 0xdc00 + (code & 0x3ff));
		cut = next < 0;
		if (cut) break;
		at = next;
	}
	bytes[at++] = QUOTE;
	return cut ? ~at : at;
}

/** One UTF-16 unit of a JSON text. Answers where it ends, or -1. */
function jsonUnit(bytes: Uint8Array, at: number, end: number, code: number): number {
	if (code >= 32 && code < 127 && code !== QUOTE && code !== BACKSLASH) {
		if (at >= end) return -1;
		bytes[at] = code;
		return at + 1;
	}
	if (at + 6 > end) return -1;
	bytes[at] = BACKSLASH;
	bytes[at + 1] = 117;
	for (let i = 0; i < 4; i++) bytes[at + 2 + i] = hexadecimal((code >> (12 - 4 * i)) & 15);
	return at + 6;
}

/** Puts a whole number, up to 2^53 either way, in decimal digits; what comes after the point is left out. Answers as `textPut`. */
export function numberPut(bytes: Uint8Array, at: number, end: number, value: number): number {
	check(at, end - at, bytes.byteLength);
	const negative = value <= -1;
	let rest = negative ? -value : value;
	if ((rest | 0) !== rest) rest = rest <= MOST ? trunc(rest) : 0; // not so for NaN, either
	let size = negative ? 2 : 1;
	for (let more = 10; more <= rest; more *= 10) size++;
	if (size > end - at) return -1;
	let next = at + size;
	while (rest > MOST_INT) {
		const digit = rest % 10;
		bytes[--next] = 48 + digit;
		rest = (rest - digit) / 10;
	}
	// Whole numbers of 32 bits from here on, or XS would go on with floating point: of four digits it divides but once.
	let small = rest | 0;
	while (small > 9999) {
		const more = (small / 10_000) | 0;
		let group = small - 10_000 * more;
		for (let i = 0; i < 4; i++) {
			const left = (group * 6554) >> 16; // group / 10
			bytes[--next] = 48 + group - 10 * left;
			group = left;
		}
		small = more;
	}
	do {
		const left = (small * 6554) >> 16;
		bytes[--next] = 48 + small - 10 * left;
		small = left;
	} while (small > 0);
	if (negative) bytes[at] = MINUS;
	return at + size;
}

function hexadecimal(digit: number): number {
	return digit < 10 ? 48 + digit : 87 + digit;
}
