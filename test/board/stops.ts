// How long the data path stands still: from one time that the compiled stack looks for frames, takes one up, sends one, or has a device go on, to the next. Meanwhile callbacks of the
// program run, or garbage is collected. While the firmware waits for something to happen it does not stand still.

import type { Symbols } from "./elf.ts";
import type { Machine } from "./machine.ts";

/** Where the histogram's steps end, ms. */
const STEPS = [0.5, 1, 2, 3, 4, 5, 10, 20, 50, Infinity];
/** How often a collection is looked at, ns. */
const LOOK_NANOS = 10_000;

/** Functions of the data path as they are called in C: a turn begins; a frame goes up; a packet goes out; a device goes on. */
const MOVES = ["turn_turn_begins", "turn_receive_arrives", "ip_output_output", "link_transmit_offer"];

export class Stops {
	/** The longest stop and the longest collection, ns, and how many collections there were. */
	longest = 0;
	longestCollection = 0;
	collections = 0;
	/** The longest stop without the collections that came meanwhile, ns: where one comes is chance, and it may come into the longest of the others. */
	longestWork = 0;
	#collecting = 0;
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
		watch("fxCollect", () => this.#collects());
	}

	/** Moddable's loop comes round, and nothing has happened that the stack would be called for: timers run next, the stack's before those of programs. */
	passes(): void {
		this.#last = this.#machine.clock.nanos;
		this.#collecting = 0;
	}

	/** Forgets what was. */
	reset(): void {
		this.longest = this.longestCollection = this.collections = this.longestWork = this.#collecting = 0;
		this.#counts.fill(0);
	}

	/** How many there were, by their length. */
	toString(): string {
		return STEPS.map((step, i) => `${this.#counts[i]} below ${step} ms`).join(", ");
	}

	#moves(): void {
		const { nanos } = this.#machine.clock;
		const stop = nanos - this.#last;
		this.#last = nanos;
		this.longest = Math.max(this.longest, stop);
		this.longestWork = Math.max(this.longestWork, stop - this.#collecting);
		this.#collecting = 0;
		this.#counts[STEPS.findIndex((step) => stop < step * 1e6)]!++;
	}

	/** It is over when the stack is where it was. */
	#collects(): void {
		const { clock, rp2040 } = this.#machine;
		const { registers } = rp2040.core;
		const stack = registers[13]!;
		const begin = clock.nanos;
		this.collections++;
		const alarm = clock.createAlarm(() => {
			if (registers[13]! > stack) {
				this.#collecting += clock.nanos - begin;
				this.longestCollection = Math.max(this.longestCollection, clock.nanos - begin);
			} else alarm.schedule(LOOK_NANOS);
		});
		alarm.schedule(LOOK_NANOS);
	}
}
