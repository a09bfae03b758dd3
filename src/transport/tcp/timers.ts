// The timers of TCP. RFC 6298 (retransmission), RFC 9293 §3.8 (acknowledgments, probes, keep-alive, user timeout) and §3.10.8.
// No timer costs anything while segments flow: setting one is a store. A TCB stands once in a heap (packet/timers.ts), for the earliest time that was asked for
// since it was looked at; a timer that has moved on by then makes `scan` look once more.

import { tcpDelayAck, tcpMeasuredRto, tcpTick, timerDue, timerNext, timerSet } from "#codec";
import { ACK } from "../../wire/tcp.ts";
import { end } from "./life.ts";
import { raise, raiseAt, sizeTimedOut } from "./path-mtu.ts";
import { endOrphan } from "./seats.ts";
import { RTO_MAX } from "./rtt.ts";
import { emit, emitReset, mark, probe, transmitLoaded } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";

/** First timeout for data when the SYN had to be sent again. RFC 6298 §5.7. */
export const RTO_AFTER_LOST_SYN = 3000;
/** Longest time between probes of a closed window. */
export const PERSIST_MAX = 60_000;
/** Twice the lifetime of a segment, which we take for 30 s. RFC 9293 §3.3.2 says 2 minutes; systems in use say 15 to 60 s in all. */
export const TIME_WAIT_TIME = 60_000;
/** How long a connection that its program has closed may go on, and for how long it does not give way to newcomers; and a second more for each 4 KB that it had to send. */
export const ORPHAN_TIME = 60_000;
export const ORPHAN_GRACE = 3000;
/** How long data may wait for its acknowledgment. RFC 9293 §3.8.3 (R2). */
export const USER_TIMEOUT = 100_000;
/** The same for our SYN: at least 3 minutes. RFC 9293 §3.8.3. */
const SYN_TIMEOUT = 180_000;
/** And for SYN and ACK: whoever asked is there, or it was an attack. */
const SYN_ACK_TIMEOUT = 63_000;
/** Keep-alive: silence before the first probe when the application names none, time between probes, probes. RFC 9293 §3.8.4. */
export const KEEP_ALIVE_IDLE = 7_200_000;
export const KEEP_ALIVE_INTERVAL = 75_000;
const KEEP_ALIVE_PROBES = 9;
/** Some timer of the TCB expires at that time. The caller has set its bit and its time. */
export function arm(tcp: Tcp, tcb: Tcb, at: number): void {
	timerSet(tcp.view, tcb.index, at);
	tcp.core.deadline(at);
}

/** An acknowledgment waits for the delayed-ACK tick. */
export function delayAck(tcp: Tcp, tcb: Tcb): void {
	if (tcpDelayAck(tcp.view, tcb.block)) tcp.core.wake();
}

/** Serves what is due and says when the next is. */
export function scan(tcp: Tcp, now: number): void {
	const { core, pace, view } = tcp;
	tcpTick(view);
	if (pace.looking) {
		if (((now - pace.lookAt) | 0) >= 0) pace.look(tcp, now);
		else core.deadline(pace.lookAt);
	}
	let tcb = takeDue(tcp, now);
	while (tcb !== undefined) {
		const next: Tcb | undefined = tcb.nextTimed;
		tcb.nextTimed = undefined;
		serve(tcp, tcb, now);
		if (tcb.work & tcbs.TIMERS) again(tcp, tcb);
		tcb = next;
	}
	const ms = timerNext(view, now);
	if (ms >= 0) core.deadline((now + ms) | 0);
}

/** The TCBs that are due, as a list. All are taken before any is served: one that is due again at once comes in the next poll. */
function takeDue(tcp: Tcp, now: number): Tcb | undefined {
	let list: Tcb | undefined = undefined;
	for (let index = timerDue(tcp.view, now); index >= 0; index = timerDue(tcp.view, now)) {
		const tcb: Tcb = tcp.tcbs[index]!;
		tcb.nextTimed = list;
		list = tcb;
	}
	return list;
}

function due(tcb: Tcb, bit: number, at: number, now: number): boolean {
	return (tcb.work & bit) !== 0 && ((now - at) | 0) >= 0;
}

