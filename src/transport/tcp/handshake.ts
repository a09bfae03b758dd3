// How connections begin. RFC 9293 §3.10.7.2 (a segment for a listener), §3.10.7.3 (for a connection that asked).
// A listener's connection has a TCB from its SYN on, if there is a place; if not, the SYN is answered all the same, with a cookie as
// sequence number (isn.ts, RFC 4987 §3.6), and the TCB is made when the cookie comes back. Who gets one then: seats.ts.

import { flowFind, tcpSampleRtt } from "#codec";
import type { Interface } from "../../link/interface.ts";
import { DROP } from "../../packet/drops.ts";
import * as fields from "../../packet/fields.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as wire from "../../wire/tcp.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { READABLE, WRITABLE } from "../events.ts";
import { COOKIE_LIFETIME, FOREIGN, LATER, MSS_CLASSES } from "./isn.ts";
import { end, inheritTemplate, open, release, sendMss, setIss } from "./life.ts";
import { arrive, offered } from "./receive.ts";
import { noteCookie, proven, room, SOON, STRANGER, take } from "./seats.ts";
import { mark } from "./send.ts";
import { refuse, synAck } from "./stray.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { RTO_AFTER_LOST_SYN, startKeepAlive } from "./timers.ts";

const FLAG_SHIFT = 16;
/** A connection that takes the place of one in TIME-WAIT begins so far beyond its last number. */
const REOPEN_STEP = 125_000;

/**
 * A segment for a listener. With `renewed`, its connection was in TIME-WAIT until now, and ended at the sequence number `after`.
 */
export function listenArrives(tcp: Tcp, listener: Tcb, iface: Interface, after: number, renewed: boolean): void {
	const core = tcp.core;
	const registers = core.fields;
	const flags = registers[fields.FLAGS_WINDOW]! >> FLAG_SHIFT;
	if (flags & RST) return core.count(iface.block, DROP.tcpUnacceptable);
	if (flags & ACK) return completes(tcp, listener, iface, flags);
	const remote = registers[fields.SOURCE]!;
	// MUST-57: nobody's address, or everybody's, opens no connection.
	// What asks to open and to end at once is a probe, or gets round a filter. Linux drops it too.
	if (!(flags & SYN) || flags & FIN || remote >>> 24 === 0 || tcp.ip.isGroup(remote))
		return core.count(iface.block, DROP.tcpUnacceptable);
	// The SYN comes again. Later in the handshake nobody is sent away.
	if (listener.acceptHead !== undefined && acceptFull(listener)) return core.count(iface.block, DROP.tcpBacklogFull);
	const local = registers[fields.DESTINATION]!;
	const ports = registers[fields.PORTS]!;
	const seq = registers[fields.SEQ]!;
	const mss = wire.mssOption(core.view, registers[fields.TRANSPORT_AT]!);
	let iss = tcp.isn.cookie(core.now, local, remote, ports, seq, mss);
	if (renewed && ((iss - after) | 0) <= 0) {
		// As RFC 6191 asks, beyond the last number of the old connection: the next cookie, or if it must be no cookie.
		iss = tcp.isn.cookie((core.now + COOKIE_LIFETIME) | 0, local, remote, ports, seq, mss);
		if (((iss - after) | 0) <= 0) iss = (after + REOPEN_STEP) | 0;
	}
	// A stranger is never told SOON.
	const child = listener.waiting < listener.backlog ? take(tcp, STRANGER, remote, ports) : undefined;
	if (child) {
		if (!admit(tcp, listener, child, iface, local, remote, ports)) return;
		setIss(child, iss);
		synchronize(tcp, child, seq, mss);
		mark(tcp, child, tcbs.SEND);
		tcbs.store(tcp.view, child);
	} else if (renewed || !room(tcp, remote, ports)) core.count(iface.block, DROP.tcpSocketsFull);
	else {
		core.count(iface.block, DROP.tcpCookie);
		noteCookie(tcp);
		synAck(tcp, iface, listener, iss, (seq + 1) | 0);
	}
}

/** Whether as many connections as the backlog says wait to be read. */
export function acceptFull(listener: Tcb): boolean {
	let left = listener.backlog;
	for (let tcb = listener.acceptHead; tcb !== undefined; tcb = tcb.nextAccept) if (--left === 0) return true;
	return false;
}

