// A segment arrives. RFC 9293 §3.10.7.4, in its order: sequence number, RST, SYN, ACK, data, FIN. Segments that go as expected do not
// come here: wire/stream.ts has the short way. The handshake is in handshake.ts.

import { ringPut, tcpSampleRtt } from "#codec";
import type { Interface } from "../../link/interface.ts";
import { DROP } from "../../packet/drops.ts";
import * as fields from "../../packet/fields.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { ERROR, READABLE, WRITABLE } from "../events.ts";
import { acknowledgeAgain, challenge, resendSyn, unacceptable } from "./answers.ts";
import { acceptFull, answersEarlier, established, listenArrives, reopen, synSentArrives } from "./handshake.ts";
import { abort, end } from "./life.ts";
import { acknowledgeNow, mark, retransmitFirst } from "./send.ts";
import { refuse } from "./stray.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { arm, delayAck, linger, recoverRto, startKeepAlive, TIME_WAIT_TIME } from "./timers.ts";

const FLAG_SHIFT = 16;

/** The long way of every segment for this TCB. */
export function arrive(tcp: Tcp, tcb: Tcb, iface: Interface): void {
	const mine = tcbs.load(tcp.view, tcb);
	if (tcb.state >= tcbs.SYN_RECEIVED) synchronized(tcp, tcb, iface);
	else if (tcb.state === tcbs.LISTEN) listenArrives(tcp, tcb, iface, 0, false);
	else if (tcb.state === tcbs.SYN_SENT) synSentArrives(tcp, tcb, iface);
	if (mine) tcbs.store(tcp.view, tcb);
}

function synchronized(tcp: Tcp, tcb: Tcb, iface: Interface): void {
	const registers = tcp.core.fields;
	let at = registers[fields.PAYLOAD_AT]!;
	let length = registers[fields.PAYLOAD_LENGTH]!;
	const flagsWindow = registers[fields.FLAGS_WINDOW]!;
	let seq = registers[fields.SEQ]!;
	let flags = flagsWindow >> FLAG_SHIFT;
	if (flags & SYN && !(flags & RST)) {
		if (tcb.state === tcbs.TIME_WAIT && reopen(tcp, tcb, iface, flags, seq)) return;
		if (tcb.state === tcbs.SYN_RECEIVED && seq === tcb.irs) {
			if (!(flags & ACK)) return resendSyn(tcp, tcb, iface);
			// The other half of a simultaneous open: RFC 9293 §3.5, figure 8. Its SYN is known.
			seq = (seq + 1) | 0;
			flags &= ~SYN;
		} else if (
			tcb.state === tcbs.SYN_RECEIVED &&
			flags & ACK &&
			tcb.listener === undefined &&
			registers[fields.ACK] === tcb.sndMax
		) {
			// The SYN that came first proved nothing, and was none of the peer's: this one knows ours.
			tcbs.setState(tcb, tcbs.SYN_SENT);
			return synSentArrives(tcp, tcb, iface);
		}
	}

	// First, the sequence number. Data with RST is a text for people.
	const room = tcp.receiveSize - tcb.rcvQueued;
	let ahead = (seq - tcb.rcvNxt) | 0;
	const total = flags & RST ? 0 : length + (flags & FIN ? 1 : 0) + (flags & SYN ? 1 : 0);
	if (!acceptable(ahead, length, total, room)) {
		if (repeats(tcp, tcb, flags, ahead, total)) return repeated(tcp, tcb, iface, seq, flagsWindow, total);
		return unacceptable(tcp, tcb, iface, flags);
	}

	// Second, RST. RFC 5961 §3.2: only the exact number counts.
	if (flags & RST) {
		if (ahead >= room && ahead > 0) return tcp.core.count(iface.block, DROP.tcpUnacceptable);
		if (ahead !== 0) return challenge(tcp, tcb, iface);
		return reset(tcp, tcb);
	}

	// Fourth, SYN. RFC 5961 §4.2; a connection that was never handed out goes back to LISTEN.
	if (flags & SYN) {
		if (tcb.state === tcbs.SYN_RECEIVED && tcb.listener !== undefined) return end(tcp, tcb, tcbs.RESET);
		return challenge(tcp, tcb, iface);
	}

	// Fifth, ACK.
	if (!(flags & ACK)) return tcp.core.count(iface.block, DROP.tcpUnacceptable);
	if (!acknowledgment(tcp, tcb, iface, seq, registers[fields.ACK]!, flagsWindow & 0xffff, total)) return;

	// Seventh, data; sixth, the urgent pointer, is not looked at: urgent data is data. Eighth, FIN.
	if (total === 0) return;
	if (tcb.finReceived || (tcb.finAhead && length > 0 && ((tcb.rcvNxt + ahead - tcb.finAt) | 0) >= 0))
		return behindFin(tcp, tcb, iface, flags);
	if (length > 0) {
		if (ahead < 0) {
			at -= ahead;
			length += ahead;
			ahead = 0;
			mark(tcp, tcb, tcbs.ACK_NOW);
		}
		if (length > room - ahead) {
			length = room - ahead;
			flags &= ~FIN;
		}
		if (tcb.detached && length > 0) return abort(tcp, tcb); // RFC 9293 §3.6.1: data that nobody will read.
	} else if (ahead < 0) return;
	const behind = (tcb.rcvNxt + ahead + length) | 0;
	const kept = length === 0 || data(tcp, tcb, iface, ahead, at, length);
	if (flags & FIN) {
		if (!noteFin(tcp, tcb, behind) && kept) tcp.core.count(iface.block, DROP.tcpUnacceptable);
		if (length === 0 && ahead > 0) acknowledgeNow(tcp, tcb);
	}
	if (tcb.finAhead && tcb.finAt === tcb.rcvNxt) finArrives(tcp, tcb);
}

