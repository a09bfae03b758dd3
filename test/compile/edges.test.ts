// Every operator and statement of flat TypeScript at the edges of int32, the same on Node and as C.

import { describe, expect, it } from "vitest";
import { compareCalls, onNode } from "./compare.ts";
import { runs32, type Build, type Case } from "./native.ts";
import { ARITHMETIC, MEMORY, STATEMENTS, type Row } from "./edges.ts";

const EDGES = [0, 1, -1, 5, 31, 60, 255, 0x40000000, 0x7ffffffe, 0x7fffffff, -0x7fffffff, -0x80000000];
const PATH = "test/compile/made/edges.ts";

/** A function `name(view, a, b)` for each row. */
function moduleOf(rows: Row[]): string {
	const functions = rows.map(({ body, result = "number" }, i) => {
		const text = body.includes("return") || result === "void" ? body : `return ${body};`;
		return `export function f${i}(view: DataView, a: number, b: number): ${result} {\n\t${text}\n}`;
	});
	return [
		`import type { Range } from "../../../src/packet/numbers.ts";`,
		`import { check } from "../../../src/packet/bounds.ts";`,
		`import { int32, record, type RowOf } from "../../../src/packet/record.ts";`,
		"const Row = record({ next: int32, size: int32 });",
		"type Row = RowOf<typeof Row>;",
		"const ON = true;",
		"const OFF = false;",
		"const TABLE = { small: 3, most: 0x7fffffff, least: -0x80000000 } as const;",
		"const WIDE = 0xffffffff;",
		"const SUM = TABLE.most + WIDE;",
		"function twice(n: number): number {\n\treturn (n * 2) | 0;\n}",
		"function low(n: number): Range<0, 15> {\n\treturn n & 15;\n}",
		"function byteAt(view: DataView, n: number): number {\n\treturn view.getUint8(n);\n}",
		"function sizeOf(row: Row): number {\n\treturn row.size;\n}",
		"function doubled(n: number): number {\n\treturn (n + n) | 0;\n}",
		"function onceDoubled(n: number): number {\n\treturn doubled(n);\n}",
		"function chosen(n: number, on: boolean): number {\n\treturn on ? n : 0;\n}",
		"function asked(n: number, on: boolean): number {\n\treturn chosen(n, on);\n}",
		"function both(one: boolean, other: boolean): boolean {\n\treturn one && other;\n}",
		"function bothAsked(one: boolean, other: boolean): boolean {\n\treturn both(one, other);\n}",
		"function put(view: DataView, at: number, n: number): number {\n\tview.setInt32(at, n);\n\treturn (n + 1) | 0;\n}",
		"function demand(view: DataView, n: number): void {\n\tif (n < 0) throw new RangeError(`misuse ${n}: expected more`);\n\tcheck(n, 0, view.byteLength);\n}",
		...functions,
		"",
	].join("\n");
}

interface Set {
	rows: Row[];
	cases: Case[];
	/** What Node says, for all builds. */
	node?: Promise<string[]>;
}

function setOf(rows: Row[]): Set {
	const cases = rows.flatMap((_, entry) =>
		EDGES.flatMap((a) => EDGES.map((b) => ({ entry, seed: a ^ b, sizes: [64, 9] as [number, number], args: [0, a, b] }))),
	);
	return { rows, cases };
}

async function judge(set: Set, build: Build): Promise<void> {
	const { rows, cases } = set;
	const sources = [{ path: PATH, text: moduleOf(rows) }];
	const names = rows.map((_, i) => `f${i}`);
	set.node ??= onNode(sources, names, ["memory", "number", "number"], cases);
	const different = await compareCalls(sources, cases, await set.node, build);
	// One line for each row, whatever it was given.
	const told = new Map(different.map(({ entry, told: what }) => [rows[entry]?.body ?? "", what]));
	expect([...told].map(([body, what]) => `${body}: ${what}`).join("\n")).toBe("");
}

const [arithmetic, statements, memory] = [setOf(ARITHMETIC), setOf(STATEMENTS), setOf(MEMORY)];
const builds: Build[] = ["optimised", ...(runs32() ? ["bits32" as const] : []), "sanitized"];
describe.each(builds)("%s", (build) => {
	it("operators and functions of Math", () => judge(arithmetic, build));
	it("statements", () => judge(statements, build));
	it("memory", () => judge(memory, build));
});
