// IP packets on their way out, compiled.

import { linkOutput } from "../link/output.ts";
import { send } from "../link/transmit.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { FLAG_LOOPBACK, InterfaceBlock } from "../packet/interface-block.ts";
import { hasRouter } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import type { PathBlock } from "../packet/path-block.ts";
import { interfaceAt } from "../packet/slots.ts";
import { outputHook } from "./hooks.ts";
import { routerOutput } from "./router/pass.ts";
import { GO_ON, TAKEN } from "./verdicts.ts";
import { route } from "./way.ts";

/** Sends the IPv4 packet in bytes `at` to `end` along the path, as soon as the way is known. Answers whether the packet was kept: then it is somebody else's, and the caller takes another. */
export function output(view: DataView, packet: number, at: Offset, end: Offset, path: PathBlock): boolean {
	const known = path.wayVersion === CoreBlock.of(view, CORE).wayVersion;
	if (!known && !find(view, path)) return false;
	const link = InterfaceBlock.of(view, path.out);
	const verdict = outputHook(view, link, path, packet, at, end);
	if (verdict !== GO_ON) {
		if (verdict !== TAKEN) drop(view, link, verdict & 0xff);
		return verdict === TAKEN;
	}
	if (known) return send(view, link, packet, at, end, path.header);
	// Where each packet is looked at no way is known for longer than one: link/output.ts.
	return !isBarred(view, link, path, at, end) && linkOutput(view, link, packet, at, end, path);
}

/** Whether a filter lets the packet not leave, which is counted. */
function isBarred(view: DataView, link: InterfaceBlock, path: PathBlock, at: Offset, end: Offset): boolean {
	if (!hasRouter() || CoreBlock.of(view, CORE).router === 0 || (link.flags & FLAG_LOOPBACK) !== 0) return false;
	const verdict = routerOutput(view, link, path, at, end);
	if (verdict !== GO_ON) drop(view, link, verdict & 0xff);
	return verdict !== GO_ON;
}

/** Whether there is a way by an interface that is up. Routes that change while packets pass are seen here; what had no way waits for its owner to look again. */
function find(view: DataView, path: PathBlock): boolean {
	if (path.out !== 0 && path.routeVersion !== CoreBlock.of(view, CORE).routeVersion)
		route(view, path, InterfaceBlock.of(view, path.out).slot, false);
	if (path.out === 0) {
		drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
		return false;
	}
	const link = InterfaceBlock.of(view, path.out);
	if (link.up === 0) drop(view, link, DROP.interfaceDown);
	return link.up !== 0;
}
