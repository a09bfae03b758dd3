// Random statements with others within them, and which of all comes next.

import type { Written } from "./body.ts";
import { span } from "./ranges.ts";
import { Repeats } from "./repeats.ts";
import { BOOLEAN, literal, NUMBER, operand, RANK, type Local } from "./values.ts";

const DEEPEST = 5;
const MOST_RUNS = 400;

export class Statements extends Repeats {
	some(most: number): void {
		for (let count = this.body.random.between(0, most); count > 0 && this.body.open; count--) this.one();
	}

	protected one(): void {
		const { random, depth } = this.body;
		const nested = depth < DEEPEST;
		const kind = random.below(nested ? 35 : 26);
		if (kind < 4) this.declaration();
		else if (kind < 7) this.assignment();
		else if (kind < 9) this.compound();
		else if (kind < 13) this.store();
		else if (kind < 15) this.call();
		else if (kind < 16) this.step();
		else if (kind < 18) this.checked();
		else if (kind < 19) this.leave();
		else if (kind < 20) this.row();
		else if (kind < 23) this.field();
		else if (kind < 25) this.again();
		else if (kind < 26) this.seldom();
		else if (kind < 31) this.if();
		else this.loop();
	}

	/** What an `if` or `?:` asks, which may call what writes: `&&` and `||` have an order in C too. */
	protected condition(): string {
		const { random, expressions } = this.body;
		const plain = expressions.boolean(3);
		const call = random.chance(0.1) ? expressions.call(2, random.pick(["number", "boolean"]), true) : undefined;
		if (call === undefined) return plain.text;
		const asked = call.type === "boolean" ? call.text : `(${call.text} !== 0)`;
		const other = operand(plain, RANK.or + 1);
		return random.pick([
			asked,
			`!${asked}`,
			`${other} && ${asked}`,
			`${asked} && ${other}`,
			`${asked} || ${other}`,
			`${other} || !${asked}`,
			`${operand(plain, RANK.choice + 1)} ? ${asked} : true`,
		]);
	}

	protected if(): void {
		const { random, expressions } = this.body;
		const test = this.condition();
		const first = this.body.block(() => this.some(3));
		let text = `if (${test}) ${first.text}`;
		let { open } = first;
		const more = (block: Written, head: string) => {
			text += ` else ${head}${block.text}`;
			open ||= block.open;
		};
		while (random.chance(0.2))
			more(
				this.body.block(() => this.some(2)),
				`if (${expressions.boolean(2).text}) `,
			);
		if (random.chance(0.4))
			more(
				this.body.block(() => this.some(3)),
				"",
			);
		else open = true;
		this.body.line(text);
		if (!open) this.body.close();
	}

	protected loop(): void {
		const { random, expressions } = this.body;
		if (this.body.runs > MOST_RUNS) return this.store();
		const limit = random.chance(0.5) ? literal(random, random.between(0, 9)) : expressions.inside(span(0, 7), 2);
		const most = limit.range.high;
		const kind = random.below(6);
		// Asked again each time, with what memory and variables have become.
		const also = random.chance(0.2) ? ` && ${operand(expressions.boolean(2), RANK.and + 1)}` : "";
		const name = this.body.fresh(limit.text + also);
		// What a loop compares with may not change in it: a name of its own holds it.
		const held = this.body.fresh(limit.text + also + name);
		this.body.line(`const ${held} = ${limit.text};`);
		this.body.declare(held, { ...NUMBER, range: limit.range }, false);
		if (kind < 2) {
			// Of one that falls the compiler knows no end above.
			const range = span(0, kind === 0 ? most : NUMBER.range.high);
			const counter: Local = { name, type: { ...NUMBER, range }, assignable: false, counter: true };
			const { text } = this.body.block(() => this.some(3), "loop", [counter], most + 1);
			const step = random.pick(["", "", "2", "3"]);
			const head =
				kind === 0
					? `let ${name} = 0; ${name} < ${held}${also}; ${name}${step === "" ? "++" : ` += ${step}`}`
					: `let ${name} = ${held}; ${name} ${random.pick([">= 0", "> 0"])}${also}; ${name}${step === "" ? "--" : ` -= ${step}`}`;
			return this.body.line(`for (${head}) ${text}`);
		}
		const first = random.pick([0, 0, -1, -3]);
		this.body.line(`let ${name} = ${first};`);
		const counter: Local = { name, type: { ...NUMBER, range: span(first, most + 1) }, assignable: false, counter: true };
		// A third part that reaches memory never runs where the loop does not.
		const third = kind === 4 ? this.third() : undefined;
		if (third !== undefined && !third.text.includes(name)) {
			this.body.dropLine();
			const { text } = this.body.block(() => this.counted(name, held, kind), "loop", [counter], most - first + 2);
			this.body.line(`for (let ${name} = ${first}; ${name} < ${held}${also}; ${third.text}) ${text}`);
			return third.behind();
		}
		this.body.add(counter);
		if (kind === 5) {
			const value = expressions.boolean(2).text;
			const on = this.body.freshFlag(value);
			this.body.line(`let ${on} = ${value};`);
			this.body.add({ name: on, type: BOOLEAN, assignable: false, counter: true });
			const { text } = this.body.block(
				() => {
					this.body.line(`if (${name} >= ${held}) break;`);
					this.body.line(`${name}++;`);
					this.body.line(`${on} = ${name} < ${held};`);
					this.some(3);
				},
				"loop",
				[],
				most - first + 2,
			);
			counter.type = NUMBER;
			return this.body.line(`while (${on}) ${text}`);
		}
		const { text } = this.body.block(() => this.counted(name, held, kind), "loop", [], most - first + 2);
		counter.type = NUMBER;
		this.body.line(`${kind !== 3 ? `while (${name} < ${held}${also})` : "while (true)"} ${text}`);
	}

	/** A body that counts first, so that `continue` does no harm. */
	protected counted(name: string, limit: string, kind: number): void {
		if (kind === 3) {
			this.body.line(`if (${name} >= ${limit}) break;`);
		}
		this.body.line(`${name}${this.body.random.pick(["++", " += 1"])};`);
		this.some(3);
	}
}
