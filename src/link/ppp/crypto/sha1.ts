// SHA-1, RFC 3174. MS-CHAPv2 asks for it (RFC 2759 §8.2, §8.7).

import { digest, rotate } from "./blocks.ts";

/** By quarter of the 80 steps. §5. */
const K = new Int32Array([0x5a827999, 0x6ed9eba1, 0x8f1bbcdc | 0, 0xca62c1d6 | 0]);

function mix(quarter: number, b: number, c: number, d: number): number {
	if (quarter === 0) return (b & c) | (~b & d);
	return quarter === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
}

function compress(state: Int32Array, words: DataView): void {
	const w = new Int32Array(80);
	for (let t = 0; t < 16; t++) w[t] = words.getInt32(t * 4);
	for (let t = 16; t < 80; t++) w[t] = rotate(w[t - 3]! ^ w[t - 8]! ^ w[t - 14]! ^ w[t - 16]!, 1);
	let a = state[0]!;
	let b = state[1]!;
	let c = state[2]!;
	let d = state[3]!;
	let e = state[4]!;
	for (let t = 0; t < 80; t++) {
		const quarter = (t / 20) | 0;
		const sum = (rotate(a, 5) + mix(quarter, b, c, d) + e + w[t]! + K[quarter]!) | 0;
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = sum;
	}
	state[0]! += a;
	state[1]! += b;
	state[2]! += c;
	state[3]! += d;
	state[4]! += e;
}

/** 20 octets. */
export function sha1(message: Uint8Array): Uint8Array {
	const initial = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0];
	return digest(message, new Int32Array(initial), compress, false);
}
