// npm run bench: what the stack costs on XS, case by case, and whether that is what was agreed on.

import { fileURLToPath } from "node:url";
import { readArgs } from "../../build/arguments.mjs";
import { ALLOWED, changes, complaints, unmatched, readCounts, renewed, uneven, writeCounts } from "./counts.mjs";
import { ALLOCATION_PACKETS, build, hasValgrind, measure, reasonOf } from "./measure.mjs";
import { CannotRun, memoryFigures } from "./memory.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What --quick measures: each way through the stack once, by cases that take few seconds. */
const QUICK = [
	"tcp-receive-1460",
	"tcp-send-1460",
	"tcp-read-byte",
	"udp-echo-64",
	"udp-echo-1472",
	"icmp-echo-64",
	"forward-64",
	"arp-reply",
	"tcp-connect-close",
	"idle-poll",
	"route-lookup-10",
	"demux-4",
];

const HELP = `npm run bench [-- OPTIONS]
  --json          one JSON object instead of the table
  --only TEXT     only the cases whose names contain TEXT
  --gate          compares with the agreed counts of test/bench/counts.json: a case that takes more than ${ALLOWED * 100} % more or fewer instructions fails,
                  and so does one that allocates or collects. Fewer fail as well: a gain that is not agreed on could be lost unseen.
  --quick         with --gate: ${QUICK.length} cases that are quickly measured, as \`npm test\` runs it
  --write         writes what was measured into counts.json and prints what changed; a count that rises needs its reason in CHANGELOG.md
  --tap           TCP over a TAP device against the Linux kernel instead (needs root)
  --goodput       what TCP gets of wires that lose and reorder, on the virtual clock, beside what is recorded of Linux; --only, --json, --runs N, --seed N; with --gate
                  a cell below 0.95 of Linux's median fails
  --fairness      how several connections share a line, on the virtual clock; --json, --runs N, --seed N; with --linux half of them are Linux's
  --linux         with --goodput: Linux to Linux and Linux with a board both ways, in real time (needs root); with --write Linux alone, which is recorded
  --help          this
Figures are printed as they come; what cannot be had is told at the end, and takes no other figure away. Instructions need valgrind (Debian: apt-get install
valgrind), the board's memory needs gcc-multilib, and where the kernel runs no 32-bit programs qemu-user.
Status: 0, or 1 when a case could not be run or failed at the gate, or 2 for a wrong option. The last line of --gate is \`N passed, N failed\`.`;

function refuse(message) {
	console.error(`bench: ${message}`);
	process.exit(2);
}

