// How fast connections move, for listeners that say how slow one may be while others wait: `leastRate`. Nothing is counted as segments
// pass: the sequence numbers tell what has moved since they were looked at last, every five seconds.

import { PACE_GRACE_MS, PACE_INTERVAL_MS, PACE_PROMISE_MS } from "../../config.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { tcpDeadline } from "../../packet/deadline.ts";
import type { Uint16 } from "../../packet/numbers.ts";
import { TcbBlock, tcbAt } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { ESTABLISHED, LISTEN } from "./states.ts";

/**
 * Value of `leastRate` of a connection that was ended for a newcomer, to whom its TCB is promised. Then `pacedAt` is when that was, and `paceMoved` and `paceRate` are the
 * newcomer's address and ports.
 */
const PROMISED = -1;

/** The rate of a connection that nobody may call slow. */
export const FAST = 0x7fffffff;

/** Rates are told apart up to 2^25 - 1 bytes a second. */
const FASTEST = 0x1ffffff;

/** Longest time that a rate is computed over, ms: bytes and time of a longer one are halved until it is below, as there is no division of large numbers. */
const LONGEST_MS = 0x7fff;

/** Bytes a second that a connection, or those of a listener, owes from now on; 0 for none. */
export function setLeastRate(view: DataView, tcb: TcbBlock, rate: number): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	const now = CoreBlock.of(view, CORE).now;
	tcp.paced = 1;
	tcb.leastRate = rate;
	tcb.pacedAt = now;
	tcb.paceMoved = moved(tcb);
	tcb.paceRate = -1;
	if (rate === 0 || tcb.state === LISTEN || tcp.looking !== 0) return;
	tcp.looking = 1;
	tcp.paceAt = (now + PACE_INTERVAL_MS) | 0;
	tcpDeadline(view, tcp.paceAt);
}

/** A connection is established: it owes what its listener says, or its program has said before. */
export function inheritRate(view: DataView, tcb: TcbBlock, from: TcbBlock): void {
	if (from.leastRate > 0) setLeastRate(view, tcb, from.leastRate);
}

/** Bytes a second of a connection that is slower than it owes, else FAST. Of the last whole interval and what came since, the better one counts. */
export function slowness(view: DataView, tcb: TcbBlock): number {
	const least = Math.min(tcb.leastRate, FASTEST);
	if (least <= 0 || tcb.state < ESTABLISHED) return FAST;
	const ms = (CoreBlock.of(view, CORE).now - tcb.pacedAt) | 0;
	let rate = tcb.paceRate;
	if (ms >= PACE_GRACE_MS) rate = Math.max(rate, rateSince(tcb, ms));
	return rate < 0 || rate >= least ? FAST : rate;
}

/** The connection is ended for a newcomer, who is to have its TCB when the program lets go of it. For our own program, remote and ports are 0. */
export function promise(view: DataView, tcb: TcbBlock, remote: number, ports: number): void {
	tcb.leastRate = PROMISED;
	tcb.pacedAt = CoreBlock.of(view, CORE).now;
	tcb.paceMoved = remote;
	tcb.paceRate = ports;
}

/** Whether that one may have a free TCB: it is promised to nobody else. */
export function mayHave(view: DataView, tcb: TcbBlock, remote: number, ports: number): boolean {
	return tcb.leastRate !== PROMISED || (tcb.paceMoved === remote && tcb.paceRate === ports) || !isFresh(view, tcb);
}

/** Whether a promise still counts. A TCB may be free for longer than half the clock's range. */
function isFresh(view: DataView, tcb: TcbBlock): boolean {
	const age = (CoreBlock.of(view, CORE).now - tcb.pacedAt) | 0;
	return age >= 0 && age <= PACE_PROMISE_MS;
}

/** Whether a connection was ended for that one already: no other is, before it had its chance. */
export function hasPromise(view: DataView, remote: number, ports: number): boolean {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.leastRate !== PROMISED || tcb.paceMoved !== remote || tcb.paceRate !== ports) continue;
		if (tcb.detached === 0 || isFresh(view, tcb)) return true;
	}
	return false;
}

/** The look every PACE_INTERVAL_MS, as long as there is somebody to look at, when it is due. */
export function lookAtPace(view: DataView): void {
	const tcp = TcpBlock.of(view, tcpAt(view));
	if (tcp.looking === 0) return;
	const now = CoreBlock.of(view, CORE).now;
	if (((now - tcp.paceAt) | 0) < 0) {
		tcpDeadline(view, tcp.paceAt);
		return;
	}
	const core = CoreBlock.of(view, CORE);
	tcp.looking = 0;
	for (let i = 0; i < core.tcbCount; i++) {
		const tcb = TcbBlock.of(view, tcbAt(view, i));
		if (tcb.leastRate <= 0 || tcb.state < ESTABLISHED) continue;
		tcp.looking = 1;
		const ms = (now - tcb.pacedAt) | 0;
		if (ms < PACE_GRACE_MS) continue;
		tcb.paceRate = rateSince(tcb, ms);
		tcb.pacedAt = now;
		tcb.paceMoved = moved(tcb);
	}
	if (tcp.looking === 0) return;
	tcp.paceAt = (now + PACE_INTERVAL_MS) | 0;
	tcpDeadline(view, tcp.paceAt);
}

/** Bytes a second over the `ms` since the last look. */
function rateSince(tcb: TcbBlock, ms: number): number {
	let bytes = (moved(tcb) - tcb.paceMoved) | 0;
	if (bytes < 0) return -1; // what was looked at last is not of this connection
	let time = ms;
	while (time > LONGEST_MS) {
		time >>= 1;
		bytes >>= 1;
	}
	const each = quotient(bytes, time, 1 << 15);
	const rest = (bytes - each * time) & LONGEST_MS;
	return Math.min(each * 1000 + quotient(rest * 1000, time, 1 << 9), FASTEST);
}

/** `number` by `divisor`, up to twice `highest`, bit by bit as there is no division. */
function quotient(number: number, divisor: number, highest: number): Uint16 {
	const by = divisor & LONGEST_MS;
	let found: Uint16 = 0;
	for (let bit = highest; bit > 0; bit >>= 1) {
		const more: Uint16 = found | bit;
		if (more * by <= number) found = more;
	}
	return found;
}

/** A number that grows with every byte that the program reads, or the peer acknowledges. */
function moved(tcb: TcbBlock): number {
	return (tcb.rcvNxt - tcb.rcvQueued + tcb.sndUna) | 0;
}
