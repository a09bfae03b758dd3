// One Thumb instruction: what it reads and writes, how long it takes, and the JavaScript that does the same. Read thumb.ts first.

import { C, N, V, Z } from "./thumb.ts";
import type { Halfword } from "./thumb.ts";
import { loadMany, load, pop, push, store, storeMany } from "./memory.ts";
import { alu } from "./alu.ts";

/** What the code of an instruction is made for. */
export interface Context {
	/** Flags that are read behind it. */
	flags: number;
	/** Cycles of the stretch before it. */
	before: number;
	/** Code that puts registers and flags where the processor has them. */
	save(): string;
}

export interface Instruction {
	pc: number;
	/** Registers as sets of bits. */
	reads: number;
	writes: number;
	/** Flags. */
	uses: number;
	defines: number;
	cycles: number;
	/** Where it goes on, when that is known. */
	next: number | undefined;
	/** A conditional branch: the other way, and when that is taken. */
	taken?: number;
	condition?: string;
	/** The stretch ends here: the code returns by itself. */
	ends: boolean;
	/** A call of code that is known. */
	call?: number;
	/** It pushes the link register, or returns to it or to what was pushed. */
	pushesLink?: boolean;
	returns?: "link" | "pushed";
	/** Of what returns: the code when it is to go on at `target`, without leaving the stretch. */
	emitReturn?(context: Context, target: number): string;
	emit(context: Context): string;
}

export const SP = 13;
const LR = 14;
const PC = 15;

const CONDITIONS = [
	["z===0", Z],
	["z!==0", Z],
	["cf", C],
	["!cf", C],
	["n<0", N],
	["n>=0", N],
	["v<0", V],
	["v>=0", V],
	["cf&&z!==0", C | Z],
	["!cf||z===0", C | Z],
	["(n^v)>=0", N | V],
	["(n^v)<0", N | V],
	["z!==0&&(n^v)>=0", N | Z | V],
	["z===0||(n^v)<0", N | Z | V],
] as const;

export function bits(...registers: number[]): number {
	return registers.reduce((set, register) => set | (1 << register), 0) & 0x7fff;
}

/** An instruction that does what `code` says and goes on. */
export function simple(
	pc: number,
	code: string | ((context: Context) => string),
	{ reads = 0, writes = 0, uses = 0, defines = 0, cycles = 1, size = 2 },
): Instruction {
	const emit = typeof code === "string" ? () => code : code;
	return { pc, reads, writes, uses, defines, cycles, next: pc + size, ends: false, emit };
}

/** An instruction that leaves: `code` sets the program counter, R[15], when `target` is not given, after everything has been saved. */
export function ending(pc: number, cycles: number, reads: number, code: string, { writes = 0, target = "" } = {}): Instruction {
	const emit = (context: Context) => {
		const jump = target === "" ? "" : `R[15]=${target};`;
		return `${context.save()}c+=${context.before + cycles};${jump}${code}return c;`;
	};
	return { pc, reads, writes, uses: 0, defines: 0, cycles, next: undefined, ends: true, emit };
}

/** Goes on at the address in the variable t, whose lowest bit says Thumb. EXC_RETURN is one of those that have 15 on top. */
const BRANCH = "if((t&1)===0||(t>>>28)===15)cpu.branchExchange(t);else R[15]=t&~1;";

function branchTo(pc: number, target: number, cycles: number): Instruction {
	return { pc, reads: 0, writes: 0, uses: 0, defines: 0, cycles, next: target >>> 0, ends: false, emit: () => "" };
}

function highRegisters(pc: number, op: number): Instruction {
	const m = (op >> 3) & 15;
	const d = (op & 7) | ((op >> 4) & 8);
	const value = m === PC ? `${pc + 4}` : `r${m}`;
	const reads = bits(m);
	switch ((op >> 8) & 3) {
		case 0: {
			const sum = `((${d === PC ? pc + 4 : `r${d}`})+${value}|0)`;
			if (d === PC) return ending(pc, 2, reads, `R[15]=${sum}&~1;`);
			return simple(pc, `r${d}=${sum}${d === SP ? "&~3" : ""};`, { reads: reads | bits(d), writes: bits(d) });
		}
		case 1:
			return simple(pc, ({ flags }) => subtract(flags, "", `r${d}`, value), {
				reads: reads | bits(d),
				defines: N | Z | C | V,
			});
		case 2:
			if (d === PC) return ending(pc, 2, reads, `R[15]=${value}&~1;`);
			return simple(pc, `r${d}=${value}${d === SP ? "&~3" : ""};`, { reads, writes: bits(d) });
		default: {
			const link = op & 0x80 ? `R[14]=${(pc + 2) | 1};` : "";
			const branch = ending(pc, 2, reads, `t=${value};${link}${BRANCH}`);
			return m === LR && link === "" ? { ...branch, returns: "link", emitReturn: () => "" } : branch;
		}
	}
}

