// IPv6, RFC 8200. `at` is the arena offset of the header. Addresses stand in it as they stand in memory: packet/address.ts.

import { check } from "../packet/bounds.ts";
import type { Offset, Uint16, Uint8 } from "../packet/numbers.ts";

export const HEADER = 40;
export const PAYLOAD_LENGTH = 4;
export const NEXT_HEADER = 6;
export const HOP_LIMIT = 7;
export const SOURCE = 8;
export const DESTINATION = 24;

/** Extension headers, RFC 8200 §4, and what stands where nothing follows (§4.7). */
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;
export const ICMP = 58;

/** The first word of a header without traffic class and flow label. */
export const VERSION = 0x60000000;

/** Every link carries so much. RFC 8200 §5. */
export const LEAST_MTU = 1280;

/** Bytes of the fragment header. RFC 8200 §4.5. */
export const FRAGMENT_HEADER = 8;

/** Options of hop-by-hop and destination options headers, RFC 8200 §4.2: two that only fill up, and what is to be done with one that is not known. */
export const PAD1 = 0;
export const PADN = 1;
export const SKIP = 0;
export const DISCARD = 1;
export const DISCARD_TELL = 2;
export const DISCARD_TELL_ONE = 3;

/** Router alert (RFC 2711), which MLD has: nothing is to be done by a host. */
export const ROUTER_ALERT = 5;

/** Version 6, and a payload within the bytes that there are. */
export function valid(view: DataView, at: Offset, end: Offset): boolean {
	if (end - at < HEADER) return false;
	check(at, HEADER, view.byteLength);
	return view.getUint8(at) >> 4 === 6 && payloadLength(view, at) <= end - at - HEADER;
}

/** Everything behind the header, bytes. */
export function payloadLength(view: DataView, at: Offset): Uint16 {
	return view.getUint16(at + PAYLOAD_LENGTH);
}

export function nextHeader(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + NEXT_HEADER);
}

export function hopLimit(view: DataView, at: Offset): Uint8 {
	return view.getUint8(at + HOP_LIMIT);
}

/** Whether a header is an extension that has its length, in units of eight bytes behind the first, in its second octet. */
export function hasLength(header: Uint8): boolean {
	return header === HOP_BY_HOP || header === ROUTING || header === DESTINATION_OPTIONS;
}

/** Bytes of the extension header at `at` that has its length there. */
export function extensionLength(view: DataView, at: Offset): number {
	return (view.getUint8(at + 1) + 1) << 3;
}

/** Arena offset of the header of that protocol in the packet in bytes `at` to `end`, which stands behind extension headers perhaps, at `end` or beyond it where it is cut off; 0: it has another. */
export function upperHeader(view: DataView, at: Offset, end: Offset, protocol: Uint8): Offset {
	let header = nextHeader(view, at);
	let place: Offset = at + HEADER;
	while ((hasLength(header) || header === FRAGMENT) && end - place >= 8) {
		// Behind the header of another fragment than the first there is none; else that is as long as its second octet, 0, says.
		if (header === FRAGMENT && (view.getUint16(place + 2) & 0xfff8) !== 0) return 0;
		header = view.getUint8(place);
		place = (place + extensionLength(view, place)) | 0;
	}
	return header === protocol ? place : 0;
}

/** Arena offset of the fragment header of the packet in bytes `at` to `end`, 0 when it has none. */
export function fragmentHeader(view: DataView, at: Offset, end: Offset): Offset {
	let header = nextHeader(view, at);
	let place: Offset = at + HEADER;
	while (hasLength(header) && end - place >= 8) {
		header = view.getUint8(place);
		place = (place + extensionLength(view, place)) | 0;
	}
	return header === FRAGMENT && end - place >= FRAGMENT_HEADER ? place : 0;
}
