// The modules of flat TypeScript: what each declares, what a name in it stands for, and the values of its constants.

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { Refusal, refuse } from "./fault.mjs";

/** One file, parsed. `file` is its path from the project's root. */
export class Module {
	functions = new Map();
	constants = new Map();
	types = new Map();
	/** Local name to { path, name }, where `name` is "*" for a namespace. */
	imports = new Map();
	/** Exported name to a local one, or to { path, name }. */
	exports = new Map();
	/** Paths of `export * from`. */
	stars = [];
	#lines = [0];
	#values = new Map();

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
		for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines.push(at + 1);
		const { program, errors, comments } = parseSync(path, text);
		this.comments = comments;
		if (errors.length > 0) {
			const [{ message, labels }] = errors;
			throw new Refusal(this, { start: labels[0]?.start ?? 0 }, message);
		}
		for (const node of program.body) this.#declare(node);
	}

	/** Line and column, from 1. */
	place({ start }) {
		let low = 0;
		let high = this.#lines.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (this.#lines[middle] <= start) low = middle;
			else high = middle - 1;
		}
		return { line: low + 1, column: start - this.#lines[low] + 1 };
	}

	#declare(node) {
		switch (node.type) {
			case "ImportDeclaration":
				for (const each of node.specifiers) {
					const name = each.type === "ImportNamespaceSpecifier" ? "*" : (each.imported?.name ?? "default");
					this.imports.set(each.local.name, { path: node.source.value, name, node });
				}
				break;
			case "ExportAllDeclaration":
				if (node.exported) this.exports.set(node.exported.name, { path: node.source.value, name: "*", node });
				else this.stars.push({ path: node.source.value, node });
				break;
			case "ExportNamedDeclaration":
				if (node.declaration) for (const name of this.#declare(node.declaration)) this.exports.set(name, name);
				for (const { local, exported } of node.specifiers)
					this.exports.set(exported.name, node.source ? { path: node.source.value, name: local.name, node } : local.name);
				break;
			case "FunctionDeclaration":
				this.functions.set(node.id.name, node);
				return [node.id.name];
			case "VariableDeclaration":
				// What is no constant is refused where a flat function uses it.
				if (node.kind === "const") for (const each of node.declarations) if (each.id.name) this.constants.set(each.id.name, each);
				return node.declarations.map((each) => each.id.name);
			case "TSTypeAliasDeclaration":
			case "TSInterfaceDeclaration":
				this.types.set(node.id.name, node);
				return [node.id.name];
			default:
				return node.id?.name ? [node.id.name] : [];
		}
		return [];
	}

	/** Whether the doc comment right before that declaration has this tag. */
	tagged(node, tag) {
		const before = this.comments.filter(({ end }) => end <= node.start).at(-1);
		return before !== undefined && node.start - before.end < 16 && before.value.includes(tag);
	}

	/** The value of a constant of this module: number, boolean or { name: node } of an object; undefined when it is none. */
	valueOf(name, program) {
		if (this.#values.has(name)) return this.#values.get(name);
		const declaration = this.constants.get(name);
		if (declaration === undefined) return undefined;
		this.#values.set(name, undefined); // a constant that needs itself has no value
		const value = declaration.init ? program.evaluate(this, declaration.init) : undefined;
		this.#values.set(name, value);
		return value;
	}
}

/** All modules that were looked at. */
export class Program {
	#modules = new Map();

	constructor(root, read = (path) => readFileSync(path, "utf8")) {
		this.root = root;
		this.read = read;
	}

	load(path) {
		let module = this.#modules.get(path);
		if (module === undefined) {
			module = new Module(path, relative(this.root, path).split(sep).join("/"), this.read(path));
			this.#modules.set(path, module);
		}
		return module;
	}

