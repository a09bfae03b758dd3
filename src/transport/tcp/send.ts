// What to send. RFC 9293 §3.8: `transmit` is called once a turn for every TCB that is PENDING, after the applications had
// theirs, so that one segment carries data, the acknowledgment, and the window as it is after reading.

import { tcpBuild, tcpMark } from "#codec";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { ACK, FIN, OPTION_MSS, PSH, RST, SYN } from "../../wire/tcp.ts";
import { receiveMss } from "./life.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { arm, PERSIST_MAX } from "./timers.ts";

/** Where these lie in a connection's block. */
const { options: OPTIONS, optionsLength: OPTIONS_LENGTH } = TcbBlock.offsets;

const FLAG_SHIFT = 16;

/** Puts the TCB on the list of those that the turn has send. */
export function mark(tcp: Tcp, tcb: Tcb, bits: number): void {
	tcpMark(tcp.view, tcb.block, bits);
}

/** The window to advertise now. It never shrinks, and opens by worthwhile steps only: RFC 9293 §3.8.6.2.2. */
export function receiveWindow(tcp: Tcp, tcb: Tcb): number {
	const free = tcp.receiveSize - tcb.rcvQueued;
	const open = (tcb.rcvAdv - tcb.rcvNxt) | 0;
	if (free - open < tcp.windowStep) return open < 0 ? 0 : open;
	tcb.rcvAdv = (tcb.rcvNxt + free) | 0;
	return free;
}

/** Builds and sends one segment. False when there is no packet buffer. */
export function emit(tcp: Tcp, tcb: Tcb, seq: number, flags: number, offset: number, length: number): boolean {
	const core = tcp.core;
	const packet = core.spare;
	if (packet < 0) return false;
	const at = core.spareAt;
	const flagsWindow = (flags << FLAG_SHIFT) | receiveWindow(tcp, tcb);
	const end = tcpBuild(core.view, at, tcb.block, seq, flags & ACK ? tcb.rcvNxt : 0, flagsWindow, offset, length);
	if (tcp.ip.output(packet, at, end, tcb.path)) core.takeSpare();
	if (flags & ACK) tcb.work &= ~(tcbs.ACK_NOW | tcbs.ACK_DELAYED);
	return true;
}

/**
 * The number of a segment without data: the next one never used. While something goes again, sndNxt lies behind what the peer has, and it
 * would throw the acknowledgment away. The byte of a window probe was not in the window, and does not count.
 */
function bareSeq(tcb: Tcb): number {
	return tcb.work & tcbs.PERSIST ? tcb.sndNxt : tcb.sndMax;
}

/** A segment without data, at once. When there is no packet buffer, it follows at the end of a turn. */
export function acknowledgeNow(tcp: Tcp, tcb: Tcb): void {
	if (!emit(tcp, tcb, bareSeq(tcb), ACK, 0, 0)) mark(tcp, tcb, tcbs.ACK_NOW);
}

/** RST, for a connection that is given up. */
export function emitReset(tcp: Tcp, tcb: Tcb): void {
	emit(tcp, tcb, bareSeq(tcb), RST | ACK, 0, 0);
}

/** Something is in flight from now on. */
function startRetransmit(tcp: Tcp, tcb: Tcb, now: number): void {
	const work = tcb.work;
	tcb.retransmitAt = (now + tcb.rto) | 0;
	tcb.work = (work | tcbs.RETRANSMIT) & ~tcbs.IDLE;
	// Idle, it still is on the list, for an earlier time.
	if (!(work & tcbs.IDLE)) arm(tcp, tcb, tcb.retransmitAt);
}

/** The long way, for every state. False when packet buffers ran out before, or the device was busy. */
export function transmitLong(tcp: Tcp, tcb: Tcb): boolean {
	const mine = tcbs.load(tcp.view, tcb);
	tcb.work &= ~tcbs.SEND;
	const complete = transmitLoaded(tcp, tcb);
	if (mine) tcbs.store(tcp.view, tcb);
	return complete;
}

