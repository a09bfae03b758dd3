// The sixteen data processing instructions of two low registers, 010000. Read decode.ts first; A5.2.2.

import { add, bits, result, simple, subtract } from "./decode.ts";
import type { Context, Instruction } from "./decode.ts";
import { C, N, V, Z } from "./thumb.ts";

const ARITHMETIC = N | Z | C | V;

/** Shifts by a register: how far is in its lowest byte, and by 0 the carry stays. `value` and `carry` are for 1 to 31. */
function shift(flags: number, d: string, m: string, value: string, carry: string, far: string): string {
	const carries = (flags & C) !== 0;
	const near = `${carries ? `cf=(${carry})!==0;` : ""}${d}=${value};`;
	return `t=${m}&255;if(t!==0){if(t<32){${near}}else{${far}}}${flags & N ? `n=${d};` : ""}${flags & Z ? `z=${d};` : ""}`;
}

/** The code of shifts: LSL, LSR, ASR, ROR. */
function shiftCode(kind: number, flags: number, d: string, m: string): string {
	const carries = (flags & C) !== 0;
	switch (kind) {
		case 2:
			return shift(flags, d, m, `${d}<<t`, `${d}>>>32-t&1`, `${carries ? `cf=t===32&&(${d}&1)!==0;` : ""}${d}=0;`);
		case 3:
			return shift(flags, d, m, `${d}>>>t|0`, `${d}>>>t-1&1`, `${carries ? `cf=t===32&&${d}<0;` : ""}${d}=0;`);
		case 4:
			return shift(flags, d, m, `${d}>>t`, `${d}>>t-1&1`, `${carries ? `cf=${d}<0;` : ""}${d}=${d}>>31;`);
		default: {
			// By a multiple of 32 the value stays, and the carry is its highest bit as for any other.
			const turn = `t&=31;if(t!==0)${d}=${d}>>>t|${d}<<32-t;${carries ? `cf=${d}<0;` : ""}`;
			return `t=${m}&255;if(t!==0){${turn}}${flags & N ? `n=${d};` : ""}${flags & Z ? `z=${d};` : ""}`;
		}
	}
}

/** d + m + carry in, or with m inverted d - m - borrow. */
function addWithCarry(flags: number, d: string, m: string): string {
	let text = `{const a=${d},b=${m},s=(a>>>0)+(b>>>0)+(cf?1:0),d=s|0;`;
	if (flags & N) text += "n=d;";
	if (flags & Z) text += "z=d;";
	if (flags & C) text += "cf=s>4294967295;";
	if (flags & V) text += "v=(a^d)&(b^d);";
	return `${text}${d}=d;}`;
}

function code(kind: number, d: string, m: string, { flags }: Context): string {
	switch (kind) {
		case 0:
			return result(flags, d, `${d}&${m}`);
		case 1:
			return result(flags, d, `${d}^${m}`);
		case 5:
			return addWithCarry(flags, d, m);
		case 6:
			return addWithCarry(flags, d, `~${m}`);
		case 8:
			return result(flags, "", `${d}&${m}`);
		case 9:
			return subtract(flags, d, "0", m);
		case 10:
			return subtract(flags, "", d, m);
		case 11:
			return add(flags, "", d, m);
		case 12:
			return result(flags, d, `${d}|${m}`);
		case 13:
			return result(flags, d, `Math.imul(${d},${m})`);
		case 14:
			return result(flags, d, `${d}&~${m}`);
		case 15:
			return result(flags, d, `~${m}`);
		default:
			return shiftCode(kind, flags, d, m);
	}
}

export function alu(pc: number, op: number): Instruction {
	const kind = (op >> 6) & 15;
	const m = (op >> 3) & 7;
	const d = op & 7;
	const shifts = kind === 2 || kind === 3 || kind === 4 || kind === 7;
	const carries = kind === 5 || kind === 6;
	const compares = kind === 8 || kind === 10 || kind === 11;
	return simple(pc, (context) => code(kind, `r${d}`, `r${m}`, context), {
		reads: bits(m, d),
		writes: compares ? 0 : bits(d),
		// A shift by 0 leaves the carry.
		uses: shifts || carries ? C : 0,
		defines: carries || kind === 9 || kind === 10 || kind === 11 ? ARITHMETIC : shifts ? N | Z | C : N | Z,
	});
}
