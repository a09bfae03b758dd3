// Puts constants where they are used, in a thread of its own: terser takes as long for the stack as joining all the rest, which goes on meanwhile.

import { Thread } from "./threads.mjs";

/** Names and structure stay, for messages and for reading. */
const OPTIONS = {
	module: true,
	ecma: 2022,
	mangle: false,
	compress: {
		toplevel: true,
		passes: 2,
		inline: 0,
		reduce_funcs: false,
		keep_fargs: true,
		sequences: false,
		conditionals: false,
		if_return: false,
		booleans: false,
		join_vars: false,
		typeofs: false,
		comparisons: false,
		hoist_props: false,
		side_effects: false,
	},
	format: { beautify: true, comments: false },
};

let thread;

/**
 * Puts constants where they are used. On XS a function copies each module variable that it mentions into its frame at every call: a constant that is written out costs
 * less than half. `chunk`: rollup's. Answers the code and its source map.
 */
export function inlineConstants({ code, map }) {
	thread ??= new Thread(import.meta.url);
	return thread.call("inline", code, map.toString());
}

/** For the thread. */
export async function inline(code, content) {
	const { minify } = await import("terser");
	const made = await minify(code, { ...OPTIONS, sourceMap: { content, asObject: true } });
	return { code: made.code, map: made.map };
}
