// The best route to an address, compiled. The rows are `Routes.list` (routes.ts); the hash table that packets are looked up in (route-find.ts) is filled from them when they have
// changed and the next look-up comes. Cost of a look-up: one probe for each prefix length in use, of IPv4 33 at most.

import { canReach } from "../link/addresses.ts";
import { isV4, MAPPED_BITS, samePrefix } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { FLAG_DOUBTED, InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import type { Address, Offset, Uint16, Uint8 } from "../packet/numbers.ts";
import {
	ROUTE_CONNECTED,
	ROUTE_LENT,
	ROUTE_REDIRECT,
	ROUTE_ROUTER,
	ROUTE_SILENT,
	RouteEntry,
	RouteRow,
	RouteTable,
} from "../packet/route-table.ts";
import { interfaceAt } from "../packet/slots.ts";
import { routeEntry, routeFind } from "./route-find.ts";

function rowAt(view: DataView, index: number): Offset {
	return (CoreBlock.of(view, CORE).routeRows + Math.imul(index, RouteRow.bytes)) | 0;
}

/** Index of the best route to an address, by the interface with that slot (0: by any), or -1. */
export function routeIndex(view: DataView, address: Address, slot: number): number {
	const core = CoreBlock.of(view, CORE);
	if (core.routesStale !== 0) fill(view);
	return routeFind(view, core.routes, address, slot);
}

/** Arena offset of its row, or 0. */
export function routeTo(view: DataView, address: Address, slot: number): Offset {
	const index = routeIndex(view, address, slot);
	return index < 0 ? 0 : rowAt(view, index);
}

/** The best route among those by one router of an interface, which has that number (0: by routers that say no prefix), for packets that must leave by the router of their source: first-hop.ts. */
export function routeBy(view: DataView, address: Address, slot: number, router: number): Offset {
	return routeTo(view, address, slotBy(slot, router));
}

/** The key of such routes has this number in place of the slot. */
function slotBy(slot: number, router: number): Uint16 {
	return (((router + 1) << 8) | slot) & 0xffff;
}

function fill(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const table = RouteTable.of(view, core.routes);
	core.routesStale = 0;
	for (let i = table.mask; i >= 0; i--)
		RouteEntry.of(view, (table.at + RouteTable.bytes + Math.imul(i, RouteEntry.bytes)) | 0).key = 0;
	for (let word = 0; word < 16; word += 4) view.setInt32(table.lengths + word, 0, true);
	table.hosts = 0;
	for (let index = 0; index < core.routeCount; index++) {
		const route = RouteRow.of(view, rowAt(view, index));
		// IPv4's prefixes have more than MAPPED_BITS - 1 bits, and those of IPv6 do not look like them.
		const four = route.length >= MAPPED_BITS && isV4(view, route.prefix);
		if (!canReach(view, InterfaceBlock.of(view, interfaceAt(view, route.slot)), four)) continue;
		if (isOver(view, route, four)) continue;
		note(view, table, route.length);
		put(view, 0, index, route);
		put(view, route.slot, index, route);
		if (hasIpv6() && !four && (route.bits & ROUTE_LENT) !== 0)
			put(view, slotBy(route.slot, route.bits >> ROUTE_ROUTER), index, route);
	}
}

/**
 * Whether a way that others gave is none for now, as its next hop does not answer: that of a redirect (RFC 1122 §3.3.1.4, RFC 4861 §7.3.3), and a router's prefix where
 * another way leads there, by a shorter one (RFC 4191 §3.2).
 */
function isOver(view: DataView, route: RouteRow, four: boolean): boolean {
	if ((route.bits & ROUTE_SILENT) === 0) return false;
	if ((route.bits & ROUTE_REDIRECT) !== 0) return true;
	if (!hasIpv6() || four || (route.bits & ROUTE_LENT) === 0) return false;
	const core = CoreBlock.of(view, CORE);
	for (let index = 0; index < core.routeCount; index++) {
		const other = RouteRow.of(view, rowAt(view, index));
		if (other.length >= route.length || (other.bits & ROUTE_SILENT) !== 0) continue;
		if (!canReach(view, InterfaceBlock.of(view, interfaceAt(view, other.slot)), false)) continue;
		if (samePrefix(view, other.prefix, route.prefix, other.length)) return true;
	}
	return false;
}

/** A prefix length is in use. */
function note(view: DataView, table: RouteTable, length: Uint8): void {
	if (length === 128) {
		table.hosts = 1;
		return;
	}
	const word = (table.lengths + ((length >> 5) & 3) * 4) | 0;
	view.setInt32(word, view.getInt32(word, true) | (1 << (length & 31)), true);
}

/** Enters a route under an interface slot, or under that and a router, unless a better one of the same prefix stands there. */
function put(view: DataView, slot: Uint16, index: number, route: RouteRow): void {
	const key = (slot << 8) | (route.length + 1);
	const entry = RouteEntry.of(view, routeEntry(view, CoreBlock.of(view, CORE).routes, route.prefix, key));
	if (entry.key !== 0 && !better(view, route, RouteRow.of(view, rowAt(view, entry.index)))) return;
	entry.key = key;
	entry.index = index;
}

function isDoubtful(view: DataView, route: RouteRow): boolean {
	if ((route.bits & ROUTE_SILENT) !== 0) return true;
	if ((route.bits & ROUTE_CONNECTED) !== 0) return false;
	return (InterfaceBlock.of(view, interfaceAt(view, route.slot)).flags & FLAG_DOUBTED) !== 0;
}

/**
 * Whether a route takes the place of one with the same prefix that comes before it. What a network's server lends never takes that of a subnet that is there,
 * nor that of a program's route, but for default routes: of those the lower metric wins, and the program's of two that are alike. One whose
 * router does not answer, or by an interface that is doubted, takes nobody's.
 */
function better(view: DataView, route: RouteRow, other: RouteRow): boolean {
	const doubtful = isDoubtful(view, route);
	if (doubtful !== isDoubtful(view, other)) return !doubtful;
	const lent = (route.bits & ROUTE_LENT) !== 0;
	const otherLent = (other.bits & ROUTE_LENT) !== 0;
	if (lent !== otherLent && route.length > MAPPED_BITS) return otherLent;
	if (lent && (other.bits & ROUTE_CONNECTED) !== 0 && route.length > MAPPED_BITS) return false;
	const difference = (route.metric - other.metric) | 0;
	return difference < 0 || (difference === 0 && otherLent && !lent);
}
