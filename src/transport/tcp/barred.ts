// Addresses whose connections were ended for newcomers a moment ago, as they were slow or did not come to an end. Were they newcomers at
// once, they would throw out each other and everybody else in turn; so for a while they get what is free, and no more.

import { BARRED_ADDRESSES, BARRED_MS } from "../../config.ts";

export class Barred {
	/** Pairs of address and time; the oldest is overwritten. */
	#pairs = new Int32Array(BARRED_ADDRESSES * 2);
	#next = 0;
	/** Nobody was ever barred. */
	none = true;

	add(address: number, now: number): void {
		this.none = false;
		this.#pairs[this.#next] = address;
		this.#pairs[this.#next + 1] = now;
		this.#next = (this.#next + 2) % this.#pairs.length;
	}

	has(address: number, now: number): boolean {
		const pairs = this.#pairs;
		for (let i = 0; i < pairs.length; i += 2) {
			if (pairs[i] !== address || address === 0) continue;
			const ago = (now - pairs[i + 1]!) | 0;
			if (ago >= 0 && ago < BARRED_MS) return true; // below 0: the clock has wrapped since
		}
		return false;
	}
}
