// What evaluating something reads and changes. C leaves the order of operands and arguments open where JavaScript has it from left to right, so an
// expression in which that would tell is refused.

/** Names of views' methods, with the bytes that they touch. */
export const READS = { getInt8: 1, getUint8: 1, getInt16: 2, getUint16: 2, getInt32: 4, getUint32: 4 };
export const WRITES = { setInt8: 1, setUint8: 1, setInt16: 2, setUint16: 2, setInt32: 4, setUint32: 4 };

const EMPTY = new Set();
export const NONE = { reads: false, writes: false, throws: false, assigns: EMPTY, uses: EMPTY };

export function union(...all) {
	const given = all.filter((each) => each !== NONE);
	if (given.length < 2) return given[0] ?? NONE;
	return {
		reads: given.some(({ reads }) => reads),
		writes: given.some(({ writes }) => writes),
		throws: given.some(({ throws }) => throws),
		assigns: new Set(given.flatMap(({ assigns }) => [...assigns])),
		uses: new Set(given.flatMap(({ uses }) => [...uses])),
	};
}

function mayFail({ reads, writes, throws }) {
	return reads || writes || throws;
}

/** Whether the order of two parts shows. */
export function collide(a, b) {
	if ((a.writes && (b.reads || b.writes)) || (b.writes && a.reads)) return true;
	// Which of two errors it comes to shows as well.
	if ((a.throws && mayFail(b)) || (b.throws && mayFail(a))) return true;
	for (const name of a.assigns) if (b.assigns.has(name) || b.uses.has(name)) return true;
	for (const name of b.assigns) if (a.uses.has(name)) return true;
	return false;
}

/** Calls `visit` with the node and all within it. */
export function walk(node, visit) {
	if (node === null || typeof node !== "object") return;
	if (Array.isArray(node)) {
		for (const each of node) walk(each, visit);
		return;
	}
	if (typeof node.type === "string") visit(node);
	for (const [key, value] of Object.entries(node)) if (key !== "typeAnnotation") walk(value, visit);
}

/** What calls of functions read and change in memory. */
export class Effects {
	#program;
	#known = new Map();

	constructor(program) {
		this.#program = program;
	}

	/** { reads, writes, throws } of a call; `throws` is for misuse. */
	of(found) {
		if (found.module.kernel) {
			const pure = found.module.tagged(exportOf(found), "@pure");
			return { reads: true, writes: !pure, throws: false };
		}
		let known = this.#known.get(found.key);
		if (known === undefined) {
			// A function that comes to itself is taken for the worst meanwhile.
			this.#known.set(found.key, { reads: true, writes: true, throws: true });
			known = this.#look(found);
			this.#known.set(found.key, known);
		}
		return known;
	}

	/** Whether `a.b` is of a parameter or variable, and not of Math, a namespace or a constant. */
	#isField(module, { object }) {
		return object.type === "Identifier" && object.name !== "Math" && this.#program.resolve(module, object.name) === undefined;
	}

	#look({ module, node }) {
		const sum = { reads: false, writes: false, throws: false };
		walk(node.body, (each) => {
			// Whether it came to an error before or after a change shows.
			if (each.type === "ThrowStatement") sum.reads = sum.throws = true;
			// Fields of records: `row.name`, and `row.name = …`.
			if (each.type === "MemberExpression" && this.#isField(module, each)) sum.reads = true;
			if (each.type === "AssignmentExpression" && each.left.type === "MemberExpression") sum.writes = true;
			if (each.type === "UpdateExpression" && each.argument.type === "MemberExpression") sum.writes = true;
			if (each.type !== "CallExpression") return;
			const method = each.callee.type === "MemberExpression" ? each.callee.property.name : undefined;
			// Kind.of(view, at) of a record.
			if (method === "of") sum.reads = true;
			if (method in READS) sum.reads = true;
			else if (method in WRITES) sum.writes = true;
			else {
				const found = this.#program.lookUp(module, each.callee);
				if (found?.kind !== "function") return;
				if (isCheck(found)) {
					sum.reads = true;
					return;
				}
				const inner = this.of(found);
				sum.reads ||= inner.reads;
				sum.writes ||= inner.writes;
				sum.throws ||= inner.throws;
			}
		});
		return sum;
	}
}

/** The declaration that a function's doc comment stands before: `export` comes first. */
export function exportOf({ module, node, name }) {
	const exported = module.exports.get(name) === name ? "export ".length : 0;
	return { start: node.start - exported };
}

/** `check` of packet/bounds.ts, which the compiler knows. */
export function isCheck({ module, name }) {
	return name === "check" && /(^|\/)bounds\.ts$/.test(module.file);
}
