// npm run bench: what the stack costs on XS. Instructions are x86-64's under callgrind, per packet: (Ir(2N) - Ir(N)) / N,
// driver copies included. Allocations are counted by the engine.

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readArgs } from "../../build/arguments.mjs";
import { buildHost } from "../../build/host.mjs";
import { bundleApp } from "../../build/bundle.mjs";
import { CannotRun, memoryFigures } from "./memory.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

const HELP = `npm run bench [-- OPTIONS]
  --json          one JSON object instead of the table
  --only TEXT     only the cases whose names contain TEXT
  --tap           TCP over a TAP device against the Linux kernel instead (needs root)
  --help          this
Figures are printed as they come; what cannot be had is told at the end, and takes no other figure away. Instructions need valgrind (Debian: apt-get install
valgrind), the board's memory needs gcc-multilib, and where the kernel runs no 32-bit programs qemu-user.
Status: 0, or 1 when a case could not be run, or 2 for a wrong option.`;

/** Packets measured under callgrind: N and 2N. Allocations and collections are counted over 100,000. */
const PACKETS = 2000;
const ALLOCATION_PACKETS = 100_000;

function options() {
	try {
		return readArgs({ json: { type: "boolean" }, only: { type: "string" }, tap: { type: "boolean" }, help: { type: "boolean" } });
	} catch (error) {
		console.error(`bench: ${error.message} (--help lists the options)`);
		process.exit(2);
	}
}

async function hasValgrind() {
	try {
		await run("valgrind", ["--version"]);
		return true;
	} catch {
		return false;
	}
}

async function instructions(host, app, name, packets) {
	const { stderr } = await run("valgrind", [
		"--tool=callgrind",
		"--callgrind-out-file=/dev/null",
		// What the chip models and the peer at their cable do is not the stack's: on a board the chip and the SPI controller do it.
		...[
			"spiExchange",
			"spiSelect",
			"xs_bench_converse",
			"xs_host_passChipTime",
			"moveBytes",
			"hostLineStart",
			"xs_bench_converseLine",
		].map((name) => `--toggle-collect=${name}`),
		"--collect-atstart=yes",
		host,
		"-s",
		app,
		"--",
		name,
		String(packets),
	]);
	const match = /Collected : (\d+)/.exec(stderr);
	if (!match) throw new Error(`${name}: callgrind printed no count`);
	return Number(match[1]);
}

/** In one line. */
function reasonOf(error) {
	const words = (error.stderr || error.message).trim().split("\n");
	return words[0] + (error.signal ? ` (${error.signal})` : "");
}

async function measure(host, app, name, valgrind) {
	const { stdout } = await run(host, ["-s", app, "--", name, String(ALLOCATION_PACKETS)]);
	const counted = JSON.parse(stdout);
	let perPacket = null;
	if (valgrind) {
		const [once, twice] = await Promise.all([instructions(host, app, name, PACKETS), instructions(host, app, name, 2 * PACKETS)]);
		perPacket = Math.round((twice - once) / PACKETS);
	}
	return {
		name,
		instructions: perPacket,
		slots: counted.slots / ALLOCATION_PACKETS,
		chunkBytes: counted.chunkBytes / ALLOCATION_PACKETS,
		collections: counted.collections,
		spiBytes: counted.spiBytes === undefined ? null : counted.spiBytes / ALLOCATION_PACKETS,
		packets: ALLOCATION_PACKETS,
	};
}

const COLUMNS = ["instructions", "slots", "chunk bytes", "collections", "SPI bytes"];

/** A line of the table; every column is wide enough for what may come. */
function line(width, name, cells) {
	return [name.padEnd(width), ...cells.map((cell, i) => String(cell).padStart(COLUMNS[i].length))].join("  ").trimEnd();
}

const cellsOf = ({ instructions, slots, chunkBytes, collections, spiBytes }) => [
	instructions ?? "-",
	slots,
	chunkBytes,
	collections,
	spiBytes?.toFixed(1) ?? "",
];

const wanted = options();
if (wanted.help) {
	console.log(HELP);
	process.exit(0);
}
if (wanted.tap) {
	const { tapBench } = await import("./tap.mjs");
	await tapBench({ json: wanted.json === true });
	process.exit(0);
}

const folder = `${root}/build/out/bench`;
mkdirSync(folder, { recursive: true });
const host = await buildHost({
	name: "bench-host",
	manifest: `${root}/test/bench/manifest.json`,
	release: true,
	quiet: wanted.json,
});
const app = await bundleApp(`${root}/test/bench/cases.ts`, folder, { inline: true });
const names = JSON.parse((await run(host, ["-s", app, "--", "list"])).stdout).filter((name) => name.includes(wanted.only ?? ""));
if (names.length === 0) {
	console.error(`bench: --only ${wanted.only}: no case has that in its name`);
	process.exit(2);
}
const valgrind = await hasValgrind();
if (!valgrind) console.error("bench: valgrind is not installed (apt-get install valgrind): allocations alone are reported");
const cases = [];
/** What could not be had, by name. */
const failures = [];
const width = Math.max(...names.map((name) => name.length));
if (!wanted.json) {
	console.log(`per packet on XS (64-bit, bytecode stripped as on a board); collections over ${ALLOCATION_PACKETS} packets\n`);
	console.log(line(width, "case", COLUMNS));
}
for (const name of names) {
	if (!wanted.json && process.stderr.isTTY) process.stderr.write(`\r${name} …`);
	let row;
	try {
		row = await measure(host, app, name, valgrind);
		cases.push(row);
	} catch (error) {
		failures.push(`${name}: ${reasonOf(error)}`);
	}
	if (!wanted.json && process.stderr.isTTY) process.stderr.write("\r\u001B[K");
	if (!wanted.json) console.log(row === undefined ? `${name.padEnd(width)}  failed` : line(width, name, cellsOf(row)));
}
let memory;
if (!wanted.only) {
	try {
		memory = await memoryFigures(root, wanted.json !== true);
	} catch (error) {
		if (error instanceof CannotRun) console.error(`bench: no memory figures: ${error.message}`);
		else failures.push(`the board's memory: ${reasonOf(error)}`);
	}
}
if (wanted.json) console.log(JSON.stringify({ cases, memory: memory && { ...memory, text: undefined }, failures }));
else if (memory) console.log(`\n${memory.text}`);
for (const failure of failures) console.error(`bench: could not be had: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
