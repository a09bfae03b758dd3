// What the interpreter calls of the compiled IP layer: by arena offsets of blocks.

import { DRAIN, WAKE, follows } from "../link/calls.ts";
import { setV4OrNone } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { asked } from "../packet/fields.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Ipv4, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import { interfaceAt } from "../packet/slots.ts";
import { icmpError } from "./icmp.ts";
import { output } from "./output.ts";
import { routeIndex } from "./route-lookup.ts";
import { route, sourceBy } from "./way.ts";

/** As `route`. */
export function pathRoute(view: DataView, path: Offset, home: number, sourced: boolean): boolean {
	return route(view, PathBlock.of(view, path), home, sourced);
}

/** The same for a path that is given what to look for: slot of the only interface or 0, source address or 0. Both are IPv4's. */
export function pathAsk(view: DataView, place: Offset, destination: Ipv4, bound: number, source: Ipv4, home: number): boolean {
	const path = PathBlock.of(view, place);
	setV4OrNone(view, path.destination, destination);
	path.bound = bound;
	setV4OrNone(view, path.source, source);
	return route(view, path, home, true);
}

/** The packet was kept; or-ed to what is to be done, DRAIN and WAKE. */
export const KEPT = 4;

/** As `output`. */
export function pathOutput(view: DataView, packet: number, at: Offset, end: Offset, place: Offset): number {
	const path = PathBlock.of(view, place);
	const kept = output(view, packet, at, end, path);
	const out = path.out === 0 ? interfaceAt(view, 1) : path.out;
	const what = follows(view, InterfaceBlock.of(view, out)) & (DRAIN | WAKE);
	return kept ? what | KEPT : what;
}

/** As `icmpError`, about a packet that came by the interface with that block. Answers what is to be done by the interface that its path leads by, DRAIN and WAKE. */
export function pathError(view: DataView, block: Offset, type: number, code: number, rest: number): number {
	icmpError(view, InterfaceBlock.of(view, block), type, code, rest);
	const out = PathBlock.of(view, CoreBlock.of(view, CORE).error).out;
	return out === 0 ? 0 : follows(view, InterfaceBlock.of(view, out));
}

/** As `sourceBy`, for the interface with that block and a destination that is a neighbour. */
export function pathSource(view: DataView, block: Offset, neighbor: Address): Address {
	return sourceBy(view, InterfaceBlock.of(view, block), neighbor, neighbor);
}

/** As `routeIndex`, for an address of IPv4. */
export function routeAsk(view: DataView, destination: Ipv4, slot: number): number {
	return routeIndex(view, asked(view, destination), slot);
}
