// How connections begin. RFC 9293 §3.10.7.2 (a segment for a listener), §3.10.7.3 (for a connection that asked).
// A listener's connection has a TCB from its SYN on, if there is a place; if not, the SYN is answered all the same, with a cookie as
// sequence number (isn.ts, RFC 4987 §3.6), and the TCB is made when the cookie comes back. Who gets one then: seats.ts.

import { isGroup } from "../../ip/way.ts";
import { copyAddress } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import type { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { newsPost, READABLE, WRITABLE } from "../../packet/news.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { BIT_NO_DELAY, BIT_SYN_DATA, BIT_SYN_DUE, BIT_TIMING, BIT_UNPROVEN, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { isNowhere } from "../../wire/scope.ts";
import * as wire from "../../wire/tcp.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { socketFor } from "../flow-find.ts";
import { opened } from "./congestion.ts";
import { quick } from "./delayed.ts";
import { fastOpenAnswered, fastOpenAsked, fastOpenWanted } from "./fast-open.ts";
import { addressWord, COOKIE_LIFETIME, cookie, FOREIGN, LATER, mssOf, recognize } from "./isn.ts";
import { ecnAgree } from "./ecn.ts";
import { startKeepAlive } from "./keep-alive.ts";
import { end, enter, release, resolve } from "./life.ts";
import { agree, offersBy } from "./offers.ts";
import { inheritRate } from "./pace.ts";
import { tcpMark } from "./pending.ts";
import { rackBegins } from "./rack.ts";
import { sampleRtt, setWait } from "./rtt.ts";
import { NO_SEAT, noteCookie, proven, room, SOON, STRANGER, take } from "./seats.ts";
import { oweAck } from "./send.ts";
import { delivered, firstRoom } from "./share.ts";
import { sizeLearned } from "./path-mtu.ts";
import { sendMss } from "./size.ts";
import { ESTABLISHED, FIN_WAIT_1, LISTEN, NO_ERROR, REFUSED, SYN_RECEIVED } from "./states.ts";
import { NOBODY, refuse, synAck, arrivalZone } from "./stray.ts";
import { synWindow } from "./stream.ts";
import { textArrives } from "./text.ts";
import { setIss, setState, stopTiming } from "./block.ts";
import { cookieOffers, stampLater, stampOf } from "./timestamps.ts";
import { RTO_AFTER_LOST_SYN } from "./timing.ts";
import { offered } from "./window.ts";
import { RETRANSMIT } from "./work.ts";

const FLAG_SHIFT = 16;
/** A connection that takes the place of one in TIME-WAIT begins so far beyond its last number. */
const REOPEN_STEP = 125_000;

/** Answer of `listenArrives`: the segment was dealt with. */
export const DONE = 0;

/** The segment is dropped and counted. Answers DONE. */
function dropped(view: DataView, link: InterfaceBlock, reason: number): number {
	drop(view, link, reason);
	return DONE;
}

/** A segment for a listener. Answers DONE, or the block of the connection that was just made by the cookie that it brought back: the segment is for that one. */
export function listenArrives(view: DataView, listener: TcbBlock, link: InterfaceBlock): number {
	const flags = view.getInt32(REGISTER.flagsWindow, true) >> FLAG_SHIFT;
	if ((flags & RST) !== 0) return dropped(view, link, DROP.tcpUnacceptable);
	if ((flags & ACK) !== 0) return completes(view, listener, link, flags);
	asks(view, listener, link, 0, false);
	return DONE;
}

/** A segment without ACK for a listener. With `renewed`, its connection was in TIME-WAIT until now, and ended at the sequence number `after`. */
function asks(view: DataView, listener: TcbBlock, link: InterfaceBlock, after: number, renewed: boolean): void {
	const flags = view.getInt32(REGISTER.flagsWindow, true) >> FLAG_SHIFT;
	const remote = addressWord(view, SOURCE_ADDRESS);
	// MUST-57: nobody's address, or everybody's, opens no connection.
	// What asks to open and to end at once is a probe, or gets round a filter. Linux drops it too.
	if ((flags & SYN) === 0 || (flags & FIN) !== 0 || isNowhere(view, SOURCE_ADDRESS) || isGroup(view, SOURCE_ADDRESS)) {
		drop(view, link, DROP.tcpUnacceptable);
		return;
	}
	// Refused here, at its SYN, which the peer repeats: later in the handshake no peer is refused.
	if (acceptFull(view, listener)) {
		drop(view, link, DROP.tcpBacklogFull);
		return;
	}
	const ports = view.getInt32(REGISTER.ports, true);
	const seq = view.getInt32(REGISTER.seq, true);
	const mss = wire.mssOption(view, view.getInt32(REGISTER.transportAt, true));
	const iss = issFor(view, seq, mss, after, renewed);
	// `take` never answers SOON to a STRANGER.
	const seat = listener.waiting < listener.backlog ? take(view, STRANGER, remote, ports) : NO_SEAT;
	if (seat !== NO_SEAT) {
		const child = TcbBlock.of(view, seat);
		if (!admit(view, listener, child, link)) return;
		setIss(child, iss);
		synchronize(view, child, seq, mss);
		if (hasFastOpen() && fastOpenAsked(view, listener, child)) opensAtOnce(view, child, link, seq);
		tcpMark(view, seat);
	} else if (renewed || !room(view, remote, ports)) drop(view, link, DROP.tcpSocketsFull);
	else {
		drop(view, link, DROP.tcpCookie);
		noteCookie(view);
		const at = view.getInt32(REGISTER.transportAt, true);
		const offers = wire.offersOf(view, at);
		synAck(view, link, listener, iss, (seq + 1) | 0, offers, stampOf(view, at));
	}
}

/** The SYN in the registers opens its connection, as if our SYN were acknowledged; its data is the program's. RFC 7413 §4.2.2. */
function opensAtOnce(view: DataView, tcb: TcbBlock, link: InterfaceBlock, seq: number): void {
	established(view, tcb, seq, (tcb.iss + 1) | 0, tcb.sndWnd);
	tcb.bits = tcb.bits | BIT_UNPROVEN | BIT_SYN_DUE;
	synText(view, tcb, link, 0);
	if (tcb.rcvQueued !== 0) tcb.bits = tcb.bits | BIT_SYN_DATA;
}

/** The data behind the peer's SYN in the registers, and its FIN. */
function synText(view: DataView, tcb: TcbBlock, link: InterfaceBlock, flags: number): void {
	const length = view.getInt32(REGISTER.payloadLength, true);
	if (length !== 0 || flags !== 0) textArrives(view, tcb, link, 0, length, tcb.rcvRoom, flags);
}

/** The sequence number that our answer to the SYN in the registers begins with: a cookie. */
function issFor(view: DataView, seq: number, mss: number, after: number, renewed: boolean): number {
	const now = CoreBlock.of(view, CORE).now;
	const ports = view.getInt32(REGISTER.ports, true);
	const iss = cookie(view, now, DESTINATION_ADDRESS, SOURCE_ADDRESS, ports, seq, mss);
	if (!renewed || ((iss - after) | 0) > 0) return iss;
	// As RFC 6191 asks, beyond the last number of the old connection: the next cookie, or if it must be no cookie.
	const next = cookie(view, (now + COOKIE_LIFETIME) | 0, DESTINATION_ADDRESS, SOURCE_ADDRESS, ports, seq, mss);
	return ((next - after) | 0) > 0 ? next : (after + REOPEN_STEP) | 0;
}

/** Whether as many connections as the backlog says wait to be read. */
export function acceptFull(view: DataView, listener: TcbBlock): boolean {
	let left = listener.backlog;
	let at = listener.acceptHead;
	while (at !== 0) {
		left = (left - 1) | 0;
		if (left === 0) return true;
		at = TcbBlock.of(view, at).nextAccept;
	}
	return false;
}

/** Makes a TCB a half-open connection of the listener, from the registers. Without a route it is given back, and the answer is false. */
function admit(view: DataView, listener: TcbBlock, child: TcbBlock, link: InterfaceBlock): boolean {
	const path = PathBlock.of(view, child.path);
	const ports = view.getInt32(REGISTER.ports, true);
	copyAddress(view, child.localAddress, DESTINATION_ADDRESS);
	child.localPort = ports & 0xffff;
	copyAddress(view, child.remoteAddress, SOURCE_ADDRESS);
	child.remotePort = (ports >>> 16) | 0;
	// What came to an address of one link stays on it: another link may have the same.
	const zone = arrivalZone(view, link);
	child.meta = zone === 0 ? listener.meta : (listener.meta & 255) | (zone << 8);
	copyAddress(view, path.source, DESTINATION_ADDRESS);
	copyAddress(view, path.destination, SOURCE_ADDRESS);
	const listens = PathBlock.of(view, listener.path);
	path.bound = zone === 0 ? listens.bound : zone;
	path.hops = listens.hops;
	if (!resolve(view, child) || !enter(view, child)) {
		release(view, child);
		drop(view, link, DROP.noRoute);
		return false;
	}
	child.listener = listener.at;
	listener.waiting = (listener.waiting + 1) | 0;
	child.bits = listener.bits & BIT_NO_DELAY;
	child.userTimeout = listener.userTimeout;
	child.keepAliveIdle = listener.keepAliveIdle;
	child.keepAliveInterval = listener.keepAliveInterval;
	child.keepAliveMost = listener.keepAliveMost;
	setState(child, SYN_RECEIVED);
	return true;
}

/** The class of the MSS in the cookie that the segment in the registers acknowledges, when it continues at `irs` + 1; else FOREIGN or LATER. */
function recognized(view: DataView, irs: number): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const now = CoreBlock.of(view, CORE).now;
	if (tcp.cookies === 0) return FOREIGN;
	const age = (now - tcp.cookieAt) | 0;
	if (age < 0 || age > 3 * COOKIE_LIFETIME) {
		// None is out any more. So guesses are of use only while somebody floods, and old duplicates of no use.
		tcp.cookies = 0;
		return FOREIGN;
	}
	const ports = view.getInt32(REGISTER.ports, true);
	const iss = (view.getInt32(REGISTER.ack, true) - 1) | 0;
	return recognize(view, now, DESTINATION_ADDRESS, SOURCE_ADDRESS, ports, irs, iss);
}

