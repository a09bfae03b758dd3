// The desktop's XS host (hosts/desktop/xs) from outside: modules, endings, natives and the heap's counters.

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { build, end, file, folder, host, lines, run, start } from "./fixtures/host.ts";

describe("modules", () => {
	test("relative imports are resolved against the importing file, and one file is one module", async () => {
		file(`export let count = 0; export function up() { return ++count; }`, "shared.js");
		mkdirSync(join(folder, "inner"));
		file(`import { up } from "../inner/../shared.js"; up();`, "inner/user.js");
		expect(await lines(`import "./inner/user.js"; import { up } from "././shared.js"; system.print(String(up()));`)).toEqual([
			"2",
		]);
	});

	test("bare specifiers come from -m", async () => {
		const path = file(`export default "mapped";`);
		expect(await lines(`import text from "some/thing"; system.print(text);`, { options: ["-m", `some/thing=${path}`] })).toEqual([
			"mapped",
		]);
	});

	test("a dynamic import works, and a failed one can be caught", async () => {
		file(`export const x = 7;`, "seven.js");
		const code = `const { x } = await import("./seven.js"); system.print(String(x));
			try { await import("./none.js"); } catch (error) { system.print(error.name); }`;
		expect(await lines(code)).toEqual(["7", "ReferenceError"]);
	});

	test("a module that is missing is named with its importer", async () => {
		const { status, error } = await run(`import "./nowhere.js";`);
		expect(status).toBe(70);
		expect(error).toMatch(/ReferenceError: module ".\/nowhere.js" not found, imported by .*program\d+\.js/);
		expect((await run(`import "no/such";`)).error).toMatch(/module "no\/such" not found/);
	});

	test("a syntax error is told with file and line, also in an imported module", async () => {
		const { status, error } = await run(`let a = 1;\nlet b = ;`);
		expect(status).toBe(70);
		expect(error).toMatch(/SyntaxError: .*program\d+\.js:3: missing expression/);
		file(`export const y = 1;\n\n)`, "broken.js");
		expect((await run(`import { y } from "./broken.js";`)).error).toMatch(/broken\.js:3: /);
	});
});

describe("endings", () => {
	test("status 0 when nothing is left, even with a timer that is not armed", async () => {
		expect(await lines(`loop.createTimer(() => {}); system.print("done");`)).toEqual(["done"]);
	});

	test("exit() ends with its status, from a callback too, and completes files and output", async () => {
		const path = join(folder, "exit.bin");
		const code = `const fd = file.openWrite(system.args[0]);
			file.write(fd, new Uint8Array([1, 2, 3, 4]), 1, 3);
			system.print("before");
			loop.armTimer(loop.createTimer(() => { system.exit(9); system.print("after"); }), 1);`;
		const { status, lines } = await run(code, { args: [path] });
		expect([status, lines]).toEqual([9, ["before"]]);
		expect([...readFileSync(path)]).toEqual([2, 3]);
	});

	const failing = "function fail() {\n\tconst x = null;\n\treturn x.y + 1;\n}\n";
	test.each([
		["evaluation", `${failing}fail();`],
		["a timer", `${failing}loop.armTimer(loop.createTimer(() => { fail(); }), 0);`],
		["a deferred callback", `${failing}loop.defer(() => { fail(); });`],
		["a rejection that nothing handles", `${failing}Promise.resolve().then(() => { fail(); });`],
		["an async function", `${failing}async function f() { await 1; fail(); }\nf();`],
		["a watch", `${failing}wire.inheritFd(0, "bytes"); loop.watch(0, () => { fail(); });`],
	])("an exception in %s: message and position on stderr, status 70", async (_, code) => {
		const child = start(code);
		child.stdin?.end();
		const { status, error } = await end(child);
		expect(status).toBe(70);
		expect(error).toMatch(/^TypeError: .*\n at fail \(.*program\d+\.js:4\)\n/);
	});

	test("a value that is no Error can be thrown; a rejection handled in time is no error", async () => {
		expect(await run(`throw "text";`)).toMatchObject({ status: 70, error: "uncaught: text\n" });
		expect(await lines(`const p = Promise.reject(1); p.catch(() => system.print("handled"));`)).toEqual(["handled"]);
	});

	test("positions know generators, nested functions and other files", async () => {
		file(
			`export function deep() {\n\tconst inner = () => {\n\t\tthrow new Error("deep");\n\t};\n\tinner();\n\treturn 1;\n}\n`,
			"deep.js",
		);
		const { error } = await run(
			`import { deep } from "./deep.js";\nfunction* g() {\n\tyield 1;\n\tconst d = deep();\n\tyield d;\n}\nfor (const x of g()) ;`,
		);
		expect(error).toMatch(/^Error: deep\n at inner \(.*deep\.js:3\)\n at deep \(.*deep\.js:5\)\n at g \(.*program\d+\.js:5\)\n/);
	});

	test("a fixed heap that is full: status 71, with what is in use and where", async () => {
		const code = `const list = [];\nfor (;;)\n\tlist.push({});`;
		const { status, error } = await run(code, { options: ["-h", "1000000,20000,1000"] });
		expect(status).toBe(71);
		expect(error).toMatch(
			/^memory full: \d+ of \d+ slots, \d+ of \d+ chunk bytes, 1000 stack slots; option -h gives more\n at .*program\d+\.js:4\n/,
		);
	});

	test("a growing heap grows; an endless recursion ends with 71", async () => {
		const code = `const before = heap.slotsTotal(); const list = []; for (let i = 0; i < 50000; i++) list.push({});
			system.print(String(heap.slotsTotal() > before && list.length === 50000));`;
		expect(await lines(code, { options: ["-h", "200000,20000,1000,growing"] })).toEqual(["true"]);
		expect(await run(`function f() { return 1 + f(); }\nf();`)).toMatchObject({
			status: 71,
			error: expect.stringMatching(/^stack overflow/),
		});
	});

	test("wrong command lines: usage on stderr, status 64", async () => {
		for (const args of [
			[],
			["-h", "1,2", "x.js"],
			["-h", "1,2,3,shrinking", "x.js"],
			["-z", "x.js"],
			["-m", "x", "x.js"],
			["/no/such.js"],
		]) {
			expect((await end(spawn(host, args))).status).toBe(64);
		}
	});

	test.each([
		["SIGINT", 130],
		["SIGTERM", 143],
	] as const)("%s without a callback ends with %i, and files are complete", async (signal, expected) => {
		const path = join(folder, `${signal}.bin`);
		const child = start(
			`const fd = file.openWrite(system.args[0]); file.write(fd, new Uint8Array(3), 0, 3);
			system.print("ready"); loop.armTimer(loop.createTimer(() => {}), 60000);`,
			{ args: [path] },
		);
		child.stdout?.once("data", () => child.kill(signal));
		expect((await end(child)).status).toBe(expected);
		expect(readFileSync(path).length).toBe(3);
	});

	test("a signal reaches its callback", async () => {
		const child = start(`system.onSignal((n) => { system.print("signal " + n); system.exit(5); });
			system.print("ready"); loop.armTimer(loop.createTimer(() => {}), 60000);`);
		child.stdout?.once("data", () => child.kill("SIGTERM"));
		expect(await end(child)).toMatchObject({ status: 5, lines: ["ready", "signal 15"] });
	});
});

