// What `connect` and `listen` do before the first segment, and what applications want of a connection besides data.

import { copyAddress, setNone } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { NO_ADDRESS } from "../../packet/fields.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import { poolStart } from "../../packet/pages.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { BIT_NO_DELAY, TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { familyPorts } from "../flow-find.ts";
import { flowInsert, listenPort } from "../flow-table.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { startKeepAlive } from "./keep-alive.ts";
import { abort, begin, BEGUN, detach, end, leaveListener, NO_WAY, PORT_IN_USE, release, resolve } from "./life.ts";
import { setLeastRate } from "./pace.ts";
import { tcpMark } from "./pending.ts";
import { PROGRAM, take } from "./seats.ts";
import { arm } from "./send.ts";
import {
	CLOSED,
	CLOSE_WAIT,
	ESTABLISHED,
	FIN_WAIT_1,
	LAST_ACK,
	LISTEN,
	NO_ERROR,
	SYN_RECEIVED,
	SYN_SENT,
	TIME_WAIT,
} from "./states.ts";
import { setState } from "./block.ts";
import { orphan } from "./timing.ts";
import { PERSIST, RETRANSMIT } from "./work.ts";

/** All TCBs are nobody's, at the start of the stack, and so are the `count` pages from `first` on. The words are the keys of initial sequence numbers. */
export function tcpStart(
	view: DataView,
	first: Offset,
	count: number,
	key0: number,
	key1: number,
	cookie0: number,
	cookie1: number,
): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const core = CoreBlock.of(view, CORE);
	poolStart(view, first, count);
	tcp.key0 = key0;
	tcp.key1 = key1;
	tcp.cookie0 = cookie0;
	tcp.cookie1 = cookie1;
	for (let i = (core.tcbCount - 1) | 0; i >= 0; i--) release(view, TcbBlock.of(view, tcbAt(view, i)));
}

/** The block of a TCB for our own program; or NO_SEAT, or SOON (seats.ts). */
export function tcpTake(view: DataView): number {
	return take(view, PROGRAM, 0, 0);
}

/** A TCB that was taken and not used is nobody's again. */
export function tcpRelease(view: DataView, at: Offset): void {
	release(view, TcbBlock.of(view, at));
}

/**
 * The TCB at `at` is a connection in SYN-SENT from now on, whose SYN is still to be sent: to an address and port, by the interface in that slot (0: any), from an address (none: chosen by
 * RFC 6724) and port (0: an ephemeral one, by `chance`). Answers BEGUN; NO_WAY (life.ts), then it is to wait by `tcpAwaitWay`, or to be released; or why it cannot be.
 */
export function tcpConnect(
	view: DataView,
	at: Offset,
	address: Address,
	port: number,
	local: Address,
	localPort: number,
	slot: number,
	chance: number,
): number {
	const tcb = TcbBlock.of(view, at);
	const path = PathBlock.of(view, tcb.path);
	copyAddress(view, path.destination, address);
	copyAddress(view, path.source, local);
	path.bound = slot;
	copyAddress(view, tcb.remoteAddress, address);
	tcb.remotePort = port;
	setNone(view, tcb.localAddress);
	tcb.localPort = localPort;
	tcb.meta = ipv4.TCP | (slot << 8);
	path.hops = 0;
	const fault = resolve(view, tcb) ? begin(view, tcb, chance) : NO_WAY;
	if (fault !== BEGUN && fault !== NO_WAY) return fault;
	setState(tcb, SYN_SENT);
	tcpMark(view, at);
	return fault;
}

/** The TCB at `at` listens from now on, at an address (none: all), port (0: a free one by `chance`, or with an interface every one) and slot (0: all); `family`: without an address the only one, 4 or 6, or 0. Answers BEGUN or PORT_IN_USE. */
export function tcpListen(
	view: DataView,
	at: Offset,
	address: Address,
	port: number,
	backlog: number,
	slot: number,
	family: number,
	chance: number,
): number {
	const tcb = TcbBlock.of(view, at);
	copyAddress(view, tcb.localAddress, address);
	tcb.localPort = port;
	setNone(view, tcb.remoteAddress);
	tcb.remotePort = family;
	tcb.meta = ipv4.TCP | (slot << 8);
	if (port === 0 && slot === 0) {
		const chosen = listenPort(view, tcb.meta, address, chance);
		tcb.localPort = chosen;
	}
	if (!flowInsert(view, tcb.localAddress, NO_ADDRESS, familyPorts(tcb.localPort, family), tcb.meta, tcb.index))
		return PORT_IN_USE;
	const path = PathBlock.of(view, tcb.path);
	path.hops = 0;
	path.bound = slot;
	tcb.backlog = backlog;
	setState(tcb, LISTEN);
	return BEGUN;
}

