// Tags of 802.1Q in frames of tests, independent of src/.

import { concat, read16, u16, type Bytes } from "./frames.ts";

export const ETHERTYPE_VLAN = 0x8100;

/** What is between the addresses of a frame and its EtherType. */
export interface Tag {
	vid: number;
	priority?: number;
}

/** The frame with a tag, or with that before the one that it has. */
export function tagged(frame: Uint8Array, { vid, priority = 0 }: Tag, type = ETHERTYPE_VLAN): Bytes {
	return concat(frame.subarray(0, 12), u16(type), u16((priority << 13) | vid), frame.subarray(12));
}

/** The frame without its tag, and what that said: VID -1 where there is none. */
export function untagged(frame: Uint8Array): { vid: number; priority: number; frame: Bytes } {
	if (read16(frame, 12) !== ETHERTYPE_VLAN) return { vid: -1, priority: 0, frame: concat(frame) };
	const tag = read16(frame, 14);
	return { vid: tag & 0xfff, priority: tag >> 13, frame: concat(frame.subarray(0, 12), frame.subarray(16)) };
}
