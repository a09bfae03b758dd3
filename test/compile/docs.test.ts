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

/** The C of a function with its `#line`s counted from its first, so that an edit further up in the TypeScript does not make the page wrong. */
function fromFirstLine(text: string): string {
	const first = Number(/#line (\d+)/.exec(text)?.[1]);
	return text.replace(/#line (\d+)/g, (_, line) => `#line +${Number(line) - first}`);
}

it("docs/flat.md shows a function as it stands in the source, and the C that it becomes", () => {
	expect(readFileSync(join(root, "src/wire/build.ts"), "utf8")).toContain(block("ts"));
	const made = readFileSync(join(makeFlat(), "modules/wire_build.c"), "utf8");
	const [head] = block("c").split("\n", 1);
	const start = made.indexOf(`${head}\n{`);
	expect(start, head).toBeGreaterThan(-1);
	expect(fromFirstLine(made.slice(start, made.indexOf("\n}", start) + 2))).toBe(fromFirstLine(block("c")));
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
