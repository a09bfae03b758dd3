// How connections begin. RFC 9293 §3.10.7.2 (a segment for a listener), §3.10.7.3 (for a connection that asked), and the RST that
// everything else gets (§3.10.7.1).

import { checksum, flowFind } from "#codec";
import type { Interface } from "../../link/interface.ts";
import { DROP } from "../../packet/drops.ts";
import { TCB_TEMPLATE } from "../../packet/blocks.ts";
import * as fields from "../../packet/fields.ts";
import { NONE } from "../../packet/pool.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as wire from "../../wire/tcp.ts";
import { ACK, FIN, RST, SYN } from "../../wire/tcp.ts";
import { READABLE, WRITABLE } from "../sockets.ts";
import { end, endHalfOpen, inheritTemplate, open, release, sendMss, setIss, take } from "./life.ts";
import { offered } from "./receive.ts";
import { mark } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { RTO_AFTER_LOST_SYN, sampleRtt, startKeepAlive } from "./timers.ts";

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
	if (flags & ACK) return refuse(tcp, iface, listener);
	const remote = registers[fields.SOURCE]!;
	// MUST-57: nobody's address, or everybody's, opens no connection.
	// What asks to open and to end at once is a probe, or gets round a filter. Linux drops it too.
	if (!(flags & SYN) || flags & FIN || remote >>> 24 === 0 || tcp.ip.isGroup(remote))
		return core.count(iface.block, DROP.tcpUnacceptable);
	const child = seat(tcp, listener, iface);
	if (child === undefined) return;
	const ports = registers[fields.PORTS]!;
	child.localAddress = registers[fields.DESTINATION]!;
	child.localPort = ports & 0xffff;
	child.remoteAddress = remote;
	child.remotePort = ports >>> 16;
	child.meta = listener.meta;
	child.path.bound = listener.path.bound;
	child.path.source = child.localAddress;
	child.path.destination = remote;
	if (!open(tcp, child)) {
		release(tcp, child);
		return core.count(iface.block, DROP.noRoute);
	}
	inheritTemplate(tcp, listener, child);
	let iss = child.iss;
	if (renewed && ((iss - after) | 0) <= 0) iss = (after + REOPEN_STEP) | 0;
	setIss(child, iss);
	child.listener = listener;
	listener.waiting++;
	child.noDelay = listener.noDelay;
	child.userTimeout = listener.userTimeout;
	child.keepAliveIdle = listener.keepAliveIdle;
	child.keepAliveInterval = listener.keepAliveInterval;
	tcbs.setState(child, tcbs.SYN_RECEIVED);
	synchronize(tcp, child);
	mark(tcp, child, tcbs.SEND);
	tcbs.store(tcp.view, child);
}

/**
 * A TCB for another connection of this listener. When the backlog or the set is full, the half-open connection that has waited longest
 * makes room, so that a flood of SYNs from nowhere does not shut out who answers soon. One that is established is never given up.
 */
function seat(tcp: Tcp, listener: Tcb, iface: Interface): Tcb | undefined {
	const full = listener.waiting >= listener.backlog;
	const child = full ? undefined : take(tcp);
	if (child !== undefined) return child;
	tcp.core.count(iface.block, DROP.tcpBacklogFull);
	return endHalfOpen(tcp, full ? listener : undefined) ? take(tcp) : undefined;
}

/** Takes over what the peer's SYN says. Data that came with it is not acknowledged, so it comes again. */
function synchronize(tcp: Tcp, tcb: Tcb): void {
	const registers = tcp.core.fields;
	const seq = registers[fields.SEQ]!;
	tcb.irs = seq;
	tcb.rcvNxt = tcb.rcvAdv = (seq + 1) | 0;
	tcb.sndWnd = tcb.sndWndMax = registers[fields.FLAGS_WINDOW]! & 0xffff;
	tcb.sndWl1 = seq;
	tcb.sndMss = sendMss(tcp, tcb, wire.mssOption(tcp.core.view, registers[fields.TRANSPORT_AT]!));
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
	synchronize(tcp, tcb);
	if (flags & ACK) {
		established(tcp, tcb, registers[fields.SEQ]!, ack, flagsWindow & 0xffff);
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
		sampleRtt(tcb, (tcp.core.now - tcb.rttAt) | 0);
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
		tcp.sockets.post(tcb, WRITABLE);
		return;
	}
	tcp.pace.inherit(tcp, tcb, listener);
	if (listener.acceptTail === undefined) listener.acceptHead = tcb;
	else listener.acceptTail.nextAccept = tcb;
	listener.acceptTail = tcb;
	tcp.sockets.post(listener, READABLE);
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

/** Answers the segment in the registers with RST, in the manner of the TCB that does not want it, if there is one. RFC 9293 §3.10.7.1. */
export function refuse(tcp: Tcp, iface: Interface, by: Tcb | undefined): void {
	const core = tcp.core;
	const view = core.view;
	const registers = core.fields;
	const flags = registers[fields.FLAGS_WINDOW]! >> FLAG_SHIFT;
	if (flags & RST) return;
	const packet = core.spare;
	if (packet === NONE) return core.count(iface.block, DROP.noPacketBuffer);
	const path = tcp.strayPath;
	const local = registers[fields.DESTINATION]!;
	const remote = registers[fields.SOURCE]!;
	path.destination = remote;
	path.source = local;
	if (!tcp.ip.route(path)) return core.count(iface.block, DROP.noRoute);
	const at = core.spareAt;
	const header = at + ipv4.HEADER;
	const end = header + wire.HEADER;
	const template = by === undefined ? -1 : by.block + TCB_TEMPLATE;
	view.setInt32(at, (by === undefined ? 0x45000000 : view.getInt32(template)) | (end - at));
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(
		at + ipv4.TTL,
		by === undefined ? (ipv4.DEFAULT_TTL << 24) | (ipv4.TCP << 16) : view.getInt32(template + ipv4.TTL),
	);
	view.setInt32(at + ipv4.SOURCE, local);
	view.setInt32(at + ipv4.DESTINATION, remote);
	view.setUint16(at + ipv4.CHECKSUM, ~checksum(view, at, header, 0));
	const ports = registers[fields.PORTS]!;
	view.setInt32(header, (ports << 16) | (ports >>> 16));
	const answered = (flags & ACK) !== 0;
	const occupied = registers[fields.PAYLOAD_LENGTH]! + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
	view.setInt32(header + wire.SEQ, answered ? registers[fields.ACK]! : 0);
	view.setInt32(header + wire.ACK_NUMBER, answered ? 0 : (registers[fields.SEQ]! + occupied) | 0);
	view.setInt32(header + wire.DATA_OFFSET, (wire.HEADER << 26) | ((answered ? RST : RST | ACK) << 16) | 0);
	view.setInt32(header + wire.CHECKSUM, 0);
	// The pseudo-header's addresses lie before the header; protocol and length are the initial sum. RFC 9293 §3.1.
	view.setUint16(header + wire.CHECKSUM, ~checksum(view, at + ipv4.SOURCE, end, ipv4.TCP + wire.HEADER));
	if (tcp.ip.output(packet, at, end, path)) core.takeSpare();
}
