// Who gets a TCB while all are taken, and who gives way to whom: `rank` is the rule, in its order. RFC 9293 would have newcomers wait; a
// small set cannot. A SYN can be forged, so it takes only what nobody misses; a peer that has completed its handshake takes more, and so
// does our own program. The connections of programs stay, but those that their listener calls too slow: pace.ts.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP } from "../../packet/drops.ts";
import type { Offset } from "../../packet/numbers.ts";
import { BIT_ACK_NOW, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { bar, isBarred } from "./barred.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { addressWord } from "./isn.ts";
import { dismiss, end, endOrphan } from "./life.ts";
import { FAST, hasPromise, mayHave, promise, slowness } from "./pace.ts";
import { acknowledgeNow } from "./send.ts";
import { CLOSED, FIN_WAIT_2, NO_ERROR, SLOW, SYN_RECEIVED, TIME_WAIT } from "./states.ts";
import { renew } from "./block.ts";
import { ORPHAN_GRACE, ORPHAN_TIME } from "./timing.ts";
import { PERSIST } from "./work.ts";

/** Who asks: the sender of a SYN; a peer that has completed its handshake, but was thrown out a moment ago; one that was not; our own program. */
export const STRANGER = 0;
const BARRED = 1;
const PROVEN = 2;
export const PROGRAM = 3;

/** What `take` answers beside the block of a TCB: there is none; a connection was ended that was too slow, and its program has to close it before its TCB is free. */
export const NO_SEAT = 0;
export const SOON = -1;

/** A closed connection whose peer is silent for so long gives way, ms. */
const STALLED_TIME = 1000;

/** Ranks: who comes first gives way first. */
const FREE = 0;
const FORGETTING = 1;
const HALF_OPEN = 2;
const DELIVERED = 3;
const STALLED = 4;
const ORPHAN = 5;
const TOO_SLOW = 6;
const STAYS = 7;

function rank(view: DataView, tcb: TcbBlock, by: number): number {
	const state = tcb.state;
	if (tcb.detached === 0) {
		// It loses nothing: the peer's ACK brings it back, as our SYN and ACK carried a cookie.
		if (halfOpen(tcb)) return by === STRANGER ? STAYS : HALF_OPEN;
		// A connection that still waits to be read has had no chance to show its pace.
		return by >= PROVEN && tcb.listener === 0 && slowness(view, tcb) !== FAST ? TOO_SLOW : STAYS;
	}
	if (state === CLOSED) return FREE;
	// Both sides have said all, and know that the other has it. Only the network has to forget.
	if (state === TIME_WAIT) return FORGETTING;
	if (by < PROVEN) return STAYS;
	// Its program has closed it. For a moment it may go on, as most need no more; but not when its peer takes nothing.
	const time = tcb.lingerMs >= 0 ? tcb.lingerMs : ORPHAN_TIME;
	const settled = ((CoreBlock.of(view, CORE).now - tcb.lingerAt) | 0) >= ((ORPHAN_GRACE - time) | 0);
	if (state === FIN_WAIT_2) return settled || by === PROGRAM ? DELIVERED : STAYS;
	if (stalled(view, tcb)) return STALLED;
	return settled ? ORPHAN : STAYS;
}

/** The peer's window is closed, or two segments in a row, or one for a second, brought no answer. One alone may have been lost. */
function stalled(view: DataView, tcb: TcbBlock): boolean {
	if ((tcb.work & PERSIST) !== 0 || tcb.backoff > 1) return true;
	const ms = (CoreBlock.of(view, CORE).now - tcb.stalledAt) | 0;
	return tcb.backoff === 1 && (ms >= tcb.rto || ms >= STALLED_TIME);
}

/** Of two of that rank, the one with the lower number gives way first: the oldest, or the slowest. */
function order(view: DataView, tcb: TcbBlock, its: number): number {
	if (its === TOO_SLOW) return slowness(view, tcb);
	const since = its === HALF_OPEN || its === STALLED ? tcb.stalledAt : tcb.lingerAt;
	return (since - CoreBlock.of(view, CORE).now) | 0;
}

/** The block of who gives way to whom asks, or NO_SEAT. */
function first(view: DataView, by: number): Offset {
	const count = CoreBlock.of(view, CORE).tcbCount;
	let chosen = NO_SEAT;
	let best = STAYS;
	let bestOrder = 0;
	for (let i = 0; i < count; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		const its = rank(view, tcb, by);
		if (its > best || its === STAYS || its === FREE) continue;
		const itsOrder = order(view, tcb, its);
		if (its === best && itsOrder >= bestOrder) continue;
		chosen = tcb.at;
		best = its;
		bestOrder = itsOrder;
	}
	return chosen;
}

/** The first free TCB that is not kept for somebody else, or NO_SEAT. */
function freeFor(view: DataView, remote: number, ports: number): Offset {
	const tcp = TcpBlock.of(view, tcpAt(view));
	let at = tcp.free;
	if (tcp.paced === 0) return at;
	while (at !== 0 && !mayHave(view, TcbBlock.of(view, at), remote, ports)) at = TcbBlock.of(view, at).nextFree;
	return at;
}

/** As what a peer asks that has completed its handshake. */
export function proven(view: DataView, remote: number): number {
	return isBarred(view, remote) ? BARRED : PROVEN;
}

/** Whether the peer would get a TCB if it completed its handshake now. */
export function room(view: DataView, remote: number, ports: number): boolean {
	return freeFor(view, remote, ports) !== NO_SEAT || first(view, proven(view, remote)) !== NO_SEAT;
}

/** The block of a TCB for whom asks, with these numbers (our own program: 0): a free one, or that of one that gives way; or NO_SEAT, or SOON. It is as new. */
export function take(view: DataView, by: number, remote: number, ports: number): number {
	const found = find(view, by, remote, ports);
	if (found === NO_SEAT || found === SOON) return found;
	const tcb = TcbBlock.of(view, found);
	unlink(view, tcb);
	renew(view, tcb);
	return found;
}

/** The block of the TCB to take, which is on the free list by then. */
function find(view: DataView, by: number, remote: number, ports: number): number {
	const free = freeFor(view, remote, ports);
	if (free !== NO_SEAT) return free;
	const ended = first(view, by);
	if (ended === NO_SEAT) return NO_SEAT;
	const tcb = TcbBlock.of(view, ended);
	if (tcb.detached !== 0 || halfOpen(tcb)) {
		giveWay(view, tcb);
		return ended;
	}
	if (hasPromise(view, remote, ports)) return NO_SEAT;
	endSlow(view, tcb);
	promise(view, tcb, remote, ports);
	return SOON;
}

/** Where no TCB is free, ends the connection that would give way to a newcomer, for whoever comes next. */
export function tcpKeepFree(view: DataView): void {
	if (TcpBlock.of(view, tcpAt(view)).free !== 0) return;
	const ended = first(view, PROVEN);
	if (ended === NO_SEAT) return;
	const tcb = TcbBlock.of(view, ended);
	if (tcb.detached !== 0 || halfOpen(tcb)) giveWay(view, tcb);
	else if (!slowToClose(view)) endSlow(view, tcb);
}

/** Whether one was ended as too slow already, and its program has still to close it. */
function slowToClose(view: DataView): boolean {
	const count = CoreBlock.of(view, CORE).tcbCount;
	for (let i = 0; i < count; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.ended === SLOW && tcb.state === CLOSED && tcb.detached === 0) return true;
	}
	return false;
}

