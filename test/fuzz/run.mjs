// The fuzz tests at length: on Node, on XS, and on XS with the C code under ASan and UBSan.
//   npm run fuzz -- [--frames N] [--seed N]        1,000,000 frames of another seed each time unless told
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runOnXS } from "../xs/run.mjs";

const settings = { frames: 1_000_000, seed: Math.floor(Date.now() / 1000) };
const given = new Set();
for (let i = 2; i < process.argv.length; i += 2) {
	const name = process.argv[i].slice(2);
	const value = Number(process.argv[i + 1]);
	if (!process.argv[i].startsWith("--") || !(name in settings) || !Number.isInteger(value) || value < 1) {
		console.error(`${process.argv[i]} ${process.argv[i + 1] ?? ""}: expected --frames N or --seed N`);
		process.exit(2);
	}
	if (given.has(name)) {
		console.error(`--${name}: given twice`);
		process.exit(2);
	}
	given.add(name);
	settings[name] = value;
}
const { frames, seed } = settings;
console.log(`SEED=${seed} FRAMES=${frames}`);

const root = fileURLToPath(new URL("../..", import.meta.url));
const env = { ...process.env, SEED: String(seed), FRAMES: String(frames) };
const node = spawnSync("node_modules/.bin/vitest", ["run", "--project", "fuzz"], { cwd: root, stdio: "inherit", env });
let failed = node.status === 0 ? 0 : 1;
for (const sanitize of [false, true]) {
	console.log(sanitize ? "on XS, the C code under ASan and UBSan" : "on XS");
	const counts = await runOnXS({ sanitize, folders: ["test/fuzz"], settings: [`SEED=${seed}`, `FRAMES=${frames}`] });
	console.log(`${counts.passed} passed, ${counts.failed} failed`);
	failed += counts.failed;
}
console.log(failed === 0 ? `nothing found with SEED=${seed}` : `FAILED with SEED=${seed} FRAMES=${frames}`);
process.exitCode = failed === 0 ? 0 : 1;
