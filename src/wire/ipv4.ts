// IPv4, RFC 791. `at` is the arena offset of the header.

import type { Offset, Range, Uint16, Uint8 } from "../packet/numbers.ts";
import { check } from "../packet/bounds.ts";

export const HEADER = 20;
export const TOS = 1;
export const TOTAL_LENGTH = 2;
export const IDENTIFICATION = 4;
export const FRAGMENT = 6;
export const TTL = 8;
export const PROTOCOL = 9;
export const CHECKSUM = 10;
export const SOURCE = 12;
export const DESTINATION = 16;

export const ICMP = 1;
export const IGMP = 2;
/** A packet of IPv4, RFC 2003 §3.1; and one of IPv6, RFC 4213 §3.5. */
export const IPV4_IN_IP = 4;
export const IPV6_IN_IP = 41;
export const TCP = 6;
export const UDP = 17;

export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;
/** More-fragments and the offset: not zero means a fragment. */
export const FRAGMENT_BITS = 0x3fff;

/** Lifetime of what we send. RFC 1700. */
export const DEFAULT_TTL = 64;

export const BROADCAST = 0xffffffff | 0;

/** Version 4, and both lengths possible within the bytes there are. The checksum is a check of its own. */
export function valid(view: DataView, at: Offset, end: Offset): boolean {
	if (end - at < HEADER) return false;
	check(at, HEADER, view.byteLength);
	if (view.getUint8(at) >> 4 !== 4) return false;
	const header = headerLength(view, at);
	const total = totalLength(view, at);
	return header >= HEADER && total >= header && total <= end - at;
}

/** Header length with options, bytes. */
export function headerLength(view: DataView, at: Offset): Range<0, 60> {
	return (view.getUint8(at) & 15) << 2;
}

/** Types of options, RFC 791 §3.1. */
export const END_OF_OPTIONS = 0;
export const NO_OPERATION = 1;
export const RECORD_ROUTE = 7;
/** Types from this on are in all fragments of a packet. */
export const COPIED = 128;
export const LOOSE_SOURCE_ROUTE = 131;
export const STRICT_SOURCE_ROUTE = 137;
/** Answer of `badOption`. */
export const SOURCE_ROUTE = -1;

/** Offset of the first option octet that cannot be, SOURCE_ROUTE when a source route stands before it, or 0 when all options fit the header. RFC 791 §3.1. */
export function badOption(view: DataView, at: Offset, header: Range<0, 60>): number {
	let option = HEADER;
	while (option < header) {
		const type = view.getUint8(at + option);
		if (type === END_OF_OPTIONS) return 0;
		if (type === NO_OPERATION) {
			option++;
			continue;
		}
		if (type === LOOSE_SOURCE_ROUTE || type === STRICT_SOURCE_ROUTE) return SOURCE_ROUTE;
		if (option + 1 === header) return option;
		const length = view.getUint8(at + option + 1);
		if (length < 2 || option > header - length) return option + 1;
		option += length;
	}
	return 0;
}

/** Header and payload, bytes. */
export function totalLength(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + TOTAL_LENGTH);
}

export function ttl(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + TTL);
}

export function protocol(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + PROTOCOL);
}

export function source(view: DataView, at: Offset): number {
	return view.getInt32(at + SOURCE);
}

export function destination(view: DataView, at: Offset): number {
	return view.getInt32(at + DESTINATION);
}

export function isFragment(view: DataView, at: Offset): boolean {
	return (view.getUint16(at + FRAGMENT) & FRAGMENT_BITS) !== 0;
}

export function dontFragment(view: DataView, at: Offset): boolean {
	return (view.getUint16(at + FRAGMENT) & DONT_FRAGMENT) !== 0;
}

/** Class D, 224.0.0.0/4. RFC 1112. */
export function isMulticast(address: number): boolean {
	return (address & 0xf0000000) === (0xe0000000 | 0);
}

/** 127.0.0.0/8. RFC 1122 §3.2.1.3 (g). */
export function isLoopback(address: number): boolean {
	return (address & 0xff000000) === 0x7f000000;
}

/** 169.254.0.0/16, RFC 3927: addresses of one link. */
export function isLinkLocal(address: number): boolean {
	return (address & 0xffff0000) === (0xa9fe0000 | 0);
}

/** The mask of a prefix length, 0 to 32. */
export function mask(length: number): number {
	return length === 0 ? 0 : (-1 << (32 - length)) | 0;
}
