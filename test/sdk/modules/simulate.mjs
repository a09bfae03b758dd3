// `npm run simulate` with modules of the Moddable SDK in MODDABLE: they run from where they are. The program names the manifests that it wants:
//   // manifests: examples/io/tcp/httpclient/manifest_httpclient.json …
// Names that the desktop host has modules of its own for are these. A program that wants a module of the SDK by another name says so:
//   // module: sdk/resolver examples/io/udp/dns/dns.js
//     node test/sdk/modules/simulate.mjs --board FILE --app PROGRAM …

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle, modules as desktopModules } from "../../../build/bundle.mjs";
import { buildHost } from "../../../build/host.mjs";
import { bound, hasDeclarations } from "./declarations.mjs";
import { readManifests } from "./manifests.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const require = createRequire(import.meta.url);

/** The program by which the board starts: natives first, as the SDK's modules look for them when they are loaded. */
function starter(program) {
	return `import "sdk/natives";\nexport { default } from ${JSON.stringify(resolve(program))};\n`;
}

/** The SDK's modules for a program, those with declarations of C rewritten into `folder`. */
function sdkModules(sdk, program, folder) {
	const manifests = /^\/\/ manifests: (.*)$/m.exec(readFileSync(program, "utf8"))?.[1].trim().split(/\s+/) ?? [];
	const named = [];
	for (const [, name, path] of readFileSync(program, "utf8").matchAll(/^\/\/ module: (\S+) (\S+)$/gm))
		named.push([name, join(sdk, path)]);
	const { modules: found, config } = readManifests(sdk, manifests);
	const modules = { "mc/config": join(folder, "mc-config.js") };
	writeFileSync(modules["mc/config"], `export default ${JSON.stringify(config)};\n`);
	for (const [name, path] of [...found, ...named]) {
		const source = readFileSync(path, "utf8");
		modules[name] = path;
		if (!hasDeclarations(source)) continue;
		modules[name] = join(folder, `${name.replace(/\W/g, "-")}.js`);
		writeFileSync(modules[name], bound(source));
	}
	return modules;
}

/** Modules of the desktop host, and those that stand in for C. */
function ourModules() {
	const modules = { ...desktopModules };
	for (const file of readdirSync(join(here, "natives"))) {
		const name = basename(file, ".js");
		modules[name === "native" ? "sdk/natives" : name === "resource" ? "Resource" : `sdk/natives/${name}`] = join(
			here,
			"natives",
			file,
		);
	}
	for (const name of ["hashes/legacy.js", "hashes/sha2.js", "ciphers/aes.js", "ciphers/_polyval.js"])
		modules[`@noble/${name}`] = require.resolve(`@noble/${name}`);
	return modules;
}

async function simulate() {
	const sdk = process.env.MODDABLE;
	if (!sdk) throw new Error("MODDABLE is not set: expected the folder of a Moddable SDK");
	const paths = await bundle();
	const { main } = await import(pathToFileURL(paths.simulate).href);
	const modules = ourModules();
	return main(process.argv.slice(2), {
		root,
		buildHost,
		bundleApp: async (program, folder) => {
			const translated = join(folder, "sdk");
			mkdirSync(translated, { recursive: true });
			Object.assign(modules, { ...sdkModules(sdk, program, translated), ...modules });
			const app = join(folder, "app.js");
			writeFileSync(app, starter(program));
			return app;
		},
		modules,
		entry: paths.desktop,
	});
}

try {
	process.exitCode = await simulate();
} catch (error) {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
}
