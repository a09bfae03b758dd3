// Builds the desktop's XS host, multihome-xs: XS's sources from the npm package @agoric/xsnap, hosts/desktop/xs, and every
// native module in hosts/desktop/manifest.json.   node build/host.mjs [--32] [--sanitize]

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, filesIn, hash, hashFiles, headerFinder, makeOnce, objectOf, root, run } from "./compile.mjs";
import { flatFolder, headerFolders, makeFlat, modulesFolder } from "./flat.mjs";
import { nativeModules } from "./host-manifest.mjs";
import { idHeader, idsOf, tableSource } from "./host-table.mjs";
import { startable32 } from "./run32.mjs";

const xs = join(root, "node_modules/@agoric/xsnap/moddable/xs");
const hostFolder = join(root, "hosts/desktop/xs");
const ourIncludes = [hostFolder, ...headerFolders, flatFolder];
const includes = [...ourIncludes, join(xs, "includes"), join(xs, "platforms"), join(xs, "sources")];

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
 * Builds the host if anything that goes into it has changed, and returns the path by which it is started: of the binary, or of a script that has it
 * emulated where the kernel runs no 32-bit programs.
 * @param {{ bits?: 32 | 64, sanitize?: boolean, release?: boolean, quiet?: boolean, manifest?: string, name?: string }} options
 *   `release`: without the checks of the engine's own stack, as in a board's release firmware, and with the data path's C as one unit: for measurements.
 *   `manifest` and `name` (of the folder under build/out) are for hosts with other native modules, such as the tests'.
 */
export async function buildHost({ bits = 64, sanitize = false, release = false, quiet = false, manifest, name } = {}) {
	if (bits !== 32 && bits !== 64) throw new RangeError(`bits ${bits}: expected 32 or 64`);
	if (!existsSync(xs)) throw new Error("the XS sources are missing: run `npm ci` first");
	const suffix = (bits === 32 ? "32" : "") + (sanitize ? "-sanitize" : "") + (release ? "-release" : "");
	const folder = join(root, "build/out", (name ?? "host") + suffix);
	const binary = join(folder, "multihome-xs");
	const plan = makePlan(folder, { bits, sanitize, release, manifest: manifest ?? join(root, "hosts/desktop/manifest.json") });
	const label = quiet ? undefined : `building the XS host (${bits}-bit${sanitize ? ", sanitized" : ""})`;
	await makeOnce(folder, binary, plan.stamp, label, async (unfinished, progress) => {
		if (bits === 32) await checkMultilib();
		await build(folder, unfinished, plan, progress);
	});
	return bits === 32 ? startable32(binary) : binary;
}

/** Everything the binary is made of: generated files, objects with a hash of their inputs, and a stamp over all of it. */
function makePlan(folder, { bits, sanitize, release, manifest }) {
	makeFlat();
	const modules = nativeModules(manifest);
	const ours = [...filesIn(hostFolder, ".c"), ...new Set(modules.flatMap(({ c }) => unitsOf(c, release)))];
	const ids = idsOf(ours);
	const generated = { "mc.xs.h": idHeader(ids), "table.c": tableSource(modules, ids) };

	const xsHeaders = hashFiles([
		...["includes", "platforms", "sources"].flatMap((part) => filesIn(join(xs, part), ".h")),
		join(hostFolder, "platform.h"),
	]);
	const ourFolders = new Set([...ourIncludes, ...ours.map((path) => dirname(path))]);
	const headersOf = headerFinder([...ourFolders]);
	const headers = (path) => hash(xsHeaders, hashFiles(headersOf(path)), generated["mc.xs.h"]);
	// `release` is the engine as in a board's release firmware: XS then leaves the checks of its own stack out (xsAll.h).
	const width = [...(bits === 32 ? ["-m32"] : []), ...(release ? ["-DmxBoundsCheck=0"] : [])];
	const link = [...width, ...(sanitize ? sanitizers : []), "-lm", "-lpthread"];

	const object = (path, text, flags, headers, objectFolder = join(folder, "objects")) =>
		objectOf(path, text, flags, headers, objectFolder);
	// XS itself is the same in all hosts of a width.
	const xsObjects = join(root, `build/out/xs${bits}${release ? "-release" : ""}`);
	const xsFlags = [...width, ...common, "-w"];
	const ourFlags = [...width, ...common, "-g", ...warnings, ...(sanitize ? sanitizers : [])];
	const objects = [
		...filesIn(join(xs, "sources"), ".c")
			.filter((path) => basename(path) !== "xsSnapshot.c")
			.map((path) => object(path, readFileSync(path), [...xsFlags, ...(special[basename(path)] ?? [])], xsHeaders, xsObjects)),
		...ours.map((path) => object(path, readFileSync(path), ourFlags, headers(path))),
		object(join(folder, "generated/table.c"), generated["table.c"], ourFlags, headers(join(hostFolder, "main.c"))),
	];
	return {
		objects,
		generated,
		link,
		search: [...new Set([...includes, ...ourFolders])],
		stamp: hash(...objects.map((item) => item.object), ...link),
	};
}

/**
 * The files to compile for a native. The data path is one unit in a release, as in a firmware, so that gcc sees what it may put in the place of a call; else each
 * module is one, and a change of it takes a fraction of the time.
 */
function unitsOf(path, release) {
	return dirname(path) === flatFolder && !release ? filesIn(modulesFolder, ".c") : [path];
}

async function build(folder, binary, { objects, generated, link, search }, progress) {
	const generatedFolder = join(folder, "generated");
	mkdirSync(generatedFolder, { recursive: true });
	for (const [file, text] of Object.entries(generated)) writeFileSync(join(generatedFolder, file), text);
	await compile(
		objects,
		[...search, generatedFolder].map((path) => `-I${path}`),
		progress,
	);
	progress?.step("linking");
	await run("gcc", [...objects.map((item) => item.object), ...link, "-o", binary]);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const unknown = process.argv.slice(2).find((argument) => argument !== "--32" && argument !== "--sanitize");
	if (unknown) {
		console.error(`${unknown}: expected --32 or --sanitize`);
		process.exit(2);
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
