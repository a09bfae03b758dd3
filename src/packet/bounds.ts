/** Throws RangeError unless `length` bytes from `at` on lie within `size`. The compiler of flat TypeScript knows this function: what lies within those bytes needs no check of its own any more. */
export function check(at: number, length: number, size: number): void {
	if (at < 0 || length < 0 || at > size - length) throw new RangeError(`bytes ${at} to ${at + length}: expected 0 to ${size}`);
}
