// Compiled: what a connection does while everything goes as expected. Segments that wire/stream.ts took, acknowledgments that are owed, and data that was
// never sent. Everything else is the interpreter's: `outputStep` asks for it.

import { deadline } from "../../packet/deadline.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { WHAT } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { newsPost, READABLE, WRITABLE } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { takeSpare } from "../../packet/packets.ts";
import { BIT_ACK_DELAYED, BIT_ACK_NOW, BIT_SHORT, TcbBlock } from "../../packet/tcb-block.ts";
import { timerSet } from "../../packet/timers.ts";
import { isBusy, isPressed, send } from "../../link/transmit.ts";
import { SEGMENT_ACK_DUE, SEGMENT_MORE } from "../../wire/kinds.ts";
import {
	IN_ACK_DUE,
	IN_ACKED,
	IN_ALL_ACKED,
	IN_BYTES_SHIFT,
	IN_DATA,
	IN_ROOM,
	IN_TIMED,
	IN_UNSENT,
	streamAck,
	streamOut,
} from "../../wire/stream.ts";
import { acknowledged } from "./growth.ts";
import { sampleRtt } from "./rtt.ts";
import { IDLE, PENDING, RETRANSMIT, SEND, TICKING } from "./work.ts";

/** An acknowledgment waits for its tick at most so long. RFC 9293 §3.8.6.3: less than 500 ms. */
export const ACK_DELAY = 40;
/** When packet buffers ran out, or a device was busy, output is tried again after so long at the latest. */
export const RETRY_TIME = 10;

/** Answers of `outputStep`. */
export const OUTPUT_DONE = -1;
export const OUTPUT_SENT = 0;

/** Puts a connection on the list of those that `outputStep` looks at, for what `bits` say. */
export function tcpMark(view: DataView, at: Offset, bits: number): void {
	const tcb = TcbBlock.of(view, at);
	const work = tcb.work;
	tcb.work = work | bits | PENDING;
	if (work & PENDING) return;
	const core = CoreBlock.of(view, CORE);
	tcb.nextPending = core.pending;
	core.pending = at;
}

/** An acknowledgment waits for the tick, one for all connections: it comes within ACK_DELAY of the first that waits for it. Answers whether a poll must be asked for. */
export function tcpDelayAck(view: DataView, at: Offset): boolean {
	const tcb = TcbBlock.of(view, at);
	const core = CoreBlock.of(view, CORE);
	tcb.work = tcb.work | TICKING;
	tcb.nextTicking = core.ticking;
	core.ticking = at;
	if (core.ticks !== 0) return false;
	core.ticks = 1;
	core.tickAt = (core.now + ACK_DELAY) | 0;
	return deadline(view, core.tickAt);
}

/** When the tick has come, what still waits is acknowledged as this turn ends. */
export function tcpTick(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.ticks === 0) return;
	if (((core.now - core.tickAt) | 0) < 0) {
		deadline(view, core.tickAt);
		return;
	}
	let at = core.ticking;
	core.ticking = 0;
	core.ticks = 0;
	while (at !== 0) {
		const tcb = TcbBlock.of(view, at);
		const next = tcb.nextTicking;
		tcb.nextTicking = 0;
		tcb.work = tcb.work & ~TICKING;
		if (tcb.bits & BIT_ACK_DELAYED) {
			tcb.bits = (tcb.bits & ~BIT_ACK_DELAYED) | BIT_ACK_NOW;
			tcpMark(view, at, 0);
		}
		at = next;
	}
}

/** `decode` took an expected segment: `result` is what it answered. */
export function tcpTaken(view: DataView, at: Offset, result: number): void {
	const tcb = TcbBlock.of(view, at);
	if (result & SEGMENT_MORE) {
		takenMore(view, tcb, view.getInt32(WHAT * 4, true));
		return;
	}
	if (result & SEGMENT_ACK_DUE) tcpMark(view, at, 0);
	else if (!(tcb.work & TICKING)) tcpDelayAck(view, at);
	newsPost(view, tcb.news, READABLE);
}

/** It acknowledges something, or opens the window. */
function takenMore(view: DataView, tcb: TcbBlock, what: number): void {
	if (what & IN_DATA) {
		if (what & IN_ACK_DUE) tcpMark(view, tcb.at, 0);
		else if (!(tcb.work & TICKING)) tcpDelayAck(view, tcb.at);
		newsPost(view, tcb.news, READABLE);
	}
	if (what & IN_ACKED) acknowledgedShort(view, tcb, what);
	else if (what & IN_UNSENT) tcpMark(view, tcb.at, SEND);
}

