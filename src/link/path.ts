// The cached way to a destination. Every socket owns one: looked up once, used until the routes, or something else of the way, change.

import type { Interface } from "./interface.ts";
import type { Neighbor } from "./neighbors.ts";

export class Path {
	/** `core.wayVersion` when `out` and `header` were found; while it is that, packets go straight to `out.send`. -1: not found. */
	wayVersion = -1;
	/** The interface it leaves by; undefined means there was no route. */
	out: Interface | undefined = undefined;
	/** Arena offset of the link header that packets get, prepared by the link. */
	header = 0;
	/** IPv4 destination address. */
	destination = 0;
	/** Largest packet that `out` carries, bytes. */
	mtu = 0;
	/** Of UDP, as `udpBuild` takes it: `hops` with the default filled in, and NO_CHECKSUM when the device of `out` fills checksums in. */
	ttl = 0;
	/** `routes.version` at the last look-up of the route; -1 means never. It lasts longer than the whole way: neighbours come and go without new routes. */
	routeVersion = -1;
	/** IPv4 address of the gateway, or the destination itself. */
	nextHop = 0;
	/** The neighbour entry used last. The link checks that it still is the right one. */
	neighbor: Neighbor | undefined = undefined;
	/** Interface slot that the socket is bound to, or 0 for any. */
	bound = 0;
	/** Of UDP: time to live that the socket asks for, 0 for the default, and TOS_BITS, as `udpBuild` has them. */
	hops = 0;
	/** Source address chosen for the destination, RFC 6724; 0 when there is no route. */
	source = 0;
}
