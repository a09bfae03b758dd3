// Van Jacobson's compression of TCP/IP headers, RFC 1144; over PPP, RFC 1332 §4. Read RFC 1144 §3.2 first, whose names these are, and appendix A. Twins of the C functions of
// the same name (native/vj.c). Compressor and decompressor are a block of memory each.

import { check } from "./bounds.ts";
import { checksum } from "./checksum.ts";

/** Types of packets. PPP: protocols 0x0021, 0x002f, 0x002d. SLIP: bits of the first octet, see `slipType`. */
export const VJ_IP = 0;
export const VJ_UNCOMPRESSED_TCP = 1;
export const VJ_COMPRESSED_TCP = 2;
/** `vjCompress` answers at << VJ_TYPE_BITS | type. */
export const VJ_TYPE_BITS = 2;

/** The block: words, then the slots. */
const SLOTS = 0;
/** Slot of the packet before; NO_SLOT says that the next one must name its own. For the decompressor this is RFC 1144's "toss": nothing without an id is taken. */
const LAST = 4;
const COMPRESS_ID = 8;
/** The compressor's count of packets, for the slots' ages. */
const CLOCK = 12;
const FIRST_SLOT = 16;
/** A slot: when it was used, how long its header is (0: never used), the header. */
const USED = 0;
const LENGTH = 4;
const HEADER = 8;
/** Largest IP and TCP headers together. */
const MAX_HEADER = 120;
const SLOT = HEADER + MAX_HEADER;

const NO_SLOT = -1;
const MAX_SLOTS = 256;

const TCP = 6;
/** IP header. */
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FRAGMENT = 6;
const TTL_PROTOCOL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;
const IP_OPTIONS = 20;
/** TCP header. */
const SEQ = 4;
const ACK = 8;
const OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const TCP_CHECKSUM = 16;
const URGENT_POINTER = 18;
const TCP_OPTIONS = 20;
const TCP_HEADER = 20;

const FLAG_PUSH = 8;
const FLAG_ACK = 16;
const FLAG_URGENT = 32;
/** FIN, SYN, RST, ACK. */
const FLAGS_OF_STATE = 23;

/** The change mask. */
const NEW_C = 0x40;
const NEW_I = 0x20;
const PUSH = 0x10;
const NEW_S = 8;
const NEW_A = 4;
const NEW_W = 2;
const NEW_U = 1;
/** Echoed interactive traffic, and unidirectional data: combinations that do not come up otherwise. */
const SPECIAL_I = NEW_S | NEW_W | NEW_U;
const SPECIAL_D = NEW_S | NEW_A | NEW_W | NEW_U;
const SPECIALS = 15;

/** Bytes of a block for so many slots. */
export function vjBytes(slots: number): number {
	return FIRST_SLOT + slots * SLOT;
}

/** Begins anew. `slots`: 1 to 256, RFC 1332's Max-Slot-Id and one. `compressId`: the compressor may leave the slot's id out where it is the same as before. */
export function vjReset(view: DataView, state: number, slots: number, compressId: boolean): void {
	if (!(slots >= 1 && slots <= MAX_SLOTS)) throw new RangeError(`${slots} slots: expected 1 to ${MAX_SLOTS}`);
	check(state, vjBytes(slots), view.byteLength);
	for (let at = state; at < state + vjBytes(slots); at += 4) view.setInt32(at, 0, true);
	view.setInt32(state + SLOTS, slots, true);
	view.setInt32(state + LAST, NO_SLOT, true);
	view.setInt32(state + COMPRESS_ID, compressId ? 1 : 0, true);
}

/** Tells the decompressor that a frame was lost: what comes is tossed until a packet names its slot. RFC 1144 §4.1. */
export function vjToss(view: DataView, state: number): void {
	view.setInt32(state + LAST, NO_SLOT, true);
}

/** SLIP: writes the type of the packet at `at` into its first octet. RFC 1144 §3.2.2: the version's place, which is 4 in IP packets. */
export function slipMark(view: DataView, at: number, type: number): void {
	if (type === VJ_UNCOMPRESSED_TCP) view.setUint8(at, view.getUint8(at) | 0x70);
	else if (type === VJ_COMPRESSED_TCP) view.setUint8(at, view.getUint8(at) | 0x80);
}

/** SLIP: the type of the packet at `at`, and takes it off the first octet where it stands in the version's place. */
export function slipType(view: DataView, at: number): number {
	const first = view.getUint8(at);
	// The bit is no part of the change mask, and nobody looks at it there.
	if (first & 0x80) return VJ_COMPRESSED_TCP;
	if (first < 0x70) return VJ_IP;
	view.setUint8(at, first & 0x4f);
	return VJ_UNCOMPRESSED_TCP;
}

