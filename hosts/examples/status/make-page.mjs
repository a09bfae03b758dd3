// Writes page.ts from page.html: the page as bytes, without indentation and comments. Run it after every change of page.html:
//	node hosts/examples/status/make-page.mjs

import { readFileSync, writeFileSync } from "node:fs";

const folder = new URL(".", import.meta.url);

/** The module's text. */
export function pageModule() {
	const page = readFileSync(new URL("page.html", folder), "utf8")
		.replace(/\/\*[^]*?\*\//g, "")
		.replace(/^\s*\/\/.*$/gm, "")
		.replace(/^\s+/gm, "");
	const odd = /[^\n\x20-\x7e]/.exec(page);
	if (odd) throw new Error(`page.html: "${odd[0]}" at ${odd.index}: expected ASCII; write it as an entity or an escape`);
	const literal = page.trimEnd().replace(/[\\`]|\$\{/g, "\\$&");
	return `// Made from page.html by make-page.mjs: change that one.

import { bytesOf } from "../http/text.ts";

/** Made when a firmware is linked, it stays in flash, and is sent from there. (A frozen object alone would have its bytes changed: the second argument is XS's.) */
export const PAGE = (Object.freeze as <T>(value: T, deep: boolean) => T)(
	bytesOf(\`${literal}\n\`),
	true,
);
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) writeFileSync(new URL("page.ts", folder), pageModule());
