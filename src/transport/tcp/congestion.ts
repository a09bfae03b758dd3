// Congestion control: RFC 5681 (Reno) with RFC 6582's (NewReno's) recovery. Another algorithm is another class of this shape;
// the Tcp object holds the one in use. cwnd and ssthresh live in the TCB, in bytes.

import { tcpAcknowledged } from "#codec";
import type { Tcb } from "./tcb.ts";

export interface CongestionControl {
	/** The handshake is done. `lost`: the SYN had to be sent again. */
	opened(tcb: Tcb, lost: boolean): void;
	/** `bytes` were acknowledged outside of recovery. Not called while cwnd exceeds the send ring. */
	acknowledged(tcb: Tcb, bytes: number): void;
	/** Three duplicate acknowledgments: fast recovery begins with `flight` bytes in flight. */
	lost(tcb: Tcb, flight: number): void;
	/** A further duplicate acknowledgment in recovery: a segment has left the network. */
	duplicate(tcb: Tcb): void;
	/** `bytes` were acknowledged in recovery, but not all that was in flight when it began. */
	partial(tcb: Tcb, bytes: number): void;
	/** Recovery ends with `flight` bytes in flight. */
	recovered(tcb: Tcb, flight: number): void;
	/** The retransmission timer expired with `flight` bytes in flight; `first` unless it did so before for the same data. */
	timedOut(tcb: Tcb, flight: number, first: boolean): void;
	/** Nothing was sent for longer than the RTO. */
	idle(tcb: Tcb): void;
}

/** RFC 6928 §2: min(10 MSS, max(2 MSS, 14,600)). */
function initialWindow(mss: number): number {
	const ten = 10 * mss;
	const floor = mss > 7300 ? 2 * mss : 14_600;
	return ten < floor ? ten : floor;
}

export class Reno implements CongestionControl {
	opened(tcb: Tcb, lost: boolean): void {
		// RFC 5681 §3.1: after a lost SYN, one segment.
		tcb.cwnd = lost ? tcb.sndMss : initialWindow(tcb.sndMss);
		tcb.ssthresh = 0x7fffffff;
		tcb.ackedBytes = 0;
	}

	acknowledged(tcb: Tcb, bytes: number): void {
		tcpAcknowledged(tcb.view, tcb.block, bytes);
	}

	lost(tcb: Tcb, flight: number): void {
		this.#halve(tcb, flight);
		tcb.cwnd = tcb.ssthresh + 3 * tcb.sndMss;
	}

	duplicate(tcb: Tcb): void {
		tcb.cwnd += tcb.sndMss;
	}

	partial(tcb: Tcb, bytes: number): void {
		const mss = tcb.sndMss;
		const cwnd = tcb.cwnd - bytes + (bytes >= mss ? mss : 0);
		tcb.cwnd = cwnd < mss ? mss : cwnd;
	}

	recovered(tcb: Tcb, flight: number): void {
		// RFC 6582 §3.2, step 3, (1): no burst.
		const mss = tcb.sndMss;
		const bound = (flight > mss ? flight : mss) + mss;
		tcb.cwnd = tcb.ssthresh < bound ? tcb.ssthresh : bound;
		tcb.ackedBytes = 0;
	}

	timedOut(tcb: Tcb, flight: number, first: boolean): void {
		if (first) this.#halve(tcb, flight);
		tcb.cwnd = tcb.sndMss;
		tcb.ackedBytes = 0;
	}

	idle(tcb: Tcb): void {
		// RFC 5681 §4.1.
		const restart = initialWindow(tcb.sndMss);
		if (tcb.cwnd > restart) tcb.cwnd = restart;
	}

	/** RFC 5681 §3.1, (4). */
	#halve(tcb: Tcb, flight: number): void {
		const half = flight >> 1;
		const floor = 2 * tcb.sndMss;
		tcb.ssthresh = half > floor ? half : floor;
	}
}
