// Work that is done beside the rest, in a thread of its own.
/* oxlint-disable unicorn/require-post-message-target-origin -- of threads, not of windows */

import { fileURLToPath } from "node:url";
import { parentPort, Worker, workerData } from "node:worker_threads";

/** What such a thread is told, which tells it from others that load this file. */
const OURS = "multihome: thread";

/** A thread that runs functions of a module, one after the other. It begins to load the module at once, and keeps nobody from ending. */
export class Thread {
	#worker;
	/** Those who wait for an answer, in the order in which they are answered. */
	#waiting = [];
	/** Why it has ended, when it should not have. */
	#broken;

	/** `url`: the module's. */
	constructor(url) {
		this.#worker = new Worker(fileURLToPath(import.meta.url), { workerData: { thread: OURS, url }, execArgv: [] });
		this.#worker.unref();
		this.#worker.on("message", ({ failed, value }) => {
			const { done, fail } = this.#waiting.shift();
			if (this.#waiting.length === 0) this.#worker.unref();
			if (failed === undefined) done(value);
			else fail(new Error(failed));
		});
		this.#worker.on("error", (error) => {
			this.#broken = error;
			for (const { fail } of this.#waiting.splice(0)) fail(error);
		});
	}

	/** Calls an exported function. What it is given and what it answers are copied; of what it throws the message. */
	call(name, ...args) {
		if (this.#broken !== undefined) return Promise.reject(this.#broken);
		return new Promise((done, fail) => {
			this.#worker.ref();
			this.#waiting.push({ done, fail });
			this.#worker.postMessage({ name, args });
		});
	}

	/** Ends it, and frees its memory. */
	close() {
		return this.#worker.terminate();
	}
}

if (workerData?.thread === OURS) {
	const module = import(workerData.url); // not awaited: it may import this file
	let last = Promise.resolve();
	const run = async ({ name, args }) => {
		try {
			parentPort.postMessage({ value: await (await module)[name](...args) });
		} catch (error) {
			parentPort.postMessage({ failed: error.message });
		}
	};
	parentPort.on("message", (message) => {
		last = last.then(() => run(message));
	});
}
