// TCBs come and go: entered into the flow table, ended, given back. And what befalls them from below: routes, addresses and interfaces
// that change. Who gets one is seats.ts.

import { TRANSMIT_CHECKSUM } from "../../device/device.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { DEFAULT_MSS, HEADER } from "../../wire/tcp.ts";
import { ERROR } from "../events.ts";
import { forgetClaims, wayChanged } from "./path-mtu.ts";
import { emitReset, mark } from "./send.ts";
import type { Tcp } from "./tcp.ts";
import * as tcbs from "./tcb.ts";
import type { Tcb } from "./tcb.ts";
import { RTO_INITIAL } from "./rtt.ts";
import { arm, USER_TIMEOUT } from "./timers.ts";

/** Where these lie in a connection's block. */
const {
	template: TEMPLATE,
	optionsLength: OPTIONS_LENGTH,
	noChecksum: NO_CHECKSUM,
	home: HOME,
	answerAt: ANSWER_AT,
} = TcbBlock.offsets;

/** Least payload that we send in one segment, whatever a peer says: that of RFC 791's least MTU. */
export const LEAST_MSS = 28;

/** Gives a TCB back that is in no table. */
export function release(tcp: Tcp, tcb: Tcb): void {
	tcbs.setState(tcb, tcbs.CLOSED);
	tcbs.quiet(tcb);
	detach(tcb);
	tcb.nextFree = tcp.free;
	tcp.free = tcb;
}

/** The application lets go. */
export function detach(tcb: Tcb): void {
	tcb.detached = true;
	tcb.owner = null;
}

/** Looks the way up and enters a TCB, whose template its listener fills in: inheritTemplate. False when there is no route, or the key is taken. */
export function open(tcp: Tcp, tcb: Tcb): boolean {
	return resolve(tcp, tcb) && enter(tcp, tcb);
}

/**
 * Enters a connection of ours whose source address is known now. A local port of 0 becomes an ephemeral one. Answers "", or why it cannot be: then
 * it is in no table.
 */
export function begin(tcp: Tcp, tcb: Tcb): string {
	const { source } = tcb.path;
	const wanted = tcb.localPort;
	tcb.localAddress = source;
	if (wanted === 0) tcb.localPort = tcp.flows.ephemeralPort(tcb.meta, source, tcb.remoteAddress, tcb.remotePort);
	if (tcb.localPort !== 0 && enter(tcp, tcb)) {
		setIss(tcb, tcp.isn.next(tcp.core.now, source, tcb.remoteAddress, (tcb.remotePort << 16) | tcb.localPort));
		return "";
	}
	tcb.localPort = 0;
	return wanted === 0 ? "all ephemeral TCP ports are in use" : `TCP port ${wanted} is in use`;
}

/** Enters a TCB with both addresses into the flow table, and makes its headers. False when the key is taken. */
function enter(tcp: Tcp, tcb: Tcb): boolean {
	const ports = (tcb.remotePort << 16) | tcb.localPort;
	if (!tcp.flows.insert(tcb.localAddress, tcb.remoteAddress, ports, tcb.meta, tcb.index)) return false;
	const view = tcp.view;
	const at = tcb.block + TEMPLATE;
	view.setInt32(at + ipv4.IDENTIFICATION, ipv4.DONT_FRAGMENT);
	view.setInt32(at + ipv4.SOURCE, tcb.localAddress);
	view.setInt32(at + ipv4.DESTINATION, tcb.remoteAddress);
	view.setInt32(at + ipv4.HEADER, (tcb.localPort << 16) | tcb.remotePort);
	view.setInt32(tcb.block + OPTIONS_LENGTH, 0);
	view.setInt32(tcb.block + ANSWER_AT, tcp.core.now, true);
	forgetClaims(tcp, tcb);
	tcb.rto = RTO_INITIAL;
	tcb.sentAt = tcb.stalledAt = tcp.core.now;
	return true;
}

