// What the framings of serial lines have in common: hdlc.ts, slip.ts.

import { FramingBlock } from "../packet/framing-block.ts";
import type { Length, Offset, Uint16, Uint8 } from "../packet/numbers.ts";

export const LOST = -1;

/** The next octet is escaped. */
export const ESCAPED = 8;
/** Octets are missing. */
export const SPOILED = 16;
/** HDLC: no header of PPP. */
export const HEADER_BAD = 32;
/** More octets than may be. */
export const LENGTH_BAD = 64;

/** HDLC: the FCS before the first octet. RFC 1662 §C.2. */
export const INITIAL_FCS = 0xffff;

/** Forgets the frame that has begun. Counters and map stay. */
export function forget(framing: FramingBlock): void {
	framing.count = 0;
	framing.state = 0;
	framing.fcs = INITIAL_FCS;
}

/** Forgets the frame that has begun in the block at `state`; octets come in another framing from here on, or have not come yet. */
export function framingReset(view: DataView, state: Offset): void {
	forget(FramingBlock.of(view, state));
}

/** Octets were lost here (an overrun): the frame that has begun ends as LOST, which nothing counts. */
export function framingSpoil(view: DataView, state: Offset): void {
	const framing = FramingBlock.of(view, state);
	framing.state = framing.state | SPOILED;
}

/** One octet into the FCS. RFC 1662 §C.2, but by shifts instead of a table: 1 + x^5 + x^12 has few terms. */
export function fcsOctet(fcs: Uint16, octet: Uint8): Uint16 {
	const x = (fcs ^ octet) & 0xff;
	const y = (x ^ (x << 4)) & 0xff;
	return (fcs >> 8) ^ (y << 8) ^ (y << 3) ^ (y >> 4);
}

/** One octet behind `used` others, where there is room for it. Answers how many that are. */
export function put(
	line: DataView,
	ring: Offset,
	size: Length,
	offset: number,
	room: Length,
	used: Length,
	octet: Uint8,
): Length {
	if (used < room) line.setUint8(ring + ((offset + used) & (size - 1)), octet);
	return used + 1;
}
