// HyStart++: slow start ends when round trips take longer, before the queue of the bottleneck overflows. First it becomes careful, as the longer round trip may have had another reason. RFC 9406.

import { BIT_CAREFUL, type TcbBlock } from "../../packet/tcb-block.ts";

/** RFC 9406 §4.3: how much longer a round trip is that tells, ms; samples of a round before it does; rounds that it is careful for; that it grows by a quarter then. */
const LEAST_THRESHOLD = 4;
const MOST_THRESHOLD = 16;
const SAMPLES = 8;
const CAREFUL_ROUNDS = 5;
const CAREFUL_SHIFT = 2;
/** Most segments that the window grows by for one acknowledgment. */
const MOST_GROWTH = 8;
const NONE = 0x7fffffff;

/** Slow start begins. */
export function roundsBegin(tcb: TcbBlock): void {
	tcb.roundEnd = tcb.sndNxt;
	tcb.roundBefore = NONE;
	tcb.roundLeast = NONE;
	tcb.roundSamples = 0;
	tcb.bits = tcb.bits & ~BIT_CAREFUL;
}

/** What was sent up to `end` took `rtt` ms to be acknowledged, in slow start. The first of a round, which finds the queue empty, belongs to it already. */
export function roundTrip(tcb: TcbBlock, end: number, rtt: number): void {
	if (((end - tcb.roundEnd) | 0) > 0) nextRound(tcb);
	tcb.roundLeast = Math.min(tcb.roundLeast, rtt);
	tcb.roundSamples = (tcb.roundSamples + 1) | 0;
}

/** By how much the window grows in slow start for `bytes` acknowledged. The window is at the threshold when slow start is over. */
export function growth(tcb: TcbBlock, bytes: number): number {
	judge(tcb);
	const most = Math.min(bytes, Math.imul(MOST_GROWTH, tcb.sndMss));
	return (tcb.bits & BIT_CAREFUL) !== 0 ? most >> CAREFUL_SHIFT : most;
}

function nextRound(tcb: TcbBlock): void {
	if ((tcb.bits & BIT_CAREFUL) !== 0) {
		tcb.carefulRounds = (tcb.carefulRounds + 1) | 0;
		if (tcb.carefulRounds >= CAREFUL_ROUNDS) tcb.ssthresh = tcb.cwnd;
	}
	tcb.roundEnd = tcb.sndNxt;
	tcb.roundBefore = tcb.roundLeast;
	tcb.roundLeast = NONE;
	tcb.roundSamples = 0;
}

/** Whether round trips have become longer, or as short again. */
function judge(tcb: TcbBlock): void {
	if (tcb.roundSamples < SAMPLES || tcb.roundLeast === NONE) return;
	if ((tcb.bits & BIT_CAREFUL) !== 0) {
		if (tcb.roundLeast < tcb.carefulAt) tcb.bits = tcb.bits & ~BIT_CAREFUL;
		return;
	}
	if (tcb.roundBefore === NONE) return;
	const threshold = Math.max(LEAST_THRESHOLD, Math.min(tcb.roundBefore >> 3, MOST_THRESHOLD));
	if (tcb.roundLeast < ((tcb.roundBefore + threshold) | 0)) return;
	tcb.bits = tcb.bits | BIT_CAREFUL;
	tcb.carefulAt = tcb.roundLeast;
	tcb.carefulRounds = 0;
}
