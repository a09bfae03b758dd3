// Who gets a TCB while all are taken, and who gives way to whom: `rank` is the rule, in its order. RFC 9293 would have newcomers wait; a
// small set cannot. A SYN can be forged, so it takes only what nobody misses; a peer that has completed its handshake takes more, and so
// does our own program. The connections of programs stay, but those that their listener calls too slow: pace.ts.

import type { Interface } from "../../link/interface.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { DROP } from "../../packet/drops.ts";
import { end } from "./life.ts";
import { FAST } from "./pace.ts";
import { acknowledgeNow, emitReset } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { ORPHAN_GRACE, ORPHAN_TIME } from "./timers.ts";

/** Where this lies in a connection's block. */
const { home: HOME } = TcbBlock.offsets;

/** Who asks: the sender of a SYN; a peer that has completed its handshake, but was thrown out a moment ago; one that was not; our own program. */
export const STRANGER = 0;
const BARRED = 1;
const PROVEN = 2;
export const PROGRAM = 3;

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
		const slow = by >= PROVEN && tcb.listener === undefined && tcp.pace.slowness(tcb) !== FAST;
		return slow ? TOO_SLOW : STAYS;
	}
	if (state === tcbs.CLOSED) return FREE;
	// Both sides have said all, and know that the other has it. Only the network has to forget.
	if (state === tcbs.TIME_WAIT) return FORGETTING;
	if (by < PROVEN) return STAYS;
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
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb: Tcb = tcp.tcbs[i]!;
		const its = rank(tcp, tcb, by);
		if (its > best || its === STAYS || its === FREE) continue;
		const itsOrder = order(tcp, tcb, its);
		if (its === best && itsOrder >= bestOrder) continue;
		chosen = tcb;
		best = its;
		bestOrder = itsOrder;
	}
	return chosen;
}

/** The first free TCB that is not kept for somebody else, or undefined. */
function free(tcp: Tcp, remote: number, ports: number): Tcb | undefined {
	let tcb = tcp.free;
	if (tcp.pace.used) while (tcb !== undefined && !tcp.pace.mayHave(tcb, remote, ports)) tcb = tcb.nextFree;
	return tcb;
}

/** As what a peer asks that has completed its handshake. */
export function proven(tcp: Tcp, remote: number): number {
	return tcp.barred.none || !tcp.barred.has(remote, tcp.core.now) ? PROVEN : BARRED;
}

/** Whether the peer would get a TCB if it completed its handshake now. */
export function room(tcp: Tcp, remote: number, ports: number): boolean {
	return free(tcp, remote, ports) !== undefined || first(tcp, proven(tcp, remote)) !== undefined;
}

/** What `take` answers when a connection was ended that was too slow: its program has to close it before its TCB is free. */
export const SOON = null;

/**
 * A TCB for whom asks, with these numbers (our own program: 0): a free one, or that of one that gives way, or undefined; or SOON. Its copies are
 * the truth until `store`.
 */
export function take(tcp: Tcp, by: number, remote: number, ports: number): Tcb | undefined | typeof SOON {
	let tcb: Tcb | undefined | typeof SOON = tcp.free;
	if (tcb === undefined || tcp.pace.used) {
		tcb = find(tcp, by, remote, ports);
		if (!tcb) return tcb;
		unlink(tcp, tcb);
		tcp.pace.forget(tcb);
	} else {
		tcp.free = tcb.nextFree;
		tcb.nextFree = undefined;
	}
	tcbs.renew(tcb);
	tcp.view.setInt32(tcb.block + HOME, 0);
	return tcb;
}

/** The TCB to take, which is on the free list by then. */
function find(tcp: Tcp, by: number, remote: number, ports: number): Tcb | undefined | typeof SOON {
	const found = free(tcp, remote, ports);
	if (found !== undefined) return found;
	const ended = first(tcp, by);
	if (ended === undefined) return undefined;
	if (ended.detached || halfOpen(ended)) {
		giveWay(tcp, ended);
		return ended;
	}
	if (tcp.pace.hasPromise(tcp, remote, ports)) return undefined;
	endSlow(tcp, ended);
	tcp.pace.promise(ended, remote, ports);
	return SOON;
}

/** Where no TCB is free, ends the connection that would give way to a newcomer, for whoever comes next. */
export function keepFree(tcp: Tcp): void {
	if (tcp.free !== undefined) return;
	const ended = first(tcp, PROVEN);
	if (ended === undefined) return;
	if (ended.detached || halfOpen(ended)) return giveWay(tcp, ended);
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb = tcp.tcbs[i]!;
		// One was ended already, and its program has still to close it.
		if (tcb.ended === tcbs.SLOW && tcb.state === tcbs.CLOSED && !tcb.detached) return;
	}
	endSlow(tcp, ended);
}

/** Its program is told, and has to close it before its TCB is free. */
function endSlow(tcp: Tcp, tcb: Tcb): void {
	tcp.barred.add(tcb.remoteAddress, tcp.core.now);
	dismiss(tcp, tcb, DROP.tcpTooSlow, tcbs.SLOW);
}

/** Takes a TCB off the free list, of which it mostly is the first. */
function unlink(tcp: Tcp, tcb: Tcb): void {
	let before = tcp.free!;
	if (before === tcb) tcp.free = tcb.nextFree;
	else {
		while (before.nextFree !== tcb) before = before.nextFree!;
		before.nextFree = tcb.nextFree;
	}
	tcb.nextFree = undefined;
}

/** Ends a connection that no program has any more, so that its TCB is free. */
function giveWay(tcp: Tcp, tcb: Tcb): void {
	if (tcb.detached && tcb.state !== tcbs.TIME_WAIT) {
		tcp.barred.add(tcb.remoteAddress, tcp.core.now);
		return endOrphan(tcp, tcb);
	}
	if (halfOpen(tcb)) noteCookie(tcp);
	else lastAck(tcp, tcb);
	end(tcp, tcb, tcbs.NO_ERROR);
}

/** The peer's FIN came in this very turn, perhaps: then its acknowledgment is still to be sent. */
function lastAck(tcp: Tcp, tcb: Tcb): void {
	const mine = tcbs.load(tcp.view, tcb);
	if (tcb.work & tcbs.ACK_NOW) acknowledgeNow(tcp, tcb);
	if (mine) tcbs.store(tcp.view, tcb);
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
