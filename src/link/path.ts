// The cached way to a destination. Every socket owns one: looked up once, used until the routes, or something else of the way, change.

import type { Interface } from "./interface.ts";
import type { Neighbor } from "./neighbors.ts";
import { pathSettle } from "#codec";
import { PathBlock } from "../packet/path-block.ts";

const WAY_VERSION = PathBlock.offsets.wayVersion;

export class Path {
	/** `core.wayVersion` when `out` and `header` were found; while it is that, packets go straight to `out.send`. -1: not found. Change it by `settle` and `leave`. */
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
	readonly #view: DataView | undefined;
	readonly #at: number;

	/** With a view: what compiled code must know of it stands in the PathBlock at that arena offset as well. */
	constructor(view?: DataView, at = 0) {
		this.#view = view;
		this.#at = at;
		this.leave();
	}

	/** The way is found: the link header that its packets get is the prepared one at `header`. */
	settle(wayVersion: number, header: number): void {
		this.wayVersion = wayVersion;
		this.header = header;
		if (this.#view === undefined) return;
		const { block } = this.out!;
		pathSettle(this.#view, this.#at, wayVersion, block, header, this.mtu, this.ttl, this.source, this.destination);
	}

	/** The way is not known any more, or not that of what is sent next. */
	leave(): void {
		this.wayVersion = -1;
		if (this.#view !== undefined) this.#view.setInt32(this.#at + WAY_VERSION, -1);
	}
}
