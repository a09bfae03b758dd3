// HalfSipHash-2-4, the 32-bit variant of SipHash (Aumasson and Bernstein, 2012): a keyed hash whose values tell a stranger nothing of
// the key.

/** Of the twelve bytes of three little-endian words, with the key k0 (its first four bytes), k1. */
export function halfSipHash(k0: number, k1: number, first: number, second: number, third: number): number {
	let v0 = k0;
	let v1 = k1;
	let v2 = 0x6c796765 ^ k0;
	let v3 = 0x74656462 ^ k1;
	// Words 0 to 3 (the last is the length) take two rounds each, then four rounds finish.
	for (let round = 0; round < 12; round++) {
		const step = round >> 1;
		const word = step === 0 ? first : step === 1 ? second : step === 2 ? third : 12 << 24;
		if (round < 8 && (round & 1) === 0) v3 ^= word;
		else if (round === 8) v2 ^= 0xff;
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
		if (round < 8 && (round & 1) !== 0) v0 ^= word;
	}
	return v1 ^ v3;
}
