// Tags of 802.1Q, between the addresses of an Ethernet frame and its EtherType. Stateless accessors: `at` is the arena offset of what follows the EtherType 0x8100.

import type { Offset, Uint16 } from "../packet/numbers.ts";
import * as ethernet from "./ethernet.ts";

/** Bytes of a tag: the tag control information, and the EtherType of what follows. IEEE 802.1Q §9.3. */
export const HEADER = 4;
const TCI = 0;
const TYPE = 2;

/** EtherTypes of tags: of customers' VLANs, and of providers'. IEEE 802.1Q table 9-1. */
export const TYPE_VLAN = 0x8100;
export const TYPE_PROVIDER = 0x88a8;

/** The VID within the tag control information, and where the priority begins. IEEE 802.1Q §9.6. */
export const VID = 0xfff;
export const PRIORITY_SHIFT = 13;

/** VIDs that are no VLAN: the tag tells the priority alone; reserved. IEEE 802.1Q table 9-2. */
export const PRIORITY_ALONE = 0;
export const RESERVED = 0xfff;

/** Which VLAN the frame is of. */
export function vid(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + TCI) & VID;
}

/** EtherType of what the frame carries. */
export function type(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + TYPE);
}

/** Moves the addresses of a frame, 12 bytes, to where they may overlap themselves. */
function moveAddresses(view: DataView, to: Offset, from: Offset): void {
	const first = view.getInt32(from);
	const second = view.getInt32(from + 4);
	const third = view.getInt32(from + 8);
	view.setInt32(to, first);
	view.setInt32(to + 4, second);
	view.setInt32(to + 8, third);
}

/** Puts a tag into the frame at `frame`, which grows at its front. Answers where it begins then. */
export function putTag(view: DataView, frame: Offset, tag: Uint16): Offset {
	const at = frame - HEADER;
	moveAddresses(view, at, frame);
	view.setUint16(at + ethernet.TYPE, TYPE_VLAN);
	view.setUint16(at + ethernet.HEADER, tag);
	return at;
}

/** Takes the tag out of the frame at `frame`. Answers where it begins then. */
export function takeTag(view: DataView, frame: Offset): Offset {
	const at = frame + HEADER;
	moveAddresses(view, at, frame);
	return at;
}
