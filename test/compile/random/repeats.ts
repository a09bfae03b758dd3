// Random statements about what the compiler knows of memory: the same call before and after a change, parts of loops that may not run, promises that are broken.

import { fitsInt32, INT32, span } from "./ranges.ts";
import { Simple } from "./simple.ts";
import { NUMBER, operand, RANK, type Value } from "./values.ts";

/** A number that a call is given, how to look at what it came from, and how to change it. */
interface Source {
	value: Value;
	look: string;
	/** What makes it small, as offsets in memory are. */
	settle: string;
	change: string;
}

export abstract class Repeats extends Simple {
	/** All of a function that is one expression. */
	only(): void {
		const { random, expressions } = this.body;
		const locals = this.body.locals();
		const views = locals.filter(({ type }) => type.kind === "view");
		const numbers = locals.filter(({ type }) => type.kind === "number");
		const named = () => {
			const { name, type } = random.pick(numbers);
			return { text: name, rank: RANK.whole, type: "number", range: type.range, reads: false, names: [name] } as const;
		};
		if (this.result !== NUMBER || numbers.length === 0 || random.chance(0.2)) return this.body.line(this.returned());
		const call = random.chance(0.3) ? expressions.call(1, "number", false, named) : undefined;
		if (call !== undefined && fitsInt32(call.range)) return this.body.line(`return ${call.text};`);
		const test = operand(expressions.boolean(0), RANK.choice + 1);
		const [one, other] = [named().text, named().text];
		const texts = [`(${one} + ${other}) | 0`, `${test} ? ${one} : ${other}`, `${one} & ${random.pick([7, 63])}`];
		if (views.length > 0 && random.chance(0.7)) {
			const { name } = random.pick(views);
			texts.splice(
				0,
				3,
				`${name}.getUint8(${one})`,
				`${name}.getUint16(${one})`,
				`${test} ? ${name}.getUint8(${one}) : ${other}`,
			);
			this.body.reads = true;
		}
		this.body.line(`return ${random.pick(texts)};`);
	}

	/** Where a number comes from that may be another one when it is asked for again. */
	#source(): Source | undefined {
		const { random, expressions } = this.body;
		const views = this.body.locals().filter(({ type }) => type.kind === "view");
		if (views.length === 0) return undefined;
		const { name: view } = random.pick(views);
		const numbers = this.body.locals().filter(({ type }) => type.kind === "number" && fitsInt32(type.range));
		const local = this.body.assignable("number");
		const number = (text: string, range = INT32, reads = true, names = [view]): Value => ({
			text,
			rank: RANK.whole,
			type: "number",
			range,
			reads,
			names,
		});
		if (local?.type === NUMBER && random.chance(0.4)) {
			const other = random.pick(numbers).name;
			const text = random.chance(0.3) ? local.name : `((${local.name} + ${other}) | 0)`;
			return {
				value: number(text, INT32, false, [local.name, other]),
				look: `${view}.getUint8(${text})`,
				settle: `${local.name} = ${random.between(0, 9)};`,
				change: `${local.name} = ${expressions.int32(2).text};`,
			};
		}
		const place = numbers.length > 0 && random.chance(0.5) ? random.pick(numbers).name : String(random.below(5));
		const [kind, range] = random.pick([
			["Int32", INT32],
			["Int32", INT32],
			["Uint8", span(0, 255)],
			["Uint8", span(0, 255)],
		] as const);
		const look = `${view}.get${kind}(${place})`;
		return {
			value: number(look, range),
			look,
			settle: `${view}.set${kind}(${place}, ${random.between(0, 9)});`,
			change: `${view}.set${kind}(${place}, ${(random.chance(0.4) ? expressions.inside(span(0, 31), 1) : expressions.int32(2)).text});`,
		};
	}

	/** `later`: what is written behind it, and may not find its name hidden. */
	#keep(text: string, later = ""): void {
		const name = this.body.fresh(text + later);
		this.body.line(`const ${name} = ${text};`);
		this.body.declare(name, NUMBER, false);
	}

	/** A call, something that changes what it was given, and the same call. */
	protected again(): void {
		const { random, expressions } = this.body;
		const source = this.#source();
		if (source === undefined) return this.store();
		const call = () => expressions.call(1, "number", false, () => (random.chance(0.7) ? source.value : undefined));
		const same = call();
		if (same === undefined) return this.store();
		const later = `${source.look} ${source.change} ${same.text}`;
		this.body.reads = true;
		if (random.chance(0.5)) {
			this.body.writes = true;
			this.body.line(source.settle);
		}
		this.#keep(same.text, later);
		const looks = random.chance(0.5);
		if (looks) this.#keep(source.look, later);
		if (random.chance(0.7)) {
			this.body.writes = true;
			this.body.line(source.change);
		}
		if (random.chance(0.2)) this.one();
		if (!this.body.open) return;
		this.#keep(same.text, later);
		if (looks && random.chance(0.5)) this.#keep(source.look);
	}

	/** What is worth less room: parts that collide, or a promise that is broken. */
	protected seldom(): void {
		if (this.body.collides && this.body.random.chance(0.7)) return this.#collision();
		return this.body.random.chance(0.5) ? this.#apart() : this.again();
	}

	/** Two parts whose order may show. */
	#collision(): void {
		const { random, expressions } = this.body;
		const source = this.#source();
		const one = source && expressions.call(1, "number", false, () => source.value);
		const other = expressions.call(1, "number", true);
		if (one === undefined || other === undefined) return this.again();
		const parts = random.chance(0.5) ? [one.text, other.text] : [other.text, one.text];
		this.#keep(random.pick([`(${parts.join(" + ")}) | 0`, `Math.max(${parts.join(", ")})`, `${parts.join(" ^ ")}`]));
	}

	/** Looks at places 2^31 apart, of which memory has one at most: it ends in an error, whatever a promise says. */
	#apart(): void {
		const { random, expressions } = this.body;
		const views = this.body.locals().filter(({ type }) => type.kind === "view");
		const fitting = this.ranged.filter(({ range }) => range.low >= -5);
		if (views.length === 0 || fitting.length === 0) return this.again();
		const { name: view } = random.pick(views);
		const test = expressions.boolean(2).text;
		this.body.reads = true;
		const { text } = this.body.block(() => {
			const value = random.chance(0.7) ? String(random.between(-0x80000000, -0x7ffffffd)) : expressions.int32(2).text;
			const name = this.body.fresh(value + view);
			this.body.line(`${random.pick(["let", "const"])} ${name}: ${random.pick(fitting).text} = ${value};`);
			this.body.declare(name, NUMBER, false);
			const places = [
				` - 0x${(0x7fffffff - random.below(4)).toString(16)}`,
				` + 0x${(0x80000000 - random.below(4)).toString(16)}`,
			];
			if (random.chance(0.5)) places.reverse();
			for (const place of [...places, ` + ${random.below(4)}`]) this.#keep(`${view}.getUint8(${name}${place})`);
		});
		this.body.line(`if (${test}) ${text}`);
	}

	/** The third part of a `for`, and what looks at the same behind it. */
	protected third(): { text: string; behind: () => void } | undefined {
		const source = this.#source();
		if (source === undefined) return undefined;
		this.body.reads = this.body.writes = true;
		return {
			text: source.change.slice(0, -1),
			behind: () => {
				if (this.body.open) this.#keep(source.look);
			},
		};
	}
}
