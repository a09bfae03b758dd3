// Data that came twice: the next acknowledgment tells of it. RFC 2883.

import { BIT_DSACK, BIT_SACK, type TcbBlock } from "../../packet/tcb-block.ts";

/** Bytes `start` to `end` came twice. */
export function twice(tcb: TcbBlock, start: number, end: number): void {
	if ((tcb.bits & BIT_SACK) === 0) return;
	tcb.bits = tcb.bits | BIT_DSACK;
	tcb.dsackStart = start;
	tcb.dsackEnd = end;
}
