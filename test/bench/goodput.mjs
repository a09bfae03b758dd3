// npm run bench -- --goodput: what TCP gets of a wire that loses and reorders, beside what Linux's gets of it: cell by cell, medians of some seeds.
//
// Without --linux two stacks of ours on the virtual clock (test/sim/goodput.ts), beside the medians of Linux in goodput-linux.json; this needs nothing. With
// it Linux to Linux, and Linux with a board both ways, in real time and as many at once as the machine can carry: root, /dev/net/tun, gcc, iproute2, ethtool.

import { readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { missing } from "../interop/support/namespace.mjs";
import { CELLS, median, wireOf } from "./goodput-cells.mjs";
import { prepare, transfer } from "./goodput-linux.mjs";

const recorded = fileURLToPath(new URL("goodput-linux.json", import.meta.url));
/** Least part of Linux's median. */
export const BAR = 0.95;
const RUNS = 5;
/** What runs at the same time: transfers, and Mbit/s of their wires. On two cores frames are late by some tenths of a millisecond then. */
const AT_ONCE = 10;
const AT_ONCE_MBITS = 100;
/** The three sides of a table of --linux, by their names there. */
const SIDES = {
	linux: { peer: "linux", role: "send" },
	sends: { peer: "multihome", role: "send" },
	receives: { peer: "multihome", role: "receive" },
};

export const readRecorded = () => JSON.parse(readFileSync(recorded, "utf8"));

/** Test code in TypeScript on Node; `use` is given what a module exports. */
export async function withModule(path, use) {
	const server = await createServer({
		configFile: false,
		root: fileURLToPath(new URL("../..", import.meta.url)),
		server: { middlewareMode: true, watch: null, ws: false },
		optimizeDeps: { noDiscovery: true },
		logLevel: "error",
	});
	try {
		return await use(await server.ssrLoadModule(path));
	} finally {
		await server.close();
	}
}

const part = (count, of) => (of === 0 ? 0 : (100 * count) / of);
const errorsOf = (runs) =>
	runs.map(({ seed, error }) => (error === "" ? "" : `seed ${seed}: ${error}`)).filter((text) => text !== "");

/** What the runs of one side of a cell say together: medians, and of all senders' segments what was sent again, and without need. */
function summary(runs) {
	const sum = (name) => runs.reduce((all, { sender }) => all + sender[name], 0);
	return {
		goodput: median(runs.map(({ goodput }) => goodput)),
		each: runs.map(({ goodput }) => goodput),
		segments: sum("segments"),
		again: sum("again"),
		needless: sum("needless"),
		needlessPercent: part(sum("needless"), sum("segments")),
		stalls: sum("stalls"),
		stalledMs: sum("stalledMs"),
		errors: errorsOf(runs),
	};
}

/** All cells on the virtual clock, beside what is recorded of Linux. */
async function virtually(cells, seeds, tell) {
	const { cells: linux } = readRecorded();
	return withModule("/test/sim/goodput.ts", ({ goodput }) =>
		cells.map((cell) => {
			const runs = seeds.map((seed) => {
				const { goodput: rate, senders, error } = goodput(wireOf(cell, seed), cell);
				return { seed, goodput: rate, sender: senders[0], error };
			});
			const row = { name: cell.name, linux: { goodput: linux[cell.name] }, ours: summary(runs) };
			tell(row);
			return row;
		}),
	);
}

/** Runs jobs, each with the Mbit/s of its wire, so that never too much is on the wires. */
async function throttled(jobs) {
	let running = 0;
	let mbits = 0;
	let wake = () => {};
	const all = [];
	for (const job of jobs) {
		while (running > 0 && (running >= AT_ONCE || mbits + job.mbits > AT_ONCE_MBITS))
			await new Promise((resolve) => (wake = resolve));
		running++;
		mbits += job.mbits;
		all.push(
			job.run().finally(() => {
				running--;
				mbits -= job.mbits;
				wake();
			}),
		);
	}
	await Promise.all(all);
}

/** All cells in real time. `late`: what the wires say of themselves. */
async function withLinux(cells, seeds, sides, tell, control) {
	const tools = await prepare();
	const late = { meanUs: [], p99Us: [], maxUs: [] };
	const rows = cells.map((cell) => ({ cell, name: cell.name, runs: Object.fromEntries(sides.map((side) => [side, []])) }));
	const jobs = rows.flatMap((row) =>
		seeds.flatMap((seed) =>
			sides.map((side) => ({
				mbits: row.cell.rate / 1e6,
				run: async () => {
					const run = await measured(tools, row.cell, side, seed, control);
					row.runs[side].push(run);
					for (const { lateMeanUs, late99Us, lateMaxUs } of run.ways) {
						late.meanUs.push(lateMeanUs);
						late.p99Us.push(late99Us);
						late.maxUs.push(lateMaxUs);
					}
					if (sides.every((each) => row.runs[each].length === seeds.length)) {
						for (const each of sides) {
							row[each] = summary(row.runs[each]);
							row[each].counters = added(row.runs[each].map(({ counters }) => counters));
						}
						tell(row);
					}
				},
			})),
		),
	);
	await throttled(jobs);
	return {
		rows: rows.map(({ cell: _cell, runs: _runs, ...row }) => row),
		late: { meanUs: median(late.meanUs), p99Us: median(late.p99Us), maxUs: Math.max(...late.maxUs) },
	};
}

async function measured(tools, cell, side, seed, control) {
	const { peer, role } = SIDES[side];
	try {
		const { goodput, error, wire, counters } = await transfer(tools, cell, { peer, role, seed, control });
		const halves = wire.flows.find(({ ports }) => ports[1] === 5001).halves;
		return { seed, goodput, error, sender: halves[role === "send" ? 1 : 0], ways: wire.ways, counters };
	} catch (error) {
		const nothing = { segments: 0, again: 0, needless: 0, stalls: 0, stalledMs: 0 };
		return { seed, goodput: 0, error: error.message, sender: nothing, ways: [], counters: {} };
	}
}

/** Counters of several runs, by end and name. */
function added(all) {
	const result = {};
	for (const counters of all)
		for (const [end, values] of Object.entries(counters)) {
			result[end] ??= {};
			for (const [name, value] of Object.entries(values)) result[end][name] = (result[end][name] ?? 0) + value;
		}
	return result;
}

/** What Linux itself counts as come twice, or learns to have sent twice, percent of the segments with data; a receiver without SACK counts it by another name. */
function kernelPercent(side, { segments, counters }) {
	const count = (end, ...names) => names.reduce((sum, name) => sum + (counters[end]?.[name] ?? 0), 0);
	const twice =
		SIDES[side].role === "receive"
			? count("client", "TCPDSACKRecv")
			: Math.max(count("client", "TCPDSACKOldSent", "TCPDSACKOfoSent"), count("client", "DelayedACKLost"));
	return part(twice, segments);
}

const percent = (value) => value.toFixed(2).padStart(6);

/** What a row says of a side: Mbit/s, of Linux's, needless, and with Linux at an end what that counts. */
function told(row, side) {
	const { goodput, needlessPercent, counters } = row[side];
	const linux = row.linux?.goodput;
	const ratio = linux === undefined ? "-" : (goodput / linux).toFixed(2);
	const mark = linux !== undefined && goodput < BAR * linux ? "!" : " ";
	const kernel = counters === undefined ? "" : ` ${percent(kernelPercent(side, row[side]))}`;
	return `${goodput.toFixed(2).padStart(8)} ${ratio.padStart(5)}${mark} ${percent(needlessPercent)}${kernel}`;
}

/** Prints rows as they come, below a head. */
function printer(width, sides, live) {
	const columns = `  Mbit/s ratio  needl.${live ? " kernel" : ""}`;
	console.log(`${"".padEnd(width)}  ${sides.map((side) => side.padEnd(columns.length)).join("  ")}`);
	console.log(`${"cell".padEnd(width)}  ${sides.map(() => columns).join("  ")}`);
	return (row) => {
		console.log(`${row.name.padEnd(width)}  ${sides.map((side) => told(row, side)).join("  ")}`);
		for (const side of sides) for (const error of row[side].errors) console.log(`  ${side}: ${error}`);
	};
}

/**
 * Measures and prints; answers the status: 1 when a transfer went wrong, and with `gate` when a cell is below the bar. `linux`: in real time. `only`: cells whose names contain it. `write`: records Linux's
 * medians. `runs`: how many seeds.
 */
export async function goodputBench({
	linux = false,
	only = "",
	json = false,
	gate = false,
	write = false,
	runs = RUNS,
	seed = 1,
	control = "cubic",
} = {}) {
	const cells = CELLS.filter(({ name }) => name.includes(only));
	if (cells.length === 0) throw new Error(`--only ${only}: no cell has that in its name`);
	const seeds = Array.from({ length: runs }, (_, i) => seed + i);
	const lacking = linux ? missing("gcc", "ethtool", "ping", "taskset") : "";
	if (lacking !== "") {
		console.log(json ? JSON.stringify({ skipped: lacking }) : `goodput with Linux: skipped, missing ${lacking}`);
		return 0;
	}
	const sides = linux ? (write ? ["linux"] : Object.keys(SIDES)) : ["ours"];
	if (!json)
		console.log(
			`goodput in Mbit/s, medians of ${runs} runs, seeds ${seeds[0]} to ${seeds.at(-1)}; of Linux's (${control}); segments sent again without need, percent, by the wire and by the kernel; ! below ${BAR}\n`,
		);
	const tell = json ? () => {} : printer(Math.max(...cells.map(({ name }) => name.length)), sides, linux);
	const { rows, late } = linux
		? await withLinux(cells, seeds, sides, tell, control)
		: { rows: await virtually(cells, seeds, tell), late: undefined };
	if (write) record(rows, runs);
	if (json) console.log(JSON.stringify({ seeds, rows, late }));
	else if (late !== undefined)
		console.log(
			`\nframes were late on the wire by ${late.meanUs} µs (median of the means), ${late.p99Us} µs (of the 99th percentiles), ${late.maxUs} µs at the most`,
		);
	const right = ({ linux: of, ...row }) =>
		sides.every(
			(side) => (row[side] ?? of).errors.length === 0 && (!gate || side === "linux" || row[side].goodput >= BAR * of.goodput),
		);
	const failed = rows.filter((row) => !right(row)).length;
	if (gate && !json) console.log(`\n${rows.length - failed} passed, ${failed} failed`);
	return failed > 0 ? 1 : 0;
}

/** Linux's medians, of the cells that were measured. */
function record(rows, runs) {
	const before = readRecorded();
	const cells = { ...before.cells };
	for (const { name, linux } of rows) cells[name] = Number(linux.goodput.toFixed(3));
	const ordered = Object.fromEntries(CELLS.filter(({ name }) => name in cells).map(({ name }) => [name, cells[name]]));
	writeFileSync(recorded, `${JSON.stringify({ kernel: release(), control: "cubic", runs, cells: ordered }, undefined, "\t")}\n`);
}
