// Segments that came ahead of their turn. RFC 9293 §3.10.7.4, seventh step: their bytes go straight to their place in the receive
// ring, beyond rcvNxt; here is remembered which places are filled: a few ranges for each TCB, apart and in ascending order.

import { ringPut } from "#codec";
import type { Tcb } from "./tcb.ts";

/** Ranges per TCB. 8 B each. With all in use a further range is dropped and the peer sends it again. */
export const RANGES = 4;

export class Reassembly {
	/** Start and end of every range, sequence numbers: RANGES pairs for each TCB. */
	#edges: Int32Array;

	constructor(tcbs: number) {
		this.#edges = new Int32Array(tcbs * RANGES * 2);
	}

	/**
	 * Stores `length` bytes from arena offset `from` that begin `ahead` > 0 bytes after rcvNxt; the caller has cut them to the
	 * window. False when there is no range left for them.
	 */
	store(view: DataView, tcb: Tcb, size: number, ahead: number, from: number, length: number): boolean {
		const start = (tcb.rcvNxt + ahead) | 0;
		if (!this.#add(tcb, start, (start + length) | 0)) return false;
		let at = tcb.rcvAt + ahead;
		if (at >= size) at -= size;
		ringPut(view, tcb.receiveRing, size, at, from, length);
		return true;
	}

	/** Bytes at rcvNxt = `next` that are there already, and forgets their range. */
	take(tcb: Tcb, next: number): number {
		const edges = this.#edges;
		const base = tcb.index * RANGES * 2;
		let taken = 0;
		while (tcb.ranges > 0 && ((((next + taken) | 0) - edges[base]!) | 0) >= 0) {
			const more = (edges[base + 1]! - next) | 0;
			if (more > taken) taken = more;
			tcb.ranges--;
			edges.copyWithin(base, base + 2, base + 2 + tcb.ranges * 2);
		}
		return taken;
	}

	/** End of the last range; only while there is one. */
	end(tcb: Tcb): number {
		return this.#edges[(tcb.index * RANGES + tcb.ranges) * 2 - 1]!;
	}

	/** Adds a range, joined with those that it touches. */
	#add(tcb: Tcb, start: number, end: number): boolean {
		const edges = this.#edges;
		const base = tcb.index * RANGES * 2;
		const last = base + tcb.ranges * 2;
		let at = base;
		while (at < last && ((edges[at + 1]! - start) | 0) < 0) at += 2;
		// `at` is the first range that does not end before the new one; those up to `behind` touch it.
		let behind = at;
		while (behind < last && ((edges[behind]! - end) | 0) <= 0) behind += 2;
		if (behind === at) {
			if (tcb.ranges === RANGES) return false;
			edges.copyWithin(at + 2, at, last);
			edges[at] = start;
			edges[at + 1] = end;
			tcb.ranges++;
			return true;
		}
		if (((start - edges[at]!) | 0) < 0) edges[at] = start;
		const edge = edges[behind - 1]!;
		edges[at + 1] = ((end - edge) | 0) > 0 ? end : edge;
		edges.copyWithin(at + 2, behind, last);
		tcb.ranges -= (behind - at - 2) >> 1;
		return true;
	}
}
