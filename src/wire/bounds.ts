/** Throws RangeError unless `length` bytes from `at` on lie within `size`. */
export function check(at: number, length: number, size: number): void {
	if (at < 0 || length < 0 || at > size - length) throw new RangeError(`bytes ${at} to ${at + length}: expected 0 to ${size}`);
}
