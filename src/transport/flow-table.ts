// Filling the flow table: which socket gets which packets, and which ports are free. Looking into it is `flowFind` of flow-find.ts. Flat TypeScript.

import { copyAddress } from "../packet/address.ts";
import { FIELDS_BYTES, NO_ADDRESS, REGISTER } from "../packet/fields.ts";
import { isMapped } from "../ip/router/calls.ts";
import { FlowEntry, FlowTable } from "../packet/flow-table.ts";
import { hasRouter } from "../packet/kernels/parts.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";
import { copy } from "../wire/kernels/copies.ts";
import { FAMILY_4, FAMILY_6, familyPorts, flowEntry, flowHash, flowKind, hasFamilies } from "./flow-find.ts";

/** IANA's range for ephemeral ports. RFC 6335 §6. */
export const FIRST_EPHEMERAL = 49_152;
export const EPHEMERALS = 16_384;

function tableAt(view: DataView): Offset {
	check(0, FIELDS_BYTES, view.byteLength);
	return view.getInt32(REGISTER.flowsAt, true);
}

/** Whether a socket has this key. `ports`: remote << 16 | local; `meta`: interface slot << 8 | protocol. */
function flowHas(view: DataView, local: Address, remote: Address, ports: number, meta: number): boolean {
	return FlowEntry.of(view, flowEntry(view, tableAt(view), local, remote, ports, meta)).meta !== 0;
}

/** What the socket with this key is entered as, -1 when there is none. */
export function flowValue(view: DataView, local: Address, remote: Address, ports: number, meta: number): number {
	const entry = FlowEntry.of(view, flowEntry(view, tableAt(view), local, remote, ports, meta));
	return entry.meta === 0 ? -1 : entry.value;
}

/** There is one key more or less of a kind, `flowKind`. What was found last may be another socket's now. */
function count(view: DataView, kind: number, change: number): void {
	const table = FlowTable.of(view, tableAt(view));
	FlowEntry.of(view, table.last).meta = 0;
	if (kind === 0) return;
	const at = (table.counts + (31 - Math.clz32(kind)) * 2) | 0;
	const keys = (view.getUint16(at) + change) | 0;
	view.setUint16(at, keys);
	table.kinds = keys === 0 ? table.kinds & ~kind : table.kinds | kind;
}

/** Enters a socket. Answers false when the key is taken. */
export function flowInsert(view: DataView, local: Address, remote: Address, ports: number, meta: number, value: number): boolean {
	const entry = FlowEntry.of(view, flowEntry(view, tableAt(view), local, remote, ports, meta));
	if (entry.meta !== 0) return false;
	copyAddress(view, entry.local, local);
	copyAddress(view, entry.remote, remote);
	entry.ports = ports;
	entry.meta = meta;
	entry.value = value;
	count(view, flowKind(view, local, remote, ports, meta), 1);
	return true;
}

/** Where the entry with that index lies. */
function entryAt(table: FlowTable, index: number): Offset {
	return (table.at + FlowTable.bytes + Math.imul(index, FlowEntry.bytes)) | 0;
}

/** Where the key of an entry would stand in an empty table. */
function homeOf(view: DataView, table: FlowTable, entry: FlowEntry): number {
	return flowHash(view, table.seed, entry.local, entry.remote, entry.ports, entry.meta) & table.mask;
}

/** Removes a key, if it is there. Entries that were pushed on by it move up, so that no look-up meets a gap. */
export function flowRemove(view: DataView, local: Address, remote: Address, ports: number, meta: number): void {
	const table = FlowTable.of(view, tableAt(view));
	const found = flowEntry(view, table.at, local, remote, ports, meta);
	if (FlowEntry.of(view, found).meta === 0) return;
	count(view, flowKind(view, local, remote, ports, meta), -1);
	const mask = table.mask;
	let gap = flowHash(view, table.seed, local, remote, ports, meta) & mask;
	while (entryAt(table, gap) !== found) gap = (gap + 1) & mask;
	let index = gap;
	while (true) {
		index = (index + 1) & mask;
		const entry = FlowEntry.of(view, entryAt(table, index));
		if (entry.meta === 0) break;
		// It may fill the gap unless its home lies behind the gap, up to where it stands.
		if (((index - homeOf(view, table, entry)) & mask) < ((index - gap) & mask)) continue;
		copy(view, entryAt(table, gap), entry.at, FlowEntry.bytes);
		gap = index;
	}
	FlowEntry.of(view, entryAt(table, gap)).meta = 0;
}

/** Whether a socket of one family alone has that port. */
function familyHas(view: DataView, port: number, meta: number): boolean {
	return (
		hasFamilies(FlowTable.of(view, tableAt(view)), meta) &&
		(flowHas(view, NO_ADDRESS, NO_ADDRESS, familyPorts(port, FAMILY_4), meta) ||
			flowHas(view, NO_ADDRESS, NO_ADDRESS, familyPorts(port, FAMILY_6), meta))
	);
}

/** A free local port among the `count` (a power of two) from `first` on, or 0. The search begins where `chance` says: RFC 6056 §3.3.1. */
export function freePort(
	view: DataView,
	meta: number,
	local: Address,
	remote: Address,
	remotePort: number,
	first: number,
	count: number,
	chance: number,
): number {
	let offset = chance & (count - 1);
	for (let i = 0; i < count; i++) {
		const port = (first + offset) | 0;
		if (
			!flowHas(view, local, remote, (remotePort << 16) | port, meta) &&
			!flowHas(view, local, NO_ADDRESS, port, meta) &&
			!flowHas(view, NO_ADDRESS, NO_ADDRESS, port, meta) &&
			!familyHas(view, port, meta) &&
			(!hasRouter() || !isMapped(view, port, meta & 255))
		)
			return port;
		offset = (offset + 1) & (count - 1);
	}
	return 0;
}

/** The same of the ephemeral ones, for a listener at an address (none: any); the interface and protocol as `meta` of a key. */
export function listenPort(view: DataView, meta: number, local: Address, chance: number): number {
	return freePort(view, meta, local, NO_ADDRESS, 0, FIRST_EPHEMERAL, EPHEMERALS, chance);
}
