// Ends with one line when the tools are not installed:   node --import ./build/installed.mjs FILE
// Before FILE, as what FILE imports would be looked for first, and a stack trace tell of that.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

if (!existsSync(fileURLToPath(new URL("../node_modules/rollup", import.meta.url)))) {
	console.error("the tools are missing: run `npm ci` first");
	process.exit(1);
}
