import type { Offset } from "./numbers.ts";

/** Byte `at` of a ring of `size` bytes, which may have run over the ring's end, once. */
export function wrap(at: number, size: number): Offset {
	return at < size ? at : (at - size) | 0;
}
