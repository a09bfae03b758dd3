// `npm run simulate`: brings the bundles up to date and hands over to hosts/desktop/simulate.ts.

import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle, bundleApp } from "./bundle.mjs";
import { buildHost } from "./host.mjs";

const paths = await bundle();
const { main } = await import(pathToFileURL(paths.simulate).href);
process.exitCode = await main(process.argv.slice(2), {
	root: fileURLToPath(new URL("..", import.meta.url)),
	buildHost,
	bundleApp,
	modules: { multihome: paths.multihome, timer: paths.timer },
	entry: paths.desktop,
});
