// Segments that came ahead of their turn. RFC 9293 §3.10.7.4, seventh step: their bytes go straight to their place in the receive
// ring, beyond rcvNxt; here is remembered which places are filled: a few ranges for each connection, apart, the latest first, as SACK tells them (RFC 2018 §4).

import type { Length, Offset } from "../../packet/numbers.ts";
import { RANGES, type TcbBlock } from "../../packet/tcb-block.ts";
import { pagedIn } from "../../wire/paged.ts";
import { wrap } from "../../packet/ring.ts";
import { twice } from "./twice.ts";

/** Bytes of a range: the sequence numbers of its start and its end. */
const PAIR = 8;

/** Where the start of range `index` stands, whose end follows. */
function edgeAt(tcb: TcbBlock, index: number): Offset {
	return (tcb.edges + Math.imul(index, PAIR)) | 0;
}

export function rangeStart(view: DataView, tcb: TcbBlock, index: number): number {
	return view.getInt32(edgeAt(tcb, index), true);
}

export function rangeEnd(view: DataView, tcb: TcbBlock, index: number): number {
	return view.getInt32((edgeAt(tcb, index) + 4) | 0, true);
}

function setRange(view: DataView, tcb: TcbBlock, index: number, start: number, end: number): void {
	view.setInt32(edgeAt(tcb, index), start, true);
	view.setInt32((edgeAt(tcb, index) + 4) | 0, end, true);
}

/** Range `from` stands at `to` from now on. */
function moveRange(view: DataView, tcb: TcbBlock, to: number, from: number): void {
	setRange(view, tcb, to, rangeStart(view, tcb, from), rangeEnd(view, tcb, from));
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

/** Bytes at rcvNxt = `next` that are there already, and forgets their ranges. */
export function takeAhead(view: DataView, tcb: TcbBlock, next: number): number {
	let taken = 0;
	let i = 0;
	while (i < tcb.ranges) {
		if (((next + taken - rangeStart(view, tcb, i)) | 0) < 0) {
			i = (i + 1) | 0;
			continue;
		}
		overlap(tcb, rangeStart(view, tcb, i), earlier(rangeEnd(view, tcb, i), next));
		taken = Math.max(taken, (rangeEnd(view, tcb, i) - next) | 0);
		tcb.ranges = tcb.ranges - 1;
		for (let n = i; n < tcb.ranges; n = (n + 1) | 0) moveRange(view, tcb, n, (n + 1) | 0);
		i = 0; // what lies behind it may have been passed already
	}
	return taken;
}

/** The highest end of a range; only while there is one. */
export function lastAhead(view: DataView, tcb: TcbBlock): number {
	let last = rangeEnd(view, tcb, 0);
	for (let i = 1; i < tcb.ranges; i++) {
		const end = rangeEnd(view, tcb, i);
		if (((end - last) | 0) > 0) last = end;
	}
	return last;
}

/** Adds a range as the first one, joined with those that it touches; those are apart from each other. False when all are in use. What is there twice is noted. */
function addRange(view: DataView, tcb: TcbBlock, start: number, end: number): boolean {
	let first = start;
	let last = end;
	let kept = 0;
	const count = tcb.ranges;
	for (let i = 0; i < count; i++) {
		const from = rangeStart(view, tcb, i);
		const to = rangeEnd(view, tcb, i);
		if (((to - start) | 0) < 0 || ((from - end) | 0) > 0) {
			moveRange(view, tcb, kept, i);
			kept = (kept + 1) | 0;
			continue;
		}
		overlap(tcb, later(start, from), earlier(end, to));
		first = earlier(first, from);
		last = later(last, to);
	}
	if (kept === RANGES) return false;
	for (let i = kept; i > 0; i = (i - 1) | 0) moveRange(view, tcb, i, (i - 1) | 0);
	setRange(view, tcb, 0, first, last);
	tcb.ranges = (kept + 1) & 0xff;
	return true;
}

function earlier(a: number, b: number): number {
	return ((a - b) | 0) < 0 ? a : b;
}

function later(a: number, b: number): number {
	return ((a - b) | 0) > 0 ? a : b;
}

/** From `start` to `end`, if that is a range, bytes came that were there. */
function overlap(tcb: TcbBlock, start: number, end: number): void {
	if (((end - start) | 0) > 0) twice(tcb, start, end);
}