/** `what` it found, as streamIn says. */
function acknowledgedShort(view: DataView, tcb: TcbBlock, what: number): void {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	if (what & IN_TIMED) sampleRtt(tcb, (now - tcb.rttAt) | 0);
	if (tcb.cwnd < tcb.sendSize) acknowledged(tcb, what >> IN_BYTES_SHIFT);
	// RFC 6298 §5.2 and 5.3.
	if (what & IN_ALL_ACKED) tcb.work = tcb.work | IDLE;
	else {
		const at = (now + tcb.rto) | 0;
		tcb.retransmitAt = at;
		if (what & IN_TIMED) timerSet(view, tcb.index, at); // the timeout may be shorter than it was
	}
	if (what & IN_UNSENT) tcpMark(view, tcb.at, SEND);
	// Half the ring: the application writes worthwhile pieces.
	if (what & IN_ROOM) newsPost(view, tcb.news, WRITABLE);
}

/**
 * Sends for the first of the pending connections. Answers OUTPUT_DONE when there is none, OUTPUT_SENT, or the block of one that has more to do than is
 * expected: it is off the list then.
 */
export function outputStep(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const at = core.pending;
	if (at === 0) return OUTPUT_DONE;
	const tcb = TcbBlock.of(view, at);
	core.pending = tcb.nextPending;
	const work = tcb.work & ~PENDING;
	tcb.work = work;
	const running = (work & (RETRANSMIT | IDLE)) === RETRANSMIT;
	if (!(tcb.bits & BIT_SHORT) || PathBlock.of(view, tcb.path).wayVersion !== core.wayVersion) return at;
	const link = InterfaceBlock.of(view, PathBlock.of(view, tcb.path).out);
	if (isPressed(view, link)) return at;
	if (work & SEND) {
		// Nothing is in flight for long: the congestion window is void.
		if (!running && ((core.now - tcb.sentAt) | 0) > tcb.rto) return at;
		const answer = transmit(view, tcb, link, running);
		if (answer === MORE) return at;
		if (answer === WAITS) outputBlocked(view, at);
		return OUTPUT_SENT;
	}
	// A device in TypeScript takes what waits as the turn ends: until then there may be no room.
	if (core.spare < 0 || (link.native === 0 && link.refused === 0 && isBusy(view, link.at))) outputBlocked(view, at);
	else acknowledge(view, tcb, link);
	return OUTPUT_SENT;
}

/** An acknowledgment, and nothing else. */
function acknowledge(view: DataView, tcb: TcbBlock, link: InterfaceBlock): void {
	const core = CoreBlock.of(view, CORE);
	const start = core.spareAt;
	const end = streamAck(view, start, tcb.at);
	if (end !== 0 && send(view, link, core.spare, start, end, PathBlock.of(view, tcb.path).header)) takeSpare(view);
}

/** Packet buffers ran out before a connection had sent all, or its device is busy: it is looked at again in the next turn. */
export function outputBlocked(view: DataView, at: Offset): void {
	const tcb = TcbBlock.of(view, at);
	const core = CoreBlock.of(view, CORE);
	const work = tcb.work;
	tcb.work = work | PENDING | SEND;
	if (work & PENDING) return; // its program wrote meanwhile: it is on the list again
	tcb.nextPending = core.blocked;
	core.blocked = at;
}

/** All have had their turn: those that could not send are pending again. */
export function outputEnds(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.blocked === 0) return;
	core.pending = core.blocked;
	core.blocked = 0;
	deadline(view, (core.now + RETRY_TIME) | 0);
}

/** Answers of `transmit`: all is sent; a buffer or the device is waited for; more is to be done than is expected. */
const COMPLETE = 0;
const WAITS = 1;
const MORE = 2;

/** Data that was never sent, as long as wire/stream.ts lets it go; or an acknowledgment. */
function transmit(view: DataView, tcb: TcbBlock, link: InterfaceBlock, running: boolean): number {
	const core = CoreBlock.of(view, CORE);
	const now = core.now;
	// A device that is busy would soon make us drop: wait until it has taken what it was given.
	if (core.spare < 0 || isBusy(view, link.at)) return WAITS;
	let end = streamOut(view, core.spareAt, tcb.at, now);
	if (end === 0) {
		if (!running) return MORE; // Nothing in flight, nothing may go: probe the window, if there is anything.
		tcb.work = tcb.work & ~SEND;
		acknowledge(view, tcb, link);
		return COMPLETE;
	}
	tcb.sentAt = now;
	if (!running) startRetransmit(view, tcb, now);
	while (end !== 0) {
		if (send(view, link, core.spare, core.spareAt, end, PathBlock.of(view, tcb.path).header)) {
			takeSpare(view);
			if (core.spare < 0 || isBusy(view, link.at)) return WAITS;
		}
		end = streamOut(view, core.spareAt, tcb.at, now);
	}
	tcb.work = tcb.work & ~SEND;
	return COMPLETE;
}

/** Something is in flight from now on. */
function startRetransmit(view: DataView, tcb: TcbBlock, now: number): void {
	const work = tcb.work;
	const at = (now + tcb.rto) | 0;
	tcb.retransmitAt = at;
	tcb.work = (work | RETRANSMIT) & ~IDLE;
	timerSet(view, tcb.index, at); // nothing, when it stands for an earlier time already
	deadline(view, at);
}
