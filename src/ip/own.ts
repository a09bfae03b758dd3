// Whose an address is: our own addresses and the broadcast addresses of our subnets, in one table with open addressing and linear probing. An address stands there
// once for each interface that has it, or a subnet with that broadcast address: our own before the broadcast addresses, own-fill.ts fills it.

import { ADDRESS, copyAddress, mixAddress, sameAddress } from "../packet/address.ts";
import { check } from "../packet/bounds.ts";
import { FIELDS_BYTES, REGISTER } from "../packet/fields.ts";
import type { Address, Offset, Uint16 } from "../packet/numbers.ts";
import { OWN_SLOT_SHIFT, OwnEntry, OwnTable } from "../packet/own-table.ts";

/**
 * What an address is to the interface with that slot; to the first that there is for slot 0. 0: nothing of ours. Else the interface's slot << OWN_SLOT_SHIFT, with
 * OWN_GROUP for the broadcast address of a subnet, or a group that was joined, by slot 0 on all interfaces.
 */
export function ownFind(view: DataView, address: Address, slot: number): number {
	check(0, FIELDS_BYTES, view.byteLength);
	check(address, ADDRESS, view.byteLength);
	const at = view.getInt32(REGISTER.ownAt, true);
	const table = OwnTable.of(view, at);
	const mask = table.mask & 0xffff;
	let index = ownHash(view, table, address) & mask;
	for (let left: Uint16 = mask; left >= 0; left--) {
		const entry = OwnEntry.of(view, (at + OwnTable.bytes + index * OwnEntry.bytes) | 0);
		const value = entry.value;
		if (value === 0) return 0;
		if (sameAddress(view, entry.address, address) && (slot === 0 || value >>> OWN_SLOT_SHIFT === slot)) return value;
		index = (index + 1) & mask;
	}
	return 0;
}

function ownHash(view: DataView, table: OwnTable, address: Address): number {
	const hash = mixAddress(view, table.seed, address);
	return hash ^ (hash >>> 16);
}

/** The entry with that index of the table that lies there. */
function entryAt(at: Offset, index: number): Offset {
	return (at + OwnTable.bytes + Math.imul(index, OwnEntry.bytes)) | 0;
}

/** Empties the table that lies there, and forgets what is known of the last packet's addresses. */
export function ownClear(view: DataView, at: Offset): void {
	view.setInt32(REGISTER.knownSource, 0, true);
	view.setInt32(REGISTER.knownSlot, 0, true);
	for (let i = OwnTable.of(view, at).mask; i >= 0; i--) OwnEntry.of(view, entryAt(at, i)).value = 0;
}

/** Enters an address behind what stands there of it. The table is larger than what there may be. */
export function ownAdd(view: DataView, at: Offset, address: Address, value: number): void {
	const table = OwnTable.of(view, at);
	const mask = table.mask;
	let index = ownHash(view, table, address) & mask;
	while (OwnEntry.of(view, entryAt(at, index)).value !== 0) index = (index + 1) & mask;
	const entry = OwnEntry.of(view, entryAt(at, index));
	copyAddress(view, entry.address, address);
	entry.value = value;
}
