// TCP over TAP against the Linux kernel, with everything on one core, beside lwIP, and beside a loop that reads and writes the same frames
// without a stack, in the same run: what matters are the ratios.   npm run bench -- --tap [--json]

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { bundle, modules } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";
import { FETCH, lwipFiles, lwipSource } from "../interop/support/lwip-source.mjs";
import { Namespace, missing, stop } from "../interop/support/namespace.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../build/out/bench");

const MSS = 1460;
/** What is left of it for data beside timestamps, which Linux offers and lwIP does not take: a window of so many segments is a little smaller. */
const DATA = MSS - 12;
/** 4 is what a microcontroller has; the others tell what a window costs. */
const WINDOWS = [4, 8, 44];
const RUNS = 7;
/** Bytes of one run, so that it takes some tenths of a second. */
const RAW_BYTES = 200_000_000;
const BYTES = 60_000_000;
/** On two cores, wake-ups would be measured. */
const CORE = "0";

/** Least part of lwIP's speed, percent. */
const BAR = 95;

/** The two ways: the kernel's role, the board's port, and the device of the raw loop. */
const WAYS = [
	{ way: "sink", role: "send", port: "9", device: "raw0", address: "10.9.0.2" },
	{ way: "source", role: "receive", port: "19", device: "raw1", address: "10.9.1.2" },
];
const BOARD = { device: "board", address: "10.9.2.2" };
const LWIP = { device: "lwip0", address: "10.9.3.2" };

/**
 * Measures; prints a table, or with `json` one JSON object, which is what it answers: `{ tap: [{ name, way, window, megabytesPerSecond, lwip, raw }] }`, with the
 * speeds in MB/s (10^6 bytes), medians of several runs, or `{ skipped }` with what is missing.
 */