/** Runs the timers of one TCB that have expired. Any of them may end the connection, and then the others are gone. */
function serve(tcp: Tcp, tcb: Tcb, now: number): void {
	if (due(tcb, tcbs.RETRANSMIT | tcbs.PERSIST, tcb.retransmitAt, now) || due(tcb, tcbs.KEEP_ALIVE, tcb.keepAliveAt, now)) {
		const mine = tcbs.load(tcp.view, tcb);
		if (due(tcb, tcbs.RETRANSMIT, tcb.retransmitAt, now)) retransmissionTimeout(tcp, tcb, now);
		else if (due(tcb, tcbs.PERSIST, tcb.retransmitAt, now)) persistTimeout(tcp, tcb, now);
		if (due(tcb, tcbs.KEEP_ALIVE, tcb.keepAliveAt, now)) keepAliveTimeout(tcp, tcb, now);
		if (mine) tcbs.store(tcp.view, tcb);
	}
	if (tcb.work & tcbs.RAISE && due(tcb, tcbs.RAISE, raiseAt(tcp, tcb), now)) raise(tcp, tcb);
	if (due(tcb, tcbs.ROUTE_LOST, tcb.routeLostAt, now)) end(tcp, tcb, tcbs.UNREACHABLE);
	if (due(tcb, tcbs.LINGER, tcb.lingerAt, now)) {
		if (tcb.state === tcbs.TIME_WAIT) end(tcp, tcb, tcbs.NO_ERROR);
		else endOrphan(tcp, tcb);
	}
}

/** Lists a TCB for the times that its timers have. */
function again(tcp: Tcp, tcb: Tcb): void {
	const work = tcb.work;
	if (work & (tcbs.RETRANSMIT | tcbs.PERSIST)) arm(tcp, tcb, tcb.retransmitAt);
	if (work & tcbs.KEEP_ALIVE) arm(tcp, tcb, tcb.keepAliveAt);
	if (work & tcbs.LINGER) arm(tcp, tcb, tcb.lingerAt);
	if (work & tcbs.ROUTE_LOST) arm(tcp, tcb, tcb.routeLostAt);
	if (work & tcbs.RAISE) arm(tcp, tcb, raiseAt(tcp, tcb));
}

/**
 * Timeouts are over: the peer has acknowledged something. Karn's algorithm keeps the doubled timeout until a segment that went once is
 * acknowledged (RFC 6298 §5). When this acknowledgment came as fast after the last transmission as ever, the network has not slowed down
 * but lost, and to wait longer for the next loss would serve nobody.
 */
export function recoverRto(tcp: Tcp, tcb: Tcb): void {
	tcb.backoff = 0;
	const rto = tcpMeasuredRto(tcp.view, tcb.block);
	if (tcb.rto > rto && ((tcp.core.now - tcb.sentAt) | 0) < rto) tcb.rto = rto;
}

/** How long nothing may move before the connection is given up. */
function patience(tcb: Tcb): number {
	if (tcb.state === tcbs.SYN_RECEIVED) return SYN_ACK_TIMEOUT;
	if (tcb.userTimeout !== 0) return tcb.userTimeout;
	return tcb.state === tcbs.SYN_SENT ? SYN_TIMEOUT : USER_TIMEOUT;
}

/** Ends a connection whose peer is silent. Should it be there after all, it learns of it. */
function giveUp(tcp: Tcp, tcb: Tcb, error: number): void {
	if (tcb.state >= tcbs.SYN_RECEIVED) emitReset(tcp, tcb);
	end(tcp, tcb, error);
}

/** Ends the connection when its patience is at an end, else sets the timer to `wait`. True when it goes on. */
function backOff(tcp: Tcp, tcb: Tcb, now: number, wait: number): boolean {
	const left = (tcb.stalledAt + patience(tcb) - now) | 0;
	if (left <= 0) {
		giveUp(tcp, tcb, tcb.softError || tcb.path.out === undefined ? tcbs.UNREACHABLE : tcbs.TIMEOUT);
		return false;
	}
	tcb.backoff++;
	tcb.timing = false;
	tcb.retransmitAt = (now + (wait < left ? wait : left)) | 0;
	return true;
}

