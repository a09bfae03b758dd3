// Which socket a packet is for: looking into the hash table of flows. Open addressing, linear probing, at most half full; packet/flow-table.ts has the layout, and flow-table.ts
// fills it.

import { copyAddress, isNone, isV4, mixAddress, sameAddress } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { DESTINATION_ADDRESS, FIELDS_BYTES, NO_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../packet/fields.ts";
import { FlowEntry, FlowTable } from "../packet/flow-table.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { mix } from "../packet/mix.ts";
import type { Address, Offset, Range, Uint8 } from "../packet/numbers.ts";
import * as ipv4 from "../wire/ipv4.ts";

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
	while (true) {
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

/** Whether a socket with that `meta` of its key has to do with the interface in slot `zone`, 0: with any. */
export function inZone(meta: number, zone: number): boolean {
	return zone === 0 || meta >> 8 === 0 || meta >> 8 === zone;
}

/** Kinds of keys, in the order in which they are looked for. */
const CONNECTED = 1;
const CONNECTED_BY_INTERFACE = 2;
const ADDRESS_AND_INTERFACE = 4;
const INTERFACE = 8;
const ADDRESS = 16;
const PORT = 32;
const ANY_PORT_OF_INTERFACE = 64;
const FAMILY = 128;

/** A socket of one family alone, bound to no address of it, has this in its key in place of a remote port; its remote address is none. */
export const FAMILY_4 = 4;
export const FAMILY_6 = 6;

/** What the ports of a socket's key are: a local port and the only family that it takes, or 0. */
export function familyPorts(port: number, family: number): number {
	return (family << 16) | port;
}

/** Whether a protocol has sockets of one family alone. */
export function hasFamilies(table: FlowTable, meta: number): boolean {
	return ((table.kinds >> kindsFrom(meta)) & FAMILY) !== 0;
}

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
		else if (ports >>> 16 !== 0) kind = FAMILY;
	} else if (!isNone(view, remote)) kind = CONNECTED_BY_INTERFACE;
	else if (ports === 0) kind = ANY_PORT_OF_INTERFACE;
	else if (!isNone(view, local)) kind = ADDRESS_AND_INTERFACE;
	else kind = ports >>> 16 === 0 ? INTERFACE : FAMILY;
	return kind << kindsFrom(meta);
}

/** Index of the socket for the packet of that protocol in the registers, which came by that interface; -1: nobody wants it. */
export function socketFor(view: DataView, link: InterfaceBlock, protocol: Uint8): number {
	return flowFind(view, view.getInt32(REGISTER.flowsAt, true), protocol | (link.slot << 8));
}

/**
 * The socket for the packet in the registers, or -1. `meta` is protocol | interface slot << 8. Most specific first:
 * connected, then bound to address and interface, interface, address, nothing, and without an address those of its family alone before those of both; at last the interface's socket for any port. A kind that no socket has is not looked for,
 * and for a packet like the last one nothing is.
 */
export function flowFind(view: DataView, at: Offset, meta: number): number {
	const table = FlowTable.of(view, at);
	check(0, FIELDS_BYTES, view.byteLength);
	const ports = view.getInt32(REGISTER.ports, true);
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

/** The socket that takes the packet's family alone, -1 when there is none. Not a part of `search`, where its variables would cost even packets that are like the last one. */
function byFamily(view: DataView, table: FlowTable, port: number, meta: number): number {
	const family = isV4(view, DESTINATION_ADDRESS) ? FAMILY_4 : FAMILY_6;
	return valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, familyPorts(port, family), meta));
}

function search(view: DataView, table: FlowTable, ports: number, meta: number): number {
	const local = DESTINATION_ADDRESS;
	const remote = SOURCE_ADDRESS;
	const port = ports & 0xffff;
	const protocol = meta & 255;
	const kinds = table.kinds >> kindsFrom(meta);
	let value = -1;
	if ((kinds & CONNECTED) !== 0) value = valueAt(view, probe(view, table, local, remote, ports, protocol));
	if (value < 0 && (kinds & CONNECTED_BY_INTERFACE) !== 0) value = valueAt(view, probe(view, table, local, remote, ports, meta));
	if (value < 0 && (kinds & ADDRESS_AND_INTERFACE) !== 0)
		value = valueAt(view, probe(view, table, local, NO_ADDRESS, port, meta));
	if (value < 0 && (kinds & FAMILY) !== 0) value = byFamily(view, table, port, meta);
	if (value < 0 && (kinds & INTERFACE) !== 0) value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, port, meta));
	if (value < 0 && (kinds & ADDRESS) !== 0) value = valueAt(view, probe(view, table, local, NO_ADDRESS, port, protocol));
	if (value < 0 && (kinds & FAMILY) !== 0) value = byFamily(view, table, port, protocol);
	if (value < 0 && (kinds & PORT) !== 0) value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, port, protocol));
	if (value < 0 && (kinds & ANY_PORT_OF_INTERFACE) !== 0)
		value = valueAt(view, probe(view, table, NO_ADDRESS, NO_ADDRESS, 0, meta));
	return value;
}
