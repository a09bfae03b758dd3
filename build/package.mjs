// `npm run build`, which `npm pack` wants to have been run: what the package has besides its sources, of each module of src/modules.json.
//   build/out/xs/         the bundles for XS (build/bundle.mjs), and beside each its declarations, where mcconfig looks for them
//   build/out/manifests/  manifests for Moddable's build (build/bundle.mjs)
//   build/out/mcpack/     entries for Moddable's mcpack
//   build/out/node/       the same modules for Node, with the natives' TypeScript twins
//   build/out/types/      declarations of all
// --sizes: also says what each module takes of a board's flash.

import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { readArgs } from "./arguments.mjs";
import { bundle, compileProjects, joinForNode, tsc } from "./bundle.mjs";
import { put } from "./join.mjs";
import { MODULES, fileOf, hasDefault, mcpackEntry } from "./modules.mjs";
import { sizeLines } from "./sizes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/out");
const types = join(out, "types");

/** Compiles for Node, and joins. */
async function bundleNode() {
	const js = await mkdtemp(join(out, "js-"));
	try {
		await compileProjects(["hosts/tsconfig.json"], js);
		await joinForNode(js);
	} finally {
		await rm(js, { recursive: true, force: true });
	}
}

/** Declarations of stack and drivers, with the names that modules have when they are JavaScript. */
async function declare() {
	await rm(types, { recursive: true, force: true });
	await mkdir(types, { recursive: true });
	const project = join(types, "tsconfig.json");
	const compilerOptions = { declaration: true, emitDeclarationOnly: true, noCheck: true, rootDir: root, outDir: types };
	const include = ["src", "drivers"].map((name) => relative(types, join(root, name)));
	await writeFile(
		project,
		JSON.stringify({ extends: relative(types, join(root, "hosts/tsconfig.json")), compilerOptions, include }),
	);
	await tsc("-p", project);
	await rm(project);
	for (const entry of await readdir(types, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile() || !entry.name.endsWith(".d.ts")) continue;
		const path = join(entry.parentPath, entry.name);
		await writeFile(path, (await readFile(path, "utf8")).replace(/(from |import\()("\.[^"]*)\.ts"/g, '$1$2.js"'));
	}
	// The drivers' natives are declared by hand.
	const index = join(types, "drivers/index.d.ts");
	const ports = ["ethernet/port", "uart/uart-port"].map((name) => join(root, `drivers/${name}.d.ts`));
	const references = ports.map((path) => `/// <reference path=${JSON.stringify(relative(dirname(index), path))} />\n`).join("");
	await writeFile(index, references + (await readFile(index, "utf8")));
}

/** Declarations beside a bundle for XS: those of the source that it was made of. */
async function declareBeside(module) {
	const target = join(out, `xs/${fileOf(module.name)}.d.ts`);
	const from = JSON.stringify(relative(dirname(target), join(types, module.source)).replace(/\.ts$/, ".js"));
	await put(target, `export * from ${from};\n${hasDefault(module) ? `export { default } from ${from};\n` : ""}`);
}

let options;
try {
	options = readArgs({ sizes: { type: "boolean" } }, process.argv.slice(2));
} catch (error) {
	process.stderr.write(`${error.message} (expected nothing, or --sizes)\n`);
	process.exit(2);
}
await bundle();
await bundleNode();
await declare();
for (const module of MODULES) {
	await declareBeside(module);
	await put(join(out, `mcpack/${fileOf(module.name)}.js`), mcpackEntry(module));
}
if (options.sizes) for (const line of await sizeLines(MODULES.map(({ name }) => name))) console.log(line);
