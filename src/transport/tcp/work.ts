// Bits of a TCB's `work`: what is to be done for it, and which of its timers run.

/** In the list of those that the turn has send. */
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
/** `raiseAt` counts: segments are smaller than they might be. */
export const RAISE = 4096;
/** `reorderAt` counts: something may be lost then. */
export const REORDER = 8192;
export const TIMERS = RETRANSMIT | PERSIST | KEEP_ALIVE | LINGER | ROUTE_LOST | RAISE | REORDER;
/** In the list of those that the delayed-ACK tick looks at. */
export const TICKING = 1024;
/** Memberships, which outlive a connection. */
export const LISTS = PENDING | TICKING;
