// Runs every kind of test and closes with one line, `N passed, N failed` or `N passed, N failed, N skipped`, over all of them.
//   npm test -- [--all] [--only LAYER[,LAYER …]] [--help]
// Layers that are for the night run with --all, or by name. One whose tools are missing is skipped; at the end all that is missing is told at once. Everything
// else that goes wrong is a failure.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { missing, packagesOf, TOOLS } from "./tools.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
if (!existsSync(join(root, "node_modules/vitest"))) {
	console.error("the tools are missing: run `npm ci` first");
	process.exit(1);
}
const { runOnXS, XS_FOLDERS } = await import("./xs/run.mjs");

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
		console.log(`  ${config}`);
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

const BITS_32 = ["gcc", "gcc-multilib", "a kernel that runs 32-bit programs, or qemu-i386"];
const INTEROP = ["gcc", "root", "/dev/net/tun", "ip", "curl", "ping", "tshark"];
/** What single files of the interop tests take. */
const PEERS = [
	..."pppd passt arping hping3 nmap wrk ethtool ncat socat dnsmasq radvd traceroute openssl mosquitto nft atk6-implementation6 turnserver turnutils_natdiscovery iperf3 python3".split(
		" ",
	),
	"a Moddable SDK",
];
const NETWORKS = "bridge busybox dig dnsmasq hping3 kea-dhcp6 nmap python3 rdisc6".split(" ");
const SERVERS = [
	..."dnsmasq passt pppd slirp dpkg-source python3 kea-dhcp6 avahi-daemon avahi-browse dbus-daemon chronyd radvd bridge ncat busybox qemu-system-x86_64".split(
		" ",
	),
	"lwIP's source",
	"a Debian kernel",
];

/** What of the tests runs on XS with the stack interpreted: all scripts, and the data path from the link to the sockets. */
const INTERPRETED = ["link", "ip", "transport", "turn", "io"].map((folder) => `test/unit/${folder}`).concat("test/rfc");

/** Interop that the driver below matters to: serial lines have their own, and names, leases and programs are the same over any. */
const ETHERNET = readdirSync(join(root, "test/interop"))
	.filter(
		(name) =>
			name.endsWith(".test.ts") &&
			!/^(dhcp|dns|groups|guest|linklocal|lwip|mdns|moddable|odd|ping|ppp|slirp|sntp|soak|tunnel)/.test(name),
	)
	.map((name) => `test/interop/${name}`);

/**
 * Layers in the order they run, neighbours with the same `together` at once, as each keeps one processor busy or waits: `needs` are the tools without which there is none, and single
 * tests of it use `uses`; `nightly` ones run with --all. `run` is given whether all of it is to run: with --all, or when the layer was named.
 */
