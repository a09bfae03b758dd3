// What befalls connections from below: ways that are lost or found, interfaces and addresses that are gone.

import { inZone } from "../flow-find.ts";
import { isNone, sameAddress, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { Address, Offset } from "../../packet/numbers.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { halfSipHash } from "../../wire/hash.ts";
import { BEGUN, begin, end, resolve } from "./life.ts";
import { wayChanged } from "./path-mtu.ts";
import { tcpMark } from "./pending.ts";
import { arm } from "./send.ts";
import { CLOSED, SYN_SENT, UNREACHABLE } from "./states.ts";
import { USER_TIMEOUT } from "./timing.ts";
import { PERSIST, RETRANSMIT, ROUTE_LOST } from "./work.ts";

/** Answer of `tcpWaysChanged`: all connections were looked at. */
export const ALL_LOOKED_AT = -1;

/**
 * A TCB has no way to its peer, or no source address. For `ms` it waits for one: from now on, or, where there was no poll yet, from the first one on. A connection of ours that has no source address yet
 * (`localAddress` 0) stands in no table, and its SYN waits: nothing leaves from 0.0.0.0, RFC 1122 §3.2.1.3.
 */
export function awaitWay(view: DataView, tcb: TcbBlock, ms: number): void {
	if ((tcb.work & ROUTE_LOST) !== 0) return;
	tcb.work = tcb.work | ROUTE_LOST;
	tcb.routeLostAt = ms;
	if (TcpBlock.of(view, tcpAt(view)).polled !== 0) startWaiting(view, tcb);
}

/** The wait begins: `routeLostAt`, which was how long it is, becomes when it ends. */
function startWaiting(view: DataView, tcb: TcbBlock): void {
	tcb.routeLostAt = (CoreBlock.of(view, CORE).now + tcb.routeLostAt) | 0;
	arm(view, tcb, tcb.routeLostAt);
}

/**
 * Routes changed: connections from index `from` on are looked at. One that has lost its way is given its user timeout to find another; one that found one again
 * sends at once what waits for its acknowledgment. `first`: in the first poll, before which there was no time. Answers the index of a connection that has no
 * source address, of which the interpreter says by `tcpLost` whether it may wait, or ALL_LOOKED_AT.
 */
export function tcpWaysChanged(view: DataView, from: number, first: boolean, chance: number): number {
	const core = CoreBlock.of(view, CORE);
	if (from === 0) TcpBlock.of(view, tcpAt(view)).polled = 1;
	for (let i = from; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.state < SYN_SENT) continue;
		const found = resolve(view, tcb);
		wayChanged(view, tcb);
		if (found) foundAgain(view, tcb, chance);
		else if (isNone(view, tcb.localAddress)) return i;
		else lost(view, tcb, first);
	}
	return ALL_LOOKED_AT;
}

/** What the interpreter says of a connection that `tcpWaysChanged` answered: whether a way with a source address may come. */
export function tcpLost(view: DataView, index: number, mayCome: boolean, first: boolean): void {
	const tcb = TcbBlock.of(view, tcbAt(view, index));
	if (mayCome) lost(view, tcb, first);
	else end(view, tcb, UNREACHABLE);
}

function lost(view: DataView, tcb: TcbBlock, first: boolean): void {
	if ((tcb.work & ROUTE_LOST) === 0) awaitWay(view, tcb, tcb.userTimeout !== 0 ? tcb.userTimeout : USER_TIMEOUT);
	else if (first) startWaiting(view, tcb);
}

/** Where the search for a port begins: elsewhere for each connection, though all have found their way at once. RFC 6056 §3.3. */
function portChance(view: DataView, tcb: TcbBlock, chance: number): number {
	const tcp = TcpBlock.of(view, tcpAt(view));
	return halfSipHash(tcp.key0, tcp.key1, chance, tcb.index, v4Of(view, tcb.remoteAddress));
}

function foundAgain(view: DataView, tcb: TcbBlock, chance: number): void {
	if ((tcb.work & ROUTE_LOST) === 0) return;
	tcb.work = tcb.work & ~ROUTE_LOST;
	if (isNone(view, tcb.localAddress) && begin(view, tcb, portChance(view, tcb, chance)) !== BEGUN) {
		end(view, tcb, UNREACHABLE);
		return;
	}
	tcpMark(view, tcb.at);
	if ((tcb.work & (RETRANSMIT | PERSIST)) === 0) return;
	tcb.retransmitAt = CoreBlock.of(view, CORE).now;
	arm(view, tcb, tcb.retransmitAt);
}

/** The connection at that block waits for a way, for so many ms. */
export function tcpAwaitWay(view: DataView, at: Offset, ms: number): void {
	awaitWay(view, TcbBlock.of(view, at), ms);
}

/** An interface is gone: what was bound to its slot ends. */
export function tcpInterfaceGone(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.state === CLOSED) continue;
		if (PathBlock.of(view, tcb.path).bound === slot) end(view, tcb, UNREACHABLE);
		// Another interface may have the slot later; the connection has not gone by that one.
		if (tcb.home === slot) tcb.home = -1;
	}
}

/** An address is gone: what was bound to it ends. */
export function tcpAddressGone(view: DataView, address: Address, zone: number): void {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.state !== CLOSED && sameAddress(view, tcb.localAddress, address) && inZone(tcb.meta, zone))
			end(view, tcb, UNREACHABLE);
	}
}
