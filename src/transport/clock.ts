// Time for services: of leases, and of what routers say, which may be longer than the stack's clock, an int32 of ms, is before it wraps.

import type { Core } from "../packet/core.ts";

/** Looked at so often at least, ms: well before the clock comes round. */
const LONGEST_MS = 0x4000_0000;

export class Clock {
	readonly #core: Core;
	#last: number;
	/** Milliseconds since it began, never wrapping. */
	#elapsed = 0;

	constructor(core: Core) {
		this.#core = core;
		this.#last = core.now;
	}

	get now(): number {
		const { now } = this.#core;
		this.#elapsed += (now - this.#last) | 0;
		this.#last = now;
		return this.#elapsed;
	}

	/** Asks for the stack's timers as soon as may be. */
	soon(): void {
		this.#core.deadline(this.#core.now);
		this.#core.wake();
	}

	/** Asks for the stack's timers at that time; Infinity: only so that the clock does not come round unseen. */
	deadline(at: number): void {
		const left = Math.min(Math.max(Math.ceil(at - this.now), 0), LONGEST_MS);
		this.#core.deadline((this.#core.now + left) | 0);
	}
}
