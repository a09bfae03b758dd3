import type { Offset } from "./numbers.ts";

/** Adds a number that is not negative to a 64-bit little-endian counter of a block. */
export function add(view: DataView, at: Offset, value: number): void {
	const before = view.getInt32(at, true);
	const low = (before + value) | 0;
	view.setInt32(at, low, true);
	if (before < 0 && low >= 0) view.setInt32(at + 4, (view.getInt32(at + 4, true) + 1) | 0, true);
}

/** Reads one. Exact up to 2^53. */
export function read(view: DataView, at: Offset): number {
	return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
}
