// ICMPv6, RFC 4443, and neighbour discovery's messages, RFC 4861 §4. `at` is the arena offset of the ICMP header.

import type { Address, Offset, Uint8 } from "../packet/numbers.ts";
import * as mld from "./mld.ts";

export const HEADER = 8;
export const CODE = 1;
export const CHECKSUM = 2;
export const REST = 4;

/** Errors: types below INFORMATION. */
export const UNREACHABLE = 1;
export const PACKET_TOO_BIG = 2;
export const TIME_EXCEEDED = 3;
export const PARAMETER_PROBLEM = 4;
export const INFORMATION = 128;

export const ECHO_REQUEST = 128;
export const ECHO_REPLY = 129;
export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;
export const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;
export const REDIRECT = 137;

/** Codes of UNREACHABLE. */
export const NO_ROUTE = 0;
export const BEYOND_SCOPE = 2;
export const ADDRESS_UNREACHABLE = 3;
export const PORT_UNREACHABLE = 4;

/** Codes of PARAMETER_PROBLEM. */
export const UNKNOWN_HEADER = 1;
export const UNKNOWN_OPTION = 2;

/** Of neighbour discovery: every message has been sent by a neighbour, as no router lets this hop limit pass. RFC 4861 §3.1. */
export const HOPS = 255;
/** Neighbour solicitations and advertisements: the address that is asked for, or told; and where their options begin. */
export const TARGET = 8;
/** Where a redirect has the destination that it is about. RFC 4861 §4.5. */
export const REDIRECTED = 24;
export const NEIGHBOR_OPTIONS = 24;

/** Bits in the first octet of REST of an advertisement. */
export const FROM_ROUTER = 0x80;
export const SOLICITED = 0x40;
export const OVERRIDE = 0x20;

/** Options of neighbour discovery, RFC 4861 §4.6; their length counts eight bytes each. NONCE: RFC 3971 §5.3.2, for RFC 7527. */
export const SOURCE_LINK_ADDRESS = 1;
export const TARGET_LINK_ADDRESS = 2;
export const PREFIX_INFORMATION = 3;
export const MTU = 5;
export const NONCE = 14;
/** RFC 4191 §2.3; RFC 8106 §5.1 and §5.2. */
export const ROUTE_INFORMATION = 24;
export const NAME_SERVERS = 25;
export const DOMAINS = 31;
/** Bits of PREFIX_INFORMATION: destinations are neighbours; addresses may be made of it. RFC 4861 §4.6.2. */
export const ON_LINK = 0x80;
export const AUTONOMOUS = 0x40;
/** Bytes of an advertisement of a router before its options. RFC 4861 §4.2. */
export const ADVERTISEMENT = 16;
/** Bytes of an option that has an Ethernet address, RFC 2464 §6: type, length and six bytes. */
export const LINK_OPTION = 8;

export function type(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at);
}

export function code(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + CODE);
}

export function isError(kind: Uint8): boolean {
	return kind < INFORMATION;
}

/** Whether it is neighbour discovery's. */
export function isDiscovery(kind: Uint8): boolean {
	return kind >= ROUTER_SOLICITATION && kind <= REDIRECT;
}

/** Whether it is MLD's: mld.ts. */
export function isMembership(kind: Uint8): boolean {
	return (kind >= mld.QUERY && kind <= mld.DONE) || kind === mld.REPORT_2;
}

export function target(at: Offset): Address {
	return at + TARGET;
}

/** Whether the options in bytes `at` to `end` have each a length that is there, and not 0. RFC 4861 §4.6. */
export function validOptions(view: DataView, at: Offset, end: Offset): boolean {
	let option = at;
	while (option < end) {
		if (end - option < 2) return false;
		const length = view.getUint8(option + 1) << 3;
		if (length === 0 || length > end - option) return false;
		option = (option + length) | 0;
	}
	return true;
}

/** Arena offset of the first option of that type among the valid ones in bytes `at` to `end`, 0 for none. */
export function findOption(view: DataView, at: Offset, end: Offset, wanted: Uint8): Offset {
	let option = at;
	while (option < end) {
		if (view.getUint8(option) === wanted) return option;
		option = (option + (view.getUint8(option + 1) << 3)) | 0;
	}
	return 0;
}
