// The default board's memory on the 32-bit engine, whose slots are as large as a board's.

import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle, bundleApp } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";

const run = promisify(execFile);
const SLOT = 16;

/** This machine has no 32-bit engine: the message says what to install. */
export class CannotRun extends Error {}

/** `{ arena, tables, rings, packets, slots, chunks, code, program }` in bytes, and `text` that says it. Throws CannotRun. */
export async function memoryFigures(root, told = false) {
	const folder = join(root, "build/out/bench32");
	mkdirSync(folder, { recursive: true });
	let host;
	try {
		host = await buildHost({
			name: "bench-host",
			manifest: join(root, "test/bench/manifest.json"),
			bits: 32,
			release: true,
			quiet: !told,
		});
	} catch (error) {
		if (!/gcc-multilib|qemu-user/.test(error.message)) throw error;
		throw new CannotRun(error.message, { cause: error });
	}
	const nothing = join(folder, "nothing.js");
	writeFileSync(
		nothing,
		`import * as heap from "host/heap"; import { print } from "host/system";
heap.collect(); const slots = heap.slotsUsed(); const chunkBytes = heap.chunkBytesUsed(); print(JSON.stringify({ slots, chunkBytes }));`,
	);
	const board = JSON.parse(readFileSync(join(root, "hosts/desktop/boards/default.json"), "utf8"));
	const app = await bundleApp(join(root, "test/bench/memory.ts"), folder, { inline: true });
	mkdirSync(join(folder, "program"), { recursive: true });
	const program = await bundleApp(join(root, "hosts/examples/status.ts"), join(folder, "program"), { inline: true });
	const { timer, multihome } = await bundle();
	const names = ["-m", `timer=${timer}`, "-m", `multihome=${multihome}`];
	const json = async (...args) => JSON.parse((await run(host, ["-s", ...names, ...args])).stdout);
	const empty = await json(nothing);
	const { loaded, made, started, arena, areas } = await json(app, "--", JSON.stringify(board.limits), program);
	const bytes = (from, to) => (to.slots - from.slots) * SLOT + to.chunkBytes - from.chunkBytes;
	const figures = {
		arena,
		...areas,
		code: bytes(empty, loaded),
		stackSlots: (made.slots - loaded.slots) * SLOT,
		stackChunks: made.chunkBytes - loaded.chunkBytes,
		program: bytes(made, started),
		engine: empty.slots * SLOT + empty.chunkBytes,
	};
	const rows = [
		["arena", figures.arena, "fixed C memory: tables, rings, packets"],
		["  tables", figures.tables, "registers, interfaces, neighbours, TCBs, flows, routes"],
		["  rings", figures.rings, "socket buffers"],
		["  packets", figures.packets, "packet buffers"],
		["slots", figures.stackSlots, "objects of the stack, 16 bytes a slot"],
		["chunks", figures.stackChunks, "arrays of the stack"],
		["code", figures.code, "bytecode and classes of the stack; in flash on a board, where it is preloaded"],
		["program", figures.program, "the default program: its code, page and what it holds once it listens"],
		["engine", figures.engine, "XS itself with its built-ins; in flash on a board"],
	];
	const text = `the default board on the 32-bit engine, after start, bytes\n\n${rows.map(([name, value, what]) => `${name.padEnd(10)}${String(value).padStart(9)}  ${what}`).join("\n")}`;
	return { ...figures, text };
}
