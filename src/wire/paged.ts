// Copies to and from rings that are made of pages (packet/pages.ts). Pages that lie one behind the other are copied in one.

import { PAGE_SHIFT } from "../config.ts";
import type { Offset } from "../packet/numbers.ts";
import { PAGE_BYTES, PAGE_MASK, pageTake } from "../packet/pages.ts";
import type { Bytes, BytesIn } from "./kernels/bytes.ts";
import { copyIn, copyOut } from "./kernels/copies.ts";

/** The word of the ring's table behind the one at `place`. The ring has `ring` bytes. */
function behind(pages: Offset, ring: Offset, place: number): number {
	const next = (place + 4) | 0;
	return next === pages + ((ring >> PAGE_SHIFT) << 2) ? pages : next;
}

/** `length` bytes from byte `start` of `buffer` on into the ring of `ring` bytes whose table lies at `pages`, from its byte `at` on, where it gets the pages that it has not yet. */
export function pagedIn(
	view: DataView,
	pages: Offset,
	ring: Offset,
	at: Offset,
	buffer: BytesIn,
	start: number,
	length: number,
): void {
	let place = (pages + ((at >> PAGE_SHIFT) << 2)) | 0;
	const first = at & PAGE_MASK;
	let page = view.getInt32(place, true);
	if (page === 0) page = pageTake(view, place);
	let to = (page + first) | 0;
	let run = PAGE_BYTES - first;
	let from = start;
	let left = length;
	while (left > run) {
		place = behind(pages, ring, place);
		page = view.getInt32(place, true);
		if (page === 0) page = pageTake(view, place);
		if (page === ((to + run) | 0)) run = (run + PAGE_BYTES) | 0;
		else {
			copyIn(view, to, buffer, from, run);
			from = (from + run) | 0;
			left = (left - run) | 0;
			to = page;
			run = PAGE_BYTES;
		}
	}
	copyIn(view, to, buffer, from, left);
}

/** The same the other way. */
export function pagedOut(
	view: DataView,
	pages: Offset,
	ring: Offset,
	at: Offset,
	buffer: Bytes,
	start: number,
	length: number,
): void {
	let place = (pages + ((at >> PAGE_SHIFT) << 2)) | 0;
	const first = at & PAGE_MASK;
	let from = (view.getInt32(place, true) + first) | 0;
	let run = PAGE_BYTES - first;
	let to = start;
	let left = length;
	while (left > run) {
		place = behind(pages, ring, place);
		const page = view.getInt32(place, true);
		if (page === ((from + run) | 0)) run = (run + PAGE_BYTES) | 0;
		else {
			copyOut(view, from, buffer, to, run);
			to = (to + run) | 0;
			left = (left - run) | 0;
			from = page;
			run = PAGE_BYTES;
		}
	}
	copyOut(view, from, buffer, to, left);
}
