// An IP address in memory: 16 bytes in network order at a multiple of four. IPv4 addresses are mapped, ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that one table holds
// both families. An address is handed on as the offset of its first byte. All zeros, ::, is none: nothing was chosen, or any will do. Flat TypeScript.
//
// Without IPv6 there are only mapped addresses and none: the last two words tell them apart.
//
// An IPv4 address as a number, as its headers have it, becomes one by `setV4` where a table or a path is asked, and is read back by `v4Of`.

import { check } from "./bounds.ts";
import { hasIpv6 } from "./kernels/parts.ts";
import { mix } from "./mix.ts";
import type { Address, Ipv4, Range } from "./numbers.ts";

/** Bytes of an address. */
export const ADDRESS = 16;
/** Where an IPv4 address stands in a mapped one, and how many bits come before it: an IPv4 prefix of n bits has MAPPED_BITS + n. */
export const V4 = 12;
export const MAPPED_BITS = 96;
/** Bytes 8 to 11 of a mapped address as a word, which is little-endian; the eight before are 0. */
const MAPPED = 0xffff0000 | 0;

/** How many bits of an address a prefix has. */
export type PrefixLength = Range<0, 128>;

export function isNone(view: DataView, at: Address): boolean {
	return (
		view.getInt32(at + 8, true) === 0 &&
		(!hasIpv6() || (view.getInt32(at + 12, true) | view.getInt32(at, true) | view.getInt32(at + 4, true)) === 0)
	);
}

/** Whether it is one of IPv4. */
export function isV4(view: DataView, at: Address): boolean {
	return view.getInt32(at + 8, true) === MAPPED && (!hasIpv6() || (view.getInt32(at, true) | view.getInt32(at + 4, true)) === 0);
}

/** The IPv4 address that a mapped one is; of none 0. */
export function v4Of(view: DataView, at: Address): Ipv4 {
	return view.getInt32(at + V4);
}

/** Whether both are the same. What differs most often comes first. */
export function sameAddress(view: DataView, a: Address, b: Address): boolean {
	return (
		view.getInt32(a + 12, true) === view.getInt32(b + 12, true) &&
		view.getInt32(a + 8, true) === view.getInt32(b + 8, true) &&
		(!hasIpv6() ||
			(view.getInt32(a + 4, true) === view.getInt32(b + 4, true) && view.getInt32(a, true) === view.getInt32(b, true)))
	);
}

export function setNone(view: DataView, at: Address): void {
	check(at, ADDRESS, view.byteLength);
	view.setInt32(at, 0, true);
	view.setInt32(at + 4, 0, true);
	view.setInt32(at + 8, 0, true);
	view.setInt32(at + 12, 0, true);
}

/** 0.0.0.0 is an address like others here, which stands for all of IPv4 in a prefix. */
export function setV4(view: DataView, at: Address, v4: Ipv4): void {
	check(at, ADDRESS, view.byteLength);
	view.setInt32(at, 0, true);
	view.setInt32(at + 4, 0, true);
	view.setInt32(at + 8, MAPPED, true);
	view.setInt32(at + V4, v4);
}

/** The same of a number that is 0 for none. */
export function setV4OrNone(view: DataView, at: Address, v4: Ipv4): void {
	if (v4 === 0) setNone(view, at);
	else setV4(view, at, v4);
}

export function copyAddress(view: DataView, to: Address, from: Address): void {
	check(to, ADDRESS, view.byteLength);
	check(from, ADDRESS, view.byteLength);
	view.setInt32(to, view.getInt32(from, true), true);
	view.setInt32(to + 4, view.getInt32(from + 4, true), true);
	view.setInt32(to + 8, view.getInt32(from + 8, true), true);
	view.setInt32(to + 12, view.getInt32(from + 12, true), true);
}

/** Mixes an address into the hash of a table: one word of IPv4's, all of others, whose owners may choose the last two. */
export function mixAddress(view: DataView, hash: number, at: Address): number {
	check(at, ADDRESS, view.byteLength);
	const last = view.getInt32(at + 12, true);
	if (!hasIpv6() || isV4(view, at)) return mix(hash, last);
	return mix(mix(mix(mix(hash, view.getInt32(at, true)), view.getInt32(at + 4, true)), view.getInt32(at + 8, true)), last);
}

/** The bits that a prefix has of a word of an address, 0 to 3 from the first one on. */
function prefixMask(length: PrefixLength, word: Range<0, 3>): number {
	const bits = length - 32 * word;
	if (bits <= 0) return 0;
	return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** The same for a prefix of an address, without the bits behind it; an IPv4 address has more than MAPPED_BITS - 1. */
export function mixPrefix(view: DataView, hash: number, at: Address, length: PrefixLength): number {
	check(at, ADDRESS, view.byteLength);
	if (!hasIpv6() || isV4(view, at)) return mix(hash, v4Of(view, at) & prefixMask(length, 3));
	let mixed = mix(hash, view.getInt32(at) & prefixMask(length, 0));
	mixed = mix(mixed, view.getInt32(at + 4) & prefixMask(length, 1));
	mixed = mix(mixed, view.getInt32(at + 8) & prefixMask(length, 2));
	return mix(mixed, view.getInt32(at + 12) & prefixMask(length, 3));
}

/** Whether both begin with the same `length` bits. */
export function samePrefix(view: DataView, a: Address, b: Address, length: PrefixLength): boolean {
	check(a, ADDRESS, view.byteLength);
	check(b, ADDRESS, view.byteLength);
	return (
		((v4Of(view, a) ^ v4Of(view, b)) & prefixMask(length, 3)) === 0 &&
		((view.getInt32(a + 8) ^ view.getInt32(b + 8)) & prefixMask(length, 2)) === 0 &&
		(!hasIpv6() ||
			(((view.getInt32(a + 4) ^ view.getInt32(b + 4)) & prefixMask(length, 1)) === 0 &&
				((view.getInt32(a) ^ view.getInt32(b)) & prefixMask(length, 0)) === 0))
	);
}

/** With how many equal bits both begin. */
export function commonBits(view: DataView, a: Address, b: Address): PrefixLength {
	check(a, ADDRESS, view.byteLength);
	check(b, ADDRESS, view.byteLength);
	for (let word = 0; word < 16; word += 4) {
		const equal = Math.clz32(view.getInt32(a + word) ^ view.getInt32(b + word));
		if (equal < 32) return word * 8 + equal;
	}
	return 128;
}
