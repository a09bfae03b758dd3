// Delayed acknowledgments, RFC 9293 §3.8.6.3: one tick for all connections that owe one.

import { CONTROL_QUICK } from "../../config.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { tcpDeadline } from "../../packet/deadline.ts";
import { BIT_ACK_DELAYED, BIT_ACK_NOW, BIT_QUICK, TcbBlock } from "../../packet/tcb-block.ts";
import { TcpBlock, tcpAt } from "../../packet/tcp-block.ts";
import { tcpMark } from "./pending.ts";
import { TICKING } from "./work.ts";

/** An acknowledgment waits for its tick at most so long, ms; less than 500 is asked for. */
const ACK_DELAY = 40;

/** So many segments are acknowledged at once while a connection is new, and when some have gone missing: who sends them counts acknowledgments to go faster. As Linux has it. */
const QUICK_ACKS = 16;

/** The next segments are acknowledged at once. */
export function quick(view: DataView, tcb: TcbBlock): void {
	if ((TcpBlock.of(view, tcpAt(view)).offers & CONTROL_QUICK) === 0) return;
	tcb.bits = tcb.bits | BIT_QUICK;
	tcb.quickAcks = QUICK_ACKS;
}

/** An acknowledgment goes at once: of those that there are of such, there is one less. */
export function quickUsed(tcb: TcbBlock): void {
	if ((tcb.bits & BIT_QUICK) === 0) return;
	tcb.quickAcks = (tcb.quickAcks - 1) | 0;
	if (tcb.quickAcks <= 0) tcb.bits = tcb.bits & ~BIT_QUICK;
}

/** An acknowledgment waits for the tick, which comes within ACK_DELAY of the first that waits for it. */
export function delayAck(view: DataView, tcb: TcbBlock): void {
	if ((tcb.work & TICKING) !== 0) return;
	const core = CoreBlock.of(view, CORE);
	tcb.work = tcb.work | TICKING;
	tcb.nextTicking = core.ticking;
	core.ticking = tcb.at;
	if (core.ticks !== 0) return;
	core.ticks = 1;
	core.tickAt = (core.now + ACK_DELAY) | 0;
	tcpDeadline(view, core.tickAt);
}

/** When the tick has come, what still waits is acknowledged as this turn ends. */
export function tick(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.ticks === 0) return;
	if (((core.now - core.tickAt) | 0) < 0) {
		tcpDeadline(view, core.tickAt);
		return;
	}
	let at = core.ticking;
	core.ticking = 0;
	core.ticks = 0;
	while (at !== 0) {
		const tcb = TcbBlock.of(view, at);
		const next = tcb.nextTicking;
		tcb.nextTicking = 0;
		tcb.work = tcb.work & ~TICKING;
		if ((tcb.bits & BIT_ACK_DELAYED) !== 0) {
			tcb.bits = (tcb.bits & ~BIT_ACK_DELAYED) | BIT_ACK_NOW;
			tcpMark(view, at);
		}
		at = next;
	}
}
