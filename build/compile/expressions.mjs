// Expressions of flat TypeScript as C.

import { collide, isCheck, NONE, READS, union, WRITES } from "./effects.mjs";
import { refuse } from "./fault.mjs";
import { recordOf } from "./records.mjs";
import * as ranges from "./ranges.mjs";
import { alike, bare, bits, boolean, effectsOf, holder, int32, literal, number, wide } from "./values.mjs";

const ARITHMETIC = new Set(["+", "-", "*", "%"]);
const BITWISE = new Set(["&", "|", "^"]);
const SHIFTS = new Set(["<<", ">>", ">>>"]);
const COMPARISONS = { "===": "==", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };
const INSTEAD = {
	"==": "===",
	"!=": "!==",
	"/": "a shift, or Math.imul with the inverse: there is no division in flat TypeScript",
	"**": "shifts",
	"??": "a comparison: nothing is undefined in flat TypeScript",
};
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

export class Expressions {
	constructor(compiler, module) {
		this.compiler = compiler;
		/** The module whose names count: another one's while a function of it stands in a caller's place. */
		this.module = module;
		this.scopes = [new Map()];
		this.state = undefined;
		/** Memories whose bytes are reached here. */
		this.reached = new Set();
	}

	refuse(node, message) {
		refuse(this.module, node, message);
	}

	binding(name) {
		for (let i = this.scopes.length - 1; i >= 0; i--) if (this.scopes[i].has(name)) return this.scopes[i].get(name);
		return undefined;
	}

	/** Parts whose order C leaves open. */
	together(node, ...values) {
		for (let i = 0; i < values.length; i++)
			for (let j = i + 1; j < values.length; j++)
				if (collide(values[i].effects, values[j].effects))
					this.refuse(
						node,
						"two parts of this depend on which comes first, which C leaves open: give one of them a name before (const)",
					);
		return effectsOf(...values);
	}

	/** Parts that C may take in any order: what one looks at in memory counts for another only when all are done. */
	apart(...parts) {
		const before = this.state.inside;
		const found = [];
		const values = parts.map((part) => {
			this.state.inside = new Map(before);
			const value = part();
			found.push(this.state.inside);
			return value;
		});
		this.state.inside = new Map(before);
		for (const each of found) this.state.coverAll(each);
		for (const { effects } of values) for (const id of effects.assigns) this.state.forget(id);
		return values;
	}

	number(node) {
		const value = this.expression(node);
		if (value.type !== "number") this.refuse(node, `a ${value.type} where a number is needed: write a comparison, or ? 1 : 0`);
		return value;
	}

	/** A condition: a boolean, or a number that is not 0. */
	condition(node) {
		const inner = strip(node);
		if (inner.type === "LogicalExpression" && inner.operator !== "??")
			return this.#logical(inner, (part) => this.condition(part));
		if (inner.type === "UnaryExpression" && inner.operator === "!") return this.#not(inner);
		const value = this.expression(inner);
		if (value.type !== "boolean" && value.type !== "number") this.refuse(node, `a ${value.type} is no condition`);
		return value;
	}

	expression(node) {
		const constant = this.#constant(node);
		if (constant !== undefined) return constant;
		switch (node.type) {
			case "ParenthesizedExpression":
			case "TSNonNullExpression":
				return this.expression(node.expression);
			case "Identifier":
				return this.#name(node);
			case "UnaryExpression":
				return this.#unary(node);
			case "UpdateExpression":
				return this.#update(node);
			case "BinaryExpression":
				return this.#binary(node);
			case "LogicalExpression":
				return this.#logicalValue(node);
			case "ConditionalExpression":
				return this.#conditional(node);
			case "AssignmentExpression":
				return this.#assignment(node);
			case "CallExpression":
				return this.#call(node);
			case "MemberExpression":
				return this.#member(node);
			case "Literal":
				return this.refuse(node, `${node.raw}: flat TypeScript has whole numbers and booleans only`);
			default:
				return this.refuse(
					node,
					`${readable(node.type)}: not part of flat TypeScript; it belongs in interpreted code above the data path`,
				);
		}
	}

