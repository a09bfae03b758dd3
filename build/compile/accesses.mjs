// Accesses to memory, and records, as C.

import { NONE, READS, WRITES } from "./effects.mjs";
import { Expressions, strip } from "./expressions.mjs";
import * as ranges from "./ranges.mjs";
import { recordOf } from "./records.mjs";
import { bare, bits, holder, int32, literal, number, wide } from "./values.mjs";

/** C of what reads and writes at a place; those that end in true are little-endian. */
const LOADS = {
	getInt8: (p) => `(int8_t)*${p}`,
	getUint8: (p) => `*${p}`,
	getInt16: (p) => `(int16_t)get16(${p})`,
	getUint16: (p) => `(int32_t)get16(${p})`,
	getInt32: (p) => `(int32_t)get32(${p})`,
	getUint32: (p) => `get32(${p})`,
	getInt16true: (p) => `(int16_t)get16le(${p})`,
	getUint16true: (p) => `(int32_t)get16le(${p})`,
	getInt32true: (p) => `word(${p})`,
	getUint32true: (p) => `(uint32_t)word(${p})`,
};
const STORES = {
	setInt8: (p, v) => `*${p} = (uint8_t)${bits(v)}`,
	setUint8: (p, v) => `*${p} = (uint8_t)${bits(v)}`,
	setInt16: (p, v) => `put16(${p}, ${bits(v)})`,
	setUint16: (p, v) => `put16(${p}, ${bits(v)})`,
	setInt32: (p, v) => `put32(${p}, ${bits(v)})`,
	setUint32: (p, v) => `put32(${p}, ${bits(v)})`,
	setInt16true: (p, v) => `put16le(${p}, ${bits(v)})`,
	setUint16true: (p, v) => `put16le(${p}, ${bits(v)})`,
	setInt32true: (p, v) => `setWord(${p}, ${int32(v)})`,
	setUint32true: (p, v) => `setWord(${p}, ${int32(v)})`,
};
const LOADED = {
	getInt8: ranges.range(-128, 127),
	getUint8: ranges.range(0, 255),
	getInt16: ranges.range(-32768, 32767),
	getUint16: ranges.range(0, 65535),
	getInt32: ranges.INT32,
	getUint32: ranges.range(0, ranges.UINT_MAX),
};

/** C of a load or a store, `store` with what is put there. One byte has no order, and its pointer is not an argument. */
function touching(method, little, bytes, place, store) {
	const name = little && bytes > 1 ? `${method}true` : method;
	const pointer = bytes === 1 ? place : bare(place);
	return store === undefined ? LOADS[name](pointer) : STORES[name](pointer, store);
}

