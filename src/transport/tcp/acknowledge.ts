// What an acknowledgment does: data leaves the send ring, recovery goes on or ends, our FIN is known. RFC 9293 §3.10.7.4, fifth step; RFC 5681 §3.2; RFC 6582.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Length } from "../../packet/numbers.ts";
import { newsPost, WRITABLE } from "../../packet/news.ts";
import { BIT_TIMING, TcbBlock } from "../../packet/tcb-block.ts";
import { challenge } from "./answers.ts";
import { acknowledged, duplicated, lost, partly, recovered } from "./congestion.ts";
import { acceptFull, answersEarlier, established } from "./handshake.ts";
import { startKeepAlive } from "./keep-alive.ts";
import { end } from "./life.ts";
import { tcpMark } from "./pending.ts";
import { recoverRto, sampleRtt } from "./rtt.ts";
import { arm, retransmitFirst } from "./send.ts";
import { CLOSING, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, NO_ERROR, SYN_RECEIVED } from "./states.ts";
import { delivered } from "./share.ts";
import { refuse } from "./stray.ts";
import { setState, stopTiming } from "./block.ts";
import { timeWait } from "./timing.ts";
import { offered } from "./window.ts";
import { PERSIST, RETRANSMIT } from "./work.ts";

/** The fifth step. False when the segment is to be dropped, or the connection is gone. */
export function acknowledgment(
	view: DataView,
	tcb: TcbBlock,
	link: InterfaceBlock,
	seq: number,
	ack: number,
	window: number,
	total: number,
): boolean {
	let acked = (ack - tcb.sndUna) | 0;
	const most = (tcb.sndMax - tcb.sndUna) | 0;
	if (tcb.state === SYN_RECEIVED) {
		if (!completed(view, tcb, link, acked, most)) return false;
		established(view, tcb, seq, ack, window);
		acked = 0;
	} else if (acked > most || acked < (-tcb.sndWndMax | 0)) {
		// RFC 5961 §5.2.
		challenge(view, tcb, link);
		return false;
	}
	tcb.heard = 1;
	if (tcb.keepAliveProbes !== 0) startKeepAlive(view, tcb);
	let finAcked = false;
	if (acked > 0) {
		finAcked = acked > tcb.sndQueued;
		progress(view, tcb, ack, Math.min(acked, tcb.sndQueued));
	} else if (acked === 0 && total === 0 && window === tcb.sndWnd && tcb.sndNxt !== tcb.sndUna) duplicate(view, tcb);
	if (acked >= 0) {
		const newer = (seq - tcb.sndWl1) | 0;
		if (newer > 0 || (newer === 0 && ((ack - tcb.sndWl2) | 0) >= 0)) {
			tcb.sndWl1 = seq;
			tcb.sndWl2 = ack;
			offered(view, tcb, window);
		}
	}
	return !finAcked || finAcknowledged(view, tcb);
}

/** Whether the acknowledgment completes a handshake that a peer began; else the segment was answered, or counted. */
function completed(view: DataView, tcb: TcbBlock, link: InterfaceBlock, acked: number, most: number): boolean {
	if ((acked <= 0 || acked > most) && !answersEarlier(view, tcb)) {
		refuse(view, link, tcb.at);
		return false;
	}
	if (tcb.listener === 0 || !acceptFull(view, TcbBlock.of(view, tcb.listener))) return true;
	// Our SYN and ACK goes again, and so does theirs.
	drop(view, link, DROP.tcpBacklogFull);
	return false;
}

/** `bytes` of data are acknowledged by `ack`: they leave the send ring. */
function release(view: DataView, tcb: TcbBlock, ack: number, bytes: Length): void {
	const now = CoreBlock.of(view, CORE).now;
	const queued = (tcb.sndQueued - bytes) | 0;
	tcb.sndUna = ack;
	delivered(view, tcb, bytes, queued);
	const timed = (tcb.bits & BIT_TIMING) !== 0 && ((ack - tcb.rttSeq) | 0) > 0;
	if (timed) {
		stopTiming(tcb);
		sampleRtt(tcb, (now - tcb.rttAt) | 0);
	}
	if (tcb.cwnd < tcb.sendSize && tcb.recovering === 0) acknowledged(tcb, bytes);
	const flight = (tcb.sndNxt - ack) | 0;
	if (flight === 0) tcb.work = tcb.work & ~RETRANSMIT;
	else {
		tcb.retransmitAt = (now + tcb.rto) | 0;
		if (timed) arm(view, tcb, tcb.retransmitAt); // the timeout may be shorter than it was
	}
	if (queued > flight) tcpMark(view, tcb.at);
	if (queued <= tcb.sndRoom && tcb.finQueued === 0) newsPost(view, tcb.news, WRITABLE);
}

/** New data is acknowledged, perhaps after losses, or timeouts, or with a FIN. RFC 6582 §3.2. */
function progress(view: DataView, tcb: TcbBlock, ack: number, bytes: Length): void {
	if (((ack - tcb.sndNxt) | 0) > 0) tcb.sndNxt = ack;
	if (tcb.backoff !== 0) recoverRto(tcb, CoreBlock.of(view, CORE).now);
	tcb.softError = 0;
	if (((ack - tcb.recover) | 0) >= 0) tcb.timedOut = 0;
	if (tcb.recovering === 0) {
		tcb.dupAcks = 0;
		release(view, tcb, ack, bytes);
	} else if (((ack - tcb.recover) | 0) >= 0) {
		release(view, tcb, ack, bytes);
		tcb.recovering = 0;
		tcb.dupAcks = 0;
		recovered(tcb, (tcb.sndNxt - ack) | 0);
	} else {
		const timer = tcb.retransmitAt;
		release(view, tcb, ack, bytes);
		partly(tcb, bytes);
		retransmitFirst(view, tcb);
		// Only the first partial acknowledgment puts the timer off: "impatient", RFC 6582 §4.
		if (tcb.partial !== 0) tcb.retransmitAt = timer;
		tcb.partial = 1;
	}
	// A FIN that there was no room for behind data.
	if (tcb.finQueued !== 0) tcpMark(view, tcb.at);
	// A probe may have been all that was in flight.
	if (tcb.sndMax === ack) tcb.work = tcb.work & ~(RETRANSMIT | PERSIST);
}

/** A duplicate acknowledgment. RFC 5681 §3.2, RFC 6582 §3.2. */
function duplicate(view: DataView, tcb: TcbBlock): void {
	tcb.dupAcks = (tcb.dupAcks + 1) | 0;
	if (tcb.recovering !== 0) duplicated(tcb);
	else if (tcb.dupAcks === 3 && tcb.timedOut === 0) {
		lost(tcb, (tcb.sndNxt - tcb.sndUna) | 0);
		tcb.recover = tcb.sndMax;
		tcb.recovering = 1;
		tcb.partial = 0;
		retransmitFirst(view, tcb);
		tcb.retransmitAt = (CoreBlock.of(view, CORE).now + tcb.rto) | 0;
		arm(view, tcb, tcb.retransmitAt);
	}
	tcpMark(view, tcb.at);
}

/** Our FIN is acknowledged. False when that was the end. */
function finAcknowledged(view: DataView, tcb: TcbBlock): boolean {
	const state = tcb.state;
	if (state === FIN_WAIT_1) setState(tcb, FIN_WAIT_2);
	else if (state === CLOSING) timeWait(view, tcb);
	else if (state === LAST_ACK) {
		end(view, tcb, NO_ERROR);
		return false;
	}
	return true;
}
