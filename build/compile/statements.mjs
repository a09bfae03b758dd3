// Functions of flat TypeScript, and their statements, as C.

import { Calls } from "./calls.mjs";
import { State } from "./ranges.mjs";
import { bare, READS, WRITES } from "./values.mjs";

/** The types of parameters and results as C has them: all others are memory. */
const C_TYPES = { number: "int32_t ", boolean: "int ", row: "int32_t ", void: "void " };

export class FunctionTranslator extends Calls {
	constructor(compiler, found) {
		super(compiler, found.module);
		this.found = found;
		this.signature = compiler.signature(found);
		/** The C so far. */
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
		const list = this.parameters.map(({ type, c }) => `${C_TYPES[type] ?? "const FlatMemory *"}${c}`);
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

	out(depth, text) {
		this.lines.push(`${"\t".repeat(depth)}${text}`);
	}

	/** The line of the TypeScript that the next line of C comes from. */
	mark(node) {
		const { line } = this.found.module.place(node);
		this.lines.push(`#line ${line} "${this.found.module.file}"`);
	}

	block(nodes, depth) {
		this.scopes.push(new Map());
		for (const node of nodes) {
			if (this.state === undefined) this.refuse(node, "this is never reached");
			this.statement(node, depth);
			this.settle();
		}
		this.scopes.pop();
	}

	body(node, depth) {
		this.block(node.type === "BlockStatement" ? node.body : [node], depth + 1);
	}

	statement(node, depth) {
		this.mark(node);
		switch (node.type) {
			case "VariableDeclaration":
				return this.variables(node, depth);
			case "ExpressionStatement":
				return this.out(depth, `${this.doing(node.expression)};`);
			case "ReturnStatement":
				return this.result(node, depth);
			case "IfStatement":
				return this.choice(node, depth);
			case "ForStatement":
				return this.counting(node, depth);
			case "WhileStatement":
				return this.loop(node, depth);
			case "BreakStatement":
			case "ContinueStatement":
				return this.leave(node, depth);
			case "ThrowStatement":
				return this.misuse(node, depth);
			default:
				return this.refuseKind(node, node.type, "it has const, let, if, for, while, break, continue, return and throw");
		}
	}

	/** An expression for what it does. */
	doing(node) {
		if (node.type === "AssignmentExpression") return this.assignment(node, node.left, node.operator.slice(0, -1), node.right);
		if (node.type === "UpdateExpression")
			return this.assignment(node, node.argument, node.operator[0], { type: "Literal", value: 1, start: node.start });
		const value = this.expression(node);
		if (node.type !== "CallExpression") this.refuse(node, "this does nothing");
		return value.type === "void" ? value.c : `(void)(${bare(value.c)})`;
	}

	/** C of `target = right`, or of `target += right` and the like, by the operator without its `=`. */
	assignment(node, target, operator, right) {
		if (target.type === "MemberExpression") return this.storeField(node, target, operator, right);
		const variable = target.type === "Identifier" ? this.binding(target.name) : undefined;
		if (variable?.type !== "number" && variable?.type !== "boolean")
			this.refuse(target, "only numbers and booleans are assigned to; memory is written by view.set…(at, value)");
		if (!variable.changes) this.refuse(target, `${target.name} is a const: write let`);
		const given = operator === "" ? this.expression(right) : this.operate(node, operator, this.name(target), this.number(right));
		const value = this.demandInt32(node, given, target.name);
		if (value.type !== variable.type)
			this.refuse(node, `${target.name} is a ${variable.type}: a ${value.type} cannot be put into it`);
		this.settle();
		this.state.assign(variable, value.range);
		return `${variable.c} = ${bare(value.c)}`;
	}

	variables(node, depth) {
		if (node.kind === "var") this.refuse(node, "var: write let or const");
		const [{ id, init }, more] = node.declarations;
		const constant = node.kind === "const";
		if (more || id.type !== "Identifier") this.refuse(more ?? id, "one name at a time: a let or const of its own for each");
		if (init === null) this.refuse(id, `${id.name} needs a value to begin with`);
		const value = this.demandInt32(init, this.expression(init), id.name);
		if (!["number", "boolean", "row"].includes(value.type))
			this.refuse(init, `a variable holds a number or a boolean, not ${value.type}`);
		if (value.type === "row" && !constant) this.refuse(id, `${id.name} is a record: const, as a name for it does not change`);
		const { type, promised } = id.typeAnnotation ? this.compiler.typeOf(this.module, id.typeAnnotation.typeAnnotation) : value;
		if (type !== value.type) this.refuse(init, `${id.name} is a ${type}: a ${value.type} cannot be put into it`);
		this.settle();
		const { record, memory, range } = value;
		const variable = this.declare(id.name, { type, promised, record, memory, range, changes: !constant });
		if (type === "number") this.state.assign(variable, range);
		// A name for a sum of a variable and a constant is known as that sum, as long as neither changes.
		if (constant && type !== "row" && value.at && !this.names.get(value.at.base)?.changes) variable.at = value.at;
		if (type === "row") this.enter(variable);
		this.out(depth, `${constant ? "const " : ""}${type === "boolean" ? "int" : "int32_t"} ${variable.c} = ${bare(value.c)};`);
	}

	/** A row lies within memory: who made it looked. */
	enter({ c, at = { base: c, offset: 0 }, memory, record }) {
		this.state.cover(memory, at, record.bytes);
	}

	result(node, depth) {
		const { result } = this.signature;
		if (node.argument === null) {
			if (result.type !== "void") this.refuse(node, `${this.found.name} has a result: return it`);
			this.out(depth, "return;");
		} else {
			const value = this.demandInt32(node.argument, this.expression(node.argument), "the result");
			if (value.type !== result.type) this.refuse(node, `${this.found.name} gives a ${result.type}, not a ${value.type}`);
			if (value.type === "void") this.refuse(node.argument, "a call without a result is a statement of its own, before return");
			this.out(depth, `return ${bare(value.c)};`);
		}
		this.state = undefined;
	}

	choice(node, depth) {
		const test = this.condition(node.test);
		this.settle();
		const before = this.state;
		this.state = before.copy();
		this.refine(node.test, true);
		this.out(depth, `if (${bare(test.c)}) {`);
		this.body(node.consequent, depth);
		const yes = this.state;
		this.state = before;
		this.refine(node.test, false);
		if (node.alternate !== null) {
			this.out(depth, "} else {");
			this.body(node.alternate, depth);
		}
		this.out(depth, "}");
		this.state = State.join(yes, this.state);
	}

	counting(node, depth) {
		const { init, test, update } = node;
		if (init?.type !== "VariableDeclaration" || !test || !update)
			this.refuse(node, "for (let …; …; …) has all three parts; else write while");
		this.scopes.push(new Map());
		this.out(depth, "{");
		this.variables(init, depth + 1);
		this.loop(node, depth + 1);
		this.out(depth, "}");
		this.scopes.pop();
	}

	/** `while`, and `for` behind its first part. */
	loop({ test, body, update = null }, depth) {
		const forever = this.evaluate(test) === true;
		this.state.widen(this.#assigned([test, body, update]));
		const leaving = { break: [], continue: [] };
		this.leaving.push(leaving);
		const first = this.lines.length;
		const condition = forever ? "1" : bare(this.condition(test).c);
		this.settle();
		this.out(depth, `while (${condition}) {`);
		const before = this.state;
		this.state = before.copy();
		if (!forever) this.refine(test, true);
		this.body(body, depth);
		this.state = leaving.continue.reduce(State.join, this.state);
		// The third part of `for` is translated last, with what is known behind the body.
		if (update !== null && this.state !== undefined)
			this.lines[first] = `${"\t".repeat(depth)}for (; ${condition}; ${this.doing(update)}) {`;
		// Behind a loop that never ran it has looked at nothing.
		this.learned = [];
		this.out(depth, "}");
		this.leaving.pop();
		this.state = forever ? undefined : before;
		if (!forever) this.refine(test, false);
		this.state = leaving.break.reduce(State.join, this.state);
	}

	/** Variables that are assigned in those parts, and whether they only grow. A name may stand for a variable of the body that hides this one: then nothing is lost but knowledge. */
	#assigned(parts) {
		const assigned = new Map();
		for (const [name, grows] of parts.flatMap((part) => assignments(part))) {
			const variable = this.binding(name);
			if (variable?.changes) assigned.set(variable, grows && assigned.get(variable) !== false);
		}
		return assigned;
	}

	leave(node, depth) {
		const kind = node.type === "BreakStatement" ? "break" : "continue";
		this.leaving.at(-1)[kind].push(this.state);
		this.out(depth, `${kind};`);
		this.state = undefined;
	}

	/** throw new RangeError(text): misuse, told as JavaScript tells it. */
	misuse(node, depth) {
		const { argument } = node;
		const [text] = argument.callee?.name === "RangeError" ? argument.arguments : [];
		if (text?.type !== "TemplateLiteral")
			this.refuse(node, "throw is for misuse only: throw new RangeError(`port ${port}: expected …`), a template of numbers");
		const format = JSON.stringify(text.quasis.map(({ value }) => value.cooked.replaceAll("%", "%%")).join("%d"));
		const values = text.expressions.map((each) => `(int)${this.int32(each).c}`);
		this.does(READS | WRITES); // which of two errors it comes to shows
		this.out(depth, `flatMisuse(${[this.anyMemory(node), format, ...values].join(", ")});`);
		this.state = undefined;
	}
}

/** Names assigned in a node, and for each time whether they grow. */
export function assignments(node) {
	if (node === null || typeof node !== "object") return [];
	const within = Object.values(node).flatMap((value) => assignments(value));
	if (node.type === "UpdateExpression") return [[node.argument.name, node.operator === "++"], ...within];
	if (node.type !== "AssignmentExpression") return within;
	return [[node.left.name, node.operator === "+=" && node.right.value >= 0], ...within];
}
