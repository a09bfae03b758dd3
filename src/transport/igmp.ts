// What IGMP and MLD say is for the interpreter, service/groups. Flat TypeScript.

import { DROP, refused } from "../packet/drops.ts";
import { REGISTER } from "../packet/fields.ts";
import { FLAG_ETHERNET, type InterfaceBlock } from "../packet/interface-block.ts";

/** A message about groups, in the packet in the registers. */
export function toInterpreter(view: DataView, link: InterfaceBlock): boolean {
	if ((link.flags & FLAG_ETHERNET) === 0) return refused(view, link, DROP.icmpUnhandled);
	view.setInt32(REGISTER.payloadAt, view.getInt32(REGISTER.ipAt, true), true);
	return true;
}
