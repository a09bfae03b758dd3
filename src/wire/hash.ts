// HalfSipHash-2-4, the 32-bit variant of SipHash (Aumasson and Bernstein, 2012): a keyed hash whose values tell a stranger nothing of
// the key.

import type { Uint8 } from "../packet/numbers.ts";

/** Of the twelve bytes of three little-endian words, with the key k0 (its first four bytes), k1. */
export function halfSipHash(k0: number, k1: number, first: number, second: number, third: number): number {
	return hashOf(k0, k1, 3, first, second, third, 0);
}

/** Of the sixteen bytes of four. */
export function halfSipHash4(k0: number, k1: number, first: number, second: number, third: number, fourth: number): number {
	return hashOf(k0, k1, 4, first, second, third, fourth);
}

/** Of so many words, four at most. */
function hashOf(k0: number, k1: number, words: Uint8, first: number, second: number, third: number, fourth: number): number {
	let v0 = k0;
	let v1 = k1;
	let v2 = 0x6c796765 ^ k0;
	let v3 = 0x74656462 ^ k1;
	// Each word, and behind them the length, takes two rounds, then four rounds finish.
	const last = 2 * (words + 1);
	for (let round = 0; round < last + 4; round++) {
		const step = round >> 1;
		const word = step === words ? words << 26 : step === 0 ? first : step === 1 ? second : step === 2 ? third : fourth;
		if (round < last && (round & 1) === 0) v3 ^= word;
		else if (round === last) v2 ^= 0xff;
		v0 = (v0 + v1) | 0;
		v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
		v0 = (v0 << 16) | (v0 >>> 16);
		v2 = (v2 + v3) | 0;
		v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
		v0 = (v0 + v3) | 0;
		v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
		v2 = (v2 + v1) | 0;
		v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
		v2 = (v2 << 16) | (v2 >>> 16);
		if (round < last && (round & 1) !== 0) v0 ^= word;
	}
	return v1 ^ v3;
}
