// `npm run build`, which `npm pack` wants to have been run: what the package has besides its sources.
//   build/out/xs/                         the bundles for XS (build/bundle.mjs), and beside each its declarations, where mcconfig looks for them
//   build/out/node/multihome.js, io/*.js  the stack for Node, with the natives' TypeScript twins
//   build/out/types/                      declarations of all modules

import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, compileProject, joinModules, tsc } from "./bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "build/out");
const types = join(out, "types");

/** Compiles for Node, and joins. */
async function bundleNode(classes) {
	const js = await mkdtemp(join(out, "js-"));
	try {
		await compileProject(join(root, "hosts/tsconfig.json"), js);
		const twins = { "#codec": join(js, "src/wire/codec.js"), "#memory": join(js, "src/packet/memory.js") };
		await joinModules(join(js, "src/index.js"), join(out, "node/multihome.js"), twins, /^$/);
		for (const name of classes)
			await joinModules(join(js, `src/io/modules/${name}.js`), join(out, `node/io/${name}.js`), twins, /^multihome$/);
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
async function declareBeside(bundled, source, hasDefault) {
	const target = join(out, `xs/${bundled}.d.ts`);
	await mkdir(dirname(target), { recursive: true });
	const from = JSON.stringify(relative(dirname(target), join(types, source)).replace(/\.ts$/, ".js"));
	await writeFile(target, hasDefault ? `export { default } from ${from};\n` : `export * from ${from};\n`);
}

const classes = (await readdir(join(root, "src/io/modules"))).map((name) => name.replace(/\.ts$/, ""));
await bundle();
await bundleNode(classes);
await declare();
await declareBeside("multihome", "src/index.ts", false);
await declareBeside("drivers", "drivers/index.ts", false);
for (const name of classes) await declareBeside(`io/${name}`, `src/io/modules/${name}.ts`, true);
