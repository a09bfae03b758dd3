// Chance: random bits for compiled code and for all others. Of each block of ChaCha20 half is the next key and half is given out, once: who reads memory learns nothing of what was drawn
// before. The first key is made of bits that the host gives (seed.ts).

import { check } from "./bounds.ts";
import { chachaBlock } from "./chacha.ts";
import { CHANCE, ChanceBlock } from "./chance-block.ts";
import type { Offset } from "./numbers.ts";

/** Bytes of a key: half a block. */
export const KEY = 32;

/** Words of a block that are given out. */
const WORDS = 8;

/** Bytes of a source that become a key: 2,048 bits, so that a sixteenth of a bit in each would do. */
export const RAW_BYTES = 256;

/** First word of the first block with a key of zeros: RFC 8439, appendix A.1. */
const OF_ZEROS = 0xade0b876 | 0;

/** The next block and the next key. */
function renew(view: DataView): void {
	const chance = ChanceBlock.of(view, CHANCE);
	const state = chance.constants;
	const block = chance.block;
	// "expand 32-byte k", RFC 8439 §2.3. Counter and nonce stay 0: no key is used twice.
	view.setInt32(state, 0x61707865, true);
	view.setInt32(state + 4, 0x3320646e, true);
	view.setInt32(state + 8, 0x79622d32, true);
	view.setInt32(state + 12, 0x6b206574, true);
	chachaBlock(view, state, block);
	for (let i = 0; i < KEY; i += 4) view.setInt32(chance.key + i, view.getInt32(block + i, true), true);
	chance.left = WORDS;
}

/** 32 random bits. */
export function chance32(view: DataView): number {
	const chance = ChanceBlock.of(view, CHANCE);
	if (chance.left === 0) renew(view);
	const left = (chance.left - 1) & (WORDS - 1);
	chance.left = left;
	const at = chance.block + KEY + left * 4;
	const word = view.getInt32(at, true);
	view.setInt32(at, 0, true);
	return word;
}

/**
 * Makes the first key of the RAW_BYTES at `raw`, which neither have to be even nor independent: each of its bits depends on all of them. False when the generator does not pass its self-test:
 * a compiler has mistaken it.
 */
export function chanceSeed(view: DataView, raw: Offset): boolean {
	check(raw, RAW_BYTES, view.byteLength);
	const key = ChanceBlock.of(view, CHANCE).key;
	for (let i = 0; i < KEY; i += 4) view.setInt32(key + i, 0, true);
	renew(view);
	if (view.getInt32(key, true) !== OF_ZEROS) return false;
	for (let part = 0; part < RAW_BYTES; part += KEY) {
		for (let i = 0; i < KEY; i += 4) {
			const word = view.getInt32(key + i, true);
			view.setInt32(key + i, word ^ view.getInt32(raw + part + i, true), true);
		}
		renew(view);
	}
	return true;
}

/** What `rawProblem` finds: all bits are the same, or nearly all. */
export const STUCK = 1;
export const UNEVEN = 2;

/*
 * The two health tests of NIST SP 800-90B §4.4 over all raw bits, as if each held a tenth of a bit of entropy: a source that holds more fails one of them by chance
 * less than once in 2^20 starts, one that is stuck or nearly so always.
 */
const REPEATED_AT_MOST = 200;
const PROPORTION_WINDOW = 1024;
const PROPORTION_AT_MOST = 990;

/** What is wrong with the RAW_BYTES at `raw`; 0 when they may be used. */
export function rawProblem(view: DataView, raw: Offset): number {
	check(raw, RAW_BYTES, view.byteLength);
	let last = -1;
	let run = 0;
	let first = 0;
	let same = 0;
	for (let i = 0; i < RAW_BYTES * 8; i++) {
		const bit = (view.getUint8(raw + (i >> 3)) >> (i & 7)) & 1;
		run = bit === last ? (run + 1) | 0 : 1;
		last = bit;
		if (run > REPEATED_AT_MOST) return STUCK;
		if ((i & (PROPORTION_WINDOW - 1)) === 0) {
			first = bit;
			same = 0;
		}
		if (bit === first) same = (same + 1) | 0;
		if (same > PROPORTION_AT_MOST) return UNEVEN;
	}
	return 0;
}
