// The routes, and the hash table that they are looked up in. Its entries follow it, a power of two.

import { address, bytes, int32, offset, record, uint16, uint8, type RowOf } from "./record.ts";

export const RouteTable = record({
	/** Of indices: how many entries there are, less one. */
	mask: int32,
	/** Of the hash. */
	seed: int32,
	/** The first RouteRow: entries name rows by their index. */
	rows: offset,
	/** Prefix lengths in use, 0 to 127: bit n of the four words is length n. And not 0: 128 is in use. */
	lengths: bytes(16),
	hosts: int32,
});
export type RouteTable = RowOf<typeof RouteTable>;

export const RouteEntry = record({
	/** Interface slot << 8 | length of the prefix + 1, and, for the routes of one router, its number + 1 << 16; 0: the entry is empty. */
	key: int32,
	/** Index of the route, whose row has the prefix. */
	index: int32,
});
export type RouteEntry = RowOf<typeof RouteEntry>;

/** A route, in the order of `Routes.list`. */
export const RouteRow = record({
	/** The destinations, without host bits. */
	prefix: address,
	/** The next router, or none. */
	nextHop: address,
	/** Its own metric and that of its interface. */
	metric: int32,
	/** Bits of the prefix, 0 to 128. */
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
/** The next router was asked in vain: those of the same prefix by others come first. */
export const ROUTE_SILENT = 4;
/** Another router said so, of one destination: it counts as long as the next hop answers. */
export const ROUTE_REDIRECT = 8;
/** From this bit on: the router's number among those of its interface that say prefixes, 1 to ROUTERS - 1; 0: it says none. */
export const ROUTE_ROUTER = 8;
export const ROUTERS = 8;