describe("host buffers and natives", () => {
	const setUp = `import { allocate } from "multihome/memory"; import * as probe from "test/probe";
		const tell = (f) => { try { system.print(String(f())); } catch (e) { system.print(e.name + ": " + e.message); } };`;

	test("a host buffer is zeroed and takes views with offsets", async () => {
		const code = `${setUp} const buffer = allocate(64), a = new DataView(buffer), b = new DataView(buffer, 8, 16), c = new Uint8Array(buffer, 10, 4);
			tell(() => [buffer.byteLength, a.byteLength, b.byteOffset, c.length]);
			tell(() => new Uint8Array(buffer).every((x) => x === 0));
			b.setUint16(2, 0x1234); b.setInt32(4, -2);
			tell(() => [a.getUint16(10), a.getInt32(12), a.getInt32(12, true), Array.from(c)]);
			c[3] = 9; tell(() => a.getUint8(13)); tell(() => new Int32Array(buffer, 12, 1)[0]);
			tell(() => b.getInt32(13)); tell(() => new DataView(buffer, 65)); tell(() => { a.setInt8(64, 0); });`;
		expect(await lines(code)).toEqual([
			"64,64,8,4",
			"true",
			"4660,-2,-16777217,18,52,255,255",
			"9",
			expect.stringMatching(/^-?\d+$/),
			expect.stringMatching(/^RangeError/),
			expect.stringMatching(/^RangeError/),
			expect.stringMatching(/^RangeError/),
		]);
	});

	test("allocate() refuses what it cannot give", async () => {
		const code = `${setUp} tell(() => allocate(0)); tell(() => allocate(-1)); tell(() => allocate(2 ** 30 + 1));`;
		expect(await lines(code)).toEqual(
			[0, -1, 2 ** 30 + 1].map((bytes) => `RangeError: ${bytes} bytes: expected 1 to ${2 ** 30}`),
		);
	});

	test("natives take any view of bytes, from its start, and check its bounds", async () => {
		const code = `${setUp} const buffer = allocate(16), array = new ArrayBuffer(16);
			for (const b of [buffer, array]) { const v = new Uint8Array(b); for (let i = 0; i < 16; i++) v[i] = i; }
			for (const b of [buffer, array]) {
				tell(() => [probe.sum(b, 0, 16), probe.sum(new DataView(b, 4, 8), 0, 8), probe.sum(new Uint8Array(b, 4, 8), 1, 3), probe.sum(new Int8Array(b), 16, 16)]);
			}
			for (const [at, end] of [[-1, 2], [3, 2], [0, 9], [9, 9], [0, -1], [2147483647, -2147483648]]) tell(() => probe.sum(new DataView(buffer, 4, 8), at, end));
			tell(() => probe.sum({}, 0, 1)); tell(() => probe.sum(null, 0, 1));`;
		const range = (at: number, end: number) => `RangeError: bytes ${at} to ${end}: expected them within 0 to 8`;
		expect(await lines(code)).toEqual([
			"120,60,11,0",
			"120,60,11,0",
			range(-1, 2),
			range(3, 2),
			range(0, 9),
			range(9, 9),
			range(0, -1),
			range(2147483647, -2147483648),
			"TypeError: this is no buffer",
			"TypeError: this is no buffer",
		]);
	});

	test("an exported native is the host function itself", async () => {
		const code = `${setUp} tell(() => Function.prototype.toString.call(probe.sum).includes("native code")); tell(() => [probe.sum.name, probe.sum.length]);`;
		expect(await lines(code)).toEqual(["true", "sum,3"]);
	});

	test("classes with natives: constructor, methods, getter, static, destructor when collected", async () => {
		const code = `${setUp} const counter = new probe.Counter({ start: 5 });
			tell(() => [counter.increment(), counter.twice(), counter.value, probe.Counter.most(), counter instanceof probe.Counter]);
			class Two extends probe.Counter { constructor() { super({ start: 1 }); } increment() { super.increment(); return super.increment(); } }
			tell(() => new Two().increment());
			tell(() => { counter.close(); return probe.destroyed(); });
			(() => { for (let i = 0; i < 3; i++) new probe.Counter(); })();
			heap.collect(); tell(() => probe.destroyed());`;
		expect(await lines(code)).toEqual(["6,8,8,1000,true", "3", "1", "5"]);
	});

	test("a declared native that no C defines is named", async () => {
		expect(await run(`import { nowhere } from "test/absent";`)).toMatchObject({
			status: 70,
			error: expect.stringMatching(/native function "xs_absent_nowhere" is declared, but no C file of the manifests defines it/),
		});
	});
});

