// The block function of ChaCha20, RFC 8439 §2.3: who does not know the key foretells none of its bits from the others.

import { check } from "./bounds.ts";
import type { Offset } from "./numbers.ts";

/** Bytes of a state, and of a block. */
export const CHACHA = 64;

/** Twenty rounds, of columns and of diagonals in turn: so many pairs. */
const ROUND_PAIRS = 10;

function rotated(word: number, bits: number): number {
	return (word << bits) | (word >>> (32 - bits));
}

/** §2.1, of the words at these offsets. */
function quarterRound(view: DataView, first: Offset, second: Offset, third: Offset, fourth: Offset): void {
	let a = view.getInt32(first, true);
	let b = view.getInt32(second, true);
	let c = view.getInt32(third, true);
	let d = view.getInt32(fourth, true);
	a = (a + b) | 0;
	d = rotated(d ^ a, 16);
	c = (c + d) | 0;
	b = rotated(b ^ c, 12);
	a = (a + b) | 0;
	d = rotated(d ^ a, 8);
	c = (c + d) | 0;
	b = rotated(b ^ c, 7);
	view.setInt32(first, a, true);
	view.setInt32(second, b, true);
	view.setInt32(third, c, true);
	view.setInt32(fourth, d, true);
}

/** The block at `to` of the state: constants, key of 32 bytes, counter, nonce. Neither moves, and they do not overlap. Both lie at multiples of four. */
export function chachaBlock(view: DataView, state: Offset, to: Offset): void {
	check(state, CHACHA, view.byteLength);
	check(to, CHACHA, view.byteLength);
	for (let i = 0; i < CHACHA; i += 4) view.setInt32(to + i, view.getInt32(state + i, true), true);
	for (let pair = 0; pair < ROUND_PAIRS; pair++) {
		for (let i = 0; i < 16; i += 4) quarterRound(view, to + i, to + 16 + i, to + 32 + i, to + 48 + i);
		for (let i = 0; i < 16; i += 4)
			quarterRound(view, to + i, to + 16 + ((i + 4) & 12), to + 32 + ((i + 8) & 12), to + 48 + ((i + 12) & 12));
	}
	for (let i = 0; i < CHACHA; i += 4) {
		const word = view.getInt32(to + i, true);
		view.setInt32(to + i, (word + view.getInt32(state + i, true)) | 0, true);
	}
}
