// Records of src/packet/record.ts: `const Kind = record({ name: int32, … })`, and `type Kind = RowOf<typeof Kind>`.

import { refuse } from "./fault.mjs";
import { INT32, range } from "./ranges.mjs";

const promise = range(0, 0x3fffffff, false);
const COLUMNS = {
	int32: { bytes: 4, multiple: 4, load: "getInt32", store: "setInt32", range: INT32 },
	offset: { bytes: 4, multiple: 4, load: "getInt32", store: "setInt32", range: promise },
	uint16: { bytes: 2, multiple: 2, load: "getUint16", store: "setUint16", range: range(0, 0xffff) },
	uint8: { bytes: 1, multiple: 1, load: "getUint8", store: "setUint8", range: range(0, 0xff) },
	// Read as the offset of its first byte, as bytes(count) is.
	address: { bytes: 16, multiple: 4 },
};

const known = new WeakMap();

/** { bytes, fields: Map of name to { at, bytes, multiple, load, store, range } } of a constant that is a kind of records; undefined for others. */
export function recordOf(program, found) {
	const call = found?.kind === "constant" ? found.node.init : undefined;
	if (call?.type !== "CallExpression" || call.callee.name !== "record") return undefined;
	if (!known.has(call)) known.set(call, layOut(program, found.module, call.arguments[0]));
	return known.get(call);
}

function layOut(program, module, columns) {
	if (columns?.type !== "ObjectExpression") refuse(module, columns, "record takes its fields as an object: { size: int32 }");
	const fields = new Map();
	let at = 0;
	for (const { key, value } of columns.properties) {
		if (key.name === "at" || key.name === "view")
			refuse(module, key, `a field cannot be called ${key.name}: every row has that already`);
		const column = columnOf(program, module, value);
		if (at % column.multiple !== 0) refuse(module, key, `field ${key.name} at ${at}: expected a multiple of ${column.multiple}`);
		fields.set(key.name, { at, ...column });
		at += column.bytes;
	}
	return { bytes: at, fields };
}

function columnOf(program, module, node) {
	if (node.type === "Identifier" && Object.hasOwn(COLUMNS, node.name)) return COLUMNS[node.name];
	if (node.type === "CallExpression" && node.callee.name === "bytes") {
		const count = node.arguments.length === 1 ? countOf(program, module, node.arguments[0]) : undefined;
		if (Number.isSafeInteger(count) && count > 0) return { bytes: count, multiple: 1 };
	}
	return refuse(module, node, `a field is ${Object.keys(COLUMNS).join(", ")} or bytes(count)`);
}

/** What `bytes` is told: a constant, Kind.bytes, or their product. */
function countOf(program, module, node) {
	if (node.type === "BinaryExpression" && node.operator === "*")
		return countOf(program, module, node.left) * countOf(program, module, node.right);
	const within = node.type === "MemberExpression" && node.property.name === "bytes";
	const record = within ? recordOf(program, program.lookUp(module, node.object)) : undefined;
	return record?.bytes ?? program.evaluate(module, node);
}