/** The parts of the header template that an application may change are as they are when it says nothing. A listener keeps them for its connections. */
export function plainTemplate(tcp: Tcp, tcb: Tcb): void {
	const at = tcb.block + TEMPLATE;
	tcp.view.setInt32(at, 0x45000000);
	tcp.view.setInt32(at + ipv4.TTL, (ipv4.DEFAULT_TTL << 24) | (ipv4.TCP << 16));
}

/** A connection gets the time to live and the code point of its listener. */
export function inheritTemplate(tcp: Tcp, from: Tcb, to: Tcb): void {
	const view = tcp.view;
	view.setInt32(to.block + TEMPLATE, view.getInt32(from.block + TEMPLATE));
	view.setInt32(to.block + TEMPLATE + ipv4.TTL, view.getInt32(from.block + TEMPLATE + ipv4.TTL));
}

export function setIss(tcb: Tcb, iss: number): void {
	tcb.iss = tcb.sndUna = tcb.sndNxt = tcb.sndMax = tcb.recover = tcb.sndSmall = iss;
}

/** Looks the way to the peer up. Once it has gone by an interface, it stays on the networks that have its source address. */
export function resolve(tcp: Tcp, tcb: Tcb): boolean {
	const path = tcb.path;
	const at = tcb.block + HOME;
	const home = tcp.view.getInt32(at, true);
	const found = tcp.ip.route(path, home);
	const out = path.out;
	if (out !== undefined && home === 0) tcp.view.setInt32(at, out.slot, true);
	const offload = out !== undefined && out.device.abilities & TRANSMIT_CHECKSUM ? 1 : 0;
	tcp.view.setInt32(tcb.block + NO_CHECKSUM, offload, true);
	return found;
}

/** The largest payload that we can be sent in one segment: our MSS option. RFC 9293 §3.7.1. */
export function receiveMss(tcp: Tcp, tcb: Tcb): number {
	return tcp.ip.mtu(tcb.path) - ipv4.HEADER - HEADER;
}

/** The largest that we send, from the peer's MSS option (0: none). Two fit the send ring, so that acknowledgments need not wait for a timer. */
export function sendMss(tcp: Tcp, tcb: Tcb, offer: number): number {
	let mss = offer === 0 ? DEFAULT_MSS : offer < LEAST_MSS ? LEAST_MSS : offer;
	const carried = tcp.ip.mtu(tcb.path) - ipv4.HEADER - HEADER;
	if (mss > carried) mss = carried;
	const half = tcp.sendSize >> 1;
	return mss > half ? half : mss;
}

/** The connection or the listener is over; with an error its owner hears of it. The TCB stays the application's until it lets go. */
export function end(tcp: Tcp, tcb: Tcb, error: number): void {
	if (tcb.state === tcbs.CLOSED) return;
	const ports = (tcb.remotePort << 16) | tcb.localPort;
	tcp.flows.remove(tcb.localAddress, tcb.remoteAddress, ports, tcb.meta);
	const listened = tcb.state === tcbs.LISTEN;
	tcbs.setState(tcb, tcbs.CLOSED);
	tcbs.quiet(tcb);
	tcb.ended = error;
	if (listened) endChildren(tcp, tcb);
	if (tcb.listener !== undefined) {
		leaveListener(tcb);
		tcb.detached = true;
	}
	if (tcb.detached) release(tcp, tcb);
	else if (error !== tcbs.NO_ERROR) tcp.events.post(tcb, ERROR);
}

/** Ends a connection or a listener at once; the peer gets RST. */
export function abort(tcp: Tcp, tcb: Tcb): void {
	const state = tcb.state;
	if (state === tcbs.CLOSED && tcb.detached) return;
	detach(tcb);
	if (state === tcbs.CLOSED) return release(tcp, tcb);
	if (state >= tcbs.SYN_RECEIVED && state <= tcbs.CLOSE_WAIT) {
		const mine = tcbs.load(tcp.view, tcb);
		emitReset(tcp, tcb);
		if (mine) tcbs.store(tcp.view, tcb);
	}
	end(tcp, tcb, tcbs.NO_ERROR);
}

/** Nobody will accept what waits for this listener. */
function endChildren(tcp: Tcp, listener: Tcb): void {
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb = tcp.tcbs[i]!;
		if (tcb.listener === listener) abort(tcp, tcb);
	}
}