/** As transmitLong, between load and store. */
export function transmitLoaded(tcp: Tcp, tcb: Tcb): boolean {
	const state = tcb.state;
	if (state < tcbs.ESTABLISHED) return state < tcbs.SYN_SENT || transmitSyn(tcp, tcb);
	const una = tcb.sndUna;
	const first = tcb.sndNxt;
	let flight = (first - una) | 0;
	const used = tcb.sndQueued;
	let complete = true;
	// FIN in flight makes flight used + 1; once it is acknowledged, it does not go again.
	if (flight < used || (flight === used && tcb.finQueued && state !== tcbs.FIN_WAIT_2 && state !== tcbs.TIME_WAIT)) {
		if (flight === 0 && ((tcp.core.now - tcb.sentAt) | 0) > tcb.rto) tcp.congestion.idle(tcb);
		complete = transmitData(tcp, tcb, flight, used);
		const next = tcb.sndNxt;
		if (next !== first) sent(tcp, tcb, first, next);
		flight = (next - una) | 0;
		// Nothing is in flight whose acknowledgment could open the window: probe it.
		if (flight === 0 && used > 0 && complete && !(tcb.work & tcbs.PERSIST)) startPersist(tcp, tcb);
	}
	if (!(tcb.work & tcbs.ACK_NOW)) return complete;
	return emit(tcp, tcb, bareSeq(tcb), ACK, 0, 0) && complete;
}

/** The loop over segments. Moves sndNxt. */
function transmitData(tcp: Tcp, tcb: Tcb, flight: number, used: number): boolean {
	const core = tcp.core;
	const view = core.view;
	const ip = tcp.ip;
	const path = tcb.path;
	const block = tcb.block;
	const mss = tcb.sndMss;
	const ack = tcb.rcvNxt;
	const size = tcp.sendSize;
	const { out } = path;
	let unsent = used - flight;
	let next = tcb.sndNxt;
	let offset = tcb.sndAt + flight;
	if (offset >= size) offset -= size;
	let room = tcb.cwnd;
	// RFC 3042: the first two duplicate acknowledgments let new data out.
	if (tcb.dupAcks !== 0 && !tcb.recovering) room += (tcb.dupAcks < 2 ? tcb.dupAcks : 2) * mss;
	const wnd = tcb.sndWnd;
	room = (room < wnd ? room : wnd) - flight;
	let header = 0;
	let complete = true;
	do {
		let length = unsent < mss ? unsent : mss;
		if (length > room) length = room;
		if (length < mss && !partialAllowed(tcb, next, length, unsent)) break;
		const packet = core.spare;
		// A device that is busy would soon make us drop: wait until it has taken what it was given.
		if (packet < 0 || (out !== undefined && out.busy)) {
			complete = false;
			break;
		}
		if (header === 0) header = (ACK << FLAG_SHIFT) | receiveWindow(tcp, tcb);
		let flagsWindow = header;
		if (length === unsent) {
			if (length !== 0) flagsWindow |= PSH << FLAG_SHIFT;
			if (tcb.finQueued) flagsWindow |= FIN << FLAG_SHIFT;
		}
		const at = core.spareAt;
		const end = tcpBuild(view, at, block, next, ack, flagsWindow, offset, length);
		if (ip.output(packet, at, end, path)) core.takeSpare();
		next = (next + length) | 0;
		if (length < mss) tcb.sndSmall = next;
		room -= length;
		unsent -= length;
		offset += length;
		if (offset >= size) offset -= size;
	} while (unsent > 0);
	if (header !== 0) {
		if (unsent === 0 && tcb.finQueued) next = (next + 1) | 0;
		tcb.sndNxt = next;
		tcb.work &= ~(tcbs.ACK_NOW | tcbs.ACK_DELAYED);
	}
	return complete;
}

/** Whether a segment of less than the MSS may go. RFC 9293 §3.7.4 and §3.8.6.2.1. */
function partialAllowed(tcb: Tcb, next: number, length: number, unsent: number): boolean {
	const una = tcb.sndUna;
	if (length === unsent) {
		// All there is. A FIN does not wait, and needs no window of its own.
		if (tcb.finQueued || tcb.noDelay || next === una) return true;
		// Minshall's variant of Nagle's algorithm: only one small segment in flight, so that the tail of a write needs no ACK first.
		return ((tcb.sndSmall - una) | 0) <= 0;
	}
	// As much as the window takes: worth it when it is half of the largest that the peer ever had.
	return length > 0 && length >= tcb.sndWndMax >> 1;
}

