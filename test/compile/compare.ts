// The same programs on Node and as C, and where they differ.

import { Prng } from "../support/prng.ts";
import { load, run } from "./interpreted.ts";
import { tell, type Compiled, type FlatEntry } from "../../build/compile/compile.mjs";
import { compile, Native, SPOILT, type Build, type Case, type Outcome, type Source } from "./native.ts";
import { randomProgram, type RandomProgram } from "./random/program.ts";
import { randomWithin } from "./random/values.ts";

export interface Tally {
	programs: number;
	refused: number;
	calls: number;
	/** Calls that ended in an error, on both sides. */
	thrown: number;
	/** What differed, told in full. */
	failures: string[];
}

const CALLS = 12;
/** A case that differs is told with its program; more than that many help nobody. */
const MOST_FAILURES = 5;
const COLLISION = /two parts of this depend on which comes first/;

function told({ status, result, hashes }: Outcome): string {
	const what = ["returned", "threw for memory", "threw for misuse", "wrote beside its memory", "did not end:"][status];
	return `${what} ${result}, memories ${hashes.map((each) => (each >>> 0).toString(16)).join(" ")}`;
}

function failure(program: RandomProgram, entry: FlatEntry, given: Case | undefined, node: string, c: string): string {
	return [
		`SEED=${program.seed}, ${entry.name}(${given?.args.join(", ") ?? ""}), memories of ${given?.sizes.join(" and ")} bytes from seed ${given?.seed}`,
		`Node: ${node}`,
		`C:    ${c}`,
		...program.modules.map(({ path, text }) => `// ${path}\n${text}`),
	].join("\n");
}

/** Calls of what the last of the modules exports, by name, on Node. */
export async function onNode(sources: Source[], names: string[], types: string[], cases: Case[]): Promise<string[]> {
	const functions = await load(sources);
	return cases.map((each) => told(run(functions[names[each.entry]!]!, types, each)));
}

/** The same as C, in the order in which the module exports them: calls that end otherwise. Throws Error with what was refused. */
export async function compareCalls(
	sources: Source[],
	cases: Case[],
	node: string[],
	build: Build,
): Promise<{ entry: number; told: string }[]> {
	const compiled = compile(sources, [sources.at(-1)!.path]);
	if (compiled.errors.length > 0) throw new Error(tell(compiled.errors));
	const native = await Native.build(compiled, build);
	const { outcomes, told: end } = await native.run(cases);
	native.close();
	const different: { entry: number; told: string }[] = [];
	for (const [i, { entry, args }] of cases.entries()) {
		const c = outcomes[i] === undefined ? `broke off: ${end}` : told(outcomes[i]);
		if (c !== node[i]) different.push({ entry, told: `(${args.slice(1).join(", ")}) Node ${node[i]}; C ${c}` });
		if (outcomes[i] === undefined) break;
	}
	return different;
}

/** Calls of the functions that a program exports. */
export function casesFor(program: RandomProgram, compiled: Compiled): Case[] {
	const random = new Prng(program.seed ^ 0x5eed);
	const path = program.modules.at(-1)!.path;
	return program.entries.flatMap(({ name, parameters }) => {
		const entry = compiled.functions.findIndex((each) => each.module === path && each.name === name);
		if (entry < 0) return [];
		return Array.from({ length: CALLS }, () => ({
			entry,
			seed: random.next(),
			sizes: [random.pick([8, 64, 96, 96, 128]), random.pick([9, 63, 96, 128, 130])] as [number, number],
			args: parameters.map(({ type }) =>
				type.kind === "view" || type.kind === "boolean" ? random.below(2) : randomWithin(random, type.range),
			),
		}));
	});
}

/** The same calls with numbers outside what range types promise. */
function broken(program: RandomProgram, cases: Case[], compiled: Compiled): Case[] {
	const random = new Prng(program.seed ^ 0xbad);
	return cases.flatMap((each) => {
		const { parameters } = program.entries.find(({ name }) => name === compiled.functions[each.entry]?.name)!;
		if (parameters.every(({ type }) => !type.text.startsWith("Range"))) return [];
		const args = each.args.map((arg, i) => {
			const { text, range } = parameters[i]!.type;
			if (!text.startsWith("Range")) return arg;
			return (random.chance(0.5) ? range.low - random.between(1, 70) : range.high + random.between(1, 70)) | 0;
		});
		return [{ ...each, args }];
	});
}

