// Functions of flat TypeScript as C.

import * as ranges from "./ranges.mjs";
import { State } from "./state.mjs";
import { assignedIn, Statements } from "./statements.mjs";

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
	number: "int32_t",
	boolean: "int",
	row: "int32_t",
	memory: "const FlatMemory *",
	bytes: "const FlatMemory *",
	void: "void",
};

export class FunctionTranslator extends Statements {
	constructor(compiler, found) {
		super(compiler, found.module);
		this.found = found;
		this.lines = [];
		this.names = new Set();
		this.variables = new Map();
		this.signature = compiler.signature(found);
		this.breaks = []; // of the loops and switches around: states at their `break`s
	}

	/** The whole function, as C text. */
	translate() {
		const { node } = this.found;
		this.state = new State();
		const assigned = assignedIn(node.body);
		for (const parameter of this.signature.parameters) {
			const given = this.declare(
				parameter.name,
				parameter.type,
				parameter.range,
				parameter.name.includes(" ") ? "memory" : undefined,
			);
			given.promised = parameter.promised;
			if (assigned.has(parameter.name)) given.mutable = true;
			if (parameter.type === "number") this.state.ranges.set(given, parameter.range);
			if (parameter.type === "row") this.enter(node, given, parameter.record);
		}
		const body = [];
		this.lines = body;
		this.block(node.body.body, 1);
		const { type } = this.signature.result;
		if (type !== "void" && this.state !== undefined)
			this.refuse(node, `${this.found.name} may end without a result: return one on every way`);
		const head = [];
		const named = (name) => body.some((line) => new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(line));
		for (const memory of this.reached) {
			const checked = body.some((line) => line.includes(`AT(${memory},`));
			const within = body.some((line) => line.includes(`WORD_IN(${memory},`));
			if (checked || within || named(`${memory}_base`)) head.push(`\tuint8_t *const ${memory}_base = ${memory}->base;`);
			if (checked || named(`${memory}_size`)) head.push(`\tconst uint32_t ${memory}_size = ${memory}->size;`);
		}
		for (const parameter of this.signature.parameters) {
			const { c } = this.scopes[0].get(parameter.name);
			if (!named(c) && !head.some((line) => line.includes(` ${c}->`))) head.push(`\t(void)${c};`);
		}
		return [`${this.prototype()}`, "{", ...head, ...body, "}", ""].join("\n");
	}

	prototype() {
		const list = this.signature.parameters.map(({ name, type }) => {
			const c = this.scopes[0].get(name)?.c ?? name;
			return `${C_TYPES[type]}${C_TYPES[type].endsWith("*") ? "" : " "}${c}`;
		});
		const alone = this.compiler.external === undefined || this.compiler.external.has(this.found.name) ? "" : "FLAT ";
		return `${alone}${C_TYPES[this.signature.result.type]} ${this.compiler.nameOf(this.found)}(${list.join(", ") || "void"})`;
	}

	/** A new variable in the innermost scope, by a name that is new in the function. */
	declare(name, type, range, as = name) {
		let c = TAKEN.has(as) || /^[A-Z0-9_]+$|_|^flat|^kernel/.test(as) ? `${as}_` : as;
		for (let i = 2; this.names.has(c); i++) c = `${as}_${i}`;
		this.names.add(c);
		const variable = { id: c, c, type, range };
		this.variables.set(c, variable);
		this.scopes.at(-1).set(name, variable);
		return variable;
	}

	/** Nothing is known any more of a variable that a part assigns which may not have run. */
	forgetById(id) {
		const variable = this.variables.get(id);
		if (variable?.type === "number")
			this.state.assign(variable, ranges.hull(this.state.rangeOf(variable), variable.promised ?? ranges.INT32));
	}
}