/** RFC 9293 §3.4, table 6; what spans the whole window; and bare acknowledgments of a peer that has filled it, so that it all may be lost. */
function acceptable(ahead: number, length: number, total: number, room: number): boolean {
	if (total === 0) return ahead >= 0 && ahead <= room;
	// A window of zero still takes what needs no room.
	if (room === 0) return ahead === 0 && length === 0;
	return ahead < room && ((ahead + total) | 0) > 0;
}

/** Whether a segment that is not acceptable is what a peer sends again: from no further back than a window, or a probe of a window that is closed. */
function repeats(tcp: Tcp, tcb: Tcb, flags: number, ahead: number, total: number): boolean {
	return (
		tcb.state >= tcbs.ESTABLISHED &&
		total > 0 &&
		ahead <= 0 &&
		ahead >= -(tcp.receiveSize + 1) &&
		(flags & (ACK | SYN | RST)) === ACK
	);
}

/** Our acknowledgment was lost, or the window is closed. What the segment acknowledges counts: FINs that crossed would else wait for a timeout. */
function repeated(tcp: Tcp, tcb: Tcb, iface: Interface, seq: number, flagsWindow: number, total: number): void {
	acknowledgeAgain(tcp, tcb);
	// RFC 9293 §3.10.7.4: the peer's FIN, once more.
	if (tcb.state === tcbs.TIME_WAIT && flagsWindow & (FIN << FLAG_SHIFT)) linger(tcp, tcb, TIME_WAIT_TIME);
	// This may be the end of it; the peer must hear of its FIN before.
	if (tcb.state === tcbs.LAST_ACK && tcb.work & tcbs.ACK_NOW) acknowledgeNow(tcp, tcb);
	const taken = acknowledgment(tcp, tcb, iface, seq, tcp.core.fields[fields.ACK]!, flagsWindow & 0xffff, total);
	if (taken) tcp.core.count(iface.block, DROP.tcpUnacceptable); // else it was counted, or was the end
}

/** Data or FIN in the window, from a peer that has said that there is no more. RFC 9293 §3.10.7.4: not looked at; but in TIME-WAIT a FIN is answered. */
function behindFin(tcp: Tcp, tcb: Tcb, iface: Interface, flags: number): void {
	tcp.core.count(iface.block, DROP.tcpUnacceptable);
	if (tcb.state !== tcbs.TIME_WAIT) return;
	acknowledgeAgain(tcp, tcb);
	if (flags & FIN) linger(tcp, tcb, TIME_WAIT_TIME);
}

function reset(tcp: Tcp, tcb: Tcb): void {
	const state = tcb.state;
	if (state === tcbs.SYN_RECEIVED) end(tcp, tcb, tcbs.REFUSED);
	else end(tcp, tcb, state >= tcbs.CLOSING ? tcbs.NO_ERROR : tcbs.RESET);
}

