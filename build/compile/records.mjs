// What accesses to memory there are, by the methods of views and by the fields of records (src/packet/record.ts): `const Kind = record({ name: int32, … })`.

import { INT32, range } from "./ranges.mjs";
import { bare, bits, modulo } from "./values.mjs";

/** By what follows `get` and `set`; those that end in `true` are little-endian. C of what reads and writes at a pointer; `word`: at multiples of four. */
export const ACCESSES = {
	Uint8: { bytes: 1, range: range(0, 0xff), load: (p) => `*${p}`, store: (p, v) => `*${p} = (uint8_t)${bits(v)}` },
	Uint16: access(2, range(0, 0xffff), "get16", "put16"),
	Uint16true: access(2, range(0, 0xffff), "get16le", "put16le"),
	Int32: access(4, INT32, "get32", "put32"),
	Int32true: {
		bytes: 4,
		range: INT32,
		word: true,
		load: (p) => `word(${bare(p)})`,
		store: (p, v) => `setWord(${bare(p)}, ${modulo(v)})`,
	},
};

function access(bytes, itsRange, load, store) {
	return {
		bytes,
		range: itsRange,
		load: (p) => `(int32_t)${load}(${bare(p)})`,
		store: (p, v) => `${store}(${bare(p)}, ${bits(v)})`,
	};
}

const COLUMNS = {
	int32: ACCESSES.Int32true,
	offset: { ...ACCESSES.Int32true, range: range(0, 0x3fffffff) },
	uint16: ACCESSES.Uint16true,
	uint8: ACCESSES.Uint8,
	// Read as the offset of its first byte, as bytes(count) is.
	address: { bytes: 16, word: true },
};

/** A kind of records, as evaluating the call of `record` gives it: { bytes, offsets }, and `fields`, a Map of name to { at, bytes, word, range, load, store }. */
export function layOut(program, module, call) {
	const columns = call.arguments[0]?.properties;
	if (!columns?.every(({ key, computed }) => key?.type === "Identifier" && !computed))
		module.refuse(call, "record takes its fields as an object, each by its name: { size: int32 }");
	const fields = new Map();
	let at = 0;
	for (const { key, value } of columns) {
		// Whatever is wrong with a field, the record goes on: what uses it has nothing to be told.
		const column = program.attempt(() => columnOf(program, module, value)) ?? COLUMNS.int32;
		const multiple = column.word ? 4 : column.load ? column.bytes : 1;
		const missing = -at & (multiple - 1);
		const wrong =
			/^(at|view)$/.test(key.name) || fields.has(key.name)
				? `a field cannot be called ${key.name}: the row has that already`
				: missing &&
					`field ${key.name} at ${at}: expected a multiple of ${multiple}; put bytes(${missing}) before it, or it before smaller fields`;
		if (wrong) program.attempt(() => module.refuse(key, wrong));
		fields.set(key.name, { at: (at += missing), ...column });
		at += column.bytes;
	}
	return { bytes: at, offsets: Object.fromEntries([...fields].map(([name, field]) => [name, field.at])), fields };
}

function columnOf(program, module, node) {
	if (Object.hasOwn(COLUMNS, node.name ?? "")) return COLUMNS[node.name];
	if (node.type === "CallExpression" && node.callee.name === "bytes") {
		const count = node.arguments.length === 1 ? program.evaluate(module, node.arguments[0]) : undefined;
		if (Number.isSafeInteger(count) && count > 0) return { bytes: count };
	}
	return module.refuse(node, `a field is ${Object.keys(COLUMNS).join(", ")} or bytes(count)`);
}
