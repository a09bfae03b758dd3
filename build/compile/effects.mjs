// What evaluating something does, as a set of bits. C leaves the order of operands and arguments open where JavaScript has it from left to right, so an
// expression in which that would tell is refused.

/** Looks at memory, which may fail. */
export const READS = 1;
/** Changes memory, or may be misuse: which of two errors it comes to shows, too. */
export const WRITES = 2;

/** Whether the order of two parts shows. */
export function collide(a, b) {
	return ((a & WRITES) !== 0 && b !== 0) || ((b & WRITES) !== 0 && a !== 0);
}
