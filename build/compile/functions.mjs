// Functions of flat TypeScript as C.

import { State } from "./state.mjs";
import { assignments, Statements } from "./statements.mjs";

/** Words that mean something else in C. Names of flat.h and of what it includes are among them. */
const TAKEN = new Set(
	(
		"auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed " +
		"sizeof static struct switch typedef union unsigned void volatile while asm typeof word setWord get16 get32 put16 put32 get16le put16le AT WORD_AT " +
		"errno stdin stdout stderr linux unix true false bool NULL assert"
	).split(" "),
);

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

	/** A new variable in the innermost scope, by a name that is new in the function. */
	declare(name, variable) {
		const plain = name.includes(" ") ? "memory" : name;
		const as = TAKEN.has(plain) || /^[A-Z0-9_]+$|_|^flat|^kernel/.test(plain) ? `${plain}_` : plain;
		let c = as;
		for (let i = 2; this.names.has(c); i++) c = `${as}_${i}`;
		const declared = { ...variable, c };
		this.names.set(c, declared);
		this.scopes.at(-1).set(name, declared);
		return declared;
	}
}
