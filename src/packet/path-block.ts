// What a cached way has in the arena, within what it is the way of: a connection, a UDP socket, the echo server.

import { address, int32, offset, record, type RowOf } from "./record.ts";

export const PathBlock = record({
	/** CoreBlock's wayVersion when `out` and `header` were found; while it is that, packets go straight to the link. -1: not found. */
	wayVersion: int32,
	/** Block of the interface it leaves by; 0: there was no route. */
	out: offset,
	/** The link header that packets get, prepared by the link. */
	header: offset,
	/** Largest packet that it carries, bytes. */
	mtu: int32,
	/** Bytes of the IP header of the destination's family. */
	ipHeader: int32,
	/** As `ipv4Build` takes it: `hops` with the default filled in, and NO_CHECKSUM when the device of `out` fills checksums in. */
	ttl: int32,
	/** IPv6's flow label, RFC 6437. */
	label: int32,
	/** Source address chosen for the destination, RFC 6724; none when there is none. */
	source: address,
	destination: address,
	/** Where the address of the next hop lies: in the route, when that has a gateway, else `destination`; CoreBlock's `everybody` for a subnet's broadcasts. */
	nextHop: offset,
	/** Block of the neighbour that was used last, 0 for none. The link looks whether it still is the right one. */
	neighbor: offset,
	/** CoreBlock's routeVersion at the last look-up of the route; -1: never. It lasts longer than the whole way: neighbours come and go without new routes. */
	routeVersion: int32,
	/** Slot of the only interface that it may leave by, 0: any. */
	bound: int32,
	/** Time to live that is asked for, 0 for the default, and TOS_BITS, as `ipv4Build` has them. */
	hops: int32,
});
export type PathBlock = RowOf<typeof PathBlock>;

/** Nothing was looked up for it yet, or nothing that counts. */
export function pathClear(path: PathBlock): void {
	path.wayVersion = -1;
	path.routeVersion = -1;
	path.neighbor = 0;
	path.out = 0;
}

/** The route is to be looked up anew, also by who looks at `routeVersion`; what it says stays until then. */
export function pathForget(path: PathBlock): void {
	path.wayVersion = -1;
	path.routeVersion = -1;
}
