// ICMPv4, RFC 792 and 1122 §3.2.2. `at` is the arena offset of the ICMP header.

import type { Offset, Uint16, Uint8 } from "../packet/numbers.ts";

export const HEADER = 8;
export const CODE = 1;
export const CHECKSUM = 2;
export const REST = 4;

export const ECHO_REPLY = 0;
export const UNREACHABLE = 3;
export const REDIRECT = 5;
export const ECHO_REQUEST = 8;
export const TIME_EXCEEDED = 11;
export const PARAMETER_PROBLEM = 12;

/** Codes of UNREACHABLE. */
export const NET_UNREACHABLE = 0;
export const HOST_UNREACHABLE = 1;
export const PROTOCOL_UNREACHABLE = 2;
export const PORT_UNREACHABLE = 3;
export const FRAGMENTATION_NEEDED = 4;

export function type(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at);
}

export function code(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + CODE);
}

/** Identifier << 16 | sequence number of an echo. */
export function identifierAndSequence(view: DataView, at: Offset): number {
	return view.getInt32(at + REST);
}

/** Next-hop MTU of "fragmentation needed", 0 from old routers. RFC 1191 §4. */
export function nextHopMtu(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + 6);
}
