// Calls as C: of functions, some of which stand in the place of their calls, of Math, of views' methods, and `check`; and records' fields.

import { Expressions } from "./expressions.mjs";
import * as ranges from "./ranges.mjs";
import { ACCESSES } from "./records.mjs";
import { bare, bits, modular, number, READS, WRITES } from "./values.mjs";

const OFFSET = ranges.range(0, 0x40000000);

function least(pick, name) {
	return (a, b, effects) => {
		const range = ranges.range(pick(a.range.low, b.range.low), pick(a.range.high, b.range.high));
		return number(`${name}(${bare(a.c)}, ${bare(b.c)})`, range, effects);
	};
}

/** Functions of Math: how many arguments they take, whether of 32 bits, and what they make of them. */
const MATH = {
	imul: { wants: 2, make: (a, b, effects) => modular(`(${bits(a)} * ${bits(b)})`, ranges.INT32, effects) },
	clz32: { wants: 1, make: (a, effects) => number(`flatClz(${bits(a)})`, ranges.range(0, 32), effects) },
	min: { wants: 2, narrow: true, make: least(Math.min, "flatMin") },
	max: { wants: 2, narrow: true, make: least(Math.max, "flatMax") },
};

/** All expressions. */
export class Calls extends Expressions {
	call(node) {
		const { callee } = node;
		const { program } = this.compiler;
		if (callee.type === "MemberExpression" && !callee.computed) {
			const method = callee.property.name;
			const record = method === "of" ? program.recordOf(program.lookUp(this.module, callee.object)) : undefined;
			if (record !== undefined) return this.rowAt(node, record);
			const memory = this.memoryNamed(callee.object);
			if (memory !== undefined) return this.access(node, memory, method);
			if (callee.object.name === "Math" && this.binding("Math") === undefined) return this.#math(node, method);
		}
		const found = program.lookUp(this.module, callee);
		if (found?.kind !== "function" || this.binding(callee.name) !== undefined)
			this.refuse(node, "only functions of modules, methods of memory and of Math are called");
		// `check` of packet/bounds.ts, which the compiler knows.
		if (found.name === "check" && /(^|\/)bounds\.ts$/.test(found.module.file)) return this.check(node);
		return this.#invoke(node, found);
	}

	#math(node, method) {
		const { wants, narrow, make } = MATH[method] ?? {};
		if (wants === undefined) this.refuse(node, `Math.${method}: flat TypeScript has Math.${Object.keys(MATH).join(", ")}`);
		const values = this.given(node, wants).map((each) => (narrow ? this.int32(each) : this.number(each)));
		return make(...values, this.together(node, ...values));
	}

	#invoke(node, found) {
		const signature = this.compiler.signature(found);
		const wanted = signature.rows ? signature.parameters.slice(1) : signature.parameters;
		const given = this.given(node, wanted.length);
		const values = given.map((each, i) => this.#argument(each, wanted[i]));
		const effects = this.together(node, ...values);
		const first = signature.rows
			? values.find(({ type }) => type === "row").memory
			: values.find(({ type }) => type === "memory")?.c;
		for (const [i, { type, memory }] of values.entries())
			if (type === "row" && memory !== first)
				this.refuse(given[i], `a record of another memory: ${found.name} looks for records in its first one only`);
		if (signature.rows) values.unshift({ type: "memory", c: first, effects: 0 });
		const inlined = this.#inline(found, signature, values);
		if (inlined !== undefined) return inlined;
		const { name, effects: own } = this.compiler.use(found);
		const c = `${name}(${values.map((value) => bare(value.c)).join(", ")})`;
		return { ...signature.result, c, effects: effects | this.does(own) };
	}

	#argument(node, parameter) {
		const value = this.demandInt32(node, this.expression(node), parameter.name);
		const fits = value.type === parameter.type || (parameter.type === "bytes" && value.type === "memory");
		if (!fits) this.refuse(node, `a ${value.type} where ${parameter.name} is a ${parameter.type}`);
		if (value.type === "row" && value.record !== parameter.record)
			this.refuse(node, `${parameter.name} is a record of another kind`);
		return value;
	}

	/** A function that is one expression stands in the place of its call, so that what is known of memory here holds in it. */
	#inline(found, { parameters, result }, values) {
		const [only, more] = found.node.body.body;
		if (
			more !== undefined ||
			only?.type !== "ReturnStatement" ||
			!only.argument ||
			found.module.kernel ||
			this.inlining.has(found)
		)
			return undefined;
		const reads = values.some(({ effects }) => effects !== 0);
		// What is read is read once, and before the function changes anything.
		if (reads && this.compiler.look(found).effects & WRITES) return undefined;
		const plain = ({ type, at, effects }, i) =>
			type === "memory" || (at !== undefined && effects === 0) || (effects <= READS && uses(only, parameters[i].name) === 1);
		if (!values.every(plain)) return undefined;
		const kept = { module: this.module, scopes: this.scopes };
		this.inlining.add(found);
		this.module = found.module;
		this.scopes = [new Map(values.map((value, i) => [parameters[i].name, narrow(value, parameters[i])]))];
		const value = this.expression(only.argument);
		Object.assign(this, kept);
		this.inlining.delete(found);
		return value.type === result.type ? narrow(value, result) : undefined;
	}

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
		return this.refuse(node, "not a constant, nor a field of a record: declare it first");
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
		const row = { ...at, type: "row", record, memory: memory.c, effects: at.effects | this.does(READS) };
		if (this.#within(memory, at, record.bytes) && this.#aligned(at)) return row;
		return { ...row, c: `flatRow(${memory.c}, ${bare(at.c)}, ${record.bytes}, ${memory.c}_size)`, bits: undefined };
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

/** How often a name stands in a node; twice where it may not be evaluated. */
function uses(node, name) {
	if (node === null || typeof node !== "object") return 0;
	if (node.type === "Identifier") return node.name === name ? 1 : 0;
	const within = Object.values(node).reduce((sum, each) => sum + uses(each, name), 0);
	return node.type === "LogicalExpression" || node.type === "ConditionalExpression" ? 2 * within : within;
}

/** What a range type promises. */
function narrow(value, { promised }) {
	return value.type === "number" && promised ? { ...value, range: ranges.common(value.range, promised) } : value;
}
