// How long the data path stands still: from one time that the compiled stack looks for frames, takes one up, sends one, or has a device go on, to the next. Meanwhile callbacks of the
// program run, or garbage is collected. While the firmware waits for something to happen it does not stand still.

import type { Symbols } from "./elf.ts";
import type { Machine } from "./machine.ts";

/** Where the histogram's steps end, ms. */
const STEPS = [0.5, 1, 2, 3, 4, 5, 10, 20, 50, Infinity];

/** Where a poll begins and ends. */
const POLL_BEGINS = "xs_multihome_poll";
const POLL_ENDS = "multihomeTidy";

/** Collects garbage. */
const COLLECT = "fxCollect";

/** Functions of the data path as they are called in C: a turn begins; a frame goes up; a packet goes out; a device goes on. */
const MOVES = ["turn_turn_begins", "turn_receive_arrives", "ip_output_output", "link_transmit_offer"];

export class Stops {
	/** The longest stop, ns, and how many collections there were. */
	longest = 0;
	collections = 0;
	/** Time within polls and between them, ns. */
	#polling = 0;
	#between = 0;
	/** When the last poll began or ended; 0: before the first one. */
	#since = 0;
	/** Stops by their length. */
	readonly #counts = STEPS.map(() => 0);
	readonly #machine: Machine;
	#last: number;

	/** Before any code has run. Throws Error when the .elf does not have the functions. */
	constructor(machine: Machine, symbols: Symbols) {
		this.#machine = machine;
		this.#last = machine.clock.nanos;
		const watch = (name: string, callback: () => void) => {
			const address = symbols.find(name);
			if (address === undefined) throw new Error(`the .elf has no function ${name}`);
			machine.cpu.hook(address, callback);
		};
		for (const name of MOVES) watch(name, () => this.#moves());
		watch(POLL_BEGINS, () => (this.#between += this.#sinceLast()));
		watch(POLL_ENDS, () => (this.#polling += this.#sinceLast()));
		watch(COLLECT, () => this.collections++);
	}

	/** What programs' timers have of the time, 0 to 1: between polls nothing else runs, as long as there is always something to do. Collections are among it. */
	get share(): number {
		return this.#between / (this.#between + this.#polling);
	}

	/** Moddable's loop comes round, and nothing has happened that the stack would be called for: timers run next, the stack's before those of programs. */
	passes(): void {
		this.#last = this.#machine.clock.nanos;
	}

	/** Forgets what was. */
	reset(): void {
		this.longest = this.collections = this.#polling = this.#between = 0;
		this.#counts.fill(0);
	}

	/** How many there were, by their length. */
	toString(): string {
		return STEPS.map((step, i) => `${this.#counts[i]} below ${step} ms`).join(", ");
	}

	#sinceLast(): number {
		const { nanos } = this.#machine.clock;
		const passed = this.#since === 0 ? 0 : nanos - this.#since;
		this.#since = nanos;
		return passed;
	}

	#moves(): void {
		const { nanos } = this.#machine.clock;
		const stop = nanos - this.#last;
		this.#last = nanos;
		this.longest = Math.max(this.longest, stop);
		this.#counts[STEPS.findIndex((step) => stop < step * 1e6)]!++;
	}
}