/** Its program is told, and has to close it before its TCB is free. */
function endSlow(view: DataView, tcb: TcbBlock): void {
	bar(view, addressWord(view, tcb.remoteAddress));
	dismiss(view, tcb, DROP.tcpTooSlow, SLOW);
}

/** Takes a TCB off the free list, of which it mostly is the first. */
function unlink(view: DataView, tcb: TcbBlock): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	if (tcp.free === tcb.at) tcp.free = tcb.nextFree;
	else {
		let before = tcp.free;
		while (TcbBlock.of(view, before).nextFree !== tcb.at) before = TcbBlock.of(view, before).nextFree;
		TcbBlock.of(view, before).nextFree = tcb.nextFree;
	}
	tcb.nextFree = 0;
}

/** Ends a connection that no program has any more, so that its TCB is free. */
function giveWay(view: DataView, tcb: TcbBlock): void {
	if (tcb.detached !== 0 && tcb.state !== TIME_WAIT) {
		bar(view, addressWord(view, tcb.remoteAddress));
		endOrphan(view, tcb);
		return;
	}
	if (halfOpen(tcb)) noteCookie(view);
	// The peer's FIN came in this very turn, perhaps: then its acknowledgment is still to be sent.
	else if ((tcb.bits & BIT_ACK_NOW) !== 0) acknowledgeNow(view, tcb);
	end(view, tcb, NO_ERROR);
}

/** Whether a peer has asked for it, and not yet shown that it is there. */
export function halfOpen(tcb: TcbBlock): boolean {
	return tcb.state === SYN_RECEIVED && tcb.listener !== 0;
}

/** How many a program could have: free ones, and those that give way without an end of what a program has. */
export function tcpAvailable(view: DataView): number {
	const tcbCount = CoreBlock.of(view, CORE).tcbCount;
	let count = 0;
	for (let i = 0; i < tcbCount; i++)
		if (rank(view, TcbBlock.of(view, tcbAt(view, i)), PROGRAM) < TOO_SLOW) count = (count + 1) | 0;
	return count;
}

/** A SYN was answered, or forgotten after its answer, so that its ACK may come to the listener. */
export function noteCookie(view: DataView): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	tcp.cookies = 1;
	tcp.cookieAt = CoreBlock.of(view, CORE).now;
}
