// Random expressions over the names of a scope. None of them changes anything: statements do.

import type { Prng } from "../../support/prng.ts";
import { exact, fitsInt32, hull, INT32, rangeOf, span, within, type Range } from "./ranges.ts";
import {
	BOOLEAN,
	literal,
	operand,
	randomInt32,
	randomWithin,
	RANK,
	WIDE_EDGES,
	type Constant,
	type FlatFunction,
	type Local,
	type RecordKind,
	type Type,
	type Value,
} from "./values.ts";

/** What a function can name, and what it may still cost. */
export interface Scope {
	/** All local names that are visible, innermost last; one that is hidden by another of its name is not among them. */
	locals(): Local[];
	constants: Constant[];
	kinds: RecordKind[];
	/** Functions that may be called. */
	functions: FlatFunction[];
	/** How a module-level name of that module is written here. */
	spell(module: number, name: string): string;
	/** How often what is written now may run. */
	runs: number;
	/** Told of each call that was written. */
	called(callee: FlatFunction): void;
}

const READS: [name: string, bytes: number, range: Range][] = [
	["getUint8", 1, span(0, 0xff)],
	["getUint16", 2, span(0, 0xffff)],
	["getInt32", 4, INT32],
];
const BIT_RANKS: Record<string, number> = { "|": RANK.bitOr, "^": RANK.bitXor, "&": RANK.bitAnd };
/** Where things lie in memory. */
const OFFSET = span(0, 0x40000000);
const MOST_RUNS = 20_000;

export class Expressions {
	readonly random: Prng;
	readonly scope: Scope;

	constructor(random: Prng, scope: Scope) {
		this.random = random;
		this.scope = scope;
	}

