// What a UDP socket has in the arena.

import { PathBlock } from "./path-block.ts";
import { bytes, int32, offset, record, type RowOf } from "./record.ts";

export const UdpBlock = record({
	/** Where the ring is, and its bytes: whole words. */
	ring: offset,
	size: offset,
	/** Ring byte where the next datagram goes. */
	next: offset,
	/** Bytes in the ring, and how many datagrams they are. */
	used: offset,
	count: int32,
	/** Of the datagram that was read last. Slot 0: there was none, or it does not count any more. */
	lastSource: int32,
	lastDestination: int32,
	lastPorts: int32,
	lastSlot: int32,
	/** Its number among the sockets that have news. */
	news: int32,
	localPort: int32,
	/** The way of what it sent last, a PathBlock. */
	path: bytes(PathBlock.bytes),
});
export type UdpBlock = RowOf<typeof UdpBlock>;

/** Bytes of a datagram in the ring before its payload: source, destination, ports, length | slot of the interface << 16 (int32 each, big-endian). Behind it padding to 4 bytes. */
export const DATAGRAM = 16;