/** `to` = a - b, with flags. */
export function subtract(flags: number, to: string, a: string, b: string): string {
	let text = "{";
	const left = flags & (C | V) ? "a" : a;
	const right = flags & (C | V) ? "b" : b;
	if (flags & (C | V)) text += `const a=${a},b=${b};`;
	const result = flags === 0 ? `${left}-${right}|0` : "d";
	if (flags !== 0) text += `const d=${left}-${right}|0;`;
	if (flags & N) text += "n=d;";
	if (flags & Z) text += "z=d;";
	if (flags & C) text += "cf=(a>>>0)>=(b>>>0);";
	if (flags & V) text += "v=(a^b)&(a^d);";
	if (to !== "") text += `${to}=${result};`;
	return `${text}}`;
}

/** `to` = a + b, with flags. */
export function add(flags: number, to: string, a: string, b: string): string {
	if (flags === 0) return to === "" ? "" : `${to}=${a}+${b}|0;`;
	let text = `{const a=${a},b=${b},d=a+b|0;`;
	if (flags & N) text += "n=d;";
	if (flags & Z) text += "z=d;";
	if (flags & C) text += "cf=(d>>>0)<(a>>>0);";
	if (flags & V) text += "v=(a^d)&(b^d);";
	if (to !== "") text += `${to}=d;`;
	return `${text}}`;
}

/** `to` = value, with N and Z. */
export function result(flags: number, to: string, value: string): string {
	if (to === "") {
		if ((flags & (N | Z)) === 0) return "";
		return `{const d=${value};${flags & N ? "n=d;" : ""}${flags & Z ? "z=d;" : ""}}`;
	}
	return `${to}=${value};${flags & N ? `n=${to};` : ""}${flags & Z ? `z=${to};` : ""}`;
}

/** Shifts by a constant, 000xx; A6.7.35, .37, .8. */
function shiftImmediate(pc: number, op: number): Instruction {
	const kind = (op >> 11) & 3;
	const count = (op >> 6) & 31;
	const m = `r${(op >> 3) & 7}`;
	const d = `r${op & 7}`;
	const reads = bits((op >> 3) & 7);
	const writes = bits(op & 7);
	if (kind === 0 && count === 0) return simple(pc, ({ flags }) => result(flags, d, m), { reads, writes, defines: N | Z });
	const by = count === 0 ? 32 : count;
	const carry = kind === 0 ? `${m}>>>${32 - by}&1` : `${m}>>>${by - 1}&1`;
	const value = kind === 0 ? `${m}<<${by}` : kind === 1 ? (by === 32 ? "0" : `${m}>>>${by}|0`) : `${m}>>${Math.min(by, 31)}`;
	return simple(pc, ({ flags }) => (flags & C ? `cf=(${carry})!==0;` : "") + result(flags, d, value), {
		reads,
		writes,
		defines: N | Z | C,
	});
}

function addSubtract3(pc: number, op: number): Instruction {
	const third = (op >> 6) & 7;
	const b = op & 0x400 ? `${third}` : `r${third}`;
	const n = (op >> 3) & 7;
	const operate = op & 0x200 ? subtract : add;
	return simple(pc, ({ flags }) => operate(flags, `r${op & 7}`, `r${n}`, b), {
		reads: bits(n) | (op & 0x400 ? 0 : bits(third)),
		writes: bits(op & 7),
		defines: N | Z | C | V,
	});
}

