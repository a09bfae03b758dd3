// Looks whether the fields of formats (src/wire) lie where they can: a block of constants that begins with the length of a format, HEADER, QUERY_HEADER, LENGTH
// or BYTES, goes on with where its fields begin. Two fields at one place, one outside of the format, or one that is read across the next one's first byte, is a slip of
// the pen that no type would find.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CONSTANT = /^(?:export )?const (\w+) = (\d+|0x[\da-f]+);$/i;
const FORMAT = /^(?:QUERY_)?(?:HEADER|LENGTH|BYTES)$/;

/** What reads a field, and how many bytes that takes. */
const READ = /\bgetU?int(8|16|32)\(at \+ (\w+)[,)]/gi;

/** What is wrong with where a field lies, and how far it is read, behind the one before it; undefined when nothing is. */
function faultOf({ name, at, end }, before, format) {
	const begins = `${name} begins at ${at}`;
	if (at >= format.bytes)
		return `${begins}, outside of ${format.name}'s ${format.bytes} bytes: what is no field's offset stands in a block of its own, behind an empty line`;
	if (end > format.bytes) return `${begins}, and ${end - at} bytes of it are read, beyond ${format.name}'s ${format.bytes}`;
	if (at <= before.at) return `${begins}, not behind ${before.name} at ${before.at}: fields stand in their order, each once`;
	if (at < before.end)
		return `${begins}, within ${before.name}, of which ${before.end - before.at} bytes are read from ${before.at} on`;
	return undefined;
}

/** Faults of one file's text, as the compiler has them (build/compile/compile.d.mts). A block ends where a line is neither a constant nor a comment. */
export function wrongOffsets(file, text) {
	const faults = [];
	const reads = new Map([...text.matchAll(READ)].map(([, bits, name]) => [name, Number(bits) / 8]));
	let format, last;
	for (const [index, line] of text.split("\n").entries()) {
		const [, name, digits] = CONSTANT.exec(line) ?? [];
		if (name === undefined) {
			if (!/^(?:\/\*\*| \*|\/\/)/.test(line)) format = undefined;
			continue;
		}
		const at = Number(digits);
		if (format === undefined) {
			if (FORMAT.test(name))
				[format, last] = [
					{ name, bytes: at },
					{ name: "", at: -1, end: 0 },
				];
			else format = null;
			continue;
		}
		if (format === null) continue;
		const bytes = (field) => reads.get(field) ?? 1;
		const message = faultOf({ name, at, end: at + bytes(name) }, last, format);
		if (message) faults.push({ file, line: index + 1, column: line.indexOf(name) + 1, message });
		last = { name, at, end: at + bytes(name) };
	}
	return faults;
}

/** Faults of all formats. */
export function wrongFormats(root) {
	const names = readdirSync(join(root, "src/wire")).filter((name) => name.endsWith(".ts"));
	return names.sort().flatMap((name) => wrongOffsets(`src/wire/${name}`, readFileSync(join(root, "src/wire", name), "utf8")));
}
