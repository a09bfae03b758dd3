// The driver contract: what a driver is to the stack, and the only file of this project that a driver imports.

/** What the device carries: Ethernet frames, or bare IP packets. */
export const MEDIUM_ETHERNET = 1;
/** Bare IP packets. */
export const MEDIUM_IP = 2;

/** Abilities, or-ed together. The stack skips what the device does. */
/** Whatever it delivers by IPv4 has correct IPv4, TCP, UDP and ICMP checksums, or was dropped and counted by the device. */
export const RECEIVE_CHECKED = 1;
/** It fills in the checksums of IPv4 and of what IPv4 carries in what it sends. Those of IPv6 are the stack's, both ways. */
export const TRANSMIT_CHECKSUM = 2;
/** It joins in-order TCP segments of a flow into one packet on receive (LRO). */
export const RECEIVE_COALESCED = 4;
/** It cuts TCP packets larger than the MTU into segments on send (TSO). */
export const TRANSMIT_SEGMENTED = 8;
/**
 * It always calls `notify` when frames wait: the stack does not ask it otherwise. One that does not say so is asked at every poll; but a poll comes when somebody wants one, so a device that
 * may have something without giving notice needs `poll`, whose answer says when to look again.
 */
export const NOTIFIES = 16;
/** What is sent by it comes in by it: packets wait in the stack until they are received, and neither `transmit` nor `receive` is called. Of bare IP packets. */
export const RETURNS = 32;

/** Frames may be four bytes longer than its MTU says: there is room for the tag of a VLAN, IEEE 802.3 §3.2.7. */
export const CARRIES_TAGS = 64;

/** What `multicast` may be told in the place of true: frames to other stations are wanted too, whichever they are, as a bridge hands them on. */
export const EVERY_FRAME = 3;

/** Answers of `transmit`. */
/** Taken; the memory belongs to the stack again. */
export const SENT = 0;
/** Taken, but the device still reads the memory, until it calls `host.released(packet)`. */
export const HELD = 1;
/** Not taken. The stack keeps the packet and tries again after `host.notify()` or at the next poll. */
export const BUSY = 2;
/** As SENT, and what was sent may have been answered already: the device is asked for frames again within the same poll. Only of devices in C. */
export const ANSWERED = 3;

/**
 * As BUSY, but it is offered the same packet again within the poll: its bytes are on their way, perhaps, or can be soon, and it stays as it is until it is answered otherwise, or `settle` was
 * called. Only of devices in C, and, as HELD, not for a `packet` of -1, whose memory is used for other things at once.
 */
export const AGAIN = 4;

/**
 * Answer of `receive`, only of devices in C: bytes are on their way, a frame's perhaps. It is called again with the same memory, soon, which nobody else uses until it answers otherwise, or
 * `settle` was called.
 */
export const COMES = -2;

/** What a device may ask of the stack that it is attached to. Both may be called at any time; what they tell from inside `receive` or `transmit` is looked at when the poll ends. */
export interface DeviceHost {
	/** The arena that `receive` writes into and `transmit` reads from. It never moves: a driver in C may keep its address. */
	readonly view: DataView;
	/** Something changed: frames wait, there is room to send, or the link went up or down. Coalesced; never runs the stack itself. */
	notify(): void;
	/** The memory of a packet that `transmit` answered HELD for is free. */
	released(packet: number): void;
}

/**
 * A driver, as the stack sees it: frames in and out of the arena. None of its methods may wait. What they throw leaves the stack's poll as that ends (`Stack.events.onError` hears it, if it is
 * there), and they are called again later: `receive` had no frame then, `transmit` was BUSY.
 */
export interface Device {
	/** MEDIUM_ETHERNET or MEDIUM_IP. */
	readonly medium: number;
	/** Largest IP packet, bytes. */
	readonly mtu: number;
	/** Or-ed abilities. */
	readonly abilities: number;
	/** Six bytes; Ethernet only. */
	readonly mac?: Uint8Array;
	/** Whether the link is up now. The stack looks at every poll, or after `notify` when the device always gives notice (NOTIFIES) and has no `poll`. */
	readonly linkUp: boolean;
	/**
	 * Number in the table of devices in C (native/devices.h) while attached; 0 or absent when it has none. Compiled code then moves its frames and looks at its link
	 * there, without the interpreter and this object's methods.
	 */
	readonly native?: number;
	/** Counts by name that `status` shows, for instance overruns and resets. Optional. */
	readonly counters?: Readonly<Record<string, number>>;
	/** The same one at a time, so that telling them allocates nothing: their names, and the count of one. Optional, both or none. */
	readonly counterNames?: readonly string[];
	/** The count with that index in `counterNames`. */
	count?(index: number): number;
	/** Called once, before anything else. */
	attach(host: DeviceHost): void;
	/**
	 * Puts the next frame at `at` of the arena, at most `max` bytes. Answers its length in bytes, 0 when there is none, or
	 * -1 when a frame was lost (too long, failed): the stack counts it and asks again. Allocates nothing.
	 */
	receive(at: number, max: number): number;
	/** Sends the frame in bytes `at` to `end` of the arena, which lies in `packet`. Answers SENT, HELD or BUSY. Allocates nothing. */
	transmit(packet: number, at: number, end: number): number;
	/**
	 * When time itself matters to the device (delays, polling a silent chip): called with the time of every poll, ms, also where it always gives notice; answers in how many ms it wants to be
	 * polled, or -1. In its place the `service` of a device in C is called.
	 */
	poll?(now: number): number;
	/**
	 * Whether frames for multicast groups are wanted, or EVERY_FRAME: told when the first group is joined and when the last one is left, only between `attach` and
	 * `close`, and not wanted until then. A device without it hands all of them on.
	 */
	multicast?(on: boolean | typeof EVERY_FRAME): void;
	/** Whoever answers AGAIN or COMES has it: nothing is on its way any more, and the memory that was lent is free. A frame that was coming is lost. */
	settle?(): void;
	/** Releases what the device holds, packets too: for each that is HELD `host.released` is called. */
	close(): void;
}
