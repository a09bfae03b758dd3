// Builds the desktop's XS host, multihome-xs: XS's sources from the npm package @agoric/xsnap, hosts/desktop/xs, and every
// native module in hosts/desktop/manifest.json.   node build/host.mjs [--32] [--sanitize]

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { nativeModules } from "./host-manifest.mjs";
import { idHeader, idsOf, tableSource } from "./host-table.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const xs = join(root, "node_modules/@agoric/xsnap/moddable/xs");
const hostFolder = join(root, "hosts/desktop/xs");
const includes = [hostFolder, join(root, "src/wire/native"), join(xs, "includes"), join(xs, "platforms"), join(xs, "sources")];

const common = [
	"-O2",
	"-D_GNU_SOURCE",
	"-fno-common",
	"-DINCLUDE_XSPLATFORM=1",
	'-DXSPLATFORM="platform.h"',
	"-DmxRun=1",
	"-DmxParse=1",
];
const warnings = ["-Wall", "-Wextra", "-Werror"];
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"];

// What single files of XS are built with; the comment in the named file of ours says why.
const special = {
	"xsDefaults.c": ["-DfxCaptureErrorStack=hostCaptureErrorStack"], // errors.c
	"xsMemory.c": ["-DmxProfile=1"], // heap.c
};

/**
 * Builds the host if anything that goes into it has changed, and returns the binary's path.
 * @param {{ bits?: 32 | 64, sanitize?: boolean, release?: boolean, quiet?: boolean, manifest?: string, name?: string }} options
 *   `release`: without the checks of the engine's own stack, as in a board's release firmware: for measurements.
 *   `manifest` and `name` (of the folder under build/out) are for hosts with other native modules, such as the tests'.
 */
export async function buildHost({ bits = 64, sanitize = false, release = false, quiet = false, manifest, name } = {}) {
	if (bits !== 32 && bits !== 64) throw new RangeError(`bits ${bits}: expected 32 or 64`);
	if (!existsSync(xs)) throw new Error("the XS sources are missing: run `npm install`");
	const suffix = (bits === 32 ? "32" : "") + (sanitize ? "-sanitize" : "") + (release ? "-release" : "");
	const folder = join(root, "build/out", (name ?? "host") + suffix);
	const binary = join(folder, "multihome-xs");
	const plan = makePlan(folder, { bits, sanitize, release, manifest: manifest ?? join(root, "hosts/desktop/manifest.json") });
	if (isBuilt(folder, binary, plan.stamp)) return binary;

	mkdirSync(folder, { recursive: true });
	const unlock = await lock(join(folder, "lock"));
	try {
		// Another process may have built it meanwhile.
		if (isBuilt(folder, binary, plan.stamp)) return binary;
		const started = performance.now();
		const label = `building the XS host (${bits}-bit${sanitize ? ", sanitized" : ""})`;
		if (bits === 32) await checkMultilib();
		await build(folder, binary, plan);
		if (!quiet) console.log(`${label} … ${Math.round((performance.now() - started) / 1000)} s`);
	} finally {
		unlock();
	}
	return binary;
}

/** Everything the binary is made of: generated files, objects with a hash of their inputs, and a stamp over all of it. */
function makePlan(folder, { bits, sanitize, release, manifest }) {
	const modules = nativeModules(manifest);
	const ours = [...filesIn(hostFolder, ".c"), ...new Set(modules.map((module) => module.c))];
	const ids = idsOf(ours);
	const generated = { "mc.xs.h": idHeader(ids), "table.c": tableSource(modules, ids) };

	const xsHeaders = hashFiles([
		...["includes", "platforms", "sources"].flatMap((part) => filesIn(join(xs, part), ".h")),
		join(hostFolder, "platform.h"),
	]);
	const ourFolders = new Set([...includes.slice(0, 2), ...ours.map((path) => dirname(path))]);
	const ourHeaders = hash(hashFiles([...ourFolders].flatMap((path) => filesIn(path, ".h"))), generated["mc.xs.h"]);
	// `release` is the engine as in a board's release firmware: XS then leaves the checks of its own stack out (xsAll.h).
	const width = [...(bits === 32 ? ["-m32"] : []), ...(release ? ["-DmxBoundsCheck=0"] : [])];
	const link = [...width, ...(sanitize ? sanitizers : []), "-lm", "-lpthread"];

	const object = (path, text, flags, headers, objectFolder = join(folder, "objects")) => {
		// What comes before the `=` names the source, so that objects of its earlier states can be told.
		const stem = `${basename(path, ".c")}-${hash(path).slice(0, 4)}`;
		return { path, flags, object: join(objectFolder, `${stem}=${hash(text, headers, ...flags)}.o`) };
	};
	// XS itself is the same in all hosts of a width.
	const xsObjects = join(root, `build/out/xs${bits}${release ? "-release" : ""}`);
	const xsFlags = [...width, ...common, "-w"];
	const ourFlags = [...width, ...common, "-g", ...warnings, ...(sanitize ? sanitizers : [])];
	const objects = [
		...filesIn(join(xs, "sources"), ".c")
			.filter((path) => basename(path) !== "xsSnapshot.c")
			.map((path) => object(path, readFileSync(path), [...xsFlags, ...(special[basename(path)] ?? [])], xsHeaders, xsObjects)),
		...ours.map((path) => object(path, readFileSync(path), ourFlags, xsHeaders + ourHeaders)),
		object(join(folder, "generated/table.c"), generated["table.c"], ourFlags, xsHeaders + ourHeaders),
	];
	return { objects, generated, link, stamp: hash(...objects.map((item) => item.object), ...link) };
}

