// The stretches of code that have been translated: functions by number, and which one begins at an address.

import type { RP2040 } from "rp2040js";
import { FLASH_BYTES, SRAM_BYTES } from "./memory.ts";
import { translate } from "./thumb.ts";

const FLASH = 0x1000_0000;
const SRAM = 0x2000_0000;
const ROM_BYTES = 16 * 1024;
/** Of the Pico's flash: code beyond is found, but translated each time. */
const FLASH_USED = 2 * 1024 * 1024;

/** Code that runs seldom is translated in short stretches, which is soon done; what has run so often, in long ones, which is fast. */
const SHORT = 16;
const LONG = 96;
const OFTEN = 200;

/** Runs a stretch: from the cycles of the slice before it to those after it. */
type Run = (c: number) => number;

/** What translated code refers to beside memory. */
interface Scope {
	R: Int32Array;
	F: Int32Array;
	cpu: { arrive(c: number): void; stretches: { promote(id: number): void; forget(id: number): void } };
	core: unknown;
}

export class Stretches {
	/** Numbers of the stretches that begin in ROM, flash and RAM, by halfword; 0 for none. */
	readonly rom = new Int32Array(ROM_BYTES / 2);
	readonly flash = new Int32Array(FLASH_USED / 2);
	readonly ram = new Int32Array(SRAM_BYTES / 2);
	/** By number, from 1 on: what to run, where each begins, and the cycles that it has taken. */
	readonly runs: Run[] = [(c) => c];
	readonly starts: number[] = [0];
	spent = new Float64Array(1024);
	/** How often short ones have still to run before they become long. */
	readonly #patience: number[] = [0];
	readonly hooks = new Map<number, () => void>();
	readonly #scope: Scope;
	readonly #values: unknown[];
	readonly #exact: boolean;
	readonly #eager: boolean;
	readonly #enters: ((pc: number) => boolean) | undefined;
	readonly #rom: Uint32Array;
	readonly #P16: Uint16Array;
	readonly #S16: Uint16Array;
	readonly #S32: Int32Array;

	/** `follow`: calls and returns, too, which blurs where cycles go. `eager`: long ones at once. `exact`: see translate(). */
	constructor(rp2040: RP2040, scope: Scope, { exact, eager, follow }: { exact: boolean; eager: boolean; follow: boolean }) {
		const { sram, flash, bootrom } = rp2040;
		this.#scope = scope;
		this.#exact = exact;
		this.#eager = eager;
		// A hook is at the beginning of a function, and must not be passed by.
		if (follow) this.#enters = (pc) => !this.hooks.has(pc);
		this.#rom = bootrom;
		this.#P16 = new Uint16Array(flash.buffer);
		this.#S16 = new Uint16Array(sram.buffer);
		this.#S32 = new Int32Array(sram.buffer);
		const { R, F, cpu, core } = scope;
		this.#values = [R, F, sram, this.#S16, this.#S32, flash, this.#P16, new Int32Array(flash.buffer), cpu, core];
	}

	/** Makes the stretch at `pc`, short at first, and answers its number. */
	translate(pc: number): number {
		pc >>>= 0;
		if (this.#eager) return this.#make(pc, LONG, this.#enters);
		const id = this.#make(pc, SHORT, undefined);
		this.#patience[id] = OFTEN;
		return id;
	}

	/** A stretch has run once more; when that was often, a long one takes its place. */
	promote(id: number): void {
		if (--this.#patience[id]! === 0) this.#make(this.starts[id]!, LONG, this.#enters);
	}

	#make(pc: number, longest: number, enters: ((pc: number) => boolean) | undefined): number {
		const halfword = (address: number) => this.#halfword(address);
		const { source, addresses } = translate(pc, halfword, { longest, enters, exact: this.#exact });
		const id = this.runs.length;
		const count = longest === SHORT ? `cpu.stretches.promote(${id});` : "";
		const text = `return function(c){${pc >= SRAM ? this.#check(id, addresses) : ""}${count}${source}}`;
		// oxlint-disable-next-line no-new-func, no-implied-eval -- this is a compiler
		const make = new Function("R", "F", "S8", "S16", "S32", "P8", "P16", "P32", "cpu", "core", text) as (
			...values: unknown[]
		) => Run;
		this.runs.push(this.#hooked(pc, make(...this.#values)));
		this.starts.push(pc);
		if (id === this.spent.length) {
			const more = new Float64Array(2 * id);
			more.set(this.spent);
			this.spent = more;
		}
		const [table, at] = this.#entry(pc);
		if (at < table.length) table[at] = id;
		return id;
	}

	forget(id: number): void {
		const [table, at] = this.#entry(this.starts[id]!);
		table[at] = 0;
	}

	#entry(pc: number): [Int32Array, number] {
		if (pc >= SRAM) return [this.ram, (pc - SRAM) >>> 1];
		return pc >= FLASH ? [this.flash, (pc - FLASH) >>> 1] : [this.rom, pc >>> 1];
	}

	#hooked(pc: number, run: Run): Run {
		const hook = this.hooks.get(pc);
		if (hook === undefined) return run;
		return (c) => {
			this.#scope.cpu.arrive(c);
			hook();
			return run(c);
		};
	}

	/** RAM may change: the code goes back to be translated anew when it is not any more what it was made of. */
	#check(id: number, addresses: number[]): string {
		const words = new Set<number>();
		for (const address of addresses) {
			if (address < SRAM) continue;
			words.add((address - SRAM) >>> 2);
			// The second half of a long instruction.
			words.add((address + 2 - SRAM) >>> 2);
		}
		const tests = [...words].map((word) => `S32[${word}]!==${this.#S32[word]}`).join("||");
		return `if(${tests}){cpu.stretches.forget(${id});return c;}`;
	}

	#halfword(address: number): number | undefined {
		if (address < ROM_BYTES) return (this.#rom[address >>> 2]! >>> ((address & 2) * 8)) & 0xffff;
		if (address >= SRAM) return this.#S16[(address - SRAM) >>> 1];
		const offset = address - FLASH;
		return offset >= 0 && offset < FLASH_BYTES ? this.#P16[offset >>> 1] : undefined;
	}
}
