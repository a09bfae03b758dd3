// The peer's window. RFC 9293 §3.10.7.4, fifth step.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { TcbBlock } from "../../packet/tcb-block.ts";
import { tcpMark } from "./pending.ts";
import { PERSIST } from "./work.ts";

/** What the peer offers, by a segment that is newer than the last that told it. */
export function offered(view: DataView, tcb: TcbBlock, window: number): void {
	tcb.sndWnd = window;
	if (window > tcb.sndWndMax) tcb.sndWndMax = window;
	if (tcb.backoff !== 0) {
		// A peer that confirms its closed window is alive, so the time without progress begins anew (RFC 9293 §3.8.6.1); but not for a connection that its program has closed.
		if (window === 0 && tcb.detached === 0) tcb.stalledAt = CoreBlock.of(view, CORE).now;
		if (window !== 0 && (tcb.work & PERSIST) !== 0) tcb.backoff = 0;
	}
	if (window !== 0) tcb.work = tcb.work & ~PERSIST;
	if (tcb.sndQueued > ((tcb.sndNxt - tcb.sndUna) | 0)) tcpMark(view, tcb.at);
}