	#made(text: string, rank: number, type: Value["type"], range: Range, ...parts: Value[]): Value {
		return {
			text,
			rank,
			type,
			range,
			reads: parts.some(({ reads }) => reads),
			names: parts.flatMap(({ names }) => names),
		};
	}

	/** Any number that JavaScript holds exactly, also one that does not fit int32: an operand of what takes it modulo 2^32. */
	number(depth: number): Value {
		if (depth <= 0) return this.#leaf();
		const kind = this.random.below(20);
		if (kind < 4) return this.#arithmetic(depth);
		if (kind < 9) return this.#bits(depth);
		if (kind < 11) return this.#unary(depth);
		if (kind < 13) return this.#math(depth);
		if (kind < 16) return this.read(depth) ?? this.#leaf();
		if (kind < 17) return this.#choice(depth, () => this.int32(depth - 1));
		if (kind < 18) return this.call(depth, "number", false) ?? this.#leaf();
		return this.#leaf();
	}

	int32(depth: number): Value {
		return this.wrap(this.number(depth));
	}

	/** The value, with `| 0` where it may not fit. */
	wrap(value: Value): Value {
		if (fitsInt32(value.range) && !this.random.chance(0.05)) return value;
		return this.#made(
			`${operand(value, RANK.bitOr)} | 0`,
			RANK.bitOr,
			"number",
			fitsInt32(value.range) ? value.range : INT32,
			value,
		);
	}

	/** A number of that range. */
	inside(range: Range, depth: number): Value {
		for (let i = 0; i < 3; i++) {
			const value = this.number(depth);
			if (within(value.range, range)) return value;
		}
		const bits = Math.floor(Math.log2(range.high - range.low + 1));
		if (bits < 1 || bits > 30 || this.random.chance(0.3))
			return within(INT32, range) ? this.int32(depth) : literal(this.random, randomWithin(this.random, range));
		const value = this.number(depth);
		const masked = this.#made(
			`${operand(value, RANK.bitAnd)} & ${2 ** bits - 1}`,
			RANK.bitAnd,
			"number",
			span(0, 2 ** bits - 1),
			value,
		);
		if (range.low === 0) return masked;
		const low = literal(this.random, range.low);
		return this.#made(`(${masked.text}) + ${low.text}`, RANK.sum, "number", span(range.low, range.low + 2 ** bits - 1), masked);
	}

	#leaf(): Value {
		const kind = this.random.below(12);
		if (kind >= 10) return this.#field() ?? this.#layout() ?? literal(this.random, randomInt32(this.random));
		if (kind < 6) {
			const locals = this.scope.locals().filter(({ type }) => type.kind === "number");
			if (locals.length > 0) {
				const { name, type } = this.random.pick(locals);
				return { text: name, rank: RANK.whole, type: "number", range: type.range, reads: false, names: [name] };
			}
		} else if (kind < 8 && this.scope.constants.length > 0) return this.constant(this.random.pick(this.scope.constants));
		return literal(this.random, this.random.chance(0.1) ? this.random.pick(WIDE_EDGES) : randomInt32(this.random));
	}

	/** A field of a row, or where it lies. */
	#field(): Value | undefined {
		const rows = this.scope.locals().filter(({ type }) => type.kind === "row");
		if (rows.length === 0) return undefined;
		const { name, type } = this.random.pick(rows);
		const field = this.random.pick([...type.record!.fields, { name: "at", range: OFFSET, writable: false }]);
		return {
			text: `${name}.${field.name}`,
			rank: RANK.whole,
			type: "number",
			range: field.range,
			reads: field.writable,
			names: [name],
		};
	}

	/** The size of a kind of records, or where a field begins. */
	#layout(): Value | undefined {
		if (this.scope.kinds.length === 0) return undefined;
		const { name, module, bytes, fields } = this.random.pick(this.scope.kinds);
		const text = `${this.scope.spell(module, name)}.${this.random.chance(0.5) ? "bytes" : `offsets.${this.random.pick(fields).name}`}`;
		return { text, rank: RANK.whole, type: "number", range: span(0, bytes), reads: false, names: [] };
	}

	constant({ name, module, value, member }: Constant): Value {
		const text = `${this.scope.spell(module, name)}${member === undefined ? "" : `.${member}`}`;
		return { text, rank: RANK.whole, type: "number", range: span(value, value), reads: false, names: [] };
	}

	#arithmetic(depth: number): Value {
		const operator = this.random.pick(["+", "-", "+", "-", "*"]);
		const [left, right] = [this.number(depth - 1), this.number(depth - 1)];
		const range = rangeOf(operator, left.range, right.range);
		if (!exact(range)) return this.#made(`Math.imul(${left.text}, ${right.text})`, RANK.whole, "number", INT32, left, right);
		const rank = operator === "*" ? RANK.product : RANK.sum;
		return this.#made(`${operand(left, rank)} ${operator} ${operand(right, rank + 1)}`, rank, "number", range, left, right);
	}

	#bits(depth: number): Value {
		const operator = this.random.pick(["&", "&", "|", "^", "<<", ">>", ">>>"]);
		const left = this.number(depth - 1);
		if (operator in BIT_RANKS) {
			const rank = BIT_RANKS[operator]!;
			const right = this.random.chance(0.5) ? literal(this.random, randomInt32(this.random)) : this.number(depth - 1);
			return this.#made(
				`${operand(left, rank)} ${operator} ${operand(right, rank + 1)}`,
				rank,
				"number",
				rangeOf(operator, left.range, right.range),
				left,
				right,
			);
		}
		const constant = this.random.chance(0.7);
		const count = constant
			? literal(this.random, this.random.pick([0, 1, 4, 8, 15, 16, 24, 30, 31, 32, 33, -1, 63, 64]))
			: this.number(depth - 1);
		return this.#made(
			`${operand(left, RANK.shift)} ${operator} ${operand(count, RANK.shift + 1)}`,
			// tsc takes `a << b > (c)` for type arguments, as no one writes it: always in parentheses.
			operator === "<<" ? 0 : RANK.shift,
			"number",
			// Only a count that is written as a number is one that the compiler sees.
			rangeOf(operator, left.range, constant ? count.range : span(0, 1)),
			left,
			count,
		);
	}

	#unary(depth: number): Value {
		const operator = this.random.pick(["-", "-", "~"]);
		const value = this.number(depth - 1);
		const range = operator === "-" ? span(-value.range.high, -value.range.low) : INT32;
		const inner = operand(value, RANK.unary);
		return this.#made(`${operator}${/^[-+]/.test(inner) ? `(${inner})` : inner}`, RANK.unary, "number", range, value);
	}

	#math(depth: number): Value {
		const name = this.random.pick(["imul", "min", "max", "clz32"]);
		const operand = () => (name === "imul" || name === "clz32" ? this.number(depth - 1) : this.int32(depth - 1));
		const a = operand();
		if (name === "clz32") return this.#made(`Math.clz32(${a.text})`, RANK.whole, "number", span(0, 32), a);
		const b = operand();
		const pick = name === "min" ? Math.min : Math.max;
		const range = name === "imul" ? INT32 : span(pick(a.range.low, b.range.low), pick(a.range.high, b.range.high));
		return this.#made(`Math.${name}(${a.text}, ${b.text})`, RANK.whole, "number", range, a, b);
	}

	#choice(depth: number, side: () => Value): Value {
		const test = this.boolean(depth - 1);
		const [a, b] = [side(), side()];
		const text = `${operand(test, RANK.choice + 1)} ? ${operand(a, RANK.choice)} : ${operand(b, RANK.choice)}`;
		return this.#made(text, RANK.choice, a.type, hull(a.range, b.range), test, a, b);
	}

	/** Where in memory: often inside, sometimes not, and at a multiple of `unit`. */
	at(depth: number, unit: number): Value {
		const kind = this.random.below(11);
		if (kind === 10) {
			// A name alone, which may change later.
			const names = this.scope.locals().filter(({ type }) => type.kind === "number" && fitsInt32(type.range));
			if (names.length > 0 && unit === 1) {
				const { name, type } = this.random.pick(names);
				return { text: name, rank: RANK.whole, type: "number", range: type.range, reads: false, names: [name] };
			}
		}
		if (kind < 3) return literal(this.random, this.random.below(16) * unit);
		if (kind < 9 || this.random.chance(0.5)) {
			const index = this.inside(span(0, 15), depth);
			if (unit === 1 && this.random.chance(0.5)) return index;
			const offset = this.random.between(-1, 4) * unit;
			const text = `${operand(index, RANK.product)} * ${unit} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`;
			return this.#made(text, RANK.sum, "number", span(index.range.low * unit + offset, index.range.high * unit + offset), index);
		}
		const any = this.number(depth);
		// Where it lies beyond all memory in C too, when it does in JavaScript.
		if (unit === 1) return any.range.low > -3 * 2 ** 30 && any.range.high <= 0xffffffff ? any : this.wrap(any);
		return this.#made(`${operand(any, RANK.bitAnd)} & -4`, RANK.bitAnd, "number", INT32, any);
	}

	/** An access's view, place, and what is written after its value, such as `, true`. */
	access(bytes: number, depth: number): { view: string; at: Value; order: string } | undefined {
		const views = this.scope.locals().filter(({ type }) => type.kind === "view");
		if (views.length === 0) return undefined;
		const little = bytes > 1 && this.random.chance(0.5);
		const order = little ? ", true" : "";
		return { view: this.random.pick(views).name, at: this.at(depth, little && bytes === 4 ? 4 : 1), order };
	}

	read(depth: number): Value | undefined {
		const [name, bytes, range] = this.random.pick(READS);
		const access = this.access(bytes, depth - 1);
		if (access === undefined) return undefined;
		const { view, at, order } = access;
		return {
			text: `${view}.${name}(${at.text}${order})`,
			rank: RANK.whole,
			type: "number",
			range,
			reads: true,
			names: [view, ...at.names],
		};
	}

	/** A call of a function with that result; of one that writes only where `writes` says so. `given`: what numbers it is given, sometimes. */
	call(depth: number, result: Type["kind"], writes: boolean, given?: () => Value | undefined): Value | undefined {
		const fitting = this.scope.functions.filter(
			(each) => each.result.kind === result && each.writes === writes && each.cost * this.scope.runs <= MOST_RUNS,
		);
		if (fitting.length === 0) return undefined;
		const small = given === undefined ? [] : fitting.filter((each) => each.small);
		const callee = this.random.pick(small.length > 0 && this.random.chance(0.8) ? small : fitting);
		const values = this.#arguments(callee, depth, given);
		if (values === undefined) return undefined;
		this.scope.called(callee);
		const name = this.scope.spell(callee.module, callee.name);
		const value = this.#made(
			`${name}(${values.map((each) => operand(each, RANK.choice)).join(", ")})`,
			RANK.whole,
			callee.result.kind === "boolean" ? "boolean" : "number",
			callee.result.range,
			...values,
		);
		return { ...value, reads: value.reads || callee.reads };
	}

	/** What a function may be given; nothing where there is no memory, or no row of that kind in it. */
	#arguments({ parameters }: FlatFunction, depth: number, wanted?: () => Value | undefined): Value[] | undefined {
		const named = (name: string): Value => ({
			text: name,
			rank: RANK.whole,
			type: "number",
			range: span(0, 0),
			reads: false,
			names: [name],
		});
		const locals = this.scope.locals();
		const views = locals.filter(({ type }) => type.kind === "view");
		if (views.length === 0) return undefined;
		const first = this.random.pick(views);
		let given = 0;
		const values: Value[] = [];
		for (const { type } of parameters) {
			if (type.kind === "view") values.push(named((given++ === 0 ? first : this.random.pick(views)).name));
			else if (type.kind === "row") {
				const rows = locals.filter(
					(each) => each.type.record === type.record && each.type.kind === "row" && each.memory === first,
				);
				if (rows.length === 0) return undefined;
				values.push(named(this.random.pick(rows).name));
			} else {
				const special = type.kind === "number" ? wanted?.() : undefined;
				if (special !== undefined && within(special.range, type.range)) values.push(special);
				else values.push(type.kind === "boolean" ? this.boolean(depth - 1) : this.inside(type.range, depth - 1));
			}
		}
		return values;
	}

	boolean(depth: number): Value {
		const kind = depth <= 0 ? this.random.below(2) : this.random.below(11);
		if (kind < 2) {
			const locals = this.scope.locals().filter(({ type }) => type.kind === "boolean");
			if (locals.length > 0) {
				const { name } = this.random.pick(locals);
				return { text: name, rank: RANK.whole, type: "boolean", range: BOOLEAN.range, reads: false, names: [name] };
			}
			if (depth <= 0 && this.random.chance(0.5)) {
				const text = this.random.pick(["true", "false"]);
				return { text, rank: RANK.whole, type: "boolean", range: BOOLEAN.range, reads: false, names: [] };
			}
			return this.#comparison(depth);
		}
		if (kind < 6) return this.#comparison(depth);
		if (kind < 7) return this.#not(this.boolean(depth - 1));
		if (kind < 9) return this.#logical(() => this.boolean(depth - 1));
		if (kind < 10) return this.#choice(depth, () => this.boolean(depth - 1));
		return this.call(depth, "boolean", false) ?? this.#comparison(depth);
	}

	#not(value: Value): Value {
		return this.#made(`!${operand(value, RANK.unary)}`, RANK.unary, "boolean", BOOLEAN.range, value);
	}

	#logical(side: () => Value): Value {
		const operator = this.random.pick(["&&", "||"]);
		const rank = operator === "&&" ? RANK.and : RANK.or;
		const [a, b] = [side(), side()];
		return this.#made(`${operand(a, rank)} ${operator} ${operand(b, rank + 1)}`, rank, "boolean", BOOLEAN.range, a, b);
	}

	#comparison(depth: number): Value {
		const operator = this.random.pick(["<", "<=", ">", ">=", "===", "!=="]);
		const rank = operator.length === 3 ? RANK.equal : RANK.less;
		const [a, b] = [this.int32(depth - 1), this.int32(depth - 1)];
		// As for `<<`: `f(a < b, c > (d))` is a call with type arguments, too.
		const own = operator === "<" ? 0 : rank;
		return this.#made(`${operand(a, rank + 1)} ${operator} ${operand(b, rank + 1)}`, own, "boolean", BOOLEAN.range, a, b);
	}
}
