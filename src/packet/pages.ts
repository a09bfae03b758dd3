// The pool of bytes of all TCP connections: pages, all of one size. A ring of a connection is a table of words, one for each of its pages: where the page lies, 0 while there is
// nothing in it. Who may hold how many is decided above: transport/tcp/share.ts. Compiled.

import { PAGE_SHIFT } from "../config.ts";
import type { Offset } from "./numbers.ts";
import { TcpBlock, tcpAt } from "./tcp-block.ts";

export const PAGE_BYTES = 1 << PAGE_SHIFT;
/** Of a byte of a ring: where it lies in its page. */
export const PAGE_MASK = PAGE_BYTES - 1;

/**
 * So many pages rest before one that was given back is taken again, as long as there are others that were never used. Pages go round in their order, so that those of a ring mostly
 * lie one behind the other and are copied in one; and of a large pool no more is touched than is needed.
 */
const RESTING = 64;

/** The pool has `count` pages, from `first` on, and nobody has any. What was never used is in no list: a large pool costs a desktop host no memory before it is used. */
export function poolStart(view: DataView, first: Offset, count: number): void {
	const pool = TcpBlock.of(view, tcpAt(view));
	pool.freshPage = first;
	pool.poolEnd = (first + (count << PAGE_SHIFT)) & 0x3fffffff;
	pool.pageCount = count;
	pool.pagesListed = 0;
}

/** A page that nobody has, for that place in a ring's table. There is one: none is taken but what was promised, and no more are promised than there are. */
export function pageTake(view: DataView, place: number): number {
	const pool = TcpBlock.of(view, tcpAt(view));
	const listed = pool.pagesListed;
	let page: number = pool.freshPage;
	if (listed > RESTING || page >= pool.poolEnd) {
		if (listed <= 0) throw new RangeError(`pages ${listed}: expected one that nobody has`);
		page = pool.freePage;
		pool.freePage = view.getInt32(page, true) & 0x3fffffff;
		pool.pagesListed = (listed - 1) | 0;
	} else pool.freshPage = (page + PAGE_BYTES) & 0x3fffffff;
	view.setInt32(place, page, true);
	return page;
}

/** Gives `count` pages back, from that of ring byte `at` on, of a ring of `ring` bytes whose table lies at `pages`. */
export function pagesRelease(view: DataView, pages: Offset, ring: Offset, at: Offset, count: number): void {
	const pool = TcpBlock.of(view, tcpAt(view));
	const end = pages + ((ring >> PAGE_SHIFT) << 2);
	let place = (pages + ((at >> PAGE_SHIFT) << 2)) | 0;
	let last: number = pool.lastPage;
	let listed = pool.pagesListed;
	for (let left = count; left > 0; left = (left - 1) | 0) {
		const page = view.getInt32(place, true);
		if (page !== 0) {
			view.setInt32(place, 0, true);
			if (listed === 0) pool.freePage = page & 0x3fffffff;
			else view.setInt32(last, page, true);
			last = page;
			listed = (listed + 1) | 0;
		}
		place = (place + 4) | 0;
		if (place === end) place = pages;
	}
	pool.lastPage = last & 0x3fffffff;
	pool.pagesListed = listed;
}
