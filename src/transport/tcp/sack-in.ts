// What the peer has beyond a gap, by its SACK option. RFC 2018, RFC 2883 §4 (what it has twice).

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { REGISTER } from "../../packet/fields.ts";
import { BIT_TWICE, type TcbBlock } from "../../packet/tcb-block.ts";
import { SACK_BLOCK, sackAt } from "../../wire/tcp.ts";
import { flightBegin, flightSacked } from "./flight.ts";
import { neededNot } from "./rack.ts";

/** Reads the option of the segment in the registers, which acknowledges `ack`. Answers how many bytes are news. Sets BIT_TWICE when the peer has something twice. */
export function sackArrives(view: DataView, tcb: TcbBlock, ack: number): number {
	tcb.bits = tcb.bits & ~BIT_TWICE;
	const option = sackAt(view, view.getInt32(REGISTER.transportAt, true));
	if (option === 0) return 0;
	flightBegin(view, tcb);
	const end = option + view.getUint8(option + 1);
	const now = CoreBlock.of(view, CORE).now;
	let fresh = 0;
	for (let at = option + 2; at < end; at += SACK_BLOCK) {
		const first = view.getInt32(at);
		const last = view.getInt32(at + 4);
		if (at === option + 2 && isTwice(view, tcb, ack, first, last, at + SACK_BLOCK < end ? at + SACK_BLOCK : 0)) {
			tcb.bits = tcb.bits | BIT_TWICE;
			tcb.undoBytes = (tcb.undoBytes - last + first) | 0;
			neededNot(tcb);
			continue;
		}
		// Beyond what is acknowledged, within what was sent: else it is old, or a lie.
		const from = ((first - ack) | 0) < 0 ? ack : first;
		if (((from - tcb.sndUna) | 0) < 0 || ((last - from) | 0) <= 0 || ((last - tcb.sndMax) | 0) > 0) continue;
		const bytes = flightSacked(view, tcb, from, last, now);
		fresh = (fresh + bytes) | 0;
	}
	return fresh;
}

/** Whether the first block tells of what came twice: it lies below what is acknowledged, or within the second block. RFC 2883 §4.1, §4.2; and of something that was sent not long ago. */
function isTwice(view: DataView, tcb: TcbBlock, ack: number, first: number, last: number, second: number): boolean {
	const length = (last - first) | 0;
	if (length <= 0 || length > tcb.sendSize || ((tcb.sndMax - last) | 0) < 0) return false;
	if (((last - ack) | 0) <= 0) return ((ack - first) | 0) <= tcb.sendSize << 1;
	if (second === 0) return false;
	return ((first - view.getInt32(second & 0x3fffffff)) | 0) >= 0 && ((last - view.getInt32((second + 4) & 0x3fffffff)) | 0) <= 0;
}
