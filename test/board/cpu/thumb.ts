// Thumb code of a Cortex-M0+ to JavaScript: one function for a stretch of code. Read cpu.ts, which runs it, first.
//
// ARMv6-M Architecture Reference Manual, chapter A6 (instructions) and A5.2 (their encoding); cycles from the Cortex-M0+ Technical Reference
// Manual, §3.3. A stretch runs on past conditional branches, whose other way is an exit, and follows unconditional ones. Flags that nobody reads are
// not computed. Registers are local variables in between.

import { decode } from "./decode.ts";
import type { Instruction } from "./decode.ts";

/** Flags as sets of bits. In the code `n` is negative for N, `z` zero for Z, `cf` true for C, `v` negative for V. */
export const N = 1;
export const Z = 2;
export const C = 4;
export const V = 8;
export const ALL_FLAGS = 15;

/** How far is looked for who reads the flags at an exit. */
const LOOK_AHEAD = 8;

export interface Translation {
	/** The body of a function of c in the scope of R, F, S8, S16, S32, P8, P16, P32, cpu and core: see cpu.ts. */
	source: string;
	/** Addresses of the instructions that it was made of. */
	addresses: number[];
}

/** Where code is: the halfword at an address, or undefined where there is no memory. */
export type Halfword = (address: number) => number | undefined;

/** Which flags the code at `pc` reads before it writes them. */
function flagsRead(pc: number, halfword: Halfword): number {
	let needed = 0;
	let open = ALL_FLAGS;
	for (let i = 0; i < LOOK_AHEAD && open !== 0; i++) {
		const instruction = decode(pc, halfword);
		needed |= instruction.uses & open;
		open &= ~instruction.defines;
		if (instruction.next === undefined) return needed | open;
		if (instruction.taken !== undefined) return needed | open;
		pc = instruction.next;
	}
	return needed | open;
}

/** What follows a call or a return where that is known, so that the stretch goes on there. */
class Calls {
	/** What the link register holds, or what was pushed of it, if that is known. */
	#link: number | undefined;
	readonly #pushed: (number | undefined)[] = [];

	/** The instruction as it is when its target is known. */
	follow(instruction: Instruction): Instruction {
		const { call, returns } = instruction;
		if (call !== undefined) {
			this.#link = instruction.pc + 4;
			return { ...instruction, next: call, ends: false, writes: 1 << 14, emit: () => `r14=${this.#linkAfter(instruction)};` };
		}
		if (instruction.pushesLink) this.#pushed.push(this.#link);
		if (instruction.writes & (1 << 14)) this.#link = undefined;
		if (returns === undefined) return instruction;
		const target = returns === "link" ? this.#link : this.#pushed.pop();
		if (target === undefined) return instruction;
		return { ...instruction, next: target, ends: false, emit: (context) => instruction.emitReturn!(context, target) };
	}

	#linkAfter({ pc }: Instruction): number {
		return (pc + 4) | 1;
	}
}

/** Code in one place: instructions in their order. */
function stretch(start: number, halfword: Halfword, { longest, enters }: TranslateOptions): Instruction[] {
	const list: Instruction[] = [];
	const seen = new Set<number>();
	const calls = new Calls();
	let pc: number | undefined = start;
	while (pc !== undefined && list.length < longest && !seen.has(pc)) {
		seen.add(pc);
		let instruction = decode(pc, halfword);
		if (enters !== undefined && (instruction.call === undefined || enters(instruction.call)))
			instruction = calls.follow(instruction);
		list.push(instruction);
		pc = instruction.next;
	}
	return list;
}

export interface TranslateOptions {
	/** Instructions at most. */
	longest: number;
	/** Whether calls and returns are followed to such an address; without it none is. */
	enters?: ((pc: number) => boolean) | undefined;
	/** Flags are right at every exit, even those that the code behind it does not read; for tests. */
	exact?: boolean;
}

export function translate(start: number, halfword: Halfword, options: TranslateOptions): Translation {
	const { exact } = options;
	const list = stretch(start, halfword, options);
	const last = list[list.length - 1]!;
	// A stretch that ends because it is long enough, or where it has been.
	const rest = last.next;
	const loops = list.some((instruction) => instruction.taken === start) || rest === start;

	const written = list.reduce((all, instruction) => all | instruction.writes, 0);
	const touched = list.reduce((all, instruction) => all | instruction.reads | instruction.writes, 0);
	const defined = list.reduce((all, instruction) => all | instruction.defines, 0);
	const needed = (pc: number | undefined) => (exact || pc === undefined ? ALL_FLAGS : flagsRead(pc, halfword));

	// Backwards: which flags are read behind each instruction.
	const exits = list.map((instruction) => (instruction.taken === undefined ? 0 : needed(instruction.taken)));
	const live: number[] = [];
	let after = needed(rest);
	for (let i = list.length - 1; i >= 0; i--) {
		const instruction = list[i]!;
		if (instruction.ends) after = ALL_FLAGS;
		after |= exits[i]!;
		live[i] = after;
		after = (after & ~instruction.defines) | instruction.uses;
	}
	if (loops) for (let i = 0; i < list.length; i++) live[i]! |= after;

	const lines: string[] = [];
	let cycles = 0;
	let dirty = loops ? written : 0;
	let changed = loops ? defined : 0;
	const save = (flags: number) => {
		let text = "";
		for (let r = 0; r < 15; r++) if (dirty & (1 << r)) text += `R[${r}]=r${r};`;
		flags &= changed;
		if (flags & N) text += "F[0]=n;";
		if (flags & Z) text += "F[1]=z;";
		if (flags & C) text += "F[2]=cf?1:0;";
		if (flags & V) text += "F[3]=v;";
		return text;
	};
	const leave = (pc: number, flags: number, count: number) =>
		pc === start && loops
			? `c+=${count};if(c<cpu.limit)continue L;${save(flags)}R[15]=${pc};return c;`
			: `${save(flags)}R[15]=${pc};return c+${count};`;

	for (const [i, instruction] of list.entries()) {
		const flags = live[i]!;
		if (!loops) {
			dirty |= instruction.writes;
			changed |= instruction.defines;
		}
		if (instruction.taken !== undefined)
			lines.push(`if(${instruction.condition}){${leave(instruction.taken, exits[i]!, cycles + 2)}}`);
		else lines.push(instruction.emit({ flags, before: cycles, save: () => save(ALL_FLAGS) }));
		cycles += instruction.cycles;
	}
	if (rest !== undefined) lines.push(leave(rest, needed(rest), cycles));

	let head = "let t=0,i=0;";
	for (let r = 0; r < 15; r++) if (touched & (1 << r)) head += `let r${r}=R[${r}];`;
	// Flags that an exit saves must be there even when what defines them has not run.
	head += "let n=F[0],z=F[1],cf=F[2]!==0,v=F[3];";
	const body = lines.join("\n");
	const source = `${head}\n${loops ? `L:for(;;){${body}}` : body}\n`;
	return { source, addresses: list.map((instruction) => instruction.pc) };
}