/** Checks that the block lies in `view`. Answers how many slots it has. */
function slotsOf(view: DataView, state: number): number {
	check(state, FIRST_SLOT, view.byteLength);
	const slots = view.getInt32(state + SLOTS, true);
	if (!(slots >= 1 && slots <= MAX_SLOTS)) throw new RangeError(`${slots} slots: expected 1 to ${MAX_SLOTS}`);
	check(state, vjBytes(slots), view.byteLength);
	return slots;
}

/** Length of IP header and TCP header together when they are valid and end by `end`, or 0. */
function headerLength(view: DataView, at: number, end: number): number {
	if (end - at < IP_OPTIONS + TCP_HEADER) return 0;
	const version = view.getUint8(at);
	const ip = (version & 15) << 2;
	if (version >> 4 !== 4 || ip < IP_OPTIONS || end - at < ip + TCP_HEADER) return 0;
	const tcp = (view.getUint8(at + ip + OFFSET) >> 4) << 2;
	return tcp < TCP_HEADER || end - at < ip + tcp ? 0 : ip + tcp;
}

function sameBytes(view: DataView, a: number, b: number, length: number): boolean {
	for (let i = 0; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
	return true;
}

function copyBytes(view: DataView, to: number, from: number, length: number): void {
	for (let i = 0; i < length; i++) view.setUint8(to + i, view.getUint8(from + i));
}

/** Whether the slot at `slot` holds the connection of the packet at `at`, whose IP header has `ip` bytes. */
function sameConnection(view: DataView, slot: number, at: number, ip: number): boolean {
	const old = slot + HEADER;
	if (view.getInt32(slot + LENGTH, true) === 0) return false;
	if (view.getInt32(old + SOURCE) !== view.getInt32(at + SOURCE)) return false;
	if (view.getInt32(old + DESTINATION) !== view.getInt32(at + DESTINATION)) return false;
	return view.getInt32(old + ((view.getUint8(old) & 15) << 2)) === view.getInt32(at + ip);
}

/** Index of the slot of that connection, or ~index of the one that was not used for longest. */
function findSlot(view: DataView, state: number, slots: number, at: number, ip: number): number {
	const clock = view.getInt32(state + CLOCK, true);
	let oldest = 0;
	let age = -1;
	for (let i = 0; i < slots; i++) {
		const slot = state + FIRST_SLOT + i * SLOT;
		if (sameConnection(view, slot, at, ip)) return i;
		const unused = (clock - view.getInt32(slot + USED, true)) & 0x7fffffff;
		if (unused > age) {
			age = unused;
			oldest = i;
		}
	}
	return ~oldest;
}

/** The compressed header while it is made: at most the mask, an id, the checksum, and five numbers of three bytes. Made once. */
const header = new Uint8Array(19);
let used = 0;

/** A number from 1 to 0xffff; 0 too where the field may be that. §3.2.2. */
function encode(value: number): void {
	if (value === 0 || value > 255) {
		header[used++] = 0;
		header[used++] = value >> 8;
	}
	header[used++] = value;
}

/** Encodes what changed since the header at `old`. Answers the change mask, or -1 when the packet has to go uncompressed. */
function changesSince(view: DataView, old: number, at: number, ip: number, length: number): number {
	const tcp = at + ip;
	const oldTcp = old + ip;
	const flags = view.getUint8(tcp + FLAGS);
	// What the change mask has no bit for: version and header lengths, TOS, fragmentation, TTL, options, ECN.
	if (view.getUint16(at) !== view.getUint16(old) || view.getUint16(at + FRAGMENT) !== view.getUint16(old + FRAGMENT)) return -1;
	if (view.getUint16(at + TTL_PROTOCOL) !== view.getUint16(old + TTL_PROTOCOL)) return -1;
	if (view.getUint8(tcp + OFFSET) !== view.getUint8(oldTcp + OFFSET)) return -1;
	if ((flags ^ view.getUint8(oldTcp + FLAGS)) & ~(FLAG_PUSH | FLAG_URGENT)) return -1;
	if (!sameBytes(view, at + IP_OPTIONS, old + IP_OPTIONS, ip - IP_OPTIONS)) return -1;
	if (!sameBytes(view, tcp + TCP_OPTIONS, oldTcp + TCP_OPTIONS, length - ip - TCP_OPTIONS)) return -1;

	let changes = 0;
	const urgent = view.getUint16(tcp + URGENT_POINTER);
	if (flags & FLAG_URGENT) {
		encode(urgent);
		changes |= NEW_U;
	} else if (urgent !== view.getUint16(oldTcp + URGENT_POINTER)) return -1;
	const window = (view.getUint16(tcp + WINDOW) - view.getUint16(oldTcp + WINDOW)) & 0xffff;
	if (window !== 0) {
		encode(window);
		changes |= NEW_W;
	}
	const ack = (view.getInt32(tcp + ACK) - view.getInt32(oldTcp + ACK)) | 0;
	if (ack < 0 || ack > 0xffff) return -1;
	if (ack !== 0) {
		encode(ack);
		changes |= NEW_A;
	}
	const seq = (view.getInt32(tcp + SEQ) - view.getInt32(oldTcp + SEQ)) | 0;
	if (seq < 0 || seq > 0xffff) return -1;
	if (seq !== 0) {
		encode(seq);
		changes |= NEW_S;
	}
	const oldData = view.getUint16(old + TOTAL_LENGTH) - length;
	// RFC 1144's decompressor leaves URG as it was when a special case comes.
	const special = !(view.getUint8(oldTcp + FLAGS) & FLAG_URGENT);
	if (changes === 0) {
		// Data behind an acknowledgement without any is sent compressed. Otherwise this is a retransmission, or a window probe: perhaps the peer missed the compressed one.
		if (view.getUint16(at + TOTAL_LENGTH) === view.getUint16(old + TOTAL_LENGTH) || oldData !== 0) return -1;
	} else if (changes === SPECIAL_I || changes === SPECIAL_D) return -1;
	else if (special && changes === (NEW_S | NEW_A) && seq === ack && seq === oldData) {
		changes = SPECIAL_I;
		used = 0;
	} else if (special && changes === NEW_S && seq === oldData) {
		changes = SPECIAL_D;
		used = 0;
	}
	const identification = (view.getUint16(at + IDENTIFICATION) - view.getUint16(old + IDENTIFICATION)) & 0xffff;
	if (identification !== 1) {
		encode(identification);
		changes |= NEW_I;
	}
	return flags & FLAG_PUSH ? changes | PUSH : changes;
}

/**
 * Compresses the IP packet in bytes `at` to `end` in its place, with the compressor's block at `state`. Answers at << 2 | type: where it begins now, and which it is. As VJ_IP it is
 * untouched. What was compressed must be sent, once and in this order.
 */
export function vjCompress(view: DataView, state: number, at: number, end: number): number {
	const slots = slotsOf(view, state);
	check(at, end - at, view.byteLength);
	const asIs = (at << VJ_TYPE_BITS) | VJ_IP;
	const length = headerLength(view, at, end);
	if (length === 0 || view.getUint8(at + PROTOCOL) !== TCP || view.getUint16(at + FRAGMENT) & 0x3fff) return asIs;
	// The peer takes the frame's length for the packet's.
	if (view.getUint16(at + TOTAL_LENGTH) !== end - at) return asIs;
	const ip = (view.getUint8(at) & 15) << 2;
	const tcp = at + ip;
	if ((view.getUint8(tcp + FLAGS) & FLAGS_OF_STATE) !== FLAG_ACK) return asIs;

	const found = findSlot(view, state, slots, at, ip);
	const id = found < 0 ? ~found : found;
	const slot = state + FIRST_SLOT + id * SLOT;
	const clock = (view.getInt32(state + CLOCK, true) + 1) | 0;
	view.setInt32(state + CLOCK, clock, true);
	view.setInt32(slot + USED, clock, true);
	used = 0;
	const changes = found < 0 ? -1 : changesSince(view, slot + HEADER, at, ip, length);
	view.setInt32(slot + LENGTH, length, true);
	copyBytes(view, slot + HEADER, at, length);
	const named = changes < 0 || view.getInt32(state + LAST, true) !== id || view.getInt32(state + COMPRESS_ID, true) === 0;
	view.setInt32(state + LAST, id, true);
	if (changes < 0) {
		view.setUint8(at + PROTOCOL, id);
		return (at << VJ_TYPE_BITS) | VJ_UNCOMPRESSED_TCP;
	}
	const tcpChecksum = view.getUint16(tcp + TCP_CHECKSUM);
	const start = at + length - used - (named ? 4 : 3);
	view.setUint8(start, named ? changes | NEW_C : changes);
	if (named) view.setUint8(start + 1, id);
	view.setUint16(start + (named ? 2 : 1), tcpChecksum);
	for (let i = 0; i < used; i++) view.setUint8(at + length - used + i, header[i]!);
	return (start << VJ_TYPE_BITS) | VJ_COMPRESSED_TCP;
}

/** An uncompressed packet: its header is what the next ones are told from. */
function remember(view: DataView, state: number, slots: number, at: number, end: number): number {
	const length = headerLength(view, at, end);
	const id = length === 0 ? slots : view.getUint8(at + PROTOCOL);
	if (id >= slots) return -1;
	view.setUint8(at + PROTOCOL, TCP);
	// SLIP has no FCS: a header that is wrong would spoil all packets behind it.
	if (checksum(view, at, at + ((view.getUint8(at) & 15) << 2), 0) !== 0xffff) return -1;
	const slot = state + FIRST_SLOT + id * SLOT;
	view.setInt32(slot + LENGTH, length, true);
	copyBytes(view, slot + HEADER, at, length);
	view.setInt32(state + LAST, id, true);
	return at;
}

/** Where the compressed header is read; beyond `readEnd` when it was too short. */
let next = 0;
let readEnd = 0;

function octet(view: DataView): number {
	const at = next++;
	return at < readEnd ? view.getUint8(at) : 0;
}

function decode(view: DataView): number {
	const first = octet(view);
	if (first !== 0) return first;
	const high = octet(view);
	return (high << 8) | octet(view);
}

function add16(view: DataView, at: number, value: number): void {
	view.setUint16(at, view.getUint16(at) + value);
}

function add32(view: DataView, at: number, value: number): void {
	view.setInt32(at, (view.getInt32(at) + value) | 0);
}

/** Reads what changed into the header at `old`, whose TCP header is at `tcp`. */
function applyChanges(view: DataView, old: number, tcp: number, length: number, changes: number): void {
	const special = changes & SPECIALS;
	let flags = view.getUint8(tcp + FLAGS) & ~(FLAG_PUSH | FLAG_URGENT);
	if (changes & PUSH) flags |= FLAG_PUSH;
	if (special === SPECIAL_I || special === SPECIAL_D) {
		const data = view.getUint16(old + TOTAL_LENGTH) - length;
		if (special === SPECIAL_I) add32(view, tcp + ACK, data);
		add32(view, tcp + SEQ, data);
	} else {
		if (changes & NEW_U) {
			flags |= FLAG_URGENT;
			view.setUint16(tcp + URGENT_POINTER, decode(view));
		}
		if (changes & NEW_W) add16(view, tcp + WINDOW, decode(view));
		if (changes & NEW_A) add32(view, tcp + ACK, decode(view));
		if (changes & NEW_S) add32(view, tcp + SEQ, decode(view));
	}
	view.setUint8(tcp + FLAGS, flags);
	add16(view, old + IDENTIFICATION, changes & NEW_I ? decode(view) : 1);
}

/** A compressed packet. Answers where the whole one begins, or -1. */
function expand(view: DataView, state: number, slots: number, at: number, end: number, low: number, high: number): number {
	next = at;
	readEnd = end;
	const changes = octet(view);
	const id = changes & NEW_C ? octet(view) : view.getInt32(state + LAST, true);
	if (id < 0 || id >= slots) return -1;
	view.setInt32(state + LAST, id, true);
	const slot = state + FIRST_SLOT + id * SLOT;
	const old = slot + HEADER;
	const length = view.getInt32(slot + LENGTH, true);
	if (length < 0 || length > MAX_HEADER || length === 0 || headerLength(view, old, old + length) !== length) return -1;
	const ip = (view.getUint8(old) & 15) << 2;
	const tcp = old + ip;
	const tcpChecksum = (octet(view) << 8) | octet(view);
	applyChanges(view, old, tcp, length, changes);
	const data = end - next;
	const total = length + data;
	if (data < 0 || total > 0xffff || high - low < total) return -1;
	view.setUint16(tcp + TCP_CHECKSUM, tcpChecksum);
	view.setUint16(old + TOTAL_LENGTH, total);
	view.setUint16(old + CHECKSUM, 0);
	view.setUint16(old + CHECKSUM, checksum(view, old, old + ip, 0) ^ 0xffff);
	// Before the data, where there is room; otherwise the data moves.
	const start = Math.max(low, Math.min(next - length, high - total));
	new Uint8Array(view.buffer, view.byteOffset, view.byteLength).copyWithin(start + length, next, end);
	copyBytes(view, start, old, length);
	return start;
}

/**
 * Makes the packet in bytes `at` to `end`, which came as `type`, an IP packet again, with the decompressor's block at `state`. It may lie anywhere in bytes `low` to `high`, which hold `at` to
 * `end` too. Answers where it begins (its length is its own), or -1: it makes no sense, or comes behind one that was lost. Whether it is right is for TCP's checksum to tell.
 */
export function vjDecompress(
	view: DataView,
	state: number,
	type: number,
	at: number,
	end: number,
	low: number,
	high: number,
): number {
	const slots = slotsOf(view, state);
	check(low, high - low, view.byteLength);
	check(at - low, end - at, high - low);
	let start = at;
	if (type === VJ_UNCOMPRESSED_TCP) start = remember(view, state, slots, at, end);
	else if (type === VJ_COMPRESSED_TCP) start = expand(view, state, slots, at, end, low, high);
	else if (type !== VJ_IP) start = -1;
	if (start < 0) vjToss(view, state);
	return start;
}
