// Writes page.ts from page.html: the page as a string, without indentation and comments. Run it after every change of page.html:
//	node hosts/examples/status/make-page.mjs

import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL(".", import.meta.url);

/** The module's text. The page is ASCII, so that its length in characters is its length in bytes. */
export function pageModule() {
	const page = readFileSync(new URL("page.html", folder), "utf8")
		.replace(/\/\*[^]*?\*\//g, "")
		.replace(/^\s*\/\/.*$/gm, "")
		.replace(/^\s+/gm, "");
	const odd = /[^\n\x20-\x7e]/.exec(page);
	if (odd) throw new Error(`page.html: "${odd[0]}" at ${odd.index}: expected ASCII; write it as an entity or an escape`);
	const literal = page.trimEnd().replace(/[\\`]|\$\{/g, "\\$&");
	return `// Made from page.html by make-page.mjs: change that one.

/** In an object: the build writes plain constants out where they are used, and XS copies a literal to RAM each time that it is evaluated. */
export const PAGE = Object.freeze({
	text: \`${literal}\n\`,
});
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(new URL("page.ts", folder), pageModule());
