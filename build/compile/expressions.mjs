// Expressions of flat TypeScript as C. None of them changes a variable: statements do.

import * as ranges from "./ranges.mjs";
import { bits, boolean, collide, literal, modular, modulo, number } from "./values.mjs";

const SUMS = new Set(["+", "-", "*"]);
const BITWISE = new Set(["&", "|", "^"]);
const SHIFTS = new Set(["<<", ">>", ">>>"]);
const COMPARISONS = { "===": "==", "!==": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=" };

/** What to write in place of what is refused, by operator or kind of node. */
const INSTEAD = {
	"==": "write ===",
	"!=": "write !==",
	"/": "write a shift, or Math.imul with the inverse: there is no division in flat TypeScript",
	"%": "write a comparison, or & where it is a power of two: there is no division in flat TypeScript",
	"**": "write shifts",
	"??": "write a comparison: nothing is undefined in flat TypeScript",
	Literal: "flat TypeScript has whole numbers and booleans only",
	AssignmentExpression: "write it as a statement of its own: expressions change no variable",
	UpdateExpression: "write it as a statement of its own: expressions change no variable",
};

/** Operators and names. Calls and what reaches memory are calls.mjs, which builds upon this. */
export class Expressions {
	constructor(compiler, module) {
		this.compiler = compiler;
		/** The module whose names count: another one's while a function of it stands in a caller's place. */
		this.module = module;
		this.scopes = [new Map()];
		this.state = undefined;
		/** What has been looked at in memory since the last statement began, as `State.cover` takes it. C leaves the order of parts open, so that it counts for what comes after all of them. */
		this.learned = [];
		/** Functions that stand in the place of their calls just now, so that none is put into itself. */
		this.inlining = new Set();
		/** All that the function does. */
		this.effects = 0;
	}

	refuse(node, message) {
		this.module.refuse(node, message);
	}

	/** Refuses a kind of node or an operator. */
	refuseKind(node, kind, otherwise) {
		const readable = kind
			.replace(/(Expression|Statement|Declaration)$/, "")
			.replace(/([a-z])([A-Z])/g, "$1 $2")
			.toLowerCase();
		this.refuse(node, `${readable}: ${INSTEAD[kind] ?? `not part of flat TypeScript; ${otherwise}`}`);
	}

	/** The variable, or the value of a parameter of a function that stands in its caller's place, by its name. */
	binding(name) {
		return this.scopes.findLast((scope) => scope.has(name))?.get(name);
	}

	does(effects) {
		this.effects |= effects;
		return effects;
	}

	/** Parts whose order C leaves open. */
	together(node, ...values) {
		let effects = 0;
		for (const value of values) {
			if (collide(effects, value.effects))
				this.refuse(
					node,
					"two parts of this depend on which comes first, which C leaves open: give one of them a name before (const)",
				);
			effects |= value.effects;
		}
		return effects;
	}

	/** What has been looked at counts from here on, unless nothing comes here. */
	settle() {
		for (const each of this.learned) this.state?.cover(...each);
		this.learned = [];
	}

	/** A part that is evaluated only when a condition held, or did not: what it looks at may not have been looked at. */
	where(condition, truth, part) {
		const { state, learned } = this;
		Object.assign(this, { state: state.copy(), learned: [] });
		if (condition) this.refine(condition, truth);
		const value = part();
		Object.assign(this, { state, learned });
		return value;
	}

	/** A number, also one that does not fit 32 bits. */
	number(node) {
		const value = this.expression(node);
		if (value.type !== "number") this.refuse(node, `a ${value.type} where a number is needed: write a comparison, or ? 1 : 0`);
		return value;
	}

	/** An int32. */
	int32(node, what = "this") {
		return this.demandInt32(node, this.number(node), what);
	}

	demandInt32(node, value, what = "this") {
		if (value.type !== "number" || ranges.fitsInt32(value.range)) return value;
		// Where nothing runs anything fits.
		if (this.state.never) return number(modulo(value), ranges.INT32, value.effects);
		const { low, high } = value.range;
		return this.refuse(
			node,
			`${what} may become ${low < ranges.INT_MIN ? low : high} here, which is no int32: write (…) | 0, or give its parts a narrower type (packet/numbers.ts)`,
		);
	}

	/** A boolean. */
	condition(node) {
		const value = this.expression(node);
		if (value.type !== "boolean") this.refuse(node, `a ${value.type} where a boolean is needed: write !== 0 behind a number`);
		return value;
	}

	expression(node) {
		const constant = this.#constant(node);
		if (constant !== undefined) return constant;
		switch (node.type) {
			case "Identifier":
				return this.name(node);
			case "UnaryExpression":
				return this.#unary(node);
			case "BinaryExpression":
				return this.#binary(node);
			case "LogicalExpression":
				return this.#logical(node);
			case "ConditionalExpression":
				return this.#conditional(node);
			case "CallExpression":
				return this.call(node);
			case "MemberExpression":
				return this.member(node);
			default:
				return this.refuseKind(node, node.type, "it belongs in interpreted code above the data path");
		}
	}

	/** The value of a constant expression, or undefined: local names hide those of modules. */
	evaluate(node) {
		return this.compiler.program.evaluate(this.module, node, (name) => this.binding(name) !== undefined);
	}

	#constant(node) {
		const value = this.evaluate(node);
		if (typeof value === "boolean") return boolean(value ? "1" : "0", 0);
		if (typeof value !== "number") return undefined;
		if (!Number.isSafeInteger(value)) this.refuse(node, `${value}: flat TypeScript has whole numbers up to 2^53`);
		return literal(value, spelled(node));
	}

	name(node) {
		const found = this.binding(node.name);
		if (found === undefined) this.refuse(node, `${node.name}: not a variable, parameter or constant that flat TypeScript knows`);
		// The value of a parameter that stands in its caller's place does what it did there, and only a variable is a base of its own.
		const { effects = 0, at = this.names.get(found.c) === found ? { base: found.c, offset: 0 } : undefined } = found;
		return { ...found, range: found.type === "number" ? this.state.rangeOf(found) : undefined, effects, at };
	}

	#unary(node) {
		const { operator, argument } = node;
		switch (operator) {
			case "!": {
				const value = this.condition(argument);
				return boolean(`!${value.c}`, value.effects);
			}
			case "-":
				return this.operate(node, "-", literal(0), this.number(argument));
			case "~":
				return this.operate(node, "^", this.number(argument), literal(-1));
			default:
				return this.refuseKind(node, operator, "it has -, ~ and !");
		}
	}

	#binary(node) {
		if (node.operator in COMPARISONS) return this.#comparison(node);
		return this.operate(node, node.operator, this.number(node.left), this.number(node.right));
	}

	/** What an operator makes of two numbers. */
	operate(node, operator, left, right) {
		const effects = this.together(node, left, right);
		if (SUMS.has(operator)) return this.#sum(node, operator, left, right, effects);
		if (BITWISE.has(operator)) return this.#bitwise(operator, left, right, effects);
		if (SHIFTS.has(operator)) return this.#shift(operator, left, right, effects);
		return this.refuseKind(node, operator, "it has + - * & | ^ << >> >>> and comparisons");
	}

	#sum(node, operator, left, right, effects) {
		const range = ranges.RESULTS[operator](left.range, right.range);
		if (!ranges.exact(range) && !this.state.never)
			this.refuse(
				node,
				`this may pass 2^53, where JavaScript's numbers are not exact: write ${operator === "*" ? "Math.imul(a, b)" : "| 0 earlier"}`,
			);
		// The sum of a variable and a constant, in that order.
		let at;
		if (operator !== "*" && left.at !== undefined && right.constant !== undefined)
			at = { base: left.at.base, offset: left.at.offset + (operator === "+" ? right.constant : -right.constant) };
		return modular(`(${bits(left)} ${operator} ${bits(right)})`, range, effects, { at });
	}

	#bitwise(operator, left, right, effects) {
		const fits = ranges.fitsInt32(left.range);
		// x | 0: what it is modulo 2^32, as an int32.
		if (operator === "|" && right.constant === 0)
			return number(modulo(left), fits ? left.range : ranges.INT32, effects, { at: fits ? left.at : undefined, bits: left.bits });
		const c = operator === "^" && right.constant === -1 ? `(~${modulo(left)})` : `(${modulo(left)} ${operator} ${modulo(right)})`;
		return number(c, ranges.RESULTS[operator](left.range, right.range), effects);
	}

	#shift(operator, left, right, effects) {
		const count = right.constant === undefined ? `(${bits(right)} & 31)` : `${right.constant & 31}`;
		const range = ranges.RESULTS[operator](left.range, right.range);
		if (operator === ">>") return number(`(${modulo(left)} >> ${count})`, range, effects);
		return modular(`(${bits(left)} ${operator === "<<" ? "<<" : ">>"} ${count})`, range, effects);
	}

	#comparison(node) {
		const [left, right] = [node.left, node.right].map((each) => this.demandInt32(each, this.expression(each)));
		const effects = this.together(node, left, right);
		const operator = COMPARISONS[node.operator];
		if (left.type !== right.type || (left.type !== "number" && left.type !== "boolean"))
			this.refuse(node, `${node.operator} of ${left.type} and ${right.type}: compare numbers with numbers`);
		return boolean(`(${left.c} ${operator} ${right.c})`, effects);
	}

	#logical(node) {
		const { operator } = node;
		if (operator !== "&&" && operator !== "||") this.refuseKind(node, operator);
		const left = this.condition(node.left);
		const right = this.where(node.left, operator === "&&", () => this.condition(node.right));
		return boolean(`(${left.c} ${operator} ${right.c})`, left.effects | right.effects);
	}

	#conditional(node) {
		const test = this.condition(node.test);
		const arm = (part, truth) => this.where(node.test, truth, () => this.demandInt32(part, this.expression(part)));
		const yes = arm(node.consequent, true);
		const no = arm(node.alternate, false);
		const effects = test.effects | yes.effects | no.effects;
		if (yes.type !== no.type) this.refuse(node, `? : of ${yes.type} and ${no.type}: both must be of one type`);
		if (yes.type === "boolean") return boolean(`(${test.c} ? ${yes.c} : ${no.c})`, effects);
		if (yes.type !== "number") this.refuse(node, `? : gives numbers or booleans, not ${yes.type}`);
		return number(`(${test.c} ? ${yes.c} : ${no.c})`, ranges.hull(yes.range, no.range), effects);
	}

	/** Takes into account that a condition held, or did not. */
	refine(node, truth) {
		if (node.type === "UnaryExpression" && node.operator === "!") this.refine(node.argument, !truth);
		else if (node.type === "LogicalExpression") {
			if ((node.operator === "&&") !== truth) return;
			this.refine(node.left, truth);
			this.refine(node.right, truth);
		} else if (node.type === "BinaryExpression" && node.operator in COMPARISONS) {
			const operator = truth ? node.operator : ranges.OPPOSITE[node.operator];
			this.#narrow(node.left, operator, node.right);
			this.#narrow(node.right, ranges.MIRRORED[operator], node.left);
		}
	}

	#narrow(node, operator, other) {
		const variable = node.type === "Identifier" ? this.binding(node.name) : undefined;
		if (variable?.type !== "number") return;
		const { range } = this.where(undefined, true, () => this.expression(other));
		this.state.narrow(variable, operator, range);
	}
}

/** How a constant is written, where it has a name. */
function spelled(node) {
	if (node.type === "Identifier") return node.name;
	return node.type === "MemberExpression" ? `${spelled(node.object)}.${node.property.name}` : undefined;
}
