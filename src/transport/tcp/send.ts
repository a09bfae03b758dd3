// What to send, RFC 9293 §3.8, in every state: once a turn for each connection that is pending, after the applications had theirs, so that one segment carries
// data, the acknowledgment, and the window as it is after reading.

import { output } from "../../ip/output.ts";
import { isBusy, isFull } from "../../link/transmit.ts";
import { isNone } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { tcpDeadline } from "../../packet/deadline.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import type { Length } from "../../packet/numbers.ts";
import { takeSpare } from "../../packet/packets.ts";
import { PathBlock } from "../../packet/path-block.ts";
import {
	BIT_ACK_NOW,
	BIT_CWR,
	BIT_ECN,
	BIT_LATE,
	BIT_NO_DELAY,
	BIT_PREDICTED,
	BIT_PROBE_DUE,
	BIT_SACK,
	BIT_SYN_DUE,
	BIT_TIMING,
	BIT_UNPROVEN,
	RUNS,
	TcbBlock,
} from "../../packet/tcb-block.ts";
import { timerSet } from "../../packet/timers.ts";
import { segmentBuild } from "../../wire/build.ts";
import { wrap } from "../../packet/ring.ts";
import { advertise, synWindow } from "./stream.ts";
import { ACK, CWR, FIN, PSH, RST, SYN, synOptions } from "../../wire/tcp.ts";
import { restartIdle } from "./congestion.ts";
import { echo, ecnFlags, mayBeMarked } from "./ecn.ts";
import { fastOpenOption } from "./fast-open.ts";
import { flightHasRoom, flightSent, lastAgain, nextLost, pipe, runEnd, runStart, sentAgain } from "./flight.ts";
import { agreed, offersBy, ownOffers, peerOffers } from "./offers.ts";
import { outputBlocked, tcpMark } from "./pending.ts";
import { wentAgain } from "./recovery.ts";
import { OPTIONED, writeOptions } from "./sack-out.ts";
import { receiveMss } from "./size.ts";
import { ESTABLISHED, FIN_WAIT_2, SYN_SENT, TIME_WAIT } from "./states.ts";
import { ACKS, predict, stopTiming } from "./block.ts";
import { cookieStamp, stampNow } from "./timestamps.ts";
import { PENDING, PERSIST, RETRANSMIT } from "./work.ts";

const FLAG_SHIFT = 16;

/** Least time between segments that are timed, ms. With a timeout of no less than 200 ms more would tell nothing. */
const RTT_STEP = 10;

/** Longest time between probes of a closed window, ms. */
export const PERSIST_MAX = 60_000;

/** Some timer of the connection expires at that time. The caller has set its bit and its time. */
export function arm(view: DataView, tcb: TcbBlock, at: number): void {
	timerSet(view, tcb.index, at);
	tcpDeadline(view, at);
}

/** An acknowledgment is owed, and goes out as the turn ends. */
export function oweAck(view: DataView, tcb: TcbBlock): void {
	tcb.bits = tcb.bits | BIT_ACK_NOW;
	tcpMark(view, tcb.at);
}

/** Builds and sends one segment. False when there is no packet buffer, or no room before the device at present: then the caller comes again. */
export function emit(view: DataView, tcb: TcbBlock, seq: number, flags: number, offset: number, length: Length): boolean {
	const out = PathBlock.of(view, tcb.path).out;
	return !(out !== 0 && isFull(view, out)) && emitOnce(view, tcb, seq, flags, offset, length);
}

/** The same for a segment that nobody sends again soon. False when there is no packet buffer. */
function emitOnce(view: DataView, tcb: TcbBlock, seq: number, flags: number, offset: number, length: Length): boolean {
	const core = CoreBlock.of(view, CORE);
	if (core.spare < 0) return false;
	let window = 0;
	let said = flags;
	if ((flags & SYN) !== 0) window = synWindow(tcb);
	else {
		said |= echo(tcb);
		window = advertise(tcb);
		if ((tcb.bits & OPTIONED) !== 0) writeOptions(view, tcb);
	}
	const at = core.spareAt;
	const end = segmentBuild(
		view,
		at,
		tcb,
		seq,
		(flags & ACK) !== 0 ? tcb.rcvNxt : 0,
		(said << FLAG_SHIFT) | window,
		offset,
		length,
	);
	if (output(view, core.spare, at, end, PathBlock.of(view, tcb.path))) takeSpare(view);
	if ((flags & ACK) !== 0) tcb.bits = tcb.bits & ~ACKS;
	return true;
}

