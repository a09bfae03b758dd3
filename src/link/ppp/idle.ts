// How long no IP packets have passed, and when that is long enough: measured in parts, so that what passes costs nothing but a bit.

/** The idle time is measured in so many parts. */
const PARTS = 4;

export class Idle {
	/** Whether it is measured, and when it is looked at next, ms. */
	timing = false;
	due = 0;
	readonly #ms: number;
	#parts = 0;
	/** Whether IP packets passed since it was looked at last. */
	#active = false;

	/** After so many ms it is long enough; 0: never. */
	constructor(ms: number) {
		this.#ms = ms;
	}

	/** IP packets pass from now on. */
	start(now: number): void {
		if (this.#ms === 0) return;
		this.timing = this.#active = true;
		this.#look(now);
	}

	stop(): void {
		this.timing = false;
	}

	/** Some have passed. */
	note(): void {
		this.#active = true;
	}

	/** Whether it has been long enough by now. */
	over(now: number): boolean {
		return this.timing && ((now - this.due) | 0) >= 0 && this.#look(now);
	}

	#look(now: number): boolean {
		this.#parts = this.#active ? 0 : this.#parts + 1;
		this.#active = false;
		this.due = (now + this.#ms / PARTS) | 0;
		return this.#parts >= PARTS;
	}
}
