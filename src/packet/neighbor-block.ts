// What a neighbour has in the arena.

import { address, bytes, int32, offset, record, type RowOf } from "./record.ts";

export const NeighborBlock = record({
	/** The Ethernet header of packets to it, prepared. */
	header: bytes(14),
	/** Who else is in question. */
	other: bytes(6),
	/** When everybody was asked which of them has the address. */
	askedAt: int32,
	/** NEIGHBOR_…, or-ed. */
	bits: int32,
	/** FREE and so on. */
	state: int32,
	address: address,
	/** Block of the interface that it is behind; 0 while the entry is free. */
	link: offset,
	/** When the state ends, ms. */
	until: int32,
	/** Requests sent in this state. */
	requests: int32,
	/** Last use, for replacing the one that was idle longest. A cached path uses it unseen, for NEIGHBOR_REACHABLE_MS at most. */
	usedAt: int32,
	/** Packets that wait for it: how many, the first and the last. */
	waiting: int32,
	queueFirst: int32,
	queueLast: int32,
	/** The next entry in the same hash chain, 0 for none. */
	chain: offset,
});
export type NeighborBlock = RowOf<typeof NeighborBlock>;

/** States. */
export const FREE = 0;
/** Asked, no answer yet: packets wait. */
export const INCOMPLETE = 1;
export const REACHABLE = 2;
/** Believed, but old: the next packet starts a unicast check. RFC 1122 §2.3.2.1 (2). */
export const STALE = 3;
/** Believed, and asked again by unicast. */
export const PROBE = 4;
/** Believed, but another station claims the address: everybody is asked, and the answers decide. Packets go to the one known. */
export const CONTESTED = 5;
/** IPv6: used while it was old, and given time to be heard of before it is asked. RFC 4861 §7.3.2. */
export const DELAY = 6;

/** Bits of `bits`. Known from its own question only: none of our packets has gone there. */
export const NEIGHBOR_LEARNED = 1;
/** `askedAt` counts. */
export const NEIGHBOR_ASKED = 2;
/** `other` has answered, and the one known may yet. */
export const NEIGHBOR_ANSWERED = 4;
/** `other` was the one known, and has not answered. */
export const NEIGHBOR_REPLACED = 8;
/** IPv6: it says that it is a router. */
export const NEIGHBOR_ROUTER = 16;