const LAYERS = [
	{ name: "lint", what: "oxlint", together: "texts", run: command(bin("oxlint")) },
	{ name: "types", what: "tsc, every tsconfig.json", together: "texts", run: types },
	{
		name: "format",
		what: "prettier --check",
		together: "texts",
		run: command(bin("prettier"), "--check", "--log-level", "warn", "."),
	},
	{ name: "unit", what: "unit tests on Node", run: vitest("unit") },
	{ name: "rfc", what: "scripted exchanges on Node", run: vitest("rfc") },
	{ name: "sim", what: "seeded networks under a virtual clock", run: vitest("sim") },
	{
		name: "hardship",
		what: "10,000 transfers with 12 to 20 % of loss, and an hour of 64 busy sockets that share a pool, on Node",
		nightly: true,
		run: vitest(
			"sim",
			{ TRANSFERS: process.env.TRANSFERS ?? "10000", MINUTES: process.env.MINUTES ?? "60" },
			"test/sim/hardship.test.ts",
			"--testTimeout=3600000",
		),
		folders: ["test/sim"],
	},
	{ name: "fuzz", what: "random and mutated frames on Node", run: vitest("fuzz") },
	{
		name: "xs32",
		what: "unit and rfc tests on XS, 32 bits as on boards",
		needs: BITS_32,
		run: () => runOnXS({ bits: 32, folders: ["test/unit", "test/rfc"] }),
	},
	{
		name: "xs",
		what: "unit, rfc, fuzz and some sim tests on XS, 64 bits",
		needs: ["gcc"],
		nightly: true,
		// What has no 32-bit engine tries the other one.
		standsInFor: "xs32",
		run: (all) =>
			all
				? runOnXS({ bits: 64, folders: [...XS_FOLDERS, "test/sim"], settings: ["SEEDS=5"] })
				: runOnXS({ bits: 64, folders: ["test/unit", "test/rfc"] }),
	},
	{
		name: "sanitize",
		what: "unit, rfc, fuzz and some sim tests on XS, all C but the engine's under ASan and UBSan",
		needs: ["gcc"],
		nightly: true,
		run: () =>
			runOnXS({
				sanitize: true,
				folders: [...XS_FOLDERS, "test/sim"],
				settings: [`FRAMES=${process.env.SANITIZE_FRAMES ?? 20000}`, "SEEDS=1"],
			}),
	},
	{
		name: "interpreted",
		what: "rfc tests, and those of link, ip, transport, turn and io, on XS with the stack interpreted, none of it C",
		needs: ["gcc"],
		nightly: true,
		run: () => runOnXS({ interpreted: true, folders: INTERPRETED }),
	},
	{
		name: "fuzz-c",
		what: "framing and header compression in C against random input, under ASan and UBSan",
		needs: ["gcc"],
		run: command(process.execPath, "test/fuzz/serial.mjs"),
	},
	{
		name: "compile",
		what: "flat TypeScript on Node and as C: random programs, every construct, every refusal",
		needs: ["gcc"],
		uses: BITS_32.slice(1),
		run: vitest("compile"),
		folders: ["test/compile"],
	},
	{
		name: "compile-random",
		what: "100,000 random programs of flat TypeScript, 10,000 for 32 bits and under ASan and UBSan",
		needs: BITS_32,
		nightly: true,
		run: vitest("compile", { PROGRAMS: process.env.PROGRAMS ?? "100000" }, "test/compile/random.test.ts"),
		folders: ["test/compile"],
	},
	{
		name: "fragments",
		what: "1,000,000 random and overlapping fragments of each family, on Node",
		nightly: true,
		run: vitest(
			"unit",
			{ FRAGMENTS: process.env.FRAGMENTS ?? "1000000" },
			"test/unit/ip/fragments.test.ts",
			"--testTimeout=1800000",
		),
	},
	{
		name: "orders",
		what: "a TCP connection under every order of five events of its programs and its network, on Node",
		nightly: true,
		run: vitest("sim", { DEPTH: process.env.DEPTH ?? "5" }, "test/sim/orders.test.ts", "--testTimeout=7200000"),
	},
	...[64, 32].map((bits) => ({
		name: bits === 64 ? "same" : "same32",
		what: `500,000 random frames, clock steps and calls into the compiled stack and the interpreted one, ${bits} bits`,
		needs: bits === 64 ? ["gcc"] : BITS_32,
		nightly: true,
		run: vitest("desktop", { BITS: String(bits), STEPS: process.env.STEPS ?? "125000", RELEASE: "1" }, "test/xs/same.test.ts"),
		folders: ["test/xs"],
	})),
	{ name: "chips", what: "the models of the chips, on Node", needs: ["gcc"], run: vitest("chips"), folders: ["test/chips"] },
	{
		name: "drivers",
		what: "the chips' drivers over the models, on XS, 64 bits; faults at random for longer with --all",
		needs: ["gcc"],
		// Each wiring of each chip has a third of them: a round, and with --all almost three.
		run: (all) => runOnXS({ folders: ["test/drivers"], settings: [`TRANSACTIONS=${all ? 100_000 : 37_500}`], name: "drivers" }),
	},
	{
		name: "drivers-sanitize",
		what: "drivers and models under ASan and UBSan, on XS",
		needs: ["gcc"],
		nightly: true,
		run: () =>
			runOnXS({
				sanitize: true,
				folders: ["test/drivers"],
				settings: [`TRANSACTIONS=${process.env.SANITIZE_TRANSACTIONS ?? 20000}`],
				name: "drivers-sanitize",
			}),
	},
	{
		name: "bench",
		what: "what a packet costs against the agreed counts, a handful of cases; all with --all",
		needs: ["gcc", "valgrind"],
		run: (all) => counted(process.execPath, "test/bench/bench.mjs", "--gate", ...(all ? [] : ["--quick"]))(),
	},
	{
		name: "cross",
		what: "the C of drivers and codec for the boards' processors",
		needs: ["arm-none-eabi-gcc", "riscv64-unknown-elf-gcc"],
		uses: ["xtensa-lx106-elf-gcc"],
		run: vitest("cross"),
		folders: ["test/cross"],
	},
	{
		name: "board",
		what: "the board emulator; firmware in it when MULTIHOME_FIRMWARE names one",
		needs: ["gcc"],
		run: vitest("board"),
		folders: ["test/board"],
	},
	{
		name: "desktop",
		what: "the desktop host, the package, the documents' snippets",
		needs: ["gcc"],
		uses: ["gcc-multilib", "tshark", "passt", "curl", "chronyd", "mosquitto", "valgrind"],
		run: vitest("desktop"),
		folders: ["test/desktop", "test/unit/desktop", "test/xs"],
	},
	{
		name: "sdk",
		what: "the Moddable SDK's own tests of sockets",
		needs: ["gcc", "a Moddable SDK"],
		run: counted(process.execPath, "test/sdk/sockets.mjs"),
	},
	{
		name: "interop",
		what: "against the Linux kernel and other peers over TAP; more bytes over bad and slow lines with --all",
		together: "interop",
		needs: INTEROP,
		uses: PEERS,
		run: (all) => vitest("interop", all ? {} : { INTEROP_BRIEF: "1" })(),
		folders: ["test/interop"],
	},
	{
		name: "interop-networks",
		what: "in networks of several routers, bridges, hosts and name servers; more connections with --all",
		together: "interop",
		needs: INTEROP,
		uses: NETWORKS,
		run: (all) => vitest("interop-networks", all ? {} : { INTEROP_BRIEF: "1" })(),
		folders: ["test/interop"],
	},
	{
		name: "interop-services",
		what: "against servers of addresses, names and time, other ends of serial lines, and a Linux guest; more bytes with --all",
		together: "interop",
		needs: INTEROP,
		uses: SERVERS,
		run: (all) => vitest("interop-services", all ? {} : { INTEROP_BRIEF: "1" })(),
		folders: ["test/interop"],
	},
	{
		name: "interop-chips",
		what: "the same through W5500 and ENC28J60, drivers and models",
		needs: INTEROP,
		nightly: true,
		run: vitest("interop", { INTEROP_DRIVERS: "chips" }, ...ETHERNET),
		folders: ["test/interop"],
	},
];

