/** Throws RangeError unless `length` bytes from `at` on lie within `size`. */
export function check(at: number, length: number, size: number): void {
	if (at < 0 || length < 0 || at > size - length) throw new RangeError(`bytes ${at} to ${at + length}: expected 0 to ${size}`);
}

/** Throws TypeError for what is no buffer of bytes, as arrays of larger elements, which XS gives no access to the bytes of. */
export function demandBytes(buffer: unknown): void {
	const size = (buffer as undefined | null | { BYTES_PER_ELEMENT?: number })?.BYTES_PER_ELEMENT;
	if (ArrayBuffer.isView(buffer) ? size === undefined || size === 1 : isBuffer(buffer)) return;
	throw new TypeError("expected an ArrayBuffer, a DataView or an array of bytes");
}

function isBuffer(buffer: unknown): boolean {
	return buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer);
}
