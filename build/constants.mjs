// Puts constants where they are used, in a thread of its own: terser takes as long for the stack as joining all the rest, which goes on meanwhile.
/* oxlint-disable unicorn/require-post-message-target-origin -- of threads, not of windows */

import { parentPort, Worker, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";

/** What the thread is told, which tells it from others that load this file. */
const OURS = "multihome: constants";

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
 * less than half. `chunk`: rollup's. Answers the code and its source map.
 */
export function inlineConstants({ code, map }) {
	return new Promise((done, fail) => {
		if (worker === undefined) start();
		worker.ref();
		waiting.push({ done, fail });
		worker.postMessage({ code, map: map.toString() });
	});
}

if (workerData === OURS) {
	const { minify } = await import("terser");
	let last = Promise.resolve();
	parentPort.on("message", ({ code, map }) => {
		last = last.then(async () => {
			try {
				const made = await minify(code, { ...OPTIONS, sourceMap: { content: map, asObject: true } });
				parentPort.postMessage({ code: made.code, map: made.map });
			} catch (error) {
				parentPort.postMessage({ failed: error.message });
			}
		});
	});
}
