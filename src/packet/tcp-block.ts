// What all connections share in the arena.

import { BARRED_ADDRESSES } from "../config.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { PathBlock } from "./path-block.ts";
import { bytes, int32, offset, record, type RowOf } from "./record.ts";

export const TcpBlock = record({
	/** The first TCB block that nobody has, 0 for none. */
	free: offset,
	/** packet/pages.ts: the list of pages that were given back: the first, the last, how many; the first of those that were never used, and where they end; how many pages there are. */
	freePage: offset,
	lastPage: offset,
	pagesListed: int32,
	freshPage: offset,
	poolEnd: offset,
	pageCount: int32,
	/** transport/tcp/share.ts: pages promised to all together; and to each stream at least. */
	pagesPromised: int32,
	receiveFloor: int32,
	sendFloor: int32,
	/** Keys of initial sequence numbers: two words for our own, two for those of connections that others open, so that cookies tell nothing of the first. */
	key0: int32,
	key1: int32,
	cookie0: int32,
	cookie1: int32,
	/** What our SYNs offer: the bits of config.ts. */
	offers: int32,
	/** Where what there is of Fast Open lies, packet/fast-open-block.ts; 0: the stack was not asked for it. */
	fastOpen: offset,
	/** 1: SYN cookies may be out, the last one since cookieAt. */
	cookies: int32,
	cookieAt: int32,
	/** 1: some socket has a least rate, or had one; connections are looked at at paceAt. */
	paced: int32,
	looking: int32,
	paceAt: int32,
	/** 1: there was a poll; until then CoreBlock's `now` is no time. */
	polled: int32,
	/** transport/tcp/barred.ts: 1 once there was one; the next pair to be written; pairs of address and time. */
	barred: int32,
	barredNext: int32,
	barredPairs: bytes(BARRED_ADDRESSES * 8),
	/** The way of the last answer to a segment of which nothing is kept. */
	stray: bytes(PathBlock.bytes),
});
export type TcpBlock = RowOf<typeof TcpBlock>;

/** Where it lies. */
export function tcpAt(view: DataView): Offset {
	return CoreBlock.of(view, CORE).tcp;
}
