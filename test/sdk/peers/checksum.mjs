// The tests' side of ../programs/checksum.js.

/** `count` bytes, of which none says by itself where it is. */
export function pattern(count) {
	return Buffer.from(Uint8Array.from({ length: count }, (_none, i) => (i * 7 + (i >> 8) * 13) & 0xff));
}

/** As the programs print it: length and hash. */
export function checksum(bytes) {
	let hash = 0;
	for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
	return `${bytes.length} ${hash}`;
}