async function build(folder, binary, { objects, generated, link, stamp }) {
	const generatedFolder = join(folder, "generated");
	const objectFolders = new Set(objects.map((item) => dirname(item.object)));
	for (const path of [generatedFolder, ...objectFolders]) mkdirSync(path, { recursive: true });
	for (const [file, text] of Object.entries(generated)) writeFileSync(join(generatedFolder, file), text);

	const search = [...includes, generatedFolder].map((path) => `-I${path}`);
	// The longest first, or xsRun.c would be compiled alone at the end.
	const waiting = objects.filter((item) => !existsSync(item.object)).sort((a, b) => size(a.path) - size(b.path));
	const compileNext = async () => {
		for (let item = waiting.pop(); item; item = waiting.pop()) {
			const unfinished = `${item.object}.${process.pid}`;
			await run("gcc", [...item.flags, ...search, "-c", item.path, "-o", unfinished]);
			renameSync(unfinished, item.object);
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, compileNext));

	await run("gcc", [...objects.map((item) => item.object), ...link, "-o", `${binary}.new`]);
	renameSync(`${binary}.new`, binary);
	writeFileSync(join(folder, "stamp"), stamp);
	removeEarlier(objects, objectFolders);
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

function isBuilt(folder, binary, stamp) {
	const path = join(folder, "stamp");
	return existsSync(binary) && existsSync(path) && readFileSync(path, "utf8") === stamp;
}

async function checkMultilib() {
	// With two headers, as these are what is missing when only the compiler knows -m32.
	const probe = "#include <stdio.h>\n#include <sys/cdefs.h>\nint main(void) { return 0; }\n";
	try {
		await run("gcc", ["-m32", "-x", "c", "-", "-o", "/dev/null"], probe);
	} catch (error) {
		if (!error.message.startsWith("gcc failed")) throw error;
		throw new Error("the 32-bit host needs a compiler for 32 bits: install the Debian package gcc-multilib", { cause: error });
	}
}

function run(command, args, input = "") {
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
async function lock(path) {
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

function filesIn(folder, extension) {
	const names = existsSync(folder) ? readdirSync(folder) : [];
	return names
		.filter((file) => file.endsWith(extension))
		.sort()
		.map((file) => join(folder, file));
}

function size(path) {
	return statSync(path).size;
}

function hashFiles(paths) {
	return hash(...[...new Set(paths)].sort().flatMap((path) => [relative(root, path), readFileSync(path)]));
}

function hash(...parts) {
	const sum = createHash("sha256");
	for (const part of parts) sum.update(part).update("\0");
	return sum.digest("hex").slice(0, 24);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const unknown = process.argv.slice(2).find((argument) => argument !== "--32" && argument !== "--sanitize");
	if (unknown) {
		console.error(`${unknown}: expected --32 or --sanitize`);
		process.exit(64);
	}
	try {
		const path = await buildHost({
			bits: process.argv.includes("--32") ? 32 : 64,
			sanitize: process.argv.includes("--sanitize"),
		});
		console.log(relative(process.cwd(), path));
	} catch (error) {
		console.error(error.message);
		process.exit(1);
	}
}
