// What is made of sources, and made again only when they have changed.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { hash, hashFiles, lock, root } from "./compile.mjs";
import { put, text } from "./join.mjs";
import { withProgress } from "./progress.mjs";

const out = join(root, "build/out");
const require = createRequire(import.meta.url);

/** What makes bundles. */
const TOOLS = [
	"package.json",
	"tsconfig.json",
	"src/modules.json",
	...["bundle", "constants", "inputs", "join", "modules", "page-plugin", "privates", "records"].map(
		(name) => `build/${name}.mjs`,
	),
];

/**
 * Has `make` make the bundles `targets`, unless they are there and all sources in `folders` are as they were; in one process after another. `make` is given an empty folder, for what the compiler makes.
 * `name`: of the stamp.
 */
export async function upToDate({ name, folders, targets, label }, make) {
	const stamp = join(out, `${name}.sha256`);
	const sources = hash(toolsHash(), hashFiles((await Promise.all(folders.map(sourcesIn))).flat()));
	const isMade = async () => targets.every(existsSync) && (await text(stamp)) === sources;
	if (await isMade()) return;
	await mkdir(out, { recursive: true });
	await withProgress(label, async (progress) => {
		progress.step("another process is at it");
		const unlock = await lock(join(out, `${name}.lock`));
		try {
			if (await isMade()) return;
			progress.step("compiling");
			const folder = await mkdtemp(join(out, "js-"));
			try {
				await make(folder, progress);
			} finally {
				await rm(folder, { recursive: true, force: true });
			}
			await put(stamp, sources);
		} finally {
			unlock();
		}
	});
}

/**
 * Has `make` make the bundles `targets`, unless they are there and what was `read` for them the last time is as it was. It answers the paths of that, most of them in `folder`, where the compiler's JavaScript is
 * and which has another name each time. A change of a file costs only those that it is in.
 */
export async function unlessSame(folder, targets, make) {
	const path = `${targets[0]}.inputs.stamp`;
	const tools = toolsHash();
	const stampOf = (names) => {
		const texts = names.map((name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : "none"));
		return JSON.stringify({ names, hash: hash(tools, process.cwd(), ...names, ...texts) });
	};
	if (existsSync(path) && targets.every(existsSync)) {
		const stamp = readFileSync(path, "utf8");
		if (stamp === stampOf(JSON.parse(stamp).names)) return;
	}
	// What is half made is not made.
	rmSync(path, { force: true });
	const { read } = await make();
	await put(path, stampOf(read.map((name) => relative(folder, name)).sort()));
}

const toolsHash = () =>
	hash(
		hashFiles(TOOLS.map((path) => join(root, path))),
		...["typescript", "rollup", "terser"].map((tool) => require(`${tool}/package.json`).version),
	);

async function sourcesIn(folder) {
	const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
	return entries
		.filter((entry) => entry.isFile() && /\.(ts|json|html)$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name));
}
