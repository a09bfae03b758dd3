// Builds the chip models of hosts/desktop/chips as an addon of Node, for the board emulator and for tests.   node build/chips.mjs

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "./addon.mjs";
import { filesIn, root } from "./compile.mjs";

/** Builds the addon if anything that goes into it has changed, and returns its path, for loadChips() of chips.ts. */
export function buildChips({ quiet = false } = {}) {
	return buildAddon("chips", filesIn(join(root, "hosts/desktop/chips"), ".c"), quiet ? undefined : "building the chip models");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	try {
		console.log(relative(process.cwd(), await buildChips()));
	} catch (error) {
		console.error(error.message);
		process.exit(1);
	}
}
