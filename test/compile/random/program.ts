// A random program of the subset, from a seed: one or two modules with constants and functions that call one another.

import { Prng } from "../../support/prng.ts";
import { Body } from "./body.ts";
import { BYTE, INT32, span } from "./ranges.ts";
import { Statements } from "./statements.ts";
import {
	BOOLEAN,
	literal,
	NUMBER,
	randomInt32,
	VIEW,
	VOID,
	WIDE_EDGES,
	type Constant,
	type FlatFunction,
	type RecordKind,
	type Type,
} from "./values.ts";

/** The folder that the programs seem to lie in, from the project's root. */
export const FOLDER = "test/compile/made";

export interface Module {
	/** Its path from the project's root. */
	path: string;
	text: string;
}

export interface RandomProgram {
	seed: number;
	/** The last is the one that is compiled, with what it needs of the others. */
	modules: Module[];
	/** What the last exports and tests call. */
	entries: FlatFunction[];
	/** Whether it may be refused for parts whose order shows. */
	collides: boolean;
}

const COLUMNS = [
	{ column: "int32", bytes: 4, range: INT32, writable: true },
	{ column: "uint16", bytes: 2, range: span(0, 0xffff), writable: true },
	{ column: "uint8", bytes: 1, range: BYTE, writable: true },
	{ column: "bytes(3)", bytes: 3, range: span(0, 0x40000000), writable: false },
];

class Writer {
	readonly random: Prng;
	readonly constants: Constant[] = [];
	readonly functions: FlatFunction[] = [];
	readonly kinds: RecordKind[] = [];
	readonly modules: Module[] = [];
	readonly collides: boolean;
	#count = 0;

	constructor(seed: number) {
		this.random = new Prng(seed);
		this.collides = this.random.chance(0.03);
	}

