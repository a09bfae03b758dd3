// Recovery from losses: when it begins and ends, how much goes meanwhile (RFC 6937, proportional rate reduction), and that it was needless (RFC 3522 and 4015, by
// timestamps; RFC 3708's idea, by what came twice).

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { BIT_REORDERED, BIT_SACK, BIT_STAMPS, BIT_TWICE, BIT_UNDO, type TcbBlock } from "../../packet/tcb-block.ts";
import { reduce } from "./congestion.ts";
import { allLost, firstLost, noneLost, pipe } from "./flight.ts";
import { cameLate, rackRecovered } from "./rack.ts";
import { ratio } from "./ratio.ts";

/** Something is lost that was not before, or the timer expired: what congestion control had is kept, should it turn out to be wrong. */
export function remember(tcb: TcbBlock): void {
	tcb.priorCwnd = tcb.cwnd;
	tcb.priorSsthresh = tcb.ssthresh;
	tcb.undoBytes = 0;
	tcb.bits = tcb.bits & ~BIT_UNDO;
}

/** `bytes` go again at our timestamp `stamp`: the first ones date what the peer would have to have seen. */
export function wentAgain(tcb: TcbBlock, bytes: number, stamp: number): void {
	if ((tcb.bits & BIT_UNDO) === 0) {
		tcb.bits = tcb.bits | BIT_UNDO;
		tcb.undoStamp = stamp;
	}
	tcb.undoBytes = (tcb.undoBytes + bytes) | 0;
	tcb.prrOut = (tcb.prrOut + bytes) | 0;
}

/** Fast recovery begins. RFC 5681 §3.2, RFC 6675 §5. */
function begin(tcb: TcbBlock): void {
	remember(tcb);
	reduce(tcb);
	tcb.recover = tcb.sndMax;
	tcb.recovering = 1;
	tcb.prrDelivered = 0;
	tcb.prrOut = 0;
	tcb.recoverFlight = (tcb.sndMax - tcb.sndUna) | 0;
}

/** All that is in flight and not known to be there goes again, as the windows let it. Duplicates of it prove nothing. */
export function beginAnew(view: DataView, tcb: TcbBlock): void {
	allLost(view, tcb);
	tcb.recover = tcb.sndMax;
	tcb.timedOut = 1;
	tcb.recovering = 0;
	tcb.dupAcks = 0;
}

/** Everything that was in flight when it began is acknowledged. */
function finish(tcb: TcbBlock): void {
	tcb.recovering = 0;
	tcb.dupAcks = 0;
	tcb.cwnd = tcb.ssthresh;
	tcb.ackedBytes = 0;
	rackRecovered(tcb);
}

/**
 * An acknowledgment by which the peer has `delivered` bytes more has been looked at: recovery begins, goes on or ends. `advanced`: it acknowledges what was not before.
 */
export function recoverBy(view: DataView, tcb: TcbBlock, delivered: number, advanced: boolean): void {
	if (advanced && needless(tcb)) {
		if (tcb.recovering !== 0) cameLate(tcb, (tcb.tsEcho - tcb.tsOffset) | 0, CoreBlock.of(view, CORE).now);
		undo(view, tcb);
	}
	if (tcb.timedOut !== 0) {
		if (((tcb.sndUna - tcb.recover) | 0) >= 0) tcb.timedOut = 0;
		return;
	}
	if (tcb.recovering === 0) {
		if (tcb.lostBytes === 0) return;
		begin(tcb);
	} else if (((tcb.sndUna - tcb.recover) | 0) >= 0) {
		finish(tcb);
		return;
	} else if (advanced && (tcb.bits & BIT_SACK) === 0) firstLost(view, tcb, tcb.sndMss); // a partial acknowledgment, RFC 6582
	proportion(tcb, delivered, advanced);
}

/** RFC 6937 §3: as much goes as the peer has got, in the proportion that the window is reduced by. */
function proportion(tcb: TcbBlock, delivered: number, advanced: boolean): void {
	const mss = tcb.sndMss;
	const flight = pipe(tcb);
	tcb.prrDelivered = (tcb.prrDelivered + delivered) | 0;
	let more = 0;
	if (flight > tcb.ssthresh) {
		const most = ratio(tcb.prrDelivered, tcb.ssthresh, Math.max(tcb.recoverFlight, 1));
		more = (most - tcb.prrOut) | 0;
		// In segments, rounded up.
		if (more > 0) more = Math.max(more, mss);
	} else {
		const rest = Math.max((tcb.prrDelivered - tcb.prrOut) | 0, delivered);
		// What is acknowledged in order says that the network is well: then as fast as in slow start.
		const limit = advanced ? (rest + mss) | 0 : rest;
		more = Math.min((tcb.ssthresh - flight) | 0, limit);
	}
	// The first goes at once; and without SACK what a partial acknowledgment asks for: RFC 6582 §3.2, step 3.
	if (tcb.prrOut === 0 || (advanced && (tcb.bits & BIT_SACK) === 0)) more = Math.max(more, mss);
	tcb.cwnd = (flight + Math.max(more, 0)) | 0;
}

/** Whether what went again need not have: the peer echoes a timestamp from before. */
function needless(tcb: TcbBlock): boolean {
	if (tcb.recovering === 0 && tcb.timedOut === 0) return false;
	const known = BIT_UNDO | BIT_STAMPS;
	return (tcb.bits & known) === known && ((tcb.tsEcho - tcb.undoStamp) | 0) < 0;
}

/** Whether by what came twice it was so; recovery may be over already. */
export function allTwice(tcb: TcbBlock): boolean {
	return (tcb.bits & (BIT_UNDO | BIT_TWICE)) === (BIT_UNDO | BIT_TWICE) && tcb.undoBytes <= 0;
}

/** As if nothing had been lost. RFC 4015 §3.2. */
export function undo(view: DataView, tcb: TcbBlock): void {
	noneLost(view, tcb);
	tcb.cwnd = Math.max(tcb.cwnd, tcb.priorCwnd);
	tcb.ssthresh = Math.max(tcb.ssthresh, tcb.priorSsthresh);
	tcb.bits = (tcb.bits | BIT_REORDERED) & ~BIT_UNDO;
	tcb.recovering = 0;
	tcb.timedOut = 0;
	tcb.dupAcks = 0;
}
