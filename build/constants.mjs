// Puts constants where they are used, in a thread of its own: terser takes as long for the stack as joining all the rest, which goes on meanwhile.
/* oxlint-disable unicorn/require-post-message-target-origin -- of threads, not of windows */

import { parentPort, Worker, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";

/** What the thread is told, which tells it from others that load this file. */
const OURS = "multihome: constants";

/** Structure stays, for reading. */
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

/**
 * Variables get short names, the same in every module, as each different name takes a slot and its text in a board's flash. Functions and classes keep theirs, for
 * traces and messages. A step of its own: what writes constants out weighs them against the length of their names.
 */
const NAMES = {
	module: true,
	ecma: 2022,
	compress: false,
	mangle: { keep_fnames: true, keep_classnames: true },
	format: OPTIONS.format,
};

/** Those who wait for an answer, in the order in which they are answered. */
const waiting = [];
let worker;

function start() {
	worker = new Worker(fileURLToPath(import.meta.url), { workerData: OURS, execArgv: [] });
	worker.on("message", ({ failed, ...result }) => {
		const { done, fail } = waiting.shift();
		if (waiting.length === 0) worker.unref(); // it keeps nobody from ending
		if (failed === undefined) done(result);
		else fail(new Error(failed));
	});
	worker.on("error", (error) => {
		worker = undefined;
		for (const { fail } of waiting.splice(0)) fail(error);
	});
}

/**
 * Puts constants where they are used. On XS a function copies each module variable that it mentions into its frame at every call: a constant that is written out costs
 * less than half. `chunk`: rollup's; `short`: with short names. Answers the code and its source map.
 */
export function inlineConstants({ code, map }, short) {
	return new Promise((done, fail) => {
		if (worker === undefined) start();
		worker.ref();
		waiting.push({ done, fail });
		worker.postMessage({ code, map: map.toString(), short });
	});
}

if (workerData === OURS) {
	const { minify } = await import("terser");
	let last = Promise.resolve();
	parentPort.on("message", ({ code, map, short }) => {
		last = last.then(async () => {
			try {
				let made = await minify(code, { ...OPTIONS, sourceMap: { content: map, asObject: true } });
				if (short) made = await minify(made.code, { ...NAMES, sourceMap: { content: made.map, asObject: true } });
				parentPort.postMessage({ code: made.code, map: made.map });
			} catch (error) {
				parentPort.postMessage({ failed: error.message });
			}
		});
	});
}
