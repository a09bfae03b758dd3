// Statements of flat TypeScript as C.

import { Calls } from "./calls.mjs";
import { walk } from "./effects.mjs";
import { readable, strip } from "./expressions.mjs";
import * as ranges from "./ranges.mjs";
import { State } from "./state.mjs";
import { bare, holder, int32, wide } from "./values.mjs";

const HELD = { i32: "int32_t", u32: "uint32_t", i64: "int64_t" };

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
				return this.variable(node, depth);
			case "ExpressionStatement":
				return this.out(depth, `${this.doing(node.expression)};`);
			case "ReturnStatement":
				return this.result(node, depth);
			case "IfStatement":
				return this.choice(node, depth);
			case "ForStatement":
				return this.counting(node, depth);
			case "WhileStatement":
				return this.loop(depth, `while`, { test: node.test, body: node.body });
			case "DoWhileStatement":
				return this.loop(depth, `do`, { test: node.test, body: node.body });
			case "SwitchStatement":
				return this.selection(node, depth);
			case "BreakStatement":
			case "ContinueStatement":
				return this.leave(node, depth);
			case "ThrowStatement":
				return this.misuse(node, depth);
			default:
				return this.refuse(
					node,
					`${readable(node.type)}: not part of flat TypeScript; it has const, let, if, for, while, do, switch, break, continue, return and throw`,
				);
		}
	}

	/** An expression for what it does. */
	doing(node) {
		const inner = strip(node);
		// Nobody wants the value, so that before and after is the same.
		const value = inner.type === "UpdateExpression" ? this.expression({ ...inner, prefix: true }) : this.expression(inner);
		const { effects } = value;
		if (!effects.writes && effects.assigns.size === 0 && inner.type !== "CallExpression") this.refuse(node, "this does nothing");
		return value.type === "number" || value.type === "boolean"
			? inner.type === "CallExpression"
				? `(void)(${bare(value.c)})`
				: bare(value.c)
			: value.c;
	}

	variable(node, depth) {
		if (node.kind !== "const" && node.kind !== "let") this.refuse(node, `${node.kind}: write let or const`);
		for (const { id, init } of node.declarations) {
			if (id.type !== "Identifier") this.refuse(id, "one name at a time: nothing is taken apart in flat TypeScript");
			if (init === null) this.refuse(id, `${id.name} needs a value to begin with`);
			const value = this.expression(init);
			if (value.type === "row") {
				this.#row(node, id, value, depth);
				continue;
			}
			if (value.type !== "number" && value.type !== "boolean")
				this.refuse(init, `a variable holds a number or a boolean, not ${value.type}`);
			const type = id.typeAnnotation && this.compiler.typeOf(this.module, id.typeAnnotation.typeAnnotation);
			if (type && type.type !== value.type)
				this.refuse(init, `${id.name} is a ${type.type}: a ${value.type} cannot be put into it`);
			const constant = node.kind === "const";
			if (value.type === "number" && !constant) this.demandInt32(init, value, id.name);
			const variable = this.declare(id.name, value.type, value.range);
			if (type?.promised) variable.promised = type.promised;
			if (value.type === "number") this.state.assign(variable, value.range);
			// A name for a sum of a variable and a constant is known as that sum, as long as neither changes.
			if (constant && value.at !== undefined && this.#steady(value.at)) variable.at = value.at;
			variable.kind = node.kind;
			const held = value.type === "boolean" ? "int" : HELD[constant ? ranges.holderOf(value.range) : "i32"];
			this.out(depth, `${constant ? "const " : ""}${held} ${variable.c} = ${bare(value.c)};`);
		}
	}

	/** Whether what it is the sum of never changes. */
	#steady({ base }) {
		const variable = this.variables.get(base);
		return variable === undefined || (!variable.mutable && variable.kind !== "let");
	}

	/** const row = Kind.of(view, at). */
	#row(node, id, value, depth) {
		if (node.kind !== "const") this.refuse(node, `${id.name} is a record: const, as a name for it does not change`);
		const variable = this.declare(id.name, "row", value.range);
		Object.assign(variable, { record: value.record, memory: value.memory, kind: "const" });
		if (value.at !== undefined && this.#steady(value.at)) variable.at = value.at;
		else this.enter(node, variable, value.record, value.memory);
		this.out(depth, `const int32_t ${variable.c} = ${bare(value.c)};`);
	}

	result(node, depth) {
		const { result } = this.signature;
		if (node.argument === null) {
			if (result.type !== "void") this.refuse(node, `${this.found.name} has a result: return it`);
			this.out(depth, "return;");
		} else {
			const value = this.expression(node.argument);
			if (value.type !== result.type) this.refuse(node, `${this.found.name} gives a ${result.type}, not a ${value.type}`);
			if (value.type === "void") {
				this.out(depth, `${value.c};`);
				this.out(depth, "return;");
			} else {
				if (value.type === "number") this.demandInt32(node.argument, value, "the result");
				this.out(depth, `return ${bare(value.type === "number" ? int32(value) : value.c)};`);
			}
		}
		this.state = undefined;
	}

	choice(node, depth) {
		const test = this.condition(node.test);
		const before = this.state;
		this.state = before.copy();
		this.refine(node.test, true);
		this.out(depth, `if (${bare(test.c)}) {`);
		this.body(node.consequent, depth);
		const yes = this.state;
		this.state = before.copy();
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
			if (node.init.type === "VariableDeclaration") this.variable(node.init, depth + 1);
			else this.out(depth + 1, `${this.doing(node.init)};`);
		}
		this.loop(depth + 1, "for", { test: node.test, body: node.body, update: node.update });
		this.out(depth, "}");
		this.scopes.pop();
	}

	/** Loops of all kinds. */
	loop(depth, kind, { test: given, body, update = null }) {
		const test = given !== null && this.compiler.program.evaluate(this.module, given) === true && kind !== "do" ? null : given;
		const parts = [test, body, update].filter((part) => part !== null);
		this.state.widen(this.#assigned(parts));
		const leaving = { loop: true, breaks: [], continues: [] };
		this.breaks.push(leaving);
		// The third part of `for` is translated last, with what is known behind the body.
		const first = this.lines.length;
		const condition = kind === "do" ? "" : test === null ? (kind === "for" ? "" : "1") : bare(this.condition(test).c);
		this.out(depth, kind === "do" ? "do {" : kind === "for" ? "for" : `while (${condition}) {`);
		const entered = this.state;
		if (kind !== "do" && test !== null) {
			this.state = entered.copy();
			this.refine(test, true);
		} else this.state = entered.copy();
		this.body(body, depth);
		this.state = leaving.continues.reduce((a, b) => State.join(a, b), this.state);
		if (kind === "for") {
			const step = update !== null && this.state !== undefined ? ` ${this.doing(update)}` : "";
			this.lines[first] = `${"\t".repeat(depth)}for (; ${condition};${step}) {`;
		}
		this.breaks.pop();
		let after;
		if (kind === "do") {
			const condition = this.state === undefined ? "0" : bare(this.condition(test).c);
			this.out(depth, `} while (${condition});`);
			after = this.state?.copy();
			this.state = after;
		} else {
			this.out(depth, "}");
			after = test === null ? undefined : entered.copy();
			this.state = after;
			if (after !== undefined) this.refine(test, false);
		}
		this.state = leaving.breaks.reduce((a, b) => State.join(a, b), this.state);
	}

	/** Variables that are assigned in those parts, and which way they go. */
	#assigned(parts) {
		const ways = new Map();
		const meet = (name, way) => {
			const variable = this.binding(name);
			// A name may stand for a variable of the body that hides this one: then nothing is lost but knowledge.
			if (variable === undefined || variable.inline !== undefined || (variable.type !== "number" && variable.type !== "boolean"))
				return;
			if (variable.kind === "const") return;
			const known = ways.get(variable);
			ways.set(variable, known === undefined || known === way ? way : "any");
		};
		for (const [name, way] of assignments(parts)) meet(name, way);
		return ways;
	}

	selection(node, depth) {
		const value = this.number(node.discriminant);
		this.out(depth, `switch (${bare(holder(value) === "u32" ? wide(value) : value.c)}) {`);
		const before = this.state;
		const leaving = { loop: false, breaks: [] };
		this.breaks.push(leaving);
		let otherwise = false;
		const labels = new Set();
		for (const [i, each] of node.cases.entries()) {
			const last = i === node.cases.length - 1;
			this.mark(each);
			if (each.test === null) {
				otherwise = true;
				this.out(depth, "default:");
			} else {
				const label = this.#label(each.test);
				if (labels.has(label))
					this.refuse(each.test, `case ${label} stands here twice: JavaScript takes the first, so write it once`);
				labels.add(label);
				this.out(depth, `case ${label}:`);
			}
			if (each.consequent.length === 0) {
				if (last) this.out(depth + 1, "break;");
				if (last) leaving.breaks.push(before.copy());
				continue;
			}
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
		this.breaks.pop();
		this.state = leaving.breaks.reduce((a, b) => State.join(a, b), otherwise ? undefined : before);
	}

	#label(node) {
		const value = this.compiler.program.evaluate(this.module, node);
		if (typeof value !== "number" || !ranges.fitsInt32(ranges.range(value, value)))
			this.refuse(node, "cases are constants, of 32 bits");
		return value === ranges.INT_MIN ? "INT32_MIN" : `${value}`;
	}

	leave(node, depth) {
		if (node.label) this.refuse(node, "labels: not part of flat TypeScript; use a function and return");
		const kind = node.type === "BreakStatement" ? "break" : "continue";
		const around = kind === "break" ? this.breaks.at(-1) : this.breaks.findLast(({ loop }) => loop);
		if (around === undefined) this.refuse(node, `${kind} outside of a loop`);
		(kind === "break" ? around.breaks : around.continues).push(this.state);
		this.out(depth, `${kind};`);
		this.state = undefined;
	}

	/** throw new RangeError(text): misuse, told as JavaScript tells it. */
	misuse(node, depth) {
		const { argument } = node;
		const [text] = argument.type === "NewExpression" ? argument.arguments : [];
		if (argument.callee?.name !== "RangeError" || text === undefined)
			this.refuse(node, "throw is for misuse only: throw new RangeError(`what was given: what is expected`)");
		let format = "";
		const values = [];
		if (text.type === "Literal" && typeof text.value === "string") format = text.value.replaceAll("%", "%%");
		else if (text.type === "TemplateLiteral") {
			for (const [i, { value }] of text.quasis.entries()) {
				format += value.cooked.replaceAll("%", "%%");
				if (i === text.expressions.length) continue;
				values.push(`(int)${bare(int32(this.number(text.expressions[i])))}`);
				format += "%d";
			}
		} else this.refuse(text, "a text, or a template of numbers");
		this.out(depth, `flatMisuse(${[this.anyMemory(node), JSON.stringify(format), ...values].join(", ")});`);
		this.state = undefined;
	}

	/** Takes into account that a condition held, or did not. */
	refine(node, truth, assigned = assignedIn(node)) {
		const inner = strip(node);
		if (inner.type === "UnaryExpression" && inner.operator === "!") this.refine(inner.argument, !truth, assigned);
		else if (inner.type === "LogicalExpression") {
			if ((inner.operator === "&&") !== truth) return;
			this.refine(inner.left, truth, assigned);
			this.refine(inner.right, truth, assigned);
		} else if (inner.type === "BinaryExpression" && inner.operator in ranges.OPPOSITE) {
			const operator = truth ? inner.operator : ranges.OPPOSITE[inner.operator];
			this.#narrow(inner.left, operator, inner.right, assigned);
			this.#narrow(inner.right, ranges.MIRRORED[operator], inner.left, assigned);
		}
	}

	/** Not for a variable that the condition itself assigns, perhaps behind the comparison. */
	#narrow(node, operator, other, assigned) {
		const name = strip(node);
		if (assigned.has(name.name)) return;
		const variable = name.type === "Identifier" ? this.binding(name.name) : undefined;
		if (variable?.type !== "number" || variable.inline !== undefined || changes(other)) return;
		const kept = this.state;
		this.state = kept.copy();
		const { range, type } = this.expression(other);
		this.state = kept;
		if (type === "number") kept.ranges.set(variable, ranges.narrowed(kept.rangeOf(variable), operator, range));
	}

	/** A row lies within memory: who made it looked. */
	enter(node, variable, record, memory = this.anyMemory(node)) {
		variable.record = record;
		variable.memory = memory;
		this.state.cover(variable.memory, { base: variable.id, offset: 0 }, record.bytes);
		this.state.align(variable.memory, { base: variable.id, offset: 0 });
	}
}

/** Whether evaluating it again would do something again. */
function changes(node) {
	let found = false;
	walk(node, ({ type }) => (found ||= type === "AssignmentExpression" || type === "UpdateExpression"));
	return found;
}

/** Names assigned in nodes, with the way they go each time: "up", "down" or "any". */
function assignments(nodes) {
	const list = [];
	walk(nodes, (node) => {
		if (node.type === "UpdateExpression") list.push([strip(node.argument).name, node.operator === "++" ? "up" : "down"]);
		else if (node.type === "AssignmentExpression") {
			const by = node.right.type === "Literal" && node.right.value >= 0;
			list.push([strip(node.left).name, by && node.operator === "+=" ? "up" : by && node.operator === "-=" ? "down" : "any"]);
		}
	});
	return list;
}

export function assignedIn(node) {
	return new Set(assignments([node]).map(([name]) => name));
}
