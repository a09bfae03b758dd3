// Turns a stack on Node's event loop: polls it when it asks for it or when its time has come.

import { performance } from "node:perf_hooks";
import type { Stack } from "../../../src/stack.ts";

/** Monotonic milliseconds as an int32 that wraps. */
export function now(): number {
	return performance.now() | 0;
}

export class NodeLoop {
	#stack: Stack | undefined;
	#scheduled = false;
	#timer: NodeJS.Timeout | undefined;

	/** The stack to turn. Two steps, because the stack wants `wake` when it is made. */
	run(stack: Stack): void {
		this.#stack = stack;
		this.wake();
	}

	/** Polls soon. */
	wake(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		setImmediate(() => this.#turn());
	}

	close(): void {
		this.#stack = undefined;
		clearTimeout(this.#timer);
	}

	#turn(): void {
		this.#scheduled = false;
		const wait = this.#stack?.poll(now());
		if (wait === undefined) return;
		if (wait === 0) this.wake();
		else if (wait > 0) {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.wake(), wait);
		}
	}
}
