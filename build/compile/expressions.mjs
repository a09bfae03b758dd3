// Expressions of flat TypeScript as C.

import { collide, NONE, union } from "./effects.mjs";
import { refuse } from "./fault.mjs";
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
/** Operators, names and assignments. What reaches memory is accesses.mjs, calls are calls.mjs, which build upon this. */
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
				return this.call(node);
			case "MemberExpression":
				return this.member(node);
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
		if (name.type === "MemberExpression") return this.storeField(node, name, make);
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
}

function operands(left, right) {
	return [holder(left), holder(right)];
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
