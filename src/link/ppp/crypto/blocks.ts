// What MD4, MD5 and SHA-1 have in common: a message in blocks of 64 octets, padded and closed with its length in bits. RFC 1321 §3.1 and §3.2.

const BLOCK = 64;

/** Mixes the block in `words` into `state`. */
export type Compress = (state: Int32Array, words: DataView) => void;

/** `state` is the initial one and gets lost. Answers the digest. Authentication calls this a few times per connection: it need not be fast. */
export function digest(message: Uint8Array, state: Int32Array, compress: Compress, littleEndian: boolean): Uint8Array {
	const length = message.length;
	const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
	padded.set(message);
	padded[length] = 0x80;
	const view = new DataView(padded.buffer);
	// Messages of 2^29 octets and more do not come up here: the upper half of the length stays 0.
	view.setInt32(padded.length - (littleEndian ? 8 : 4), length << 3, littleEndian);
	for (let at = 0; at < padded.length; at += BLOCK) compress(state, new DataView(padded.buffer, at, BLOCK));
	const result = new DataView(new ArrayBuffer(state.length * 4));
	for (let i = 0; i < state.length; i++) result.setInt32(i * 4, state[i]!, littleEndian);
	return new Uint8Array(result.buffer);
}

export function rotate(x: number, by: number): number {
	return (x << by) | (x >>> (32 - by));
}

/** Octets one behind the other. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
	let length = 0;
	for (const part of parts) length += part.length;
	const whole = new Uint8Array(length);
	length = 0;
	for (const part of parts) {
		whole.set(part, length);
		length += part.length;
	}
	return whole;
}
