// Private members as ordinary ones, for XS. There a private name is a variable of its class, which costs a slot, and another in each function that uses it,
// copied at every call. Node and browsers run the sources as they are.

import { parseAst } from "rollup/parseAst";

const CLASSES = ["ClassDeclaration", "ClassExpression"];

/**
 * The code of a module with `$name` for `#name`; in a class that extends another `$Class_name`, as both may have members of that name. A class that asks
 * `#name in it`, as those of sockets do, which programs extend, keeps its private names.
 */
export function openPrivates(code) {
	if (!code.includes("#")) return code;
	const places = [];
	visit(parseAst(code), [], places);
	let out = code;
	for (const [start, end, text] of places.sort((a, b) => b[0] - a[0])) out = out.slice(0, start) + text + out.slice(end);
	return out;
}

/** Adds `[start, end, what stands there]` for each private name below `node`. `scopes`: of each class around it, the innermost last, what its names become. */
function visit(node, scopes, places) {
	if (Array.isArray(node)) for (const each of node) visit(each, scopes, places);
	else if (node?.type === "PrivateIdentifier") {
		const text = scopes.findLast((names) => names.has(node.name))?.get(node.name);
		if (text === undefined) throw new Error(`#${node.name}: no class around it declares it`);
		places.push([node.start, node.end, text]);
	} else if (typeof node?.type === "string") {
		const around = CLASSES.includes(node.type) ? [...scopes, namesOf(node)] : scopes;
		for (const each of Object.values(node)) if (typeof each === "object") visit(each, around, places);
	}
}

function namesOf(node) {
	const { id, superClass, body } = node;
	const prefix = asks(node) ? "#" : superClass === null ? "$" : `$${id?.name ?? ""}_`;
	const names = body.body.flatMap(({ key }) => (key?.type === "PrivateIdentifier" ? [key.name] : []));
	return new Map(names.map((name) => [name, prefix + name]));
}

/** Whether there is a `#name in it` below. */
function asks(node) {
	if (Array.isArray(node)) return node.some(asks);
	if (typeof node?.type !== "string") return false;
	return (node.type === "BinaryExpression" && node.left.type === "PrivateIdentifier") || Object.values(node).some(asks);
}
