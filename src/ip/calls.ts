// What the interpreter calls of the compiled IP layer: by arena offsets of blocks.

import { setV4OrNone } from "../packet/address.ts";
import { asked } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Ipv4, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import { routeIndex } from "./route-lookup.ts";
import { route, sourceBy } from "./way.ts";

/** As `route`, for a path that is given what to look for: slot of the only interface or 0, source address or 0. Both are IPv4's. */
export function pathAsk(view: DataView, place: Offset, destination: Ipv4, bound: number, source: Ipv4, home: number): boolean {
	const path = PathBlock.of(view, place);
	setV4OrNone(view, path.destination, destination);
	path.bound = bound;
	setV4OrNone(view, path.source, source);
	return route(view, path, home, true);
}

/** As `sourceBy`, for the interface with that block and a destination that is a neighbour. */
export function pathSource(view: DataView, block: Offset, neighbor: Address): Address {
	return sourceBy(view, InterfaceBlock.of(view, block), neighbor, neighbor);
}

/** As `routeIndex`, for an address of IPv4. */
export function routeAsk(view: DataView, destination: Ipv4, slot: number): number {
	return routeIndex(view, asked(view, destination), slot);
}
