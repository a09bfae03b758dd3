// The body of a random function: its blocks, and which names are visible where.

import type { Prng } from "../../support/prng.ts";
import { Expressions, type Scope } from "./expressions.ts";
import { randomName, type Constant, type FlatFunction, type Local, type RecordKind, type Type } from "./values.ts";

interface Block {
	lines: string[];
	locals: Local[];
	/** Whether it is the body of a loop. */
	kind: "function" | "plain" | "counting" | "loop";
	/** Whether its end is reached. */
	open: boolean;
}

/** What a body finds around it. */
export interface BodyNames {
	constants: Constant[];
	functions: FlatFunction[];
	kinds: RecordKind[];
	flags: string[];
	collides: boolean;
}

/** A block as text, with what is known of where it leads. */
export type Written = Pick<Block, "open"> & { text: string };

export class Body implements Scope {
	readonly random: Prng;
	readonly expressions: Expressions;
	readonly #blocks: Block[] = [];
	readonly #constants: Constant[];
	readonly #functions: FlatFunction[];
	readonly #kinds: RecordKind[];
	/** Booleans that are constants of the module. */
	readonly flags: readonly string[];
	/** Whether parts of an expression may collide, so that the program is one to refuse. */
	readonly collides: boolean;
	readonly #spell: (module: number, name: string) => string;
	runs = 1;
	cost = 1;
	reads = false;
	writes = false;

	constructor(
		random: Prng,
		{ constants, functions, kinds, flags, collides }: BodyNames,
		spell: (module: number, name: string) => string,
	) {
		this.random = random;
		this.#constants = constants;
		this.#functions = functions;
		this.#kinds = kinds;
		this.flags = flags;
		this.collides = collides;
		this.#spell = spell;
		this.expressions = new Expressions(random, this);
	}

	locals(): Local[] {
		const visible = new Map<string, Local>();
		for (const { locals } of this.#blocks) for (const local of locals) visible.set(local.name, local);
		return [...visible.values()];
	}

	#hidden(module: number, name: string): boolean {
		const first = this.#spell(module, name).split(".")[0];
		return this.#blocks.some(({ locals }) => locals.some((local) => local.name === first));
	}

	get constants(): Constant[] {
		return this.#constants.filter(({ module, name }) => !this.#hidden(module, name));
	}

	get functions(): FlatFunction[] {
		return this.#functions.filter(({ module, name }) => !this.#hidden(module, name));
	}

	get kinds(): RecordKind[] {
		return this.#kinds.filter(({ module, name }) => !this.#hidden(module, name));
	}

	spell(module: number, name: string): string {
		return this.#spell(module, name);
	}

	called(callee: FlatFunction): void {
		this.cost += callee.cost * this.runs;
		this.reads ||= callee.reads;
		this.writes ||= callee.writes;
	}

	/** A statement. */
	line(text: string): void {
		this.#blocks.at(-1)!.lines.push(text);
		this.cost += this.runs;
	}

	/** Takes the last statement back. */
	dropLine(): void {
		this.#blocks.at(-1)!.lines.pop();
	}

	/** Which of `break` and `continue` may stand here. A loop with a step of its own has no `continue`. */
	get ways(): string[] {
		const loop = this.#blocks.filter(({ kind }) => kind === "loop" || kind === "counting").at(-1);
		if (loop === undefined) return [];
		return loop.kind === "loop" ? ["break", "continue"] : ["break"];
	}

	/** Whether what is written next is reached. */
	get open(): boolean {
		return this.#blocks.at(-1)!.open;
	}

	close(): void {
		this.#blocks.at(-1)!.open = false;
	}

	get depth(): number {
		return this.#blocks.length;
	}

	/** What `write` writes, indented, as a block of its own; `locals` are names that its head declares. */
	block(write: () => void, kind: Block["kind"] = "plain", locals: Local[] = [], runs = 1): Written {
		const block: Block = { lines: [], locals: [...locals], kind, open: true };
		this.#blocks.push(block);
		const before = this.runs;
		this.runs *= runs;
		write();
		this.runs = before;
		this.#blocks.pop();
		const lines = block.lines.map((line) => `\t${line.replaceAll("\n", "\n\t")}\n`);
		return { text: lines.length === 0 ? "{}" : `{\n${lines.join("")}}`, open: block.open };
	}

	/** A name for something new in this block; `beside`: what is written in the same breath, and may not name it. */
	fresh(beside = ""): string {
		const { lines, locals } = this.#blocks.at(-1)!;
		for (;;) {
			const own = this.#constants.filter(({ module, name }) => this.#spell(module, name) === name);
			let name = this.random.chance(0.05) && own.length > 0 ? this.random.pick(own).name : randomName(this.random);
			if (this.random.chance(0.4)) name += this.random.below(100);
			// JavaScript would have a name of this block before its declaration be this one, which has no value yet.
			const taken = locals.some((local) => local.name === name) || lines.some((line) => line.includes(name));
			const counts = this.#blocks.some((block) => block.locals.some((local) => local.counter && local.name === name));
			if (!beside.includes(name) && !taken && !counts) return name;
		}
	}

	/** A name for a boolean: often that of a constant of the module, which it hides. */
	freshFlag(beside = ""): string {
		const { lines, locals } = this.#blocks.at(-1)!;
		const free = this.flags.filter(
			(name) =>
				!beside.includes(name) &&
				!lines.some((line) => line.includes(name)) &&
				!locals.some((local) => local.name === name) &&
				!this.#blocks.some((block) => block.locals.some((local) => local.counter && local.name === name)),
		);
		return free.length > 0 && this.random.chance(0.8) ? this.random.pick(free) : this.fresh(beside);
	}

	declare(name: string, type: Type, assignable: boolean): void {
		this.add({ name, type, assignable });
	}

	add(local: Local): void {
		this.#blocks.at(-1)!.locals.push(local);
	}

	assignable(kind: Type["kind"]): Local | undefined {
		const fitting = this.locals().filter((local) => local.assignable && local.type.kind === kind);
		return fitting.length > 0 ? this.random.pick(fitting) : undefined;
	}
}
