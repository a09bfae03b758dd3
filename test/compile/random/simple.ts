// Random statements that have none within them. What they assign fits what they assign it to, and no expression changes two things or looks at what it changes.

import type { Body } from "./body.ts";
import { fitsInt32, INT32, span } from "./ranges.ts";
import { BOOLEAN, literal, NUMBER, operand, randomInt32, RANK, VIEW, WIDE_EDGES, type Type, type Value } from "./values.ts";

const WRITES: [name: string, bytes: number][] = [
	["setUint8", 1],
	["setUint16", 2],
	["setInt32", 4],
];

export abstract class Simple {
	readonly body: Body;
	readonly result: Type;
	/** How check() of packet/bounds.ts is written here, if it is imported. */
	readonly check: string | undefined;
	/** Errors are told through a memory that is a parameter. */
	readonly #throws: boolean;
	/** Range types of the module. */
	readonly ranged: Type[];

	constructor(body: Body, result: Type, check: string | undefined, ranged: Type[]) {
		this.body = body;
		this.ranged = ranged;
		this.#throws = body.locals().some(({ type }) => type.kind === "view");
		this.result = result;
		this.check = check;
	}

	/** A name for a record in memory. */
	protected row(): void {
		const { random, expressions, kinds } = this.body;
		const views = this.body.locals().filter(({ type }) => type.kind === "view");
		if (views.length === 0 || kinds.length === 0) return this.store();
		const [memory, record] = [random.pick(views), random.pick(kinds)];
		const names = this.body.locals().filter(({ type }) => type.kind === "number" && fitsInt32(type.range));
		let at = expressions.at(2, 4);
		if (names.length > 0 && random.chance(0.3)) {
			// At a variable: aligned as words want it, and then it may change.
			const { name: base, type, assignable } = random.pick(names);
			if (assignable && type === NUMBER) {
				this.body.line(`${base} &= -4;`);
				at = { ...at, text: base, names: [base] };
			}
		}
		const made = `${this.body.spell(record.module, record.name)}.of(${memory.name}, ${at.text})`;
		const name = this.body.fresh(made);
		this.body.reads = true;
		this.body.line(`const ${name} = ${made};`);
		this.body.add({ name, type: { kind: "row", text: record.name, range: span(0, 0), record }, assignable: false, memory });
	}

	/** Writes a field of a row. */
	protected field(): void {
		const { random, expressions } = this.body;
		const rows = this.body.locals().filter(({ type }) => type.kind === "row");
		if (rows.length === 0) return this.row();
		const { name, type } = random.pick(rows);
		const fields = type.record!.fields.filter(({ writable }) => writable);
		const field = `${name}.${random.pick(fields).name}`;
		const by = expressions.inside(span(-1000, 1000), 2);
		this.body.writes = true;
		this.body.line(
			random.pick([
				`${field} = ${expressions.number(3).text};`,
				`${field} = ${expressions.number(3).text};`,
				`${field} ${random.pick(["+=", "-=", "*="])} ${by.text};`,
				`${field} ${random.pick(["&=", "|=", "^=", "<<=", ">>=", ">>>="])} ${expressions.number(2).text};`,
				`${field}${random.pick(["++", "--"])};`,
			]),
		);
	}

	protected initialiser(type: Type): Value {
		const { expressions } = this.body;
		if (type.kind === "boolean") return expressions.boolean(3);
		return type === NUMBER ? expressions.int32(4) : expressions.inside(type.range, 3);
	}

	protected declaration(): void {
		const { body } = this;
		const { random, expressions } = body;
		const type = random.chance(0.2) ? BOOLEAN : NUMBER;
		const kept = random.chance(0.5);
		const value = this.changing(type) ?? this.initialiser(type);
		const name = body.fresh(value.text);
		if (kept) {
			body.line(`const ${name} = ${value.text};`);
			body.declare(name, { ...type, range: value.range }, false);
			return;
		}
		if (type === NUMBER && this.ranged.length > 0 && random.chance(0.2)) {
			const promised = random.pick(this.ranged);
			const within = expressions.inside(promised.range, 3);
			const kept = body.fresh(within.text);
			body.line(`let ${kept}: ${promised.text} = ${within.text};`);
			return body.declare(kept, promised, true);
		}
		const annotation = random.chance(0.2) ? `: ${type.text}` : "";
		body.line(`let ${name}${annotation} = ${value.text};`);
		body.declare(name, type, true);
	}

