// JavaScript modules, made by `tsc`, to fewer: rollup joins the files.

import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { toArrows } from "./arrows.mjs";
import { hash } from "./compile.mjs";
import { inlineConstants } from "./constants.mjs";
import { page } from "./page-plugin.mjs";
import { openPrivates } from "./privates.mjs";
import { squeezeTables, writeOutRecords } from "./records.mjs";

/** As `tsc` writes the import of src/link/state-table.ts. */
const IMPORTS_TABLES = /^import .*\/state-table\.js";$/m;

/** Calls of src/packet/kernels/parts.ts of which a bundle is told. */
const HAS_PART = /\b(?<!function )(hasIpv6|hasFastOpen)\(\)/g;

/** Finds what relative imports and aliases stand for, and loads it with its source map. A path may end in "?" and who has a copy of its own of that file. `inline`: with constants for where fields of records lie and for whether there is IPv6 and Fast Open, `parts`, and, in the files that `opens` answers true for, which are the project's own, private members as ordinary ones. */
function files(aliases, external, inline, { opens = () => true, parts = {} } = {}) {
	return {
		name: "multihome",
		resolveId(id, importer) {
			if (id in aliases)
				return external.test(aliases[id]) ? { id: aliases[id], external: true, moduleSideEffects: false } : aliases[id];
			if (importer === undefined) return null;
			if (id.startsWith(".")) {
				const path = resolve(dirname(importer), id);
				if (!existsSync(path)) throw new Error(`import "${id}" of ${basename(importer)}: no such file`);
				return path;
			}
			if (external.test(id)) return { id, external: true };
			throw new Error(`import "${id}": expected a relative path, "multihome", "embedded:…" or "host/…"`);
		},
		async load(id) {
			if (id.startsWith("\0")) return null;
			const [path] = id.split("?");
			for (const each of [path, `${path}.map`]) this?.addWatchFile(each);
			const code = await readFile(path, "utf8");
			if (path.endsWith(".json")) return { code: `export default ${code}`, map: null };
			const map = await text(path + ".map");
			const bare = code.replace(/^\/\/# sourceMappingURL=.*$/m, "");
			const squeezed = opens(path) && IMPORTS_TABLES.test(bare) ? squeezeTables(bare) : bare;
			const placed = inline
				? (await writeOutRecords(squeezed, path, opens)).replace(HAS_PART, (_, name) => `${parts[name] ?? true}`)
				: bare;
			return { code: inline && opens(path) ? openPrivates(placed) : placed, map: map === undefined ? null : JSON.parse(map) };
		},
	};
}

/** An import or re-export as `tsc` and terser write it. */
export const IMPORT = /^(?:import|export)\b(?:[^"';]*\bfrom)?\s*"([^"]+)"/gm;

function onwarn(warning) {
	// Cycles of types are gone by now; those that remain are of classes used after start-up.
	if (!["CIRCULAR_DEPENDENCY", "EMPTY_BUNDLE", "THIS_IS_UNDEFINED"].includes(warning.code))
		process.stderr.write(`${warning.message}\n`);
}

const FORMAT = { format: "es", sourcemap: true, sourcemapExcludeSources: true };

let turn = Promise.resolve();

/** What rollup makes of the options that `prepare` answers. One join after another, in the order in which they are asked for, as they have one thread: what comes first goes to the thread of constants.mjs the sooner. */
function joined(prepare) {
	const mine = turn.then(async () => {
		const [input, output] = await prepare();
		const build = await rollup({ ...input, onwarn });
		const { output: chunks } = await build.generate({ ...FORMAT, ...output });
		await build.close();
		return { chunks, read: build.watchFiles };
	});
	turn = mine.catch(() => undefined);
	return mine;
}

/**
 * Joins `input` and what it imports to the one file `output`. `short`: with short names of variables and with arrow functions, as the project's own modules have them on XS. Answers the names that it
 * exports, the modules that it imports, and the paths of what was `read`, some of which need not be there.
 */
export async function joinModules(
	input,
	output,
	aliases,
	external,
	{ treeshake = true, inline = false, short = false, opens } = {},
) {
	const plugins = [page(), files(aliases, external, inline, { opens })];
	const { chunks, read } = await joined(() => [
		{ input, plugins, treeshake },
		{ file: output, inlineDynamicImports: true },
	]);
	const [{ exports, imports, dynamicImports }] = chunks;
	await write(output, chunks[0], { inline, short });
	return { exports, imports: [...imports, ...dynamicImports], read };
}

/**
 * Joins several modules at once, each to a file of its own in `folder`: what several need is in one of them and imported by the others. A source file
 * belongs to the first of `modules` that reaches it, so that each imports modules before it and none after. Files that `copied` matches go into each that
 * needs them: constants are written out where they are used (inlineConstants), which an import keeps from it.
 * `modules`: `{ name, input, file }`; `importAs(name, from)` is how a module is imported by another. Answers the paths of what was `read`.
 */
export async function joinTogether(modules, folder, aliases, external, { copied, importAs, inline = false, parts }) {
	let owners;
	const plugin = files(aliases, external, inline, { parts });
	const { resolveId } = plugin;
	plugin.resolveId = (id, importer) => {
		const [path, copier] = (importer ?? "").split("?");
		const found = resolveId(id, importer && path);
		const owner = copier ?? owners.get(path);
		const own = typeof found === "string" && id.startsWith(".") && copied.test(found) && owner !== modules[0].file;
		return own ? `${found}?${owner}` : found;
	};
	const input = Object.fromEntries(modules.map(({ file, input: path }) => [file, path]));
	const { chunks, read } = await joined(async () => {
		owners = await ownersOf(modules, aliases, external);
		return [
			{ input, plugins: [plugin], preserveEntrySignatures: "allow-extension" },
			{
				dir: folder,
				entryFileNames: "[name].js",
				chunkFileNames: "[name].js",
				hoistTransitiveImports: false,
				manualChunks: (id) => id.split("?")[1] ?? owners.get(id),
			},
		];
	});
	const names = new Map(modules.map(({ name, file }) => [`${file}.js`, name]));
	const writing = chunks
		.filter(({ type }) => type === "chunk")
		.map((chunk) => {
			if (!names.has(chunk.fileName)) throw new Error(`${chunk.fileName}: belongs to none of ${[...names.values()].join(", ")}`);
			chunk.code = chunk.code.replace(/^((?:import|export)\b[^"'\n]*)'(\.[^']*)'/gm, (all, start, path) => {
				const name = names.get(join(dirname(chunk.fileName), path));
				return name === undefined ? all : `${start}${JSON.stringify(importAs(name, path))}`;
			});
			return write(join(folder, chunk.fileName), chunk, { inline, short: inline });
		});
	await Promise.all(writing);
	return { read };
}

/** Which of the modules, by its file, each source file belongs to: the first that reaches it. */
async function ownersOf(modules, aliases, external) {
	const owners = new Map();
	const { resolveId, load } = files(aliases, external, false);
	for (const { input, file } of modules) {
		const next = [input];
		while (next.length > 0) {
			const id = next.pop();
			if (owners.has(id)) continue;
			owners.set(id, file);
			const { code } = await load(id);
			for (const [, name] of code.matchAll(IMPORT)) {
				const found = resolveId(name, id);
				if (typeof found === "string") next.push(found);
			}
		}
	}
	return owners;
}

/** What makes these files, beside what they are made of: a file whose both are as before, as its .stamp says, stays. Looking for constants takes longer than all the rest. */
const madeBy = hash(
	...["join", "constants", "arrows"].map((name) => readFileSync(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)))),
	createRequire(import.meta.url)("terser/package.json").version,
);

async function write(output, from, { inline, short }) {
	const stamp = hash(madeBy, process.cwd(), `${inline} ${short}`, from.code, from.map.toString());
	if (existsSync(output) && (await text(output + ".stamp")) === stamp) return;
	const { code: made, map } = inline ? await inlineConstants(from, short) : from;
	const code = short ? toArrows(made) : made;
	// Sources as seen from the folder that the tools are run in, for messages.
	const sources = map.sources.map((source) => relative(process.cwd(), resolve(dirname(output), source.split("?")[0])));
	if (sources.length > 0) {
		await put(output + ".map", JSON.stringify({ ...map, sources, file: basename(output) }));
		await put(output, code);
	} else {
		// Nothing of it stands in a source as it is; Moddable's xsc does not survive an empty map.
		await rm(output + ".map", { force: true });
		await put(output, code.replace(/^\/\/# sourceMappingURL=.*\n?/m, ""));
	}
	await put(output + ".stamp", stamp);
}

/** Replaces a file at once, so that another build or run never sees half of it. */
export async function put(path, content) {
	await mkdir(dirname(path), { recursive: true });
	const temporary = `${path}.${process.pid}`;
	await writeFile(temporary, content);
	await rename(temporary, path);
}

export async function text(path) {
	try {
		return await readFile(path, "utf8");
	} catch {
		return undefined;
	}
}