/** What reaches memory: views' methods, records' fields, checks. */
export class Accesses extends Expressions {
	/** The row and the field that `row.name` names, or undefined. */
	#field(node) {
		const object = strip(node.object);
		const named = object.type === "Identifier" && this.binding(object.name) !== undefined;
		const made =
			object.type === "CallExpression" && object.callee.type === "MemberExpression" && object.callee.property.name === "of";
		if (node.computed || (!named && !made)) return undefined;
		const row = this.expression(node.object);
		if (row.type !== "row") return undefined;
		const { name } = node.property;
		if (name === "at") return { row, field: { at: 0 } };
		const field = row.record.fields.get(name);
		if (field === undefined) this.refuse(node, `${name}: the record has ${[...row.record.fields.keys()].join(", ")}`);
		return { row, field };
	}

	#fieldPlace({ row, field }) {
		// A row without a name was looked at as a whole where it was made.
		const at = row.at === undefined ? undefined : { base: row.at.base, offset: row.at.offset + field.at };
		const place = number(`(${row.c} + ${field.at})`, ranges.range(0, 0x40000000), row.effects, {
			at,
			within: at === undefined,
			bits: `((uint32_t)${row.c} + ${field.at}u)`,
		});
		return field.at === 0 ? { ...place, c: row.c, bits: `(uint32_t)${row.c}` } : place;
	}

	#loadField(found) {
		const at = this.#fieldPlace(found);
		const { load, bytes, range } = found.field;
		if (load === undefined) return at;
		const place = this.place({ c: found.row.memory }, at, bytes, bytes === 4);
		return number(touching(load, true, bytes, place), range, { ...at.effects, reads: true });
	}

	/** row.name = value, and the like. */
	storeField(node, target, make) {
		const found = this.#field(target);
		if (found?.field.store === undefined) this.refuse(target, "only variables, parameters and fields of records are assigned to");
		const value = make(node.type === "AssignmentExpression" && node.operator === "=" ? undefined : this.#loadField(found));
		if (value.type !== "number") this.refuse(node, `${target.property.name} is a number: a ${value.type} cannot be put into it`);
		const at = this.#fieldPlace(found);
		const { store, bytes } = found.field;
		const place = this.place({ c: found.row.memory }, at, bytes, bytes === 4);
		const effects = this.together(node, { effects: at.effects }, value);
		if (value.effects.writes) this.refuse(node, "what is put into a field is called first: give it a name before (const)");
		return { type: "void", c: touching(store, true, bytes, place, value), effects: { ...effects, writes: true } };
	}

	/** The memory that a name stands for, or undefined. */
	memoryNamed(node) {
		const found = node.type === "Identifier" ? this.binding(node.name) : undefined;
		const value = found?.inline ?? found;
		return value?.type === "memory" ? value : undefined;
	}

	/** The memory whose byteLength an expression is, or undefined. */
	sizedBy(node) {
		if (node.type !== "MemberExpression" || node.computed || node.property.name !== "byteLength") return undefined;
		return this.memoryNamed(node.object);
	}

	member(node) {
		const found = this.#field(node);
		if (found !== undefined) return this.#loadField(found);
		const constant = this.#layout(node);
		if (constant !== undefined) return constant;
		const memory = this.sizedBy(node);
		if (memory !== undefined) {
			this.reached.add(memory.c);
			return number(`(int32_t)${memory.c}_size`, ranges.range(0, 0x40000000), NONE);
		}
		return this.refuse(node, "not a constant, and the only property of memory is byteLength");
	}

	/** Kind.bytes, and Kind.offsets.name. */
	#layout(node) {
		const outer =
			node.object.type === "MemberExpression" && node.object.property.name === "offsets" ? node.object.object : node.object;
		const record =
			this.binding(outer.name) === undefined
				? recordOf(this.compiler.program, this.compiler.program.lookUp(this.module, outer))
				: undefined;
		if (record === undefined) return undefined;
		if (outer === node.object) return node.property.name === "bytes" ? literal(record.bytes, `${outer.name}.bytes`) : undefined;
		const field = record.fields.get(node.property.name);
		return field && literal(field.at, node.property.name);
	}

	/** Kind.of(view, at): looked at here, and nowhere else. */
	rowAt(node, record) {
		const [memory, at] = this.apart(
			() => this.expression(node.arguments[0]),
			() => this.number(node.arguments[1]),
		);
		if (memory.type !== "memory") this.refuse(node, "of(view, at) has memory and an offset");
		this.demandInt32(node.arguments[1], at, "the offset");
		const value = {
			type: "row",
			record,
			memory: memory.c,
			c: int32(at),
			range: at.range,
			effects: { ...at.effects, reads: true },
			at: at.at,
		};
		if (at.at !== undefined && this.state.covers(memory.c, at.at, record.bytes) && this.state.isAligned(memory.c, at.at))
			return value;
		if (at.at !== undefined) {
			this.state.cover(memory.c, at.at, record.bytes);
			this.state.align(memory.c, at.at);
		}
		this.reached.add(memory.c);
		// Where every memory has bytes nothing is looked at.
		const everywhere = at.constant >= 0 && at.constant + record.bytes <= this.compiler.least && at.constant % 4 === 0;
		if (everywhere) return value;
		return { ...value, c: `flatRow(${memory.c}, ${bare(int32(at))}, ${record.bytes}, ${memory.c}_size)` };
	}

	access(node, memory, method) {
		const reads = method in READS;
		if (!reads && !(method in WRITES))
			this.refuse(node, `${method}: memory has get and set of Int8, Uint8, Int16, Uint16, Int32 and Uint32`);
		const given = node.arguments;
		const little = this.#littleEndian(given[reads ? 1 : 2], node);
		const bytes = reads ? READS[method] : WRITES[method];
		const aligned = little && bytes === 4;
		if (given[0] === undefined) this.refuse(node, `${method} needs an offset`);
		if (reads) {
			const at = this.number(given[0]);
			const place = this.place(memory, at, bytes, aligned);
			return number(touching(method, little, bytes, place), LOADED[method], { ...at.effects, reads: true });
		}
		if (given[1] === undefined) this.refuse(node, `${method} needs a value`);
		const [at, value] = this.apart(
			() => this.number(given[0]),
			() => this.number(given[1]),
		);
		const place = this.place(memory, at, bytes, aligned);
		const effects = this.together(node, at, value);
		return { type: "void", c: touching(method, little, bytes, place, value), effects: { ...effects, writes: true } };
	}

	#littleEndian(node, call) {
		if (node === undefined) return false;
		const value = this.compiler.program.evaluate(this.module, node);
		if (typeof value !== "boolean") this.refuse(call, "the order of bytes is true, false or nothing");
		return value;
	}

	/** C of a pointer to those bytes, looked at unless they are known to lie within bounds. */
	place(memory, at, bytes, aligned) {
		this.reached.add(memory.c);
		const pointer = `(${memory.c}_base + ${offsetOf(at)})`;
		if (at.constant >= 0 && at.constant + bytes <= this.compiler.least && (!aligned || at.constant % 4 === 0)) return pointer;
		if (at.within) return pointer;
		const known = at.at !== undefined;
		if (known && this.state.covers(memory.c, at.at, bytes)) {
			if (!aligned || this.state.isAligned(memory.c, at.at)) return pointer;
			this.state.align(memory.c, at.at);
			return `WORD_IN(${memory.c}, ${bare(offsetOf(at))})`;
		}
		if (known) this.state.cover(memory.c, at.at, bytes);
		if (known && aligned) this.state.align(memory.c, at.at);
		return `${aligned ? "WORD_AT" : "AT"}(${memory.c}, ${bare(offsetOf(at))}, ${bytes})`;
	}

	/** check(at, length, view.byteLength): those bytes lie within the memory, from here on. */
	check(node) {
		const [at, length, size] = node.arguments;
		if (size === undefined) this.refuse(node, "check(at, length, size) has three arguments");
		const values = this.apart(
			() => this.number(at),
			() => this.number(length),
		);
		const memory = this.sizedBy(size);
		const effects = { ...this.together(node, ...values), reads: true };
		if (memory === undefined) {
			const limit = this.number(size);
			return {
				type: "void",
				c: `flatDemandWide(${this.anyMemory(node)}, ${wide(values[0])}, ${wide(values[1])}, ${wide(limit)})`,
				effects,
			};
		}
		const [place, { constant: bytes }] = [values[0].at, values[1]];
		if (place !== undefined && bytes > 0) {
			if (this.state.covers(memory.c, place, bytes)) return { type: "void", c: "(void)0", effects };
			this.state.cover(memory.c, place, bytes);
		}
		const narrow = values.every((value) => holder(value) === "i32");
		const few = narrow && bytes > 0 && bytes <= this.compiler.least;
		const [name, as] = few
			? ["flatDemandFew", (value) => bare(value.c)]
			: narrow
				? ["flatDemand", (value) => bare(value.c)]
				: ["flatDemandWide", wide];
		this.reached.add(memory.c);
		return { type: "void", c: `${name}(${memory.c}, ${as(values[0])}, ${as(values[1])}, ${memory.c}_size)`, effects };
	}

	/** The memory that an error without one is told through. */
	anyMemory(node) {
		for (const scope of this.scopes)
			for (const each of scope.values()) {
				const value = each.inline ?? each;
				if (value.type === "memory") return value.c;
			}
		return this.refuse(node, "misuse can be told by functions that have memory (a DataView) as a parameter only");
	}
}

/** As a byte offset: uint32_t, which is beyond every memory when the true value is negative. */
function offsetOf(at) {
	const { low, high } = at.range;
	return low > -3 * 2 ** 30 && high <= ranges.UINT_MAX ? bits(at) : `flatOffset(${wide(at)})`;
}
