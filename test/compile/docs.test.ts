// The C in docs/flat.md is what the compiler makes of the TypeScript beside it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { compileFlat } from "../../build/compile/compile.mjs";
import { makeFlat } from "../../build/flat.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs/flat.md"), "utf8");

/** The block of that language, the first one or another. */
function block(language: string, index = 0): string {
	const found = [...page.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``, "g"))][index];
	if (found === undefined) throw new Error(`docs/flat.md has no block ${index} of ${language}`);
	return found[1]!;
}

it("docs/flat.md shows a function as it stands in the source, and the C that it becomes", () => {
	expect(readFileSync(join(root, "src/wire/build.ts"), "utf8")).toContain(block("ts"));
	expect(readFileSync(join(makeFlat(), "modules/wire_build.c"), "utf8")).toContain(block("c"));
});

it("docs/flat.md's records are flat TypeScript", () => {
	const example = join(root, "docs/example.ts");
	const { errors, functions } = compileFlat({
		root,
		door: [example],
		read: (path) => (path === example ? block("ts", 1) : readFileSync(path, "utf8")),
	});
	expect(errors).toEqual([]);
	expect(functions.map(({ name }) => name)).toEqual(["lastOf"]);
});
