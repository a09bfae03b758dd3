// Looks whether the fields of formats (src/wire) lie where they can: a block of constants that begins with the length of a format, HEADER, QUERY_HEADER, LENGTH
// or BYTES, goes on with where its fields begin. Two fields at one place, one outside of the format, or one that is read across the next one's first byte, is a slip of
// the pen that no type would find.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CONSTANT = /^(?:export )?const (\w+) = (\d+|0x[\da-f]+);$/i;
const FORMAT = /^(?:QUERY_)?(?:HEADER|LENGTH|BYTES)$/;

/** What reads a field, and how many bytes that takes. */
const READ = /\bgetU?int(8|16|32)\(at \+ (\w+)[,)]/gi;

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
					{ name: "", at: -1 },
				];
			else format = null;
			continue;
		}
		if (format === null) continue;
		const bytes = (field) => reads.get(field) ?? 1;
		const message =
			at >= format.bytes
				? `${name} begins at ${at}, outside of ${format.name}'s ${format.bytes} bytes: what is no field's offset stands in a block of its own, behind an empty line`
				: at + bytes(name) > format.bytes
					? `${name} begins at ${at}, and ${bytes(name)} bytes of it are read, beyond ${format.name}'s ${format.bytes}`
					: at <= last.at
						? `${name} begins at ${at}, not behind ${last.name} at ${last.at}: fields stand in their order, each once`
						: at < last.at + bytes(last.name)
							? `${name} begins at ${at}, within ${last.name}, of which ${bytes(last.name)} bytes are read from ${last.at} on`
							: undefined;
		if (message) faults.push({ file, line: index + 1, column: line.indexOf(name) + 1, message });
		last = { name, at };
	}
	return faults;
}

/** Faults of all formats. */
export function wrongFormats(root) {
	const names = readdirSync(join(root, "src/wire")).filter((name) => name.endsWith(".ts"));
	return names.sort().flatMap((name) => wrongOffsets(`src/wire/${name}`, readFileSync(join(root, "src/wire", name), "utf8")));
}