/** The fifth step. False when the segment is to be dropped, or the connection is gone. */
function acknowledgment(tcp: Tcp, tcb: Tcb, iface: Interface, seq: number, ack: number, window: number, total: number): boolean {
	let acked = (ack - tcb.sndUna) | 0;
	const most = (tcb.sndMax - tcb.sndUna) | 0;
	if (tcb.state === tcbs.SYN_RECEIVED) {
		if ((acked <= 0 || acked > most) && !answersEarlier(tcp, tcb)) {
			refuse(tcp, iface, tcb);
			return false;
		}
		const listener = tcb.listener;
		if (listener !== undefined && listener.acceptHead !== undefined && acceptFull(listener)) {
			// Our SYN and ACK goes again, and so does theirs.
			tcp.core.count(iface.block, DROP.tcpBacklogFull);
			return false;
		}
		established(tcp, tcb, seq, ack, window);
		acked = 0;
	} else if (acked > most || acked < -tcb.sndWndMax) {
		// RFC 5961 §5.2.
		challenge(tcp, tcb, iface);
		return false;
	}
	tcb.heard = true;
	if (tcb.keepAliveProbes !== 0) startKeepAlive(tcp, tcb);
	let finAcked = false;
	if (acked > 0) {
		let bytes = acked;
		if (bytes > tcb.sndQueued) {
			bytes = tcb.sndQueued;
			finAcked = true;
		}
		progress(tcp, tcb, ack, bytes);
	} else if (acked === 0 && total === 0 && window === tcb.sndWnd && tcb.sndNxt !== tcb.sndUna) duplicate(tcp, tcb);
	if (acked >= 0) {
		const newer = (seq - tcb.sndWl1) | 0;
		if (newer > 0 || (newer === 0 && ((ack - tcb.sndWl2) | 0) >= 0)) {
			tcb.sndWl1 = seq;
			tcb.sndWl2 = ack;
			offered(tcp, tcb, window);
		}
	}
	return !finAcked || finAcknowledged(tcp, tcb);
}

/** The peer's window, from a segment that is newer than the last that told it. */
export function offered(tcp: Tcp, tcb: Tcb, window: number): void {
	tcb.sndWnd = window;
	if (window > tcb.sndWndMax) tcb.sndWndMax = window;
	if (tcb.backoff !== 0) {
		// A closed window that is confirmed is no silence: RFC 9293 §3.8.6.1. But nobody waits for an abandoned connection.
		if (window === 0 && !tcb.detached) tcb.stalledAt = tcp.core.now;
		if (window !== 0 && tcb.work & tcbs.PERSIST) tcb.backoff = 0;
	}
	if (tcb.work & tcbs.PERSIST && window !== 0) tcb.work &= ~tcbs.PERSIST;
	if (tcb.sndQueued > ((tcb.sndNxt - tcb.sndUna) | 0)) mark(tcp, tcb, tcbs.SEND);
}

/** `bytes` of data are acknowledged by `ack`: on the long way. */
function acknowledge(tcp: Tcp, tcb: Tcb, ack: number, bytes: number): void {
	tcb.sndUna = ack;
	const size = tcp.sendSize;
	const queued = tcb.sndQueued - bytes;
	tcb.sndQueued = queued;
	const at = tcb.sndAt + bytes;
	tcb.sndAt = at < size ? at : at - size;
	const now = tcp.core.now;
	if (tcb.timing && ((ack - tcb.rttSeq) | 0) > 0) {
		tcb.timing = false;
		tcpSampleRtt(tcp.view, tcb.block, (now - tcb.rttAt) | 0);
	}
	if (tcb.cwnd < size && !tcb.recovering) tcp.congestion.acknowledged(tcb, bytes);
	const flight = (tcb.sndNxt - ack) | 0;
	if (flight === 0) tcb.work &= ~tcbs.RETRANSMIT;
	else tcb.retransmitAt = (now + tcb.rto) | 0;
	if (queued > flight) mark(tcp, tcb, tcbs.SEND);
	if (queued <= size >> 1 && !tcb.finQueued) tcp.events.post(tcb, WRITABLE);
}

/** New data is acknowledged on the long way: after losses, timeouts, with a FIN. RFC 6582 §3.2. */
function progress(tcp: Tcp, tcb: Tcb, ack: number, bytes: number): void {
	if (((ack - tcb.sndNxt) | 0) > 0) tcb.sndNxt = ack;
	if (tcb.backoff !== 0) recoverRto(tcp, tcb);
	tcb.softError = false;
	if (((ack - tcb.recover) | 0) >= 0) tcb.timedOut = false;
	const timer = tcb.retransmitAt;
	if (!tcb.recovering) {
		tcb.dupAcks = 0;
		acknowledge(tcp, tcb, ack, bytes);
	} else if (((ack - tcb.recover) | 0) >= 0) {
		acknowledge(tcp, tcb, ack, bytes);
		tcb.recovering = false;
		tcb.dupAcks = 0;
		tcp.congestion.recovered(tcb, (tcb.sndNxt - ack) | 0);
	} else {
		acknowledge(tcp, tcb, ack, bytes);
		tcp.congestion.partial(tcb, bytes);
		retransmitFirst(tcp, tcb);
		// Only the first partial acknowledgment puts the timer off: "impatient", RFC 6582 §4.
		if (tcb.partial) tcb.retransmitAt = timer;
		tcb.partial = true;
	}
	// A FIN that there was no room for behind data.
	if (tcb.finQueued) mark(tcp, tcb, tcbs.SEND);
	// A probe may have been all that was in flight.
	if (tcb.sndMax === ack) tcb.work &= ~(tcbs.RETRANSMIT | tcbs.PERSIST);
}

