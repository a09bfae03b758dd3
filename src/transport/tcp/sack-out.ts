// Options of what we send, but of SYNs: timestamps (RFC 7323), and what we have beyond a gap (RFC 2018), or twice (RFC 2883).

import { check } from "../../packet/bounds.ts";
import type { Offset } from "../../packet/numbers.ts";
import { BIT_DSACK, BIT_SACK, BIT_STAMPS, type TcbBlock } from "../../packet/tcb-block.ts";
import { MOST_OPTIONS, SACK_BLOCK, SACK_FIRST, sackFirst, stamps, STAMPS } from "../../wire/tcp.ts";
import { rangeEnd, rangeStart } from "./reassembly.ts";
import { stampNow } from "./timestamps.ts";

/** Blocks that fit beside timestamps, and without. */
const BLOCKS_WITH_STAMPS = 3;
const BLOCKS = 4;

/** Connections with one of these have options in their segments. */
export const OPTIONED = BIT_STAMPS | BIT_SACK;

/** Prepares the options of the next segments. Answers the bytes that they take from the data of a full one, beyond those that all have. */
export function writeOptions(view: DataView, tcb: TcbBlock): number {
	let length = 0;
	if ((tcb.bits & BIT_STAMPS) !== 0) {
		stamps(view, tcb.options, stampNow(view, tcb), tcb.tsRecent);
		tcb.lastAck = tcb.rcvNxt;
		length = STAMPS;
	}
	let more = 0;
	if ((tcb.bits & BIT_SACK) !== 0 && (tcb.ranges !== 0 || (tcb.bits & BIT_DSACK) !== 0)) more = writeSack(view, tcb, length);
	tcb.optionsLength = (length + more) | 0;
	return more;
}

function writeSack(view: DataView, tcb: TcbBlock, before: number): number {
	check(tcb.options, MOST_OPTIONS, view.byteLength);
	const most = before === 0 ? BLOCKS : BLOCKS_WITH_STAMPS;
	const first = (tcb.options + before + SACK_FIRST) & 0x3fffffff;
	let count = 0;
	if ((tcb.bits & BIT_DSACK) !== 0) {
		block(view, first, tcb.dsackStart, tcb.dsackEnd);
		count = 1;
	}
	for (let i = 0; i < tcb.ranges && count < most; i++) {
		block(view, (first + Math.imul(count, SACK_BLOCK)) & 0x3fffffff, rangeStart(view, tcb, i), rangeEnd(view, tcb, i));
		count = (count + 1) | 0;
	}
	sackFirst(view, (tcb.options + before) & 0x3fffffff, count);
	return (SACK_FIRST + Math.imul(count, SACK_BLOCK)) | 0;
}

function block(view: DataView, at: Offset, start: number, end: number): void {
	view.setInt32(at, start);
	view.setInt32(at + 4, end);
}
