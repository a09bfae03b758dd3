// Runs every kind of test and closes with one line, `N passed, N failed` or `N passed, N failed, N skipped`, over all of them.
//   npm test -- [--only LAYER[,LAYER …]] [--help]
// A layer whose tools are missing is skipped with one line that names them; everything else that goes wrong is a failure.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runOnXS, XS_FOLDERS } from "./xs/run.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => join(root, "node_modules/.bin", name);
const results = join(root, "build/out/test");

/** Runs a command with its output shown; answers its exit status. */
function run(command, args, env = {}) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
		child.on("error", (error) => {
			console.log(`  ${command}: ${error.message}`);
			resolve(127);
		});
		child.on("close", (status) => resolve(status ?? 128));
	});
}

const found = (tool) => (process.env.PATH ?? "").split(":").some((folder) => folder !== "" && existsSync(join(folder, tool)));

/** One check made by one command. */
const command =
	(name, ...args) =>
	async () => {
		const status = await run(name, args);
		return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
	};

/** A command that closes with a line like ours, whose figures count. */
const counted =
	(name, ...args) =>
	() =>
		new Promise((resolve) => {
			const child = spawn(name, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
			let text = "";
			child.stdout.on("data", (part) => {
				process.stdout.write(part);
				text += part;
			});
			child.on("close", () => {
				const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(text) ?? [];
				// Without a closing line it broke off.
				resolve({ passed: Number(passed ?? 0), failed: Number(failed ?? 1), skipped: 0 });
			});
		});

/** Every tsconfig.json of the project is one check. */
async function types() {
	const total = { passed: 0, failed: 0, skipped: 0 };
	const configs = readdirSync(root, { recursive: true })
		.filter((path) => /(^|\/)tsconfig\.json$/.test(path) && !/(^|\/)(node_modules|out)\//.test(path))
		.sort();
	for (const config of configs) {
		const status = await run(bin("tsc"), ["--noEmit", "-p", config]);
		if (status === 0) total.passed++;
		else {
			total.failed++;
			console.log(`  FAILED types of ${config}`);
		}
	}
	return total;
}

/** One project of vitest.config.ts. A file that cannot be loaded is one failure. `env`: settings, after which the report is named; `more`: files. */
const vitest =
	(project, env = {}, ...more) =>
	async () => {
		const report = join(results, `${[project, ...Object.values(env)].join("-")}.json`);
		rmSync(report, { force: true });
		const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`];
		const status = await run(bin("vitest"), ["run", "--project", project, ...more, ...reporters], env);
		const total = { passed: 0, failed: 0, skipped: 0 };
		if (existsSync(report)) {
			const { numPassedTests, numPendingTests, numTodoTests, numFailedTests, testResults } = JSON.parse(
				readFileSync(report, "utf8"),
			);
			total.passed = numPassedTests;
			total.failed =
				numFailedTests + testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
			total.skipped = numPendingTests + numTodoTests;
		}
		// An error outside any test, or no test at all.
		if (status !== 0 && total.failed === 0) total.failed = 1;
		if (total.passed + total.failed === 0) total.failed = 1;
		return total;
	};

const hasTests = (...folders) =>
	folders.some(
		(folder) =>
			existsSync(join(root, folder)) &&
			readdirSync(join(root, folder), { recursive: true }).some((path) => path.endsWith(".test.ts")),
	);

const GCC = [["gcc", () => found("gcc")]];
const MULTILIB = [
	...GCC,
	["gcc-multilib", () => existsSync("/usr/include/x86_64-linux-gnu/gnu/stubs-32.h") || existsSync("/usr/include/gnu/stubs-32.h")],
];
const CROSS = [
	["gcc-arm-none-eabi", () => found("arm-none-eabi-gcc")],
	["gcc-riscv64-unknown-elf", () => found("riscv64-unknown-elf-gcc")],
];
const INTEROP = [
	["root", () => process.getuid?.() === 0],
	["/dev/net/tun", () => existsSync("/dev/net/tun")],
	["iproute2", () => found("ip")],
	["curl", () => found("curl")],
	["ping (iputils-ping)", () => found("ping")],
	["tshark", () => found("tshark")],
];

/** Interop that the driver below matters to: serial lines have their own, and names, leases and programs are the same over any. */
const ETHERNET = readdirSync(join(root, "test/interop"))
	.filter((name) => name.endsWith(".test.ts") && !/^(dhcp|dns|lwip|moddable|odd|ping|ppp|slirp|soak)/.test(name))
	.map((name) => `test/interop/${name}`);

/** Layers in the order they run: name, what it is, what it needs, how it runs. */
const LAYERS = [
	["lint", "oxlint", [], command(bin("oxlint"))],
	["format", "prettier --check", [], command(bin("prettier"), "--check", "--log-level", "warn", ".")],
	["types", "tsc, every tsconfig.json", [], types],
	["unit", "unit tests on Node", [], vitest("unit")],
	["rfc", "scripted exchanges on Node", [], vitest("rfc")],
	["sim", "seeded networks under a virtual clock", [], vitest("sim")],
	["fuzz", "random and mutated frames on Node", [], vitest("fuzz")],
	[
		"xs",
		"unit, rfc, fuzz and some sim tests on XS, 64 bits",
		GCC,
		() => runOnXS({ bits: 64, folders: [...XS_FOLDERS, "test/sim"], settings: ["SEEDS=5"] }),
	],
	["xs32", "unit and rfc tests on XS, 32 bits", MULTILIB, () => runOnXS({ bits: 32, folders: ["test/unit", "test/rfc"] })],
	[
		"sanitize",
		"the codec in C under ASan and UBSan, on XS",
		GCC,
		() =>
			runOnXS({
				sanitize: true,
				folders: ["test/unit/wire", "test/fuzz"],
				settings: [`FRAMES=${process.env.SANITIZE_FRAMES ?? 20000}`],
			}),
	],
	[
		"fuzz-c",
		"framing and header compression in C against random input, under ASan and UBSan",
		GCC,
		command(process.execPath, "test/fuzz/serial.mjs"),
	],
	["chips", "the models of the chips, on Node", GCC, vitest("chips"), ["test/chips"]],
	[
		"drivers",
		"the chips' drivers over the models, on XS, 64 bits",
		GCC,
		() => runOnXS({ folders: ["test/drivers"], name: "drivers" }),
	],
	[
		"drivers-sanitize",
		"drivers and models under ASan and UBSan, on XS",
		GCC,
		() =>
			runOnXS({
				sanitize: true,
				folders: ["test/drivers"],
				settings: [`TRANSACTIONS=${process.env.SANITIZE_TRANSACTIONS ?? 20000}`],
				name: "drivers-sanitize",
			}),
	],
	["cross", "the C of drivers and codec for the boards' processors", CROSS, vitest("cross"), ["test/cross"]],
	["board", "the board emulator; firmware in it when MULTIHOME_FIRMWARE names one", GCC, vitest("board"), ["test/board"]],
	["desktop", "the desktop host", GCC, vitest("desktop"), ["test/desktop", "test/unit/desktop", "test/xs"]],
	[
		"sdk",
		"the Moddable SDK's own tests of sockets",
		[...GCC, ["a Moddable SDK (MODDABLE)", () => existsSync(join(process.env.MODDABLE ?? "", "tests/modules/io/socket"))]],
		counted(process.execPath, "test/sdk/sockets.mjs"),
	],
	["interop", "against the Linux kernel over TAP", [...GCC, ...INTEROP], vitest("interop"), ["test/interop"]],
	[
		"interop-chips",
		"the same through W5500 and ENC28J60, drivers and models",
		[...GCC, ...INTEROP],
		vitest("interop", { INTEROP_DRIVERS: "chips" }, ...ETHERNET),
		["test/interop"],
	],
];

const HELP = `npm test -- [--only LAYER[,LAYER …]]
${LAYERS.map(([name, what]) => `  ${name.padEnd(18)}${what}`).join("\n")}
Environment: SEED and SEEDS (sim), FRAMES (fuzz), SANITIZE_FRAMES, FUZZ_INPUTS (fuzz-c), SANITIZE_TRANSACTIONS (drivers), MULTIHOME_FIRMWARE (board), MODDABLE (sdk, interop). See test/README.md.`;

function selection(args) {
	const names = LAYERS.map(([name]) => name);
	let only = names;
	for (let i = 0; i < args.length; i++) {
		if (args[i] === "--help" || args[i] === "-h") {
			console.log(HELP);
			process.exit(0);
		} else if (args[i] === "--only" || args[i].startsWith("--only=")) {
			only = (args[i] === "--only" ? (args[++i] ?? "") : args[i].slice("--only=".length)).split(",");
			const wrong = only.find((name) => !names.includes(name));
			if (wrong !== undefined) fail(`--only ${wrong}: expected one of ${names.join(", ")}`);
		} else {
			fail(`${args[i]}: expected --only or --help`);
		}
	}
	return only;
}

function fail(message) {
	console.error(message);
	process.exit(2);
}

const closing = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

const only = selection(process.argv.slice(2));
mkdirSync(results, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
for (const [name, what, needs, body, folders] of LAYERS) {
	if (!only.includes(name)) continue;
	if (folders && !hasTests(...folders)) continue;
	const missing = needs.filter(([, there]) => !there()).map(([tool]) => tool);
	if (missing.length > 0) {
		summary.push(`${name}: SKIPPED, missing ${missing.join(", ")}`);
		console.log(`== ${summary.at(-1)}`);
		total.skipped++;
		continue;
	}
	console.log(`== ${name}: ${what}`);
	const started = Date.now();
	let counts;
	try {
		counts = await body();
	} catch (error) {
		console.log(`  FAILED ${error instanceof Error ? error.message : error}`);
		counts = { passed: 0, failed: 1, skipped: 0 };
	}
	for (const key of Object.keys(total)) total[key] += counts[key];
	summary.push(`${name}: ${closing(counts)} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
	console.log(`== ${summary.at(-1)}`);
}
console.log(`\nBy layer, in ${relative(process.cwd(), root) || "."}:`);
for (const line of summary) console.log(`  ${line}`);
console.log(closing(total));
process.exitCode = total.failed > 0 ? 1 : 0;
