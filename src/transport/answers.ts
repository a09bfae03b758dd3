// Answers of all that send datagrams and packets: from 0 on it was sent, and what is to be done by the interface of the path, DRAIN and WAKE (link/calls.ts). Flat TypeScript.

/** Beside them: it went by several interfaces, and is to be done by all. */
export const BY_ALL = 4;
/** Lost and counted, as the network might have: there is no packet buffer, or no way back to who sent the datagram that was read last, as strangers choose what they call themselves. */
export const DROPPED = -1;
/** Nothing was done: no way leads there, or none from an address of ours. */
export const NO_WAY = -2;
/** Nothing was done: longer than what leaves in fragments, for which there are packets. */
export const TOO_LONG = -3;
/** Nothing was done: the socket is closed, or its address or interface is gone. */
export const GONE = -4;
