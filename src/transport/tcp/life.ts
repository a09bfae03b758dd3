// TCBs come and go: entered into the flow table, ended, given back. Who gets one is seats.ts; what befalls them from below, ways.ts.

import { route } from "../../ip/way.ts";
import { copyAddress, isV4, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasFastOpen, hasIpv6 } from "../../packet/kernels/parts.ts";
import { ERROR, newsOwned, newsPost } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { ipv4Build, ipv6Build, NO_CHECKSUM, TOS_BITS } from "../../wire/build.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { EPHEMERALS, FIRST_EPHEMERAL, flowInsert, flowRemove, freePort } from "../flow-table.ts";
import { nextIsn } from "./isn.ts";
import { forgetClaims } from "./path-mtu.ts";
import { RTO_INITIAL } from "./rtt.ts";
import { emitReset } from "./send.ts";
import { receiveEnds, sendEnds } from "./share.ts";
import { CLOSED, CLOSE_WAIT, FIN_WAIT_2, LISTEN, NO_ERROR, SYN_RECEIVED, SYN_SENT } from "./states.ts";
import { quiet, setIss, setState } from "./block.ts";
import { stampOffset } from "./timestamps.ts";

/** Answers of `begin`, and of what calls it. */
export const BEGUN = 0;
/** No way leads to the peer. */
export const NO_WAY = 1;
export const PORT_IN_USE = 2;
export const NO_PORTS = 3;

/** Gives a TCB back that is in no table. */
export function release(view: DataView, tcb: TcbBlock): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	setState(tcb, CLOSED);
	quiet(tcb);
	detach(view, tcb);
	sendEnds(view, tcb);
	receiveEnds(view, tcb);
	tcb.nextFree = tcp.free;
	tcp.free = tcb.at;
}

/** The application lets go. */
export function detach(view: DataView, tcb: TcbBlock): void {
	tcb.detached = 1;
	newsOwned(view, tcb.news, false);
}

/**
 * Enters a connection of ours whose source address is known now. A local port of 0 becomes an ephemeral one, at random by `chance`. Answers BEGUN, or why it cannot be:
 * then it is in no table.
 */
export function begin(view: DataView, tcb: TcbBlock, chance: number): number {
	const wanted = tcb.localPort;
	copyAddress(view, tcb.localAddress, PathBlock.of(view, tcb.path).source);
	if (wanted === 0)
		tcb.localPort = freePort(
			view,
			tcb.meta,
			tcb.localAddress,
			tcb.remoteAddress,
			tcb.remotePort,
			FIRST_EPHEMERAL,
			EPHEMERALS,
			chance,
		);
	if (tcb.localPort !== 0 && enter(view, tcb)) {
		setIss(tcb, nextIsn(view, tcb.localAddress, tcb.remoteAddress, portsOf(tcb)));
		return BEGUN;
	}
	tcb.localPort = 0;
	return wanted === 0 ? NO_PORTS : PORT_IN_USE;
}

/** Both ports, as the flow table has them. */
function portsOf(tcb: TcbBlock): number {
	return (tcb.remotePort << 16) | tcb.localPort;
}

/** Enters a TCB with both addresses into the flow table, and makes its headers. False when the key is taken. */
export function enter(view: DataView, tcb: TcbBlock): boolean {
	if (!flowInsert(view, tcb.localAddress, tcb.remoteAddress, portsOf(tcb), tcb.meta, tcb.index)) return false;
	const now = CoreBlock.of(view, CORE).now;
	makeHeaders(view, tcb);
	tcb.optionsLength = 0;
	tcb.tsOffset = stampOffset(view, tcb.localAddress, tcb.remoteAddress, portsOf(tcb));
	tcb.answerAt = now;
	forgetClaims(tcb);
	tcb.rto = RTO_INITIAL;
	tcb.wait = RTO_INITIAL;
	tcb.sentAt = now;
	tcb.stalledAt = now;
	return true;
}

/** Writes the header template of a connection: of the peer's family, with the time to live and the code point that its program wants. */
function makeHeaders(view: DataView, tcb: TcbBlock): void {
	const path = PathBlock.of(view, tcb.path);
	const hops = path.hops;
	const ttl = (hops & TOS_BITS) | hopsBy(view, path, hops) | NO_CHECKSUM;
	const six = hasIpv6() && !isV4(view, tcb.remoteAddress);
	tcb.ipHeader = six ? ipv6.HEADER : ipv4.HEADER;
	if (six) ipv6Build(view, tcb.template, tcb.localAddress, tcb.remoteAddress, ipv4.TCP, ttl, path.label, 0);
	else ipv4Build(view, tcb.template, v4Of(view, tcb.localAddress), v4Of(view, tcb.remoteAddress), ipv4.TCP, ttl, 0);
	view.setInt32((tcb.template + tcb.ipHeader) | 0, (tcb.localPort << 16) | tcb.remotePort);
}

/** Time to live of what goes by a path with these `hops`, where 0 stands for the default: of IPv6 what routers say. */
export function hopsBy(view: DataView, path: PathBlock, hops: number): number {
	if ((hops & 255) !== 0) return hops & 255;
	const said = hasIpv6() && path.ipHeader === ipv6.HEADER && path.out !== 0;
	return said ? InterfaceBlock.of(view, path.out).hops6 & 255 : ipv4.DEFAULT_TTL;
}

