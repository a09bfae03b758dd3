// The queues before an interface: what its packets wait in, by flows. All of it fills the packet buffer at `tag` of the interface's InterfaceBlock.

import { PACKET_BYTES } from "../config.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { int32, record, type RowOf } from "./record.ts";

export const QueueBlock = record({
	/** How many flows there are, less one: a power of two. */
	mask: int32,
	/** First hash of flows: strangers do not know which share a queue. */
	seed: int32,
	/** Packets that wait, and how many may; how many before our own connections are to wait. */
	count: int32,
	most: int32,
	own: int32,
	/** Bits a second that leave, 0: as many as the device takes. */
	rate: int32,
	/** Thousandths of bits that may leave now, below 0: none, and when that was counted, ms. */
	credit: int32,
	counted: int32,
	/** Ms that a packet may wait before something is done, and for how long that may be so. RFC 8289 §4.2, §4.3. */
	targetMs: int32,
	intervalMs: int32,
	/** Offsets of the first and the last flow that have become busy just now, and that have been longer; 0: none. */
	newFirst: int32,
	newLast: int32,
	oldFirst: int32,
	oldLast: int32,
});
export type QueueBlock = RowOf<typeof QueueBlock>;

/** A queue of its own, for those flows that have its number. RFC 8290 §4. */
export const FlowRow = record({
	/** Packets that wait, threaded by the next column. */
	first: int32,
	last: int32,
	count: int32,
	/** Bytes that it may send before others have their turn. */
	deficit: int32,
	/** The flow behind it in its list, 0 for none. And not 0: it is in a list. */
	next: int32,
	listed: int32,
	/** CoDel, RFC 8289 §5: when packets will have waited too long for too long, 0: they do not; 1, packets are dropped; when the next is; how many were, and when dropping began last. */
	above: int32,
	dropping: int32,
	dropNext: int32,
	drops: int32,
	dropsBefore: int32,
	/** 1 / √drops, 32,768 for 1. */
	root: int32,
});
export type FlowRow = RowOf<typeof FlowRow>;

/** Most flows, which with the QueueBlock fill a packet buffer. */
export const FLOWS_MOST = 16;

/** Where it is noted in a packet's headroom when it came into its queue. */
export function stampAt(view: DataView, packet: number): Offset {
	return (CoreBlock.of(view, CORE).packets + Math.imul(packet, PACKET_BYTES)) | 0;
}
