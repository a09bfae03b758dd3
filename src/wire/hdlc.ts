// PPP in HDLC-like framing, octet-stuffed: RFC 1662 §3 and §4. Spans of octets to frames, and frames into rings. What needs nothing goes in runs (kernels/runs.ts).

import { check } from "../packet/bounds.ts";
import { FramingBlock } from "../packet/framing-block.ts";
import type { Length, Offset, Uint16, Uint8 } from "../packet/numbers.ts";
import { ESCAPED, fcsOctet, forget, HEADER_BAD, INITIAL_FCS, LENGTH_BAD, LOST, put, SPOILED } from "./framing.ts";
import { copyIn } from "./kernels/copies.ts";
import { fcs16, hdlcPlain } from "./kernels/runs.ts";

const FLAG = 0x7e;
const ESCAPE = 0x7d;
/** What an escaped octet is exclusive-ored with. */
const TURN = 0x20;
const ALL_STATIONS = 0xff;
const UNNUMBERED = 0x03;

/** What the FCS over a good frame and its own FCS comes to. RFC 1662 §C.2. */
const GOOD_FCS = 0xf0b8;

const LCP = 0xc021;

/** `flags` of `hdlcEncode`, or-ed: what is left out. The first two are COMPRESS_ADDRESS and COMPRESS_PROTOCOL of device/serial.ts. */
export const NO_ADDRESS = 1;
export const NO_PROTOCOL_HIGH = 2;
/** The opening flag: the closing flag of the frame before, sent just now, serves. RFC 1662 §3.1. */
export const NO_OPENING_FLAG = 4;

/** The octet that comes next, in the lower bits of the decoder's state. */
const STAGE = 7;
const ADDRESS_NEXT = 0;
const CONTROL_NEXT = 1;
const PROTOCOL_NEXT = 2;
const PROTOCOL_LOW_NEXT = 3;
const INFORMATION = 4;

/**
 * Takes octets `from` on of `line`, `count` of them, until a frame ends. Answers how many were taken; what came of it is `result` of the FramingBlock at `state`. The
 * information of the frame goes to `to`, `max` bytes at most (65,535 at most), and has to stay there from call to call: hand over the same place until the frame has ended.
 */
export function hdlcDecode(
	view: DataView,
	state: Offset,
	line: DataView,
	from: Offset,
	count: Length,
	to: Offset,
	max: Length,
): number {
	const framing = FramingBlock.of(view, state);
	check(from, count, line.byteLength);
	check(to, max, view.byteLength);
	check(0, max, 0xffff);
	const end = from + count;
	let next = from;
	framing.result = 0;
	while (next < end && framing.result === 0) {
		next = information(view, framing, line, next, end, to, max);
		if (next === end) break;
		const octet = line.getUint8(next);
		next++;
		if (octet !== FLAG) take(view, framing, octet, to, max);
		else {
			const result = frameEnd(framing);
			framing.result = result;
		}
	}
	return (next - from) | 0;
}

/** Takes the octets of information that need nothing. Answers where the next octet is. */
function information(
	view: DataView,
	framing: FramingBlock,
	line: DataView,
	next: Offset,
	end: Offset,
	to: Offset,
	max: Length,
): Offset {
	const count = framing.count;
	if ((framing.state & (STAGE | ESCAPED | LENGTH_BAD)) !== INFORMATION || count < 0 || count >= max) return next;
	const at = to + count;
	const taken = hdlcPlain(line, next, Math.min(end - next, max - count), framing.receiveAccm);
	copyIn(view, at, line, next, taken);
	const fcs = fcs16(view, at, taken, framing.fcs);
	framing.fcs = fcs;
	framing.count = count + taken;
	return next + taken;
}

/** Takes one octet that is no flag. */
function take(view: DataView, framing: FramingBlock, received: Uint8, to: Offset, max: Length): void {
	const state = framing.state;
	let octet = received;
	// Put in by something on the way: RFC 1662 §4.2. It does not end an escape either.
	if (octet < 0x20 && ((framing.receiveAccm >> octet) & 1) !== 0) return;
	if ((state & ESCAPED) !== 0) {
		framing.state = state & ~ESCAPED;
		octet ^= TURN;
	} else if (octet === ESCAPE) {
		framing.state = state | ESCAPED;
		return;
	}
	if ((state & LENGTH_BAD) !== 0) return;
	const count = framing.count;
	const fcs = fcsOctet(framing.fcs & 0xffff, octet);
	framing.fcs = fcs;
	if ((state & STAGE) !== INFORMATION) header(framing, octet);
	else if (count >= 0 && count < max + 2) {
		// The FCS behind the longest frame needs no place.
		if (count < max) view.setUint8(to + count, octet);
		framing.count = count + 1;
	} else framing.state = framing.state | LENGTH_BAD;
}

