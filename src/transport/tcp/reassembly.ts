// Segments that came ahead of their turn. RFC 9293 §3.10.7.4, seventh step: their bytes go straight to their place in the receive
// ring, beyond rcvNxt; here is remembered which places are filled: a few ranges for each connection, apart and in ascending order.

import type { Length, Offset } from "../../packet/numbers.ts";
import { RANGES, type TcbBlock } from "../../packet/tcb-block.ts";
import { pagedIn } from "../../wire/paged.ts";
import { wrap } from "../../packet/ring.ts";

/** Bytes of a range: the sequence numbers of its start and its end. */
const PAIR = 8;

/** Where the start of range `index` stands, whose end follows. */
function edgeAt(tcb: TcbBlock, index: number): Offset {
	return (tcb.edges + Math.imul(index, PAIR)) | 0;
}

function startOf(view: DataView, tcb: TcbBlock, index: number): number {
	return view.getInt32(edgeAt(tcb, index), true);
}

function endOf(view: DataView, tcb: TcbBlock, index: number): number {
	return view.getInt32((edgeAt(tcb, index) + 4) | 0, true);
}

function setRange(view: DataView, tcb: TcbBlock, index: number, start: number, end: number): void {
	view.setInt32(edgeAt(tcb, index), start, true);
	view.setInt32((edgeAt(tcb, index) + 4) | 0, end, true);
}

/** Ranges from `from` on move to `to`; `count` of them. */
function moveRanges(view: DataView, tcb: TcbBlock, to: number, from: number, count: number): void {
	for (let i = 0; i < count; i++) {
		const n = to < from ? i : (count - 1 - i) | 0;
		setRange(view, tcb, (to + n) | 0, startOf(view, tcb, (from + n) | 0), endOf(view, tcb, (from + n) | 0));
	}
}

/**
 * Stores `length` bytes from arena offset `from` that begin `ahead` > 0 bytes after rcvNxt; the caller has cut them to the
 * window. False when there is no range left for them.
 */
export function storeAhead(view: DataView, tcb: TcbBlock, ahead: number, from: Offset, length: Length): boolean {
	const start = (tcb.rcvNxt + ahead) | 0;
	if (!addRange(view, tcb, start, (start + length) | 0)) return false;
	store(view, tcb, ahead, from, length);
	return true;
}

/** Puts `length` bytes from arena offset `from` into the receive ring, `ahead` bytes behind what is there in order. */
export function store(view: DataView, tcb: TcbBlock, ahead: number, from: Offset, length: Length): void {
	const ring = tcb.receiveRing;
	const at = wrap((tcb.rcvAt + ahead) | 0, ring);
	pagedIn(view, tcb.receivePages, ring, at, view, from, length);
}

/** Bytes at rcvNxt = `next` that are there already, and forgets their range. */
export function takeAhead(view: DataView, tcb: TcbBlock, next: number): number {
	let taken = 0;
	while (tcb.ranges > 0 && ((next + taken - startOf(view, tcb, 0)) | 0) >= 0) {
		taken = Math.max(taken, (endOf(view, tcb, 0) - next) | 0);
		tcb.ranges = tcb.ranges - 1;
		moveRanges(view, tcb, 0, 1, tcb.ranges);
	}
	return taken;
}

/** End of the last range; only while there is one. */
export function lastAhead(view: DataView, tcb: TcbBlock): number {
	return endOf(view, tcb, tcb.ranges - 1);
}

/** Adds a range, joined with those that it touches. False when all are in use. */
function addRange(view: DataView, tcb: TcbBlock, start: number, end: number): boolean {
	const count = tcb.ranges;
	let at = 0;
	while (at < count && ((endOf(view, tcb, at) - start) | 0) < 0) at++;
	// `at` is the first range that does not end before the new one; those up to `behind` touch it.
	let behind = at;
	while (behind < count && ((startOf(view, tcb, behind) - end) | 0) <= 0) behind++;
	if (behind === at) {
		if (count === RANGES) return false;
		moveRanges(view, tcb, (at + 1) | 0, at, (count - at) | 0);
		setRange(view, tcb, at, start, end);
		tcb.ranges = count + 1;
		return true;
	}
	const first = startOf(view, tcb, at);
	const last = endOf(view, tcb, (behind - 1) | 0);
	setRange(view, tcb, at, ((start - first) | 0) < 0 ? start : first, ((end - last) | 0) > 0 ? end : last);
	moveRanges(view, tcb, (at + 1) | 0, behind, (count - behind) | 0);
	tcb.ranges = count - (behind - at - 1);
	return true;
}
