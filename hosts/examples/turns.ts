// One thing at a time, for a program with much to do in answer to many: the stack does nothing while a callback runs, and on a Raspberry Pi Pico some 20,000 simple operations
// of a program are its 5 ms. So whoever has something to do that takes long waits for a turn, and does a part of it; between two turns the stack runs.
//
//	const turns = new Turns(Timer, (error) => device.stack.events.onError?.(error));
//	new HttpServer({ io, turns, … });

/** Who waits for a turn. */
export interface Turn {
	/** Does a part of what is to be done, some 2 ms of it; what it throws ends it. */
	turn(): void;
	/** `turn` threw: what it was at has ended. */
	failed(): void;
}

/** Of the module "timer", what is used here. */
export interface TimerClass {
	set(callback: () => void, ms: number, repeat: number): unknown;
	schedule(timer: never, ms: number, repeat: number): void;
}

/** A timer that does not run is put off by so long, ms. */
const NEVER = 0x3fff_ffff;

export class Turns {
	readonly #waiting: Turn[] = [];
	readonly #arm: () => void;
	readonly #onError: ((error: unknown) => void) | undefined;

	/** `timer` is the default export of the module "timer". `onError` is told what a turn threw; without it, that is thrown. */
	constructor(timer: TimerClass, onError?: (error: unknown) => void) {
		const next = timer.set(() => this.#next(), NEVER, NEVER);
		this.#arm = () => timer.schedule(next as never, 0, NEVER);
		this.#onError = onError;
	}

	/** Its turn comes, after that of those who wait already. Who waits more than once gets more than one. */
	add(who: Turn): void {
		if (this.#waiting.push(who) === 1) this.#arm();
	}

	#next(): void {
		const who = this.#waiting.shift();
		if (who === undefined) return;
		try {
			who.turn();
		} catch (error) {
			who.failed();
			if (this.#onError === undefined) throw error;
			this.#onError(error);
		} finally {
			if (this.#waiting.length > 0) this.#arm();
		}
	}
}
