// Calls as C: of functions, of Math, and functions that stand in the place of their calls.

import { Accesses } from "./accesses.mjs";
import { isCheck, NONE, union } from "./effects.mjs";
import { recordOf } from "./records.mjs";
import * as ranges from "./ranges.mjs";
import { bare, bits, holder, int32, number, wide } from "./values.mjs";

/** All expressions. */
export class Calls extends Accesses {
	call(node) {
		const { callee } = node;
		if (callee.type === "MemberExpression" && callee.property.name === "of") {
			const record = recordOf(this.compiler.program, this.compiler.program.lookUp(this.module, callee.object));
			if (record !== undefined) return this.rowAt(node, record);
		}
		if (node.optional || node.arguments.some(({ type }) => type === "SpreadElement"))
			this.refuse(node, "calls have all their arguments, one by one");
		if (callee.type === "MemberExpression" && !callee.computed && callee.object.type === "Identifier") {
			const memory = this.memoryNamed(callee.object);
			const method = callee.property.name;
			if (memory !== undefined) return this.access(node, memory, method);
			if (callee.object.name === "Math" && this.binding("Math") === undefined) return this.#math(node, method);
		}
		const found = this.compiler.program.lookUp(this.module, callee);
		if (found?.kind !== "function" || (callee.type === "Identifier" && this.binding(callee.name) !== undefined))
			this.refuse(node, "only functions of modules, methods of memory and of Math are called");
		if (isCheck(found)) return this.check(node);
		return this.#invoke(node, found);
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
		const { reads, writes, throws } = this.compiler.effects.of(found);
		const all = { ...effects, reads: effects.reads || reads, writes: effects.writes || writes, throws: effects.throws || throws };
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
		if (values.some(({ effects, type }) => effects.writes || effects.throws || effects.assigns.size > 0 || type === "bytes"))
			return undefined;
		const counts = this.compiler.usesOf(found);
		// What may fail must be looked at just as often as in a call: once.
		const once = ({ name }) => counts.get(name) === 1 && !this.compiler.branches(found);
		if (values.some(({ effects }, i) => effects.reads && !once(signature.parameters[i]))) return undefined;
		// An argument is looked at before the function changes anything.
		const { writes, throws } = this.compiler.effects.of(found);
		if ((writes || throws) && values.some(({ effects }) => effects.reads)) return undefined;
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
