// Says what a long step is doing, on the error output: a line before it, what it is at every 2 s, and how long it took.

import { performance } from "node:perf_hooks";

/** Longest silence, ms. */
const SILENCE_MS = 2000;

export class Progress {
	#label;
	#step = "";
	#started = performance.now();
	#told = false;
	#shown = 0;
	#timer;
	#terminal = process.stderr.isTTY === true;
	#every;

	/** `afterMs`: steps that are over sooner say nothing. `everyMs`: between lines where there is no terminal. */
	constructor(label, { afterMs = 0, everyMs = SILENCE_MS } = {}) {
		this.#label = label;
		this.#every = this.#terminal ? Math.min(everyMs, SILENCE_MS) : everyMs;
		if (afterMs === 0) this.#begin();
		else this.#timer = setTimeout(() => this.#begin(), afterMs);
		this.#timer?.unref();
	}

	/** What is being done now, such as "3 of 85 files". */
	step(text) {
		this.#step = text;
		// The timer may have been kept waiting by what was done until now.
		if (this.#told && (this.#terminal || performance.now() - this.#shown > this.#every)) this.#show();
	}

	/** It is done: the time it took is said, when anything was. */
	end() {
		this.#stop();
		if (!this.#told) return;
		const line = `${this.#label}: ${((performance.now() - this.#started) / 1000).toFixed(1)} s\n`;
		process.stderr.write(this.#terminal ? `\r\u001B[K${line}` : line);
	}

	/** It failed: whoever catches that says more. */
	fail() {
		this.#stop();
		if (this.#told && this.#terminal) process.stderr.write("\r\u001B[K");
	}

	#stop() {
		clearTimeout(this.#timer);
		clearInterval(this.#timer);
	}

	#begin() {
		this.#told = true;
		this.#shown = performance.now();
		if (this.#terminal) this.#show();
		else process.stderr.write(`${this.#label} …\n`);
		this.#timer = setInterval(() => this.#show(), this.#every).unref();
	}

	#show() {
		this.#shown = performance.now();
		const seconds = Math.round((performance.now() - this.#started) / 1000);
		const text = [this.#step, seconds > 0 ? `${seconds} s` : ""].filter((part) => part !== "").join(", ");
		process.stderr.write(this.#terminal ? `\r\u001B[K${this.#label} … ${text}` : `  ${text}\n`);
	}
}

/** Runs `action`, which is given the progress, or undefined when `label` is. */
export async function withProgress(label, action, options) {
	if (label === undefined) return action(undefined);
	const progress = new Progress(label, options);
	try {
		const result = await action(progress);
		progress.end();
		return result;
	} catch (error) {
		progress.fail();
		throw error;
	}
}
