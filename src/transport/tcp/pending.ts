// The connections that have something to send, listed until the turn comes to them: once a turn, after the applications had theirs.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { tcpDeadline } from "../../packet/deadline.ts";
import type { Offset } from "../../packet/numbers.ts";
import { TcbBlock } from "../../packet/tcb-block.ts";
import { PENDING } from "./work.ts";

/** When packet buffers ran out, or a device was busy, output is tried again after so long at the latest, ms. */
export const RETRY_TIME = 10;

/** Puts a connection on the list. */
export function tcpMark(view: DataView, at: Offset): void {
	const tcb = TcbBlock.of(view, at);
	const work = tcb.work;
	tcb.work = work | PENDING;
	if ((work & PENDING) !== 0) return;
	const core = CoreBlock.of(view, CORE);
	tcb.nextPending = core.pending;
	core.pending = at;
}

/** Packet buffers ran out before a connection had sent all, or its device is busy: it is looked at again in the next turn. */
export function outputBlocked(view: DataView, at: Offset): void {
	const tcb = TcbBlock.of(view, at);
	const core = CoreBlock.of(view, CORE);
	const work = tcb.work;
	tcb.work = work | PENDING;
	if ((work & PENDING) !== 0) return; // it is on the list again already
	tcb.nextPending = core.blocked;
	core.blocked = at;
}

/** All have had their turn: those that could not send are pending again. */
export function outputEnds(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.blocked === 0) return;
	core.pending = core.blocked;
	core.blocked = 0;
	tcpDeadline(view, (core.now + RETRY_TIME) | 0);
}
