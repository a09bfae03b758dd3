// How the congestion window grows, compiled: RFC 5681 §3.1. What loss does to it is congestion.ts.

import type { Offset } from "../../packet/numbers.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";

/** `bytes` were acknowledged outside of recovery. */
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

/** The same for the interpreter. */
export function tcpAcknowledged(view: DataView, at: Offset, bytes: number): void {
	acknowledged(TcbBlock.of(view, at), bytes);
}
