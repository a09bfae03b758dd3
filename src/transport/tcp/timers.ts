// The timers of TCP. RFC 6298 (retransmission), RFC 9293 §3.8 (acknowledgments, probes, user timeout) and §3.10.8.
// No timer costs anything while segments flow: setting one is a store. A connection stands once in a heap (packet/timers.ts), for the earliest time that was asked for
// since it was looked at; a timer that has moved on by then makes `tcpTimers` look once more.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { tcpDeadline } from "../../packet/deadline.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import type { Offset } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { BIT_LATE, BIT_PROBED, BIT_PROBED_AGAIN, BIT_SYN_DUE, BIT_UNPROVEN, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { timerDue, timerNext } from "../../packet/timers.ts";
import { holeTimedOut, lookUpwards } from "./black-hole.ts";
import { timedOut } from "./congestion.ts";
import { tick } from "./delayed.ts";
import { fastOpenLost } from "./fast-open.ts";
import { keepAlive } from "./keep-alive.ts";
import { end, endOrphan } from "./life.ts";
import { lookAtPace } from "./pace.ts";
import { raise, sizeTimedOut } from "./path-mtu.ts";
import { tcpMark } from "./pending.ts";
import { findLost } from "./rack.ts";
import { beginAnew, recoverBy, remember } from "./recovery.ts";
import { RTO_MAX, setWait } from "./rtt.ts";
import { arm, emitReset, PERSIST_MAX, probe, transmitAny } from "./send.ts";
import { ESTABLISHED, NO_ERROR, SYN_RECEIVED, SYN_SENT, TIME_WAIT, TIMEOUT, UNREACHABLE } from "./states.ts";
import { predict, stopTiming } from "./block.ts";
import { tailProbe } from "./tail.ts";
import { SYN_ACK_TIMEOUT, SYN_TIMEOUT, USER_TIMEOUT } from "./timing.ts";
import { KEEP_ALIVE, LINGER, PERSIST, RAISE, REORDER, RETRANSMIT, ROUTE_LOST, TIMERS } from "./work.ts";

/** Serves what is due and says when the next is. */
export function tcpTimers(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	core.tcpArmed = 0; // who still waits for something says so again
	tick(view);
	lookAtPace(view);
	let at = takeDue(view, now);
	while (at !== 0) {
		const tcb = TcbBlock.of(view, at);
		at = tcb.nextTimed;
		tcb.nextTimed = 0;
		serve(view, tcb, now);
		if ((tcb.work & TIMERS) !== 0) again(view, tcb);
		predict(tcb);
	}
	const ms = timerNext(view, now);
	if (ms >= 0) tcpDeadline(view, (now + ms) | 0);
}

/** The blocks that are due, as a list. All are taken before any is served: one that is due again at once comes in the next poll. */
function takeDue(view: DataView, now: number): Offset {
	let list: Offset = 0;
	for (let index = timerDue(view, now); index >= 0; index = timerDue(view, now)) {
		const tcb = TcbBlock.of(view, tcbAt(view, index));
		tcb.nextTimed = list;
		list = tcb.at;
	}
	return list;
}

function due(tcb: TcbBlock, bit: number, at: number, now: number): boolean {
	return (tcb.work & bit) !== 0 && ((now - at) | 0) >= 0;
}

/** Runs the timers of one connection that have expired. Any of them may end it, and then the others are gone. */
function serve(view: DataView, tcb: TcbBlock, now: number): void {
	if (due(tcb, REORDER, tcb.reorderAt, now)) reorderTimeout(view, tcb);
	if (due(tcb, RETRANSMIT, tcb.retransmitAt, now)) {
		if (tcb.wait !== tcb.rto && (tcb.bits & BIT_LATE) === 0) tailProbe(view, tcb);
		else retransmissionTimeout(view, tcb, now);
	}
	if (due(tcb, PERSIST, tcb.retransmitAt, now)) persistTimeout(view, tcb, now);
	if (due(tcb, KEEP_ALIVE, tcb.keepAliveAt, now) && !keepAlive(view, tcb)) giveUp(view, tcb, TIMEOUT);
	if (due(tcb, RAISE, tcb.raiseAt, now)) {
		if (tcb.holeMss !== 0) lookUpwards(view, tcb);
		else raise(view, tcb);
	}
	if (due(tcb, ROUTE_LOST, tcb.routeLostAt, now)) end(view, tcb, UNREACHABLE);
	if (!due(tcb, LINGER, tcb.lingerAt, now)) return;
	if (tcb.state === TIME_WAIT) end(view, tcb, NO_ERROR);
	else endOrphan(view, tcb);
}

