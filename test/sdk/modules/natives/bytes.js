// Buffers as the natives get them: ArrayBuffers, views, host buffers.

/** The bytes, not copied. A string is taken as UTF-8. */
export function bytesOf(data) {
	if (typeof data === "string") return new Uint8Array(ArrayBuffer.fromString(data));
	// As the SDK's C.
	if (!ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) throw new TypeError("invalid buffer");
	return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/** An ArrayBuffer with these bytes and no others. */
export function bufferOf(bytes) {
	return bytes.slice().buffer;
}

export function concat(parts) {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.byteLength;
	}
	return all;
}
