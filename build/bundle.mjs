// TypeScript to JavaScript modules: `tsc` removes the types, rollup joins the files.
//   build/out/xs/multihome.js      the stack, for XS; its natives stay imports ("multihome/codec", "multihome/memory")
//   build/out/xs/drivers.js        the chips' drivers, for XS
//   build/out/xs/desktop.js        what the desktop host runs first
//   build/out/xs/timer.js …        Moddable's modules "timer", "time" and "system", for programs
//   build/out/xs/io/*.js           "multihome/io/tcp" and so on, for programs: the stack's classes by other names
//   build/out/xs/embedded/**/*.js  "embedded:io/socket/tcp" and so on: the same
//   build/out/node/simulate.js     the command line and the gateway, for Node, with the natives' TypeScript twins
//   build/out/node/board.js        likewise the board emulator, on its own (bundleBoard)
// Nothing is done when no source has changed. `node build/bundle.mjs` does it alone.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rollup } from "rollup";
import { minify } from "terser";
import { page } from "./page-plugin.mjs";
import { withProgress } from "./progress.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/out");
const require = createRequire(import.meta.url);

/** What the XS host brings, or finds by a `-m` mapping. */
const XS_EXTERNAL = /^(multihome|app|program|system|time|timer)$|^(multihome|host|bench|sdk)\/|^embedded:/;

/** Any module by name: where a manifest brings more. */
const BARE = /^[^./]/;

/** What the natives' names stand for on XS. */
const NATIVES = { "#codec": "multihome/codec", "#memory": "multihome/memory" };

/** Where the bundles are. */
export const paths = {
	multihome: join(out, "xs/multihome.js"),
	drivers: join(out, "xs/drivers.js"),
	desktop: join(out, "xs/desktop.js"),
	timer: join(out, "xs/timer.js"),
	time: join(out, "xs/time.js"),
	system: join(out, "xs/system.js"),
	simulate: join(out, "node/simulate.js"),
};

/** Modules of one class each, beside "multihome", by their sources: our name, and Moddable's where there is one. A file each, as mcconfig takes no file under two names. */
const CLASSES = Object.entries({
	tcp: ["multihome/io/tcp", "embedded:io/socket/tcp"],
	listener: ["multihome/io/listener", "embedded:io/socket/listener"],
	udp: ["multihome/io/udp", "embedded:io/socket/udp"],
	dns: ["multihome/io/dns", "embedded:network/dns/resolver/udp"],
	ping: ["multihome/io/ping"],
	ethernet: ["multihome/io/ethernet", "embedded:network/interface/ethernet"],
}).flatMap(([source, names]) =>
	names.map((name) => ({
		name,
		source: `src/io/modules/${source}.js`,
		path: join(out, "xs", `${name.replace(/^multihome\/|:/, (found) => (found === ":" ? "/" : ""))}.js`),
	})),
);

/** What programs on the desktop host may import, by name: for the host's option -m. */
export const modules = {
	multihome: paths.multihome,
	timer: paths.timer,
	time: paths.time,
	system: paths.system,
	...Object.fromEntries(CLASSES.map(({ name, path }) => [name, path])),
};

/** Brings the bundles up to date. */
export async function bundle() {
	const stamp = join(out, "bundle.sha256");
	const hash = await hashOf(
		["src", "drivers", "hosts"],
		["package.json", "tsconfig.json", "build/bundle.mjs", "build/page-plugin.mjs"],
	);
	if ([...Object.values(paths), ...Object.values(modules)].every(existsSync) && (await text(stamp)) === hash) return paths;
	await withProgress("bundling the stack and the desktop host", makeBundles);
	await put(stamp, hash);
	return paths;
}

async function makeBundles(progress) {
	await mkdir(out, { recursive: true });
	const js = await mkdtemp(join(out, "js-"));
	try {
		progress.step("compiling");
		for (const project of ["hosts/tsconfig.json", "hosts/desktop/tsconfig.json"]) await compileProject(join(root, project), js);
		const twins = { "#codec": join(js, "src/wire/codec.js"), "#memory": join(js, "src/packet/memory.js") };
		const forXS = (source, path, options) => {
			progress.step(`joining ${relative(out, path)}`);
			return joinModules(join(js, source), path, NATIVES, XS_EXTERNAL, options);
		};
		await forXS("src/index.js", paths.multihome, { inline: true });
		await forXS("drivers/index.js", paths.drivers, { inline: true });
		await forXS("hosts/desktop/main.js", paths.desktop, { inline: true });
		for (const [name, file] of Object.entries({ timer: "timer", time: "time", system: "system-module" }))
			await forXS(`hosts/desktop/${file}.js`, paths[name], { inline: true });
		for (const { source, path } of CLASSES) await forXS(source, path);
		progress.step(`joining ${relative(out, paths.simulate)}`);
		await joinModules(join(js, "hosts/desktop/simulate.js"), paths.simulate, twins, /^(node:|ajv)/);
	} finally {
		await rm(js, { recursive: true, force: true });
	}
}

