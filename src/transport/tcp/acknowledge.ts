// What an acknowledgment does: data leaves the send ring, recovery goes on or ends, our FIN is known. RFC 9293 §3.10.7.4, fifth step; RFC 5681 §3.2; what is lost and what goes again: flight.ts, rack.ts, recovery.ts.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import type { Length } from "../../packet/numbers.ts";
import { newsPost, WRITABLE } from "../../packet/news.ts";
import {
	BIT_LATE,
	BIT_SACK,
	BIT_STAMPS,
	BIT_SYN_DUE,
	BIT_TIMING,
	BIT_TWICE,
	BIT_UNPROVEN,
	TcbBlock,
} from "../../packet/tcb-block.ts";
import { challenge } from "./answers.ts";
import { acknowledged } from "./congestion.ts";
import { echoed } from "./ecn.ts";
import { firstLost, flightAcked } from "./flight.ts";
import { acceptFull, answersEarlier, established } from "./handshake.ts";
import { startKeepAlive } from "./keep-alive.ts";
import { end } from "./life.ts";
import { tcpMark } from "./pending.ts";
import { recoverRto, RTO_MAX, sampleRtt, setWait } from "./rtt.ts";
import { findLost, overtakenCame } from "./rack.ts";
import { allTwice, recoverBy, undo } from "./recovery.ts";
import { sackArrives } from "./sack-in.ts";
import { arm, startRetransmit } from "./send.ts";
import { CLOSING, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, NO_ERROR, SYN_RECEIVED } from "./states.ts";
import { delivered } from "./share.ts";
import { hasRoom } from "./stream.ts";
import { refuse } from "./stray.ts";
import { setState, stopTiming } from "./block.ts";
import { tailAcked } from "./tail.ts";
import { stampNow } from "./timestamps.ts";
import { RTO_AFTER_LOST_SYN, timeWait } from "./timing.ts";
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
	} else if (hasFastOpen() && (tcb.bits & BIT_UNPROVEN) !== 0) {
		if (!proven(view, tcb, link, acked, most)) return false;
	} else if (acked > most || acked < (-tcb.sndWndMax | 0)) {
		// RFC 5961 §5.2.
		challenge(view, tcb, link);
		return false;
	}
	tcb.heard = 1;
	if (tcb.keepAliveProbes !== 0) startKeepAlive(view, tcb);
	let finAcked = false;
	if (acked >= 0) {
		const had = tcb.sackedBytes;
		tcb.rackBefore = tcb.rackHighest;
		const fresh = (tcb.bits & BIT_SACK) !== 0 ? sackArrives(view, tcb, ack) : 0;
		if (acked > 0) {
			finAcked = acked > tcb.sndQueued;
			progress(view, tcb, ack, Math.min(acked, tcb.sndQueued), had);
		} else if (tcb.sndNxt !== tcb.sndUna) {
			tailAcked(tcb, ack, false);
			if ((tcb.bits & BIT_SACK) !== 0) {
				if (fresh !== 0) news(view, tcb, fresh);
			} else if (total === 0 && window === tcb.sndWnd) duplicate(view, tcb);
		}
		if (allTwice(tcb)) undo(view, tcb);
		const newer = (seq - tcb.sndWl1) | 0;
		if (newer > 0 || (newer === 0 && ((ack - tcb.sndWl2) | 0) >= 0)) {
			tcb.sndWl1 = seq;
			tcb.sndWl2 = ack;
			offered(view, tcb, window);
		}
	} else if ((tcb.bits & BIT_SACK) !== 0) {
		// A later acknowledgment has overtaken it; what it tells of SACK may be news all the same, but says nothing of the order of segments.
		tcb.rackBefore = tcb.sndUna;
		const fresh = sackArrives(view, tcb, ack);
		if (fresh !== 0) news(view, tcb, fresh);
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

/** Whether our SYN is acknowledged, of a connection that was open before: its handshake is done. Else the segment was answered. RFC 7413 §4.2.2. */
function proven(view: DataView, tcb: TcbBlock, link: InterfaceBlock, acked: number, most: number): boolean {
	if (acked < 0 || acked > most) {
		refuse(view, link, tcb.at);
		return false;
	}
	const now = CoreBlock.of(view, CORE).now;
	tcb.bits = tcb.bits & ~(BIT_UNPROVEN | BIT_SYN_DUE);
	if (tcb.backoff !== 0) tcb.rto = RTO_AFTER_LOST_SYN;
	tcb.backoff = 0;
	if ((tcb.bits & BIT_TIMING) !== 0 && tcb.rttSeq === tcb.iss) {
		stopTiming(tcb);
		sampleRtt(tcb, (now - tcb.rttAt) | 0);
	}
	setWait(tcb);
	if (tcb.sndMax === tcb.sndUna) tcb.work = tcb.work & ~RETRANSMIT;
	else startRetransmit(view, tcb, now);
	startKeepAlive(view, tcb);
	return true;
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
	const flight = (tcb.sndNxt - ack) | 0;
	if (tcb.cwnd >> 1 < tcb.sendSize && tcb.recovering === 0 && !echoed(view, tcb)) acknowledged(tcb, bytes, flight, now);
	tcb.bits = tcb.bits & ~BIT_LATE;
	if (flight === 0) tcb.work = tcb.work & ~RETRANSMIT;
	else {
		tcb.retransmitAt = (now + tcb.wait) | 0;
		if (timed) arm(view, tcb, tcb.retransmitAt); // the timeout may be shorter than it was
	}
	if (queued > flight) tcpMark(view, tcb.at);
	if (tcb.finQueued === 0 && hasRoom(tcb, queued)) newsPost(view, tcb.news, WRITABLE);
}

/** New data is acknowledged, perhaps after losses, or timeouts, or with a FIN; before, the peer had `had` bytes beyond. */
function progress(view: DataView, tcb: TcbBlock, ack: number, bytes: Length, had: number): void {
	const now = CoreBlock.of(view, CORE).now;
	if (((ack - tcb.sndNxt) | 0) > 0) tcb.sndNxt = ack;
	// Where something went again nothing is timed; the echo tells of what arrived all the same, RFC 7323 §4. Of what came twice it is that of the first time, whose acknowledgment was lost.
	const troubled = tcb.recovering !== 0 || tcb.backoff !== 0;
	if (troubled && (tcb.bits & (BIT_STAMPS | BIT_TWICE)) === BIT_STAMPS)
		sampleRtt(tcb, Math.min(Math.max((stampNow(view, tcb) - tcb.tsEcho) | 0, 0), RTO_MAX));
	if (tcb.backoff !== 0) recoverRto(tcb, now);
	tcb.softError = 0;
	if (had !== 0 && (tcb.bits & BIT_STAMPS) !== 0) overtakenCame(view, tcb, now);
	flightAcked(view, tcb, tcb.sndUna, ack, now);
	release(view, tcb, ack, bytes);
	tailAcked(tcb, ack, true);
	findLost(view, tcb);
	let delivered = (bytes + tcb.sackedBytes - had) | 0;
	// Without SACK: of the segments that duplicates stood for those behind the gap are counted already.
	if (tcb.dupAcks !== 0 && tcb.recovering !== 0) {
		let left = (bytes - tcb.sndMss) | 0;
		while (left > 0 && tcb.dupAcks > 0) {
			left = (left - tcb.sndMss) | 0;
			delivered = (delivered - tcb.sndMss) | 0;
			tcb.dupAcks = (tcb.dupAcks - 1) | 0;
		}
	} else tcb.dupAcks = 0;
	recoverBy(view, tcb, Math.max(delivered, 0), true);
	// What was lost, and a FIN that there was no room for behind data.
	if (tcb.finQueued !== 0 || tcb.lostBytes !== 0) tcpMark(view, tcb.at);
	// A probe may have been all that was in flight.
	if (tcb.sndMax === ack) tcb.work = tcb.work & ~(RETRANSMIT | PERSIST);
}

/** The peer has `fresh` bytes more, beyond a gap. RFC 6675 §5. */
function news(view: DataView, tcb: TcbBlock, fresh: number): void {
	findLost(view, tcb);
	recoverBy(view, tcb, fresh, false);
	tcpMark(view, tcb.at);
}

/**
 * A duplicate acknowledgment, of a peer without SACK. RFC 5681 §3.2, RFC 6582 §3.2. Between two acknowledgments of something new there are no more than segments were in flight: others are made up,
 * to draw more from us than the network bears.
 */
function duplicate(view: DataView, tcb: TcbBlock): void {
	if (tcb.timedOut !== 0 || (tcb.recovering !== 0 && Math.imul(tcb.dupAcks, tcb.sndMss) >= tcb.recoverFlight)) return;
	tcb.dupAcks = (tcb.dupAcks + 1) | 0;
	if (tcb.recovering === 0 && tcb.dupAcks === 3) firstLost(view, tcb, tcb.sndMss);
	recoverBy(view, tcb, tcb.sndMss, false);
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
