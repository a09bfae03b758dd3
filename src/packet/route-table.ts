// The hash table of routes: which way packets go. Its entries follow it, a power of two.

import { int32, record, type RowOf } from "./record.ts";

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
