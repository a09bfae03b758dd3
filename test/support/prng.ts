// Seeded randomness for tests: mulberry32. The same seed gives the same run on Node and on XS.

export class Prng {
	readonly seed: number;
	#state: number;

	constructor(seed: number) {
		this.seed = seed | 0;
		this.#state = seed | 0;
	}

	/** The next 32 random bits, as an int32. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let t = this.#state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return (t ^ (t >>> 14)) | 0;
	}

	/** At least 0, less than 1. */
	float(): number {
		return (this.next() >>> 0) / 4294967296;
	}

	/** A whole number from 0 to `limit` - 1. */
	below(limit: number): number {
		return Math.floor(this.float() * limit);
	}

	/** A whole number from `low` to `high`, both included. */
	between(low: number, high: number): number {
		return low + this.below(high - low + 1);
	}

	chance(probability: number): boolean {
		return probability > 0 && this.float() < probability;
	}

	pick<T>(values: readonly T[]): T {
		return values[this.below(values.length)] as T;
	}

	bytes(length: number): Uint8Array<ArrayBuffer> {
		const result = new Uint8Array(length);
		for (let i = 0; i < length; i++) result[i] = this.next();
		return result;
	}

	/** Another generator, whose sequence does not depend on how often this one is asked afterwards. */
	fork(): Prng {
		return new Prng(this.next());
	}
}