/** A duplicate acknowledgment. RFC 5681 §3.2, RFC 6582 §3.2. */
function duplicate(tcp: Tcp, tcb: Tcb): void {
	const count = ++tcb.dupAcks;
	if (tcb.recovering) tcp.congestion.duplicate(tcb);
	else if (count === 3 && !tcb.timedOut) {
		tcp.congestion.lost(tcb, (tcb.sndNxt - tcb.sndUna) | 0);
		tcb.recover = tcb.sndMax;
		tcb.recovering = true;
		tcb.partial = false;
		retransmitFirst(tcp, tcb);
		tcb.retransmitAt = (tcp.core.now + tcb.rto) | 0;
		arm(tcp, tcb, tcb.retransmitAt);
	}
	mark(tcp, tcb, tcbs.SEND);
}

/** Our FIN is acknowledged. False when that was the end. */
function finAcknowledged(tcp: Tcp, tcb: Tcb): boolean {
	const state = tcb.state;
	if (state === tcbs.FIN_WAIT_1) tcbs.setState(tcb, tcbs.FIN_WAIT_2);
	else if (state === tcbs.CLOSING) timeWait(tcp, tcb);
	else if (state === tcbs.LAST_ACK) {
		end(tcp, tcb, tcbs.NO_ERROR);
		return false;
	}
	return true;
}

function timeWait(tcp: Tcp, tcb: Tcb): void {
	tcbs.setState(tcb, tcbs.TIME_WAIT);
	tcb.work &= ~(tcbs.TIMERS & ~tcbs.ACK_DELAYED);
	linger(tcp, tcb, TIME_WAIT_TIME);
}

/** The seventh step: `length` bytes that begin `ahead` bytes after rcvNxt, within the window and before a FIN. False when they are dropped, and counted. */
function data(tcp: Tcp, tcb: Tcb, iface: Interface, ahead: number, at: number, length: number): boolean {
	const size = tcp.receiveSize;
	if (tcb.finAhead) {
		const left = (tcb.finAt - tcb.rcvNxt - ahead) | 0;
		if (length > left) length = left;
	}
	if (ahead > 0) {
		const stored = tcp.reassembly.store(tcp.core.view, tcb, size, ahead, at, length);
		if (!stored) tcp.core.count(iface.block, DROP.tcpReassemblyFull);
		// RFC 5681 §4.2: each one gets its own, at once.
		acknowledgeNow(tcp, tcb);
		return stored;
	}
	ringPut(tcp.core.view, tcb.receiveRing, size, tcb.rcvAt, at, length);
	if (tcb.ranges > 0) {
		const more = tcp.reassembly.take(tcb, (tcb.rcvNxt + length) | 0);
		length += more;
		mark(tcp, tcb, tcbs.ACK_NOW);
	} else if (tcb.work & tcbs.ACK_DELAYED) mark(tcp, tcb, tcbs.ACK_NOW);
	else {
		tcb.work |= tcbs.ACK_DELAYED;
		if (!(tcb.work & tcbs.TICKING)) delayAck(tcp, tcb);
	}
	const next = tcb.rcvAt + length;
	tcb.rcvAt = next < size ? next : next - size;
	tcb.rcvQueued += length;
	tcb.rcvNxt = (tcb.rcvNxt + length) | 0;
	tcp.events.post(tcb, READABLE);
	return true;
}

/** A FIN behind the byte before `at`: its turn comes when everything before it is there. False when it cannot be there. */
function noteFin(tcp: Tcp, tcb: Tcb, at: number): boolean {
	if (tcb.finAhead) return tcb.finAt === at;
	// Bytes beyond the FIN are here already: this peer contradicts itself, and the FIN is not believed.
	if ((tcb.ranges > 0 && ((tcp.reassembly.end(tcb) - at) | 0) > 0) || ((at - tcb.rcvNxt) | 0) < 0) return false;
	tcb.finAhead = true;
	tcb.finAt = at;
	return true;
}

/** The eighth step. */
function finArrives(tcp: Tcp, tcb: Tcb): void {
	tcb.finAhead = false;
	tcb.finReceived = true;
	tcb.rcvNxt = (tcb.rcvNxt + 1) | 0;
	mark(tcp, tcb, tcbs.ACK_NOW);
	const state = tcb.state;
	if (state === tcbs.ESTABLISHED) tcbs.setState(tcb, tcbs.CLOSE_WAIT);
	else if (state === tcbs.FIN_WAIT_1) tcbs.setState(tcb, tcbs.CLOSING);
	else timeWait(tcp, tcb);
	if (tcb.rcvQueued === 0) tcp.events.post(tcb, ERROR);
}
