// What the interpreter calls of the compiled IP layer: by arena offsets of blocks.

import { copyAddress } from "../packet/address.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { PathBlock } from "../packet/path-block.ts";
import { route, sourceBy } from "./way.ts";

/** As `route`, for a path that is given what to look for: slot of the only interface or 0, source address or none. */
export function pathAsk(
	view: DataView,
	place: Offset,
	destination: Address,
	bound: number,
	source: Address,
	home: number,
): boolean {
	const path = PathBlock.of(view, place);
	copyAddress(view, path.destination, destination);
	path.bound = bound;
	copyAddress(view, path.source, source);
	return route(view, path, home, true);
}

/** As `sourceBy`, for the interface with that block and a destination that is a neighbour. */
export function pathSource(view: DataView, block: Offset, neighbor: Address): Address {
	return sourceBy(view, InterfaceBlock.of(view, block), neighbor, neighbor, 0);
}
