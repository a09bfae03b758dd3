// News for the owners of sockets, compiled: a list of the sockets that have some. Each stands in it once, whatever has come together.

import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { int32, record, type RowOf } from "./record.ts";

/** Events, or-ed. Owners handle them in this order. */
export const READABLE = 1;
export const WRITABLE = 2;
export const ERROR = 4;
/** An ICMP error says something of what a UDP socket has sent. */
export const TROUBLE = 8;
/** Any of a socket's own: the io layer posts it to have its owner called. */
export const EVENTS = 0xff;

/** Bits of `bits` beside the events: the socket has an owner, and stands in the list. */
export const OWNED = 0x100;
const LISTED = 0x200;

/** Of one socket. */
export const News = record({
	/** Events that its owner was not told yet, and the bits above. */
	bits: int32,
	/** The next one in the list, 0 for none. */
	next: int32,
});
export type News = RowOf<typeof News>;

/** The socket with this number stands for all that have their news in a list of the interpreter's. TCBs follow, then UDP sockets, ICMP echo sockets and raw ones. */
export const OTHERS = 1;
export const FIRST_SOCKET = 2;

/** Where a socket's lies. */
function placeOf(view: DataView, socket: number): Offset {
	return (CoreBlock.of(view, CORE).news + Math.imul(socket, News.bytes)) | 0;
}

/** Notes events for the socket's owner, when it has one; several become one call. Answers whether the socket came onto the list by that. */
export function newsPost(view: DataView, socket: number, events: number): boolean {
	const news = News.of(view, placeOf(view, socket));
	const bits = news.bits;
	if ((bits & OWNED) === 0) return false;
	news.bits = bits | events | LISTED;
	if ((bits & LISTED) !== 0) return false;
	news.next = 0;
	const core = CoreBlock.of(view, CORE);
	if (core.newsFirst === 0) core.newsFirst = socket;
	else News.of(view, placeOf(view, core.newsLast)).next = socket;
	core.newsLast = socket;
	return true;
}

/** Whether a socket has an owner from now on. What waited for the last one is forgotten with it. */
export function newsOwned(view: DataView, socket: number, owned: boolean): void {
	const news = News.of(view, placeOf(view, socket));
	news.bits = owned ? news.bits | OWNED : news.bits & LISTED;
}

/** Takes the first of the list, which has one: its number << 8 | events. */
export function newsTake(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const socket = core.newsFirst;
	const news = News.of(view, placeOf(view, socket));
	const bits = news.bits;
	core.newsFirst = news.next;
	news.bits = bits & OWNED;
	return (socket << 8) | (bits & EVENTS);
}
