// What an application may hand us.

/** An ArrayBuffer or any view of bytes. */
export type Bytes = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;
/** The same, only read: on XS it may be one that cannot be written, as what lies in flash. */
export type BytesIn = Bytes;

/**
 * Throws TypeError for what is no buffer of bytes, as arrays of larger elements, which XS gives no access to the bytes of.
 * @pure
 */
export function demandBytes(buffer: Bytes): void {
	const size = (buffer as undefined | null | { BYTES_PER_ELEMENT?: number })?.BYTES_PER_ELEMENT;
	if (ArrayBuffer.isView(buffer) ? size === undefined || size === 1 : isBuffer(buffer)) return;
	throw new TypeError("expected an ArrayBuffer, a DataView or an array of bytes");
}

function isBuffer(buffer: unknown): boolean {
	return buffer instanceof ArrayBuffer || (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer);
}
