// The hash tables that the data path looks into: flows (which socket) and routes (which way). Open addressing, linear
// probing, at most half full; packet/flow-table.ts and route-table.ts have the layout. Filling them is transport/flows.ts and ip/routes.ts.

import {
	copyAddress,
	isNone,
	isV4,
	MAPPED_BITS,
	mixAddress,
	mixPrefix,
	sameAddress,
	samePrefix,
	type PrefixLength,
} from "../packet/address.ts";
import { DESTINATION_ADDRESS, FIELDS_BYTES, NO_ADDRESS, PORTS, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FlowEntry, FlowTable } from "../packet/flow-table.ts";
import { mix } from "../packet/mix.ts";
import type { Address, Offset, Range } from "../packet/numbers.ts";
import { RouteEntry, RouteRow, RouteTable } from "../packet/route-table.ts";
import { check } from "../packet/bounds.ts";
import * as ipv4 from "./ipv4.ts";

/** Whether a flow table lies there within the arena. */
export function tableFits(view: DataView, at: number): boolean {
	if (at < 0 || at + FlowTable.bytes > view.byteLength) return false;
	const table = FlowTable.of(view, at);
	return at + FlowTable.bytes + ((table.mask >>> 0) + 1) * FlowEntry.bytes <= view.byteLength;
}

export function flowHash(view: DataView, seed: number, local: Address, remote: Address, ports: number, meta: number): number {
	let hash = seed;
	if (!isNone(view, local)) hash = mixAddress(view, hash, local);
	if (!isNone(view, remote)) hash = mixAddress(view, hash, remote);
	hash = mix(mix(hash, ports), meta);
	return hash ^ (hash >>> 16);
}

/** Arena offset of the entry with this key, or of the empty one where it would go, in the table that lies there. */
export function flowEntry(view: DataView, at: Offset, local: Address, remote: Address, ports: number, meta: number): Offset {
	return probe(view, FlowTable.of(view, at), local, remote, ports, meta);
}

function probe(view: DataView, table: FlowTable, local: Address, remote: Address, ports: number, meta: number): Offset {
	const mask = table.mask;
	let index = flowHash(view, table.seed, local, remote, ports, meta) & mask;
	for (;;) {
		const entry = FlowEntry.of(view, (table.at + FlowTable.bytes + index * FlowEntry.bytes) | 0);
		if (entry.meta === 0 || isKey(view, entry, local, remote, ports, meta)) return entry.at;
		index = (index + 1) & mask;
	}
}

function isKey(view: DataView, entry: FlowEntry, local: Address, remote: Address, ports: number, meta: number): boolean {
	return (
		entry.meta === meta &&
		entry.ports === ports &&
		sameAddress(view, entry.remote, remote) &&
		sameAddress(view, entry.local, local)
	);
}

/** What an entry says, -1 when it is empty. */
function valueAt(view: DataView, at: Offset): number {
	const entry = FlowEntry.of(view, at);
	return entry.meta === 0 ? -1 : entry.value;
}

/** Kinds of keys, in the order in which they are looked for. */
const CONNECTED = 1;
const CONNECTED_BY_INTERFACE = 2;
const ADDRESS_AND_INTERFACE = 4;
const INTERFACE = 8;
const ADDRESS = 16;
const PORT = 32;
const ANY_PORT_OF_INTERFACE = 64;

/** From which bit on the kinds of a protocol stand: TCP's number is even, UDP's is odd. */
function kindsFrom(meta: number): Range<0, 8> {
	return (meta & 1) << 3;
}

/** What kind of key that is: a bit. 0 of one that `flowFind` looks for nothing of, an identifier of ICMP. */
export function flowKind(view: DataView, local: Address, remote: Address, ports: number, meta: number): number {
	if ((meta & 255) === ipv4.ICMP) return 0;
	let kind = PORT;
	if (meta >> 8 === 0) {
		if (!isNone(view, remote)) kind = CONNECTED;
		else if (!isNone(view, local)) kind = ADDRESS;
	} else if (!isNone(view, remote)) kind = CONNECTED_BY_INTERFACE;
	else if (ports === 0) kind = ANY_PORT_OF_INTERFACE;
	else kind = isNone(view, local) ? INTERFACE : ADDRESS_AND_INTERFACE;
	return kind << kindsFrom(meta);
}

/**
 * The socket for the packet in the decode registers, or -1. `meta` is protocol | interface slot << 8. Most specific first:
 * connected, then bound to address and interface, interface, address, nothing; at last the interface's socket for any port. A kind that no socket has is not looked for,
 * and for a packet like the last one nothing is.
 */
export function flowFind(view: DataView, at: Offset, meta: number): number {
	const table = FlowTable.of(view, at);
	check(0, FIELDS_BYTES, view.byteLength);
	const ports = view.getInt32(PORTS * 4, true);
	const last = FlowEntry.of(view, table.last);
	if (isKey(view, last, DESTINATION_ADDRESS, SOURCE_ADDRESS, ports, meta)) return last.value;
	const value = search(view, table, ports, meta);
	if (value < 0) return value;
	copyAddress(view, last.local, DESTINATION_ADDRESS);
	copyAddress(view, last.remote, SOURCE_ADDRESS);
	last.ports = ports;
	last.meta = meta;
	last.value = value;
	return value;
}

function search(view: DataView, table: FlowTable, ports: number, meta: number): number {
	const local = DESTINATION_ADDRESS;
	const remote = SOURCE_ADDRESS;
	const port = ports & 0xffff;
	const protocol = meta & 255;
	const kinds = table.kinds >> kindsFrom(meta);
	let value = -1;
	if (kinds & CONNECTED) value = valueAt(view, probe(view, table, local, remote, ports, protocol));
	if (value < 0 && kinds & CONNECTED_BY_INTERFACE) value = valueAt(view, probe(view, table, local, remote, ports, meta));
	if (value < 0 && kinds & ADDRESS_AND_INTERFACE) value = valueAt(view, probe(view, table, local, NO_ADDRESS, port, meta));
	if (value < 0 && kinds & INTERFACE) value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, port, meta));
	if (value < 0 && kinds & ADDRESS) value = valueAt(view, probe(view, table, local, NO_ADDRESS, port, protocol));
	if (value < 0 && kinds & PORT) value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, port, protocol));
	if (value < 0 && kinds & ANY_PORT_OF_INTERFACE) value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, 0, meta));
	return value;
}

/** Arena offset of the entry with this key (interface slot << 8 | length + 1) for the prefix of that length of an address, or of the empty one where it would go. */
export function routeEntry(view: DataView, at: Offset, address: Address, key: number): Offset {
	const table = RouteTable.of(view, at);
	const mask = table.mask;
	const length = ((key & 255) - 1) | 0;
	const hash = mix(mixPrefix(view, table.seed, address, length), key);
	let index = (hash ^ (hash >>> 16)) & mask;
	for (;;) {
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
