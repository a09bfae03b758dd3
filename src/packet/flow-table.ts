// The hash table of flows: which socket gets which packets. Its entries follow it, a power of two.

import { address, bytes, int32, record, type RowOf } from "./record.ts";

export const FlowEntry = record({
	/** Our address and the peer's; none: any. */
	local: address,
	remote: address,
	/** Remote port << 16 | local port. */
	ports: int32,
	/** Interface slot << 8 | protocol; 0: the entry is empty. */
	meta: int32,
	/** Index of the socket. */
	value: int32,
});
export type FlowEntry = RowOf<typeof FlowEntry>;

export const FlowTable = record({
	/** Of indices: how many entries there are, less one. */
	mask: int32,
	/** Of the hash. */
	seed: int32,
	/** Kinds of keys that there are: a bit each, `flowKind`. */
	kinds: int32,
	/** How many keys there are of each, uint16. */
	counts: bytes(32),
	/** A FlowEntry: of what packet a socket was found last, and which. Whoever changes the table empties it. */
	last: bytes(FlowEntry.bytes),
});
export type FlowTable = RowOf<typeof FlowTable>;
