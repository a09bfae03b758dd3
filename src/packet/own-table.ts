// Our own addresses and the broadcast addresses of their subnets, of all interfaces, in one hash table: what a packet's source and destination are looked up in.

import { address, int32, record, type RowOf } from "./record.ts";

/** Before the entries. */
export const OwnTable = record({
	/** How many entries there are, a power of two, less one. */
	mask: int32,
	/** Of the hash: it keeps strangers from choosing collisions. */
	seed: int32,
});
export type OwnTable = RowOf<typeof OwnTable>;

export const OwnEntry = record({
	address: address,
	/** 0: nothing stands here. Else the interface's slot << OWN_SLOT_SHIFT, and OWN_GROUP when it is the broadcast address of a subnet, or a group that was joined, with its number << OWN_NUMBER_SHIFT. */
	value: int32,
});
export type OwnEntry = RowOf<typeof OwnEntry>;

export const OWN_SLOT_SHIFT = 24;
/** Number of a group that was joined among all those: its row of CoreBlock's `members`. */
export const OWN_NUMBER_SHIFT = 8;
/** Nobody alone has the address. */
export const OWN_GROUP = 16;
