// VLANs, IEEE 802.1Q: which interface a tagged frame is of, by a hash table of their blocks that holds all VLANs of all interfaces. Flat TypeScript.

import { add } from "../packet/counters.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { REGISTER } from "../packet/fields.ts";
import { FLAG_TAPPED, InterfaceBlock } from "../packet/interface-block.ts";
import { hasRaw } from "../packet/kernels/parts.ts";
import { mix } from "../packet/mix.ts";
import type { Offset, Uint16 } from "../packet/numbers.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as vlan from "../wire/vlan.ts";
import { tapFrame } from "./taps.ts";

/** Where the block of that VLAN of the interface with the block `parent` stands in the table, or would. */
function place(view: DataView, parent: Offset, vid: Uint16): Offset {
	const core = CoreBlock.of(view, CORE);
	let index = mix(parent, vid);
	while (true) {
		const at: Offset = (core.vlans + Math.imul(index & core.vlanMask, 4)) | 0;
		const found = view.getInt32(at, true);
		if (found === 0) return at;
		const link = InterfaceBlock.of(view, found);
		if (link.parent === parent && (link.tag & vlan.VID) === vid) return at;
		index = (index + 1) | 0;
	}
}

/** The interface with that block is a VLAN from now on. */
export function vlanEnter(view: DataView, block: Offset): void {
	const link = InterfaceBlock.of(view, block);
	view.setInt32(place(view, link.parent, link.tag & vlan.VID), block, true);
}

/**
 * A frame of `link` whose tag lies at `at`, and its payload behind that up to `end`. Answers the block of the interface that it is of, which is REGISTER.arrival then: of a VLAN, or `link` itself
 * where the tag tells a priority alone. 0: it is dropped, and counted.
 */
export function vlanArrival(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): Offset {
	if (end - at < vlan.HEADER) return drop(view, link, DROP.vlanMalformed);
	const vid = vlan.vid(view, at);
	const type = vlan.type(view, at);
	if (vid === vlan.RESERVED || type === vlan.TYPE_VLAN || type === vlan.TYPE_PROVIDER)
		return drop(view, link, DROP.vlanMalformed);
	view.setInt32(REGISTER.payloadAt, at + vlan.HEADER, true);
	if (vid === vlan.PRIORITY_ALONE) return link.at;
	const found = view.getInt32(place(view, link.at, vid), true);
	if (found === 0) return drop(view, link, DROP.unknownVlan);
	const own = InterfaceBlock.of(view, found);
	add(view, own.rxPackets, 1);
	add(view, own.rxBytes, (end - at + ethernet.HEADER - vlan.HEADER) | 0);
	if (own.up === 0) return drop(view, own, DROP.interfaceDown);
	view.setInt32(REGISTER.arrival, found, true);
	if (hasRaw() && (own.flags & FLAG_TAPPED) !== 0) tapFrame(view, own, vlan.takeTag(view, (at - ethernet.HEADER) | 0), end, 0);
	return found;
}
