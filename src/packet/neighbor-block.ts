// What a neighbour has in the arena.

import { bytes, int32, record, type RowOf } from "./record.ts";

export const NeighborBlock = record({
	/** The Ethernet header of packets to it, prepared. */
	header: bytes(14),
	/** Who else is in question. */
	other: bytes(6),
	/** When everybody was asked which of them has the address. */
	askedAt: int32,
	/** NEIGHBOR_…, or-ed. */
	bits: int32,
});
export type NeighborBlock = RowOf<typeof NeighborBlock>;

/** Bits of `bits`. Known from its own question only: none of our packets has gone there. */
export const NEIGHBOR_LEARNED = 1;
/** `askedAt` counts. */
export const NEIGHBOR_ASKED = 2;
/** `other` has answered, and the one known may yet. */
export const NEIGHBOR_ANSWERED = 4;
/** `other` was the one known, and has not answered. */
export const NEIGHBOR_REPLACED = 8;