describe("host/heap", () => {
	const measure = `function measure(f) {
			f(0);
			const s = heap.slotsAllocated(), b = heap.chunkBytesAllocated();
			f(1);
			const slots = heap.slotsAllocated() - s, bytes = heap.chunkBytesAllocated() - b;
			system.print(slots + "," + bytes);
		}
		let keep;`;
	// Slots as in xs.md; a chunk has a header, and an array's elements are slots.
	const code = `${measure}
		measure(() => {}); measure(() => { keep = { a: 1, b: 2 }; }); measure(() => { keep = [1, 2]; }); measure(() => { keep = new DataView(view.buffer); });
		measure(() => { view.setInt32(0, 5); }); measure((n) => { keep = n + 1; });`;

	test("counts are exact", async () => {
		expect(await lines(`const view = new DataView(new ArrayBuffer(8));\n${code}`)).toEqual([
			"0,0",
			"3,0",
			"2,80",
			"3,0",
			"0,0",
			"0,0",
		]);
	});

	test("counts go on rising over collections", async () => {
		const code = `const before = heap.slotsAllocated(), chunks = heap.chunkBytesAllocated(), n = heap.collections();
			for (let i = 0; i < 30000; i++) ({ a: 1 }, [1]);
			const slots = heap.slotsAllocated() - before;
			heap.collect();
			const after = heap.slotsAllocated() - before;
			system.print(JSON.stringify([slots, heap.collections() - n > 1, after, heap.chunkBytesAllocated() - chunks,
				heap.slotsUsed() < 20000, heap.slotsTotal() <= 20000, heap.chunkBytesUsed() < heap.chunkBytesTotal()]));`;
		const [counts] = await lines(code, { options: ["-h", "500000,20000,1000"] });
		const [slots, collected, after, bytes, ...rest] = JSON.parse(counts as string);
		expect([collected, ...rest]).toEqual([true, true, true, true]);
		expect(slots).toBeGreaterThanOrEqual(30000 * 4);
		expect(after).toBe(slots);
		expect(bytes).toBeGreaterThanOrEqual(30000 * 40);
	});

	test("a 32-bit host counts a board's bytes", async ({ skip }) => {
		let binary: string;
		try {
			binary = await build(32);
		} catch (error) {
			if (!/gcc-multilib/.test(String(error))) throw error;
			console.log(`skipped: ${(error as Error).message}`);
			return skip();
		}
		expect(await lines(`const view = new DataView(new ArrayBuffer(8));\n${code}`, { binary })).toEqual([
			"0,0",
			"3,0",
			"2,40",
			"3,0",
			"0,0",
			"0,0",
		]);
	}, 120_000);
});
