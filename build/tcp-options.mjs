// Looks whether the options of TCP that SYNs offer, the table of src/packet/offers.ts, are written and read, each by its name, and have kinds and bits of their own: what a line of the table needs elsewhere, and
// no type would find.

import { readFileSync } from "node:fs";
import { join } from "node:path";

const TABLE = "src/packet/offers.ts";
const FORMAT = "src/wire/tcp.ts";
const LINE = /^\t(\w+): \{ kind: (\d+), bytes: (\d+), bit: (\d+) \},$/;
/** The functions that must know every option. */
const KNOWING = { synOptions: "written", offersOf: "read" };

/** The text of a function, from its name to the brace that ends it at the beginning of a line. */
function bodyOf(name, text) {
	const from = text.indexOf(`function ${name}(`);
	return from < 0 ? "" : text.slice(from, text.indexOf("\n}", from));
}

/** Faults of the table's text, as the compiler has them (build/compile/compile.d.mts), given that of the format. */
export function wrongOptions(table, format) {
	const faults = [];
	const lines = table.split("\n");
	const begin = lines.findIndex((line) => line.startsWith("export const OFFER "));
	const seen = [];
	const bodies = Object.entries(KNOWING).map(([name, done]) => ({ name, done, text: bodyOf(name, format) }));
	for (let i = begin + 1; i < lines.length && !lines[i].startsWith("}"); i++) {
		if (/^\t(?:\/\*\*| \*)/.test(lines[i])) continue;
		const refuse = (message) => faults.push({ file: TABLE, line: i + 1, column: 2, message });
		const [, name, ...numbers] = LINE.exec(lines[i]) ?? [];
		if (name === undefined) {
			refuse("expected a line such as `sack: { kind: 4, bytes: 2, bit: 32 },`");
			continue;
		}
		const [kind, , bit] = numbers.map(Number);
		if ((bit & (bit - 1)) !== 0 || bit < 16 || bit > 256) refuse(`bit ${bit} of ${name}: expected 16, 32, 64, 128 or 256`);
		for (const other of seen) {
			if (other.kind === kind) refuse(`kind ${kind} of ${name} is ${other.name}'s`);
			if (other.bit === bit) refuse(`bit ${bit} of ${name} is ${other.name}'s`);
		}
		for (const { name: knows, done, text } of bodies)
			if (!new RegExp(`\\bOFFER\\.${name}\\.bit\\b`).test(text))
				refuse(`${name} is never ${done}: ${knows} of ${FORMAT} lacks OFFER.${name}.bit`);
		seen.push({ name, kind, bit });
	}
	if (seen.length === 0) faults.push({ file: TABLE, line: begin + 1, column: 1, message: "expected a table of options, OFFER" });
	return faults;
}

/** Faults of the table as it is. */
export function wrongOffers(root) {
	return wrongOptions(...[TABLE, FORMAT].map((path) => readFileSync(join(root, path), "utf8")));
}
