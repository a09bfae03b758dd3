// Control packets: numbers, and the header that all of them have. RFC 1661 §5.

/** PPP protocols. IANA, "PPP DLL Protocol Numbers". */
export const IP = 0x0021;
export const VJ_COMPRESSED = 0x002d;
export const VJ_UNCOMPRESSED = 0x002f;
export const IPV6 = 0x0057;
export const IPCP = 0x8021;
export const IPV6CP = 0x8057;
export const LCP = 0xc021;
export const PAP = 0xc023;
export const CHAP = 0xc223;

/** Codes, RFC 1661 §5. */
export const CONFIGURE_REQUEST = 1;
export const CONFIGURE_ACK = 2;
export const CONFIGURE_NAK = 3;
export const CONFIGURE_REJECT = 4;
export const TERMINATE_REQUEST = 5;
export const TERMINATE_ACK = 6;
export const CODE_REJECT = 7;

/** Code, identifier, length. */
export const HEADER = 4;
/** Writes the head of a packet; the length is set by `finish`. */
export function begin(view: DataView, at: number, code: number, id: number): number {
	view.setUint8(at, code);
	view.setUint8(at + 1, id);
	return at + HEADER;
}

export function finish(view: DataView, at: number, end: number): number {
	view.setUint16(at + 2, end - at);
	return end;
}
