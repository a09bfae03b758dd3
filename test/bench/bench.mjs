// npm run bench: what the stack costs on XS. Instructions are x86-64's under callgrind, per packet: (Ir(2N) - Ir(N)) / N,
// driver copies included. Allocations are counted by the engine.

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { buildHost } from "../../build/host.mjs";
import { bundleApp } from "../../build/bundle.mjs";
import { memoryFigures } from "./memory.mjs";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

const HELP = `npm run bench [-- OPTIONS]
  --json          one JSON object instead of the table
  --only TEXT     only the cases whose names contain TEXT
  --tap           TCP over a TAP device against the Linux kernel instead (needs root)
  --help          this
Instructions need valgrind (Debian: apt-get install valgrind); without it allocations alone are reported.`;

/** Packets measured under callgrind: N and 2N. Allocations and collections are counted over 100,000. */
const PACKETS = 2000;
const ALLOCATION_PACKETS = 100_000;

function options() {
	try {
		return parseArgs({
			options: { json: { type: "boolean" }, only: { type: "string" }, tap: { type: "boolean" }, help: { type: "boolean" } },
		}).values;
	} catch (error) {
		console.error(`bench: ${error.message.split("\n")[0]} (--help lists the options)`);
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

function table(rows) {
	const columns = ["case", "instructions", "slots", "chunk bytes", "collections", "SPI bytes"];
	const lines = [
		columns,
		...rows.map((row) =>
			[row.name, row.instructions ?? "-", row.slots, row.chunkBytes, row.collections, row.spiBytes?.toFixed(1) ?? ""].map(String),
		),
	];
	const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
	return lines
		.map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "))
		.join("\n");
}

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
for (const name of names) {
	if (!wanted.json && process.stderr.isTTY) process.stderr.write(`\r${name.padEnd(24)}`);
	cases.push(await measure(host, app, name, valgrind));
}
const memory = wanted.only ? undefined : await memoryFigures(root);
if (wanted.json) console.log(JSON.stringify({ cases, memory: memory && { ...memory, text: undefined } }));
else {
	if (process.stderr.isTTY) process.stderr.write("\r".padEnd(26) + "\r");
	console.log(
		`per packet on XS (64-bit, bytecode stripped as on a board); collections over ${ALLOCATION_PACKETS} packets\n\n${table(cases)}`,
	);
	if (memory) console.log(`\n${memory.text}`);
}
