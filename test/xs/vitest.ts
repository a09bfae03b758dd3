// Stands in for the module "vitest" on XS: collects suites and tests, runs them one after the other, and prints one JSON line
// for each, which test/xs/run.mjs reads.

import { expect } from "./expect.ts";

export { expect };

type Body = () => unknown;

interface Suite {
	/** "" of a file's own, which has what the file declares outside of any other. */
	name: string;
	file: string;
	/** Of its file among all. */
	number: number;
	parent: Suite | undefined;
	entries: (Suite | Test)[];
	hooks: Record<HookName, Body[]>;
}

interface Test {
	name: string;
	body: Body;
	file: string;
	number: number;
}

type HookName = "beforeAll" | "beforeEach" | "afterEach" | "afterAll";

function suite(name: string, parent: Suite | undefined): Suite {
	const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] };
	return { name, file: currentFile, number: fileNumber, parent, entries: [], hooks };
}

let currentFile = "";
let fileNumber = -1;
const root = suite("", undefined);
let current = root;

/** The tests and hooks that are declared from now on belong to this file. */
export function beginFile(name: string): void {
	currentFile = name;
	fileNumber++;
	current = suite("", root);
	root.entries.push(current);
}

function declareSuite(name: string, body?: Body): void {
	const inner = suite(name, current);
	current.entries.push(inner);
	current = inner;
	try {
		const result = body?.();
		if (result instanceof Promise) throw new TypeError(`describe "${name}": an async body is not supported on XS`);
	} finally {
		current = inner.parent!;
	}
}

/** Fills %s, %d, %i, %j, %o, %# and $name into a name for `.each`. */
function format(name: string, row: unknown[], index: number): string {
	let at = 0;
	const filled = name.replace(/%([sdijo#%])/g, (whole, kind: string) => {
		if (kind === "%") return "%";
		if (kind === "#") return String(index);
		if (at >= row.length) return whole;
		const value = row[at++];
		return kind === "j" || kind === "o" ? JSON.stringify(value) : String(value);
	});
	const first = row[0];
	if (typeof first !== "object" || first === null) return filled;
	return filled.replace(/\$([\w.]+)/g, (whole, path: string) => {
		let value: unknown = first;
		for (const part of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[part];
		return value === undefined ? whole : String(value);
	});
}

function each<Declared>(declare: (name: string, body: Body) => Declared) {
	return (rows: readonly unknown[]) =>
		(name: string, body: (...values: never[]) => unknown): void => {
			let index = 0;
			for (const row of rows) {
				const values = (Array.isArray(row) ? row : [row]) as never[];
				declare(format(name, values, index++), () => body(...values));
			}
		};
}

type Options = number | { timeout?: number };

function splitArguments(a?: Body | Options, b?: Body | Options): Body | undefined {
	return typeof a === "function" ? a : typeof b === "function" ? b : undefined;
}

function declareTest(name: string, a?: Body | Options, b?: Body | Options): void {
	const body = splitArguments(a, b);
	if (!body) throw new TypeError(`test "${name}" has no body`);
	current.entries.push({ name, body, file: currentFile, number: fileNumber });
}

export const describe = Object.assign(
	(name: string, a?: Body | Options, b?: Body | Options) => declareSuite(name, splitArguments(a, b)),
	{
		each: each(declareSuite),
	},
);

export const it = Object.assign(declareTest, { each: each((name, body) => declareTest(name, body)) });
export const test = it;

function hook(name: HookName) {
	return (body: Body): void => {
		current.hooks[name].push(body);
	};
}

export const beforeAll = hook("beforeAll");
export const beforeEach = hook("beforeEach");
export const afterEach = hook("afterEach");
export const afterAll = hook("afterAll");

/** What a test run needs of the host. */
export interface Output {
	print(line: string): void;
	/** Milliseconds, int32. */
	now(): number;
	/** Resolves when what was printed has been written out. */
	flush(): Promise<void>;
}

/** Every `of`-th file from the one with number `first` on. */
export interface Part {
	first: number;
	of: number;
}

interface Run {
	output: Output;
	pattern: string;
	part: Part;
	passed: number;
	failed: number;
}

async function runHooks(where: Suite | undefined, name: "beforeEach" | "afterEach"): Promise<void> {
	if (!where) return;
	if (name === "beforeEach") await runHooks(where.parent, name);
	for (const body of where.hooks[name]) await body();
	if (name === "afterEach") await runHooks(where.parent, name);
}

function describeError(error: unknown): { message: string; stack: string } {
	if (error instanceof Error) return { message: `${error.name}: ${error.message}`, stack: error.stack ?? "" };
	return { message: String(error), stack: "" };
}

function report(run: Run, test: Test, name: string, status: string, started: number, error?: unknown): void {
	const line = {
		file: test.file,
		name,
		status,
		ms: (run.output.now() - started) | 0,
		...(error === undefined ? {} : describeError(error)),
	};
	run.output.print(`@test ${JSON.stringify(line)}`);
}

/** Whether that is to be run, or something within it: hooks run for the tests of this run alone. */
function isAsked(run: Run, what: Suite | Test, prefix: string): boolean {
	if (!("entries" in what))
		return what.number % run.part.of === run.part.first && `${what.file} ${prefix}${what.name}`.includes(run.pattern);
	const inner = prefixOf(what, prefix);
	return what.entries.some((entry) => isAsked(run, entry, inner));
}

function prefixOf({ name }: Suite, prefix: string): string {
	return name === "" ? prefix : `${prefix}${name} > `;
}

async function runTest(run: Run, where: Suite, test: Test, prefix: string): Promise<void> {
	const name = prefix + test.name;
	const started = run.output.now();
	let error: unknown;
	let failed = false;
	try {
		await runHooks(where, "beforeEach");
		await test.body();
	} catch (caught) {
		error = caught ?? new Error("threw undefined");
		failed = true;
	}
	try {
		await runHooks(where, "afterEach");
	} catch (caught) {
		error ??= caught;
		failed = true;
	}
	if (failed) run.failed++;
	else run.passed++;
	report(run, test, name, failed ? "failed" : "passed", started, error);
}

async function runSuite(run: Run, where: Suite, prefix: string): Promise<void> {
	try {
		for (const body of where.hooks.beforeAll) await body();
		for (const entry of where.entries) {
			if (!isAsked(run, entry, prefix)) continue;
			if ("entries" in entry) await runSuite(run, entry, prefixOf(entry, prefix));
			else await runTest(run, where, entry, prefix);
			await run.output.flush();
		}
		for (const body of where.hooks.afterAll) await body();
	} catch (error) {
		run.failed++;
		report(
			run,
			{ name: "hooks", body: () => {}, file: where.file, number: where.number },
			`${prefix}hooks`,
			"failed",
			run.output.now(),
			error,
		);
	}
}

/** Runs everything that was declared in files of `part`; only tests whose file and name contain `pattern`. */
export async function runAll(output: Output, pattern: string, part: Part = { first: 0, of: 1 }): Promise<void> {
	const run: Run = { output, pattern, part, passed: 0, failed: 0 };
	await runSuite(run, root, "");
	output.print(`@done ${JSON.stringify({ passed: run.passed, failed: run.failed })}`);
}
