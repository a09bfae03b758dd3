// How much of TCP's pool each stream (the receive or the send side of a connection) may hold. The pool is promised, page by page: the window that a peer was told, and the room that a
// program was told, are pages that are kept for them, so that what comes within them always finds its place, and neither is ever taken back (RFC 9293 §3.8.6).
//
// Every stream of every socket, open or not, has its floor for good. Beyond it, it holds three quarters of what the others leave at most. (What switches call
// a dynamic threshold, Choudhury and Hahne 1998: there is always something left for who comes next, and it needs no list of streams.) As pages are passed, by the program
// that reads or the peer that acknowledges, as many and as many again are promised anew, if that share allows: so windows grow with what is used of them, and who
// does not move keeps what he was promised and gets no more.

import { PAGE_SHIFT } from "../../config.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { PAGE_MASK, pagesRelease } from "../../packet/pages.ts";
import { wrap } from "../../packet/ring.ts";
import { BIT_FIN, type TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { ESTABLISHED } from "./states.ts";

/** Room is rounded down to whole segments where these have at least so many bytes. With smaller ones that gains little, and takes a step for each of many. */
const LEAST_FULL = 512;

/** Pages promised from now on to a stream that had `promised`, of which `passed` are done with: `floor` at least, `most` at most; and up to `wanted` when there are as many. */
function renewed(pool: TcpBlock, promised: number, passed: number, floor: number, most: number, wanted: number): number {
	const others = (pool.pagesPromised - promised) | 0;
	const left = (pool.pageCount - others - floor) | 0;
	const fair = (floor + left - (left >> 2)) | 0;
	const kept = Math.max((promised - passed) | 0, floor);
	const next = Math.max(Math.min(Math.min(wanted, most), fair), kept);
	pool.pagesPromised = (others + next) | 0;
	return next;
}

/**
 * `passed` pages from that of ring byte `at` on are done with, and go back. But a ring to which all of its pages are promised keeps them where they are, as nobody else may have them: while a
 * connection has all that it may have, no page changes hands. Of `before` pages promised then `now` are left.
 */
function giveBack(view: DataView, pages: Offset, ring: Offset, at: Offset, passed: Length, before: number, now: number): void {
	const slots = ring >> PAGE_SHIFT;
	if (now === slots) return;
	if (before !== slots) pagesRelease(view, pages, ring, at, passed);
	else pagesRelease(view, pages, ring, wrap((at + ((passed + now - slots) << PAGE_SHIFT)) | 0, ring), (slots - now) | 0);
}

/** The program has read `length` bytes, from ring byte `from` on; `left` are left. */
export function taken(view: DataView, tcb: TcbBlock, from: Offset, length: Length, left: Offset): void {
	const end = (from & PAGE_MASK) + length;
	const passed = end >> PAGE_SHIFT;
	if (passed !== 0) {
		const pool = TcpBlock.of(view, tcpAt(view));
		const ring = tcb.receiveRing;
		// Nothing more comes behind a FIN.
		const most = tcb.state < ESTABLISHED || (tcb.bits & BIT_FIN) !== 0 ? 0 : ring >> PAGE_SHIFT;
		const before = tcb.receivePromised;
		const promised = renewed(pool, before, passed, pool.receiveFloor, most, (before + passed) | 0);
		giveBack(view, tcb.receivePages, ring, from, passed, before, promised);
		tcb.receivePromised = promised;
	}
	tcb.rcvRoom = (roomOf(tcb.receiveSize, tcb.receivePromised, end) - left) | 0;
}

/**
 * The peer has acknowledged the first `length` bytes in the send ring; `left` are left. When nothing is left, no acknowledgment comes that would bring more room: then all is promised that the share
 * allows, as a program may wait for room for a message.
 */
export function delivered(view: DataView, tcb: TcbBlock, length: Length, left: number): void {
	const at = tcb.sndAt;
	const ring = tcb.sendRing;
	const end = (at & PAGE_MASK) + length;
	const passed = end >> PAGE_SHIFT;
	const slots = ring >> PAGE_SHIFT;
	if (passed !== 0 || (left === 0 && tcb.sendPromised !== slots)) {
		const pool = TcpBlock.of(view, tcpAt(view));
		const before = tcb.sendPromised;
		// Nothing more is written behind a FIN.
		const most = tcb.finQueued === 0 ? slots : 0;
		const promised = renewed(pool, before, passed, pool.sendFloor, most, left === 0 ? slots : (before + passed) | 0);
		giveBack(view, tcb.sendPages, ring, at, passed, before, promised);
		tcb.sendPromised = promised;
	}
	tcb.sndQueued = left & 0x3fffffff;
	tcb.sndAt = wrap((at + length) | 0, ring);
	const room = (inSegments(tcb, roomOf(tcb.sendSize, tcb.sendPromised, end)) - left) | 0;
	if (room > tcb.sndRoom) tcb.sndRoom = room & 0x3fffffff;
}

/**
 * Of the room for so many bytes as much as full segments fill: a program that always writes as much as it may would else have a small one in
 * every window, for which others wait (Nagle's algorithm).
 */
function inSegments(tcb: TcbBlock, room: number): number {
	return room === tcb.sendSize ? tcb.sndMost : segmentsOf(tcb, room);
}

function segmentsOf(tcb: TcbBlock, room: number): number {
	const mss = tcb.sndMss;
	if (mss > room || mss < LEAST_FULL) return room;
	let whole = mss;
	while (((whole + mss) | 0) <= room) whole = (whole + mss) | 0;
	return whole;
}

/** The size of segments is known: the room that a new connection has, for a full segment where the share allows that. */
export function firstRoom(view: DataView, tcb: TcbBlock): void {
	const pool = TcpBlock.of(view, tcpAt(view));
	const slots = tcb.sendRing >> PAGE_SHIFT;
	const wanted = ((tcb.sndMss + PAGE_MASK) >> PAGE_SHIFT) & 0xffff;
	const promised = renewed(pool, tcb.sendPromised, 0, pool.sendFloor, slots, wanted);
	tcb.sendPromised = promised;
	// A ring that full segments all but fill is as large as these.
	const full = segmentsOf(tcb, tcb.sendSize);
	tcb.sndMost = ((tcb.sendSize - full) | 0) < tcb.sndMss >> 2 ? full : tcb.sendSize;
	// What was written before, with Fast Open, lies in it.
	const room = (inSegments(tcb, roomOf(tcb.sendSize, promised, tcb.sndAt)) - tcb.sndQueued) | 0;
	if (room > tcb.sndRoom) tcb.sndRoom = room & 0x3fffffff;
}

/** Bytes that fit in a stream of at most `size`, with so many pages promised, whose first byte lies at that place of its page. */
function roomOf(size: Offset, promised: number, at: number): number {
	return Math.min(size, ((promised << PAGE_SHIFT) - (at & PAGE_MASK)) | 0);
}

/** A new connection: its floor, and nothing in it. */
export function floors(view: DataView, tcb: TcbBlock): void {
	tcb.rcvQueued = 0;
	tcb.rcvAt = 0;
	tcb.sndQueued = 0;
	tcb.sndAt = 0;
	tcb.rcvRoom = firstWindow(view, tcb);
	tcb.sndRoom = 0;
}

/** The window that a new connection has. */
export function firstWindow(view: DataView, tcb: TcbBlock): number {
	return roomOf(tcb.receiveSize, TcpBlock.of(view, tcpAt(view)).receiveFloor, 0);
}

/** All that a stream has goes back to the pool, but its floor. */
function clear(view: DataView, pool: TcpBlock, pages: Offset, ring: Offset, promised: number, floor: number): void {
	pagesRelease(view, pages, ring, 0, ring >> PAGE_SHIFT);
	pool.pagesPromised = (pool.pagesPromised - promised + floor) | 0;
}

/** Nothing is sent any more. */
export function sendEnds(view: DataView, tcb: TcbBlock): void {
	const pool = TcpBlock.of(view, tcpAt(view));
	clear(view, pool, tcb.sendPages, tcb.sendRing, tcb.sendPromised, pool.sendFloor);
	tcb.sendPromised = pool.sendFloor;
}

/** Nobody reads any more. */
export function receiveEnds(view: DataView, tcb: TcbBlock): void {
	const pool = TcpBlock.of(view, tcpAt(view));
	clear(view, pool, tcb.receivePages, tcb.receiveRing, tcb.receivePromised, pool.receiveFloor);
	tcb.receivePromised = pool.receiveFloor;
}
