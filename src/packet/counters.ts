import type { Offset } from "./numbers.ts";

/** Adds to a 64-bit little-endian counter of a block. */
export function add(view: DataView, at: Offset, value: number): void {
	const low = view.getUint32(at, true) + value;
	view.setUint32(at, low, true);
	if (low > 0xffffffff) view.setUint32(at + 4, view.getUint32(at + 4, true) + 1, true);
}

/** Reads one. Exact up to 2^53. */
export function read(view: DataView, at: Offset): number {
	return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000;
}
