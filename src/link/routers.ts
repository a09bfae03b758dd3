// Routers that do not answer any more: among routes of one prefix those by others come first, until they are heard again. RFC 4861 §6.3.6. Of IPv4, whose routers do not say that they are
// back, this is so of redirects alone, which age. Flat TypeScript.

import { isV4, sameAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import type { Address } from "../packet/numbers.ts";
import { ROUTE_REDIRECT, ROUTE_SILENT, RouteRow } from "../packet/route-table.ts";
import { changeRoutes } from "./neighbors.ts";

/** It was asked three times in vain. */
export function routerSilent(view: DataView, link: InterfaceBlock, address: Address): void {
	mark(view, link, address, ROUTE_SILENT);
}

/** It answers, or says something of its own. */
export function routerHeard(view: DataView, link: InterfaceBlock, address: Address): void {
	if (CoreBlock.of(view, CORE).routersSilent !== 0) mark(view, link, address, 0);
}

/** The routes by that router have this bit, or none. */
function mark(view: DataView, link: InterfaceBlock, address: Address, bit: number): void {
	const core = CoreBlock.of(view, CORE);
	let changed = false;
	let silent = false;
	for (let i = 0; i < core.routeCount; i++) {
		const route = RouteRow.of(view, (core.routeRows + Math.imul(i, RouteRow.bytes)) | 0);
		const by = route.slot === link.slot && sameAddress(view, route.nextHop, address);
		if (by && (route.bits & ROUTE_SILENT) !== bit && (!isV4(view, address) || (route.bits & ROUTE_REDIRECT) !== 0)) {
			route.bits = (route.bits & ~ROUTE_SILENT) | bit;
			changed = true;
		}
		if ((route.bits & ROUTE_SILENT) !== 0) silent = true;
	}
	core.routersSilent = silent ? 1 : 0;
	if (!changed) return;
	changeRoutes(view);
	core.noticed = 1; // as Core's `notice`
}
