// What routers have said of how large packets may be on the way to an address. As many as config.ts says lie in CoreBlock's `pathMtuTable`, the one that began first in front.

import { address, int32, record, uint16, type RowOf } from "./record.ts";

export const PathMtuEntry = record({
	destination: address,
	/** When it is forgotten. */
	due: int32,
	/** The least that was said, bytes, and the least of what was said of segments in flight, 0 for nothing: that alone counts for TCP, RFC 5927. */
	mtu: uint16,
	sure: uint16,
});
export type PathMtuEntry = RowOf<typeof PathMtuEntry>;
