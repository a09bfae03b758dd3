/**
 * `bytes` zeroed bytes of C memory that never moves, outside the JavaScript heap. DataView and typed arrays accept the result
 * like an ArrayBuffer; of its own properties it has `byteLength` alone. It is freed when nothing refers to it any more.
 * Throws RangeError when the machine lacks the memory.
 */
export function allocate(bytes: number): ArrayBuffer;
