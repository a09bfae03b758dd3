// Statements of flat TypeScript as C.

import { Calls } from "./calls.mjs";
import { READS, THROWS } from "./effects.mjs";
import * as ranges from "./ranges.mjs";
import { State } from "./state.mjs";
import { bare, literal } from "./values.mjs";

/** What a function's body consists of. `lines` are the C so far. */
export class Statements extends Calls {
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
		if (node.type === "EmptyStatement") return;
		if (node.type === "BlockStatement") {
			this.out(depth, "{");
			this.body(node, depth);
			this.out(depth, "}");
			return;
		}
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
			case "SwitchStatement":
				return this.selection(node, depth);
			case "BreakStatement":
			case "ContinueStatement":
				return this.leave(node, depth);
			case "ThrowStatement":
				return this.misuse(node, depth);
			default:
				return this.refuseKind(node, node.type, "it has const, let, if, for, while, switch, break, continue, return and throw");
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
		if (variable === undefined)
			this.refuse(target, "only variables and parameters are assigned to; memory is written by view.set…(at, value)");
		const value = operator === "" ? this.expression(right) : this.operate(node, operator, this.name(target), this.number(right));
		if (value.type !== variable.type)
			this.refuse(node, `${target.name} is a ${variable.type}: a ${value.type} cannot be put into it`);
		if (value.type !== "number" && value.type !== "boolean") this.refuse(node, `${target.name}: memory is not assigned`);
		this.demandInt32(node, value, target.name);
		this.settle();
		this.state.assign(variable, value.range);
		return `${variable.c} = ${bare(value.c)}`;
	}

	variables(node, depth) {
		if (node.kind !== "const" && node.kind !== "let") this.refuse(node, `${node.kind}: write let or const`);
		for (const { id, init } of node.declarations) {
			if (id.type !== "Identifier") this.refuse(id, "one name at a time: nothing is taken apart in flat TypeScript");
			if (init === null) this.refuse(id, `${id.name} needs a value to begin with`);
			this.#variable(id, init, node.kind === "const", depth);
		}
	}

	#variable(id, init, constant, depth) {
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
			this.out(depth, value.type === "void" ? `${value.c};` : `return ${bare(value.c)};`);
			if (value.type === "void") this.out(depth, "return;");
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
		this.scopes.push(new Map());
		this.out(depth, "{");
		if (node.init !== null) {
			if (node.init.type === "VariableDeclaration") this.variables(node.init, depth + 1);
			else this.out(depth + 1, `${this.doing(node.init)};`);
		}
		this.loop(node, depth + 1);
		this.out(depth, "}");
		this.scopes.pop();
	}

	/** `while`, and `for` behind its first part. */
	loop({ test, body, update = null }, depth) {
		const forever = test === null || this.compiler.program.evaluate(this.module, test) === true;
		this.state.widen(this.#assigned([test, body, update]));
		const leaving = { loop: true, breaks: [], continues: [] };
		this.leaving.push(leaving);
		const first = this.lines.length;
		const condition = forever ? "1" : bare(this.condition(test).c);
		this.settle();
		this.out(depth, `while (${condition}) {`);
		const before = this.state;
		this.state = before.copy();
		if (!forever) this.refine(test, true);
		this.body(body, depth);
		this.state = leaving.continues.reduce(State.join, this.state);
		// The third part of `for` is translated last, with what is known behind the body.
		if (update !== null && this.state !== undefined)
			this.lines[first] = `${"\t".repeat(depth)}for (; ${condition}; ${this.doing(update)}) {`;
		this.out(depth, "}");
		this.leaving.pop();
		this.state = forever ? undefined : before;
		if (!forever) this.refine(test, false);
		this.state = leaving.breaks.reduce(State.join, this.state);
	}

	/** Variables that are assigned in those parts, and which way they go. A name may stand for a variable of the body that hides this one: then nothing is lost but knowledge. */
	#assigned(parts) {
		const ways = new Map();
		for (const [name, way] of parts.flatMap((part) => assignments(part))) {
			const variable = this.binding(name);
			if (variable?.changes) ways.set(variable, (ways.get(variable) ?? way) === way ? way : "any");
		}
		return ways;
	}

	selection(node, depth) {
		const value = this.int32(node.discriminant);
		this.settle();
		this.out(depth, `switch (${bare(value.c)}) {`);
		const before = this.state;
		const leaving = { breaks: [] };
		this.leaving.push(leaving);
		const labels = new Set();
		for (const each of node.cases) {
			this.mark(each);
			this.out(depth, `${this.#label(each.test, labels)}:`);
			const last = each === node.cases.at(-1);
			if (each.consequent.length === 0 && !last) continue;
			this.state = before.copy();
			this.out(depth, "{");
			this.block(each.consequent, depth + 1);
			if (this.state !== undefined) {
				if (!last) this.refuse(each, "this case runs on into the next one: end it with break, return, continue or throw");
				leaving.breaks.push(this.state);
				this.out(depth + 1, "break;");
			}
			this.out(depth, "}");
		}
		this.out(depth, "}");
		this.leaving.pop();
		this.state = leaving.breaks.reduce(State.join, labels.has("default") ? undefined : before);
	}

	/** C of a case's label, which no other may have. */
	#label(test, labels) {
		let label = "default";
		if (test !== null) {
			const value = this.compiler.program.evaluate(this.module, test);
			if (typeof value !== "number" || !ranges.fitsInt32(ranges.range(value, value)))
				this.refuse(test, "cases are constants, of 32 bits");
			label = `case ${bare(literal(value).c)}`;
		}
		if (labels.has(label)) this.refuse(test, `${label} stands here twice: JavaScript takes the first, so write it once`);
		labels.add(label);
		return label;
	}

	leave(node, depth) {
		if (node.label) this.refuse(node, "labels: not part of flat TypeScript; use a function and return");
		const kind = node.type === "BreakStatement" ? "break" : "continue";
		const around = kind === "break" ? this.leaving.at(-1) : this.leaving.findLast(({ loop }) => loop);
		around[`${kind}s`].push(this.state);
		this.out(depth, `${kind};`);
		this.state = undefined;
	}

	/** throw new RangeError(text): misuse, told as JavaScript tells it. */
	misuse(node, depth) {
		const { argument } = node;
		const text = argument.callee?.name === "RangeError" ? argument.arguments[0] : undefined;
		if (text === undefined)
			this.refuse(node, "throw is for misuse only: throw new RangeError(`what was given: what is expected`)");
		if (text.type !== "TemplateLiteral" && typeof text.value !== "string") this.refuse(text, "a text, or a template of numbers");
		const texts = text.quasis?.map(({ value }) => value.cooked) ?? [text.value];
		const format = JSON.stringify(texts.map((each) => each.replaceAll("%", "%%")).join("%d"));
		const values = (text.expressions ?? []).map((each) => `(int)${this.int32(each).c}`);
		this.does(THROWS | READS);
		this.out(depth, `flatMisuse(${[this.anyMemory(node), format, ...values].join(", ")});`);
		this.state = undefined;
	}
}

/** Names assigned in a node, with the way they go each time: "++", "--" or "any". */
export function assignments(node) {
	if (node === null || typeof node !== "object") return [];
	const within = Object.values(node).flatMap((value) => assignments(value));
	if (node.type === "UpdateExpression") return [[node.argument.name, node.operator], ...within];
	if (node.type !== "AssignmentExpression") return within;
	const way = { "+=": "++", "-=": "--" }[node.operator];
	return [[node.left.name, node.right.value >= 0 && way ? way : "any"], ...within];
}
