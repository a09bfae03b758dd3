// Command lines: Node's parseArgs, which takes the last of two silently, with what is given twice refused.

import { parseArgs } from "node:util";

/**
 * The values of `options`, as parseArgs describes them; without `args`, of this process. Throws Error with the one line to show. What may be given several times
 * has `multiple`.
 */
export function readArgs(options, args = process.argv.slice(2)) {
	let result;
	try {
		result = parseArgs({ args, options, tokens: true });
	} catch (error) {
		throw new Error(error.message.split(/[\n.]/)[0], { cause: error });
	}
	const seen = new Set();
	for (const { kind, name, rawName } of result.tokens) {
		if (kind !== "option" || options[name].multiple) continue;
		if (seen.has(name)) throw new Error(`${rawName}: given twice`);
		seen.add(name);
	}
	return result.values;
}
