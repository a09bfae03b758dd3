// What a server or a peer of a network may say about addresses and routes: nothing that is another interface's, or the program's. A DHCP server that
// may say more draws away what is none of its business (CVE-2024-3661).

import { familyBits, given } from "../address.ts";
import type { Interface } from "../link/interface.ts";
import type { Neighbors } from "../link/neighbor-list.ts";
import type { Route, Routes } from "./routes.ts";

/** Prefixes shorter than this, but for the default route itself, have one use alone: to take the traffic of another default route, as 0.0.0.0/1 and 128.0.0.0/1 do together. */
const LEAST_LENGTH = 8;

/** The interfaces of a stack, as far as they matter here. */
interface Interfaces {
	readonly list: readonly Interface[];
	readonly neighbors: Neighbors;
	owner(address: string): Interface | undefined;
}

/** A prefix that is to be reached by an interface because somebody on its network says so. */
export interface Claim {
	readonly prefix: string;
	readonly length: number;
	/** The subnet of an address that we are given. It may be the same as another interface's: then that one's route stays the better one. */
	readonly subnet: boolean;
	/** Of its route and its interface together. */
	readonly metric: number;
	/** It has been there for a while: only what programs set speaks against it, as others' servers may have said theirs later. */
	readonly standing: boolean;
}

/** Whether this route, which covers the claim, must not lose to it, whole or in part. */
function stands(route: Route, link: Interface, claim: Claim): boolean {
	const { length, subnet } = claim;
	if (claim.standing && route.lent) return false;
	if (route.length === 0) {
		// The claim against a default route. Two default routes compete by their metrics. A longer prefix that is no subnet takes traffic from this one, unless this has the worse metric: a program's forbids it, a lent one only to prefixes below LEAST_LENGTH.
		if (subnet || length === 0 || route.metric + route.link.ip.metric > claim.metric) return false;
		return !route.lent || (route.link !== link && length < LEAST_LENGTH);
	}
	if (route.connected) return route.link !== link && !(subnet && route.length === length);
	return !route.lent && (!subnet || route.link !== link);
}

/** Why a prefix must not be reached by `link` although its network says so, as the end of a sentence: "is part of eth0's 10.0.0.0/8"; "" when it may be. */
export function objection(routes: Routes, link: Interface, claim: Claim): string {
	const { list } = routes;
	const { prefix, length } = claim;
	const at = given(routes.arena, prefix);
	const v4 = familyBits(prefix) === 32;
	// By index: an iterator takes longer, and frames wait meanwhile.
	for (let i = 0; i < list.length; i++) {
		const route = list[i]!;
		if (route.length > length || !routes.holds(i, at, v4) || !stands(route, link, claim)) continue;
		const what = route.length === length ? "is" : "is part of";
		if (route.connected && route.length > 0) return `${what} ${route.link.name}'s ${route}`;
		return `${what} the route ${route} by ${route.link.name}${route.lent || route.connected ? "" : ", which the program has set"}`;
	}
	return "";
}

/** Why an address must not become ours by `link`, likewise: it is a router's, a name server's or a neighbour's that is talked to by another interface. */
export function addressObjection(interfaces: Interfaces, routes: Routes, link: Interface, address: string): string {
	for (const route of routes.list) if (route.nextHop === address) return `is the gateway of ${route} by ${route.link.name}`;
	for (const other of interfaces.list)
		if (other !== link && other.ip.servers.includes(address)) return `is a name server of ${other.name}`;
	const behind = interfaces.neighbors.behindOther(address, link);
	return behind === undefined ? "" : `is a station behind ${behind.name}`;
}

/** Why an address at the other end of a link, or one that the other end gives us, must not be reached by it: "10.0.0.1 is eth0's own". */
export function peerObjection(interfaces: Interfaces, routes: Routes, link: Interface, peer: string): string {
	const owner = interfaces.owner(peer);
	if (owner !== undefined && owner !== link) return `${peer} is ${owner.name}'s own`;
	const found = objection(routes, link, {
		prefix: peer,
		length: familyBits(peer),
		subnet: true,
		metric: link.ip.metric,
		standing: false,
	});
	return found === "" ? "" : `${peer} ${found}`;
}