	#constant(node) {
		const inner = strip(node);
		if (inner.type === "Identifier" && this.binding(inner.name) !== undefined) return undefined;
		if (inner.type === "MemberExpression" && inner.object.type === "Identifier" && this.binding(inner.object.name) !== undefined)
			return undefined;
		if (inner.type !== "Literal" && this.#hasNames(inner)) return undefined;
		const value = this.compiler.program.evaluate(this.module, inner);
		if (typeof value === "boolean") return boolean(value ? "1" : "0", NONE);
		if (typeof value !== "number") return undefined;
		if (!Number.isSafeInteger(value)) this.refuse(node, `${value}: flat TypeScript has whole numbers up to 2^53`);
		return literal(
			value,
			inner.type === "Identifier" ? inner.name : inner.type === "MemberExpression" ? inner.property.name : undefined,
		);
	}

	/** Whether variables stand in it: then it is no constant, whatever constants of the same names there are. */
	#hasNames(node) {
		if (node.type === "Identifier") return this.binding(node.name) !== undefined;
		if (node.type === "BinaryExpression") return this.#hasNames(strip(node.left)) || this.#hasNames(strip(node.right));
		if (node.type === "UnaryExpression") return this.#hasNames(strip(node.argument));
		if (node.type === "MemberExpression") return this.#hasNames(strip(node.object));
		return false;
	}

	#name(node) {
		const found = this.binding(node.name);
		if (found === undefined) this.refuse(node, `${node.name}: not a variable, parameter or constant that flat TypeScript knows`);
		if (found.inline !== undefined) return found.inline;
		const effects = { ...NONE, uses: new Set([found.id]) };
		if (found.type === "boolean") return boolean(found.c, effects);
		if (found.type === "row") return { ...found, effects, range: ranges.INT32, at: found.at ?? { base: found.id, offset: 0 } };
		if (found.type !== "number") return { type: found.type, c: found.c, effects };
		return number(found.c, this.state.rangeOf(found), effects, { at: found.at ?? { base: found.id, offset: 0 } });
	}

	#not(node) {
		const value = this.condition(node.argument);
		return boolean(`!${value.c}`, value.effects);
	}

	#unary(node) {
		const { operator } = node;
		if (operator === "!") return this.#not(node);
		if (operator !== "-" && operator !== "~" && operator !== "+") this.refuse(node, `${operator}: not part of flat TypeScript`);
		const value = this.number(node.argument);
		if (operator === "+") return value;
		if (operator === "~") {
			const range = ranges.fitsInt32(value.range)
				? ranges.range(~value.range.high, ~value.range.low, value.range.sure)
				: ranges.INT32;
			return number(`(~${int32(value)})`, range, value.effects);
		}
		return this.#sum(node, "-", literal(0), value);
	}

	#update(node) {
		return this.#store(
			node,
			node.argument,
			(value) => this.#sum(node, node.operator[0], value, literal(1)),
			node.prefix ? "prefix" : "postfix",
		);
	}

	#binary(node) {
		const { operator } = node;
		if (operator in INSTEAD) this.refuse(node, `${operator}: write ${INSTEAD[operator]}`);
		if (operator in COMPARISONS) return this.#comparison(node);
		if (!ARITHMETIC.has(operator) && !BITWISE.has(operator) && !SHIFTS.has(operator))
			this.refuse(node, `${operator}: not part of flat TypeScript`);
		const [left, right] = this.apart(
			() => this.number(node.left),
			() => this.number(node.right),
		);
		return this.#operate(node, operator, left, right);
	}

	#operate(node, operator, left, right) {
		if (SHIFTS.has(operator)) return this.#shift(node, operator, left, right);
		if (BITWISE.has(operator)) return this.#bitwise(node, operator, left, right);
		if (operator === "%") return this.#remainder(node, left, right);
		if (operator === "*") return this.#product(node, left, right);
		return this.#sum(node, operator, left, right);
	}

	/** `+` and `-`: in 32 bits where the result is seen to fit, else in 64. */
	#sum(node, operator, left, right) {
		const effects = this.together(node, left, right);
		const range = this.#exact(node, ranges.rangeOf(operator, left.range, right.range));
		const modular = `(${bits(left)} ${operator} ${bits(right)})`;
		const value = number(this.#held(operator, left, right, range, modular), range, effects, { bits: modular });
		if (left.at !== undefined && right.constant !== undefined)
			value.at = { base: left.at.base, offset: left.at.offset + (operator === "+" ? right.constant : -right.constant) };
		else if (right.at !== undefined && left.constant !== undefined && operator === "+")
			value.at = { base: right.at.base, offset: right.at.offset + left.constant };
		return value;
	}

	#held(operator, left, right, range, modular) {
		const holder = ranges.holderOf(range);
		if (holder === "u32") return modular;
		if (holder === "i64" || operands(left, right).includes("i64")) {
			const sum = `(${wide(left)} ${operator} ${wide(right)})`;
			return holder === "i64" ? sum : `(int32_t)${modular}`;
		}
		if (range.sure && operands(left, right).every((each) => each === "i32")) return `(${left.c} ${operator} ${right.c})`;
		return `(int32_t)${modular}`;
	}

	#product(node, left, right) {
		const effects = this.together(node, left, right);
		const range = ranges.rangeOf("*", left.range, right.range);
		if (!ranges.exact(range))
			this.refuse(node, "this product may pass 2^53, where JavaScript's numbers are not exact: write Math.imul(a, b)");
		const modular = `(${bits(left)} * ${bits(right)})`;
		return number(this.#held("*", left, right, range, modular), range, effects, { bits: modular });
	}

	#exact(node, range) {
		if (!ranges.exact(range))
			this.refuse(node, "this sum may pass 2^53, where JavaScript's numbers are not exact: write | 0 earlier");
		return range;
	}

	#remainder(node, left, right) {
		const effects = this.together(node, left, right);
		if (right.range.low <= 0)
			this.refuse(node, "the divisor of % may be 0 or negative here: compare it first (if (size <= 0) return …)");
		const range = ranges.rangeOf("%", left.range, right.range);
		const short = operands(left, right).every((each) => each === "i32");
		const [l, r] = short ? [left.c, right.c] : [wide(left), wide(right)];
		// A promise that is broken must not end in a division by zero.
		const divisor = right.range.sure ? r : `${short ? "flatMax" : "flatMaxWide"}(1, ${bare(r)})`;
		const c = `(${l} % ${divisor})`;
		return number(short || ranges.holderOf(range) === "i64" ? c : `(int32_t)${c}`, range, effects);
	}

	#bitwise(node, operator, left, right) {
		const effects = this.together(node, left, right);
		const range = ranges.rangeOf(operator, left.range, right.range);
		// x | 0: what it is modulo 2^32, as an int32.
		if (operator === "|" && right.constant === 0) {
			return number(int32(left), ranges.fitsInt32(left.range) ? left.range : ranges.INT32, left.effects, {
				at: ranges.fitsInt32(left.range) ? left.at : undefined,
			});
		}
		return number(`(${int32(left)} ${operator} ${int32(right)})`, range, effects);
	}

	#shift(node, operator, left, right) {
		const effects = this.together(node, left, right);
		const by = right.constant === undefined ? undefined : right.constant & 31;
		const count = by === undefined ? `(${bits(right)} & 31)` : `${by}`;
		const range = ranges.rangeOf(operator, left.range, right.range, by);
		if (operator === ">>") return number(`(${int32(left)} >> ${count})`, range, effects);
		const modular = `(${bits(left)} ${operator === "<<" ? "<<" : ">>"} ${count})`;
		const c = ranges.holderOf(range) === "u32" ? modular : `(int32_t)${modular}`;
		return number(c, range, effects, { bits: modular });
	}

	#comparison(node) {
		const [left, right] = this.apart(
			() => this.expression(node.left),
			() => this.expression(node.right),
		);
		const effects = this.together(node, left, right);
		const operator = COMPARISONS[node.operator];
		if (left.type !== right.type || (left.type !== "number" && (left.type !== "boolean" || !["==", "!="].includes(operator))))
			this.refuse(node, `${node.operator} of ${left.type} and ${right.type}: compare numbers with numbers`);
		if (left.type === "boolean") return boolean(`(${left.c} ${operator} ${right.c})`, effects);
		const [l, r] = alike(left, right);
		return boolean(`(${l} ${operator} ${r})`, effects);
	}

	#logicalValue(node) {
		if (node.operator === "??") this.refuse(node, `??: write ${INSTEAD["??"]}`);
		return this.#logical(node, (part) => {
			const value = this.expression(part);
			if (value.type !== "boolean")
				this.refuse(
					part,
					`${node.operator} gives one of its operands in JavaScript: as a value it takes booleans only; compare, or use ? :`,
				);
			return value;
		});
	}

	#logical(node, part) {
		const left = part(node.left);
		const before = this.state;
		// The right side runs only when the left one lets it.
		this.state = before.copy();
		this.refine(node.left, node.operator === "&&");
		const right = part(node.right);
		this.#afterPart(before, right);
		const c = `(${left.c} ${node.operator} ${right.c})`;
		return boolean(c, union(left.effects, right.effects));
	}

	/** Goes on behind a part that may not have run. */
	#afterPart(before, ...parts) {
		this.state = before;
		for (const { effects } of parts) for (const id of effects.assigns) this.forgetById(id);
	}

	#conditional(node) {
		const test = this.condition(node.test);
		const before = this.state;
		this.state = before.copy();
		this.refine(node.test, true);
		const yes = this.expression(node.consequent);
		this.state = before.copy();
		this.refine(node.test, false);
		const no = this.expression(node.alternate);
		this.#afterPart(before, yes, no);
		const effects = union(test.effects, yes.effects, no.effects);
		if (yes.type !== no.type) this.refuse(node, `? : of ${yes.type} and ${no.type}: both must be of one type`);
		if (yes.type === "boolean") return boolean(`(${test.c} ? ${yes.c} : ${no.c})`, effects);
		if (yes.type !== "number") this.refuse(node, `? : gives numbers or booleans, not ${yes.type}`);
		const range = ranges.hull(yes.range, no.range);
		const as = { i32: (value) => value.c, u32: bits, i64: wide }[ranges.holderOf(range)];
		return number(`(${test.c} ? ${as(yes)} : ${as(no)})`, range, effects);
	}

	#assignment(node) {
		const { operator } = node;
		if (operator === "=") return this.#store(node, node.left, () => this.expression(node.right));
		const inner = operator.slice(0, -1);
		if (!ARITHMETIC.has(inner) && !BITWISE.has(inner) && !SHIFTS.has(inner))
			this.refuse(node, `${operator}: not part of flat TypeScript`);
		return this.#store(node, node.left, (value) => this.#operate(node, inner, value, this.number(node.right)));
	}

	/** Assigns to a variable what `make` makes of its old value. */
	#store(node, target, make, how) {
		const name = strip(target);
		if (name.type === "MemberExpression") return this.#storeField(node, name, make);
		const variable = name.type === "Identifier" ? this.binding(name.name) : undefined;
		if (variable === undefined || variable.inline !== undefined)
			this.refuse(target, "only variables and parameters are assigned to; memory is written by view.set…(at, value)");
		const old = this.#name(name);
		const value = make(old);
		if (value.type !== variable.type)
			this.refuse(node, `${name.name} is a ${variable.type}: a ${value.type} cannot be put into it`);
		if (value.effects.assigns.has(variable.id)) this.refuse(node, `${name.name} is assigned twice here: write two statements`);
		const effects = { ...union(value.effects, old.effects), assigns: new Set([...value.effects.assigns, variable.id]) };
		if (variable.type === "boolean") return boolean(`(${variable.c} = ${bare(value.c)})`, effects);
		if (variable.type !== "number") this.refuse(node, `${name.name}: memory is not assigned`);
		this.demandInt32(node, value, name.name);
		this.state.assign(variable, value.range);
		if (how === "postfix") {
			if (value.range.sure) return number(`${variable.c}${node.operator}`, old.range, effects);
			const back = node.operator === "++" ? "-" : "+";
			return number(`(int32_t)((uint32_t)(${variable.c} = ${bare(value.c)}) ${back} 1u)`, old.range, effects);
		}
		return number(`(${variable.c} = ${bare(value.c)})`, value.range, effects);
	}

	/** What variables, parameters and results hold is an int32. */
	demandInt32(node, value, what) {
		if (ranges.fitsInt32(value.range)) return;
		const { low, high } = value.range;
		this.refuse(
			node,
			`${what} may become ${low < ranges.INT_MIN ? low : high} here, which is no int32: write (…) | 0, or give its parts a narrower type (packet/numbers.ts)`,
		);
	}

	/** The row and the field that `row.name` names, or undefined. */
	#field(node) {
		if (node.computed || strip(node.object).type !== "Identifier" || this.binding(strip(node.object).name) === undefined)
			return undefined;
		const row = this.expression(node.object);
		if (row.type !== "row") return undefined;
		const { name } = node.property;
		if (name === "at") return { row, field: { at: 0 } };
		const field = row.record.fields.get(name);
		if (field === undefined) this.refuse(node, `${name}: the record has ${[...row.record.fields.keys()].join(", ")}`);
		return { row, field };
	}

	#fieldPlace({ row, field }) {
		const at = { base: row.at.base, offset: row.at.offset + field.at };
		const place = number(`(${row.c} + ${field.at})`, ranges.range(0, 0x40000000), row.effects, {
			at,
			bits: `((uint32_t)${row.c} + ${field.at}u)`,
		});
		return field.at === 0 ? { ...place, c: row.c, bits: `(uint32_t)${row.c}` } : place;
	}

	#loadField(found) {
		const at = this.#fieldPlace(found);
		const { load, bytes, range } = found.field;
		if (load === undefined) return at;
		const place = this.place({ c: found.row.memory }, at, bytes, bytes === 4);
		return number(LOADS[bytes === 1 ? load : `${load}true`](bytes === 1 ? place : bare(place)), range, {
			...at.effects,
			reads: true,
		});
	}

	/** row.name = value, and the like. */
	#storeField(node, target, make) {
		const found = this.#field(target);
		if (found?.field.store === undefined) this.refuse(target, "only variables, parameters and fields of records are assigned to");
		const value = make(node.type === "AssignmentExpression" && node.operator === "=" ? undefined : this.#loadField(found));
		if (value.type !== "number") this.refuse(node, `${target.property.name} is a number: a ${value.type} cannot be put into it`);
		const at = this.#fieldPlace(found);
		const { store, bytes } = found.field;
		const place = this.place({ c: found.row.memory }, at, bytes, bytes === 4);
		const effects = this.together(node, { effects: at.effects }, value);
		if (value.effects.writes) this.refuse(node, "what is put into a field is called first: give it a name before (const)");
		return {
			type: "void",
			c: STORES[bytes === 1 ? store : `${store}true`](bytes === 1 ? place : bare(place), value),
			effects: { ...effects, writes: true },
		};
	}

	#member(node) {
		const found = this.#field(node);
		if (found !== undefined) return this.#loadField(found);
		const constant = this.#layout(node);
		if (constant !== undefined) return constant;
		const object = node.object.type === "Identifier" ? this.binding(node.object.name) : undefined;
		const memory = object?.inline ?? object;
		if (memory?.type === "memory" && !node.computed && node.property.name === "byteLength") {
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
	#rowAt(node, record) {
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
		return { ...value, c: `flatRow(${memory.c}, ${bare(int32(at))}, ${record.bytes}, ${memory.c}_size)` };
	}

	#call(node) {
		const { callee } = node;
		if (callee.type === "MemberExpression" && callee.property.name === "of") {
			const record = recordOf(this.compiler.program, this.compiler.program.lookUp(this.module, callee.object));
			if (record !== undefined) return this.#rowAt(node, record);
		}
		if (node.optional || node.arguments.some(({ type }) => type === "SpreadElement"))
			this.refuse(node, "calls have all their arguments, one by one");
		if (callee.type === "MemberExpression" && !callee.computed && callee.object.type === "Identifier") {
			const object = this.binding(callee.object.name);
			const memory = object?.inline ?? object;
			const method = callee.property.name;
			if (memory?.type === "memory") return this.#access(node, memory, method);
			if (callee.object.name === "Math" && object === undefined) return this.#math(node, method);
		}
		const found = this.compiler.program.lookUp(this.module, callee);
		if (found?.kind !== "function" || (callee.type === "Identifier" && this.binding(callee.name) !== undefined))
			this.refuse(node, "only functions of modules, methods of memory and of Math are called");
		if (isCheck(found)) return this.#check(node);
		return this.#invoke(node, found);
	}

	#access(node, memory, method) {
		const reads = method in READS;
		if (!reads && !(method in WRITES))
			this.refuse(node, `${method}: memory has get and set of Int8, Uint8, Int16, Uint16, Int32 and Uint32`);
		const given = node.arguments;
		const little = this.#littleEndian(given[reads ? 1 : 2], node);
		const name = little && !method.endsWith("8") ? `${method}true` : method;
		const bytes = reads ? READS[method] : WRITES[method];
		const as = (place) => (bytes === 1 ? place : bare(place));
		if (given[0] === undefined) this.refuse(node, `${method} needs an offset`);
		if (reads) {
			const at = this.number(given[0]);
			const place = as(this.place(memory, at, bytes, name.endsWith("32true")));
			return number(LOADS[name](place), LOADED[method], { ...at.effects, reads: true });
		}
		if (given[1] === undefined) this.refuse(node, `${method} needs a value`);
		const [at, value] = this.apart(
			() => this.number(given[0]),
			() => this.number(given[1]),
		);
		const place = as(this.place(memory, at, bytes, name.endsWith("32true")));
		const effects = this.together(node, at, value);
		return { type: "void", c: STORES[name](place, value), effects: { ...effects, writes: true } };
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
	#check(node) {
		const [at, length, size] = node.arguments;
		if (size === undefined) this.refuse(node, "check(at, length, size) has three arguments");
		const values = this.apart(
			() => this.number(at),
			() => this.number(length),
		);
		const object =
			size.type === "MemberExpression" && size.property.name === "byteLength" ? this.binding(size.object.name) : undefined;
		const memory = object?.inline ?? object;
		const effects = { ...this.together(node, ...values), reads: true };
		if (memory?.type !== "memory") {
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

	#math(node, method) {
		const values = this.apart(...node.arguments.map((each) => () => this.number(each)));
		const effects = this.together(node, ...values);
		const [a, b] = values;
		const wants = { imul: 2, min: 2, max: 2, abs: 1, clz32: 1 }[method];
		if (wants === undefined) this.refuse(node, `Math.${method}: flat TypeScript has Math.imul, min, max, abs and clz32`);
		if (values.length !== wants) this.refuse(node, `Math.${method} takes ${wants} arguments here`);
		if (method === "imul")
			return number(`(int32_t)(${bits(a)} * ${bits(b)})`, ranges.INT32, effects, { bits: `(${bits(a)} * ${bits(b)})` });
		if (method === "clz32") return number(`flatClz(${bits(a)})`, ranges.range(0, 32), effects);
		if (method === "abs") {
			const { low, high, sure } = a.range;
			const least = low > 0 ? low : high < 0 ? -high : 0;
			const range = ranges.range(least, Math.max(Math.abs(low), Math.abs(high)), sure);
			const c = `flatAbs(${wide(a)})`;
			return number(
				holder({ range }) === "i64" ? c : holder({ range }) === "u32" ? `(uint32_t)${c}` : `(int32_t)${c}`,
				range,
				effects,
			);
		}
		const pick = Math[method];
		const range = ranges.range(pick(a.range.low, b.range.low), pick(a.range.high, b.range.high), a.range.sure && b.range.sure);
		const both = ranges.holderOf(ranges.hull(a.range, b.range));
		const suffix = { i32: "", u32: "Unsigned", i64: "Wide" }[both];
		const as = { i32: (value) => value.c, u32: bits, i64: wide }[both];
		const c = `${method === "min" ? "flatMin" : "flatMax"}${suffix}(${bare(as(a))}, ${bare(as(b))})`;
		const kept = ranges.holderOf(range);
		return number(
			kept === both ? c : kept === "i64" ? `(int64_t)${c}` : kept === "u32" ? `(uint32_t)${c}` : `(int32_t)${c}`,
			range,
			effects,
		);
	}

	#invoke(node, found) {
		const signature = this.compiler.signature(found);
		const given = node.arguments;
		const wanted = signature.rows ? signature.parameters.slice(1) : signature.parameters;
		if (given.length !== wanted.length) this.refuse(node, `${found.name} takes ${wanted.length} arguments, not ${given.length}`);
		const values = this.apart(...given.map((each, i) => () => this.#argument(each, wanted[i])));
		if (signature.rows) {
			const { memory } = values.find(({ type }) => type === "row");
			values.unshift({ type: "memory", c: memory, effects: NONE });
		}
		const effects = this.together(node, ...values);
		const first = values.find(({ type }) => type === "memory");
		for (const [i, { type, memory }] of values.entries())
			if (type === "row" && memory !== first?.c)
				this.refuse(
					given[signature.rows ? i - 1 : i],
					`a record of ${memory}: ${found.name} looks for records in its first memory only`,
				);
		const inlined = found.module.kernel ? undefined : this.#inline(found, signature, values);
		if (inlined !== undefined) return { ...inlined, effects: union(effects, inlined.effects) };
		const name = this.compiler.use(found);
		const c = `${name}(${values.map((value) => bare(value.type === "number" ? int32(value) : value.c)).join(", ")})`;
		const { reads, writes } = this.compiler.effects.of(found);
		const all = { ...effects, reads: effects.reads || reads, writes: effects.writes || writes };
		if (signature.result.type === "number") return number(c, signature.result.range, all);
		return { type: signature.result.type, c, effects: all };
	}

	#argument(node, parameter) {
		const value = this.expression(node);
		const fits = value.type === parameter.type || (parameter.type === "bytes" && value.type === "memory");
		if (!fits) this.refuse(node, `a ${value.type} where ${parameter.name} is a ${parameter.type}`);
		if (value.type === "row" && value.record !== parameter.record)
			this.refuse(node, `${parameter.name} is a record of another kind`);
		if (value.type === "number") this.demandInt32(node, value, parameter.name);
		return value;
	}

	/** A function that is one expression stands in the place of its call, so that what is known of memory here holds in it. */
	#inline(found, signature, values) {
		const only = found.node.body.body;
		if (only.length !== 1 || only[0].type !== "ReturnStatement" || !only[0].argument || this.compiler.inlining.has(found.key))
			return undefined;
		if (values.some(({ effects, type }) => effects.writes || effects.assigns.size > 0 || type === "bytes")) return undefined;
		const counts = this.compiler.usesOf(found);
		// What may fail must be looked at just as often as in a call: once.
		const once = ({ name }) => counts.get(name) === 1 && !this.compiler.branches(found);
		if (values.some(({ effects }, i) => effects.reads && !once(signature.parameters[i]))) return undefined;
		for (const [i, value] of values.entries())
			if (value.type === "number" && !simple(value) && (counts.get(signature.parameters[i].name) ?? 0) > 1) return undefined;
		const kept = { module: this.module, scopes: this.scopes };
		this.compiler.inlining.add(found.key);
		try {
			this.module = found.module;
			this.scopes = [
				new Map(values.map((value, i) => [signature.parameters[i].name, { inline: narrow(value, signature.parameters[i]) }])),
			];
			const value = this.expression(only[0].argument);
			return value.type === signature.result.type ? narrow(value, signature.result) : undefined;
		} finally {
			Object.assign(this, kept);
			this.compiler.inlining.delete(found.key);
		}
	}
}

/** Written out more than once it costs no more. */
function simple(value) {
	return value.constant !== undefined || (value.at !== undefined && value.effects.uses.size <= 1 && !value.effects.reads);
}

/** What a range type promises of an argument. */
function narrow(value, parameter) {
	if (value.type !== "number" || parameter.promised === undefined) return value;
	return { ...value, range: ranges.common(value.range, parameter.promised) };
}

function operands(left, right) {
	return [holder(left), holder(right)];
}

/** As a byte offset: uint32_t, which is beyond every memory when the true value is negative. */
function offsetOf(at) {
	const { low, high } = at.range;
	return low > -3 * 2 ** 30 && high <= ranges.UINT_MAX ? bits(at) : `flatOffset(${wide(at)})`;
}

export function strip(node) {
	return node.type === "ParenthesizedExpression" || node.type === "TSNonNullExpression" ? strip(node.expression) : node;
}

export function readable(type) {
	return type
		.replace(/(Expression|Statement|Declaration)$/, "")
		.replace(/([a-z])([A-Z])/g, "$1 $2")
		.toLowerCase();
}