/** Makes a TCB a half-open connection of the listener. Without a route it is given back, and the answer is false. */
function admit(tcp: Tcp, listener: Tcb, child: Tcb, iface: Interface, local: number, remote: number, ports: number): boolean {
	const path = child.path;
	child.localAddress = path.source = local;
	child.localPort = ports & 0xffff;
	child.remoteAddress = path.destination = remote;
	child.remotePort = ports >>> 16;
	child.meta = listener.meta;
	path.bound = listener.path.bound;
	if (!open(tcp, child)) {
		release(tcp, child);
		tcp.core.count(iface.block, DROP.noRoute);
		return false;
	}
	inheritTemplate(tcp, listener, child);
	child.listener = listener;
	listener.waiting++;
	child.noDelay = listener.noDelay;
	child.userTimeout = listener.userTimeout;
	child.keepAliveIdle = listener.keepAliveIdle;
	child.keepAliveInterval = listener.keepAliveInterval;
	tcbs.setState(child, tcbs.SYN_RECEIVED);
	return true;
}

/** The class of the MSS in the cookie that the segment in the registers acknowledges, when it continues at `irs` + 1; else FOREIGN or LATER. */
function recognize(tcp: Tcp, irs: number): number {
	const core = tcp.core;
	if (!tcp.cookies) return FOREIGN;
	const age = (core.now - tcp.cookieAt) | 0;
	if (age < 0 || age > 3 * COOKIE_LIFETIME) {
		// None is out any more. So guesses are of use only while somebody floods, and old duplicates of no use.
		tcp.cookies = false;
		return FOREIGN;
	}
	const registers = core.fields;
	const iss = (registers[fields.ACK]! - 1) | 0;
	return tcp.isn.recognize(
		core.now,
		registers[fields.DESTINATION]!,
		registers[fields.SOURCE]!,
		registers[fields.PORTS]!,
		irs,
		iss,
	);
}

/** An ACK for a listener: that of a SYN and ACK of which nothing was kept, or a stray, which gets RST. */
function completes(tcp: Tcp, listener: Tcb, iface: Interface, flags: number): void {
	const core = tcp.core;
	const registers = core.fields;
	const seq = registers[fields.SEQ]!;
	const ack = registers[fields.ACK]!;
	const found = flags & SYN ? FOREIGN : recognize(tcp, (seq - 1) | 0);
	if (found === FOREIGN) return refuse(tcp, iface, listener);
	// Most likely a peer's second segment, whose first was lost or dropped below: that one comes again.
	if (found === LATER) return core.count(iface.block, DROP.tcpUnacceptable);
	if (acceptFull(listener)) return core.count(iface.block, DROP.tcpBacklogFull);
	const local = registers[fields.DESTINATION]!;
	const remote = registers[fields.SOURCE]!;
	const ports = registers[fields.PORTS]!;
	const child = take(tcp, proven(tcp, remote), remote, ports);
	if (!child) {
		core.count(iface.block, DROP.tcpSocketsFull);
		// Data comes again, and finds the place free. Who waits for us to speak first is asked again.
		const silent = registers[fields.PAYLOAD_LENGTH] === 0 && !(flags & FIN);
		if (child === SOON && silent) synAck(tcp, iface, listener, (ack - 1) | 0, seq);
		return;
	}
	if (!admit(tcp, listener, child, iface, local, remote, ports)) return;
	// As it was after our SYN and ACK. The segment itself does the rest.
	setIss(child, (ack - 1) | 0);
	child.sndNxt = child.sndMax = ack;
	child.irs = (seq - 1) | 0;
	child.rcvNxt = seq;
	child.rcvAdv = (seq + tcp.receiveSize) | 0;
	child.sndMss = sendMss(tcp, child, MSS_CLASSES[found]!);
	tcbs.store(tcp.view, child);
	arrive(tcp, child, iface);
}

/** The segment in the registers has a wrong ACK for a half-open connection: true when it is that of an earlier answer of ours, of which nothing was kept. */
export function answersEarlier(tcp: Tcp, tcb: Tcb): boolean {
	if (tcb.listener === undefined || recognize(tcp, tcb.irs) < 0) return false;
	setIss(tcb, (tcp.core.fields[fields.ACK]! - 1) | 0);
	return true;
}

/** Takes over what the peer's SYN says. Data that came with it is not acknowledged, so it comes again. */
function synchronize(tcp: Tcp, tcb: Tcb, seq: number, mss: number): void {
	tcb.irs = seq;
	tcb.rcvNxt = tcb.rcvAdv = (seq + 1) | 0;
	tcb.sndWnd = tcb.sndWndMax = tcp.core.fields[fields.FLAGS_WINDOW]! & 0xffff;
	tcb.sndWl1 = seq;
	tcb.sndMss = sendMss(tcp, tcb, mss);
}