/** Lists a connection for the times that its timers have. */
function again(view: DataView, tcb: TcbBlock): void {
	const work = tcb.work;
	if ((work & (RETRANSMIT | PERSIST)) !== 0) arm(view, tcb, tcb.retransmitAt);
	if ((work & KEEP_ALIVE) !== 0) arm(view, tcb, tcb.keepAliveAt);
	if ((work & LINGER) !== 0) arm(view, tcb, tcb.lingerAt);
	if ((work & ROUTE_LOST) !== 0) arm(view, tcb, tcb.routeLostAt);
	if ((work & RAISE) !== 0) arm(view, tcb, tcb.raiseAt);
	if ((work & REORDER) !== 0) arm(view, tcb, tcb.reorderAt);
}

/** Whether it is open though our SYN is not acknowledged. */
function isUnproven(tcb: TcbBlock): boolean {
	return hasFastOpen() && (tcb.bits & BIT_UNPROVEN) !== 0;
}

/** How long nothing may move before the connection is given up, ms. */
function patience(tcb: TcbBlock): number {
	if (tcb.state === SYN_RECEIVED || isUnproven(tcb)) return SYN_ACK_TIMEOUT;
	if (tcb.userTimeout !== 0) return tcb.userTimeout;
	return tcb.state === SYN_SENT ? SYN_TIMEOUT : USER_TIMEOUT;
}

/** Ends a connection whose peer is silent. Should it be there after all, it learns of it. */
function giveUp(view: DataView, tcb: TcbBlock, error: number): void {
	if (tcb.state >= SYN_RECEIVED) emitReset(view, tcb);
	end(view, tcb, error);
}

/** Ends the connection when its patience is at an end, else sets the timer to `wait`. True when it goes on. */
function backOff(view: DataView, tcb: TcbBlock, now: number, wait: number): boolean {
	const left = (tcb.stalledAt + patience(tcb) - now) | 0;
	if (left <= 0) {
		giveUp(view, tcb, tcb.softError !== 0 || PathBlock.of(view, tcb.path).out === 0 ? UNREACHABLE : TIMEOUT);
		return false;
	}
	tcb.backoff = (tcb.backoff + 1) | 0;
	stopTiming(tcb);
	tcb.retransmitAt = (now + Math.min(wait, left)) | 0;
	return true;
}

/** What others have overtaken has not come in time. RFC 8985 §6.2. */
function reorderTimeout(view: DataView, tcb: TcbBlock): void {
	findLost(view, tcb);
	recoverBy(view, tcb, 0, false);
	if (tcb.lostBytes !== 0) tcpMark(view, tcb.at);
}

/** RFC 6298 §5.4 to 5.7. Everything after sndUna that the peer has not told to have is lost, and is sent again as the window opens, unless the peer turns out to have it. */
function retransmissionTimeout(view: DataView, tcb: TcbBlock, now: number): void {
	const first = tcb.backoff === 0;
	if (first) tcb.stalledAt = (now - tcb.rto) | 0;
	tcb.rto = Math.min((2 * tcb.rto) | 0, RTO_MAX);
	if (!backOff(view, tcb, now, tcb.rto)) return;
	setWait(tcb);
	if (isUnproven(tcb)) tcb.bits = tcb.bits | BIT_SYN_DUE;
	else if (tcb.state >= ESTABLISHED) {
		sizeTimedOut(view, tcb);
		holeTimedOut(view, tcb);
		if (first && tcb.recovering === 0 && tcb.timedOut === 0) remember(tcb);
		timedOut(tcb, first && tcb.timedOut === 0);
		beginAnew(view, tcb);
		tcb.bits = tcb.bits & ~(BIT_PROBED | BIT_PROBED_AGAIN);
		tcb.work = tcb.work & ~REORDER;
	} else {
		tcb.sndNxt = tcb.sndUna;
		if (hasFastOpen()) fastOpenLost(view, tcb);
	}
	// Without a packet buffer nothing goes out; the timer comes again.
	if (!transmitAny(view, tcb)) tcpMark(view, tcb.at);
}

function persistTimeout(view: DataView, tcb: TcbBlock, now: number): void {
	if (tcb.sndQueued === 0) {
		tcb.work = tcb.work & ~PERSIST;
		return;
	}
	if (tcb.backoff === 0) tcb.stalledAt = now;
	const wait = tcb.backoff < 8 ? tcb.rto << tcb.backoff : PERSIST_MAX;
	if (backOff(view, tcb, now, Math.min(wait, PERSIST_MAX))) probe(view, tcb);
}