	#constantsOf(module: number): string[] {
		const { random } = this;
		const lines: string[] = [];
		for (let count = random.between(0, 3); count > 0; count--) {
			const name = `K${this.#count++}`;
			const earlier = this.constants.filter((each) => each.module === module && each.member === undefined);
			let value = random.chance(0.1) ? random.pick(WIDE_EDGES) : randomInt32(random);
			let { text } = literal(random, value);
			if (earlier.length > 0 && random.chance(0.4)) {
				const other = random.pick(earlier);
				const shift = random.below(33);
				[text, value] = random.pick<[string, number]>([
					[`${other.name} + 1`, other.value + 1],
					[`(${other.name} << ${shift}) | 1`, (other.value << shift) | 1],
					[`~${other.name} >>> ${shift}`, ~other.value >>> shift],
					[`-${other.name} - 3`, -other.value - 3],
				]);
			}
			lines.push(`export const ${name} = ${text};`);
			this.constants.push({ name, module, value });
		}
		if (random.chance(0.3)) {
			const name = `TABLE${this.#count++}`;
			const members = ["first", "second"].map((member) => {
				const value = randomInt32(random);
				this.constants.push({ name, module, value, member });
				return `${member}: ${literal(random, value).text}`;
			});
			lines.push(`export const ${name} = { ${members.join(", ")} } as const;`);
		}
		return lines;
	}

	#types(): { lines: string[]; ranged: Type[] } {
		const { random } = this;
		const lines: string[] = [];
		const ranged: Type[] = [];
		for (let count = random.between(0, 2); count > 0; count--) {
			const low = random.pick([0, 0, 0, 1, -5, -0x80000000]);
			const high = random.pick([7, 63, 255, 0x40000000, 0x7fffffff]);
			const text = `Range${this.#count++}`;
			lines.push(`type ${text} = Range<${low}, ${high}>;`);
			ranged.push({ kind: "number", text, range: span(low, high) });
		}
		return { lines, ranged };
	}

	#kindsOf(module: number): string[] {
		const { random } = this;
		const lines: string[] = [];
		for (let count = random.below(3); count > 0; count--) {
			const name = `Kind${this.#count++}`;
			const kind: RecordKind = { name, module, bytes: 0, fields: [] };
			const columns: string[] = [];
			for (let fields = random.between(1, 5); fields > 0; fields--) {
				const fitting = COLUMNS.filter(({ bytes, writable }) => !writable || kind.bytes % bytes === 0);
				const { column, bytes, range, writable } = columns.length === 0 ? COLUMNS[0]! : random.pick(fitting);
				const field = `${random.pick(["next", "size", "at_", "int", "of", "bytes", "length"])}${columns.length}`;
				columns.push(`${field}: ${column}`);
				kind.fields.push({ name: field, range, writable });
				kind.bytes += bytes;
			}
			lines.push(`export const ${name} = record({ ${columns.join(", ")} });`, `export type ${name} = RowOf<typeof ${name}>;`);
			this.kinds.push(kind);
		}
		return lines;
	}

	#function(
		module: number,
		{ ranged, flags }: { ranged: Type[]; flags: string[] },
		check: string | undefined,
		spell: (module: number, name: string) => string,
	): string {
		const { random } = this;
		const functions = this.functions.filter((each) => each.exported || each.module === module);
		const body = new Body(
			random,
			{ constants: this.constants, functions, kinds: this.kinds, flags, collides: this.collides },
			spell,
		);
		// One expression stands in the place of a call, where it can.
		const small = random.chance(0.35);
		const result = random.pick([NUMBER, NUMBER, NUMBER, BOOLEAN, ...(small ? [] : [VOID]), ...ranged]);
		const parameters: FlatFunction["parameters"] = [];
		const { text: block } = body.block(() => {
			const types = [random.chance(0.9) ? VIEW : NUMBER, ...(random.chance(0.4) ? [VIEW] : [])];
			for (let count = random.between(0, 3); count > 0; count--) types.push(random.pick([NUMBER, NUMBER, BOOLEAN, ...ranged]));
			for (const type of types) {
				const name = body.fresh();
				parameters.push({ name, type });
				body.declare(name, type, type.kind !== "view");
			}
			this.#rows(module, body, parameters);
			const statements = new Statements(body, result, check, ranged);
			if (small) return statements.only();
			statements.some(7);
			if (result.kind !== "void" && body.open) body.line(statements.returned());
		}, "function");
		const name = `f${this.#count++}`;
		const exported = parameters.every(({ type }) => type.kind !== "row");
		const text = `${exported ? "export " : ""}function ${name}(${parameters.map((each) => `${each.name}: ${each.type.text}`).join(", ")}): ${result.text} ${block}`;
		this.functions.push({
			name,
			module,
			exported,
			parameters,
			result,
			cost: body.cost,
			reads: body.reads || block.includes("."),
			writes: body.writes,
			small,
		});
		return text;
	}

	/** Sometimes a row of a kind of this module as another parameter; rows lie in the first memory. */
	#rows(module: number, body: Body, parameters: FlatFunction["parameters"]): void {
		const kinds = this.kinds.filter((each) => each.module === module);
		const memory = body.locals().find(({ type }) => type.kind === "view");
		if (memory === undefined || kinds.length === 0 || !this.random.chance(0.4)) return;
		const record = this.random.pick(kinds);
		const type: Type = { kind: "row", text: record.name, range: span(0, 0), record };
		const name = body.fresh();
		parameters.push({ name, type });
		body.add({ name, type, assignable: false, memory });
	}

	module(path: string, others: { path: string; spaced: boolean }[]): void {
		const { random } = this;
		const module = this.modules.length;
		const imported = others.map(() => new Set<string>());
		const spell = (from: number, name: string): string => {
			if (from === module) return name;
			if (others[from]!.spaced) return `lib${from}.${name}`;
			imported[from]!.add(name);
			return name;
		};
		const check = random.chance(0.7) ? (random.chance(0.3) ? "bounds.check" : "check") : undefined;
		const constants = this.#constantsOf(module);
		const { lines: types, ranged } = this.#types();
		const kinds = this.#kindsOf(module);
		const flags = random.chance(0.4) ? ["true", "false"].slice(random.below(2)).map(() => `ON${this.#count++}`) : [];
		const functions: string[] = [];
		for (let count = random.between(1, 4); count > 0; count--)
			functions.push(this.#function(module, { ranged, flags }, check, spell));
		if (random.chance(0.5)) functions.reverse();
		const lines = [
			...(types.length > 0 ? [`import type { Range } from "../../../src/packet/numbers.ts";`] : []),
			...(check === undefined
				? []
				: [`import ${check === "check" ? "{ check }" : "* as bounds"} from "../../../src/packet/bounds.ts";`]),
			...others.flatMap((other, i) => {
				const from = `"./${other.path.replace(/.*\//, "")}"`;
				if (other.spaced) return [`import * as lib${i} from ${from};`];
				return imported[i]!.size > 0 ? [`import { ${[...imported[i]!].join(", ")} } from ${from};`] : [];
			}),
			...(kinds.length > 0
				? [`import { bytes, int32, record, uint16, uint8, type RowOf } from "../../../src/packet/record.ts";`]
				: []),
			...constants,
			...types,
			...kinds,
			...flags.map((name) => `const ${name} = ${random.pick(["true", "false"])};`),
			...functions,
		];
		this.modules.push({ path, text: `${lines.join("\n")}\n` });
	}
}

export function randomProgram(seed: number): RandomProgram {
	const writer = new Writer(seed);
	const others: { path: string; spaced: boolean }[] = [];
	if (writer.random.chance(0.4)) {
		const path = `${FOLDER}/p${seed}-lib.ts`;
		writer.module(path, []);
		others.push({ path, spaced: writer.random.chance(0.5) });
	}
	writer.module(`${FOLDER}/p${seed}.ts`, others);
	const last = writer.modules.length - 1;
	const { collides } = writer;
	return { seed, collides, modules: writer.modules, entries: writer.functions.filter(({ module }) => module === last) };
}
