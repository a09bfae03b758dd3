// What random programs are made of: expressions as text with what is known of them, types, names and functions.

import type { Prng } from "../../support/prng.ts";
import type { Range } from "./ranges.ts";

/** How tightly an operator binds; an operand of a lower rank needs parentheses. */
export const RANK = {
	choice: 1,
	or: 2,
	and: 3,
	bitOr: 4,
	bitXor: 5,
	bitAnd: 6,
	equal: 7,
	less: 8,
	shift: 9,
	sum: 10,
	product: 11,
	unary: 12,
	whole: 14,
};

/** An expression. `type`: booleans have the range 0 to 1. `reads`: it looks at memory or may throw. */
export interface Value {
	text: string;
	rank: number;
	type: "number" | "boolean";
	range: Range;
	reads: boolean;
	/** Local names in it. */
	names: readonly string[];
}

export interface Type {
	kind: "number" | "boolean" | "view" | "row" | "void";
	/** As it is written. */
	text: string;
	range: Range;
	/** Of a row. */
	record?: RecordKind;
}

/** A kind of records (src/packet/record.ts). */
export interface RecordKind {
	name: string;
	module: number;
	bytes: number;
	fields: { name: string; range: Range; writable: boolean }[];
}

/** A local name. Those that are not `assignable` are constants, and counters of loops. */
export interface Local {
	name: string;
	type: Type;
	assignable: boolean;
	/** Counts a loop: nothing hides it, so that the compiler keeps seeing its range. */
	counter?: true;
	/** Of a row: the memory that it lies in. */
	memory?: Local;
}

/** A function of the program. */
export interface FlatFunction {
	name: string;
	/** The module that declares it. */
	module: number;
	/** Those with rows as parameters are for their module alone. */
	exported: boolean;
	parameters: { name: string; type: Type }[];
	result: Type;
	/** How many statements a call may run, about. */
	cost: number;
	/** Whether it looks at memory or may throw. */
	reads: boolean;
	writes: boolean;
	/** Whether it is one expression. */
	small: boolean;
}

/** A constant of a module: `members` of one that is an object. */
export interface Constant {
	name: string;
	module: number;
	value: number;
	member?: string;
}

export const NUMBER: Type = { kind: "number", text: "number", range: { low: -0x80000000, high: 0x7fffffff } };
export const BOOLEAN: Type = { kind: "boolean", text: "boolean", range: { low: 0, high: 1 } };
export const VIEW: Type = { kind: "view", text: "DataView", range: { low: 0, high: 0 } };
export const VOID: Type = { kind: "void", text: "void", range: { low: 0, high: 0 } };

/** Numbers at which something turns. */
export const EDGES = [
	0, 1, -1, 2, -2, 3, 4, 7, 8, 9, 15, 16, 31, 32, 33, -31, -32, 63, 64, 127, 128, -128, 255, 256, 32767, 32768, -32768, 65535,
	65536, 0x3fffffff, 0x40000000, -0x40000000, 0x7ffffffe, 0x7fffffff, -0x7fffffff, -0x80000000,
];
/** The same past int32. */
export const WIDE_EDGES = [
	0x80000000,
	0xffffffff,
	0x100000000,
	-0x80000001,
	-0xffffffff,
	0x1_7fff_ffff,
	2 ** 40,
	-(2 ** 40),
	2 ** 52,
];

/** Names that mean something in C, or look like another. */
const NAMES = (
	"a b c x y at length end count sum n int char short long float double signed unsigned register auto struct union restrict inline linux unix " +
	"abs main errno size base memory context result bool and or xor int32_t uint8_t INT32_MIN a_base x_size y_2 get32 flatMin NULL EOF exit index y0 stdin value view_ $ $1 _x x_ aé i"
).split(" ");

export function randomName(random: Prng): string {
	return random.pick(NAMES);
}

/** An int32: an edge, a small one, or any. */
export function randomInt32(random: Prng): number {
	const kind = random.below(4);
	if (kind === 0) return random.between(-4, 70);
	return kind === 1 ? random.next() : random.pick(EDGES);
}

export function randomWithin(random: Prng, { low, high }: Range): number {
	for (let i = 0; i < 4; i++) {
		const value = randomInt32(random);
		if (value >= low && value <= high) return value;
	}
	return random.chance(0.3) ? random.pick([low, high]) : random.between(low, high);
}

/** As source text: decimal, hexadecimal, or with separators. */
export function literal(random: Prng, number: number): Value {
	const size = Math.abs(number);
	const written = random.chance(0.3)
		? `0x${size.toString(16)}`
		: size > 9999 && random.chance(0.1)
			? `${Math.floor(size / 1000)}_${String(size % 1000).padStart(3, "0")}`
			: String(size);
	return {
		text: number < 0 ? `-${written}` : written,
		rank: number < 0 ? RANK.unary : RANK.whole,
		type: "number",
		range: { low: number, high: number },
		reads: false,
		names: [],
	};
}

/** The expression as an operand of an operator of that rank. */
export function operand(value: Value, rank: number): string {
	return value.rank < rank ? `(${value.text})` : value.text;
}