/** Compiles a project of this repository to JavaScript in `folder`. */
export function compileProject(project, folder) {
	const options = ["--noCheck", "--declaration", "false", "--sourceMap", "--rootDir", root, "--outDir", folder];
	return tsc("-p", project, ...options);
}

/** Brings the board emulator's bundle up to date, and returns its path. */
export async function bundleBoard() {
	const target = join(out, "node/board.js");
	const stamp = join(out, "board.sha256");
	const hash = await hashOf(
		["src", "hosts", "test/board"],
		["package.json", "tsconfig.json", "build/bundle.mjs", "build/page-plugin.mjs"],
	);
	if (existsSync(target) && (await text(stamp)) === hash) return target;
	await mkdir(out, { recursive: true });
	await withProgress("bundling the board emulator", async () => {
		const js = await mkdtemp(join(out, "js-"));
		try {
			const project = join(root, "test/board/tsconfig.json");
			await tsc("-p", project, "--noCheck", "--noEmit", "false", "--sourceMap", "--rootDir", root, "--outDir", js);
			const twins = { "#codec": join(js, "src/wire/codec.js"), "#memory": join(js, "src/packet/memory.js") };
			await joinModules(join(js, "test/board/main.js"), target, twins, /^(node:|ajv|rp2040js$)/);
		} finally {
			await rm(js, { recursive: true, force: true });
		}
	});
	await put(stamp, hash);
	return target;
}

/**
 * Makes one module of an application, TypeScript or JavaScript, with everything that it imports by a relative path, and writes
 * it with its source map into `folder`. `inline` as for the stack. Throws Error with one line that says what is wrong and where.
 */
export async function bundleApp(file, folder, { inline = false } = {}) {
	const target = join(folder, "app.js");
	// A program is taken as it is: what looks unused may be there for what it does.
	await compiled(folder, [file], (js) => joinModules(js(file), target, NATIVES, XS_EXTERNAL, { treeshake: false, inline }));
	return target;
}

/**
 * Makes a board's two modules in `folder`: main.js, with the drivers and links it takes, and program.js; the stack is a module of its own, `multihome` of `bundle()`. `board(path)` is the source of the module "board", given how
 * it may import a file of the project. Answers whether the program may be preloaded: it is a function, and does nothing before it is called.
 */
export async function bundleFirmware({ folder, board, program, others = false }) {
	const main = join(root, "hosts/firmware/main.ts");
	const drivers = ["w5500", "enc28j60", "uart"].map((name) => join(root, `drivers/${name}/device.ts`));
	const links = (await readdir(join(root, "hosts/firmware/links"))).map((name) => join(root, "hosts/firmware/links", name));
	return await compiled(folder, [main, program, ...drivers, ...links], async (js, work) => {
		const made = join(work, "board.js");
		await writeFile(
			made,
			board((path) => `./${relative(work, js(join(root, path)))}`),
		);
		await joinModules(js(main), join(folder, "main.js"), { ...NATIVES, board: made }, XS_EXTERNAL, { inline: true });
		const external = others ? BARE : XS_EXTERNAL;
		const names = await joinModules(js(program), join(folder, "program.js"), NATIVES, external, {
			treeshake: false,
			inline: true,
		});
		return names.includes("default");
	});
}

