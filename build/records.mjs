// Where the fields of records lie (src/packet/record.ts), written out into programs for XS: as numbers they are constants, which cost nothing there.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** What files of src/packet and src/wire have that declare records, or say where fields of one lie; and imports of such, as `tsc` writes these. */
const DECLARES = /^export const \w+ = (?:record\(|\w+\.offsets;)/m;
const KINDS = /^import \{[^}]*\} from "(\.[^"]*\.js)";$/gm;

/**
 * The code of a module, which lies at `path` beside those that it imports, with numbers for `UdpBlock.bytes`, for `AT.used` where it says `const AT = UdpBlock.offsets`, and for USED
 * where it says `const { used: USED } = UdpBlock.offsets`, for `word("now")` of src/packet/core-block.ts, and for `DROP.noRoute`, as src/packet/drops.ts exports `DropBlock.offsets` by that name. Records and lists of names that nothing else asks for can be left out then, and are marked so.
 * `own`: whether a file is the project's, as no other is run for what it exports.
 */
export async function writeOutRecords(code, path, own = () => true) {
	const kinds = new Map();
	for (const file of [path, ...[...code.matchAll(KINDS)].map(([, from]) => resolve(dirname(path), from))]) {
		if (!/\/(?:packet|wire)\//.test(file) || !own(file) || !DECLARES.test(readFileSync(file, "utf8"))) continue;
		for (const [name, kind] of Object.entries(await import(pathToFileURL(file)))) kinds.set(name, kind);
	}
	const offsetOf = (kind, field) => kinds.get(kind)?.offsets?.[field];
	let out = code.replace(/^(export const \w+ = )(?=record\()/gm, "$1/* @__PURE__ */ ");
	if (path.endsWith("/packet/drops.js")) out = out.replace(/(?=Object\.(?:freeze|keys)\()/g, "/* @__PURE__ */ ");
	out = out.replace(/^export const (\w+) = (\w+)\.offsets;$/gm, (all, name, kind) =>
		kinds.has(kind) ? `export const ${name} = /* @__PURE__ */ Object.freeze(${JSON.stringify(kinds.get(kind).offsets)});` : all,
	);
	out = out.replace(/\b([A-Z]+)\.(\w+)\b/g, (all, name, field) => {
		const place = kinds.get(name)?.[field];
		return typeof place === "number" ? place : all;
	});
	for (const [, name, kind] of code.matchAll(/^const (\w+) = (\w+)\.offsets;$/gm))
		out = out.replaceAll(new RegExp(`\\b${name}\\.(\\w+)\\b`, "g"), (all, field) => offsetOf(kind, field) ?? all);
	if (kinds.has("word")) out = out.replace(/\bword\("(\w+)"\)/g, (_all, name) => kinds.get("word")(name));
	return out
		.replace(/^const \{ (.*?),? \} = (\w+)\.offsets;$/gm, (all, list, kind) => {
			const fields = list.split(", ").map((each) => each.split(": "));
			if (fields.some(([field]) => offsetOf(kind, field) === undefined)) return all;
			return `const ${fields.map(([field, name = field]) => `${name} = ${offsetOf(kind, field)}`).join(", ")};`;
		})
		.replace(/\b(\w+)\.offsets\.(\w+)\b/g, (all, kind, field) => offsetOf(kind, field) ?? all)
		.replace(/\b(\w+)\.bytes\b/g, (all, kind) => kinds.get(kind)?.bytes ?? all);
}

/** A table of states (src/link/state-table.ts) is read word by word: what lines its columns up is for readers of the source. */
export function squeezeTables(code) {
	return code.replace(/^const TABLE = `[^`]*`;$/gm, (table) => table.replace(/(?<=\S) {2,}/g, " "));
}