/**
 * The number of a segment without data: the next one never used. While something goes again, sndNxt lies behind what the peer has, and it
 * would throw the acknowledgment away. The byte of a window probe was not in the window, and does not count.
 */
function bareSeq(tcb: TcbBlock): number {
	return (tcb.work & PERSIST) !== 0 ? tcb.sndNxt : tcb.sndMax;
}

/** A segment without data, at once. When there is no packet buffer, it follows at the end of a turn. */
export function acknowledgeNow(view: DataView, tcb: TcbBlock): void {
	if (!emit(view, tcb, bareSeq(tcb), ACK, 0, 0)) oweAck(view, tcb);
}

/** RST, for a connection that is given up. */
export function emitReset(view: DataView, tcb: TcbBlock): void {
	emitOnce(view, tcb, bareSeq(tcb), RST | ACK, 0, 0);
}

/** Something is in flight from now on. */
export function startRetransmit(view: DataView, tcb: TcbBlock, now: number): void {
	tcb.bits = tcb.bits & ~BIT_LATE;
	tcb.retransmitAt = (now + tcb.wait) | 0;
	tcb.work = tcb.work | RETRANSMIT;
	arm(view, tcb, tcb.retransmitAt);
}

/** Sends what there is to send, in any state. False when packet buffers ran out before, or the device was busy. */
export function transmitAny(view: DataView, tcb: TcbBlock): boolean {
	let complete = true;
	if (hasFastOpen() && (tcb.bits & BIT_SYN_DUE) !== 0 && !transmitSynAck(view, tcb)) complete = false;
	else if (tcb.state >= ESTABLISHED) complete = transmitOpen(view, tcb);
	else if (tcb.state >= SYN_SENT) complete = transmitSyn(view, tcb);
	if ((tcb.bits & BIT_PREDICTED) === 0) predict(tcb);
	return complete;
}

/** The same for a connection that is open, or closing. */
function transmitOpen(view: DataView, tcb: TcbBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	if ((tcb.bits & BIT_PROBE_DUE) !== 0) tryWay(view, tcb);
	const una = tcb.sndUna;
	const first = tcb.sndNxt;
	const used = tcb.sndQueued;
	let flight = (first - una) | 0;
	let complete = true;
	if (tcb.lostBytes !== 0) complete = sendLost(view, tcb);
	if (flight < used || (flight === used && finToSend(tcb))) {
		// RFC 5681 §4.1.
		if (flight === 0 && ((core.now - tcb.sentAt) | 0) > tcb.rto) restartIdle(tcb);
		if (!transmitData(view, tcb, flight)) complete = false;
		const next = tcb.sndNxt;
		if (next !== first) sent(view, tcb, first, next);
		flight = (next - una) | 0;
		// Nothing is in flight whose acknowledgment could open the window: probe it.
		if (flight === 0 && used > 0 && complete && (tcb.work & PERSIST) === 0) startPersist(view, tcb);
	}
	if ((tcb.bits & BIT_ACK_NOW) === 0) return complete;
	return emit(view, tcb, bareSeq(tcb), ACK, 0, 0) && complete;
}

/** A FIN in flight makes that one more than the bytes that are queued; once it is acknowledged, it does not go again. */
function finToSend(tcb: TcbBlock): boolean {
	return tcb.finQueued !== 0 && tcb.state !== FIN_WAIT_2 && tcb.state !== TIME_WAIT;
}

/** Bytes that the windows let go, beyond the `flight` that is unacknowledged. */
function roomFor(tcb: TcbBlock, flight: number): number {
	return Math.min((tcb.cwnd - pipe(tcb)) | 0, (tcb.sndWnd - flight) | 0);
}

/** The most data of a segment that goes now, whose options are prepared. */
function dataFor(view: DataView, tcb: TcbBlock): number {
	if ((tcb.bits & OPTIONED) === 0) return tcb.sndMss;
	const more = writeOptions(view, tcb);
	return Math.max((tcb.sndMss - more) | 0, 1);
}

