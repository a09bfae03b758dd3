// Builds test/fuzz/serial.c with what it tests, under ASan and UBSan, and runs it.
//   node test/fuzz/serial.mjs [--inputs N] [--seed N]       N inputs; FUZZ_INPUTS, or 200,000, when absent
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { headerFolders, makeFlat } from "../../build/flat.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const settings = { inputs: Number(process.env.FUZZ_INPUTS ?? 200_000), seed: Number(process.env.SEED ?? 20261124) };
const given = new Set();
for (let i = 2; i < process.argv.length; i += 2) {
	const name = process.argv[i].slice(2);
	const value = Number(process.argv[i + 1]);
	if (!process.argv[i].startsWith("--") || !(name in settings) || !Number.isInteger(value) || value < 1) {
		console.error(`${process.argv[i]} ${process.argv[i + 1] ?? ""}: expected --inputs N or --seed N`);
		process.exit(2);
	}
	if (given.has(name)) {
		console.error(`--${name}: given twice`);
		process.exit(2);
	}
	given.add(name);
	settings[name] = value;
}

const folder = join(root, "build/out/test/fuzz");
mkdirSync(folder, { recursive: true });
const run = (command, args) => spawnSync(command, args, { cwd: root, stdio: "inherit" }).status ?? 1;
const flags = ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];
const binary = join(folder, "serial");
let status = run("gcc", [
	...flags,
	"-Wno-unused-function",
	...[...headerFolders, makeFlat()].map((folder) => `-I${folder}`),
	"test/fuzz/serial.c",
	"-o",
	binary,
]);
if (status === 0) {
	console.log(`SEED=${settings.seed}`);
	status = run(binary, [String(settings.inputs), String(settings.seed)]);
}
process.exit(status === 0 ? 0 : 1);
