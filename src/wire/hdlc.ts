// What encoder and decoder of PPP in HDLC-like framing (kernels/hdlc.ts) remember and agree on. RFC 1662 §3 and §4.

export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
/** What an escaped octet is exclusive-ored with. */
export const TURN = 0x20;
export const ALL_STATIONS = 0xff;
export const UNNUMBERED = 0x03;

/** RFC 1662 §C.2: the FCS before the first octet, and what the FCS over a good frame and its own FCS comes to. */
export const INITIAL_FCS = 0xffff;
export const GOOD_FCS = 0xf0b8;

export const LCP = 0xc021;

/** `flags` of `hdlcEncode`, or-ed: what is left out. The first two are COMPRESS_ADDRESS and COMPRESS_PROTOCOL of device/serial.ts. */
export const NO_ADDRESS = 1;
export const NO_PROTOCOL_HIGH = 2;
/** The opening flag: the closing flag of the frame before, sent just now, serves. RFC 1662 §3.1. */
export const NO_OPENING_FLAG = 4;

/** A decoder's memory: words at these offsets, bytes. The C struct of the same name is the same. */
/** Octets of information and FCS so far. */
export const COUNT = 0;
export const FCS = 4;
export const STATE = 8;
export const PROTOCOL = 12;
/** The receiver's map: bit n, the character n is dropped when it comes unescaped. Set it at any time. */
export const HDLC_ACCM = 16;
/** Counters. */
export const HDLC_BAD_FCS = 20;
export const HDLC_ABORTS = 24;
export const HDLC_TOO_LONG = 28;
export const HDLC_TOO_SHORT = 32;
/** Address and control that are not 0xff 0x03, or a protocol that is none. */
export const HDLC_BAD_HEADER = 36;
/** Of the last `hdlcDecode`: 0, LOST, or protocol << 16 | length. Not part of the C struct. */
export const HDLC_RESULT = 40;
export const HDLC_DECODER = 44;

/** STATE: which octet of the header comes next, and flags. */
export const ADDRESS_NEXT = 0;
export const CONTROL_NEXT = 1;
export const PROTOCOL_NEXT = 2;
export const PROTOCOL_LOW_NEXT = 3;
export const INFORMATION = 4;
export const STAGE = 7;
export const ESCAPED = 8;
export const SPOILED = 16;
export const HEADER_BAD = 32;
export const LENGTH_BAD = 64;

export const LOST = -1;

/** One octet into the FCS. RFC 1662 §C.2, but by shifts instead of a table: 1 + x^5 + x^12 has few terms. */
export function fcs16(fcs: number, octet: number): number {
	const x = (fcs ^ octet) & 0xff;
	const y = (x ^ (x << 4)) & 0xff;
	return (fcs >> 8) ^ (y << 8) ^ (y << 3) ^ (y >> 4);
}

/** Makes the decoder at `state` forget the frame that has begun. Counters and map stay. */
export function hdlcReset(view: DataView, state: number): void {
	view.setInt32(state + COUNT, 0, true);
	view.setInt32(state + FCS, INITIAL_FCS, true);
	view.setInt32(state + STATE, ADDRESS_NEXT, true);
}

/** Octets of information of the frame that has begun, its FCS perhaps among them; and its protocol, once there is information. */
export function hdlcBegun(view: DataView, state: number): number {
	return view.getInt32(state + COUNT, true);
}

export function hdlcProtocol(view: DataView, state: number): number {
	return view.getInt32(state + PROTOCOL, true);
}

/** Octets were lost here (an overrun): the frame that has begun will be LOST. */
export function hdlcSpoil(view: DataView, state: number): void {
	view.setInt32(state + STATE, view.getInt32(state + STATE, true) | SPOILED, true);
}
