// Whose an address is: our own addresses and the broadcast addresses of our subnets, in one table with open addressing and linear probing. An address stands there
// once for each interface that has it, or a subnet with that broadcast address: our own before the broadcast addresses, see ip/interfaces.ts, which fills it.

import { check } from "../packet/bounds.ts";
import { FIELDS_BYTES, OWN_AT } from "../packet/fields.ts";
import { mix } from "../packet/mix.ts";
import type { Offset, Uint16 } from "../packet/numbers.ts";
import { OWN_SLOT_SHIFT, OwnEntry, OwnTable } from "../packet/own-table.ts";

const { mask: MASK, seed: SEED } = OwnTable.offsets;
const { address: ADDRESS, value: VALUE } = OwnEntry.offsets;

/**
 * What an address is to the interface with that slot; to the first that there is for slot 0. 0: nothing of ours. Else the interface's slot << OWN_SLOT_SHIFT, with
 * GROUP for the broadcast address of a subnet.
 */
export function ownFind(view: DataView, address: number, slot: number): number {
	check(0, FIELDS_BYTES, view.byteLength);
	const at = view.getInt32(OWN_AT * 4, true);
	const table = OwnTable.of(view, at);
	const mask = table.mask & 0xffff;
	let index = ownHash(table.seed, address) & mask;
	for (let left: Uint16 = mask; left >= 0; left--) {
		const entry = OwnEntry.of(view, (at + OwnTable.bytes + index * OwnEntry.bytes) | 0);
		const value = entry.value;
		if (value === 0) return 0;
		if (entry.address === address && (slot === 0 || value >>> OWN_SLOT_SHIFT === slot)) return value;
		index = (index + 1) & mask;
	}
	return 0;
}

function ownHash(seed: number, address: number): number {
	const hash = mix(seed, address);
	return hash ^ (hash >>> 16);
}

/** Empties the table that lies there. */
export function ownClear(view: DataView, at: Offset): void {
	for (let i = view.getInt32(at + MASK, true); i >= 0; i--) view.setInt32(at + OwnTable.bytes + i * OwnEntry.bytes + VALUE, 0);
}

/** Enters an address behind what stands there of it. The table is larger than what there may be. */
export function ownAdd(view: DataView, at: Offset, address: number, value: number): void {
	const mask = view.getInt32(at + MASK, true);
	let index = ownHash(view.getInt32(at + SEED, true), address) & mask;
	while (view.getInt32(at + OwnTable.bytes + index * OwnEntry.bytes + VALUE, true) !== 0) index = (index + 1) & mask;
	const entry = at + OwnTable.bytes + index * OwnEntry.bytes;
	view.setInt32(entry + ADDRESS, address, true);
	view.setInt32(entry + VALUE, value, true);
}