/** Address, control and protocol, each whether compressed or not. */
function header(framing: FramingBlock, octet: Uint8): void {
	const stage = framing.state & STAGE;
	let next = INFORMATION;
	if (stage === ADDRESS_NEXT && octet === ALL_STATIONS) next = CONTROL_NEXT;
	else if (stage === CONTROL_NEXT) next = octet === UNNUMBERED ? PROTOCOL_NEXT : HEADER_BAD | INFORMATION;
	else if (stage === PROTOCOL_LOW_NEXT) {
		framing.protocol = framing.protocol | octet;
		if ((octet & 1) === 0) next = HEADER_BAD | INFORMATION;
	} else if ((octet & 1) !== 0) framing.protocol = octet;
	else {
		// RFC 1661 §2: a protocol is odd, its first octet even. So an odd octet is all of a compressed one.
		framing.protocol = octet << 8;
		next = PROTOCOL_LOW_NEXT;
	}
	framing.state = (framing.state & ~STAGE) | next;
}

/** A flag came. Answers what the frame before it was: as `result`. */
function frameEnd(framing: FramingBlock): number {
	const state = framing.state;
	const count = framing.count;
	const fcs = framing.fcs;
	forget(framing);
	if ((state & SPOILED) !== 0) return LOST;
	if ((state & ESCAPED) !== 0) {
		framing.aborts = (framing.aborts + 1) | 0;
		return LOST;
	}
	// Flags between frames.
	if ((state & STAGE) === ADDRESS_NEXT) return 0;
	if ((state & LENGTH_BAD) !== 0) framing.tooLong = (framing.tooLong + 1) | 0;
	else if ((state & STAGE) !== INFORMATION || count < 2) framing.tooShort = (framing.tooShort + 1) | 0;
	else if (fcs !== GOOD_FCS) framing.badFcs = (framing.badFcs + 1) | 0;
	else if ((state & HEADER_BAD) !== 0) framing.badHeader = (framing.badHeader + 1) | 0;
	else return (framing.protocol << 16) | (count - 2);
	return LOST;
}

/**
 * Writes bytes `at` to `end` as the information of a frame into a ring: `size` bytes (a power of two) at `ring` of `line`, from its byte `offset` on (any number, taken modulo
 * `size`). Answers how many octets that took, or 0 when they were more than `room`: then what the room holds is void. `accm`: the characters to escape. LCP goes out with all of
 * them escaped and its header whole: RFC 1661 §6.5 and §6.6, RFC 1662 §7.1.
 */
export function hdlcEncode(
	view: DataView,
	at: Offset,
	end: Offset,
	line: DataView,
	ring: Offset,
	size: Length,
	offset: number,
	room: Length,
	protocol: Uint16,
	accm: number,
	flags: number,
): number {
	check(at, end - at, view.byteLength);
	check(ring, size, line.byteLength);
	check(0, room, size);
	check(0, 1, size);
	if ((size & (size - 1)) !== 0) throw new RangeError(`ring of ${size} bytes: expected a power of two`);
	const escaped = protocol === LCP ? -1 : accm;
	const left = protocol === LCP ? flags & NO_OPENING_FLAG : flags;
	let used = (left & NO_OPENING_FLAG) !== 0 ? 0 : put(line, ring, size, offset, room, 0, FLAG);
	let fcs = INITIAL_FCS;
	const octets = (ALL_STATIONS << 24) | (UNNUMBERED << 16) | (protocol & 0xffff);
	for (let shift = (left & NO_ADDRESS) !== 0 ? 8 : 24; shift >= 0; shift -= 8) {
		const octet = (octets >> shift) & 0xff;
		if (shift === 8 && octet === 0 && (left & NO_PROTOCOL_HIGH) !== 0) continue;
		fcs = fcsOctet(fcs, octet);
		used = stuff(line, ring, size, offset, room, used, octet, escaped);
	}
	let next = at;
	while (next < end && used <= room) {
		const place: Length = (offset + used) & (size - 1);
		const taken = hdlcPlain(view, next, Math.min((end - next) | 0, Math.min(size - place, (room - used) | 0)), escaped);
		copyIn(line, ring + place, view, next, taken);
		fcs = fcs16(view, next, taken, fcs);
		next += taken;
		used += taken;
		if (next === end) break;
		// One that is escaped, or that goes to the ring's beginning.
		const octet = view.getUint8(next);
		fcs = fcsOctet(fcs, octet);
		used = stuff(line, ring, size, offset, room, used, octet, escaped);
		next++;
	}
	used = stuff(line, ring, size, offset, room, used, ~fcs & 0xff, escaped);
	used = stuff(line, ring, size, offset, room, used, (~fcs >> 8) & 0xff, escaped);
	used = put(line, ring, size, offset, room, used, FLAG);
	return used <= room ? used : 0;
}

/** One octet behind `used` others, where there is room for it, escaped if need be. Answers how many that are. */
function stuff(
	line: DataView,
	ring: Offset,
	size: Length,
	offset: number,
	room: Length,
	used: Length,
	octet: Uint8,
	accm: number,
): Length {
	const plain = octet !== FLAG && octet !== ESCAPE && !(octet < 0x20 && ((accm >> octet) & 1) !== 0);
	if (plain) return put(line, ring, size, offset, room, used, octet);
	const escape = put(line, ring, size, offset, room, used, ESCAPE);
	return put(line, ring, size, offset, room, escape, octet ^ TURN);
}
