// DHCP for IPv4: the message (RFC 2131 §2) and its options (RFC 2132). `at` is the offset of the message, `end` that of the byte after it.

export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;

/** Bytes before the options, the magic cookie among them. */
export const HEADER = 240;
const OP = 0;
export const HTYPE = 1;
export const HLEN = 2;
const XID = 4;
export const SECS = 8;
export const FLAGS = 10;
export const CIADDR = 12;
export const YIADDR = 16;
export const GIADDR = 24;
export const CHADDR = 28;
const SNAME = 44;
export const FILE = 108;
const COOKIE = 236;

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** Hardware type Ethernet, and the length of its addresses. */
const ETHERNET = 1;
const ETHERNET_LENGTH = 6;
/** "Answer by broadcast: I have no address yet." RFC 2131 §4.1. */
export const BROADCAST_FLAG = 0x8000;
/** 99, 130, 83, 99: options follow. RFC 2131 §3. */
const MAGIC = 0x63825363;
/** What a BOOTP message has at least, bytes; relays drop shorter ones. RFC 1542 §2.1. */
const LEAST = 300;

/** Options, RFC 2132 unless said otherwise. */
const PAD = 0;
export const SUBNET_MASK = 1;
export const ROUTER = 3;
export const DNS = 6;
export const HOST_NAME = 12;
export const DOMAIN_NAME = 15;
export const INTERFACE_MTU = 26;
export const BROADCAST_ADDRESS = 28;
export const NTP = 42;
export const REQUESTED_ADDRESS = 50;
export const LEASE_TIME = 51;
const OVERLOAD = 52;
export const MESSAGE_TYPE = 53;
export const SERVER_ID = 54;
export const PARAMETERS = 55;
export const MESSAGE = 56;
export const MESSAGE_SIZE = 57;
export const RENEWAL_TIME = 58;
export const REBINDING_TIME = 59;
export const CLIENT_ID = 61;
/** RFC 3442. */
export const DOMAIN_SEARCH = 119;
export const CLASSLESS_ROUTES = 121;
export const END = 255;

/** Values of MESSAGE_TYPE. */
export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
export const INFORM = 8;

/** Whether a whole message for Ethernet lies there, with no option that is cut off. */
export function valid(view: DataView, at: number, end: number): boolean {
	if (end - at < HEADER || view.getInt32(at + COOKIE) !== MAGIC) return false;
	if (view.getUint8(at + HTYPE) !== ETHERNET || view.getUint8(at + HLEN) !== ETHERNET_LENGTH) return false;
	const overloaded = scan(view, at + HEADER, end);
	if (overloaded < 0 || ((overloaded & 1) !== 0 && scan(view, at + FILE, at + COOKIE) < 0)) return false;
	return (overloaded & 2) === 0 || scan(view, at + SNAME, at + FILE) >= 0;
}

/**
 * Goes through the options in bytes `at` to `end`, and notes them in `found`. Answers -1 when one is cut off, else which fields have options besides their own: 1 `file`,
 * 2 `sname`, 3 both (RFC 2132 §9.3). Some servers leave END out.
 */
function scan(view: DataView, at: number, end: number, found?: Map<number, Uint8Array>): number {
	let overloaded = 0;
	while (at < end) {
		const code = view.getUint8(at++);
		if (code === END) return overloaded;
		if (code === PAD) continue;
		if (at === end) return -1;
		const length = view.getUint8(at++);
		if (at + length > end) return -1;
		if (code === OVERLOAD && length === 1) overloaded = view.getUint8(at) & 3;
		if (found !== undefined) {
			let bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
			const before = found.get(code);
			if (before !== undefined) {
				const joined = new Uint8Array(before.length + length);
				joined.set(before);
				joined.set(bytes, before.length);
				bytes = joined;
			}
			found.set(code, bytes);
		}
		at += length;
	}
	return overloaded;
}

/**
 * The options of a valid message by code; good for as long as the message lies there. What stands in several pieces is joined, in the order of RFC 3396 §5: options, `file`,
 * `sname`.
 */
export function options(view: DataView, at: number, end: number): Map<number, Uint8Array> {
	const found = new Map<number, Uint8Array>();
	const overloaded = scan(view, at + HEADER, end, found);
	if ((overloaded & 1) !== 0) scan(view, at + FILE, at + COOKIE, found);
	if ((overloaded & 2) !== 0) scan(view, at + SNAME, at + FILE, found);
	return found;
}

/** A 4-byte option, or undefined when it is not there or not 4 bytes. */
export function wordOf(options: ReadonlyMap<number, Uint8Array>, code: number): number | undefined {
	const bytes = options.get(code);
	return bytes?.length === 4 ? (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]! : undefined;
}

/** A text for people, cut to 64 printable characters. */
export function textOf(options: ReadonlyMap<number, Uint8Array>, code: number): string {
	let text = "";
	for (const byte of options.get(code) ?? [])
		if (byte >= 0x20 && byte < 0x7f && text.length < 64) text += String.fromCharCode(byte);
	return text;
}

/** The bytes of ASCII characters. */
export function bytesOf(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}

export function op(view: DataView, at: number): number {
	return view.getUint8(at + OP);
}

export function xid(view: DataView, at: number): number {
	return view.getInt32(at + XID);
}

/** The address that the server gives. */
export function yiaddr(view: DataView, at: number): number {
	return view.getInt32(at + YIADDR);
}

/** Whether the message is for, or from, the station with that hardware address. */
export function isFor(view: DataView, at: number, mac: Uint8Array): boolean {
	for (let i = 0; i < ETHERNET_LENGTH; i++) if (view.getUint8(at + CHADDR + i) !== mac[i]) return false;
	return true;
}

/** Begins a message: everything else of its fixed part is zero, and what it has at least. Answers where its options go. */
export function begin(view: DataView, at: number, op: number, xid: number, mac: Uint8Array): number {
	new Uint8Array(view.buffer, view.byteOffset + at, Math.min(LEAST, view.byteLength - at)).fill(0);
	view.setUint8(at + OP, op);
	view.setUint8(at + HTYPE, ETHERNET);
	view.setUint8(at + HLEN, ETHERNET_LENGTH);
	view.setInt32(at + XID, xid);
	for (let i = 0; i < ETHERNET_LENGTH; i++) view.setUint8(at + CHADDR + i, mac[i]!);
	view.setInt32(at + COOKIE, MAGIC);
	return at + HEADER;
}

/** These write an option at `at`, and answer where the next one goes. */
export function addByte(view: DataView, at: number, code: number, value: number): number {
	view.setUint16(at, (code << 8) | 1);
	view.setUint8(at + 2, value);
	return at + 3;
}

export function addShort(view: DataView, at: number, code: number, value: number): number {
	view.setUint16(at, (code << 8) | 2);
	view.setUint16(at + 2, value);
	return at + 4;
}

export function addWord(view: DataView, at: number, code: number, value: number): number {
	view.setUint16(at, (code << 8) | 4);
	view.setInt32(at + 2, value);
	return at + 6;
}

/** Up to 255 bytes. */
export function addBytes(view: DataView, at: number, code: number, bytes: ArrayLike<number>): number {
	view.setUint16(at, (code << 8) | bytes.length);
	for (let i = 0; i < bytes.length; i++) view.setUint8(at + 2 + i, bytes[i]!);
	return at + 2 + bytes.length;
}

/** Ends the message that begins at `start`. Answers the offset of the byte after it. */
export function finish(view: DataView, start: number, at: number): number {
	view.setUint8(at, END);
	return Math.max(at + 1, start + LEAST); // PAD is 0
}