/** An ACK for a listener: that of a SYN and ACK of which nothing was kept, or a stray, which gets RST. Answers as `listenArrives`. */
function completes(view: DataView, listener: TcbBlock, link: InterfaceBlock, flags: number): number {
	const seq = view.getInt32(REGISTER.seq, true);
	const ack = view.getInt32(REGISTER.ack, true);
	const found = (flags & SYN) !== 0 ? FOREIGN : recognized(view, (seq - 1) | 0);
	if (found === FOREIGN) {
		refuse(view, link, listener.at);
		return DONE;
	}
	// Most likely the second segment of a peer, of which the first was lost, or dropped below. The peer sends the first one again.
	if (found === LATER) return dropped(view, link, DROP.tcpUnacceptable);
	if (acceptFull(view, listener)) return dropped(view, link, DROP.tcpBacklogFull);
	const remote = addressWord(view, SOURCE_ADDRESS);
	const seat = take(view, proven(view, remote), remote, view.getInt32(REGISTER.ports, true));
	if (seat === NO_SEAT || seat === SOON) {
		drop(view, link, DROP.tcpSocketsFull);
		// A peer that has sent data repeats it, and finds the place free by then. One that waits for us to speak first sends nothing: our SYN and ACK goes again, to have it acknowledge once more.
		const silent = view.getInt32(REGISTER.payloadLength, true) === 0 && (flags & FIN) === 0;
		const at = view.getInt32(REGISTER.transportAt, true);
		if (seat === SOON && silent) synAck(view, link, listener, (ack - 1) | 0, seq, cookieOffers(view, at), stampOf(view, at));
		return DONE;
	}
	const child = TcbBlock.of(view, seat);
	if (!admit(view, listener, child, link)) return DONE;
	// The TCB becomes what it would be after our SYN and ACK. The segment is then processed as any other.
	setIss(child, (ack - 1) | 0);
	child.sndNxt = ack;
	child.sndMax = ack;
	child.irs = (seq - 1) | 0;
	child.rcvNxt = seq;
	synWindow(child);
	const at = view.getInt32(REGISTER.transportAt, true);
	agree(view, child, cookieOffers(view, at), stampOf(view, at));
	child.lastAck = seq;
	child.sndMss = sendMss(view, child, mssOf(found));
	sizeLearned(view, child);
	return seat;
}