const HELP = `npm test -- [--all] [--only LAYER[,LAYER …]]
  --all         all layers, the nightly ones too
  --only NAMES  these layers alone, whichever they are
  --help        this

Run by every \`npm test\`, some 23 minutes on 2 idle cores:
${LAYERS.filter(({ nightly }) => !nightly)
	.map(({ name, what }) => `  ${name.padEnd(18)}${what}`)
	.join("\n")}
Nightly, run by --all as well:
${LAYERS.filter(({ nightly }) => nightly)
	.map(({ name, what }) => `  ${name.padEnd(18)}${what}`)
	.join("\n")}

Environment: SEED and SEEDS (sim), TRANSFERS and MINUTES (hardship), SEED and PROGRAMS (compile), SEED and STEPS (same), SEED and FRAGMENTS (fragments), FRAMES (fuzz), SANITIZE_FRAMES, FUZZ_INPUTS (fuzz-c), SANITIZE_TRANSACTIONS (drivers-sanitize), MULTIHOME_FIRMWARE (board),
MODDABLE (sdk, interop), MULTIHOME_RUN32 (a program that runs 32-bit programs, such as qemu-i386). See test/README.md.`;

/** What the command line asks for: `all`, and the layers to run by name. */
function selection(args) {
	const names = LAYERS.map(({ name }) => name);
	let all = false;
	let only;
	for (let i = 0; i < args.length; i++) {
		if (args[i] === "--help" || args[i] === "-h") {
			console.log(HELP);
			process.exit(0);
		} else if (args[i] === "--all") {
			if (all) fail("--all: given twice");
			all = true;
		} else if (args[i] === "--only" || args[i].startsWith("--only=")) {
			if (only !== undefined) fail("--only: given twice; expected one list, such as --only unit,rfc");
			only = (args[i] === "--only" ? (args[++i] ?? "") : args[i].slice("--only=".length)).split(",");
			const wrong = only.find((name) => !names.includes(name));
			if (wrong !== undefined) fail(`--only ${wrong}: expected one of ${names.join(", ")}`);
		} else {
			fail(`${args[i]}: expected --all, --only or --help`);
		}
	}
	if (all && only !== undefined) fail("--all and --only: expected one of them");
	return { all, only };
}