/** The block of the next connection of a listener that is established, which it hands out, or 0. */
export function tcpAccept(view: DataView, listener: Offset): Offset {
	const at = TcbBlock.of(view, listener).acceptHead;
	if (at !== 0) leaveListener(view, TcbBlock.of(view, at));
	return at;
}

/** How many `tcpAccept` would hand out. */
export function tcpAcceptable(view: DataView, listener: Offset): number {
	let count = 0;
	for (let at = TcbBlock.of(view, listener).acceptHead; at !== 0; at = TcbBlock.of(view, at).nextAccept) count = (count + 1) | 0;
	return count;
}

/** Whether something was written though the connection does not stand yet: with Fast Open. */
function holdsEarly(tcb: TcbBlock): boolean {
	return hasFastOpen() && tcb.state === SYN_SENT && tcb.sndQueued !== 0;
}

/** FIN after everything written; receiving goes on. */
export function tcpShutdown(view: DataView, at: Offset): void {
	const tcb = TcbBlock.of(view, at);
	if (tcb.finQueued !== 0 || (tcb.state < SYN_RECEIVED && !holdsEarly(tcb))) return;
	tcb.finQueued = 1;
	if (hasFastOpen() && tcb.state === SYN_SENT) tcb.sendable = 0;
	if (tcb.state === ESTABLISHED) setState(tcb, FIN_WAIT_1);
	else if (tcb.state === CLOSE_WAIT) setState(tcb, LAST_ACK);
	tcpMark(view, at);
}

/**
 * Lets go of a connection or a listener: what was written is still sent, then FIN. When received data was not read, or more
 * comes, the peer is told by RST that nobody will: RFC 9293 §3.6.1, RFC 2525 §2.17. The peer has a minute to take everything and to
 * close its side, and a second more for each 4 KB; when somebody needs the TCB, three seconds. RFC 6429 says why. Where the program has said how long, so long; 0 is RST at once.
 */
export function tcpClose(view: DataView, at: Offset): void {
	const tcb = TcbBlock.of(view, at);
	const state = tcb.state;
	if (state > SYN_SENT && state < TIME_WAIT && (tcb.rcvQueued > 0 || tcb.lingerMs === 0)) {
		abort(view, tcb);
		return;
	}
	detach(view, tcb);
	if (state === CLOSED) release(view, tcb);
	else if (state <= SYN_SENT && !holdsEarly(tcb)) end(view, tcb, NO_ERROR);
	else {
		if (state !== TIME_WAIT) orphan(view, tcb);
		tcpShutdown(view, at);
	}
}

/** Ends a connection or a listener at once; the peer gets RST. */
export function tcpAbort(view: DataView, at: Offset): void {
	abort(view, TcbBlock.of(view, at));
}

/** Sends small segments at once: Nagle's algorithm off. */
export function tcpSetNoDelay(view: DataView, at: Offset, on: boolean): void {
	const tcb = TcbBlock.of(view, at);
	tcb.bits = on ? tcb.bits | BIT_NO_DELAY : tcb.bits & ~BIT_NO_DELAY;
	if (on) tcpMark(view, at);
}

/** How long data, or the SYN, may stay unacknowledged, ms; 0 for the default. Seen when a timer expires: no sooner than the first retransmission is due. RFC 9293 §3.8.3, RFC 5482. */
export function tcpSetUserTimeout(view: DataView, at: Offset, ms: number): void {
	const tcb = TcbBlock.of(view, at);
	tcb.userTimeout = ms;
	const ends = (tcb.stalledAt + ms) | 0;
	if (ms === 0 || tcb.backoff === 0 || (tcb.work & (RETRANSMIT | PERSIST)) === 0 || ((ends - tcb.retransmitAt) | 0) >= 0) return;
	tcb.retransmitAt = ends;
	arm(view, tcb, ends);
}

/** How long it may go on when its program has closed it, ms; 0: not at all. */
export function tcpSetLinger(view: DataView, at: Offset, ms: number): void {
	TcbBlock.of(view, at).lingerMs = ms;
}

/** Probes a silent peer after `idle` ms, then every `interval` ms, and gives it up when `most` were not answered; 0 turns it off. */
export function tcpSetKeepAlive(view: DataView, at: Offset, idle: number, interval: number, most: number): void {
	const tcb = TcbBlock.of(view, at);
	tcb.keepAliveIdle = idle;
	tcb.keepAliveInterval = interval;
	tcb.keepAliveMost = most;
	startKeepAlive(view, tcb);
}

/** Bytes a second that a connection, or those of a listener, owes from now on; 0 for none. */
export function tcpSetLeastRate(view: DataView, at: Offset, rate: number): void {
	setLeastRate(view, TcbBlock.of(view, at), rate);
}
