// What /status tells: the stack's own account, the JavaScript heap, and how long all this has been running.

import { JsonPieces, STATUS, membersOf, type JsonWriter, type Status } from "multihome/status";
import type { Heap, Stack } from "../device.ts";
import type { PieceSource } from "../http.ts";

/** Of a heap, what it can tell. */
function told(member: keyof Heap) {
	const name = member; // a constant: what functions share in flash does not change
	return {
		has: (heap: Heap) => heap[name] !== undefined,
		write: (out: JsonWriter, heap: Heap) => out.number(heap[name]!()),
	};
}

const HEAP = membersOf<Heap, Heap>({
	slotsUsed: told("slotsUsed"),
	slotsTotal: told("slotsTotal"),
	chunkBytesUsed: told("chunkBytesUsed"),
	chunkBytesTotal: told("chunkBytesTotal"),
	slotsAllocated: told("slotsAllocated"),
	chunkBytesAllocated: told("chunkBytesAllocated"),
	collections: told("collections"),
	freeBytes: told("freeBytes"),
});

const REPORT = membersOf<{ uptimeMs: number; stack: Status; heap: Heap }, Report>({
	uptimeMs: { write: (out: JsonWriter, report) => out.number(report.uptimeMs()) },
	stack: { inline: true, of: (report) => report.stack, members: STATUS },
	heap: { has: (report) => report.heap !== undefined, of: (report) => report.heap, members: HEAP },
});

/** Values and brackets are told for so long at a time, µs: on a Raspberry Pi Pico each takes 0.3 to 0.9 ms, and a step of a program something besides. With 600 it had a third of the time beside full transfers, with 900 a half. */
const TURN_MICROSECONDS = 900;
/** So many where there is no clock that tells. */
const STEPS = 2;

export class Report {
	readonly stack: Stack;
	readonly heap: Heap | undefined;
	#last: number | undefined = undefined;
	#uptimeMs = 0;
	/** Of each that may be told at the same time, whether it is. Made once, for all answers. */
	readonly #tellings: Telling[] = [];

	/** `microseconds`: a clock, with which as much is told at a time as there is time for. `most`: how many may be told at the same time. */
	constructor(stack: Stack, heap: Heap | undefined, microseconds?: () => number, most = 2) {
		this.stack = stack;
		this.heap = heap;
		for (let i = 0; i < most; i++) this.#tellings.push(new Telling(new JsonPieces(REPORT, this), microseconds));
	}

	/** Milliseconds since the first time that this was asked. The stack's clock wraps after 25 days: ask once in a while. */
	uptimeMs(): number {
		const now = this.stack.core.now;
		this.#uptimeMs += (now - (this.#last ?? now)) | 0;
		this.#last = now;
		return this.#uptimeMs;
	}

	/** The report as JSON, from its beginning; undefined when as many are being told as may be. It is another's when it is closed. */
	tell(): PieceSource | undefined {
		for (let i = 0; i < this.#tellings.length; i++) {
			const telling = this.#tellings[i]!;
			if (telling.open) continue;
			telling.begin();
			return telling;
		}
		return undefined;
	}
}

class Telling implements PieceSource {
	readonly #pieces: JsonPieces;
	readonly #clock: (() => number) | undefined;
	open = false;
	readonly joins = true;

	constructor(pieces: JsonPieces, clock: (() => number) | undefined) {
		this.#pieces = pieces;
		this.#clock = clock;
	}

	begin(): void {
		this.open = true;
		this.#pieces.reset();
	}

	put(bytes: Uint8Array, at: number, end: number): number {
		const clock = this.#clock;
		const pieces = this.#pieces;
		if (clock === undefined) return pieces.append(bytes, at, end, STEPS);
		const begin = clock();
		let from = at;
		do {
			at = from;
			from = pieces.append(bytes, at, end, 1);
		} while (from > at && ((clock() - begin) | 0) < TURN_MICROSECONDS);
		return from;
	}

	close(): void {
		this.open = false;
	}
}
