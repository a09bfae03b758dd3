// What a cached way has in the arena, within what it is the way of: a connection, a UDP socket, the echo server.

import type { Offset } from "./numbers.ts";
import { int32, offset, record, type RowOf } from "./record.ts";

export const PathBlock = record({
	/** CoreBlock's wayVersion when `out` and `header` were found; while it is that, packets go straight to the link. -1: not found. */
	wayVersion: int32,
	/** Block of the interface it leaves by. */
	out: offset,
	/** The link header that packets get, prepared by the link. */
	header: offset,
	/** Largest packet that it carries, bytes. */
	mtu: int32,
	/** Of UDP: as `udpBuild` takes it. */
	ttl: int32,
	/** Of UDP: IPv4 addresses. */
	source: int32,
	destination: int32,
});
export type PathBlock = RowOf<typeof PathBlock>;

/** Compiled: the way at arena offset `at` is found, and is this. */
export function pathSettle(
	view: DataView,
	at: Offset,
	wayVersion: number,
	out: Offset,
	header: Offset,
	mtu: number,
	ttl: number,
	source: number,
	destination: number,
): void {
	const path = PathBlock.of(view, at);
	path.wayVersion = wayVersion;
	path.out = out;
	path.header = header;
	path.mtu = mtu;
	path.ttl = ttl;
	path.source = source;
	path.destination = destination;
}
