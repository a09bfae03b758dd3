// The longest prefix that holds an address: looking into the hash table of routes. Open addressing, linear probing, at most half full; packet/route-table.ts has the layout,
// route-lookup.ts fills it and has what is asked of it.

import { isV4, MAPPED_BITS, mixPrefix, samePrefix, type PrefixLength } from "../packet/address.ts";
import { mix } from "../packet/mix.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { RouteEntry, RouteRow, RouteTable } from "../packet/route-table.ts";

/** Arena offset of the entry with this key (interface slot << 8 | length + 1) for the prefix of that length of an address, or of the empty one where it would go. */
export function routeEntry(view: DataView, at: Offset, address: Address, key: number): Offset {
	const table = RouteTable.of(view, at);
	const mask = table.mask;
	const length = ((key & 255) - 1) | 0;
	const hash = mix(mixPrefix(view, table.seed, address, length), key);
	let index = (hash ^ (hash >>> 16)) & mask;
	while (true) {
		const entry = RouteEntry.of(view, (at + RouteTable.bytes + index * RouteEntry.bytes) | 0);
		if (entry.key === 0) return entry.at;
		if (entry.key === key && samePrefix(view, prefixOf(view, table, entry), address, length)) return entry.at;
		index = (index + 1) & mask;
	}
}

function prefixOf(view: DataView, table: RouteTable, entry: RouteEntry): Address {
	return RouteRow.of(view, (table.rows + Math.imul(entry.index, RouteRow.bytes)) | 0).prefix;
}

/** Index of the route whose prefix of that length holds the address, by the interface with that slot (0: by any), or -1. */
function routeOf(view: DataView, at: Offset, address: Address, length: PrefixLength, slot: number): number {
	const entry = RouteEntry.of(view, routeEntry(view, at, address, (slot << 8) | (length + 1)));
	return entry.key === 0 ? -1 : entry.index;
}

/** Index of the route with the longest prefix that holds `address`, by the interface with that slot (0: by any), or -1. An IPv4 address has one among IPv4's alone. */
export function routeFind(view: DataView, at: Offset, address: Address, slot: number): number {
	const table = RouteTable.of(view, at);
	let found = table.hosts === 0 ? -1 : routeOf(view, at, address, 128, slot);
	const least = isV4(view, address) ? MAPPED_BITS : 0;
	for (let first: PrefixLength = 96; first >= least && found < 0; first -= 32) {
		let lengths = view.getInt32(table.lengths + (first >> 3), true);
		while (lengths !== 0 && found < 0) {
			const bit = 31 - Math.clz32(lengths);
			found = routeOf(view, at, address, first + bit, slot);
			lengths = lengths & ~(1 << bit);
		}
	}
	return found;
}
