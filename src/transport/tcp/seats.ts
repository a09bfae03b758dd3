// Who gets a TCB while all are taken, and who gives way to whom: `rank` is the rule, in its order. RFC 9293 would have newcomers wait; a
// small set cannot. A SYN can be forged, so it takes only what nobody misses; a peer that has completed its handshake takes more, and so
// does our own program. The connections of programs stay, but those that their listener calls too slow: pace.ts.

import type { Interface } from "../../link/interface.ts";
import { TCB_HOME } from "../../packet/blocks.ts";
import { DROP } from "../../packet/drops.ts";
import { end } from "./life.ts";
import { FAST } from "./pace.ts";
import { acknowledgeNow, emitReset } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { ORPHAN_GRACE, ORPHAN_TIME } from "./timers.ts";

/** Who asks. */
export const STRANGER = 0;
export const PROVEN = 1;
export const PROGRAM = 2;

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

function rank(tcp: Tcp, tcb: Tcb, by: number): number {
	const state = tcb.state;
	if (!tcb.detached) {
		// It loses nothing: the peer's ACK brings it back, as our SYN and ACK carried a cookie.
		if (halfOpen(tcb)) return by === STRANGER ? STAYS : HALF_OPEN;
		// A connection that still waits to be read has had no chance to show its pace.
		const slow = by !== STRANGER && tcb.listener === undefined && tcp.pace.slowness(tcb) !== FAST;
		return slow ? TOO_SLOW : STAYS;
	}
	if (state === tcbs.CLOSED) return FREE;
	// Both sides have said all, and know that the other has it. Only the network has to forget.
	if (state === tcbs.TIME_WAIT) return FORGETTING;
	if (by === STRANGER) return STAYS;
	// Its program has closed it. For a moment it may go on, as most need no more; but not when its peer takes nothing.
	const settled = ((tcp.core.now - tcb.lingerAt) | 0) >= ORPHAN_GRACE - ORPHAN_TIME;
	if (state === tcbs.FIN_WAIT_2) return settled || by === PROGRAM ? DELIVERED : STAYS;
	if (stalled(tcp, tcb)) return STALLED;
	return settled ? ORPHAN : STAYS;
}

/** The peer's window is closed, or two segments in a row, or one for a second, brought no answer. One alone may have been lost. */
function stalled(tcp: Tcp, tcb: Tcb): boolean {
	if (tcb.work & tcbs.PERSIST || tcb.backoff > 1) return true;
	const ms = (tcp.core.now - tcb.stalledAt) | 0;
	return tcb.backoff === 1 && (ms >= tcb.rto || ms >= STALLED_TIME);
}

/** Of two of that rank, the one with the lower number gives way first: the oldest, or the slowest. */
function order(tcp: Tcp, tcb: Tcb, rank: number): number {
	if (rank === TOO_SLOW) return tcp.pace.slowness(tcb);
	return ((rank === HALF_OPEN || rank === STALLED ? tcb.stalledAt : tcb.lingerAt) - tcp.core.now) | 0;
}

/** Who gives way to whom asks, or undefined. */
function first(tcp: Tcp, by: number): Tcb | undefined {
	let chosen: Tcb | undefined = undefined;
	let best = STAYS;
	let bestOrder = 0;
	let leaving = false;
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb: Tcb = tcp.tcbs[i]!;
		if (tcb.ended === tcbs.SLOW && tcb.state === tcbs.CLOSED && !tcb.detached) leaving = true;
		const its = rank(tcp, tcb, by);
		if (its > best || its === STAYS || its === FREE) continue;
		const itsOrder = order(tcp, tcb, its);
		if (its === best && itsOrder >= bestOrder) continue;
		chosen = tcb;
		best = its;
		bestOrder = itsOrder;
	}
	// One was ended for its pace, and its program has not closed it yet: its place comes free, no need to end another.
	return best === TOO_SLOW && leaving ? undefined : chosen;
}

/** Whether somebody who completes a handshake now would get a TCB. */
export function room(tcp: Tcp): boolean {
	return tcp.free !== undefined || first(tcp, PROVEN) !== undefined;
}

/**
 * Ends the connection that gives way, if there is one. True when it was one that a program still has: its TCB comes free when the
 * program, told by its `onError`, has closed it.
 */
export function giveWay(tcp: Tcp, by: number): boolean {
	const tcb = first(tcp, by);
	if (tcb === undefined) return false;
	if (!tcb.detached && !halfOpen(tcb)) {
		dismiss(tcp, tcb, DROP.tcpTooSlow, tcbs.SLOW);
		return true;
	}
	if (halfOpen(tcb)) noteCookie(tcp);
	else if (tcb.state !== tcbs.TIME_WAIT) {
		endOrphan(tcp, tcb);
		return false;
	} else lastAck(tcp, tcb);
	end(tcp, tcb, tcbs.NO_ERROR);
	return false;
}

/** The peer's FIN came in this very turn, perhaps: then its acknowledgment is still to be sent. */
function lastAck(tcp: Tcp, tcb: Tcb): void {
	const mine = tcbs.load(tcp.view, tcb);
	if (tcb.work & tcbs.ACK_NOW) acknowledgeNow(tcp, tcb);
	if (mine) tcbs.store(tcp.view, tcb);
}

/** A TCB for whom asks: a free one, or that of one that gives way. Its copies are the truth until `store`. */
export function take(tcp: Tcp, by: number): Tcb | undefined {
	if (tcp.free === undefined) giveWay(tcp, by);
	const tcb = tcp.free;
	if (tcb === undefined) return undefined;
	tcp.free = tcb.nextFree;
	tcb.nextFree = undefined;
	tcbs.renew(tcb);
	tcp.view.setInt32(tcb.block + TCB_HOME, 0);
	if (tcp.pace.used) tcp.pace.forget(tcb);
	return tcb;
}

/** Whether a peer has asked for it, and not yet shown that it is there. */
export function halfOpen(tcb: Tcb): boolean {
	return tcb.state === tcbs.SYN_RECEIVED && tcb.listener !== undefined;
}

/** Whether a program that asks would get it, without an end of what a program has. */
export function spare(tcp: Tcp, tcb: Tcb): boolean {
	return rank(tcp, tcb, PROGRAM) < TOO_SLOW;
}

/** A SYN was answered, or forgotten after its answer, so that its ACK may come to the listener. */
export function noteCookie(tcp: Tcp): void {
	tcp.cookies = true;
	tcp.cookieAt = tcp.core.now;
}

/** The end of a connection that its program has closed, and whose peer has not: it has all and does not end its side, or does not take the rest. */
export function endOrphan(tcp: Tcp, tcb: Tcb): void {
	// In FIN-WAIT-2 a RST could take from the peer what it has and did not read yet.
	if (tcb.state !== tcbs.FIN_WAIT_2) return dismiss(tcp, tcb, DROP.tcpOrphan, tcbs.NO_ERROR);
	count(tcp, tcb, DROP.tcpOrphan);
	end(tcp, tcb, tcbs.NO_ERROR);
}

/** The peer is told by RST. */
function dismiss(tcp: Tcp, tcb: Tcb, reason: number, error: number): void {
	count(tcp, tcb, reason);
	const mine = tcbs.load(tcp.view, tcb);
	emitReset(tcp, tcb);
	if (mine) tcbs.store(tcp.view, tcb);
	end(tcp, tcb, error);
}

/** On the interface that it uses, or else on loopback. */
function count(tcp: Tcp, tcb: Tcb, reason: number): void {
	const link: Interface = tcb.path.out ?? tcp.ip.interfaces.list[0]!;
	tcp.core.count(link.block, reason);
}
