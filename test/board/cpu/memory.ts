// Loads and stores. SRAM, and flash for loads, are read and written in place; all else, and what is not aligned, is the processor's to do
// (Cpu.load32 and the like), which also says how many cycles more it took. Read decode.ts first.

import { SP, bits, ending, simple } from "./decode.ts";
import type { Context, Instruction } from "./decode.ts";
import { C, N, V, Z } from "./thumb.ts";

const SRAM = 0x2000_0000;
export const SRAM_BYTES = 264 * 1024;
const FLASH = 0x1000_0000;
export const FLASH_BYTES = 16 * 1024 * 1024;

/** An index that is in range only for aligned addresses: the bits that must be 0 are turned to the top. */
function index(size: number): string {
	return size === 4 ? "(i>>>2|i<<30)>>>0" : size === 2 ? "(i>>>1|i<<31)>>>0" : "i>>>0";
}

/** The value at the address in t. `k`: cycles of the stretch until there. */
function value(size: number, k: number): string {
	const bytes = Math.abs(size);
	const shift = size === -1 ? "<<24>>24" : size === -2 ? "<<16>>16" : "";
	const array = bytes * 8;
	const slow = `(i=cpu.load${array}(t,c+${k}),c+=cpu.extra,i)`;
	return (
		`((i=t-${SRAM},i=${index(bytes)})<${SRAM_BYTES / bytes}?S${array}[i]:` +
		`(i=t-${FLASH},i=${index(bytes)})<${FLASH_BYTES / bytes}?P${array}[i]:${slow})${shift}`
	);
}

/** `size` in bytes; negative: with its sign. */
export function load(pc: number, size: number, d: number, address: string, reads: number): Instruction {
	return simple(pc, ({ before }) => `t=${address};r${d}=${value(size, before)};`, { reads, writes: bits(d), cycles: 2 });
}

/** Writes `what` to the address in t. */
function put(size: number, what: string, k: number): string {
	const array = size * 8;
	const slow = `{cpu.store${array}(t,${what},c+${k});c+=cpu.extra;}`;
	return `if((i=t-${SRAM},i=${index(size)})<${SRAM_BYTES / size})S${array}[i]=${what};else${slow}`;
}

export function store(pc: number, size: number, d: number, address: string, reads: number): Instruction {
	return simple(pc, ({ before }) => `t=${address};${put(size, `r${d}`, before)}`, { reads: reads | bits(d), cycles: 2 });
}

function listed(op: number): number[] {
	return [0, 1, 2, 3, 4, 5, 6, 7].filter((register) => op & (1 << register));
}

/** Loads registers from t on. */
function fill(registers: number[], k: number): string {
	const fast = registers.map((register, at) => `r${register}=S32[i${at === 0 ? "" : `+${at}`}];`).join("");
	const slow = registers.map((register) => `r${register}=${value(4, k)};t=t+4|0;`).join("");
	return `if((i=t-${SRAM},i=${index(4)})<${SRAM_BYTES / 4 - 16}){${fast}}else{${slow}}`;
}

/** Stores registers from t on. */
function spill(registers: number[], k: number): string {
	const fast = registers.map((register, at) => `S32[i${at === 0 ? "" : `+${at}`}]=r${register};`).join("");
	const slow = registers.map((register) => `${put(4, `r${register}`, k)}t=t+4|0;`).join("");
	return `if((i=t-${SRAM},i=${index(4)})<${SRAM_BYTES / 4 - 16}){${fast}}else{${slow}}`;
}

export function push(pc: number, op: number): Instruction {
	const registers = [...listed(op), ...(op & 0x100 ? [14] : [])];
	const bytes = registers.length * 4;
	const instruction = simple(pc, ({ before }) => `t=r13-${bytes}|0;r13=t;${spill(registers, before)}`, {
		reads: bits(SP, ...registers),
		writes: bits(SP),
		cycles: 1 + registers.length,
	});
	return { ...instruction, pushesLink: (op & 0x100) !== 0 };
}

/** `branch`: goes on at the address in t. */
export function pop(pc: number, op: number, branch: string): Instruction {
	const registers = listed(op);
	const count = registers.length + (op & 0x100 ? 1 : 0);
	const writes = bits(SP, ...registers);
	const restore = (before: number) => `t=r13;${fill(registers, before)}`;
	if (!(op & 0x100))
		return simple(pc, ({ before }) => `${restore(before)}r13=r13+${count * 4}|0;`, {
			reads: bits(SP),
			writes,
			cycles: 1 + count,
		});
	const load = (before: number) =>
		`${registers.length === 0 ? "" : restore(before)}t=r13+${registers.length * 4}|0;t=${value(4, before)};r13=r13+${count * 4}|0;`;
	const leave = (context: Context) => `${context.save()}c+=${context.before + 3 + count};${branch}return c;`;
	return {
		...ending(pc, 3 + count, bits(SP), "", { writes }),
		emit: (context) => `${load(context.before)}${leave(context)}`,
		uses: N | Z | C | V,
		returns: "pushed",
		// What was pushed is there still, if the code is what it seems.
		emitReturn: (context, target) => `${load(context.before)}if(t!==${target | 1}){${leave(context)}}`,
	};
}

export function loadMany(pc: number, op: number): Instruction {
	const registers = listed(op);
	const n = (op >> 8) & 7;
	const back = registers.includes(n) ? "" : `r${n}=r${n}+${registers.length * 4}|0;`;
	return simple(pc, ({ before }) => `t=r${n};${fill(registers, before)}${back}`, {
		reads: bits(n),
		writes: bits(n, ...registers),
		cycles: 1 + registers.length,
	});
}

export function storeMany(pc: number, op: number): Instruction {
	const registers = listed(op);
	const n = (op >> 8) & 7;
	return simple(pc, ({ before }) => `t=r${n};${spill(registers, before)}r${n}=r${n}+${registers.length * 4}|0;`, {
		reads: bits(n, ...registers),
		writes: bits(n),
		cycles: 1 + registers.length,
	});
}
