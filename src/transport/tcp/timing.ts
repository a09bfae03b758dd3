// How long TCP waits for what, and the last time that a connection has.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { TcbBlock } from "../../packet/tcb-block.ts";
import { arm } from "./send.ts";
import { receiveEnds, sendEnds } from "./share.ts";
import { TIME_WAIT } from "./states.ts";
import { setState } from "./block.ts";
import { LINGER, TIMERS } from "./work.ts";

/** First timeout for data when the SYN had to be sent again, ms. RFC 6298 §5.7. */
export const RTO_AFTER_LOST_SYN = 3000;
/** Twice the lifetime of a segment, which we take for 30 s. RFC 9293 §3.3.2 says 2 minutes; systems in use say 15 to 60 s in all. */
export const TIME_WAIT_TIME = 60_000;
/** How long a connection that its program has closed may go on, and for how long it does not give way to newcomers; and a second more for each 4 KB that it had to send. */
export const ORPHAN_TIME = 60_000;
export const ORPHAN_GRACE = 3000;
/** How long data may wait for its acknowledgment. RFC 9293 §3.8.3 (R2). */
export const USER_TIMEOUT = 100_000;
/** The same for our SYN: at least 3 minutes. RFC 9293 §3.8.3. */
export const SYN_TIMEOUT = 180_000;
/** And for SYN and ACK: whoever asked is there, or it was an attack. */
export const SYN_ACK_TIMEOUT = 63_000;
/** Keep-alive: silence before the first probe when the application names none, time between probes, probes. RFC 9293 §3.8.4. */
export const KEEP_ALIVE_IDLE = 7_200_000;
export const KEEP_ALIVE_INTERVAL = 75_000;
export const KEEP_ALIVE_PROBES = 9;

/** Starts or moves the end of TIME-WAIT, or of a connection that its program has closed: in so many ms. */
export function linger(view: DataView, tcb: TcbBlock, ms: number): void {
	tcb.work = tcb.work | LINGER;
	tcb.lingerAt = (CoreBlock.of(view, CORE).now + ms) | 0;
	arm(view, tcb, tcb.lingerAt);
}

/** Both sides have said all. */
export function timeWait(view: DataView, tcb: TcbBlock): void {
	setState(tcb, TIME_WAIT);
	tcb.work = tcb.work & ~TIMERS;
	sendEnds(view, tcb);
	if (tcb.rcvQueued === 0) receiveEnds(view, tcb);
	linger(view, tcb, TIME_WAIT_TIME);
}

/** The program has closed it: the time begins after which it ends in any case. */
export function orphan(view: DataView, tcb: TcbBlock): void {
	linger(view, tcb, tcb.lingerMs >= 0 ? tcb.lingerMs : (ORPHAN_TIME + (tcb.sndQueued >> 2)) | 0);
}
