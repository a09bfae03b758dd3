// Initial sequence numbers. RFC 6528 §3: ISN = M + F(addresses, ports, key), M a clock that ticks every 4 µs, F a keyed hash.
// F is HalfSipHash-2-4 (Aumasson and Bernstein, 2012; the 32-bit variant of SipHash) over three 32-bit words.

export class Isn {
	#k0: number;
	#k1: number;

	constructor(random32: () => number) {
		this.#k0 = random32() | 0;
		this.#k1 = random32() | 0;
	}

	/** The first sequence number of a connection that begins at `now` ms. `ports`: remote << 16 | local. */
	next(now: number, local: number, remote: number, ports: number): number {
		return (Math.imul(now, 250) + halfSipHash(this.#k0, this.#k1, local, remote, ports)) | 0;
	}
}

/** HalfSipHash-2-4 with the key k0 (its first four bytes, little-endian), k1, of the twelve bytes of three little-endian words. */
export function halfSipHash(k0: number, k1: number, first: number, second: number, third: number): number {
	let v0 = k0;
	let v1 = k1;
	let v2 = 0x6c796765 ^ k0;
	let v3 = 0x74656462 ^ k1;
	// Words 0 to 3 (the last is the length) take two rounds each, then four rounds finish.
	for (let round = 0; round < 12; round++) {
		const step = round >> 1;
		const word = step === 0 ? first : step === 1 ? second : step === 2 ? third : 12 << 24;
		if (round < 8 && !(round & 1)) v3 ^= word;
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
		if (round < 8 && round & 1) v0 ^= word;
	}
	return v1 ^ v3;
}
