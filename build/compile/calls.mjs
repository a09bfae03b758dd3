// Calls as C: of functions, of Math, and functions that stand in the place of their calls.

import { Accesses } from "./accesses.mjs";
import { READS, WRITES } from "./effects.mjs";
import * as ranges from "./ranges.mjs";
import { bare, bits, modular, number } from "./values.mjs";

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
export class Calls extends Accesses {
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
		if (signature.rows) values.unshift({ type: "memory", c: values.find(({ type }) => type === "row").memory, effects: 0 });
		const first = values.find(({ type }) => type === "memory");
		for (const [i, { type, memory }] of values.entries())
			if (type === "row" && memory !== first?.c)
				this.refuse(
					given[signature.rows ? i - 1 : i],
					`a record of ${memory}: ${found.name} looks for records in its first memory only`,
				);
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
