// Bits of a TCB's `work`: what is to be done for it, and which of its timers run.

import { BIT_ACK_DELAYED, BIT_ACK_NOW } from "../../packet/tcb-block.ts";

/** An acknowledgment is owed now, and goes out at the end of the turn. This and the next live in `bits` between segments. */
export const ACK_NOW = BIT_ACK_NOW;
/** An acknowledgment is owed at the next delayed-ACK tick. */
export const ACK_DELAYED = BIT_ACK_DELAYED;
/** In the list of those `output` looks at. */
export const PENDING = 4;
/** `retransmitAt` counts: something is in flight. */
export const RETRANSMIT = 16;
/** `retransmitAt` counts, for a probe: data waits and the window is closed. RFC 9293 §3.8.6.1. */
export const PERSIST = 32;
/** `keepAliveAt` counts. */
export const KEEP_ALIVE = 64;
/** `lingerAt` counts: the end of TIME-WAIT, or of a connection that its program has closed. */
export const LINGER = 128;
/** `routeLostAt` counts: no way leads to the peer. */
export const ROUTE_LOST = 256;
/** The time of path-mtu.ts counts: segments are smaller than they might be. */
export const RAISE = 4096;
export const TIMERS = RETRANSMIT | PERSIST | KEEP_ALIVE | LINGER | ROUTE_LOST | RAISE;
/** There may be data to send. */
export const SEND = 512;
/** In the list of those that the delayed-ACK tick looks at. */
export const TICKING = 1024;
/** With RETRANSMIT: nothing is in flight, the timer only has not been taken out. The long way never sees this. */
export const IDLE = 2048;
