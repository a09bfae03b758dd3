// The hash table of flows: which socket gets which packets. Its entries follow it, a power of two.

import { int32, record, type RowOf } from "./record.ts";

export const FlowTable = record({
	/** Of indices: how many entries there are, less one. */
	mask: int32,
	/** Of the hash. */
	seed: int32,
});
export type FlowTable = RowOf<typeof FlowTable>;

export const FlowEntry = record({
	/** Our address and the peer's; 0: any. */
	local: int32,
	remote: int32,
	/** Remote port << 16 | local port. */
	ports: int32,
	/** Interface slot << 8 | protocol; 0: the entry is empty. */
	meta: int32,
	/** Index of the socket. */
	value: int32,
});
export type FlowEntry = RowOf<typeof FlowEntry>;
