// What /status tells: the stack's own account, the JavaScript heap, and how long all this has been running.

import type { Heap, Stack } from "../device.ts";

export class Report {
	readonly #stack: Stack;
	readonly #heap: Heap | undefined;
	#last: number | undefined = undefined;
	#uptimeMs = 0;

	constructor(stack: Stack, heap: Heap | undefined) {
		this.#stack = stack;
		this.#heap = heap;
	}

	/** Milliseconds since the first time that this was asked. The stack's clock wraps after 25 days: ask once in a while. */
	uptimeMs(): number {
		const now = this.#stack.core.now;
		this.#uptimeMs += (now - (this.#last ?? now)) | 0;
		this.#last = now;
		return this.#uptimeMs;
	}

	/** The report as JSON. */
	json(): string {
		const heap = this.#heap;
		return JSON.stringify({
			uptimeMs: this.uptimeMs(),
			...this.#stack.status(),
			heap: heap && {
				slotsUsed: heap.slotsUsed(),
				slotsTotal: heap.slotsTotal(),
				chunkBytesUsed: heap.chunkBytesUsed(),
				chunkBytesTotal: heap.chunkBytesTotal(),
				slotsAllocated: heap.slotsAllocated?.(),
				chunkBytesAllocated: heap.chunkBytesAllocated?.(),
				collections: heap.collections?.(),
				freeBytes: heap.freeBytes?.(),
			},
		});
	}
}
