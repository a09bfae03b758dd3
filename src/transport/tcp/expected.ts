// What becomes of a segment that wire/stream.ts took as predicted, and the turn's output.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { WHAT } from "../../packet/fields.ts";
import { newsPost, READABLE, WRITABLE } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { SEGMENT_ACK_DUE, SEGMENT_MORE } from "../../wire/kinds.ts";
import { IN_ACK_DUE, IN_ACKED, IN_ALL_ACKED, IN_BYTES_SHIFT, IN_DATA, IN_ROOM, IN_TIMED, IN_UNSENT } from "../../wire/stream.ts";
import { acknowledged } from "./congestion.ts";
import { delayAck } from "./delayed.ts";
import { outputBlocked, tcpMark } from "./pending.ts";
import { sampleRtt } from "./rtt.ts";
import { arm, transmitAny } from "./send.ts";
import { PENDING, RETRANSMIT } from "./work.ts";

/** `decode` took an expected segment: `result` is what it answered. */
export function tcpTaken(view: DataView, at: Offset, result: number): void {
	const tcb = TcbBlock.of(view, at);
	if (result & SEGMENT_MORE) {
		takenMore(view, tcb, view.getInt32(WHAT * 4, true));
		return;
	}
	if (result & SEGMENT_ACK_DUE) tcpMark(view, at);
	else delayAck(view, tcb);
	newsPost(view, tcb.news, READABLE);
}

/** It acknowledges something, or opens the window. */
function takenMore(view: DataView, tcb: TcbBlock, what: number): void {
	if (what & IN_DATA) {
		if (what & IN_ACK_DUE) tcpMark(view, tcb.at);
		else delayAck(view, tcb);
		newsPost(view, tcb.news, READABLE);
	}
	if (what & IN_ACKED) dataAcknowledged(view, tcb, what);
	else if (what & IN_UNSENT) tcpMark(view, tcb.at);
}

/** `what` it found, as streamIn says. */
function dataAcknowledged(view: DataView, tcb: TcbBlock, what: number): void {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	if (what & IN_TIMED) sampleRtt(tcb, (now - tcb.rttAt) | 0);
	if (tcb.cwnd < tcb.sendSize) acknowledged(tcb, what >> IN_BYTES_SHIFT);
	// RFC 6298 §5.2 and 5.3.
	if (what & IN_ALL_ACKED) tcb.work = tcb.work & ~RETRANSMIT;
	else {
		const at = (now + tcb.rto) | 0;
		tcb.retransmitAt = at;
		if (what & IN_TIMED) arm(view, tcb, at); // the timeout may be shorter than it was
	}
	if (what & IN_UNSENT) tcpMark(view, tcb.at);
	// Half the ring: the application writes worthwhile pieces.
	if (what & IN_ROOM) newsPost(view, tcb.news, WRITABLE);
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
