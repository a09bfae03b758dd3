// PPP in HDLC-like framing, octet-stuffed: RFC 1662 §3 and §4.

import { check } from "../../packet/bounds.ts";
import {
	FLAG,
	ESCAPE,
	TURN,
	ALL_STATIONS,
	UNNUMBERED,
	INITIAL_FCS,
	GOOD_FCS,
	LCP,
	NO_ADDRESS,
	NO_PROTOCOL_HIGH,
	NO_OPENING_FLAG,
	COUNT,
	FCS,
	STATE,
	PROTOCOL,
	HDLC_ACCM,
	HDLC_BAD_FCS,
	HDLC_ABORTS,
	HDLC_TOO_LONG,
	HDLC_TOO_SHORT,
	HDLC_BAD_HEADER,
	HDLC_RESULT,
	HDLC_DECODER,
	ADDRESS_NEXT,
	CONTROL_NEXT,
	PROTOCOL_NEXT,
	PROTOCOL_LOW_NEXT,
	INFORMATION,
	STAGE,
	ESCAPED,
	SPOILED,
	HEADER_BAD,
	LENGTH_BAD,
	LOST,
	fcs16,
	hdlcReset,
} from "../hdlc.ts";

/** A flag came: what the frame before it was. */
function frameEnd(view: DataView, state: number, bits: number, count: number, fcs: number): number {
	const stage = bits & STAGE;
	hdlcReset(view, state);
	if (bits & SPOILED) return LOST;
	if (bits & ESCAPED) return lost(view, state + HDLC_ABORTS);
	// Flags between frames.
	if (stage === ADDRESS_NEXT) return 0;
	if (bits & LENGTH_BAD) return lost(view, state + HDLC_TOO_LONG);
	if (stage !== INFORMATION || count < 2) return lost(view, state + HDLC_TOO_SHORT);
	if (fcs !== GOOD_FCS) return lost(view, state + HDLC_BAD_FCS);
	if (bits & HEADER_BAD) return lost(view, state + HDLC_BAD_HEADER);
	return (view.getInt32(state + PROTOCOL, true) << 16) | (count - 2);
}

function lost(view: DataView, counter: number): number {
	view.setInt32(counter, (view.getInt32(counter, true) + 1) | 0, true);
	return LOST;
}

/**
 * Takes octets `from` on, `count` of them, until a frame ends. Answers how many were taken; what came of it is in word HDLC_RESULT. The information of the frame goes to `to`,
 * `max` bytes at most (65,535 at most), and has to stay there from call to call: hand over the same place until the frame has ended.
 */
export function hdlcDecode(view: DataView, state: number, from: number, count: number, to: number, max: number): number {
	check(state, HDLC_DECODER, view.byteLength);
	check(from, count, view.byteLength);
	check(to, max, view.byteLength);
	check(0, max, 0xffff);
	const accm = view.getInt32(state + HDLC_ACCM, true);
	let length = view.getInt32(state + COUNT, true);
	let fcs = view.getInt32(state + FCS, true);
	let bits = view.getInt32(state + STATE, true);
	for (let i = 0; i < count; i++) {
		let octet = view.getUint8(from + i);
		if (octet === FLAG) {
			view.setInt32(state + HDLC_RESULT, frameEnd(view, state, bits, length, fcs), true);
			if (view.getInt32(state + HDLC_RESULT, true) !== 0) return i + 1;
			length = 0;
			fcs = INITIAL_FCS;
			bits = ADDRESS_NEXT;
			continue;
		}
		// Put in by something on the way: RFC 1662 §4.2. It does not end an escape either.
		if (octet < 0x20 && (accm >> octet) & 1) continue;
		if (octet === ESCAPE && !(bits & ESCAPED)) {
			bits |= ESCAPED;
			continue;
		}
		if (bits & ESCAPED) {
			bits &= ~ESCAPED;
			octet ^= TURN;
		}
		if (bits & LENGTH_BAD) continue;
		fcs = fcs16(fcs, octet);
		if ((bits & STAGE) !== INFORMATION) bits = header(view, state, bits, octet);
		else if (length < max) view.setUint8(to + length++, octet);
		// The FCS behind the longest frame needs no place.
		else if (length < max + 2) length++;
		else bits |= LENGTH_BAD;
	}
	view.setInt32(state + COUNT, length, true);
	view.setInt32(state + FCS, fcs, true);
	view.setInt32(state + STATE, bits, true);
	view.setInt32(state + HDLC_RESULT, 0, true);
	return count;
}