/** Has the files and what they import compiled into a folder that is there while `use` runs, which is told where a file's JavaScript is. */
async function compiled(folder, files, use) {
	const work = await mkdtemp(join(folder, "js-"));
	const project = join(work, "tsconfig.json");
	const compilerOptions = {
		target: "ES2022",
		module: "preserve",
		moduleResolution: "bundler",
		allowJs: true,
		noCheck: true,
		rewriteRelativeImportExtensions: true,
		sourceMap: true,
		types: [],
		rootDir: "/",
		outDir: work,
	};
	try {
		await writeFile(project, JSON.stringify({ compilerOptions, files: files.map((file) => resolve(file)) }));
		await tsc("-p", project);
		return await use((file) => join(work, resolve(file).replace(/\.([cm]?)tsx?$/, ".$1js")), work);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

/** Runs the compiler. TypeScript 7 has no programming interface; its command line is all there is. */
export function tsc(...args) {
	const command = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
	return new Promise((done, failed) => {
		execFile(process.execPath, [command, "--pretty", "false", ...args], { cwd: root }, (error, stdout) => {
			if (error === null) done();
			else failed(new Error(stdout.trim().split("\n")[0] || error.message));
		});
	});
}

/** Joins `input` and what it imports to the one file `output`. Answers the names that it exports. */
export async function joinModules(input, output, aliases, external, { treeshake = true, inline = false } = {}) {
	const plugin = {
		name: "multihome",
		resolveId(id, importer) {
			if (id in aliases) return external.test(aliases[id]) ? { id: aliases[id], external: true } : aliases[id];
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
			const code = await readFile(id, "utf8");
			if (id.endsWith(".json")) return { code: `export default ${code}`, map: null };
			const map = await text(id + ".map");
			return { code: code.replace(/^\/\/# sourceMappingURL=.*$/m, ""), map: map === undefined ? null : JSON.parse(map) };
		},
	};
	const build = await rollup({
		input,
		plugins: [page(), plugin],
		treeshake,
		onwarn(warning) {
			// Cycles of types are gone by now; those that remain are of classes used after start-up.
			if (!["CIRCULAR_DEPENDENCY", "EMPTY_BUNDLE", "THIS_IS_UNDEFINED"].includes(warning.code))
				process.stderr.write(`${warning.message}\n`);
		},
	});
	const { output: chunks } = await build.generate({
		format: "es",
		file: output,
		sourcemap: true,
		sourcemapExcludeSources: true,
		inlineDynamicImports: true,
	});
	await build.close();
	const chunk = inline ? await inlineConstants(chunks[0]) : chunks[0];
	const map = chunk.map;
	// Sources as seen from the folder that the tools are run in, for messages.
	map.sources = map.sources.map((source) => relative(process.cwd(), resolve(dirname(output), source)));
	await mkdir(dirname(output), { recursive: true });
	if (map.sources.length > 0) {
		await put(output + ".map", JSON.stringify({ ...map, file: basename(output) }));
		await put(output, chunk.code);
	} else {
		// Nothing of it stands in a source as it is; Moddable's xsc does not survive an empty map.
		await rm(output + ".map", { force: true });
		await put(output, chunk.code.replace(/^\/\/# sourceMappingURL=.*\n?/m, ""));
	}
	return chunks[0].exports;
}

/**
 * Puts constants where they are used. On XS a function copies each module variable that it mentions into its frame at every call:
 * a constant that is written out costs less than half. Names and structure stay, for messages and for reading.
 */
async function inlineConstants(chunk) {
	const { code, map } = await minify(chunk.code, {
		module: true,
		ecma: 2022,
		mangle: false,
		compress: {
			toplevel: true,
			passes: 2,
			inline: 0,
			reduce_funcs: false,
			keep_fargs: true,
			sequences: false,
			conditionals: false,
			if_return: false,
			booleans: false,
			join_vars: false,
			typeofs: false,
			comparisons: false,
			hoist_props: false,
			side_effects: false,
		},
		format: { beautify: true, comments: false },
		sourceMap: { content: chunk.map, asObject: true },
	});
	return { code, map };
}

/** Replaces a file at once, so that another build or run never sees half of it. */
async function put(path, content) {
	const temporary = `${path}.${process.pid}`;
	await writeFile(temporary, content);
	await rename(temporary, path);
}

async function text(path) {
	try {
		return await readFile(path, "utf8");
	} catch {
		return undefined;
	}
}

async function hashOf(folders, files) {
	const all = [...files];
	for (const folder of folders)
		for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
			if (entry.isFile() && /\.(ts|json|html)$/.test(entry.name)) all.push(relative(root, join(entry.parentPath, entry.name)));
	const hash = createHash("sha256");
	for (const name of all.sort()) {
		hash.update(`${name}\0`);
		hash.update(await readFile(join(root, name)));
		hash.update("\0");
	}
	for (const tool of ["typescript", "rollup"]) hash.update(require(`${tool}/package.json`).version);
	return hash.digest("hex");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	const more = process.argv.slice(2);
	if (more.length === 0) await bundle();
	else {
		process.stderr.write(`${more.join(" ")}: expected nothing, bundling has no options\n`);
		process.exitCode = 2;
	}
}