/** Segment after segment, as long as there is room. Moves sndNxt. False when a buffer or the device is waited for. */
function transmitData(view: DataView, tcb: TcbBlock, flight: number): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, tcb.path);
	const mss = dataFor(view, tcb);
	const ring = tcb.sendRing;
	let unsent = (tcb.sndQueued - flight) | 0;
	let room = roomFor(tcb, flight);
	let offset: number = wrap((tcb.sndAt + flight) | 0, ring);
	let next = tcb.sndNxt;
	let went = false;
	let complete = true;
	const plain = echo(tcb) | ACK;
	const ecn = (tcb.bits & BIT_ECN) !== 0 && next === tcb.sndMax;
	if (ecn) mayBeMarked(view, tcb, true);
	while (true) {
		const length = Math.min(Math.min(unsent, mss), room);
		if (length < mss && !partialAllowed(tcb, next, length, unsent)) break;
		if (tcb.runCount === RUNS && !flightHasRoom(view, tcb)) break;
		// A device that is busy would soon make us drop: wait until it has taken what it was given.
		if (core.spare < 0 || isBusyPath(view, path)) {
			complete = false;
			break;
		}
		let flags = plain;
		if ((tcb.bits & BIT_CWR) !== 0 && length > 0) {
			flags |= CWR;
			tcb.bits = tcb.bits & ~BIT_CWR;
		}
		if (length === unsent) {
			if (length !== 0) flags |= PSH;
			if (tcb.finQueued !== 0) flags |= FIN;
		}
		const flagsWindow = (flags << FLAG_SHIFT) | advertise(tcb);
		const at = core.spareAt;
		const end = segmentBuild(view, at, tcb, next, tcb.rcvNxt, flagsWindow, offset, Math.max(length, 0));
		if (output(view, core.spare, at, end, path)) takeSpare(view);
		went = true;
		next = (next + length) | 0;
		if (length < mss) tcb.sndSmall = next;
		room = (room - length) | 0;
		unsent = (unsent - length) | 0;
		offset = wrap((offset + length) | 0, ring);
		if (unsent <= 0) break;
	}
	if (ecn) mayBeMarked(view, tcb, false);
	if (!went) return complete;
	if (unsent === 0 && tcb.finQueued !== 0) next = (next + 1) | 0;
	tcb.sndNxt = next;
	tcb.bits = tcb.bits & ~ACKS;
	return complete;
}

/** Whether a segment of less than the MSS may go. RFC 9293 §3.7.4 and §3.8.6.2.1. */
function partialAllowed(tcb: TcbBlock, next: number, length: number, unsent: number): boolean {
	const una = tcb.sndUna;
	if (length === unsent) {
		// All there is. A FIN does not wait, and needs no window of its own.
		if (tcb.finQueued !== 0 || (tcb.bits & BIT_NO_DELAY) !== 0 || next === una) return true;
		// Minshall's variant of Nagle's algorithm: only one small segment in flight, so that the tail of a write needs no ACK first.
		return ((tcb.sndSmall - una) | 0) <= 0;
	}
	// As much as the window takes: worth it when it is half of the largest that the peer ever had.
	return length > 0 && length >= tcb.sndWndMax >> 1;
}

/** Sequence numbers `first` to `next` went out: timers and the round-trip time. */
function sent(view: DataView, tcb: TcbBlock, first: number, next: number): void {
	const now = CoreBlock.of(view, CORE).now;
	tcb.sentAt = now;
	tcb.work = tcb.work & ~PERSIST;
	if ((tcb.work & RETRANSMIT) === 0) startRetransmit(view, tcb, now);
	// Karn: what was sent before is not timed. One segment is timed at a time (RFC 6298 §3), and one in RTT_STEP.
	if ((tcb.bits & BIT_TIMING) === 0 && first === tcb.sndMax && (now - tcb.rttAt) >>> 1 >= RTT_STEP >> 1)
		startTiming(tcb, first, now);
	if (((next - tcb.sndMax) | 0) > 0) tcb.sndMax = next;
	if (tcb.runCount !== 0 || (tcb.bits & BIT_SACK) !== 0) flightSent(view, tcb, next, now);
	if (tcb.recovering !== 0) tcb.prrOut = (tcb.prrOut + next - first) | 0;
}

/** The segment that begins there is timed. */
function startTiming(tcb: TcbBlock, seq: number, now: number): void {
	tcb.bits = tcb.bits | BIT_TIMING;
	tcb.rttSeq = seq;
	tcb.rttAt = now;
}

function startPersist(view: DataView, tcb: TcbBlock): void {
	const now = CoreBlock.of(view, CORE).now;
	if (tcb.backoff === 0) tcb.stalledAt = now;
	tcb.work = (tcb.work | PERSIST) & ~RETRANSMIT;
	tcb.bits = tcb.bits & ~BIT_PREDICTED;
	tcb.retransmitAt = (now + Math.min(tcb.rto, PERSIST_MAX)) | 0;
	arm(view, tcb, tcb.retransmitAt);
}

