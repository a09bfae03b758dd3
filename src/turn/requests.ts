// What the turn asks the interpreter for: a kind in the lower bits, and from VALUE_SHIFT on a value. Kinds are below KIND.

export const KIND = 15;
export const VALUE_SHIFT = 4;

/** The owner of a socket is to be called; `turnWaiting` says how much waits for it. Value: its number << 8 | events (packet/news.ts). Answer: LOOK, or 0. */
export const NEWS = 0;
/** The poll is over, when the request is below 0: DONE less in how many ms another one is wanted, or -1: not before somebody says so. */
export const DONE = -2;
/** The link has changed, or the device is one in TypeScript: time passes for it, and what waits is offered to it. Value: slot. Answer: in how many ms a poll is wanted, or -1. */
export const LINK = 2;
/** Timers are due. */
export const TIMERS = 3;
/** Routes, links or addresses have changed. */
export const WAYS = 4;
/** A device in TypeScript is asked for a frame, to be put before `packetAt`. Value: slot. Answer: as its `receive`. */
export const TAKE = 5;
/** The interface is down: what its device has is thrown away. Value: slot. Answer: whether there was something, 1 or 0. */
export const DISCARD = 6;
/** An ARP packet about an address of ours, or that the DHCP client asks about; of IPv6 what neighbour discovery says of routers, or of an address of ours. Value: slot. */
export const FRAME = 7;
/** A device in TypeScript is offered what waits. Value: slot. */
export const DRAIN = 8;
/** The poll is about to end, and a device has thrown: that is told. */
export const FAULT = 9;
/** A frame of a serial line that is no IP packet: `result` is what its device answered; 0: octets came that are no frame yet. Value: slot. */
export const CONTROL = 11;

/** Answer to NEWS: the owner wants to be looked at. Where it has left bytes of a connection unread the poll ends early, so that timers of programs come first. */
export const LOOK = 1;
/** Answer to every request that ended by an exception. */
export const FAILED = -2;
