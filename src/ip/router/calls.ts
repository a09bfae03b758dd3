// What the interpreter calls of a router: it begins, mappings that were asked for, time. Flat TypeScript.

import { setV4 } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import type { Address, Offset, Uint16 } from "../../packet/numbers.ts";
import { PathBlock, pathClear } from "../../packet/path-block.ts";
import { RouterBlock, SESSION_FIXED, SESSION_MAPPING } from "../../packet/router-block.ts";
import { prefixesSet } from "./prefixes.ts";
import { mappingAt, mappingOf, sessionBegin, sessionsClear } from "./sessions.ts";

/** There is a router from now on, whose RouterBlock lies there; 0: none. No way that was kept counts any more. */
export function routerSet(view: DataView, at: Offset): void {
	const core = CoreBlock.of(view, CORE);
	core.router = at;
	if (at === 0) return;
	const router = RouterBlock.of(view, at);
	setV4(view, router.zero, 0);
	pathClear(PathBlock.of(view, router.way));
	sessionsClear(view);
}

/** A mapping that does not end: what comes to that port of ours is for that of `inside`. Answers false when the port is another mapping's, or the table is full. */
export function routerMap(view: DataView, inside: Address, port: Uint16, protocol: number, outsidePort: Uint16): boolean {
	const router = RouterBlock.of(view, CoreBlock.of(view, CORE).router);
	if (mappingAt(view, router, outsidePort, protocol) !== 0 || mappingOf(view, router, inside, port, protocol) !== 0) return false;
	return sessionBegin(view, router, inside, router.zero, port << 16, protocol, outsidePort, SESSION_MAPPING | SESSION_FIXED) >= 0;
}

/** Prefixes of NPTv6 are those. */
export function routerPrefixes(view: DataView, inside: Address, outside: Address, length: number): void {
	prefixesSet(view, RouterBlock.of(view, CoreBlock.of(view, CORE).router), inside, outside, length);
}

/** Whether a port of the translator's address is a mapping's. */
export function isMapped(view: DataView, port: number, protocol: number): boolean {
	const core = CoreBlock.of(view, CORE);
	if (core.router === 0) return false;
	return mappingAt(view, RouterBlock.of(view, core.router), port, protocol) !== 0;
}
