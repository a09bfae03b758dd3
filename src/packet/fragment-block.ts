// Fragments that wait for the rest of their datagram, each in its packet buffer: what is noted of them lies in the headroom there, which nobody needs any more.

import { PACKET_BYTES } from "../config.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { address, int32, record, type RowOf } from "./record.ts";

export const FragmentBlock = record({
	/** Where its bytes belong in the datagram. Where they lie say the columns of packets; the next column has the fragment that follows. */
	place: int32,
	/** In that fragment of a datagram which came first, the rest. The datagram whose first fragment came next after this one's, NONE for none. */
	later: int32,
	/** The fragment with the lowest place. */
	first: int32,
	/** When it is given up. */
	due: int32,
	/** How many bytes are there, and of how many: -1 while that is not known. */
	bytes: int32,
	total: int32,
	/** What tells datagrams apart: identification; slot of the interface << 8 | protocol, of IPv6 its fragment header's; addresses. */
	id: int32,
	meta: int32,
	source: address,
	destination: address,
});
export type FragmentBlock = RowOf<typeof FragmentBlock>;

/** Where the buffer of a packet begins. */
export function fragmentAt(view: DataView, packet: number): Offset {
	return (CoreBlock.of(view, CORE).packets + Math.imul(packet, PACKET_BYTES)) | 0;
}