function options() {
	let wanted;
	try {
		const flags = ["json", "gate", "quick", "write", "tap", "goodput", "fairness", "linux", "help"].map((name) => [
			name,
			{ type: "boolean" },
		]);
		const texts = ["only", "runs", "seed"].map((name) => [name, { type: "string" }]);
		wanted = readArgs(Object.fromEntries([...flags, ...texts]));
	} catch (error) {
		refuse(`${error.message} (--help lists the options)`);
	}
	for (const name of ["linux", "runs", "seed"])
		if (wanted[name] !== undefined && !wanted.goodput && !wanted.fairness) refuse(`--${name}: goes with --goodput or --fairness`);
	for (const name of ["runs", "seed"])
		if (wanted[name] !== undefined && !/^[1-9]\d{0,5}$/.test(wanted[name]))
			refuse(`--${name} ${wanted[name]}: expected a number of 1 to 999999`);
	if (wanted.goodput || wanted.fairness) {
		const name = wanted.goodput ? "goodput" : "fairness";
		const others = [
			"quick",
			"tap",
			...(wanted.goodput ? ["fairness"] : ["gate", "only"]),
			...(wanted.goodput && wanted.linux ? [] : ["write"]),
		];
		const wrong = others.find((other) => wanted[other] !== undefined);
		if (wrong !== undefined) refuse(`--${wrong}: does not go with --${name}`);
		return wanted;
	}
	const kinds = ["gate", "write", "json", "tap"].filter((name) => wanted[name]);
	if (kinds.length > 1 && kinds.join() !== "json,tap") refuse(`--${kinds.join(" and --")}: expected one of them`);
	if (wanted.quick && (!wanted.gate || wanted.only !== undefined)) refuse("--quick: goes with --gate, and not with --only");
	return wanted;
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

/** Measures the cases one after another, and prints each, with what `judge` says of it. Answers the rows, and what could not be had. */
async function measureAll(built, names, { quiet, valgrind }, judge) {
	const rows = [];
	const failures = [];
	const width = Math.max(...names.map((name) => name.length));
	if (!quiet) {
		console.log(`per packet on XS (64-bit, bytecode stripped as on a board); collections over ${ALLOCATION_PACKETS} packets\n`);
		console.log(line(width, "case", COLUMNS));
	}
	const told = (text) => !quiet && process.stderr.isTTY && process.stderr.write(text);
	for (const name of names) {
		told(`\r${name} …`);
		let row;
		try {
			row = await measure(built, name, valgrind);
			rows.push(row);
		} catch (error) {
			failures.push(`${name}: ${reasonOf(error)}`);
		}
		told("\r\u001B[K");
		if (!quiet) console.log(row === undefined ? `${name.padEnd(width)}  failed` : line(width, name, cellsOf(row)));
		if (row !== undefined) judge(row);
	}
	return { rows, failures };
}

/** The gate: 0 when every case keeps to its agreed count. */
async function gate(built, names, how) {
	const counts = readCounts();
	let [passed, failed] = [0, 0];
	const fail = (...lines) => {
		failed++;
		for (const line of lines) console.log(`  FAILED ${line}`);
	};
	const { failures } = await measureAll(built, names, how, (row) => {
		if (counts[row.name] === undefined) return; // told below
		const wrong = complaints(row, counts[row.name]);
		if (wrong.length > 0) fail(...wrong);
		else passed++;
	});
	for (const wrong of [...failures, ...unmatched(counts, built.names), ...uneven(counts)]) fail(wrong);
	console.log(`${passed} passed, ${failed} failed`);
	return failed > 0 ? 1 : 0;
}

/** Renews the agreed counts of what could be measured. */
async function write(built, names, how) {
	const { rows, failures } = await measureAll(built, names, how, () => {});
	const before = readCounts();
	const after = renewed(before, built.names, rows);
	writeCounts(after);
	const changed = changes(before, after);
	console.log(`\ntest/bench/counts.json: ${changed.length === 0 ? "nothing changed" : `${changed.length} changed`}`);
	for (const change of changed) console.log(`  ${change}`);
	return told([...failures, ...uneven(after)]);
}

/** The table or the JSON object, and the board's memory unless single cases are wanted. */
async function report(built, names, { json, only }, how) {
	const { rows: cases, failures } = await measureAll(built, names, how, () => {});
	let memory;
	if (!only) {
		try {
			memory = await memoryFigures(root, json !== true);
		} catch (error) {
			if (error instanceof CannotRun) console.error(`bench: no memory figures: ${error.message}`);
			else failures.push(`the board's memory: ${reasonOf(error)}`);
		}
	}
	if (json) console.log(JSON.stringify({ cases, memory: memory && { ...memory, text: undefined }, failures }));
	else if (memory) console.log(`\n${memory.text}`);
	return told(failures);
}

/** Tells what could not be had; the status. */
function told(failures) {
	for (const failure of failures) console.error(`bench: could not be had: ${failure}`);
	return failures.length > 0 ? 1 : 0;
}

async function main(wanted) {
	const valgrind = await hasValgrind();
	if (!valgrind && (wanted.gate || wanted.write)) {
		console.error("bench: valgrind is not installed (apt-get install valgrind): nothing to compare with the agreed counts");
		return 1;
	}
	const built = await build(root, wanted.json);
	const names = wanted.quick ? QUICK : built.names.filter((name) => name.includes(wanted.only ?? ""));
	if (names.length === 0) refuse(`--only ${wanted.only}: no case has that in its name`);
	if (!valgrind) console.error("bench: valgrind is not installed (apt-get install valgrind): allocations alone are reported");
	const how = { quiet: wanted.json, valgrind };
	if (wanted.gate) return gate(built, names, how);
	if (wanted.write) return write(built, names, how);
	return report(built, names, wanted, how);
}

const wanted = options();
if (wanted.help) console.log(HELP);
else if (wanted.tap) {
	const { tapBench } = await import("./tap.mjs");
	await tapBench({ json: wanted.json === true });
} else if (wanted.goodput || wanted.fairness) {
	const { runs, seed, ...flags } = wanted;
	const given = Object.entries({ runs, seed }).filter(([, text]) => text !== undefined);
	const options = { ...flags, ...Object.fromEntries(given.map(([name, text]) => [name, Number(text)])) };
	if (wanted.goodput) process.exitCode = await (await import("./goodput.mjs")).goodputBench(options);
	else process.exitCode = await (await import("./fairness.mjs")).fairnessBench(options);
} else process.exitCode = await main(wanted);
