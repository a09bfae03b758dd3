// Congestion control: slow start (RFC 5681), then CUBIC (RFC 9438, cubic.ts) or NewReno. cwnd and ssthresh are bytes. What happens while something is lost is recovery.ts.

import { BIT_CWR, BIT_ECN, BIT_RENO, type TcbBlock } from "../../packet/tcb-block.ts";
import { avoid, cubicBegins, cubicReduced } from "./cubic.ts";
import { growth, roundsBegin } from "./hystart.ts";

/** No threshold yet: slow start until something is lost. */
const NO_THRESHOLD = 0x7fffffff;

/** RFC 6928 §2: min(10 MSS, max(2 MSS, 14,600)). */
function initialWindow(mss: number): number {
	return Math.min((10 * mss) | 0, Math.max((2 * mss) | 0, 14_600));
}

/** The handshake is done. `lost`: the SYN had to be sent again; then one segment, RFC 5681 §3.1. */
export function opened(tcb: TcbBlock, lost: boolean): void {
	tcb.cwnd = lost ? tcb.sndMss : initialWindow(tcb.sndMss);
	tcb.ssthresh = NO_THRESHOLD;
	tcb.ackedBytes = 0;
	cubicBegins(tcb);
	roundsBegin(tcb);
}

/** `bytes` were acknowledged outside of recovery, and `flight` are still on their way. Not asked while cwnd is more than twice the send ring. */
export function acknowledged(tcb: TcbBlock, bytes: number, flight: number, now: number): void {
	const mss = tcb.sndMss;
	const cwnd = tcb.cwnd;
	const used = (flight + bytes) | 0;
	if (cwnd < tcb.ssthresh) {
		// A window that was not used says nothing of what the network bears. RFC 7661.
		if (used < cwnd >> 1) return;
		// RFC 5681 §3.1, (2): slow start, by no more than one MSS an ACK. RFC 9406 lets it be more, as it knows when to end it.
		const more = (tcb.bits & BIT_RENO) !== 0 ? Math.min(bytes, mss) : growth(tcb, bytes);
		tcb.cwnd = (tcb.cwnd + more) | 0;
		return;
	}
	if (used < ((cwnd - mss) | 0)) return;
	if ((tcb.bits & BIT_RENO) !== 0) renoAvoids(tcb, bytes);
	else avoid(tcb, bytes, now);
}

/** Congestion avoidance by byte counting, RFC 5681 §3.1: one MSS for each window acknowledged. */
function renoAvoids(tcb: TcbBlock, bytes: number): void {
	const acked = (tcb.ackedBytes + bytes) | 0;
	if (acked < tcb.cwnd) {
		tcb.ackedBytes = acked;
		return;
	}
	tcb.ackedBytes = (acked - tcb.cwnd) | 0;
	tcb.cwnd = (tcb.cwnd + tcb.sndMss) | 0;
}

/** Something is lost, or marked: the window is reduced. RFC 5681 §3.1 (4), RFC 9438 §4.6. */
export function reduce(tcb: TcbBlock): void {
	const reduced = (tcb.bits & BIT_RENO) !== 0 ? (tcb.sndMax - tcb.sndUna) >> 1 : cubicReduced(tcb);
	tcb.ssthresh = Math.max(reduced, (2 * tcb.sndMss) | 0);
	tcb.ackedBytes = 0;
	if ((tcb.bits & BIT_ECN) !== 0) tcb.bits = tcb.bits | BIT_CWR;
}

/** The same where nothing goes again that would bring the window down by and by. */
export function slowDown(tcb: TcbBlock): void {
	reduce(tcb);
	tcb.cwnd = tcb.ssthresh;
}

/** The retransmission timer expired; `first` unless it did so before for the same data. */
export function timedOut(tcb: TcbBlock, first: boolean): void {
	if (first) reduce(tcb);
	tcb.cwnd = tcb.sndMss;
}

/** Nothing was sent for longer than the RTO. RFC 5681 §4.1. */
export function restartIdle(tcb: TcbBlock): void {
	tcb.cwnd = Math.min(tcb.cwnd, initialWindow(tcb.sndMss));
}
