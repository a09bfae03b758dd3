// What builds of C with gcc have in common: hashes of what goes in, objects kept while their inputs stay, one build at a time.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { withProgress } from "./progress.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Makes the file `target` in `folder` unless it is there and was made of the same (`stamp`), also when several processes want it.
 * `make` is given the name to write to, and where to say how far it is. `label`: said before it, and with the time it took.
 */
export async function makeOnce(folder, target, stamp, label, make) {
	if (isBuilt(folder, target, stamp)) return;
	mkdirSync(folder, { recursive: true });
	await withProgress(label, async (progress) => {
		progress?.step("another process is building it");
		const unlock = await lock(join(folder, "lock"));
		try {
			// Another process may have built it meanwhile.
			if (isBuilt(folder, target, stamp)) return;
			await make(`${target}.new`, progress);
			renameSync(`${target}.new`, target);
			writeFileSync(join(folder, "stamp"), stamp);
		} finally {
			unlock();
		}
	});
}

/** An object to compile from `path`, whose name tells what it is made of: the text, its headers' hash and the flags. */
export function objectOf(path, text, flags, headers, folder) {
	// What comes before the `=` names the source, so that objects of its earlier states can be told.
	const stem = `${basename(path, ".c")}-${hash(path).slice(0, 4)}`;
	return { path, flags, object: join(folder, `${stem}=${hash(text, headers, ...flags)}.o`) };
}

/** Compiles the objects that are not there yet, and removes those of earlier states of the same sources. */
export async function compile(objects, search, progress) {
	const folders = new Set(objects.map((item) => dirname(item.object)));
	for (const path of folders) mkdirSync(path, { recursive: true });
	// The longest first, or xsRun.c would be compiled alone at the end.
	const waiting = objects.filter((item) => !existsSync(item.object)).sort((a, b) => size(a.path) - size(b.path));
	const all = waiting.length;
	let done = 0;
	const told = () => progress?.step(`${done} of ${all} files`);
	told();
	const compileNext = async () => {
		for (let item = waiting.pop(); item; item = waiting.pop()) {
			const unfinished = `${item.object}.${process.pid}`;
			await run("gcc", [...item.flags, ...search, "-c", item.path, "-o", unfinished]);
			renameSync(unfinished, item.object);
			done++;
			told();
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, compileNext));
	removeEarlier(objects, folders);
}

/** Removes the objects of earlier states of the same sources. */
function removeEarlier(objects, folders) {
	const current = new Set(objects.map((item) => basename(item.object)));
	const stems = new Set([...current].map((file) => file.split("=")[0]));
	for (const folder of folders) {
		for (const file of readdirSync(folder)) {
			if (stems.has(file.split("=")[0]) && !current.has(file)) rmSync(join(folder, file), { force: true });
		}
	}
}

/** Answers a function that tells which headers in `folders` a C file includes, and these. The first folder that has one counts, as for gcc, after the file's own. */
export function headerFinder(folders) {
	const known = new Map();
	const includedBy = (path) => {
		if (!known.has(path)) {
			const names = [...readFileSync(path, "utf8").matchAll(/^[ \t]*#[ \t]*include[ \t]*"([^"]+)"/gm)];
			known.set(
				path,
				names.flatMap(([, name]) => [dirname(path), ...folders].map((folder) => join(folder, name)).find(existsSync) ?? []),
			);
		}
		return known.get(path);
	};
	return (path) => {
		const found = new Set(includedBy(path));
		for (const each of found) for (const next of includedBy(each)) found.add(next);
		return [...found];
	};
}

function isBuilt(folder, binary, stamp) {
	const path = join(folder, "stamp");
	return existsSync(binary) && existsSync(path) && readFileSync(path, "utf8") === stamp;
}

export function run(command, args, input = "") {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { stdio: ["pipe", "ignore", "pipe"] });
		let messages = "";
		child.stderr.on("data", (text) => (messages += text));
		child.on("error", (error) =>
			reject(error.code === "ENOENT" ? new Error(`${command} is missing: install the Debian package ${command}`) : error),
		);
		child.on("close", (status) => (status === 0 ? resolve() : reject(new Error(`${command} failed\n${messages}`))));
		// A compiler that does not read its input shows in its status.
		child.stdin.on("error", () => {});
		child.stdin.end(input);
	});
}

/** One build at a time in a folder, also among processes. A lock whose process is gone is taken over. */
export async function lock(path) {
	for (;;) {
		try {
			writeFileSync(path, `${process.pid}`, { flag: "wx" });
			return () => rmSync(path, { force: true });
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
		}
		if (!isAlive(path)) rmSync(path, { force: true });
		else await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

function isAlive(path) {
	try {
		const owner = Number(readFileSync(path, "utf8"));
		// Just created and its number not written yet.
		if (!owner) return performance.timeOrigin + performance.now() - statSync(path).mtimeMs < 1000;
		process.kill(owner, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

export function filesIn(folder, extension) {
	const names = existsSync(folder) ? readdirSync(folder) : [];
	return names
		.filter((file) => file.endsWith(extension))
		.sort()
		.map((file) => join(folder, file));
}

function size(path) {
	return statSync(path).size;
}

export function hashFiles(paths) {
	return hash(...[...new Set(paths)].sort().flatMap((path) => [relative(root, path), readFileSync(path)]));
}

export function hash(...parts) {
	const sum = createHash("sha256");
	for (const part of parts) sum.update(part).update("\0");
	return sum.digest("hex").slice(0, 24);
}
