// TCP Fast Open, RFC 7413: what there is of it, in stacks that are asked for it. TcpBlock's `fastOpen` says where, 0: not.

import { FAST_OPEN_COOKIES } from "../config.ts";
import type { Offset } from "./numbers.ts";
import { address, bytes, int32, offset, record, type RowOf } from "./record.ts";
import { TcpBlock, tcpAt } from "./tcp-block.ts";

/** The longest cookie, bytes. RFC 7413 §4.1.1. */
export const MOST_COOKIE = 16;

/** What a server has given us, and how it went. */
export const FastOpenCookie = record({
	/** None: nothing is kept here. */
	server: address,
	cookie: bytes(MOST_COOKIE),
	/** Bytes of the cookie; 0: there is none yet. */
	length: int32,
	/** The MSS that the server said last, 0: none. RFC 7413 §4.1.3. */
	mss: int32,
	/** When it was looked at or written last: who was not for longest gives way. */
	usedAt: int32,
	/** Requests for a cookie, one after the other, that were lost. */
	losses: int32,
	/** 1: it is done without Fast Open until pausedUntil. */
	paused: int32,
	pausedUntil: int32,
});
export type FastOpenCookie = RowOf<typeof FastOpenCookie>;

/** What there is of each TCB beside its block. */
export const FastOpenRow = record({
	/** Of a listener: as many of its connections may be open before their handshakes are done, 0: none. Of a connection of ours: 1, it asks for Fast Open. */
	wanted: int32,
	/** The block of the listener of a connection that is open before its handshake is done. */
	listener: offset,
	/** The kind of the option in our SYN, 0 for none. */
	kind: int32,
	/** Bytes of the cookie in our SYN, of connections of ours. */
	cookie: int32,
});
export type FastOpenRow = RowOf<typeof FastOpenRow>;

/** A TCB is as new. */
export function fastOpenRenewed(view: DataView, index: number): void {
	if (!fastOpens(view)) return;
	const row = FastOpenRow.of(view, rowAt(view, index));
	row.wanted = 0;
	row.listener = 0;
	row.kind = 0;
	row.cookie = 0;
}

/** Bytes of all of it, with so many TCBs: the cookies, then the rows. */
export function fastOpenBytes(tcbs: number): number {
	return FAST_OPEN_COOKIES * FastOpenCookie.bytes + tcbs * FastOpenRow.bytes;
}

/** Whether the stack was asked for it. */
export function fastOpens(view: DataView): boolean {
	return TcpBlock.of(view, tcpAt(view)).fastOpen !== 0;
}

/** Where the cookie in that place lies. */
export function cookieAt(view: DataView, place: number): Offset {
	return (TcpBlock.of(view, tcpAt(view)).fastOpen + Math.imul(place, FastOpenCookie.bytes)) & 0x3fffffff;
}

/** Where the row of the TCB with that index lies. */
export function rowAt(view: DataView, index: number): Offset {
	return (cookieAt(view, FAST_OPEN_COOKIES) + Math.imul(index, FastOpenRow.bytes)) & 0x3fffffff;
}