function fail(message) {
	console.error(message);
	process.exit(2);
}

const closing = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;

/** What is not on this machine, one line each with what it would have been for, and the one command that installs it all. */
function lacking(lines) {
	if (lines.size === 0) return;
	console.log("\nNot on this machine:");
	const width = Math.max(...[...lines.keys()].map((name) => name.length));
	for (const [name, layers] of lines) {
		const { remedy } = TOOLS[name];
		console.log(`  ${name.padEnd(width)}  for ${layers.join(", ")}${remedy === undefined ? "" : `: ${remedy}`}`);
	}
	const packages = packagesOf([...lines.keys()]);
	if (packages.length > 0) console.log(`To have all of it on Debian: apt-get install ${packages.join(" ")}`);
}

const { all, only } = selection(process.argv.slice(2));
mkdirSync(results, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
const notHere = new Map();
const absent = new Set();

/** Runs a layer if it is wanted and can be run; keeps what came of it. */
async function runLayer({ name, what, needs = [], uses = [], nightly = false, standsInFor, run: body, folders }) {
	if (only !== undefined && !only.includes(name)) return;
	if (folders && !hasTests(...folders)) return;
	const standsIn = standsInFor !== undefined && absent.has(standsInFor);
	if (nightly && !all && only === undefined && !standsIn) {
		summary.push(`${name}: nightly, run by --all`);
		return;
	}
	const lacks = missing(needs);
	for (const tool of [...lacks, ...missing(uses)])
		notHere.set(tool, [...(notHere.get(tool) ?? []), lacks.includes(tool) ? name : `parts of ${name}`]);
	if (lacks.length > 0) {
		absent.add(name);
		summary.push(`${name}: SKIPPED, missing ${lacks.join(", ")}`);
		console.log(`== ${summary.at(-1)}`);
		total.skipped++;
		return;
	}
	console.log(`== ${name}: ${what}${standsIn ? `, in place of ${standsInFor}` : ""}`);
	const started = Date.now();
	const alive = setInterval(() => console.log(`  ${name}: ${Math.round((Date.now() - started) / 60_000)} min`), 60_000);
	let counts;
	try {
		counts = await body(all || only !== undefined);
	} catch (error) {
		console.log(`  FAILED ${error instanceof Error ? error.message : error}`);
		counts = { passed: 0, failed: 1, skipped: 0 };
	}
	clearInterval(alive);
	for (const key of Object.keys(total)) total[key] += counts[key];
	const told = `${name}: ${closing(counts)} (${((Date.now() - started) / 1000).toFixed(0)} s)`;
	summary.push(told);
	console.log(`== ${told}`);
}

for (let at = 0, next; at < LAYERS.length; at = next) {
	const { together } = LAYERS[at];
	next = at + 1;
	while (together !== undefined && LAYERS[next]?.together === together) next++;
	await Promise.all(LAYERS.slice(at, next).map(runLayer));
}
console.log(`\nBy layer, in ${relative(process.cwd(), root) || "."}:`);
for (const line of summary) console.log(`  ${line}`);
lacking(notHere);
console.log(closing(total));
process.exitCode = total.failed > 0 ? 1 : 0;
