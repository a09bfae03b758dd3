// Joins test files and what they test to one module for the XS host: tsc removes the types, rollup joins. "vitest" becomes
// test/xs/vitest.ts, "timer" the virtual clock's, "#codec" the native codec, fast-check comes along as it is.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { OURS } from "../../build/modules.mjs";
import { page } from "../../build/page-plugin.mjs";
import { scripts } from "../support/build/scripts-plugin.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);
const NATIVES = {
	"#codec": "multihome/codec",
	"#memory": "multihome/memory",
	"#poll": "multihome/poll",
	"#host": "multihome/host",
	"#sockets": "multihome/sockets",
};
const EXTERNAL = /^(multihome|host)\//;
/** In their place, to have the TypeScript that is compiled to C, and the twins of what is C by hand, interpreted. */
const INTERPRETED = {
	"#codec": "src/door.ts",
	"#memory": "src/packet/memory.ts",
	"#poll": "src/turn/poll.ts",
	"#sockets": "src/io/sockets.ts",
};
/** What programs import by name. */
const NAMED = {
	vitest: "test/xs/vitest.ts",
	timer: "test/support/timer.ts",
	...Object.fromEntries(OURS.map(({ name, source }) => [name, source])),
};

/** Test files of these folders run on XS; those of NODE_ONLY do not. */
const NODE_ONLY = ["test/unit/desktop", "test/unit/layering.test.ts"];

/** The test files below `folders` that run on XS, as paths from the root, sorted. */
export async function testFiles(folders) {
	const found = [];
	for (const folder of folders) {
		for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])) {
			const path = relative(root, join(entry.parentPath, entry.name));
			if (entry.isFile() && path.endsWith(".test.ts") && !NODE_ONLY.some((name) => path.startsWith(name))) found.push(path);
		}
	}
	return found.sort();
}

function tsc(project) {
	const command = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
	return new Promise((done, failed) => {
		execFile(process.execPath, [command, "--pretty", "false", "-p", project], { cwd: root }, (error, stdout) => {
			if (error === null) done();
			else failed(new Error(stdout.trim() || error.message));
		});
	});
}

/** Writes the bundle of `files` to `folder`/tests.js with its source map and answers the path. `interpreted`: nothing of the stack is native. */
export async function bundleTests(files, folder, { interpreted = false } = {}) {
	await mkdir(folder, { recursive: true });
	const work = await mkdtemp(join(folder, "js-"));
	try {
		const compilerOptions = {
			target: "ES2022",
			module: "preserve",
			moduleResolution: "bundler",
			noCheck: true,
			rewriteRelativeImportExtensions: true,
			sourceMap: true,
			types: [],
			rootDir: root,
			outDir: work,
		};
		const project = join(work, "tsconfig.json");
		const frame = ["begin", "main", "vitest"].map((name) => join(root, `test/xs/${name}.ts`));
		const declarations = ["test/support/virtual.d.ts"].map((name) => join(root, name));
		const named = Object.values(NAMED).map((name) => join(root, name));
		const twins = Object.values(INTERPRETED).map((name) => join(root, name));
		const all = [...files.map((file) => join(root, file)), ...frame, ...twins, ...named, ...declarations];
		await writeFile(project, JSON.stringify({ compilerOptions, files: all }));
		await tsc(project);
		return await join1(files, work, folder, interpreted);
	} finally {
		await rm(work, { recursive: true, force: true });
	}
}

async function join1(files, work, folder, interpreted) {
	const js = (file) => join(work, file.replace(/\.ts$/, ".js"));
	const lines = [`import ${JSON.stringify(js("test/xs/begin.ts"))};`];
	for (const file of files) lines.push(`import ${JSON.stringify("\0begin:" + file)};`, `import ${JSON.stringify(js(file))};`);
	lines.push(`import ${JSON.stringify(js("test/xs/main.ts"))};`);
	const frame = {
		name: "multihome-tests",
		resolveId(id, importer) {
			if (id.startsWith("\0")) return id;
			if (interpreted && id in INTERPRETED) return js(INTERPRETED[id]);
			if (id in NATIVES) return { id: NATIVES[id], external: true };
			if (id in NAMED) return js(NAMED[id]);
			if (EXTERNAL.test(id)) return { id, external: true };
			if (id === "fast-check" || id.startsWith("pure-rand")) return fileURLToPath(import.meta.resolve(id));
			if (id.startsWith("node:")) throw new Error(`${relative(work, importer ?? "")} imports ${id}: tests that run on XS cannot`);
			return null;
		},
		async load(id) {
			if (id === "\0entry") return lines.join("\n");
			if (id.startsWith("\0begin:"))
				return `import { beginFile } from ${JSON.stringify(js("test/xs/vitest.ts"))};\nbeginFile(${JSON.stringify(id.slice(7))});`;
			if (!id.startsWith(work)) return null;
			const code = (await readFile(id, "utf8")).replace(/^\/\/# sourceMappingURL=.*$/m, "");
			return { code, map: JSON.parse(await readFile(id + ".map", "utf8")), moduleSideEffects: true };
		},
	};
	const build = await rollup({
		input: "\0entry",
		plugins: [scripts(), page(), frame],
		treeshake: false,
		onwarn(warning) {
			if (warning.code === "MISSING_EXPORT") throw new Error(warning.message);
			if (warning.code !== "CIRCULAR_DEPENDENCY") process.stderr.write(`${warning.message}\n`);
		},
	});
	const { output } = await build.generate({
		format: "es",
		sourcemap: true,
		sourcemapExcludeSources: true,
		inlineDynamicImports: true,
	});
	await build.close();
	const path = join(folder, "tests.js");
	const map = output[0].map;
	map.sources = map.sources.map((source) => source.replace(/^(\.\.\/)+/, ""));
	await writeFile(path, output[0].code);
	await writeFile(path + ".map", JSON.stringify(map));
	return path;
}
