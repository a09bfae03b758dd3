// What IGMP and MLD say is for the interpreter, service/groups. Flat TypeScript.

import { DROP, refused } from "../packet/drops.ts";
import { IP_AT, PAYLOAD_AT } from "../packet/fields.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";

/** A message about groups, in the packet in the registers. */
export function toInterpreter(view: DataView, link: InterfaceBlock): boolean {
	if ((link.flags & FLAG_ETHERNET) === 0) return refused(view, link, DROP.icmpUnhandled);
	view.setInt32(PAYLOAD_AT * 4, view.getInt32(IP_AT * 4, true), true);
	return true;
}
