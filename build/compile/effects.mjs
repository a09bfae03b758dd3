// What evaluating something does, as a set of bits. C leaves the order of operands and arguments open where JavaScript has it from left to right, so an
// expression in which that would tell is refused.

/** Looks at memory, which may fail. */
export const READS = 1;
export const WRITES = 2;
/** May be misuse. */
export const THROWS = 4;
export const ANYTHING = READS | WRITES | THROWS;

function disturbs(one, other) {
	// Which of two errors it comes to shows as well.
	return ((one & WRITES) !== 0 && (other & (READS | WRITES)) !== 0) || ((one & THROWS) !== 0 && other !== 0);
}

/** Whether the order of two parts shows. */
export function collide(a, b) {
	return disturbs(a, b) || disturbs(b, a);
}
