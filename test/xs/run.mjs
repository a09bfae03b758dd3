// Runs test files on the XS host.   node test/xs/run.mjs [--32] [--sanitize | --interpreted] [--only TEXT] [NAME=VALUE …] [FOLDER | FILE …]
// Without folders: unit, rfc and fuzz. `--only` selects by file and test name. `--interpreted`: the engine runs the flat TypeScript as it is, in place of the C that it becomes.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { buildHost } from "../../build/host.mjs";
import { Progress, withProgress } from "../../build/progress.mjs";
import { bundleTests, testFiles } from "./bundle.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const XS_FOLDERS = ["test/unit", "test/rfc", "test/fuzz"];

/** No single test may be silent for longer, seconds; and how many times as long where the sanitizers look on, or the stack is interpreted. */
const SILENCE_S = 300;
const SLOWER = 6;

/** Sets places in the source files for those in the bundle. */
function placesIn(path) {
	const map = new SourceMap(JSON.parse(readFileSync(path + ".map", "utf8")));
	return (stack) =>
		stack.replace(/[^\s(]*tests\.js:(\d+)(?::(\d+))?/g, (whole, line, column) => {
			const entry = map.findEntry(Number(line) - 1, Number(column ?? 1) - 1);
			return entry.originalSource === undefined ? whole : `${entry.originalSource}:${entry.originalLine + 1}`;
		});
}

/** The lines of a stack that name a place in the tests or in what they test. */
function trail(stack) {
	const lines = stack.split("\n").filter((line) => /^ at .*\(\S+:\d+\)/.test(line) && !/test\/xs\//.test(line));
	return lines.map((line) => `   ${line}`).join("\n");
}

/** Parts of the tests for each processor: they take unequally long, and the last ones of all should end together. */
const PARTS = 4;

/**
 * Builds the host and the bundle and runs it, a process for each processor. Answers {passed, failed, skipped}; failures have been printed by then.
 * @param {{bits?: 32 | 64, sanitize?: boolean, interpreted?: boolean, folders?: string[], only?: string, settings?: string[], name?: string}} options
 */
export async function runOnXS({
	bits = 64,
	sanitize = false,
	interpreted = false,
	folders = XS_FOLDERS,
	only = "",
	settings = [],
	name = "",
} = {}) {
	const host = await buildHost({ bits, sanitize });
	const files = [...(await testFiles(folders)), ...folders.filter((path) => path.endsWith(".ts"))];
	if (files.length === 0) throw new Error(`${folders.join(", ")}: no test files there`);
	const kind = (sanitize ? "-sanitize" : "") + (interpreted ? "-interpreted" : "");
	const target = join(root, "build/out/test", name || `xs${bits}${kind}`);
	const label = `bundling ${files.length} files of tests`;
	const bundle = await withProgress(label, () => bundleTests(files, target, { interpreted }), { afterMs: 1000 });
	const processes = availableParallelism();
	// Without `only` every part has tests.
	const parts = only || processes === 1 ? 1 : Math.min(files.length, processes * PARTS);
	const shared = {
		counts: { passed: 0, failed: 0, skipped: 0 },
		places: placesIn(bundle),
		progress: new Progress("running tests on XS", { everyMs: 20_000 }),
	};
	let next = 0;
	const work = async () => {
		while (next < parts) {
			const args = [...settings, ...(only ? [`ONLY=${only}`] : []), `PART=${next++}/${parts}`];
			await runPart(host, ["-h", MACHINE, bundle, "--", ...args], shared, SILENCE_S * (sanitize || interpreted ? SLOWER : 1));
		}
	};
	await Promise.all(Array.from({ length: processes }, work));
	shared.progress.end();
	const { counts } = shared;
	if (counts.passed + counts.failed === 0) {
		counts.failed++;
		console.log(`  FAILED no test has "${only}" in its file's name or its own`);
	}
	return counts;
}

/** The usual machine with twice the stack: all tests are one module, whose names are variables of one function. */
const MACHINE = "4194304,131072,16384,growing";

/** Runs the host to its end, and adds up what it tells. */
async function runPart(host, args, { counts, places, progress }, silenceS) {
	const child = spawn(host, args, {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0", UBSAN_OPTIONS: "print_stacktrace=1" },
	});
	let done = false;
	let last = "before the first test";
	let timer;
	const watch = () => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			console.log(`  silent for ${silenceS} s in the test after: ${last}`);
			child.kill("SIGKILL");
		}, silenceS * 1000);
	};
	watch();
	let complaints = "";
	child.stderr.on("data", (text) => (complaints += text));
	const ended = new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (status, signal) => resolve(signal ?? status));
	});
	for await (const line of createInterface({ input: child.stdout })) {
		watch();
		if (line.startsWith("@test ")) {
			const test = JSON.parse(line.slice(6));
			last = `${test.file} ${test.name}`;
			counts[test.status]++;
			progress.step(`${counts.passed + counts.failed} done`);
			if (test.status === "failed") console.log(`  FAILED ${last}\n    ${test.message}\n${trail(places(test.stack))}`);
			else if (test.ms > 5000) console.log(`  ${last}: ${(test.ms / 1000).toFixed(1)} s`);
		} else if (line.startsWith("@done ")) {
			done = true;
		} else {
			console.log(places(line));
		}
	}
	const status = await ended;
	clearTimeout(timer);
	if (complaints) console.log(places(complaints).trimEnd());
	if (!done || status !== 0) {
		counts.failed++;
		console.log(`  FAILED the host ended with ${status}, after: ${last}`);
	}
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const args = process.argv.slice(2);
	const options = { settings: [], folders: [] };
	const refuse = (message) => {
		console.error(message);
		process.exit(2);
	};
	const twice = args.find((arg, i) => arg.startsWith("--") && args.indexOf(arg) !== i);
	if (twice !== undefined) refuse(`${twice}: given twice`);
	for (let i = 0; i < args.length; i++) {
		if (args[i] === "--32") options.bits = 32;
		else if (args[i] === "--sanitize") options.sanitize = true;
		else if (args[i] === "--interpreted") options.interpreted = true;
		else if (args[i] === "--only") options.only = args[++i] ?? refuse("--only: expected a text after it");
		else if (args[i].startsWith("-"))
			refuse(`${args[i]}: expected --32, --sanitize, --interpreted, --only TEXT, NAME=VALUE, files or folders`);
		else if (args[i].includes("=")) options.settings.push(args[i]);
		else options.folders.push(args[i]);
	}
	if (options.folders.length === 0) delete options.folders;
	const { passed, failed, skipped } = await runOnXS(options);
	console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
	process.exitCode = failed > 0 ? 1 : 0;
}
