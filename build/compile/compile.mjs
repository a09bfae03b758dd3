// Flat TypeScript to C. What it is stands in docs/flat.md; read statements.mjs, expressions.mjs, accesses.mjs and calls.mjs for how, modules.mjs for names.
// build/flat.mjs is what calls it.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Effects, walk } from "./effects.mjs";
import { headerOf, layoutOf, sourceOf } from "./emit.mjs";
import { refuse, Refusal } from "./fault.mjs";
import { FunctionTranslator } from "./functions.mjs";
import { Program } from "./modules.mjs";
import { recordOf } from "./records.mjs";
import { BOOLEAN, fitsInt32, INT32, range } from "./ranges.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The name of the memory that C alone knows as a parameter. */
const HIDDEN = "memory of the records";

export class Compiler {
	/** Functions that are being put in the place of their calls, so that none is put into itself. */
	inlining = new Set();
	/** Functions to translate, in the order in which they were come to. */
	#queue = [];
	#used = new Map();
	#signatures = new Map();
	#uses = new Map();

	constructor(options) {
		this.program = new Program(options.root ?? root, options.read);
		this.effects = new Effects(this.program);
		/** Bytes that every memory has at least: whoever calls sees to that (FLAT_LEAST of flat.h). */
		this.least = options.least ?? 0;
		/** Names of the functions that C by hand calls; undefined: all may be. */
		this.external = options.external && new Set(options.external);
	}

	/** Translates everything that the doors export and reach. */
	run(door) {
		const errors = [];
		const doors = [];
		const attempt = (work) => {
			try {
				work();
			} catch (error) {
				if (!(error instanceof Refusal)) throw error;
				errors.push({ file: error.file, line: error.line, column: error.column, message: error.text });
			}
		};
		for (const file of door) attempt(() => doors.push(...this.#open(file)));
		const modules = new Map();
		for (let found = this.#queue.shift(); found !== undefined; found = this.#queue.shift()) {
			const each = found;
			attempt(() => {
				const translator = new FunctionTranslator(this, each);
				const text = translator.translate();
				if (!modules.has(each.module)) modules.set(each.module, []);
				modules.get(each.module).push({ found: each, text, prototype: translator.prototype() });
			});
		}
		return { modules, errors, doors };
	}

	#open(file) {
		const module = this.program.load(resolve(this.program.root, file));
		const opened = [];
		for (const name of this.program.exportsOf(module)) {
			const found = this.program.exported(module, name);
			if (found?.kind !== "function") continue;
			// Kernels that the door hands on have their way in by hand.
			if (!found.module.kernel) {
				const { parameters } = this.signature(found);
				if (parameters.some(({ type }) => type === "row"))
					refuse(
						found.module,
						found.node,
						`${name} is called from outside, which knows no records: take an offset, and make the record by Kind.of(view, at)`,
					);
				this.use(found);
			}
			opened.push({ ...found, exportedAs: name });
		}
		return opened;
	}

	/** The C name of a function that is called; it will be translated. */
	use(found) {
		const name = this.nameOf(found);
		if (this.#used.has(found.key)) return name;
		this.#used.set(found.key, found);
		if (!found.module.kernel) this.#queue.push(found);
		return name;
	}

	nameOf({ module, name }) {
		return module.kernel ? `kernel_${name}` : `${module.prefix}_${name}`;
	}

	/** { parameters: [{ name, type, range, promised }], result } of a function. */
	signature(found) {
		let known = this.#signatures.get(found.key);
		if (known === undefined) {
			const { module, node } = found;
			if (node.async || node.generator || node.typeParameters)
				refuse(module, node, `${found.name}: a plain function, without async, * and type parameters`);
			const parameters = node.params.map((each) => {
				if (each.type !== "Identifier" || each.optional)
					refuse(module, each, "parameters are names with a type, all of them always given");
				if (!each.typeAnnotation) refuse(module, each, `${each.name} needs a type: number, boolean, DataView, or a range type`);
				return { name: each.name, ...this.typeOf(module, each.typeAnnotation.typeAnnotation) };
			});
			if (!node.returnType) refuse(module, node, `${found.name} needs the type of its result`);
			const result = this.typeOf(module, node.returnType.typeAnnotation);
			if (!["number", "boolean", "void"].includes(result.type))
				refuse(module, node.returnType, "results are number, boolean or void");
			// Records lie in memory: where no parameter is that memory, C is given it all the same.
			const rows = parameters.some(({ type }) => type === "row") && parameters.every(({ type }) => type !== "memory");
			known = { parameters: rows ? [{ name: HIDDEN, type: "memory" }, ...parameters] : parameters, result, rows };
			this.#signatures.set(found.key, known);
		}
		return known;
	}

	/** What a type says: { type, range, promised }. */
	typeOf(module, node) {
		if (node.type === "TSNumberKeyword") return { type: "number", range: INT32 };
		if (node.type === "TSBooleanKeyword") return { type: "boolean", range: BOOLEAN };
		if (node.type === "TSVoidKeyword") return { type: "void" };
		const name = node.type === "TSTypeReference" && node.typeName.type === "Identifier" ? node.typeName.name : undefined;
		if (name === "DataView") return { type: "memory" };
		if (name === "Range") return this.#rangeType(module, node);
		if (name === "RowOf") return this.#rowType(module, node);
		if (name === "Bytes" || name === "BytesIn") return { type: "bytes", writable: name === "Bytes" };
		const found = name === undefined ? undefined : this.program.resolve(module, name, true);
		if (found?.kind === "type" && found.node.type === "TSTypeAliasDeclaration")
			return this.typeOf(found.module, found.node.typeAnnotation);
		return refuse(
			module,
			node,
			"not a type of flat TypeScript: it has number, boolean, DataView, Bytes and range types (packet/numbers.ts)",
		);
	}

	/** RowOf<typeof Kind>. */
	#rowType(module, node) {
		const [kind] = node.typeArguments?.params ?? [];
		const record = kind?.type === "TSTypeQuery" ? recordOf(this.program, this.program.lookUp(module, kind.exprName)) : undefined;
		if (record === undefined) refuse(module, node, "RowOf<typeof Kind> wants a constant that record(…) made");
		return { type: "row", record };
	}

	#rangeType(module, node) {
		const ends = (node.typeArguments?.params ?? []).map((each) => {
			const literal = each.type === "TSLiteralType" ? each.literal : undefined;
			return literal && this.program.evaluate(module, literal);
		});
		if (
			ends.length !== 2 ||
			ends.some((end) => typeof end !== "number") ||
			ends[0] > ends[1] ||
			!fitsInt32({ low: ends[0], high: ends[1] })
		)
			refuse(module, node, "Range<low, high> has two numbers of 32 bits, the smaller first");
		const promised = range(ends[0], ends[1], false);
		return { type: "number", range: promised, promised };
	}

