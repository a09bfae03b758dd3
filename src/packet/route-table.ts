// The routes, and the hash table that they are looked up in. Its entries follow it, a power of two.

import { int32, record, uint16, uint8, type RowOf } from "./record.ts";

export const RouteTable = record({
	/** Of indices: how many entries there are, less one. */
	mask: int32,
	/** Of the hash. */
	seed: int32,
	/** Prefix lengths in use: bit n is length n. Length 32 has a word of its own, which is not 0 then. */
	lengths: int32,
	hostLength: int32,
});
export type RouteTable = RowOf<typeof RouteTable>;

export const RouteEntry = record({
	prefix: int32,
	/** Interface slot << 8 | length + 1; 0: the entry is empty. */
	key: int32,
	/** Index of the route. */
	index: int32,
});
export type RouteEntry = RowOf<typeof RouteEntry>;

/** A route, in the order of `Routes.list`. */
export const RouteRow = record({
	/** The destinations, without host bits. */
	prefix: int32,
	/** The next router, or 0. */
	nextHop: int32,
	/** Its own metric and that of its interface. */
	metric: int32,
	/** Bits of the prefix, 0 to 32. */
	length: uint8,
	/** Slot of the interface it leads by. */
	slot: uint8,
	/** ROUTE_…, or-ed. */
	bits: uint16,
});
export type RouteRow = RowOf<typeof RouteRow>;

/** Bits of `bits`. Made by an address of the interface, or by the link. */
export const ROUTE_CONNECTED = 1;
/** A server of the network said so. */
export const ROUTE_LENT = 2;
