// A socket has joined a group for what comes from one source alone, RFC 4607; or for all but that, RFC 3376 §3.1.

import { address, int32, record, type RowOf } from "./record.ts";

export const GroupSource = record({
	source: address,
	/** Number of the group << 16 | bit of the socket in the group's row of `members`. */
	who: int32,
});
export type GroupSource = RowOf<typeof GroupSource>;