/** Address, control and protocol, each whether compressed or not. Answers STATE. */
function header(view: DataView, state: number, bits: number, octet: number): number {
	const stage = bits & STAGE;
	bits -= stage;
	if (stage === ADDRESS_NEXT && octet === ALL_STATIONS) return bits | CONTROL_NEXT;
	if (stage === CONTROL_NEXT) return bits | (octet === UNNUMBERED ? PROTOCOL_NEXT : HEADER_BAD | INFORMATION);
	if (stage === PROTOCOL_LOW_NEXT) {
		view.setInt32(state + PROTOCOL, view.getInt32(state + PROTOCOL, true) | octet, true);
		return bits | (octet & 1 ? INFORMATION : HEADER_BAD | INFORMATION);
	}
	// RFC 1661 §2: a protocol is odd, its first octet even. So an odd octet is all of a compressed one.
	view.setInt32(state + PROTOCOL, octet & 1 ? octet : octet << 8, true);
	return bits | (octet & 1 ? INFORMATION : PROTOCOL_LOW_NEXT);
}

/** Where the next octet of a frame goes to, in a ring of a power of two. Made once. */
class Ring {
	view!: DataView;
	base = 0;
	mask = 0;
	at = 0;
	room = 0;
	used = 0;
	accm = 0;
	fcs = 0;

	plain(octet: number): void {
		if (this.used < this.room) this.view.setUint8(this.base + ((this.at + this.used) & this.mask), octet);
		this.used++;
	}

	stuffed(octet: number): void {
		if (octet === FLAG || octet === ESCAPE || (octet < 0x20 && (this.accm >> octet) & 1)) {
			this.plain(ESCAPE);
			this.plain(octet ^ TURN);
		} else this.plain(octet);
	}

	octet(octet: number): void {
		this.fcs = fcs16(this.fcs, octet);
		this.stuffed(octet);
	}
}

const out = new Ring();

/**
 * Writes bytes `at` to `end` as the information of a frame into a ring: `size` bytes (a power of two) at `ring` of `line`, from its byte `offset` on (any number, taken modulo
 * `size`). Answers how many octets that took, or 0 when they were more than `room`: then what the room holds is void. `accm`: the characters to escape. LCP goes out with all of
 * them escaped and its header whole: RFC 1661 §6.5 and §6.6, RFC 1662 §7.1.
 */
export function hdlcEncode(
	view: DataView,
	at: number,
	end: number,
	line: DataView,
	ring: number,
	size: number,
	offset: number,
	room: number,
	protocol: number,
	accm: number,
	flags: number,
): number {
	check(at, end - at, view.byteLength);
	check(ring, size, line.byteLength);
	check(0, room, size);
	check(0, 1, size);
	if (size & (size - 1)) throw new RangeError(`ring of ${size} bytes: expected a power of two`);
	if (protocol === LCP) {
		accm = -1;
		flags &= NO_OPENING_FLAG;
	}
	out.view = line;
	out.base = ring;
	out.mask = size - 1;
	out.at = offset;
	out.room = room;
	out.used = 0;
	out.accm = accm;
	out.fcs = INITIAL_FCS;
	if (!(flags & NO_OPENING_FLAG)) out.plain(FLAG);
	if (!(flags & NO_ADDRESS)) {
		out.octet(ALL_STATIONS);
		out.octet(UNNUMBERED);
	}
	if (!(flags & NO_PROTOCOL_HIGH) || protocol & 0xff00) out.octet((protocol >> 8) & 255);
	out.octet(protocol & 255);
	for (; at < end && out.used <= room; at++) out.octet(view.getUint8(at));
	const fcs = ~out.fcs;
	out.stuffed(fcs & 255);
	out.stuffed((fcs >> 8) & 255);
	out.plain(FLAG);
	return out.used <= room ? out.used : 0;
}
