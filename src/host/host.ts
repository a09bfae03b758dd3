// What the stack takes of the machine that it runs on, where that is Node or a browser. On XS the module `multihome/host` takes this one's place.

/** What a machine may have. What it lacks its owner gives in the options of `new Stack`. */
export interface Host {
	/** Fills the bytes with random bits of the machine's own source, which need not be even nor independent. Answers what is wrong with that, undefined when nothing is. */
	readonly entropy?: (bytes: Uint8Array) => string | undefined;
	/**
	 * Has `poll(now)` called from now on: soon, and after as many ms as it answered; after -1 not before the function that is returned is called. `now`: ms of
	 * a steady clock, int32. What `poll` throws goes where exceptions of timers go, and the next call comes all the same.
	 * `yields()` answers whether timers of programs that are due must run before the next call, for machines that run the oldest of their timers first.
	 */
	readonly drive?: (poll: (now: number) => number, yields: () => boolean) => () => void;
}

/** What of Node's and browsers' globals is used. */
export interface Globals {
	crypto?: { getRandomValues(bytes: Uint8Array): unknown };
	performance?: { now(): number };
	setTimeout?: (callback: () => void, ms: number) => unknown;
	clearTimeout?: (timer: unknown) => void;
	/** Node's: behind timers that are due, and without setTimeout's delay of 1 ms. */
	setImmediate?: (callback: () => void) => unknown;
}

/** What a machine with such globals has. */
export function hostOf(globals: Globals): Host {
	const { crypto } = globals;
	return {
		...(crypto !== undefined && { entropy: entropyOf(crypto) }),
		...(globals.performance !== undefined && globals.setTimeout !== undefined && { drive: (poll) => drive(globals, poll) }),
	};
}

function entropyOf(crypto: NonNullable<Globals["crypto"]>): (bytes: Uint8Array) => undefined {
	return (bytes) => {
		crypto.getRandomValues(bytes);
		return undefined;
	};
}

function drive(globals: Globals, poll: (now: number) => number): () => void {
	let timer: unknown;
	/** Whether a call is about to come. */
	let soon = false;

	function turn(): void {
		soon = true; // a wish that comes up within the poll is in its answer
		let wait = 0;
		try {
			wait = poll(Math.trunc(globals.performance!.now()) | 0);
		} finally {
			soon = false;
			if (wait === 0) wake();
			else if (wait > 0) timer = globals.setTimeout!(turn, wait);
		}
	}

	function wake(): void {
		if (soon) return;
		soon = true;
		if (timer !== undefined) globals.clearTimeout!(timer);
		timer = undefined;
		if (globals.setImmediate !== undefined) globals.setImmediate(turn);
		else globals.setTimeout!(turn, 0);
	}

	wake();
	return wake;
}

export const host: Host = hostOf(globalThis as Globals);
