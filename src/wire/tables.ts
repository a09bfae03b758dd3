// The hash tables that the data path looks into: flows (which socket) and routes (which way). Open addressing, linear
// probing, at most half full; packet/blocks.ts has the layout. Filling them is transport/flows.ts and ip/routes.ts.

import { DESTINATION, FIELDS_BYTES, PORTS, SOURCE } from "../packet/fields.ts";
import * as block from "../packet/blocks.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";

/** Mixes a word into a hash. Murmur3's constants; the seed keeps strangers from choosing collisions. */
export function mix(hash: number, word: number): number {
	hash = Math.imul(hash ^ word, 0x85ebca6b);
	hash ^= hash >>> 13;
	return Math.imul(hash, 0xc2b2ae35);
}

/** Whether a table with entries of that size lies within the arena. */
export function tableFits(view: DataView, table: number, entry: Uint8): boolean {
	if (table < 0 || table + block.FLOW_ENTRIES > view.byteLength) return false;
	return table + block.FLOW_ENTRIES + (view.getUint32(table + block.FLOW_MASK, true) + 1) * entry <= view.byteLength;
}

export function flowHash(seed: number, local: number, remote: number, ports: number, meta: number): number {
	const hash = mix(mix(mix(mix(seed, local), remote), ports), meta);
	return hash ^ (hash >>> 16);
}

/** Arena offset of the entry with this key, or of the empty one where it would go. */
export function flowEntry(view: DataView, table: Offset, local: number, remote: number, ports: number, meta: number): Offset {
	check(table, block.FLOW_ENTRIES, view.byteLength);
	const mask = view.getInt32(table + block.FLOW_MASK, true);
	let index = flowHash(view.getInt32(table + block.FLOW_SEED, true), local, remote, ports, meta) & mask;
	for (;;) {
		const entry = (table + block.FLOW_ENTRIES + index * block.FLOW_ENTRY) | 0;
		check(entry, block.FLOW_ENTRY, view.byteLength);
		const found = view.getInt32(entry + block.FLOW_META, true);
		if (found === 0) return entry;
		if (
			found === meta &&
			view.getInt32(entry + block.FLOW_PORTS, true) === ports &&
			view.getInt32(entry + block.FLOW_REMOTE, true) === remote &&
			view.getInt32(entry + block.FLOW_LOCAL, true) === local
		)
			return entry;
		index = (index + 1) & mask;
	}
}

function flowValue(view: DataView, table: Offset, local: number, remote: number, ports: number, meta: number): number {
	const entry = flowEntry(view, table, local, remote, ports, meta);
	check(entry, block.FLOW_ENTRY, view.byteLength);
	return view.getInt32(entry + block.FLOW_META, true) === 0 ? -1 : view.getInt32(entry + block.FLOW_VALUE, true);
}

/**
 * The socket for the packet in the decode registers, or -1. `meta` is protocol | interface slot << 8. Most specific first:
 * connected, then bound to address and interface, interface, address, nothing; at last the interface's socket for any port.
 */
export function flowFind(view: DataView, table: Offset, meta: number): number {
	check(0, FIELDS_BYTES, view.byteLength);
	const local = view.getInt32(DESTINATION * 4, true);
	const remote = view.getInt32(SOURCE * 4, true);
	const ports = view.getInt32(PORTS * 4, true);
	const port = ports & 0xffff;
	const protocol = meta & 255;
	let value = flowValue(view, table, local, remote, ports, protocol);
	if (value < 0) value = flowValue(view, table, local, remote, ports, meta);
	if (value < 0) value = flowValue(view, table, local, 0, port, meta);
	if (value < 0) value = flowValue(view, table, 0, 0, port, meta);
	if (value < 0) value = flowValue(view, table, local, 0, port, protocol);
	if (value < 0) value = flowValue(view, table, 0, 0, port, protocol);
	if (value < 0) value = flowValue(view, table, 0, 0, 0, meta);
	return value;
}

export function routeHash(seed: number, prefix: number, key: number): number {
	const hash = mix(mix(seed, prefix), key);
	return hash ^ (hash >>> 16);
}

/** Arena offset of the entry with this key (interface slot << 8 | length + 1), or of the empty one where it would go. */
export function routeEntry(view: DataView, table: Offset, prefix: number, key: number): Offset {
	check(table, block.ROUTE_ENTRIES, view.byteLength);
	const mask = view.getInt32(table + block.ROUTE_MASK, true);
	let index = routeHash(view.getInt32(table + block.ROUTE_SEED, true), prefix, key) & mask;
	for (;;) {
		const entry = (table + block.ROUTE_ENTRIES + index * block.ROUTE_ENTRY) | 0;
		check(entry, block.ROUTE_ENTRY, view.byteLength);
		const found = view.getInt32(entry + block.ROUTE_KEY, true);
		if (found === 0) return entry;
		if (found === key && view.getInt32(entry + block.ROUTE_PREFIX, true) === prefix) return entry;
		index = (index + 1) & mask;
	}
}

/** Index of the route with the longest prefix that holds `address`, by the interface with that slot (0: by any), or -1. */
export function routeFind(view: DataView, table: Offset, address: number, slot: number): number {
	const lengths = view.getInt32(table + block.ROUTE_LENGTHS, true);
	let length = view.getInt32(table + block.ROUTE_HOST_LENGTH, true) ? 32 : 31;
	for (; length >= 0; length--) {
		if (length < 32 && !((lengths >>> length) & 1)) continue;
		const mask = length === 0 ? 0 : -1 << (32 - length);
		const entry = routeEntry(view, table, address & mask, (slot << 8) | (length + 1));
		if (view.getInt32(entry + block.ROUTE_KEY, true) !== 0) return view.getInt32(entry + block.ROUTE_INDEX, true);
	}
	return -1;
}
