// Data that came twice: the next acknowledgment tells of it. RFC 2883.

import { BIT_DSACK, BIT_SACK, type TcbBlock } from "../../packet/tcb-block.ts";

/** Bytes `start` to `end` came twice. Of several such pieces the first in order is told, with what touches it: RFC 2883 §4. */
export function twice(tcb: TcbBlock, start: number, end: number): void {
	const bits = tcb.bits;
	if ((bits & BIT_SACK) === 0) return;
	const first = (bits & BIT_DSACK) === 0;
	if (!first && ((start - tcb.dsackEnd) | 0) <= 0 && ((tcb.dsackStart - end) | 0) <= 0) {
		if (((start - tcb.dsackStart) | 0) < 0) tcb.dsackStart = start;
		if (((end - tcb.dsackEnd) | 0) > 0) tcb.dsackEnd = end;
	} else if (first || ((start - tcb.dsackStart) | 0) < 0) {
		tcb.bits = bits | BIT_DSACK;
		tcb.dsackStart = start;
		tcb.dsackEnd = end;
	}
}