function immediate8(pc: number, op: number): Instruction {
	const d = (op >> 8) & 7;
	const value = `${op & 255}`;
	const all = { reads: bits(d), writes: bits(d), defines: N | Z | C | V };
	switch ((op >> 11) & 3) {
		case 0:
			return simple(pc, ({ flags }) => result(flags, `r${d}`, value), { writes: bits(d), defines: N | Z });
		case 1:
			return simple(pc, ({ flags }) => subtract(flags, "", `r${d}`, value), { ...all, writes: 0 });
		case 2:
			return simple(pc, ({ flags }) => add(flags, `r${d}`, `r${d}`, value), all);
		default:
			return simple(pc, ({ flags }) => subtract(flags, `r${d}`, `r${d}`, value), all);
	}
}

/** SXTH, SXTB, UXTH, UXTB; REV, REV16, REVSH. */
function extend(pc: number, op: number): Instruction | undefined {
	const m = `r${(op >> 3) & 7}`;
	const code: Record<number, string> = {
		0xb200: `${m}<<16>>16`,
		0xb240: `${m}<<24>>24`,
		0xb280: `${m}&65535`,
		0xb2c0: `${m}&255`,
		0xba00: `${m}<<24|(${m}&65280)<<8|${m}>>>8&65280|${m}>>>24`,
		0xba40: `(${m}&0xff00ff)<<8|${m}>>>8&0xff00ff`,
		0xbac0: `${m}<<24>>16|${m}>>>8&255`,
	};
	const value = code[op & 0xffc0];
	if (value === undefined) return undefined;
	return simple(pc, `r${op & 7}=${value};`, { reads: bits((op >> 3) & 7), writes: bits(op & 7) });
}

/** Stack pointer arithmetic, extension, PUSH, POP, CPS, BKPT and hints: 1011. */
function miscellaneous(pc: number, op: number): Instruction {
	if ((op & 0xff00) === 0xb000) {
		const offset = (op & 0x7f) << 2;
		return simple(pc, `r13=r13${op & 0x80 ? "-" : "+"}${offset}|0;`, { reads: bits(SP), writes: bits(SP) });
	}
	const extended = extend(pc, op);
	if (extended !== undefined) return extended;
	if ((op & 0xfe00) === 0xb400) return push(pc, op);
	if ((op & 0xfe00) === 0xbc00) return pop(pc, op, BRANCH);
	if (op === 0xb672) return simple(pc, "cpu.maskInterrupts(true);", {});
	if (op === 0xb662) return ending(pc, 1, 0, "cpu.maskInterrupts(false);", { target: `${pc + 2}` });
	if ((op & 0xff00) === 0xbe00) return ending(pc, 1, 0, `cpu.breakpoint(${op & 255});`, { target: `${pc}` });
	if (op === 0xbf20) return ending(pc, 2, 0, "cpu.waitForEvent();", { target: `${pc + 2}` });
	if (op === 0xbf30) return ending(pc, 2, 0, "cpu.waitForInterrupt();", { target: `${pc + 2}` });
	if (op === 0xbf40) return simple(pc, "cpu.sendEvent();", {});
	// NOP, YIELD and hints that are not allocated.
	if ((op & 0xff0f) === 0xbf00) return simple(pc, "", {});
	return invalid(pc, op);
}

function invalid(pc: number, op: number): Instruction {
	return ending(pc, 1, 0, `cpu.undefinedInstruction(${op});`, { target: `${pc}` });
}

/** 32 bits: BL, MSR, MRS and barriers; A5.3. */
function wide(pc: number, op: number, op2: number): Instruction {
	if ((op2 & 0xd000) === 0xd000) {
		const s = (op >> 10) & 1;
		const i1 = 1 ^ ((op2 >> 13) & 1) ^ s;
		const i2 = 1 ^ ((op2 >> 11) & 1) ^ s;
		const offset = (-s << 24) | (i1 << 23) | (i2 << 22) | ((op & 0x3ff) << 12) | ((op2 & 0x7ff) << 1);
		const target = (pc + 4 + offset) >>> 0;
		return { ...ending(pc, 3, 0, `R[14]=${(pc + 4) | 1};`, { target: `${target}` }), call: target };
	}
	if (op === 0xf3bf && (op2 & 0xffc0) === 0x8f40) return simple(pc, "", { cycles: 3, size: 4 });
	const after = { target: `${pc + 4}` };
	if ((op & 0xfff0) === 0xf380 && (op2 & 0xff00) === 0x8800)
		return ending(pc, 3, bits(op & 15), `cpu.writeSpecial(${op2 & 255},r${op & 15});`, after);
	if (op === 0xf3ef && (op2 & 0xf000) === 0x8000) {
		const d = (op2 >> 8) & 15;
		// PRIMASK is read again and again, and needs nothing saved.
		if ((op2 & 255) === 16) return simple(pc, `r${d}=core.PM?1:0;`, { writes: bits(d), cycles: 3, size: 4 });
		return ending(pc, 3, 0, `R[${d}]=cpu.readSpecial(${op2 & 255});`, after);
	}
	return invalid(pc, op);
}

