// The Internet checksum, RFC 1071: the ones' complement sum of 16-bit big-endian words, an odd last byte padded with zero.

import { check } from "./bounds.ts";

/** Folds a sum of up to 2^31 to 16 bits. */
export function fold(sum: number): number {
	sum = (sum & 0xffff) + (sum >>> 16);
	return (sum & 0xffff) + (sum >>> 16);
}

/** Sum of the bytes, folded, not inverted; `initial` is a sum to continue from. At most 65,535 bytes. */
export function checksum(view: DataView, at: number, end: number, initial: number): number {
	check(at, end - at, view.byteLength);
	let sum = initial;
	const last = end - 1;
	while (at < last) {
		sum += view.getUint16(at);
		at += 2;
	}
	if (at < end) sum += view.getUint8(at) << 8;
	return fold(sum);
}

/** Sum of a pseudo-header's IPv4 addresses, protocol and length. RFC 9293 §3.1. */
export function pseudoHeader(source: number, destination: number, protocol: number, length: number): number {
	return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}
