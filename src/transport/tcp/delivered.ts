// What RACK learns of each run that the peer has: when what was delivered last was sent, how long that took, and whether the network changes the order. RFC 8985 §6.2, steps 1 to 3.

import { BIT_REORDERED, BIT_STAMPS, type TcbBlock } from "../../packet/tcb-block.ts";

/** What was sent at `at`, up to `end`, is with the peer; `again`: it went more than once; `inOrder`: it is acknowledged, so that the echo is of what brought it. */
export function delivered(tcb: TcbBlock, at: number, end: number, again: boolean, inOrder: boolean, now: number): void {
	const rtt = (now - at) | 0;
	if (again) {
		// It may have been the first time that arrived: an echo from before says so, or less time than there can be.
		if (inOrder && (tcb.bits & BIT_STAMPS) !== 0 && ((tcb.tsEcho - at - tcb.tsOffset) | 0) < 0) return;
		if (rtt < tcb.minRtt) return;
	} else {
		// One acknowledgment tells of the highest first: only what is below all that was there before has been overtaken.
		if (((end - tcb.rackBefore) | 0) < 0) tcb.bits = tcb.bits | BIT_REORDERED;
		if (rtt < tcb.minRtt) tcb.minRtt = rtt;
	}
	if (((end - tcb.rackHighest) | 0) > 0) tcb.rackHighest = end;
	const later = (at - tcb.rackAt) | 0;
	if (later < 0 || (later === 0 && ((end - tcb.rackEnd) | 0) <= 0)) return;
	tcb.rackAt = at;
	tcb.rackEnd = end;
	tcb.rackRtt = rtt;
}
