// What is added to the sums of kernels/checksum.ts, and how they end. RFC 1071.

import type { Length, Uint16, Uint8 } from "../packet/numbers.ts";

/** Folds a sum of up to 2^31 to 16 bits. */
export function fold(sum: number): Uint16 {
	sum = (sum & 0xffff) + (sum >>> 16);
	return (sum & 0xffff) + (sum >>> 16);
}

/** Sum of a pseudo-header's IPv4 addresses, protocol and length. RFC 9293 §3.1. */
export function pseudoHeader(source: number, destination: number, protocol: Uint8, length: Length): number {
	return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}