/** Compiles all of them; those that are refused are told and left out. */
function compileAll(programs: RandomProgram[], tally: Tally): { kept: RandomProgram[]; compiled: Compiled } {
	const all = (some: RandomProgram[]) =>
		compile(
			some.flatMap(({ modules }) => modules),
			some.map(({ modules }) => modules.at(-1)!.path),
		);
	const compiled = all(programs);
	if (compiled.errors.length === 0) return { kept: programs, compiled };
	const wrong = new Set(compiled.errors.map(({ file }) => file));
	// Those that were made to be are right to be refused, for that.
	const collided = (file: string) =>
		programs.some(({ collides, modules }) => collides && modules.some(({ path }) => path === file));
	const faults = compiled.errors.filter(({ file, message }) => !(collided(file) && COLLISION.test(message)));
	const [refused, kept] = [true, false].map((way) =>
		programs.filter(({ modules }) => modules.some(({ path }) => wrong.has(path)) === way),
	);
	tally.refused += refused!.filter(({ modules }) => modules.some(({ path }) => faults.some(({ file }) => file === path))).length;
	for (const { file, line, column, message } of faults) {
		const text = programs
			.flatMap(({ modules }) => modules)
			.find(({ path }) => path === file)
			?.text.split("\n")[line - 1];
		if (tally.failures.length < MOST_FAILURES)
			tally.failures.push(`${file}:${line}:${column}: refused: ${message}\n${text?.trim()}`);
	}
	return { kept: kept!, compiled: all(kept!) };
}

/** Runs programs of these seeds both ways. */
export function compareBatch(seeds: number[], build: Build): Promise<Tally> {
	return comparePrograms(seeds.map(randomProgram), build);
}

export async function comparePrograms(programs: RandomProgram[], build: Build): Promise<Tally> {
	const tally: Tally = { programs: programs.length, refused: 0, calls: 0, thrown: 0, failures: [] };
	const { kept, compiled } = compileAll(programs, tally);
	const building = Native.build(compiled, build);
	building.catch(() => undefined); // told below
	const cases: Case[] = [];
	// Calls that break a promise: whatever comes of it, nothing beside the memories is touched and nothing is undefined.
	const breaking: { given: Case; program: RandomProgram }[] = [];
	const expected: { outcome: Outcome; program: RandomProgram }[] = [];
	try {
		for (const program of kept) {
			const functions = await load(program.modules);
			const calls = casesFor(program, compiled);
			for (const given of broken(program, calls, compiled)) breaking.push({ given, program });
			for (const each of calls) {
				const { name, parameters } = compiled.functions[each.entry]!;
				cases.push(each);
				const outcome = run(
					functions[name]!,
					parameters.map(({ type }) => type),
					each,
				);
				expected.push({ outcome, program });
			}
		}
	} finally {
		await building.catch(() => undefined); // what it may be writing is there
	}
	const native = await building;
	const { outcomes, told: end } = await native.run(cases);
	const careless = await native.run(breaking.map(({ given }) => given));
	native.close();
	for (const [i, { given, program }] of breaking.entries()) {
		const got = careless.outcomes[i];
		if (got !== undefined && got.status !== SPOILT) continue;
		const entry = compiled.functions[given.entry]!;
		tally.failures.push(
			failure(program, entry, given, "a promise is broken", got === undefined ? `broke off: ${careless.told}` : told(got)),
		);
		break;
	}
	for (const [i, { outcome, program }] of expected.entries()) {
		const entry = compiled.functions[cases[i]!.entry]!;
		const got = outcomes[i];
		tally.calls++;
		if (outcome.status !== 0) tally.thrown++;
		if (got !== undefined && told(got) === told(outcome)) continue;
		if (tally.failures.length < MOST_FAILURES)
			tally.failures.push(failure(program, entry, cases[i], told(outcome), got === undefined ? `broke off: ${end}` : told(got)));
		if (got === undefined) break;
	}
	return tally;
}