/** RFC 6298 §5.4 to 5.7. Everything after sndUna is sent again as the window opens, unless the peer turns out to have it. */
function retransmissionTimeout(tcp: Tcp, tcb: Tcb, now: number): void {
	const first = tcb.backoff === 0;
	if (first) tcb.stalledAt = (now - tcb.rto) | 0;
	const flight = (tcb.sndMax - tcb.sndUna) | 0;
	const doubled = tcb.rto * 2;
	tcb.rto = doubled < RTO_MAX ? doubled : RTO_MAX;
	if (!backOff(tcp, tcb, now, tcb.rto)) return;
	tcb.sndNxt = tcb.sndUna;
	if (tcb.state >= tcbs.ESTABLISHED) {
		sizeTimedOut(tcp, tcb);
		tcp.congestion.timedOut(tcb, flight, first);
		tcb.recovering = false;
		tcb.timedOut = true;
		tcb.recover = tcb.sndMax;
		tcb.dupAcks = 0;
	}
	// Without a packet buffer nothing goes out; the timer comes again.
	if (!transmitLoaded(tcp, tcb)) mark(tcp, tcb, tcbs.SEND);
}

function persistTimeout(tcp: Tcp, tcb: Tcb, now: number): void {
	if (tcb.sndQueued === 0) {
		tcb.work &= ~tcbs.PERSIST;
		return;
	}
	if (tcb.backoff === 0) tcb.stalledAt = now;
	const wait = tcb.backoff < 8 ? tcb.rto << tcb.backoff : PERSIST_MAX;
	if (backOff(tcp, tcb, now, wait < PERSIST_MAX ? wait : PERSIST_MAX)) probe(tcp, tcb);
}

/** Starts the keep-alive timer anew, or stops it when the application wants none. */
export function startKeepAlive(tcp: Tcp, tcb: Tcb): void {
	tcb.work &= ~tcbs.KEEP_ALIVE;
	if (tcb.keepAliveIdle === 0 || tcb.state < tcbs.ESTABLISHED || tcb.state === tcbs.TIME_WAIT) return;
	tcb.keepAliveProbes = 0;
	rest(tcp, tcb, tcb.keepAliveIdle);
}

function rest(tcp: Tcp, tcb: Tcb, ms: number): void {
	tcb.heard = false;
	tcb.heardRcvNxt = tcb.rcvNxt;
	tcb.heardSndUna = tcb.sndUna;
	tcb.work |= tcbs.KEEP_ALIVE;
	tcb.keepAliveAt = (tcp.core.now + ms) | 0;
	arm(tcp, tcb, tcb.keepAliveAt);
}

/** RFC 9293 §3.8.4. Segments leave no time behind, so silence is seen from one look to the next: the first probe comes after one to two times the idle time. */
function keepAliveTimeout(tcp: Tcp, tcb: Tcb, _now: number): void {
	const heard = tcb.heard || tcb.rcvNxt !== tcb.heardRcvNxt || tcb.sndUna !== tcb.heardSndUna;
	if (heard || tcb.sndMax !== tcb.sndUna) {
		tcb.keepAliveProbes = 0;
		rest(tcp, tcb, tcb.keepAliveIdle);
		return;
	}
	if (tcb.keepAliveProbes >= KEEP_ALIVE_PROBES) {
		giveUp(tcp, tcb, tcbs.TIMEOUT);
		return;
	}
	// One number before what the peer expects: it must answer. No data: RFC 9293 MUST-65 lets us.
	if (emit(tcp, tcb, (tcb.sndNxt - 1) | 0, ACK, 0, 0)) tcb.keepAliveProbes++;
	rest(tcp, tcb, tcb.keepAliveInterval);
}

/** Starts or moves the end of TIME-WAIT, or of a connection that its program has closed. */
export function linger(tcp: Tcp, tcb: Tcb, ms: number): void {
	tcb.work |= tcbs.LINGER;
	tcb.lingerAt = (tcp.core.now + ms) | 0;
	arm(tcp, tcb, tcb.lingerAt);
}

/** The program has closed it: from now on its days are counted. */
export function orphan(tcp: Tcp, tcb: Tcb): void {
	tcb.work |= tcbs.LINGER;
	tcb.lingerAt = (tcp.core.now + ORPHAN_TIME + (tcb.sndUsed >> 2)) | 0;
	arm(tcp, tcb, tcb.lingerAt);
}
