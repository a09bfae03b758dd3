// Accesses to memory, and records, as C.

import { READS, WRITES } from "./effects.mjs";
import { Expressions } from "./expressions.mjs";
import * as ranges from "./ranges.mjs";
import { ACCESSES } from "./records.mjs";
import { bare, bits, number } from "./values.mjs";

const OFFSET = ranges.range(0, 0x40000000);

/** What reaches memory: views' methods, records' fields, checks. */
export class Accesses extends Expressions {
	/** The memory that a name stands for, or undefined. */
	memoryNamed(node) {
		const found = node.type === "Identifier" ? this.binding(node.name) : undefined;
		return found?.type === "memory" ? found : undefined;
	}

	/** The arguments of a call, which are so many. */
	given(node, wanted) {
		const given = node.arguments;
		if (given.length !== wanted) this.refuse(node, `${given.length} arguments: it takes ${wanted}, all of them always given`);
		return given;
	}

	member(node) {
		const found = this.#field(node);
		if (found !== undefined) return this.#loadField(found);
		return this.refuse(node, "not a constant, nor a field of a record");
	}

	/** The row and the field that `row.name` or `Kind.of(view, at).name` names, or undefined. */
	#field({ object, property, computed }) {
		const named = object.type === "Identifier" && this.binding(object.name) !== undefined;
		if (computed || (!named && object.callee?.property?.name !== "of")) return undefined;
		const row = this.expression(object);
		if (row.type !== "row") return undefined;
		const { name } = property;
		const field = name === "at" ? { at: 0 } : row.record.fields.get(name);
		if (field === undefined) this.refuse(property, `${name}: the record has ${[...row.record.fields.keys()].join(", ")}`);
		return { row, field };
	}

	/** Where a field lies, as C text: who made the row has looked. */
	#pointer({ row, field }) {
		return `(${row.memory}_base + (${bits(row)} + ${field.at}u))`;
	}

	#loadField(found) {
		const { row, field } = found;
		const { load, range } = field;
		if (load !== undefined) return number(load(this.#pointer(found)), range, row.effects | this.does(READS));
		const at = row.at && { base: row.at.base, offset: row.at.offset + field.at };
		return number(field.at === 0 ? row.c : `(${row.c} + ${field.at})`, OFFSET, row.effects, { at });
	}

	/** row.name = value, and the like. */
	storeField(node, target, operator, right) {
		const found = this.#field(target);
		if (found?.field.store === undefined) this.refuse(target, "only variables, parameters and fields of records are assigned to");
		const value = operator === "" ? this.number(right) : this.operate(node, operator, this.#loadField(found), this.number(right));
		if (value.effects & WRITES) this.refuse(node, "what is put into a field is called first: give it a name before (const)");
		this.together(node, found.row, value);
		this.does(WRITES);
		return found.field.store(this.#pointer(found), value);
	}

	/** Kind.of(view, at): looked at here, and nowhere else. */
	rowAt(node, record) {
		const [view, place] = this.given(node, 2);
		const memory = this.expression(view);
		if (memory.type !== "memory") this.refuse(node, "of(view, at) has memory and an offset");
		const at = this.int32(place, "the offset");
		const offset = bare(at.c);
		const known = this.#within(memory, at, record.bytes);
		if (known && this.#aligned(at))
			return { ...at, type: "row", record, memory: memory.c, effects: at.effects | this.does(READS) };
		const c = known
			? `flatAligned(${memory.c}, ${offset})`
			: `flatRow(${memory.c}, ${offset}, ${record.bytes}, ${memory.c}_size)`;
		return { type: "row", record, memory: memory.c, c, effects: at.effects | this.does(READS), at: at.at };
	}

	/** Whether so many bytes are known to lie within bounds; when they are not, whoever asks looks. */
	#within(memory, { at }, bytes) {
		if (at === undefined) return false;
		if (this.state.covers(memory.c, at, bytes)) return true;
		this.learned.push([memory.c, at, bytes]);
		return false;
	}

	/** Whether it is seen to be a multiple of four: as rows lie, and words in them. */
	#aligned({ at }) {
		return at.offset % 4 === 0 && (at.base === "" || this.names.get(at.base)?.type === "row");
	}

	/** view.getUint16(at) and the like. */
	access(node, memory, method) {
		const [, way, kind] = /^(get|set)(.*)$/.exec(method) ?? [];
		const wanted = way === "get" ? 1 : 2;
		const order = node.arguments[wanted];
		const little = order?.type === "Literal" && order.value === true;
		const access = ACCESSES[little ? `${kind}true` : kind];
		if (access === undefined) this.refuse(node, `${method}: memory has get and set of Uint8, Uint16 and Int32`);
		const [place, given] = this.given(node, little ? wanted + 1 : wanted);
		const at = this.number(place);
		const pointer = this.#place(place, memory, at, access);
		if (way === "get") return number(access.load(pointer), access.range, at.effects | this.does(READS));
		const value = this.number(given);
		return { type: "void", c: access.store(pointer, value), effects: this.together(node, at, value) | this.does(READS | WRITES) };
	}

	/** C of a pointer to those bytes, looked at unless they are known to lie within bounds. */
	#place(node, memory, at, { bytes, word }) {
		// Within these ends it is beyond every memory when the true value is negative, or beyond 2^30.
		if (at.range.low <= -3 * 2 ** 30 || at.range.high > 0xffffffff) this.demandInt32(node, at, "the offset");
		const offset = bare(bits(at));
		if (!this.#within(memory, at, bytes)) return `${word ? "WORD_AT" : "AT"}(${memory.c}, ${offset}, ${bytes})`;
		return word && !this.#aligned(at) ? `WORD_IN(${memory.c}, ${offset})` : `(${memory.c}_base + ${bits(at)})`;
	}

	/** check(at, length, view.byteLength): those bytes lie within the memory, from here on. */
	check(node) {
		const [place, length, size] = this.given(node, 3);
		const values = [place, length].map((each) => this.int32(each));
		const effects = this.together(node, ...values) | this.does(READS);
		const told = values.map(({ c }) => bare(c)).join(", ");
		const memory = size.property?.name === "byteLength" ? this.memoryNamed(size.object) : undefined;
		if (memory === undefined)
			return { type: "void", c: `flatDemandWithin(${this.anyMemory(node)}, ${told}, ${bare(this.int32(size).c)})`, effects };
		const [at, { constant: bytes }] = values;
		if (bytes > 0) this.#within(memory, at, bytes);
		const demand = bytes === undefined ? "flatDemandAny" : "flatDemand";
		return { type: "void", c: `${demand}(${memory.c}, ${told}, ${memory.c}_size)`, effects };
	}

	/** The memory that an error without one is told through. */
	anyMemory(node) {
		const found = this.scopes.flatMap((scope) => [...scope.values()]).find(({ type }) => type === "memory");
		return found?.c ?? this.refuse(node, "misuse can be told by functions that have memory (a DataView) as a parameter only");
	}
}
