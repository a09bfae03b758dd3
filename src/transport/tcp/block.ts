// The transmission control block, RFC 9293 §3.3.1: what all files here do with one. Its fields: packet/tcb-block.ts.

import { fastOpenRenewed } from "../../packet/fast-open-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { newsOwned } from "../../packet/news.ts";
import { PathBlock, pathClear } from "../../packet/path-block.ts";
import {
	BIT_ACK_DELAYED,
	BIT_ACK_NOW,
	BIT_DSACK,
	BIT_FIN,
	BIT_PREDICTED,
	BIT_PROBED,
	BIT_TIMING,
	BIT_UNPROVEN,
	type TcbBlock,
} from "../../packet/tcb-block.ts";
import { flightClear } from "./flight.ts";
import { floors } from "./share.ts";
import { CLOSE_WAIT, ESTABLISHED, NO_ERROR } from "./states.ts";
import { LISTS, PERSIST } from "./work.ts";

/** Both kinds of acknowledgment that may be owed, and what is to be told by it. */
export const ACKS = BIT_ACK_NOW | BIT_ACK_DELAYED | BIT_DSACK;

/** The one place where a state changes. Segments are not as predicted from now on, until `predict` says so. */
export function setState(tcb: TcbBlock, state: number): void {
	tcb.state = state;
	tcb.bits = tcb.bits & ~BIT_PREDICTED;
	tcb.sendable = state === ESTABLISHED || state === CLOSE_WAIT ? 1 : 0;
}

/** Nothing is to be done for it any more; lists drop it when they come by. */
export function quiet(tcb: TcbBlock): void {
	tcb.work = tcb.work & LISTS;
	tcb.bits = tcb.bits & ~ACKS;
}

/** Whether the next segment may be taken as predicted: nothing is lost, out of order, or about to end. Asked when something was done that is not predicted. */
export function predict(tcb: TcbBlock): void {
	const plain =
		tcb.state === ESTABLISHED &&
		tcb.ranges === 0 &&
		tcb.finAhead === 0 &&
		tcb.recovering === 0 &&
		tcb.timedOut === 0 &&
		tcb.dupAcks === 0 &&
		tcb.sackedBytes === 0 &&
		tcb.lostBytes === 0 &&
		(tcb.bits & (BIT_PROBED | BIT_UNPROVEN)) === 0 &&
		tcb.backoff === 0 &&
		tcb.sndNxt === tcb.sndMax &&
		(tcb.work & PERSIST) === 0;
	tcb.bits = plain ? tcb.bits | BIT_PREDICTED : tcb.bits & ~BIT_PREDICTED;
}

/** No segment is timed any more. */
export function stopTiming(tcb: TcbBlock): void {
	tcb.bits = tcb.bits & ~BIT_TIMING;
}

/** Whether the peer's FIN has come in order. */
export function finReceived(tcb: TcbBlock): boolean {
	return (tcb.bits & BIT_FIN) !== 0;
}

/** Makes a used TCB new. What belongs to lists stays. */
export function renew(view: DataView, tcb: TcbBlock): void {
	newsOwned(view, tcb.news, false);
	if (hasFastOpen()) fastOpenRenewed(view, tcb.index);
	tcb.work = tcb.work & LISTS;
	tcb.bits = 0;
	tcb.rcvNxt = 0;
	tcb.rcvAdv = 0;
	floors(view, tcb);
	tcb.sndWnd = 0;
	tcb.sndWndMax = 0;
	tcb.sndWl1 = 0;
	tcb.sndWl2 = 0;
	setIss(tcb, 0);
	tcb.cwnd = 0;
	tcb.ssthresh = 0;
	tcb.dupAcks = 0;
	tcb.ackedBytes = 0;
	tcb.backoff = 0;
	tcb.srtt = -1;
	tcb.recovering = 0;
	tcb.timedOut = 0;
	flightClear(tcb);
	tcb.undoBytes = 0;
	tcb.resent = 0;
	tcb.finQueued = 0;
	tcb.finAhead = 0;
	tcb.detached = 0;
	tcb.ranges = 0;
	tcb.heard = 0;
	tcb.challenged = 0;
	tcb.softError = 0;
	tcb.userTimeout = 0;
	tcb.keepAliveIdle = 0;
	tcb.keepAliveInterval = 0;
	tcb.keepAliveMost = 0;
	tcb.keepAliveProbes = 0;
	tcb.lingerMs = -1;
	tcb.backlog = 0;
	tcb.waiting = 0;
	tcb.ended = NO_ERROR;
	tcb.listener = 0;
	tcb.acceptHead = 0;
	tcb.acceptTail = 0;
	tcb.nextAccept = 0;
	tcb.home = 0;
	tcb.leastRate = 0;
	pathClear(PathBlock.of(view, tcb.path));
}

/** Our sequence numbers begin. */
export function setIss(tcb: TcbBlock, iss: number): void {
	tcb.iss = iss;
	tcb.sndUna = iss;
	tcb.sndNxt = iss;
	tcb.sndMax = iss;
	tcb.recover = iss;
	tcb.sndSmall = iss;
}
