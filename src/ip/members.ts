// Which sockets hear what comes for a multicast group: those that have joined it on that interface, or on all, for all sources but some, or for that one. RFC 3376 §3.2. Flat TypeScript;
// joined.ts fills the tables.

import { sameAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { GroupSource } from "../packet/group-source.ts";
import type { Address, Offset } from "../packet/numbers.ts";
import { OWN_NUMBER_SHIFT, OWN_SLOT_SHIFT } from "../packet/own-table.ts";
import { headerPlace } from "../packet/packets.ts";
import { ownFind } from "./own.ts";

/** No such group was joined. */
export const NO_NUMBER = -1;

/** Number of a group that was joined on the interface with that slot, or, 0, on all; NO_NUMBER when it was not. */
export function groupNumber(view: DataView, group: Address, slot: number): number {
	// Those of all interfaces are entered first.
	const own = ownFind(view, group, slot);
	return own === 0 || own >>> OWN_SLOT_SHIFT !== slot ? NO_NUMBER : (own >> OWN_NUMBER_SHIFT) & 0xffff;
}

/** Where the GroupSource with that index lies. */
export function groupSourceAt(view: DataView, index: number): Offset {
	return (headerPlace(view, CoreBlock.of(view, CORE).sources) + Math.imul(index, GroupSource.bytes)) | 0;
}

/** Whether the UDP socket with that index hears what comes from `source` for the group with that number. */
export function hears(view: DataView, number: number, index: number, source: Address): boolean {
	if (number === NO_NUMBER) return false;
	const core = CoreBlock.of(view, CORE);
	const row: Offset = (core.members + Math.imul(number, core.memberWords << 2)) | 0;
	const bit = (index + 1) | 0;
	if ((view.getInt32(row, true) & 1) !== 0) return true;
	const all = (view.getInt32(row + ((bit >> 5) << 2), true) & (1 << (bit & 31))) !== 0;
	for (let i = 0; i < core.sourceCount; i++) {
		const one = GroupSource.of(view, groupSourceAt(view, i));
		const member = one.who & 0xffff;
		// For one that has joined for all it is an exception.
		if (one.who >>> 16 === number && (member === 0 || member === bit) && sameAddress(view, one.source, source))
			return member === 0 || !all;
	}
	return all;
}