/** The segment in the registers has a wrong ACK for a half-open connection: true when it is that of an earlier answer of ours, of which nothing was kept. */
export function answersEarlier(view: DataView, tcb: TcbBlock): boolean {
	if (tcb.listener === 0 || recognized(view, tcb.irs) < 0) return false;
	setIss(tcb, (view.getInt32(REGISTER.ack, true) - 1) | 0);
	return true;
}

/** Takes over what the peer's SYN says. Data that came with it is not acknowledged, so it comes again. */
function synchronize(view: DataView, tcb: TcbBlock, seq: number, mss: number): void {
	tcb.irs = seq;
	tcb.rcvNxt = (seq + 1) | 0;
	tcb.rcvAdv = tcb.rcvNxt;
	tcb.sndWnd = view.getInt32(REGISTER.flagsWindow, true) & 0xffff;
	tcb.sndWndMax = tcb.sndWnd;
	tcb.sndWl1 = seq;
	const at = view.getInt32(REGISTER.transportAt, true);
	const offers = wire.offersOf(view, at);
	// An answer offers nothing that our SYN did not: what that was has been decided.
	const answers = (view.getInt32(REGISTER.flagsWindow, true) & (ACK << FLAG_SHIFT)) !== 0;
	agree(view, tcb, answers ? offers : offersBy(view, PathBlock.of(view, tcb.path), offers), stampOf(view, at));
	ecnAgree(view, tcb, view.getInt32(REGISTER.flagsWindow, true) >> FLAG_SHIFT);
	tcb.lastAck = tcb.rcvNxt;
	tcb.sndMss = sendMss(view, tcb, mss);
	sizeLearned(view, tcb);
}