	#imported(module, { path, name, node }, type = false) {
		if (!path.startsWith(".")) refuse(module, node, `module ${path}: flat TypeScript imports files by relative paths only`);
		const target = this.load(join(dirname(module.path), path));
		return name === "*" ? { kind: "namespace", module: target, name } : this.exported(target, name, type);
	}

	/** What a module exports by that name, or undefined. `type`: types go before values of the same name. */
	exported(module, name, type = false) {
		const found = module.exports.get(name);
		if (typeof found === "string") return this.resolve(module, found, type);
		if (found !== undefined) return this.#imported(module, found, type);
		for (const star of module.stars) {
			const through = this.exported(this.load(join(dirname(module.path), star.path)), name, type);
			if (through !== undefined) return through;
		}
		return undefined;
	}

	/** Every exported name of a module. */
	exportsOf(module) {
		const names = new Set(module.exports.keys());
		for (const { path } of module.stars)
			for (const name of this.exportsOf(this.load(join(dirname(module.path), path)))) names.add(name);
		return names;
	}

	/** What a name of a module stands for: { kind, module, name, node }, or undefined. */
	resolve(module, name, type = false) {
		if (type && module.types.has(name)) return { kind: "type", module, name, node: module.types.get(name) };
		if (module.functions.has(name)) {
			const node = module.functions.get(name);
			return { kind: "function", module, name, node, key: `${module.path}#${name}` };
		}
		if (module.constants.has(name)) return { kind: "constant", module, name, node: module.constants.get(name) };
		if (module.types.has(name)) return { kind: "type", module, name, node: module.types.get(name) };
		const imported = module.imports.get(name);
		return imported === undefined ? undefined : this.#imported(module, imported, type);
	}

	/** What `a` or `a.b` stands for in a module. */
	lookUp(module, node) {
		if (node.type === "Identifier") return this.resolve(module, node.name);
		if (node.type !== "MemberExpression" || node.computed || node.object.type !== "Identifier") return undefined;
		const space = this.resolve(module, node.object.name);
		return space?.kind === "namespace" ? this.exported(space.module, node.property.name) : undefined;
	}

	/** The value of a constant expression, or undefined. */
	evaluate(module, node) {
		switch (node.type) {
			case "Literal":
				return typeof node.value === "number" || typeof node.value === "boolean" ? node.value : undefined;
			case "ParenthesizedExpression":
			case "TSAsExpression":
			case "TSSatisfiesExpression":
			case "TSNonNullExpression":
				return this.evaluate(module, node.expression);
			case "Identifier":
			case "MemberExpression": {
				const found = this.lookUp(module, node);
				if (found?.kind === "constant") return found.module.valueOf(found.name, this);
				if (node.type !== "MemberExpression" || node.computed) return undefined;
				const object = this.evaluate(module, node.object);
				const member = typeof object === "object" ? object.members.get(node.property.name) : undefined;
				return member && this.evaluate(object.module, member);
			}
			case "CallExpression":
				// Object.freeze({ … }) is the object.
				return node.callee.type === "MemberExpression" &&
					node.callee.object.name === "Object" &&
					node.callee.property.name === "freeze"
					? this.evaluate(module, node.arguments[0])
					: undefined;
			case "ObjectExpression": {
				const members = new Map();
				for (const each of node.properties) if (each.type === "Property" && each.key.name) members.set(each.key.name, each.value);
				return { module, members };
			}
			case "UnaryExpression":
				return unary(node.operator, this.evaluate(module, node.argument));
			case "BinaryExpression":
				return binary(node.operator, this.evaluate(module, node.left), this.evaluate(module, node.right));
			default:
				return undefined;
		}
	}
}

function unary(operator, value) {
	if (typeof value !== "number") return operator === "!" && typeof value === "boolean" ? !value : undefined;
	return { "-": -value, "+": value, "~": ~value }[operator];
}

function binary(operator, a, b) {
	if (typeof a !== "number" || typeof b !== "number") return undefined;
	const value = {
		"+": a + b,
		"-": a - b,
		"*": a * b,
		"&": a & b,
		"|": a | b,
		"^": a ^ b,
		"<<": a << b,
		">>": a >> b,
		">>>": a >>> b,
	}[operator];
	return Number.isSafeInteger(value) ? value : undefined;
}
