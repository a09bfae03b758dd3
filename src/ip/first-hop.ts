// The first hop goes with the source, RFC 8028: what comes from an address that a router's prefix has made goes to a router that says that prefix, as others may drop it. Flat TypeScript.

import { ownAt } from "../link/addresses.ts";
import { isNone, sameAddress } from "../packet/address.ts";
import { InterfaceBlock, OWN_ROUTERS, OwnAddress } from "../packet/interface-block.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { ROUTE_ROUTER, ROUTERS, RouteRow } from "../packet/route-table.ts";
import { interfaceAt } from "../packet/slots.ts";
import { routeBy } from "./route-lookup.ts";

/** Number of the router that a route leads by, among those of its interface that say prefixes; 0: of none in particular. */
export function routerOf(route: RouteRow): number {
	return route.bits >> ROUTE_ROUTER;
}

/** The routers of an interface that say the prefix of an address of its, a bit for each number; 0 where no router has to do with it. */
function routersOf(view: DataView, link: InterfaceBlock, address: Address): number {
	for (let i = 0; i < link.addressCount; i++) {
		const own = OwnAddress.of(view, ownAt(link, i));
		if (sameAddress(view, own.address, address)) return own.bits >> OWN_ROUTERS;
	}
	return 0;
}

/**
 * The route for packets from `source`, an address of the interface in slot `owner`, of which the one at `found` would be the best for any source; 0 for none. To neighbours they go as
 * others do. Routers that say the prefix come first, then those that say none; they never go by those that say others, nor by another interface.
 */
export function byRouter(view: DataView, destination: Address, source: Address, owner: number, found: Offset): Offset {
	const route = RouteRow.of(view, found);
	if (isNone(view, route.nextHop)) return found;
	const routers = routersOf(view, InterfaceBlock.of(view, interfaceAt(view, owner)), source);
	if (routers === 0) return found;
	const router = routerOf(route);
	if (route.slot === owner && (router === 0 || ((routers >> router) & 1) !== 0)) return found;
	let best = 0;
	for (let number = 1; number < ROUTERS; number++) {
		if (((routers >> number) & 1) === 0) continue;
		const by = routeBy(view, destination, owner, number);
		if (by !== 0 && (best === 0 || RouteRow.of(view, by).length > RouteRow.of(view, best).length)) best = by;
	}
	return best === 0 ? routeBy(view, destination, owner, 0) : best;
}
