// `npm run board`: brings the bundle up to date and hands over to test/board/main.ts.

import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

async function board() {
	const { bundleBoard } = await import("./bundle.mjs");
	const { buildAddon } = await import("./addon.mjs");
	const { buildChips } = await import("./chips.mjs");
	const root = fileURLToPath(new URL("..", import.meta.url));
	const { main } = await import(pathToFileURL(await bundleBoard()).href);
	return main(process.argv.slice(2), {
		root,
		buildChips,
		buildTap: () => buildAddon("tap", [join(root, "test/board/tap.c")]),
	});
}

try {
	process.exitCode = await board();
} catch (error) {
	const missing = error.code === "ERR_MODULE_NOT_FOUND" && !/build\/out/.test(error.message);
	process.stderr.write(missing ? "the tools are missing: run `npm ci` first\n" : `${error.message}\n`);
	process.exitCode = 1;
}
