// The table of all our addresses is filled from what the interfaces' blocks have of them, compiled. own.ts looks it up.

import { broadcastOf, ownAt } from "../link/addresses.ts";
import { interfaceAt } from "../packet/slots.ts";
import { asked, REGISTER } from "../packet/fields.ts";
import { InterfaceBlock, OWN_TENTATIVE, OwnAddress } from "../packet/interface-block.ts";
import type { Offset } from "../packet/numbers.ts";
import { OWN_GROUP, OWN_SLOT_SHIFT } from "../packet/own-table.ts";
import { ownAdd, ownClear } from "./own.ts";

/** Writes the table anew: first all addresses, then the broadcast addresses of all subnets. */
export function ownFill(view: DataView): void {
	const table = view.getInt32(REGISTER.ownAt, true);
	ownClear(view, table);
	for (let at: Offset = interfaceAt(view, 1); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		for (let i = 0; i < link.addressCount; i++) {
			const own = OwnAddress.of(view, ownAt(link, i));
			if ((own.bits & OWN_TENTATIVE) === 0) ownAdd(view, table, own.address, link.slot << OWN_SLOT_SHIFT);
		}
	}
	for (let at: Offset = interfaceAt(view, 1); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		for (let i = 0; i < link.addressCount; i++) {
			const broadcast = broadcastOf(view, OwnAddress.of(view, ownAt(link, i)));
			if (broadcast === 0) continue;
			const address = asked(view, broadcast);
			ownAdd(view, table, address, (link.slot << OWN_SLOT_SHIFT) | OWN_GROUP);
		}
	}
}
