// Functions of flat TypeScript as C.

import { State } from "./state.mjs";
import { assignments, Statements } from "./statements.mjs";

/** The types of parameters and results as C has them. */
const C_TYPES = {
	number: "int32_t ",
	boolean: "int ",
	row: "int32_t ",
	memory: "const FlatMemory *",
	bytes: "const FlatMemory *",
	text: "const FlatMemory *",
	void: "void ",
};

export class FunctionTranslator extends Statements {
	constructor(compiler, found) {
		super(compiler, found.module);
		this.found = found;
		this.signature = compiler.signature(found);
		this.lines = [];
		/** Variables by their names in C. */
		this.names = new Map();
		/** Of the loops around: states at their `break`s and `continue`s. */
		this.leaving = [];
		this.state = new State();
		const assigned = new Set(assignments(found.node.body).map(([name]) => name));
		for (const parameter of this.signature.parameters)
			this.declare(parameter.name, { ...parameter, changes: assigned.has(parameter.name) });
		this.parameters = [...this.scopes[0].values()];
	}

	/** The whole function, as C text. */
	translate() {
		const { node, name } = this.found;
		const memories = this.parameters.filter(({ type }) => type === "memory");
		for (const { c } of memories) this.out(1, `FLAT_WITHIN(${c});`);
		for (const row of this.parameters.filter(({ type }) => type === "row")) {
			row.memory = memories[0].c;
			this.enter(row);
		}
		this.block(node.body.body, 1);
		if (this.signature.result.type !== "void" && this.state !== undefined)
			this.refuse(node, `${name} may end without a result: return one on every way`);
		return [this.prototype(), "{", ...this.lines, "}", ""].join("\n");
	}

	prototype() {
		const list = this.parameters.map(({ type, c }) => `${C_TYPES[type]}${c}`);
		const { external } = this.compiler;
		const alone = external === undefined || external.has(this.found.name) ? "" : "FLAT ";
		return `${alone}${C_TYPES[this.signature.result.type]}${this.compiler.nameOf(this.found)}(${list.join(", ") || "void"})`;
	}

	/** A new variable in the innermost scope. In C its name has a `_` behind it, as no word of C nor of flat.h has, and a number where that is not new in the function. */
	declare(name, variable) {
		let c = `${name}_`;
		for (let i = 2; this.names.has(c); i++) c = `${name}_${i}`;
		const declared = { ...variable, c };
		this.names.set(c, declared);
		this.scopes.at(-1).set(name, declared);
		return declared;
	}
}