/** Segments have that time to live, 0 for the default, and TOS_BITS, as `ipv4Build` has them; a listener's are those of its connections. RFC 9293 §3.9.2.1. */
export function tcpSetHops(view: DataView, at: Offset, hops: number): void {
	const tcb = TcbBlock.of(view, at);
	const path = PathBlock.of(view, tcb.path);
	const template = tcb.template;
	path.hops = hops;
	if (hasIpv6() && tcb.ipHeader === ipv6.HEADER) {
		view.setInt32(template, ipv6.VERSION | ((hops & TOS_BITS) << 4) | (path.label & 0xfffff));
		view.setUint8(template + ipv6.HOP_LIMIT, hopsBy(view, path, hops));
	} else {
		view.setUint8(template + ipv4.TOS, hops >> 16);
		view.setUint8(template + ipv4.TTL, hopsBy(view, path, hops));
	}
}

/** Looks the way to the peer up. Once it has gone by an interface, it stays on the networks that have its source address. */
export function resolve(view: DataView, tcb: TcbBlock): boolean {
	const path = PathBlock.of(view, tcb.path);
	const found = route(view, path, tcb.home, true);
	tcb.noChecksum = 0;
	if (path.out === 0) return found;
	const link = InterfaceBlock.of(view, path.out);
	if (tcb.home === 0) tcb.home = link.slot;
	tcb.noChecksum = path.ttl & NO_CHECKSUM;
	if (hasIpv6() && tcb.ipHeader === ipv6.HEADER) view.setUint8(tcb.template + ipv6.HOP_LIMIT, path.ttl & 255);
	return found;
}

/** The connection or the listener is over; with an error its owner hears of it. The TCB stays the application's until it lets go. */
export function end(view: DataView, tcb: TcbBlock, error: number): void {
	if (tcb.state === CLOSED) return;
	flowRemove(view, tcb.localAddress, tcb.remoteAddress, portsOf(tcb), tcb.meta);
	const listened = tcb.state === LISTEN;
	setState(tcb, CLOSED);
	quiet(tcb);
	tcb.ended = error;
	if (listened) endChildren(view, tcb);
	if (tcb.listener !== 0) {
		leaveListener(view, tcb);
		tcb.detached = 1;
	}
	if (tcb.detached !== 0) {
		release(view, tcb);
		return;
	}
	// What has come may still be read.
	sendEnds(view, tcb);
	if (tcb.rcvQueued === 0) receiveEnds(view, tcb);
	if (error !== NO_ERROR) newsPost(view, tcb.news, ERROR);
}

/** Ends a connection or a listener at once; the peer gets RST. */
export function abort(view: DataView, tcb: TcbBlock): void {
	const state = tcb.state;
	if (state === CLOSED && tcb.detached !== 0) return;
	detach(view, tcb);
	if (state === CLOSED) {
		release(view, tcb);
		return;
	}
	if (state >= SYN_RECEIVED && state <= CLOSE_WAIT) emitReset(view, tcb);
	end(view, tcb, NO_ERROR);
}

/** Nobody will accept what waits for this listener. */
function endChildren(view: DataView, listener: TcbBlock): void {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.state !== CLOSED && tcb.listener === listener.at) abort(view, tcb);
	}
}

/** Takes a connection off its listener's books. */
export function leaveListener(view: DataView, tcb: TcbBlock): void {
	const listener = TcbBlock.of(view, tcb.listener);
	tcb.listener = 0;
	listener.waiting = (listener.waiting - 1) | 0;
	let before = 0;
	let at = listener.acceptHead;
	while (at !== 0 && at !== tcb.at) {
		before = at;
		at = TcbBlock.of(view, at).nextAccept;
	}
	if (at !== 0) {
		if (before === 0) listener.acceptHead = tcb.nextAccept;
		else TcbBlock.of(view, before).nextAccept = tcb.nextAccept;
		if (listener.acceptTail === tcb.at) listener.acceptTail = before;
	}
	tcb.nextAccept = 0;
}

/** The end of a connection that its program has closed, and whose peer has not: it has all and does not end its side, or does not take the rest. */
export function endOrphan(view: DataView, tcb: TcbBlock): void {
	// In FIN-WAIT-2 a RST could take from the peer what it has and did not read yet.
	if (tcb.state !== FIN_WAIT_2) {
		dismiss(view, tcb, DROP.tcpOrphan, NO_ERROR);
		return;
	}
	count(view, tcb, DROP.tcpOrphan);
	end(view, tcb, NO_ERROR);
}

/** The peer is told by RST. */
export function dismiss(view: DataView, tcb: TcbBlock, reason: number, error: number): void {
	count(view, tcb, reason);
	if (!hasFastOpen() || tcb.state !== SYN_SENT) emitReset(view, tcb);
	end(view, tcb, error);
}

/** On the interface that it uses, or else on loopback, which has the first slot. */
function count(view: DataView, tcb: TcbBlock, reason: number): void {
	const out = PathBlock.of(view, tcb.path).out;
	drop(view, InterfaceBlock.of(view, out !== 0 ? out : CoreBlock.of(view, CORE).interfaces), reason);
}
