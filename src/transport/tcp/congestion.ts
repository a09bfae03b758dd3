// Congestion control: RFC 5681 (Reno) with RFC 6582's (NewReno's) recovery. cwnd and ssthresh are bytes.

import type { TcbBlock } from "../../packet/tcb-block.ts";

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
}

/** `bytes` were acknowledged outside of recovery. Not asked while cwnd exceeds the send ring. */
export function acknowledged(tcb: TcbBlock, bytes: number): void {
	const mss = tcb.sndMss;
	const cwnd = tcb.cwnd;
	if (cwnd < tcb.ssthresh) {
		// RFC 5681 §3.1, (2): slow start, by no more than one MSS an ACK.
		tcb.cwnd = (cwnd + Math.min(bytes, mss)) | 0;
		return;
	}
	// Congestion avoidance by byte counting, RFC 5681 §3.1: one MSS for each window acknowledged.
	const acked = (tcb.ackedBytes + bytes) | 0;
	if (acked >= cwnd) {
		tcb.ackedBytes = (acked - cwnd) | 0;
		tcb.cwnd = (cwnd + mss) | 0;
	} else tcb.ackedBytes = acked;
}

/** Three duplicate acknowledgments: fast recovery begins with `flight` bytes in flight. */
export function lost(tcb: TcbBlock, flight: number): void {
	halve(tcb, flight);
	tcb.cwnd = (tcb.ssthresh + 3 * tcb.sndMss) | 0;
}

/** A further duplicate acknowledgment in recovery: a segment has left the network. */
export function duplicated(tcb: TcbBlock): void {
	tcb.cwnd = (tcb.cwnd + tcb.sndMss) | 0;
}

/** `bytes` were acknowledged in recovery, but not all that was in flight when it began. */
export function partly(tcb: TcbBlock, bytes: number): void {
	const mss = tcb.sndMss;
	tcb.cwnd = Math.max((tcb.cwnd - bytes + (bytes >= mss ? mss : 0)) | 0, mss);
}

/** Recovery ends with `flight` bytes in flight. RFC 6582 §3.2, step 3, (1): no burst. */
export function recovered(tcb: TcbBlock, flight: number): void {
	const mss = tcb.sndMss;
	tcb.cwnd = Math.min(tcb.ssthresh, (Math.max(flight, mss) + mss) | 0);
	tcb.ackedBytes = 0;
}

/** The retransmission timer expired with `flight` bytes in flight; `first` unless it did so before for the same data. */
export function timedOut(tcb: TcbBlock, flight: number, first: boolean): void {
	if (first) halve(tcb, flight);
	tcb.cwnd = tcb.sndMss;
	tcb.ackedBytes = 0;
}

/** Nothing was sent for longer than the RTO. RFC 5681 §4.1. */
export function restartIdle(tcb: TcbBlock): void {
	tcb.cwnd = Math.min(tcb.cwnd, initialWindow(tcb.sndMss));
}

/** RFC 5681 §3.1, (4). */
function halve(tcb: TcbBlock, flight: number): void {
	tcb.ssthresh = Math.max(flight >> 1, (2 * tcb.sndMss) | 0);
}
