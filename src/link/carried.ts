// The table of interfaces whose packets come within others' (CoreBlock's `vlans`): VLANs, vlans.ts, and tunnels, tunnels.ts. Flat TypeScript.

import { CORE, CoreBlock } from "../packet/core-block.ts";
import { FLAG_TUNNEL, FLAG_VLAN, InterfaceBlock } from "../packet/interface-block.ts";
import { hasTunnels, hasVlan } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import { interfaceAt } from "../packet/slots.ts";
import { tunnelEnter } from "./tunnels.ts";
import { vlanEnter } from "./vlans.ts";

/** Writes the table anew: an interface is in it no more. */
export function carriedFill(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const places = (core.vlanMask + 1) | 0;
	for (let i = 0; i < places; i++) view.setInt32((core.vlans + Math.imul(i, 4)) | 0, 0, true);
	for (let at: Offset = interfaceAt(view, 1); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		if (hasVlan() && (link.flags & FLAG_VLAN) !== 0) vlanEnter(view, at);
		else if (hasTunnels() && (link.flags & FLAG_TUNNEL) !== 0) tunnelEnter(view, at);
	}
}
