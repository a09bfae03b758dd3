// MD4, RFC 1320. Broken long ago; MS-CHAP hashes passwords with it (RFC 2759 §8.3).

import { digest, rotate } from "./blocks.ts";

/** By round. §3.4. */
const ADDED = new Int32Array([0, 0x5a827999, 0x6ed9eba1]);
const SHIFTS = new Uint8Array([3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15]);

/** Which word step `i` of a round takes: in order; down the columns of a square of four; with the bits of i turned round. */
function order(round: number, i: number): number {
	if (round === 0) return i;
	if (round === 1) return ((i & 3) << 2) | (i >> 2);
	return ((i & 1) << 3) | ((i & 2) << 1) | ((i & 4) >> 1) | (i >> 3);
}

function mix(round: number, x: number, y: number, z: number): number {
	if (round === 0) return (x & y) | (~x & z);
	return round === 1 ? (x & y) | (x & z) | (y & z) : x ^ y ^ z;
}

function compress(state: Int32Array, words: DataView): void {
	let a = state[0]!;
	let b = state[1]!;
	let c = state[2]!;
	let d = state[3]!;
	for (let i = 0; i < 48; i++) {
		const round = i >> 4;
		const sum = (a + mix(round, b, c, d) + words.getInt32(order(round, i & 15) * 4, true) + ADDED[round]!) | 0;
		a = d;
		d = c;
		c = b;
		b = rotate(sum, SHIFTS[round * 4 + (i & 3)]!);
	}
	state[0]! += a;
	state[1]! += b;
	state[2]! += c;
	state[3]! += d;
}

/** 16 octets. */
export function md4(message: Uint8Array): Uint8Array {
	return digest(message, new Int32Array([0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476]), compress, true);
}