/** The probe of a window that is closed, or too small to be worth a segment: RFC 9293 §3.8.6.1. */
export function probe(view: DataView, tcb: TcbBlock): void {
	const window = tcb.sndWnd;
	const most = dataFor(view, tcb);
	const length = Math.min(Math.min(tcb.sndQueued, most), Math.max(window, 1));
	let flags = ACK | PSH;
	const una = tcb.sndUna;
	let end = (una + length) | 0;
	if (length === tcb.sndQueued && tcb.finQueued !== 0 && window >= length) {
		flags |= FIN;
		end = (end + 1) | 0;
	}
	if (!emit(view, tcb, una, flags, tcb.sndAt, Math.max(length, 0))) return;
	stopTiming(tcb);
	if (window > 0) {
		// Within the window it is data like any other.
		tcb.sndNxt = end;
		tcb.work = tcb.work & ~PERSIST;
		sent(view, tcb, una, end);
		stopTiming(tcb);
	} else if (((end - tcb.sndMax) | 0) > 0) tcb.sndMax = end;
}

/** Sends what is lost again, from the first on, as the congestion window lets it. False when a buffer or the device is waited for. RFC 6675 §5, RFC 8985 §6. */
function sendLost(view: DataView, tcb: TcbBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, tcb.path);
	const now = core.now;
	for (let index = nextLost(view, tcb); index >= 0; index = nextLost(view, tcb)) {
		const start = runStart(view, tcb, index);
		const most = dataFor(view, tcb);
		const length = Math.min(most, (runEnd(view, tcb, index) - start) | 0);
		const flight = pipe(tcb);
		if (flight > 0 && ((flight + length) | 0) > tcb.cwnd) return true;
		const into = (start - tcb.sndUna) | 0;
		// Beyond a window that has shrunk nothing goes but what the peer waits for.
		if (into !== 0 && ((into + length) | 0) > tcb.sndWnd) return true;
		if (core.spare < 0 || isBusyPath(view, path)) return false;
		if (!resend(view, tcb, start, length)) return false;
		sentAgain(view, tcb, index, length, now);
		wentAgain(tcb, length, stampNow(view, tcb));
		if (into === 0 && tcb.timedOut === 0) startRetransmit(view, tcb, now);
	}
	return true;
}

/** Whether a device is waited for that would soon make us drop. */
function isBusyPath(view: DataView, path: PathBlock): boolean {
	return path.out !== 0 && isBusy(view, path.out);
}

/** Sends `length` sequence numbers from `start` on again, of which the last may be our FIN. False when there is no packet buffer. */
function resend(view: DataView, tcb: TcbBlock, start: number, length: number): boolean {
	const into = (start - tcb.sndUna) | 0;
	const data = Math.max(Math.min(length, (tcb.sndQueued - into) | 0), 0);
	let flags = data < length ? ACK | FIN : ACK;
	if (data !== 0 && ((into + data) | 0) === tcb.sndQueued) flags |= PSH;
	stopTiming(tcb);
	tcb.resent = (tcb.resent + 1) | 0;
	tcb.sentAt = CoreBlock.of(view, CORE).now;
	return emitOnce(view, tcb, start, flags, wrap((tcb.sndAt + into) | 0, tcb.sendRing), data);
}

/** A tail probe of data that was never sent, though the congestion window is full. False when there is none, or the peer's window is full. */
export function probeNew(view: DataView, tcb: TcbBlock): boolean {
	const flight = (tcb.sndNxt - tcb.sndUna) | 0;
	const most = dataFor(view, tcb);
	const length = Math.min(Math.min((tcb.sndQueued - flight) | 0, most), (tcb.sndWnd - flight) | 0);
	return length > 0 && sendNew(view, tcb, flight, length);
}

/** Sends `length` bytes that were never sent, behind the `flight` that is unacknowledged. False when they cannot go at present. */
function sendNew(view: DataView, tcb: TcbBlock, flight: number, length: number): boolean {
	const seq = tcb.sndNxt;
	if (!flightHasRoom(view, tcb)) return false;
	if (!emit(view, tcb, seq, ACK | PSH, wrap((tcb.sndAt + flight) | 0, tcb.sendRing), Math.max(length, 0))) return false;
	tcb.sndNxt = (seq + length) | 0;
	sent(view, tcb, seq, tcb.sndNxt);
	return true;
}

/** A segment that is larger than others, by which the way is tried (black-hole.ts): when so much was never sent, nothing is lost, and the windows have room. RFC 4821 §7.4. */
function tryWay(view: DataView, tcb: TcbBlock): void {
	const flight = (tcb.sndNxt - tcb.sndUna) | 0;
	const size = tcb.probeMss;
	const troubled = (tcb.recovering | tcb.timedOut | tcb.lostBytes | tcb.backoff) !== 0 || tcb.sndNxt !== tcb.sndMax;
	if (troubled || ((tcb.sndQueued - flight) | 0) < size || roomFor(tcb, flight) < size) return;
	// What we have to say of gaps would not fit beside it.
	const most = dataFor(view, tcb);
	if (most < tcb.sndMss || !sendNew(view, tcb, flight, size)) return;
	tcb.bits = tcb.bits & ~BIT_PROBE_DUE;
	tcb.probeEnd = tcb.sndNxt;
	tcb.probeResent = tcb.resent;
}

