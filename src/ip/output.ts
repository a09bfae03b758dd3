// IP packets on their way out, compiled.

import { linkOutput } from "../link/output.ts";
import { send } from "../link/transmit.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP } from "../packet/drops.ts";
import { InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset } from "../packet/numbers.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { interfaceAt } from "../packet/slots.ts";
import { drop } from "../wire/answers.ts";
import { route } from "./way.ts";

/** Sends the IPv4 packet in bytes `at` to `end` along the path, as soon as the way is known. Answers whether the packet was kept: then it is somebody else's, and the caller takes another. */
export function output(view: DataView, packet: number, at: Offset, end: Offset, path: PathBlock): boolean {
	if (path.wayVersion !== CoreBlock.of(view, CORE).wayVersion) return find(view, packet, at, end, path);
	return send(view, InterfaceBlock.of(view, path.out), packet, at, end, path.header);
}

/**
 * The way must be looked up, or its neighbour found. Routes that change while packets pass are seen here; what had no way waits for its owner to
 * look again.
 */
function find(view: DataView, packet: number, at: Offset, end: Offset, path: PathBlock): boolean {
	if (path.out !== 0 && path.routeVersion !== CoreBlock.of(view, CORE).routeVersion)
		route(view, path, InterfaceBlock.of(view, path.out).slot, false);
	const out = path.out;
	if (out === 0) {
		drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
		return false;
	}
	const link = InterfaceBlock.of(view, out);
	if (link.up === 0) {
		drop(view, link, DROP.interfaceDown);
		return false;
	}
	return linkOutput(view, link, packet, at, end, path);
}
