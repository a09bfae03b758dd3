// npm run bench -- --fairness: how several connections share a line with a queue of one bandwidth-delay product, as Jain's index. Among stacks of ours on the
// virtual clock; with --linux half of the connections are a board's and half are Linux's, in real time.

import { missing } from "../interop/support/namespace.mjs";
import { median } from "./goodput-cells.mjs";
import { prepare, rivals } from "./goodput-linux.mjs";
import { withModule } from "./goodput.mjs";

const BAR = 0.9;
const RUNS = 3;
/** So that a few windows of 64 KB are more than the line and its queue hold. */
const LINES = [
	{ rate: 2_000_000, roundTripMs: 50 },
	{ rate: 5_000_000, roundTripMs: 50 },
	{ rate: 10_000_000, roundTripMs: 20 },
];
const FLOWS = [2, 4, 8];
/** Jain's index is that of so many seconds. */
const SECONDS = 40;
/** Within so many ms each connections begin on the virtual clock: what begins at one instant stays alike for longer than it would. */
const APART_MS = 100;
const FULL_FRAME = 1514;

/** The wire: one bandwidth-delay product waits, and never less than two frames. */
function wireOf({ rate, roundTripMs }, seed) {
	const product = Math.round((rate / 8) * (roundTripMs / 1000));
	return { seed, rate, delay: roundTripMs * 500, queue: Math.max(product, 2 * FULL_FRAME), loss: 0, reorder: 0, by: 10 };
}

function jain(rates) {
	const sum = rates.reduce((all, rate) => all + rate, 0);
	return sum === 0 ? 0 : (sum * sum) / (rates.length * rates.reduce((all, rate) => all + rate * rate, 0));
}

const total = (rates) => rates.reduce((all, rate) => all + rate, 0);

function print(line, flows, runs, linux) {
	const index = median(runs.map(({ rates }) => jain(rates)));
	const ours = median(runs.map(({ rates }) => total(rates.slice(0, flows / 2)) / total(rates)));
	const cells = [
		`${line.rate / 1e6} Mbit/s, ${line.roundTripMs} ms`.padEnd(18),
		String(flows).padStart(5),
		`${index.toFixed(3)}${index < BAR ? "!" : " "}`.padStart(7),
		Math.min(...runs.map(({ rates }) => jain(rates)))
			.toFixed(3)
			.padStart(6),
		median(runs.map(({ rates }) => total(rates)))
			.toFixed(2)
			.padStart(7),
		...(linux ? [`${(100 * ours).toFixed(0)} %`.padStart(6)] : []),
	];
	console.log(cells.join("  "));
	for (const { seed, rates } of runs)
		if (jain(rates) < BAR) console.log(`    seed ${seed}: ${rates.map((rate) => rate.toFixed(2)).join(" ")}`);
}

/** Measures and prints; answers the status. */
export async function fairnessBench({ linux = false, runs = RUNS, seed = 1, json = false, control = "cubic" } = {}) {
	const lacking = linux ? missing("gcc", "ethtool", "ping", "taskset") : "";
	if (lacking !== "") {
		console.log(json ? JSON.stringify({ skipped: lacking }) : `fairness with Linux: skipped, missing ${lacking}`);
		return 0;
	}
	const seeds = Array.from({ length: runs }, (_, i) => seed + i);
	if (!json) {
		console.log(
			`${linux ? `half of them ours, half Linux's (${control})` : "all ours, on the virtual clock"}: Jain's index of ${SECONDS} s, median and least of ${runs} runs, seeds ${seeds[0]} to ${seeds.at(-1)}; ! below ${BAR}\n`,
		);
		console.log(`${"line".padEnd(18)}  flows     Jain   least   Mbit/s${linux ? "    ours" : ""}`);
	}
	const rows = [];
	const tell = (line, flows, all) => {
		rows.push({ ...line, flows, runs: all });
		if (!json) print(line, flows, all, linux);
	};
	const combinations = LINES.flatMap((line) => FLOWS.map((flows) => [line, flows]));
	if (linux) {
		const tools = await prepare();
		for (const [line, flows] of combinations) {
			// All runs of a line at once: a few Mbit/s each.
			const all = seeds.map(async (each) => ({
				seed: each,
				...(await rivals(tools, wireOf(line, each), { flows, seconds: SECONDS, control })),
			}));
			tell(line, flows, await Promise.all(all));
		}
	} else {
		await withModule("/test/sim/goodput.ts", ({ goodput }) => {
			for (const [line, flows] of combinations) {
				const all = seeds.map((each) => {
					const transfers = { bytes: Infinity, limitS: SECONDS, connections: flows, apartMs: APART_MS };
					const { each: rates, error } = goodput(wireOf(line, each), transfers);
					if (error !== "") throw new Error(`seed ${each}: ${error}`);
					return { seed: each, rates };
				});
				tell(line, flows, all);
			}
		});
	}
	if (json) console.log(JSON.stringify({ seeds, rows }));
	return 0;
}
