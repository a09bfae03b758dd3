// Bundles for XS: where the fields of records lie is written out.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeOutRecords } from "../../../build/records.mjs";

const folder = mkdtempSync(join(tmpdir(), "records-"));
mkdirSync(join(folder, "packet"));
// As `tsc` leaves them, but that nothing is imported.
writeFileSync(
	join(folder, "packet/ring-block.js"),
	`export const RingBlock = { bytes: 12, offsets: { start: 0, size: 4, used: 8 } };\nexport const BIT = 1;\n`,
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

it("says that a record may be left out", async () => {
	expect(await written("export const Kind = record({ size: int32 });")).toBe(
		`${IMPORT}export const Kind = /* @__PURE__ */ record({ size: int32 });`,
	);
});
