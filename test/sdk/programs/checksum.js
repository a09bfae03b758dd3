// What both ends of a test compare: lengths and hashes of bytes that follow a pattern.

/** `count` bytes, of which none says by itself where it is. */
export function pattern(count) {
	const bytes = new Uint8Array(count);
	for (let i = 0; i < count; i++) bytes[i] = (i * 7 + (i >> 8) * 13) & 0xff;
	return bytes;
}

/** Takes bytes as they come. Node's side is hashOf in ../peers/checksum.mjs. */
export class Checksum {
	length = 0;
	hash = 0;

	add(data) {
		const bytes = new Uint8Array(data);
		for (let i = 0; i < bytes.length; i++) this.hash = (Math.imul(this.hash, 31) + bytes[i]) | 0;
		this.length += bytes.length;
	}

	toString() {
		return `${this.length} ${this.hash}`;
	}
}

export function checksum(data) {
	const sum = new Checksum();
	sum.add(data);
	return String(sum);
}
