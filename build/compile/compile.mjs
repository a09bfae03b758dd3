// Flat TypeScript to C. What it is stands in docs/flat.md, and how this works in README.md. build/flat.mjs is what calls it.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { filesOf, layoutOf } from "./emit.mjs";
import { Program } from "./modules.mjs";
import { fitsInt32, INT32, range } from "./ranges.mjs";
import { FunctionTranslator } from "./statements.mjs";
import { READS, WRITES } from "./values.mjs";

export { tell } from "./modules.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The name of the memory that C alone knows as a parameter: no name of TypeScript. */
const HIDDEN = "this";

export class Compiler {
	/** What functions became: { effects, text, prototype }. */
	translated = new Map();
	/** Those that are called. */
	used = new Set();
	#signatures = new Map();

	constructor(options) {
		this.program = new Program(options.root ?? root, options.read);
		/** Names of the functions that C by hand calls; undefined: all may be. */
		this.external = options.external && new Set(options.external);
	}

	/** Translates what a module exports and reaches, and tells of its functions. Without `parameters` one is no function of flat TypeScript, but native by hand. */
	open(file) {
		const module = this.program.load(resolve(this.program.root, file));
		const opened = [];
		for (const name of module.exports.keys()) {
			const found = this.program.exported(module, name);
			if (found?.kind !== "function") continue;
			const { kernel, file: from } = found.module;
			const names = found.node.params.map((each) => each.name);
			const told = { name, c: this.nameOf(found), module: from, kernel, names };
			opened.push(Object.assign(told, kernel ? this.program.attempt(() => this.#told(found), []) : this.#told(found)));
		}
		return opened;
	}

	#told(found) {
		const { parameters, result } = this.signature(found);
		if (!found.module.kernel && parameters.some(({ type }) => type === "row"))
			found.module.refuse(found.node, "called from outside, which knows no records: take an offset, and write Kind.of(view, at)");
		const writes = (this.use(found).effects & WRITES) !== 0;
		return { parameters, result: result.type, writes, prototype: this.look(found).prototype };
	}

	/** What a function became, and does: it is translated before its caller is done. */
	look(found) {
		if (found.module.kernel) return { effects: found.module.tagged(found, "@pure") ? READS : READS | WRITES };
		if (!this.translated.has(found)) {
			// A function that comes to itself is taken for the worst meanwhile.
			this.translated.set(found, { effects: READS | WRITES });
			const made = this.program.attempt(() => {
				const translator = new FunctionTranslator(this, found);
				const text = translator.translate();
				return { effects: translator.effects, text, prototype: translator.prototype() };
			});
			this.translated.set(found, made ?? { effects: 0 });
		}
		return this.translated.get(found);
	}

	/** The C name of a function that is called, and what it does. */
	use(found) {
		if (!found.module.kernel) this.used.add(found);
		return { name: this.nameOf(found), effects: this.look(found).effects };
	}

	nameOf({ module, name }) {
		return module.kernel ? `kernel_${name}` : `${module.prefix}_${name}`;
	}

	/** { parameters: [{ name, type, range, promised, record }], result } of a function. */
	signature(found) {
		let known = this.#signatures.get(found);
		if (known === undefined) {
			const { module, node } = found;
			if (node.async || node.generator || node.typeParameters)
				module.refuse(node, `${found.name}: a plain function, without async, * and type parameters`);
			const parameters = node.params.map((each) => {
				if (each.type !== "Identifier" || each.optional || !each.typeAnnotation)
					module.refuse(each, "parameters are names with a type, all of them always given");
				return { name: each.name, ...this.typeOf(module, each.typeAnnotation.typeAnnotation) };
			});
			if (!node.returnType) module.refuse(node, `${found.name} needs the type of its result`);
			const result = this.typeOf(module, node.returnType.typeAnnotation);
			if (!["number", "boolean", "void"].includes(result.type))
				module.refuse(node.returnType, "results are number, boolean or void");
			// Records lie in memory: where no parameter is that memory, C is given it all the same.
			const rows = parameters.some(({ type }) => type === "row") && parameters.every(({ type }) => type !== "memory");
			known = { parameters: rows ? [{ name: HIDDEN, type: "memory" }, ...parameters] : parameters, result, rows };
			this.#signatures.set(found, known);
		}
		return known;
	}

	/** What a type says: { type, range, promised }. */
	typeOf(module, node) {
		if (node.type === "TSNumberKeyword") return { type: "number", range: INT32 };
		if (node.type === "TSBooleanKeyword") return { type: "boolean" };
		if (node.type === "TSVoidKeyword") return { type: "void" };
		if (node.type === "TSStringKeyword" && module.kernel) return { type: "text" };
		const name = node.type === "TSTypeReference" && node.typeName.type === "Identifier" ? node.typeName.name : undefined;
		if (name === "DataView") return { type: "memory" };
		if (name === "Range") return this.#rangeType(module, node);
		if (name === "RowOf") return this.#rowType(module, node);
		if (name === "Bytes" || name === "BytesIn") return { type: "bytes", writable: name === "Bytes" };
		const found = name === undefined ? undefined : this.program.resolve(module, name, true);
		if (found?.kind === "type" && found.node.type === "TSTypeAliasDeclaration")
			return this.typeOf(found.module, found.node.typeAnnotation);
		return module.refuse(
			node,
			"not a type of flat TypeScript: it has number, boolean, DataView, Bytes and range types (packet/numbers.ts)",
		);
	}

	/** RowOf<typeof Kind>. */
	#rowType(module, node) {
		const [kind] = node.typeArguments?.params ?? [];
		const record = kind?.type === "TSTypeQuery" && this.program.recordOf(this.program.lookUp(module, kind.exprName));
		if (!record) module.refuse(node, "RowOf<typeof Kind> wants a constant that record(…) made");
		return { type: "row", record };
	}

	#rangeType(module, node) {
		const ends = (node.typeArguments?.params ?? []).map(({ literal }) => literal && this.program.evaluate(module, literal));
		const [low, high] = ends;
		if (ends.length !== 2 || !(low <= high) || !fitsInt32({ low, high }))
			module.refuse(node, "Range<low, high> has two numbers of 32 bits, the smaller first");
		const promised = range(low, high);
		return { type: "number", range: promised, promised };
	}
}

/** Compiles what the modules `door` export and reach; compile.d.mts says what is given and answered. */
export function compileFlat({ door, layout, ...options }) {
	const compiler = new Compiler(options);
	const functions = door.flatMap((file) => compiler.program.attempt(() => compiler.open(file)) ?? []);
	const files = filesOf([...compiler.used].map((found) => ({ ...found, c: compiler.nameOf(found), ...compiler.look(found) })));
	if (layout !== undefined) files.set("layout.h", layoutOf(compiler.program, layout));
	return { files, functions, errors: compiler.program.errors };
}