/** Takes a connection off its listener's books. */
export function leaveListener(tcb: Tcb): void {
	const listener = tcb.listener!;
	tcb.listener = undefined;
	listener.waiting--;
	let before: Tcb | undefined = undefined;
	for (let other = listener.acceptHead; other !== undefined; other = other.nextAccept) {
		if (other === tcb) {
			if (before === undefined) listener.acceptHead = tcb.nextAccept;
			else before.nextAccept = tcb.nextAccept;
			if (listener.acceptTail === tcb) listener.acceptTail = before;
			break;
		}
		before = other;
	}
	tcb.nextAccept = undefined;
}

/**
 * There is no way for a TCB, or no source address. It is given `ms` to find one, from now on or, before the first poll, from then on. A connection of ours that has no source address yet
 * (`localAddress` 0) stands in no table, and its SYN waits: nothing leaves from 0.0.0.0, RFC 1122 §3.2.1.3.
 */
export function awaitWay(tcp: Tcp, tcb: Tcb, ms: number): void {
	if (tcb.work & tcbs.ROUTE_LOST) return;
	tcb.work |= tcbs.ROUTE_LOST;
	tcb.routeLostAt = ms;
	if (tcp.polled) startWaiting(tcp, tcb);
}

/** `routeLostAt` is a time to wait so far. */
function startWaiting(tcp: Tcp, tcb: Tcb): void {
	tcb.routeLostAt = (tcp.core.now + tcb.routeLostAt) | 0;
	arm(tcp, tcb, tcb.routeLostAt);
}

/**
 * Routes changed. A connection that has lost its way is given its user timeout to find another; one that found one again
 * sends at once what waits for its acknowledgment. `first`: in the first poll, before which there was no time.
 */
export function routesChanged(tcp: Tcp, first: boolean): void {
	const now = tcp.core.now;
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb = tcp.tcbs[i]!;
		if (tcb.state < tcbs.SYN_SENT) continue;
		const found = resolve(tcp, tcb);
		wayChanged(tcp, tcb);
		if (!found) {
			if (tcb.localAddress === 0 && tcp.ip.awaited(tcb.path) === undefined) end(tcp, tcb, tcbs.UNREACHABLE);
			else if (!(tcb.work & tcbs.ROUTE_LOST)) awaitWay(tcp, tcb, tcb.userTimeout || USER_TIMEOUT);
			else if (first) startWaiting(tcp, tcb);
		} else if (tcb.work & tcbs.ROUTE_LOST) {
			tcb.work &= ~tcbs.ROUTE_LOST;
			if (tcb.localAddress === 0) {
				const mine = tcbs.load(tcp.view, tcb);
				const fault = begin(tcp, tcb);
				if (mine) tcbs.store(tcp.view, tcb);
				if (fault !== "") {
					end(tcp, tcb, tcbs.UNREACHABLE);
					continue;
				}
			}
			mark(tcp, tcb, tcbs.SEND);
			if (!(tcb.work & (tcbs.RETRANSMIT | tcbs.PERSIST))) continue;
			tcb.retransmitAt = now;
			arm(tcp, tcb, now);
		}
	}
}

/** An interface is gone: what was bound to its slot ends. */
export function interfaceGone(tcp: Tcp, slot: number): void {
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb = tcp.tcbs[i]!;
		if (tcb.state === tcbs.CLOSED) continue;
		if (tcb.path.bound === slot) end(tcp, tcb, tcbs.UNREACHABLE);
		const home = tcb.block + HOME;
		// Another interface may have the slot later; the connection has not gone by that one.
		if (tcp.view.getInt32(home, true) === slot) tcp.view.setInt32(home, -1);
	}
}

/** An address is gone: what was bound to it ends. */
export function addressGone(tcp: Tcp, address: number): void {
	for (let i = 0; i < tcp.tcbs.length; i++) {
		const tcb = tcp.tcbs[i]!;
		if (tcb.state !== tcbs.CLOSED && tcb.localAddress === address) end(tcp, tcb, tcbs.UNREACHABLE);
	}
}
