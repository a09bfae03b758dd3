// `npm run simulate`: brings the bundles up to date and hands over to hosts/desktop/simulate.ts.

import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

async function simulate() {
	const { bundle, bundleApp, modules } = await import("./bundle.mjs");
	const { buildHost } = await import("./host.mjs");
	const { withProgress } = await import("./progress.mjs");
	const paths = await bundle();
	const { main } = await import(pathToFileURL(paths.simulate).href);
	return main(process.argv.slice(2), {
		root: fileURLToPath(new URL("..", import.meta.url)),
		buildHost,
		bundleApp: (file, folder) =>
			withProgress(`compiling ${relative(process.cwd(), file)}`, () => bundleApp(file, folder), { afterMs: 1500 }),
		modules,
		entry: paths.desktop,
	});
}

try {
	process.exitCode = await simulate();
} catch (error) {
	const missing = error.code === "ERR_MODULE_NOT_FOUND" && !/build\/out/.test(error.message);
	process.stderr.write(missing ? "the tools are missing: run `npm ci` first\n" : `${error.message}\n`);
	process.exitCode = 1;
}