export async function tapBench({ json = false, windows = WINDOWS, runs = RUNS } = {}) {
	const source = lwipSource();
	const lacking = missing("gcc", "taskset") || (source === undefined ? `lwIP's source: ${FETCH}` : "");
	if (lacking !== "") {
		console.log(json ? JSON.stringify({ skipped: lacking }) : `TCP over TAP: skipped, missing ${lacking}`);
		return { skipped: lacking };
	}
	const tools = {
		raw: await compile("tap-raw.c"),
		peer: await compile("tap-peer.c"),
		source,
		host: await buildHost({ release: true, quiet: json }),
		paths: await bundle(),
		names: modules,
	};
	const folder = mkdtempSync(join(tmpdir(), "multihome-tap-"));
	const namespace = await Namespace.create();
	try {
		for (const { device, address } of [...WAYS, BOARD, LWIP]) await namespace.tap(device, address.replace(/2$/, "1/24"));
		const tap = [];
		for (const window of windows) tap.push(...(await measure(namespace, tools, folder, window, runs)));
		if (json) console.log(JSON.stringify({ tap }));
		else print(tap);
		return { tap };
	} finally {
		await namespace.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** Both ways at one window: raw loop, lwIP and board in turn, so that whatever else the machine does meets all. */
async function measure(namespace, { raw, peer, source, host, paths, names }, folder, window, runs) {
	const configuration = join(folder, `board-${window}.json`);
	writeFileSync(configuration, JSON.stringify(boardOf(window)));
	const mappings = Object.entries({ ...names, program: join(here, "apps/tap.js") }).flatMap(([name, path]) => [
		"-m",
		`${name}=${path}`,
	]);
	const started = [await begin(namespace, host, ["-s", ...mappings, paths.desktop, "--", configuration])];
	started.push(await begin(namespace, await compileLwip(source, window), [LWIP.device, LWIP.address]));
	for (const { device, address, way } of WAYS)
		started.push(await begin(namespace, raw, [device, address, way, String(window * MSS)]));

	const transfer = async (address, port, role, bytes) => {
		const { status, stdout, stderr } = await namespace.exec("taskset", ["-c", CORE, peer, address, port, role, String(bytes)]);
		if (status !== 0) throw new Error(stderr.trim());
		const [moved, seconds] = stdout.split(" ").map(Number);
		return moved / seconds / 1e6;
	};
	const results = [];
	for (const { way, role, port, address } of WAYS) {
		const rates = { raw: [], lwip: [], board: [] };
		// The first round warms up.
		for (let i = 0; i <= runs; i++) {
			const rawRate = await transfer(address, port, role, RAW_BYTES);
			const lwipRate = await transfer(LWIP.address, port, role, BYTES);
			const boardRate = await transfer(BOARD.address, port, role, BYTES);
			if (i === 0) continue;
			rates.raw.push(rawRate);
			rates.lwip.push(lwipRate);
			rates.board.push(boardRate);
		}
		const [megabytesPerSecond, lwip, rawRate] = [rates.board, rates.lwip, rates.raw].map(median);
		results.push({ name: `tap-${way}-${window}`, way, window, megabytesPerSecond, lwip, raw: rawRate });
	}
	for (const child of started) await stop(child);
	return results;
}

/** Starts a program on the core and waits until it says that it is ready. */
function begin(namespace, command, args) {
	const child = namespace.spawn("taskset", ["-c", CORE, command, ...args], { stdio: ["ignore", "pipe", "pipe"] });
	let said = "";
	return new Promise((resolve, reject) => {
		child.stderr.on("data", (part) => (said += part));
		child.stdout.on("data", (part) => {
			if (String(part).includes("ready")) resolve(child);
		});
		child.once("exit", (status) => reject(new Error(`${basename(command)} ended with status ${status}: ${said.trim()}`)));
	});
}

/** What hosts/desktop/main.ts is started with: a board with one wire and buffers of `window` segments. */
function boardOf(window) {
	return {
		name: "tap",
		stack: { sockets: { tcp: 8, udp: 1, receiveBuffer: window * DATA, sendBuffer: window * DATA }, packets: 16 },
		interfaces: [
			{
				name: "eth0",
				link: "ethernet",
				wire: `tap:${BOARD.device}`,
				tap: BOARD.device,
				mac: "02:6d:68:00:00:01",
				mtu: 1500,
				addresses: [`${BOARD.address}/24`],
				metric: 0,
				faultSeed: 0,
			},
		],
		routes: [],
	};
}

/** Compiles a C program of this folder unless that was done; answers where it is. */
async function compile(source) {
	const binary = join(out, basename(source, ".c"));
	const path = join(here, source);
	if (existsSync(binary) && statSync(binary).mtimeMs > statSync(path).mtimeMs) return binary;
	mkdirSync(out, { recursive: true });
	await promisify(execFile)("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", path, "-o", binary]);
	return binary;
}

/** lwIP with a window of so many segments, unless it is there. */
async function compileLwip(source, window) {
	const binary = join(out, `tap-lwip-${window}`);
	const ours = [join(here, "tap-lwip.c"), join(here, "lwip/lwipopts.h")];
	if (existsSync(binary) && ours.every((path) => statSync(binary).mtimeMs > statSync(path).mtimeMs)) return binary;
	mkdirSync(out, { recursive: true });
	const include = [join(here, "lwip"), join(here, "../interop/support/lwip"), join(source, "include")].map((path) => `-I${path}`);
	const files = [ours[0], join(source, "netif/ethernet.c"), ...lwipFiles(source, ["core", "core/ipv4"])];
	await promisify(execFile)("gcc", ["-O2", "-w", `-DSEGMENTS=${window}`, ...include, ...files, "-o", binary]);
	return binary;
}

function print(results) {
	console.log(`TCP over TAP against the Linux kernel, all on one core, ${RUNS} runs each, median MB/s`);
	console.log("window   way     without a stack   lwIP   multihome   of lwIP");
	for (const { way, window, megabytesPerSecond, lwip, raw } of results) {
		const percent = (megabytesPerSecond / lwip) * 100;
		const verdict = percent >= BAR ? "" : `   BELOW THE BAR of ${BAR} %`;
		const numbers = [raw.toFixed(0).padStart(15), lwip.toFixed(0).padStart(4), megabytesPerSecond.toFixed(0).padStart(9)];
		console.log(
			`${String(window).padStart(2)} MSS   ${way.padEnd(6)}  ${numbers.join("   ")}   ${percent.toFixed(1).padStart(5)} %${verdict}`,
		);
	}
}

function median(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
	await tapBench({ json: process.argv.includes("--json") });
