// Bundles for XS: where the fields of records lie is written out.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bundleApp } from "../../../build/bundle.mjs";
import { squeezeTables, writeOutRecords } from "../../../build/records.mjs";

const folder = mkdtempSync(join(tmpdir(), "records-"));
mkdirSync(join(folder, "packet"));
// As `tsc` leaves them, but that nothing is imported.
writeFileSync(
	join(folder, "packet/ring-block.js"),
	`const record = (kind) => kind;\nexport const RingBlock = record({ bytes: 12, offsets: { start: 0, size: 4, used: 8 } });\nexport const BIT = 1;\n`,
);
writeFileSync(
	join(folder, "packet/drops.js"),
	`const Drops = { offsets: { truncated: 0, tooBig: 33 } };\nexport const DROP = Drops.offsets;\n`,
);
afterAll(() => rmSync(folder, { recursive: true }));

const IMPORT = `import { RingBlock } from "./packet/ring-block.js";\n`;
const written = (code: string) => writeOutRecords(IMPORT + code, join(folder, "user.js"));

it.each([
	["const { size: SIZE, used: USED } = RingBlock.offsets;", "const SIZE = 4, USED = 8;"],
	["const { size: SIZE, used: USED, } = RingBlock.offsets;", "const SIZE = 4, USED = 8;"],
	["const { used } = RingBlock.offsets;", "const used = 8;"],
	["const AT = RingBlock.offsets;\nread(ring + AT.used);", "const AT = RingBlock.offsets;\nread(ring + 8);"],
	["next += RingBlock.bytes + RingBlock.offsets.size;", "next += 12 + 4;"],
])("%s", async (code, expected) => {
	expect(await written(code)).toBe(IMPORT + expected);
});

it("leaves alone what is no field, and what is no record", async () => {
	const code = `const { more: MORE } = RingBlock.offsets;\nconst { size: SIZE } = Other.offsets;\nconst AT = RingBlock.offsets;\nAT.more + Other.bytes + BIT.bytes;\n`;
	expect(await written(code)).toBe(IMPORT + code);
});

it("has numbers for reasons of drops, and says that their list may be left out", async () => {
	const from = `import { DROP } from "./packet/drops.js";\n`;
	const path = join(folder, "user.js");
	expect(await writeOutRecords(`${from}count(DROP.tooBig, DROP.truncated, DROP.other, DROP);`, path)).toBe(
		`${from}count(33, 0, DROP.other, DROP);`,
	);
	const list = `${IMPORT.replace("./packet", ".")}export const DROP = RingBlock.offsets;\nexport const DROPS = Object.freeze(Object.keys(DROP));\n`;
	expect(await writeOutRecords(list, join(folder, "packet/drops.js"))).toBe(
		`${IMPORT.replace("./packet", ".")}export const DROP = /* @__PURE__ */ Object.freeze({"start":0,"size":4,"used":8});\nexport const DROPS = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ Object.keys(DROP));\n`,
	);
});

it.each(["service/dhcp/machine", "link/ppp/automaton"])("tables of states say the same in less: %s", (name) => {
	const code = readFileSync(new URL(`../../../src/${name}.ts`, import.meta.url), "utf8");
	const squeezed = squeezeTables(code);
	expect(squeezed.length).toBeLessThan(code.length - 1000);
	// Who reads a table looks at what a line begins with, and at its words.
	const told = (text: string) => text.split("\n").map((line) => [/^ */.exec(line)![0], ...line.trim().split(/\s+/)]);
	expect(told(squeezed)).toEqual(told(code));
});

it("says that a record may be left out", async () => {
	expect(await written("export const Kind = record({ size: int32 });")).toBe(
		`${IMPORT}export const Kind = /* @__PURE__ */ record({ size: int32 });`,
	);
});

it("leaves a program's own texts as they are, and runs none of its files", { timeout: 60_000 }, async () => {
	const table = "const TABLE = `\n name      port\n http        80\n`;";
	writeFileSync(join(folder, "packet/drops.ts"), "globalThis.ownDropsRun = true;\nexport const DROP = { one: 5 };\n");
	const program = join(folder, "program.ts");
	writeFileSync(program, `import { DROP } from "./packet/drops.ts";\n${table}\nexport default () => TABLE + DROP.one;\n`);
	const code = readFileSync(await bundleApp(program, folder, { inline: true }), "utf8");
	expect("ownDropsRun" in globalThis).toBe(false);
	expect(code).toContain("http        80");
	expect(code).toContain("DROP.one");
	const own = readFileSync(
		await bundleApp(new URL("../../../src/link/ppp/automaton.ts", import.meta.url).pathname, folder, { inline: true }),
		"utf8",
	);
	expect(own).toContain("Open tls/1 1 irc,scr/6 3 5 5 6 7 8 9");
});
