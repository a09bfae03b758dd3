// Keep-alive. RFC 9293 §3.8.4.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { TcbBlock } from "../../packet/tcb-block.ts";
import { ACK } from "../../wire/tcp.ts";
import { arm, emit } from "./send.ts";
import { ESTABLISHED, TIME_WAIT } from "./states.ts";
import { KEEP_ALIVE } from "./work.ts";

/** Starts the keep-alive timer anew, or stops it when the application wants none. */
export function startKeepAlive(view: DataView, tcb: TcbBlock): void {
	tcb.work = tcb.work & ~KEEP_ALIVE;
	if (tcb.keepAliveIdle === 0 || tcb.state < ESTABLISHED || tcb.state === TIME_WAIT) return;
	tcb.keepAliveProbes = 0;
	rest(view, tcb, tcb.keepAliveIdle);
}

/** The timer looks again in so many ms. */
function rest(view: DataView, tcb: TcbBlock, ms: number): void {
	tcb.heard = 0;
	tcb.heardRcvNxt = tcb.rcvNxt;
	tcb.heardSndUna = tcb.sndUna;
	tcb.work = tcb.work | KEEP_ALIVE;
	tcb.keepAliveAt = (CoreBlock.of(view, CORE).now + ms) | 0;
	arm(view, tcb, tcb.keepAliveAt);
}

/**
 * The timer expires. Segments leave no time behind, so silence is seen from one look to the next: the first probe comes after one to two times the idle time. False when the peer
 * does not answer any more, and is to be given up.
 */
export function keepAlive(view: DataView, tcb: TcbBlock): boolean {
	const heard = tcb.heard !== 0 || tcb.rcvNxt !== tcb.heardRcvNxt || tcb.sndUna !== tcb.heardSndUna;
	if (heard || tcb.sndMax !== tcb.sndUna) {
		tcb.keepAliveProbes = 0;
		rest(view, tcb, tcb.keepAliveIdle);
		return true;
	}
	if (tcb.keepAliveProbes >= tcb.keepAliveMost) return false;
	// One number before what the peer expects: it must answer. No data: RFC 9293 MUST-65 lets us. One that finds no room before its device is as good as lost.
	emit(view, tcb, (tcb.sndNxt - 1) | 0, ACK, 0, 0);
	tcb.keepAliveProbes = (tcb.keepAliveProbes + 1) | 0;
	rest(view, tcb, tcb.keepAliveInterval);
	return true;
}
