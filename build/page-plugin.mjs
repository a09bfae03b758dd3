// The module "virtual:page": hosts/examples/status/page.html as text, without indentation and comments, for every bundle and for vitest alike.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = "virtual:page";
const path = fileURLToPath(new URL("../hosts/examples/status/page.html", import.meta.url));

/** The page as it is sent. Throws Error for what is not ASCII. */
export function pageText() {
	const page = readFileSync(path, "utf8")
		.replace(/\/\*[^]*?\*\//g, "")
		.replace(/^\s*\/\/.*$/gm, "")
		.replace(/^\s+/gm, "");
	const odd = /[^\n\x20-\x7e]/.exec(page);
	if (odd) throw new Error(`page.html: "${odd[0]}" at ${odd.index}: expected ASCII; write it as an entity or an escape`);
	return `${page.trimEnd()}\n`;
}

/** A plugin for rollup and for Vite. */
export function page() {
	return {
		name: "multihome-page",
		resolveId(id) {
			return id === NAME ? `\0${NAME}` : null;
		},
		load(id) {
			if (id !== `\0${NAME}`) return null;
			this.addWatchFile?.(path);
			return `export default ${JSON.stringify(pageText())};`;
		},
	};
}