/** A tail probe of what was sent last. False when it cannot go at present. */
export function probeLast(view: DataView, tcb: TcbBlock): boolean {
	const most = dataFor(view, tcb);
	const last = tcb.runCount === 0 ? tcb.sndUna : runStart(view, tcb, (tcb.runCount - 1) | 0);
	const length = Math.min((tcb.sndMax - last) | 0, (most + (tcb.finQueued !== 0 ? 1 : 0)) | 0);
	if (isBusyPath(view, PathBlock.of(view, tcb.path)) || !resend(view, tcb, (tcb.sndMax - length) | 0, length)) return false;
	lastAgain(view, tcb, length, CoreBlock.of(view, CORE).now);
	return true;
}

/** SYN, or SYN and ACK, with our MSS; again when the timer has put sndNxt back to iss. */
function transmitSyn(view: DataView, tcb: TcbBlock): boolean {
	if (tcb.sndNxt !== tcb.iss || isNone(view, tcb.localAddress)) {
		// It is on its way, or has no source address yet.
		tcb.bits = tcb.bits & ~BIT_ACK_NOW;
		return true;
	}
	const first = tcb.sndMax === tcb.iss;
	const next = emitSyn(view, tcb);
	const now = CoreBlock.of(view, CORE).now;
	if (next === tcb.iss) {
		// However long it waits to go, the attempt comes to its end.
		if ((tcb.work & RETRANSMIT) === 0) startRetransmit(view, tcb, now);
		return false;
	}
	if (first) startTiming(tcb, tcb.iss, now);
	else stopTiming(tcb);
	tcb.sndNxt = next;
	if (!hasFastOpen() || first) tcb.sndMax = next;
	tcb.sentAt = now;
	if (first || (tcb.work & RETRANSMIT) === 0) startRetransmit(view, tcb, now);
	return true;
}

/** Our SYN, as the state has it. Answers what follows upon it, and upon data that went with it; our first number when it cannot go at present. */
function emitSyn(view: DataView, tcb: TcbBlock): number {
	const asks = tcb.state === SYN_SENT;
	const offers = asks ? offersBy(view, PathBlock.of(view, tcb.path), ownOffers(view, tcb)) : agreed(view, tcb);
	const length = tcb.optionsLength;
	const stamp = stampNow(view, tcb);
	const early = hasFastOpen() && (tcb.bits & BIT_UNPROVEN) !== 0;
	const coded = tcb.listener === 0 || early ? stamp : cookieStamp(stamp, peerOffers(tcb));
	const mss = receiveMss(view, tcb);
	const syn = synOptions(view, tcb.options, mss, offers, coded, asks ? 0 : tcb.tsRecent);
	tcb.optionsLength = syn;
	const data = hasFastOpen() ? fastOpenOption(view, tcb, offers) : 0;
	const ecn = ecnFlags(view, tcb);
	const done = emit(view, tcb, tcb.iss, (asks ? SYN : SYN | ACK) | ecn, tcb.sndAt, data);
	tcb.optionsLength = length;
	return done ? (tcb.iss + 1 + data) | 0 : tcb.iss;
}

/** Our SYN and ACK for a connection that is open already, and again until it is acknowledged. False when it cannot go at present. RFC 7413 §4.2.2. */
function transmitSynAck(view: DataView, tcb: TcbBlock): boolean {
	const now = CoreBlock.of(view, CORE).now;
	const first = (tcb.work & RETRANSMIT) === 0;
	const next = emitSyn(view, tcb);
	if (first) startRetransmit(view, tcb, now);
	if (next === tcb.iss) return false;
	tcb.bits = tcb.bits & ~BIT_SYN_DUE;
	if (first) startTiming(tcb, tcb.iss, now);
	else stopTiming(tcb);
	return true;
}

/** Sends for the first of the pending connections. False when there is none. */
export function outputStep(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	const at = core.pending;
	if (at === 0) return false;
	const tcb = TcbBlock.of(view, at);
	core.pending = tcb.nextPending;
	tcb.work = tcb.work & ~PENDING;
	if (!transmitAny(view, tcb)) outputBlocked(view, at);
	return true;
}
