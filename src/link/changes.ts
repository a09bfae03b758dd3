// What may become of an interface, and who is told.

import type { Interface } from "./interface.ts";

/** What changed of an interface, or-ed: the interface came or went, its link, its addresses, its name servers, routes by it, its protocol's state (PPP's phase). */
export const ADDED = 1;
/** The interface is gone. */
export const REMOVED = 2;
/** Its link came up or went down. */
export const LINK = 4;
/** An address came or went. */
export const ADDRESSES = 8;
/** A route by it came or went. */
export const ROUTES = 16;
/** Its name servers changed. */
export const NAME_SERVERS = 32;
/** The state of its protocol changed: PPP's phase. */
export const PROTOCOL = 64;

/** Who is told of changes: the IP layer. */
export interface InterfaceListener {
	/** For those who watch: `what` of the constants above, but ADDED, REMOVED, LINK, ADDRESSES, NAME_SERVERS and ROUTES, which the listener knows itself. */
	changed(link: Interface, what: number): void;
	/** The link is gone: what is known of its neighbours is about to be forgotten. `linkChanged` follows, unless the interface is removed. */
	linkLost(link: Interface): void;
	linkChanged(link: Interface): void;
	/** Within processing: a router says, in the IP packet at that arena offset, that another way is nearer. */
	redirected(link: Interface, at: number): void;
	/** The routes that the link itself has made are now these: to the peer at its other end ("": none), and all that have no better one. Throws RangeError when there are too many. */
	linkRoutes(link: Interface, peer: string, defaultRoute: boolean): void;
	/** Why an address at the other end, or one that the other end gives us, is not to be believed: "10.0.0.1 is part of eth0's 10.0.0.0/8"; "" when it is. */
	peerObjection(link: Interface, address: string): string;
}
