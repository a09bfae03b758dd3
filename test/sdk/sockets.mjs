// Runs the Moddable SDK's own tests of sockets, tests/modules/io/socket, unchanged, on the desktop host over this project's classes.
//   MODDABLE=… node test/sdk/sockets.mjs [--32] [TEXT]        TEXT selects by name

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle, bundleApp, modules } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = fileURLToPath(import.meta.url);
/** The tests have timeouts of their own, of 5 s at most. */
const PATIENCE_MS = 20_000;

const board = (name, link, address) => ({
	name,
	// The tests keep what a board would not.
	limits: { heap: 0 },
	interfaces: [{ name: link, wire: "segment:sdk", addresses: [`${address}/24`] }],
});

/** In a process of its own: two boards on one segment, as `npm run simulate` would run them, with the test beside the program. */
async function runBoards(harness, folder, bits, test) {
	const { paths } = await import("../../build/bundle.mjs");
	const { main } = await import(pathToFileURL(paths.simulate).href);
	const boards = [board("tested", "eth0", "10.0.0.2"), board("peer", "peer0", "10.0.0.1")];
	const files = boards.map((each) => join(folder, `${each.name}.json`));
	for (const [i, file] of files.entries()) writeFileSync(file, JSON.stringify(boards[i]));
	const args = files.flatMap((file) => ["--board", file]);
	return main(bits === "32" ? ["--32", ...args] : args, {
		root,
		buildHost: (options) => buildHost({ ...options, manifest: join(root, "test/sdk/manifest.json"), name: "sdk-host" }),
		bundleApp: async () => harness,
		modules: { ...modules, "sdk/test": test },
		entry: paths.desktop,
	});
}

/** Runs one test; answers what its last word was. */
function runTest(harness, folder, bits, test) {
	return new Promise((done) => {
		const child = spawn(process.execPath, [script, "--one", harness, folder, bits, test], { stdio: ["ignore", "pipe", "pipe"] });
		const timer = setTimeout(() => child.kill("SIGTERM"), PATIENCE_MS);
		let out = "";
		let complaints = "";
		child.stdout.on("data", (text) => (out += text));
		child.stderr.on("data", (text) => (complaints += text));
		child.on("close", () => {
			clearTimeout(timer);
			done(/@result (.*)/.exec(out)?.[1] ?? `failed without a word: ${(complaints || out).trim().split("\n").pop()}`);
		});
	});
}

async function runAll() {
	const sdk = process.env.MODDABLE;
	const tests = sdk && join(sdk, "tests/modules/io/socket");
	if (!tests || !existsSync(tests)) {
		const reason = sdk ? `${tests} is not there` : "MODDABLE is not set";
		console.log(`skipped: the SDK's tests of sockets (${reason}; it names the folder of the Moddable SDK)`);
		return;
	}
	const args = process.argv.slice(2);
	const bits = args.includes("--32") ? "32" : "64";
	const only = args.find((arg) => !arg.startsWith("--")) ?? "";
	await bundle();
	await buildHost({ bits: Number(bits), manifest: join(root, "test/sdk/manifest.json"), name: "sdk-host" });
	const folder = mkdtempSync(join(tmpdir(), "multihome-sdk-"));
	let passed = 0;
	let failed = 0;
	try {
		const harness = await bundleApp(join(root, "test/sdk/harness.ts"), folder);
		for (const kind of ["tcp", "listener", "udp"]) {
			for (const name of readdirSync(join(tests, kind))
				.filter((each) => each.endsWith(".js"))
				.sort()) {
				if (!`${kind}/${name}`.includes(only)) continue;
				const result = await runTest(harness, folder, bits, join(tests, kind, name));
				if (result === "passed") passed++;
				else failed++;
				console.log(`${kind}/${name}: ${result}`);
			}
		}
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	console.log(`${passed} passed, ${failed} failed`);
	if (failed > 0 || passed === 0) process.exitCode = 1;
}

if (process.argv[2] === "--one") process.exitCode = await runBoards(...process.argv.slice(3));
else await runAll();
