// The modules of flat TypeScript: what each declares, what a name in it stands for, and the values of its constants.

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { layOut } from "./records.mjs";

/** What is outside the subset: `fault` is { file, line, column, message }, as compile.d.mts has it. */
export class Refusal extends Error {
	constructor(fault) {
		super(tell([fault]));
		this.fault = fault;
	}
}

/** Errors as compilers write them. */
export function tell(errors) {
	return errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n");
}

/** One file, parsed. `file` is its path from the project's root. */
export class Module {
	/** Functions and constants by name: { kind: "function" or "constant", module, name, node, statement }. */
	values = new Map();
	/** Types, likewise: { kind: "type", … }. A type and a constant may have one name. */
	types = new Map();
	/** Local name to { path, name, node }, where `name` is "*" for a namespace. */
	imports = new Map();
	/** Exported name to a local one, or as an import. */
	exports = new Map();
	#lines;

	constructor(path, file, text) {
		this.path = path;
		this.file = file;
		/** Files in a folder named `kernels` are C by hand. */
		this.kernel = basename(dirname(path)) === "kernels";
		/** What the names of its C functions begin with. */
		this.prefix = file
			.replace(/^src\//, "")
			.replace(/\.ts$/, "")
			.replace(/[^A-Za-z0-9]/g, "_");
		this.#lines = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
		const { program, errors, comments } = parseSync(path, text, { preserveParens: false });
		this.comments = comments;
		if (errors.length > 0) this.refuse({ start: errors[0].labels[0]?.start ?? 0 }, errors[0].message);
		for (const node of program.body) this.#declare(node, node);
	}

	/** Line and column, from 1. */
	place({ start }) {
		const line = this.#lines.findLastIndex((at) => at <= start);
		return { line: line + 1, column: start - this.#lines[line] + 1 };
	}

	/** Refuses a node, with what to write instead. */
	refuse(node, message) {
		throw new Refusal({ file: this.file, ...this.place(node), message });
	}

	/** Takes a statement down, and answers the names that it declares. What is neither constant nor function is refused where a flat function uses it. */
	#declare(node, statement) {
		const take = (kind, name, declared) => {
			(kind === "type" ? this.types : this.values).set(name, { kind, module: this, name, node: declared, statement });
			return name;
		};
		switch (node.type) {
			case "ImportDeclaration":
				for (const each of node.specifiers) {
					const name = each.type === "ImportNamespaceSpecifier" ? "*" : (each.imported?.name ?? "default");
					this.imports.set(each.local.name, { path: node.source.value, name, node });
				}
				return [];
			case "ExportNamedDeclaration":
				if (node.declaration) for (const name of this.#declare(node.declaration, node)) this.exports.set(name, name);
				for (const { local, exported } of node.specifiers)
					this.exports.set(exported.name, node.source ? { path: node.source.value, name: local.name, node } : local.name);
				return [];
			case "FunctionDeclaration":
				return [take("function", node.id.name, node)];
			case "VariableDeclaration":
				return node.declarations.map((each) => (node.kind === "const" ? take("constant", each.id.name, each) : each.id.name));
			case "TSTypeAliasDeclaration":
				return [take("type", node.id.name, node)];
			default:
				return node.id?.name ? [node.id.name] : [];
		}
	}

	/** Whether the doc comment right before a declaration has this tag. */
	tagged({ statement: { start } }, tag) {
		const before = this.comments.findLast(({ end }) => end <= start);
		return before !== undefined && start - before.end < 16 && before.value.includes(tag);
	}
}

/** All modules that were looked at. */
export class Program {
	errors = [];
	#modules = new Map();
	#values = new Map();

	constructor(root, read = (path) => readFileSync(path, "utf8")) {
		this.root = root;
		this.read = read;
	}

	/** What `work` answers; undefined where it is refused, which is taken down. */
	attempt(work, errors = this.errors) {
		try {
			return work();
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			errors.push(error.fault);
			return undefined;
		}
	}

	load(path) {
		let module = this.#modules.get(path);
		if (module === undefined) {
			module = new Module(path, relative(this.root, path).split(sep).join("/"), this.read(path));
			this.#modules.set(path, module);
		}
		return module;
	}

	#imported(module, { path, name, node }, type) {
		if (!path.startsWith(".")) module.refuse(node, `module ${path}: flat TypeScript imports files by relative paths only`);
		const target = this.load(join(dirname(module.path), path));
		return name === "*" ? { kind: "namespace", module: target } : this.exported(target, name, type);
	}

	/** What a module exports by that name, or undefined: names of `export *` are not followed. `type`: types go before values of the same name. */
	exported(module, name, type = false) {
		const found = module.exports.get(name);
		if (typeof found === "string") return this.resolve(module, found, type);
		return found && this.#imported(module, found, type);
	}

	/** What a name of a module stands for, as `Module.values` and `types` have it, or a namespace, or undefined. */
	resolve(module, name, type = false) {
		const found = (type && module.types.get(name)) || module.values.get(name) || module.types.get(name);
		if (found) return found;
		const imported = module.imports.get(name);
		return imported && this.#imported(module, imported, type);
	}

	/** What `a` or `a.b` stands for in a module. */
	lookUp(module, node) {
		if (node.type === "Identifier") return this.resolve(module, node.name);
		if (node.type !== "MemberExpression" || node.computed || node.object.type !== "Identifier") return undefined;
		const space = this.resolve(module, node.object.name);
		return space?.kind === "namespace" ? this.exported(space.module, node.property.name) : undefined;
	}

	/** The value of a constant: a number, a boolean, or an object of them; undefined for what is none. */
	valueOf(found) {
		if (found?.kind !== "constant") return undefined;
		if (!this.#values.has(found)) {
			this.#values.set(found, undefined); // a constant that needs itself has no value
			this.#values.set(found, found.node.init ? this.evaluate(found.module, found.node.init) : undefined);
		}
		return this.#values.get(found);
	}

	/** The record that a constant is the kind of (records.mjs), or undefined. */
	recordOf(found) {
		const value = this.valueOf(found);
		return value?.fields instanceof Map ? value : undefined;
	}

	/** The value of a constant expression, or undefined. `hides`: whether a name is a local one, so that the expression is none. */
	evaluate(module, node, hides = () => false) {
		const value = (part) => this.evaluate(module, part, hides);
		switch (node.type) {
			case "Literal":
				return typeof node.value === "number" || typeof node.value === "boolean" ? node.value : undefined;
			case "TSAsExpression":
				return value(node.expression);
			case "Identifier":
				return hides(node.name) ? undefined : this.valueOf(this.resolve(module, node.name));
			case "MemberExpression": {
				if (node.computed || hides(node.object.name)) return undefined;
				const found = this.lookUp(module, node);
				if (found !== undefined) return this.valueOf(found);
				const object = value(node.object);
				return Object.hasOwn(object ?? {}, node.property.name) ? object[node.property.name] : undefined;
			}
			case "CallExpression":
				if (node.callee.name === "record") return layOut(this, module, node);
				return node.callee.object?.name === "Object" && node.callee.property.name === "freeze"
					? value(node.arguments[0])
					: undefined;
			case "ObjectExpression":
				return Object.fromEntries(node.properties.map((each) => [each.key?.name, each.value && value(each.value)]));
			case "UnaryExpression":
				return unary(node.operator, value(node.argument));
			case "BinaryExpression":
				return binary(node.operator, value(node.left), value(node.right));
			default:
				return undefined;
		}
	}
}

function unary(operator, value) {
	if (typeof value !== "number") return operator === "!" && typeof value === "boolean" ? !value : undefined;
	return { "-": -value, "~": ~value }[operator];
}

function binary(operator, a, b) {
	if (typeof a !== "number" || typeof b !== "number") return undefined;
	const sums = { "+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b };
	const value = { ...sums, "<<": a << b, ">>": a >> b, ">>>": a >>> b }[operator];
	return Number.isSafeInteger(value) ? value : undefined;
}
