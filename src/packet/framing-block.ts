// What the decoder of a serial line remembers from one span of octets to the next.

import { int32, record, type RowOf } from "./record.ts";

export const FramingBlock = record({
	/** Octets of the frame that has begun; of HDLC its information and FCS. */
	count: int32,
	/** Bits of wire/framing.ts, and of HDLC which octet of the header comes next. */
	state: int32,
	/** HDLC: the FCS so far, and the protocol once there is information. */
	fcs: int32,
	protocol: int32,
	/** HDLC, the receiver's map: bit n, the character n is dropped when it comes unescaped. */
	receiveAccm: int32,
	/** Of the octets taken last: 0 while no frame has ended, -1 when one was lost, or what ended: protocol << 16 | length of HDLC, the length of SLIP. */
	result: int32,
	/** Frames that were lost: a wrong FCS; one that ends in the middle of an escape; lengths; an address, control or protocol that is none. */
	badFcs: int32,
	aborts: int32,
	tooLong: int32,
	tooShort: int32,
	badHeader: int32,
});
export type FramingBlock = RowOf<typeof FramingBlock>;
