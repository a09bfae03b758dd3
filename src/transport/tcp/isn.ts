// Initial sequence numbers. RFC 6528 §3: ISN = M + F(addresses, ports, key), M a clock that ticks every 4 µs, F a keyed hash.

import { halfSipHash } from "#codec";

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