/** The instruction at `pc`. What is none is one that says so when it runs. */
export function decode(pc: number, halfword: Halfword): Instruction {
	const op = halfword(pc);
	if (op === undefined) return ending(pc, 1, 0, "cpu.noCode();", { target: `${pc}` });
	switch (op >> 11) {
		case 0:
		case 1:
		case 2:
			return shiftImmediate(pc, op);
		case 3:
			return addSubtract3(pc, op);
		case 4:
		case 5:
		case 6:
		case 7:
			return immediate8(pc, op);
		case 8:
			return op & 0x400 ? highRegisters(pc, op) : alu(pc, op);
		case 20:
			return simple(pc, `r${(op >> 8) & 7}=${((pc + 4) & ~3) + ((op & 255) << 2)};`, { writes: bits((op >> 8) & 7) });
		case 21:
			return simple(pc, `r${(op >> 8) & 7}=r13+${(op & 255) << 2}|0;`, { reads: bits(SP), writes: bits((op >> 8) & 7) });
		case 22:
		case 23:
			return miscellaneous(pc, op);
		case 24:
			return storeMany(pc, op);
		case 25:
			return loadMany(pc, op);
		case 26:
		case 27:
			return conditional(pc, op);
		case 28:
			return branchTo(pc, pc + 4 + (((op & 0x7ff) << 21) >> 20), 2);
		case 29:
			return invalid(pc, op);
		case 30:
		case 31: {
			const op2 = halfword(pc + 2);
			return op2 === undefined || op >> 11 === 31 ? invalid(pc, op) : wide(pc, op, op2);
		}
		default:
			return memory(pc, op, halfword);
	}
}

function conditional(pc: number, op: number): Instruction {
	const which = (op >> 8) & 15;
	if (which === 14) return invalid(pc, op);
	if (which === 15) return ending(pc, 1, 0, "cpu.supervisorCall();", { target: `${pc + 2}` });
	const [condition, uses] = CONDITIONS[which]!;
	const taken = (pc + 4 + (((op & 255) << 24) >> 23)) >>> 0;
	return { ...simple(pc, "", { uses }), taken, condition };
}

/** Loads and stores of one register: 01001, 0101, 011, 1000, 1001. */
function memory(pc: number, op: number, halfword: Halfword): Instruction {
	const kind = op >> 11;
	const n = (op >> 3) & 7;
	const d = op & 7;
	const by = (op >> 6) & 31;
	if (kind === 9) {
		const address = ((pc + 4) & ~3) + ((op & 255) << 2);
		const d8 = (op >> 8) & 7;
		const low = halfword(address);
		const high = halfword(address + 2);
		// What is in flash or ROM is a constant.
		if (low !== undefined && high !== undefined && address < 0x2000_0000)
			return simple(pc, `r${d8}=${(high << 16) | low};`, { writes: bits(d8), cycles: 2 });
		return load(pc, 4, d8, `${address}`, 0);
	}
	if (kind === 10 || kind === 11) {
		const address = `r${n}+r${(op >> 6) & 7}|0`;
		const reads = bits(n, (op >> 6) & 7);
		const size = [4, 2, 1, -1, 4, 2, 1, -2][(op >> 9) & 7]!;
		return (op >> 9) & 7 && ((op >> 9) & 7) >= 3 ? load(pc, size, d, address, reads) : store(pc, size, d, address, reads);
	}
	if (kind === 18 || kind === 19) {
		const d8 = (op >> 8) & 7;
		const address = `r13+${(op & 255) << 2}|0`;
		return kind === 19 ? load(pc, 4, d8, address, bits(SP)) : store(pc, 4, d8, address, bits(SP));
	}
	const size = kind >= 16 ? 2 : kind >= 14 ? 1 : 4;
	const address = by === 0 ? `r${n}` : `r${n}+${by * size}|0`;
	return op & 0x800 ? load(pc, size, d, address, bits(n)) : store(pc, size, d, address, bits(n));
}