/** RFC 9293 §3.10.7.3, in its order. */
export function synSentArrives(tcp: Tcp, tcb: Tcb, iface: Interface): void {
	const core = tcp.core;
	const registers = core.fields;
	const flagsWindow = registers[fields.FLAGS_WINDOW]!;
	const flags = flagsWindow >> FLAG_SHIFT;
	const ack = registers[fields.ACK]!;
	const acked = (ack - tcb.sndUna) | 0;
	if (flags & ACK && (acked <= 0 || acked > ((tcb.sndMax - tcb.sndUna) | 0))) {
		if (flags & RST) core.count(iface.block, DROP.tcpUnacceptable);
		else refuse(tcp, iface, tcb);
		return;
	}
	if (flags & RST) {
		if (flags & ACK) end(tcp, tcb, tcbs.REFUSED);
		else core.count(iface.block, DROP.tcpUnacceptable);
		return;
	}
	if (!(flags & SYN) || (flags & (ACK | FIN)) === FIN) return core.count(iface.block, DROP.tcpUnacceptable);
	const seq = registers[fields.SEQ]!;
	synchronize(tcp, tcb, seq, wire.mssOption(core.view, registers[fields.TRANSPORT_AT]!));
	if (flags & ACK) {
		established(tcp, tcb, seq, ack, flagsWindow & 0xffff);
		mark(tcp, tcb, tcbs.ACK_NOW);
		return;
	}
	// Both asked at once: RFC 9293 §3.5, figure 8. Our SYN goes again, with an acknowledgment.
	tcbs.setState(tcb, tcbs.SYN_RECEIVED);
	tcb.sndNxt = tcb.iss;
	mark(tcp, tcb, tcbs.SEND);
}

/** Our SYN is acknowledged, and the peer's is known. */
export function established(tcp: Tcp, tcb: Tcb, seq: number, ack: number, window: number): void {
	const lost = tcb.backoff !== 0;
	tcb.sndUna = ack;
	tcb.sndNxt = tcb.sndMax = ack;
	tcb.backoff = 0;
	tcb.softError = false;
	tcb.work &= ~tcbs.RETRANSMIT;
	if (tcb.timing) {
		tcb.timing = false;
		tcpSampleRtt(tcp.view, tcb.block, (tcp.core.now - tcb.rttAt) | 0);
	} else if (lost) tcb.rto = RTO_AFTER_LOST_SYN;
	tcp.congestion.opened(tcb, lost);
	tcbs.setState(tcb, tcbs.ESTABLISHED);
	tcb.sndWl1 = seq;
	tcb.sndWl2 = ack;
	offered(tcp, tcb, window);
	startKeepAlive(tcp, tcb);
	if (tcb.finQueued) {
		// Closed before it was open.
		tcbs.setState(tcb, tcbs.FIN_WAIT_1);
		mark(tcp, tcb, tcbs.SEND);
	}
	const listener = tcb.listener;
	if (listener === undefined) {
		tcp.events.post(tcb, WRITABLE);
		return;
	}
	if (tcp.pace.used) tcp.pace.inherit(tcb, listener);
	if (listener.acceptTail === undefined) listener.acceptHead = tcb;
	else listener.acceptTail.nextAccept = tcb;
	listener.acceptTail = tcb;
	tcp.events.post(listener, READABLE);
}

/**
 * A SYN for a connection in TIME-WAIT. With a number beyond all that the old one used it opens a new one: RFC 9293 §3.10.7.4,
 * RFC 6191. False when it does not, and is to be treated as any segment.
 */
export function reopen(tcp: Tcp, tcb: Tcb, iface: Interface, flags: number, seq: number): boolean {
	if (!tcb.detached || flags & (ACK | FIN) || ((seq - tcb.rcvNxt) | 0) <= 0) return false;
	const core = tcp.core;
	const after = tcb.sndMax;
	end(tcp, tcb, tcbs.NO_ERROR);
	const value = flowFind(core.view, core.layout.flows, ipv4.TCP | (iface.slot << 8));
	const listener = value < 0 ? undefined : tcp.tcbs[value];
	if (listener !== undefined && listener.state === tcbs.LISTEN) listenArrives(tcp, listener, iface, after, true);
	else refuse(tcp, iface, undefined);
	return true;
}
