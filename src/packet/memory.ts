// Where the arena comes from. On XS the module `multihome/memory` takes this one's place: fixed C memory that never moves.

/** `bytes` zeroed bytes that DataView and typed arrays accept as a buffer. Throws RangeError when the machine lacks them. */
export function allocate(bytes: number): ArrayBuffer {
	return new ArrayBuffer(bytes);
}