/** RFC 9293 §3.10.7.3, in its order. */
export function synSentArrives(view: DataView, tcb: TcbBlock, link: InterfaceBlock): void {
	const flagsWindow = view.getInt32(REGISTER.flagsWindow, true);
	const flags = flagsWindow >> FLAG_SHIFT;
	const ack = view.getInt32(REGISTER.ack, true);
	const acked = (ack - tcb.sndUna) | 0;
	if ((flags & ACK) !== 0 && (acked <= 0 || acked > ((tcb.sndMax - tcb.sndUna) | 0))) {
		if ((flags & RST) !== 0) drop(view, link, DROP.tcpUnacceptable);
		else refuse(view, link, tcb.at);
		return;
	}
	if ((flags & RST) !== 0) {
		if ((flags & ACK) !== 0) end(view, tcb, REFUSED);
		else drop(view, link, DROP.tcpUnacceptable);
		return;
	}
	if ((flags & SYN) === 0 || (flags & (ACK | FIN)) === FIN) {
		drop(view, link, DROP.tcpUnacceptable);
		return;
	}
	const seq = view.getInt32(REGISTER.seq, true);
	const mss = wire.mssOption(view, view.getInt32(REGISTER.transportAt, true));
	synchronize(view, tcb, seq, mss);
	if ((flags & ACK) !== 0) {
		if (hasFastOpen()) fastOpenAnswered(view, tcb, ack, mss);
		established(view, tcb, seq, ack, flagsWindow & 0xffff);
		oweAck(view, tcb);
		if (hasFastOpen() && fastOpenWanted(view, tcb)) synText(view, tcb, link, flags & FIN);
		return;
	}
	// Both asked at once: RFC 9293 §3.5, figure 8. Our SYN goes again, with an acknowledgment.
	setState(tcb, SYN_RECEIVED);
	tcb.sndNxt = tcb.iss;
	tcpMark(view, tcb.at);
}

