// What one case takes on XS. Instructions are x86-64's under callgrind, per packet: (Ir(2N) - Ir(N)) / N, driver copies included.
// Allocations are counted by the engine.

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { bundleApp } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";

const run = promisify(execFile);

/**
 * Packets measured under callgrind, N and 2N, and those over which allocations and collections are counted. Counts are agreed on for this N: from fewer packets
 * they come out higher by some percent, as what happens once after the start is spread over fewer.
 */
const PACKETS = 2000;
export const ALLOCATION_PACKETS = 100_000;

/** What the chip models and the peer at their cable do is not the stack's: on a board the chip and the SPI controller do it. */
const NOT_OURS = [
	"spiExchange",
	"spiSelect",
	"xs_bench_converse",
	"xs_host_passChipTime",
	"moveBytes",
	"hostLineStart",
	"xs_bench_converseLine",
];

export async function hasValgrind() {
	try {
		await run("valgrind", ["--version"]);
		return true;
	} catch {
		return false;
	}
}

/** The host, the program with the cases, and their names. */
export async function build(root, quiet) {
	const folder = `${root}/build/out/bench`;
	mkdirSync(folder, { recursive: true });
	const host = await buildHost({ name: "bench-host", manifest: `${root}/test/bench/manifest.json`, release: true, quiet });
	const app = await bundleApp(`${root}/test/bench/cases.ts`, folder, { inline: true });
	return { host, app, names: JSON.parse((await run(host, ["-s", app, "--", "list"])).stdout) };
}

async function instructions(host, app, name, packets) {
	const { stderr } = await run("valgrind", [
		"--tool=callgrind",
		"--callgrind-out-file=/dev/null",
		...NOT_OURS.map((name) => `--toggle-collect=${name}`),
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
export function reasonOf(error) {
	const words = (error.stderr || error.message).trim().split("\n");
	return words[0] + (error.signal ? ` (${error.signal})` : "");
}

/** The figures of the case `name`; without valgrind, null for the instructions. */
export async function measure({ host, app }, name, valgrind) {
	const [{ stdout }, ...counts] = await Promise.all([
		run(host, ["-s", app, "--", name, String(ALLOCATION_PACKETS)]),
		...(valgrind ? [1, 2].map((times) => instructions(host, app, name, times * PACKETS)) : []),
	]);
	const counted = JSON.parse(stdout);
	const perPacket = valgrind ? Math.round((counts[1] - counts[0]) / PACKETS) : null;
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
