// How large the bytecode of each module is before it is linked, as `npm run build -- --sizes` and the builds of firmware tell: names and what runs when it is loaded included. flash-sizes.mjs has what
// of it lies in a firmware.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { minify } from "terser";
import { MODULES, pathOf } from "./modules.mjs";

const execute = promisify(execFile);

/** XS's compiler, of the Moddable SDK, where there is one. */
function compiler() {
	const { MODDABLE = "", PATH = "" } = process.env;
	const folders = ["lin", "mac"].map((system) => join(MODDABLE, "build/bin", system, "release"));
	return [...folders, ...PATH.split(delimiter)].map((folder) => join(folder, "xsc")).find(existsSync);
}

/** Bytes of its bytecode with the names in it, as Moddable's build compiles it for release. */
async function bytecodeBytes(xsc, path, folder) {
	await execute(xsc, ["-e", "-o", folder, "-r", "module", path]);
	return (await stat(join(folder, "module.xsb"))).size;
}

const minifiedBytes = async (path) => Buffer.byteLength((await minify(await readFile(path, "utf8"), { module: true })).code);

/** A table of modules: `names` of the list, as `build` of modules.mjs has them, or of files in `folder`. */
export async function sizeLines(names, folder, build) {
	const xsc = compiler();
	const work = await mkdtemp(join(tmpdir(), "multihome-sizes-"));
	try {
		const rows = [];
		for (const name of names) {
			const listed = MODULES.find((each) => each.name === name);
			const path = listed === undefined ? join(folder, `${name}.js`) : pathOf(name, build);
			const bytes = xsc === undefined ? await minifiedBytes(path) : await bytecodeBytes(xsc, path, work);
			rows.push([name, bytes, listed?.what ?? ""]);
		}
		rows.push(["all of these", rows.reduce((sum, [, bytes]) => sum + bytes, 0), ""]);
		const wide = Math.max(...rows.map(([name]) => name.length));
		const unit = xsc === undefined ? "bytes, minified (there is no xsc of the Moddable SDK)" : "bytes of bytecode";
		return [
			`${"module".padEnd(wide)}  ${unit}`,
			...rows.map(([name, bytes, what]) => `${name.padEnd(wide)}  ${bytes.toLocaleString("en").padStart(9)}  ${what}`.trimEnd()),
		];
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}
