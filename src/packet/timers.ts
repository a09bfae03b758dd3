// When connections want to be looked at: a heap in the arena, so that a thousand of them cost hardly more than a few. Flat TypeScript.
// Items are numbered, as TCBs are. Times are int32 milliseconds that wrap, none further ahead than 2^30: compare by (a - b) | 0.

import { check } from "./bounds.ts";
import { FIELDS_BYTES, REGISTER } from "./fields.ts";
import type { Length, Offset, Uint16 } from "./numbers.ts";
import { int32, record, uint16, type RowOf } from "./record.ts";

/** Each place of the heap has so many below it: 2^WAYS_SHIFT. Four rather than two, as steps down cost more than what is compared in each. */
const WAYS_SHIFT = 2;
const WAYS = 1 << WAYS_SHIFT;

/** Before the rows. */
export const TimerHeap = record({
	/** How many items are in the heap. */
	used: int32,
});
type TimerHeap = RowOf<typeof TimerHeap>;

/** There is one row for each item. Row n is place n of the heap, the earliest in place 0, and says besides where item n stands. */
export const Timer = record({
	/** When the item in this place is due, and which one it is. */
	due: int32,
	item: uint16,
	/** In which place the item with this row's number stands, plus 1; 0: in none. */
	place: uint16,
});
type Timer = RowOf<typeof Timer>;

/** Has the item looked at at that time, or earlier where that was asked for already. Throws RangeError when there is no such item. */
export function timerSet(view: DataView, item: number, due: number): void {
	const at = heapAt(view);
	const count = capacity(view);
	if (item < 0 || item >= count) throw new RangeError(`timer ${item}: expected 0 to ${count - 1}`);
	const own = Timer.of(view, rowAt(at, item));
	const place = own.place - 1;
	if (place >= 0) {
		if (((due - dueAt(view, at, place)) | 0) < 0) rise(view, at, place, item, due);
		return;
	}
	const heap = TimerHeap.of(view, at);
	const last = filled(heap, count);
	if (last === count) return;
	heap.used = last + 1;
	rise(view, at, last, item, due);
}

/** Takes out an item that is due, the earliest one, and answers its number; -1 when none is due. */
export function timerDue(view: DataView, now: number): number {
	const at = heapAt(view);
	const heap = TimerHeap.of(view, at);
	const used = filled(heap, capacity(view));
	if (used === 0) return -1;
	const first = Timer.of(view, rowAt(at, 0));
	if (((now - first.due) | 0) < 0) return -1;
	const item = first.item;
	const own = Timer.of(view, rowAt(at, item));
	own.place = 0;
	heap.used = used - 1;
	const last = Timer.of(view, rowAt(at, used - 1));
	if (used > 1) sink(view, at, used - 1, last.item, last.due);
	return item;
}

/** In how many milliseconds the next item is due: 0 when one is, -1 when there is none. */
export function timerNext(view: DataView, now: number): number {
	const at = heapAt(view);
	const heap = TimerHeap.of(view, at);
	if (filled(heap, capacity(view)) === 0) return -1;
	return Math.max((dueAt(view, at, 0) - now) | 0, 0);
}

/** Arena offset of the heap. */
function heapAt(view: DataView): Offset {
	check(0, FIELDS_BYTES, view.byteLength);
	const at = view.getInt32(REGISTER.timersAt, true);
	check(at, TimerHeap.bytes, view.byteLength);
	return at;
}

/** How many rows there are. */
function capacity(view: DataView): Uint16 {
	check(0, FIELDS_BYTES, view.byteLength);
	return view.getInt32(REGISTER.timersCount, true) & 0x7fff;
}

/** How many items are in the heap; never more than there are rows, whatever stands there. */
function filled(heap: TimerHeap, count: Uint16): Uint16 {
	return Math.min(Math.max(heap.used, 0), count);
}

function rowAt(heap: Offset, row: Uint16): Offset {
	return heap + TimerHeap.bytes + row * Timer.bytes;
}

/** Puts the item into that place, or further up. */
function rise(view: DataView, heap: Offset, place: Uint16, item: Uint16, due: number): void {
	while (place > 0) {
		const parent = (place - 1) >> WAYS_SHIFT;
		const above = Timer.of(view, rowAt(heap, parent));
		if (((due - above.due) | 0) >= 0) break;
		put(view, heap, place, above.item, above.due);
		place = parent;
	}
	put(view, heap, place, item, due);
}

/** Puts the item into the uppermost place, or further down, of the first `used`. */
function sink(view: DataView, heap: Offset, used: Uint16, item: Uint16, due: number): void {
	let place: Uint16 = 0;
	let child: Length = 1;
	while (child < used) {
		const earliest = earliestOf(view, heap, child, used);
		const below = Timer.of(view, rowAt(heap, earliest));
		if (((below.due - due) | 0) >= 0) break;
		put(view, heap, place, below.item, below.due);
		place = earliest;
		child = WAYS * earliest + 1;
	}
	put(view, heap, place, item, due);
}

/** Of the places from `first` on that are below one, and among the first `used`: the one that is due first. */
function earliestOf(view: DataView, heap: Offset, first: Uint16, used: Uint16): Uint16 {
	const behind = Math.min(first + WAYS, used);
	let chosen = first;
	let best = dueAt(view, heap, first);
	for (let place = first + 1; place < behind; place++) {
		const due = dueAt(view, heap, place);
		if (((due - best) | 0) >= 0) continue;
		best = due;
		chosen = place;
	}
	return chosen;
}

function dueAt(view: DataView, heap: Offset, place: Uint16): number {
	const row = Timer.of(view, rowAt(heap, place));
	return row.due;
}

function put(view: DataView, heap: Offset, place: Uint16, item: Uint16, due: number): void {
	const row = Timer.of(view, rowAt(heap, place));
	row.due = due;
	row.item = item;
	const own = Timer.of(view, rowAt(heap, item));
	own.place = place + 1;
}
