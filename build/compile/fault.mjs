// What is outside the subset is refused with its place, and with what to write instead.

export class Refusal extends Error {
	/**
	 * @param {import("./modules.mjs").Module} module
	 * @param {{ start: number }} node
	 * @param {string} message What is wrong, and what to write instead.
	 */
	constructor(module, node, message) {
		const { line, column } = module.place(node);
		super(`${module.file}:${line}:${column}: ${message}`);
		Object.assign(this, { file: module.file, line, column, text: message });
	}
}

export function refuse(module, node, message) {
	throw new Refusal(module, node, message);
}