/** Our SYN is acknowledged, and the peer's is known. */
export function established(view: DataView, tcb: TcbBlock, seq: number, ack: number, window: number): void {
	const lost = tcb.backoff !== 0;
	if (hasFastOpen()) {
		// Data of our SYN.
		const early = (ack - tcb.iss - 1) | 0;
		if (early > 0) delivered(view, tcb, early & 0x3fffffff, (tcb.sndQueued - early) | 0);
	}
	tcb.sndUna = ack;
	tcb.sndNxt = ack;
	tcb.sndMax = ack;
	tcb.backoff = 0;
	tcb.softError = 0;
	tcb.work = tcb.work & ~RETRANSMIT;
	if ((tcb.bits & BIT_TIMING) !== 0) {
		stopTiming(tcb);
		sampleRtt(tcb, (CoreBlock.of(view, CORE).now - tcb.rttAt) | 0);
	} else if (lost) tcb.rto = RTO_AFTER_LOST_SYN;
	setWait(tcb);
	rackBegins(tcb, CoreBlock.of(view, CORE).now);
	opened(tcb, lost);
	setState(tcb, ESTABLISHED);
	quick(view, tcb);
	firstRoom(view, tcb);
	tcb.sndWl1 = seq;
	tcb.sndWl2 = ack;
	offered(view, tcb, window);
	startKeepAlive(view, tcb);
	if (tcb.finQueued !== 0) {
		// Closed before it was open.
		setState(tcb, FIN_WAIT_1);
		tcpMark(view, tcb.at);
	}
	if (tcb.listener === 0) {
		inheritRate(view, tcb, tcb);
		newsPost(view, tcb.news, WRITABLE);
		return;
	}
	const listener = TcbBlock.of(view, tcb.listener);
	inheritRate(view, tcb, listener);
	if (listener.acceptHead === 0) listener.acceptHead = tcb.at;
	else TcbBlock.of(view, listener.acceptTail).nextAccept = tcb.at;
	listener.acceptTail = tcb.at;
	newsPost(view, listener.news, READABLE);
}

/**
 * A SYN for a connection in TIME-WAIT. With a number, or a timestamp, beyond all that the old one used it opens a new one: RFC 9293 §3.10.7.4,
 * RFC 6191. False when it does not, and is to be treated as any segment.
 */
export function reopen(view: DataView, tcb: TcbBlock, link: InterfaceBlock, flags: number, seq: number): boolean {
	if (tcb.detached === 0 || (flags & (ACK | FIN)) !== 0) return false;
	if (((seq - tcb.rcvNxt) | 0) <= 0 && !stampLater(view, tcb)) return false;
	const after = tcb.sndMax;
	end(view, tcb, NO_ERROR);
	const index = socketFor(view, link, ipv4.TCP);
	if (index >= 0) {
		const listener = TcbBlock.of(view, tcbAt(view, index));
		if (listener.state === LISTEN) {
			asks(view, listener, link, after, true);
			return true;
		}
	}
	refuse(view, link, NOBODY);
	return true;
}
