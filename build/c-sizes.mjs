// What the project's C takes of a board's flash, part by part, from the linker's map.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow } from "./files.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The folders of flat TypeScript, with which the names of its functions in C begin. */
const FLAT = ["packet", "wire", "device", "link", "ip", "transport", "turn"];

/** Parts in the order in which they are told, by what is asked of a section's function and its object file. */
function partsOf(folder) {
	const objects = (...folders) =>
		new Set(folders.flatMap((each) => filesBelow(join(folder, each), /\.c$/)).map((path) => `${basename(path)}.o`));
	const [byHand, engine] = [objects("src"), objects("hosts/engine")];
	const drivers = objects("drivers");
	return [
		...FLAT.map((name) => ({
			name: `src/${name}`,
			holds: (section, object) => object === "codec.c.o" && section.startsWith(`${name}_`),
		})),
		{ name: "door of the interpreter", holds: (section, object) => object === "codec.c.o" && section.startsWith("xs_") },
		{ name: "kernels and checks", holds: (_section, object) => object === "codec.c.o" },
		{ name: "C by hand in src", holds: (_section, object) => byHand.has(object) },
		{ name: "hosts/engine", holds: (_section, object) => engine.has(object) },
		{ name: "drivers", holds: (_section, object) => drivers.has(object) },
	];
}

/** Sections of code and constants that lie in flash, from the text of a linker's map: `[name without .text. or .rodata., object file, bytes]`. GNU ld breaks the line behind a long name. */
export function sectionsOf(map) {
	const pattern = /^ \.(?:text|rodata)\.?(\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$/gm;
	return [...map.matchAll(pattern)]
		.filter(([, , address]) => Number.parseInt(address, 16) !== 0) // what the linker left out has address 0
		.map(([, name, , size, object]) => [name, basename(object), Number.parseInt(size, 16)]);
}

/** Bytes by part: `{ "src/wire": 23902, … }`. */
export function cBytes(map, folder = root) {
	const parts = partsOf(folder);
	const bytes = Object.fromEntries(parts.map(({ name }) => [name, 0]));
	for (const [section, object, size] of sectionsOf(map)) {
		const part = parts.find(({ holds }) => holds(section, object));
		if (part !== undefined) bytes[part.name] += size;
	}
	return bytes;
}

/** A table of it; nothing where the linker has left no map below `out`. */
export function cLines(out) {
	const [path] = filesBelow(out, /^xs_\w+\.map$/);
	if (path === undefined) return [];
	const rows = Object.entries(cBytes(readFileSync(path, "utf8")));
	rows.push(["all of these", rows.reduce((sum, [, bytes]) => sum + bytes, 0)]);
	const wide = Math.max(...rows.map(([name]) => name.length));
	return [
		`${"part".padEnd(wide)}  bytes of C`,
		...rows.map(([name, bytes]) => `${name.padEnd(wide)}  ${bytes.toLocaleString("en").padStart(9)}`),
	];
}