	/** Whether parts of a function may be left out. */
	branches(found) {
		let any = false;
		walk(found.node.body, ({ type }) => (any ||= type === "ConditionalExpression" || type === "LogicalExpression"));
		return any;
	}

	/** How often each name stands in a function. */
	usesOf(found) {
		let counts = this.#uses.get(found.key);
		if (counts === undefined) {
			counts = new Map();
			walk(found.node.body, (node) => {
				if (node.type === "Identifier") counts.set(node.name, (counts.get(node.name) ?? 0) + 1);
			});
			this.#uses.set(found.key, counts);
		}
		return counts;
	}
}

/**
 * Compiles what the modules `door` export and reach.
 * @param {{ root?: string, door: string[], layout?: string[], external?: string[], least?: number, read?: (path: string) => string }} options
 * @returns {{ files: Map<string, string>, functions: object[], errors: { file: string, line: number, column: number, message: string }[] }}
 *   `external`: functions that C by hand calls: the others are FLAT, which whoever makes one unit of all files defines as `static`; when absent, none are.
 *   `least`: bytes that every memory has, whose places need no check; 0 when absent.
 *   `layout`: modules whose exported constants C by hand needs, as layout.h. `files`: a .c and a .h for each module, by name. `functions`: those of the doors. `errors`: what is outside the subset; with any, the rest is nothing to use.
 */
export function compileFlat({ door, layout, ...options }) {
	const compiler = new Compiler(options);
	const { modules, errors, doors } = compiler.run(door);
	const files = new Map();
	if (errors.length === 0) {
		for (const [module, functions] of modules) {
			files.set(`${module.prefix}.h`, headerOf(module, functions));
			files.set(`${module.prefix}.c`, sourceOf(module, functions, [...modules.keys()]));
		}
	}
	if (layout !== undefined) files.set("layout.h", layoutOf(compiler.program, layout));
	const functions = doors.map((found) => describe(compiler, found));
	return { files, functions, errors };
}

/** A function of the door. Without `parameters` it is no function of flat TypeScript, but native by hand. */
function describe(compiler, found) {
	const { module, exportedAs: name, node } = found;
	const told = {
		name,
		c: compiler.nameOf(found),
		module: module.file,
		kernel: module.kernel,
		names: node.params.map((each) => each.name),
	};
	try {
		const { parameters, result } = compiler.signature(found);
		return { ...told, parameters, result: result.type, writes: compiler.effects.of(found).writes };
	} catch (error) {
		if (error instanceof Refusal) return told;
		throw error;
	}
}

/** Errors as compilers write them. */
export function tell(errors) {
	return errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n");
}
