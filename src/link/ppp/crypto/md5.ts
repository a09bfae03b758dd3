// MD5, RFC 1321. Broken as a signature; CHAP asks for it (RFC 1994).

import { digest, rotate } from "./blocks.ts";

/** §3.4: T[i] is the integer part of 2^32 abs(sin(i)). */
const T = new Int32Array(64);
for (let i = 0; i < 64; i++) T[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000) | 0;

/** By round and by step modulo 4. */
const SHIFTS = new Uint8Array([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);
/** Word k of step i of each round: (first + i * step) modulo 16. */
const FIRST = new Uint8Array([0, 1, 5, 0]);
const STEP = new Uint8Array([1, 5, 3, 7]);

function mix(round: number, x: number, y: number, z: number): number {
	if (round === 0) return (x & y) | (~x & z);
	if (round === 1) return (x & z) | (y & ~z);
	return round === 2 ? x ^ y ^ z : y ^ (x | ~z);
}

function compress(state: Int32Array, words: DataView): void {
	let a = state[0]!;
	let b = state[1]!;
	let c = state[2]!;
	let d = state[3]!;
	for (let i = 0; i < 64; i++) {
		const round = i >> 4;
		const word = words.getInt32(((FIRST[round]! + i * STEP[round]!) & 15) * 4, true);
		const sum = (a + mix(round, b, c, d) + word + T[i]!) | 0;
		a = d;
		d = c;
		c = b;
		b = (b + rotate(sum, SHIFTS[round * 4 + (i & 3)]!)) | 0;
	}
	state[0]! += a;
	state[1]! += b;
	state[2]! += c;
	state[3]! += d;
}

/** 16 octets. */
export function md5(message: Uint8Array): Uint8Array {
	return digest(message, new Int32Array([0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476]), compress, true);
}