	/** A call of a function that writes, sometimes: alone, or with names beside it that are no memory. */
	protected changing(type: Type): Value | undefined {
		const { random, expressions } = this.body;
		if (!random.chance(0.15)) return undefined;
		const call = expressions.call(2, type.kind, true);
		if (call === undefined || type.kind === "boolean" || random.chance(0.5)) return call;
		const operator = random.pick(["&", "|", "^"]);
		const rank = { "&": RANK.bitAnd, "|": RANK.bitOr, "^": RANK.bitXor }[operator]!;
		const other = this.quiet();
		const parts = random.chance(0.5)
			? [operand(other, rank), operand(call, rank + 1)]
			: [operand(call, rank), operand(other, rank + 1)];
		return { ...call, text: parts.join(` ${operator} `), rank, range: INT32 };
	}

	/** A number that looks at no memory. */
	protected quiet(): Value {
		const value = this.body.expressions.number(2);
		return value.reads ? literal(this.body.random, randomInt32(this.body.random)) : value;
	}

	protected assignment(): void {
		const { random } = this.body;
		const local = this.body.assignable(random.chance(0.2) ? "boolean" : "number");
		if (local === undefined) return this.declaration();
		const value =
			(local.type === NUMBER || local.type === BOOLEAN ? this.changing(local.type) : undefined) ?? this.initialiser(local.type);
		this.body.line(`${local.name} = ${value.text};`);
	}

	protected compound(): void {
		const { random, expressions } = this.body;
		const local = this.body.assignable("number");
		if (local === undefined) return this.declaration();
		if (local.type !== NUMBER) return this.assignment();
		const operator = random.pick(["&=", "|=", "^=", "<<=", ">>=", ">>>="]);
		if (operator === ">>>=") return this.body.line(`${local.name} >>>= ${random.pick([1, 2, 8, 16, 31, 33, -1])};`);
		this.body.line(`${local.name} ${operator} ${expressions.number(3).text};`);
	}

	/** A variable that is known to be small, and then counts. */
	protected step(): void {
		const { random, expressions } = this.body;
		const { name, type } = this.body.assignable("number") ?? { name: "", type: VIEW };
		if (type !== NUMBER) return this.declaration();
		const by = expressions.inside(span(0, 1000), 2);
		const sum = `${name} ${random.pick(["+=", "-="])} ${by.text};`;
		const step = random.pick([sum, sum, `${name}++;`, `${name}--;`, `++${name};`, `${name} *= ${random.between(-100, 100)};`]);
		if (random.chance(0.5)) {
			this.body.line(`${name} ${random.pick(["&= 0xfff", "= 7", ">>= 16"])};`);
			this.body.line(step);
		} else if (step.includes("*")) this.body.line(`if (${name} > -1000 && ${name} < 0x1000) ${step}`);
		else if (/-=|--/.test(step)) this.body.line(`if (${name} > ${random.pick([0, -5, -0x7fff0000])}) ${step}`);
		else this.body.line(`if (${name} ${random.pick(["<", "<="])} ${random.pick([0, 100, 0x7fff0000])}) ${step}`);
	}

	protected store(): void {
		const { random, expressions } = this.body;
		const [name, bytes] = random.pick(WRITES);
		const access = expressions.access(bytes, 2);
		if (access === undefined) return this.declaration();
		const value = random.chance(0.1) ? literal(random, random.pick(WIDE_EDGES)) : expressions.number(3);
		this.body.writes = true;
		this.body.line(`${access.view}.${name}(${access.at.text}, ${value.text}${access.order});`);
	}

	protected call(): void {
		const { random, expressions } = this.body;
		const call = expressions.call(3, random.pick(["void", "void", "number", "boolean"] as const), random.chance(0.8));
		if (call === undefined) return this.store();
		this.body.line(`${call.text};`);
	}

