// Applications read and write. What follows from it for the connection is noted for the end of the turn.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { ERROR, newsPost } from "../../packet/news.ts";
import type { Offset } from "../../packet/numbers.ts";
import { BIT_ACK_NOW, TcbBlock } from "../../packet/tcb-block.ts";
import type { Bytes, BytesIn } from "../../wire/kernels/bytes.ts";
import { READ_BYTES, READ_END, READ_TELL, streamRead, streamWrite } from "./stream.ts";
import { tcpMark } from "./pending.ts";

/** In what these answer, beside the bytes: a poll must be asked for. */
export const WAKE = 0x10000000;

/** WAKE unless a poll runs or was asked for. */
function wake(view: DataView): number {
	return CoreBlock.of(view, CORE).awake === 0 ? WAKE : 0;
}

/** Takes up to `length` received bytes into `buffer` from its byte `start` on. Answers how many, and WAKE. Throws TypeError for what is no buffer of bytes. */
export function tcpRead(view: DataView, block: Offset, buffer: Bytes, start: number, length: number): number {
	const got = streamRead(view, block, buffer, start, length);
	if (got < READ_TELL) return got;
	if ((got & READ_END) !== 0) {
		// All was read, and the peer's FIN has come.
		newsPost(view, TcbBlock.of(view, block).news, ERROR);
	} else {
		// The window opened by a worthwhile step: the peer is told.
		const tcb = TcbBlock.of(view, block);
		tcb.bits = tcb.bits | BIT_ACK_NOW;
		tcpMark(view, block);
	}
	return (got & READ_BYTES) | wake(view);
}

/** Takes `length` bytes of `buffer` from its byte `start` on, to be sent. Answers the room left, and WAKE; -1 when they do not fit, there are none, or the connection is not open for sending. Throws as tcpRead. */
export function tcpWrite(view: DataView, block: Offset, buffer: BytesIn, start: number, length: number): number {
	if (length <= 0 || TcbBlock.of(view, block).sendable === 0) return -1;
	const room = streamWrite(view, block, buffer, start, length);
	if (room < 0) return room;
	tcpMark(view, block);
	return room | wake(view);
}