/** Sequence numbers `first` to `next` went out: timers and the round-trip time. */
function sent(tcp: Tcp, tcb: Tcb, first: number, next: number): void {
	const now = tcp.core.now;
	tcb.sentAt = now;
	tcb.work &= ~tcbs.PERSIST;
	if (!(tcb.work & tcbs.RETRANSMIT)) startRetransmit(tcp, tcb, now);
	// Karn: what was sent before is not timed. RFC 6298 §3.
	if (!tcb.timing && first === tcb.sndMax) {
		tcb.timing = true;
		tcb.rttSeq = first;
		tcb.rttAt = now;
	}
	if (((next - tcb.sndMax) | 0) > 0) tcb.sndMax = next;
}

function startPersist(tcp: Tcp, tcb: Tcb): void {
	const now = tcp.core.now;
	if (tcb.backoff === 0) tcb.stalledAt = now;
	tcb.work = (tcb.work | tcbs.PERSIST) & ~tcbs.RETRANSMIT;
	const wait = tcb.rto < PERSIST_MAX ? tcb.rto : PERSIST_MAX;
	tcb.retransmitAt = (now + wait) | 0;
	arm(tcp, tcb, tcb.retransmitAt);
}

/** The probe of a window that is closed, or too small to be worth a segment: RFC 9293 §3.8.6.1. */
export function probe(tcp: Tcp, tcb: Tcb): void {
	const window = tcb.sndWnd;
	let length = tcb.sndQueued < tcb.sndMss ? tcb.sndQueued : tcb.sndMss;
	if (length > window) length = window > 0 ? window : 1;
	let flags = ACK | PSH;
	const una = tcb.sndUna;
	let end = (una + length) | 0;
	if (length === tcb.sndQueued && tcb.finQueued && window >= length) {
		flags |= FIN;
		end = (end + 1) | 0;
	}
	if (!emit(tcp, tcb, una, flags, tcb.sndAt, length)) return;
	tcb.timing = false;
	if (window > 0) {
		// Within the window it is data like any other.
		tcb.sndNxt = end;
		tcb.work &= ~tcbs.PERSIST;
		sent(tcp, tcb, una, end);
		tcb.timing = false;
	} else if (((end - tcb.sndMax) | 0) > 0) tcb.sndMax = end;
}

/** Sends the segment at sndUna again. RFC 5681 §3.2. */
export function retransmitFirst(tcp: Tcp, tcb: Tcb): void {
	const flight = (tcb.sndNxt - tcb.sndUna) | 0;
	const used = tcb.sndQueued;
	let length = used < tcb.sndMss ? used : tcb.sndMss;
	if (length > flight) length = flight;
	let flags = ACK;
	if (length === used) flags |= flight > used ? PSH | FIN : PSH;
	tcb.timing = false;
	emit(tcp, tcb, tcb.sndUna, flags, tcb.sndAt, length);
}

/** SYN, or SYN and ACK, with our MSS; again when the timer has put sndNxt back to iss. */
function transmitSyn(tcp: Tcp, tcb: Tcb): boolean {
	if (tcb.sndNxt !== tcb.iss || tcb.localAddress === 0) {
		// It is on its way, or has no source address yet.
		tcb.work &= ~tcbs.ACK_NOW;
		return true;
	}
	const view = tcp.core.view;
	const block = tcb.block;
	view.setInt32(block + OPTIONS, (OPTION_MSS << 24) | (4 << 16) | receiveMss(tcp, tcb));
	view.setInt32(block + OPTIONS_LENGTH, 4, true);
	const done = emit(tcp, tcb, tcb.iss, tcb.state === tcbs.SYN_SENT ? SYN : SYN | ACK, 0, 0);
	view.setInt32(block + OPTIONS_LENGTH, 0, true);
	if (!done) return false;
	const now = tcp.core.now;
	if (tcb.sndMax === tcb.iss) {
		tcb.timing = true;
		tcb.rttSeq = tcb.iss;
		tcb.rttAt = now;
	} else tcb.timing = false;
	tcb.sndNxt = tcb.sndMax = (tcb.iss + 1) | 0;
	tcb.sentAt = now;
	if (!(tcb.work & tcbs.RETRANSMIT)) startRetransmit(tcp, tcb, now);
	return true;
}