	/** A check of a stretch of memory, and accesses within and around it. */
	protected checked(): void {
		const { random, expressions } = this.body;
		if (this.check === undefined) return this.store();
		const at = this.base();
		const views = this.body.locals().filter(({ type }) => type.kind === "view");
		if (views.length === 0) return this.store();
		const { name: view } = random.pick(views);
		const length = random.chance(0.8) ? literal(random, random.between(0, 12)) : expressions.int32(2);
		const from = random.chance(0.2) ? `(${at} + ${random.between(-3, 9)}) | 0` : at;
		this.body.reads = true;
		this.body.line(`${this.check}(${from}, ${length.text}, ${random.chance(0.9) ? view : random.pick(views).name}.byteLength);`);
		for (let count = random.between(1, 4); count > 0; count--) {
			if (random.chance(0.15)) this.one();
			if (!this.body.open) return;
			const [name, bytes] = random.pick(WRITES);
			const offset = random.between(-1, 12);
			const place =
				offset === 0 ? at : random.chance(0.2) ? `${offset} + ${at}` : `${at} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}`;
			const little = bytes === 2 && random.chance(0.5) ? ", true" : "";
			// An access in the way may have hidden or changed the name: the text is valid in any case, as it is no more than a number.
			if (!this.body.locals().some((local) => local.name === at && local.type.kind === "number") || !this.sees(view)) return;
			if (random.chance(0.5)) {
				this.body.writes = true;
				this.body.line(`${view}.${name}(${place}, ${expressions.number(2).text}${little});`);
			} else {
				const kept = this.body.fresh(place + view);
				this.body.line(`const ${kept} = ${view}.${name.replace("set", "get")}(${place}${little});`);
				this.body.declare(kept, { ...NUMBER, range: bytes < 4 ? span(0, 2 ** (8 * bytes) - 1) : INT32 }, false);
			}
		}
	}

	protected sees(view: string): boolean {
		return this.body.locals().some((local) => local.name === view && local.type.kind === "view");
	}

	/** A name with a number in it that fits int32, often a small one. */
	protected base(): string {
		const { random, expressions } = this.body;
		const there = this.body.locals().filter(({ type }) => type.kind === "number" && fitsInt32(type.range));
		if (there.length > 0 && random.chance(0.6)) return random.pick(there).name;
		const value = random.chance(0.7) ? expressions.inside(span(0, 63), 2) : expressions.int32(2);
		const name = this.body.fresh(value.text);
		const kept = random.chance(0.5);
		this.body.line(`${kept ? "const" : "let"} ${name} = ${value.text};`);
		this.body.declare(name, kept ? { ...NUMBER, range: value.range } : NUMBER, !kept);
		return name;
	}

	/** `return`, `break`, `continue` or `throw`, behind a condition. */
	protected leave(): void {
		const { random, expressions } = this.body;
		const test = expressions.boolean(3).text;
		this.body.line(`if (${test}) ${this.way(random.pick(["return", "return", "throw", ...this.body.ways]))}`);
	}

	protected way(way: string): string {
		if (way === "return" || (way === "throw" && !this.#throws)) return this.returned();
		if (way !== "throw") return `${way};`;
		// It stands beside nothing that may fail either, as which error it comes to would show.
		this.body.reads = this.body.writes = true;
		const numbers = this.body.locals().filter(({ type }) => type.kind === "number" && fitsInt32(type.range));
		if (numbers.length === 0) return "throw new RangeError(`misuse`);";
		return `throw new RangeError(\`misuse \${${this.body.random.pick(numbers).name}}: expected another\`);`;
	}

	returned(): string {
		const { expressions, random } = this.body;
		if (this.result.kind === "void") return "return;";
		if (this.result.kind === "boolean") return `return ${expressions.boolean(3).text};`;
		const changing = this.result === NUMBER ? this.changing(NUMBER) : undefined;
		const value =
			changing ?? (this.result === NUMBER ? expressions.int32(random.between(0, 4)) : expressions.inside(this.result.range, 3));
		return `return ${value.text};`;
	}

	/** Any statement. */
	protected abstract one(): void;
}
