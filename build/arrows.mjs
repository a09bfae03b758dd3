// Functions of a module as arrow functions, for XS: a `function` may be called with `new`, so XS makes an object for its instances' prototype, three slots
// or 48 bytes of a board's flash for each. Node and browsers run the sources as they are.

import { parseAst } from "rollup/parseAst";

/** The code of a module, `const name = (…) => …` in the place of `function name(…) …`. Lines stay where they are. What the module calls before it comes to it, asks for `this` or is a generator stays a function. */
export function toArrows(code) {
	const { body } = parseAst(code);
	const early = calledEarly(body);
	let out = code;
	for (const node of body.filter((each) => canBeArrow(each) && !early.has(each.id.name)).reverse()) {
		const { id, async, params, body: block } = node;
		const list = params.length === 0 ? "()" : code.slice(code.lastIndexOf("(", params[0].start), block.start).trimEnd();
		const arrow = `const ${id.name} = ${async ? "async " : ""}${list} => ${code.slice(block.start, block.end)};`;
		out = out.slice(0, node.start) + arrow + out.slice(node.end);
	}
	return out;
}

const isFunction = ({ type }) => type === "FunctionDeclaration";

function canBeArrow(node) {
	return isFunction(node) && !node.generator && !ofItself(node.params) && !ofItself(node.body);
}

/** Whether `this`, `arguments` or `new.target` below is that of the function around. */
function ofItself(node) {
	if (Array.isArray(node)) return node.some(ofItself);
	if (typeof node?.type !== "string") return false;
	if (node.type === "ThisExpression" || node.type === "MetaProperty" || (node.type === "Identifier" && node.name === "arguments"))
		return true;
	return !/^Function|^Class/.test(node.type) && Object.values(node).some(ofItself);
}

/** Functions that may be called by what is evaluated before the module comes to them: a `function` is there from its beginning. */
function calledEarly(body) {
	const found = new Set();
	const places = new Map(
		body.flatMap((node) => declared(node).map((name) => [name, { node, names: new Set(namesBelow(node, false)) }])),
	);
	for (const from of body.filter((node) => !isFunction(node))) {
		const reached = new Set();
		const next = [...namesBelow(from, true)];
		while (next.length > 0) {
			const name = next.pop();
			const { node, names } = places.get(name) ?? {};
			if (node === undefined || reached.has(name)) continue;
			reached.add(name);
			next.push(...names);
			if (isFunction(node) && node.start > from.start) found.add(name);
		}
	}
	return found;
}

function declared({ id, declarations = [] }) {
	return [id, ...declarations.map((each) => each.id)].flatMap((each) => (each?.type === "Identifier" ? [each.name] : []));
}

/** Names that stand below; `now`: in what is evaluated with it, which bodies of functions are not. */
function namesBelow(node, now) {
	if (Array.isArray(node)) return node.flatMap((each) => namesBelow(each, now));
	if (typeof node?.type !== "string" || (now && /^(?:Arrow)?Function/.test(node.type))) return [];
	if (node.type === "Identifier") return [node.name];
	return Object.entries(node).flatMap(([key, each]) =>
		key === "id" && each?.type === "Identifier" ? [] : namesBelow(each, now),
	);
}
