// SLIP, RFC 1055: IP packets on a serial line, between END characters.

import { check } from "../packet/bounds.ts";
import { FramingBlock } from "../packet/framing-block.ts";
import type { Length, Offset, Uint8 } from "../packet/numbers.ts";
import { ESCAPED, forget, LENGTH_BAD, LOST, put, SPOILED } from "./framing.ts";
import { copyIn } from "./kernels/copies.ts";

const END = 0o300;
const ESC = 0o333;
const ESC_END = 0o334;
const ESC_ESC = 0o335;

/** `flags` of `slipEncode`: leave the first END out, as that of the packet before, sent just now, serves. */
export const NO_FIRST_END = 4;

/** Four bytes of 1, and the highest bit of each of four. */
const EACH = 0x01010101;
const HIGH = 0x80808080 | 0;

/** Whether one of four bytes may be END or ESC. Differences carry into the byte above, so that some pass for one and are looked at again; never the other way round. */
function mayEnd(four: number): boolean {
	const end = four ^ (END * EACH);
	const escape = four ^ (ESC * EACH);
	return ((((end - EACH) & ~end) | ((escape - EACH) & ~escape)) & HIGH) !== 0;
}

/** How many bytes from `from` on come before END or ESC, `length` at most: most of every packet, looked at four at once. */
function plain(line: DataView, from: Offset, length: Length): Length {
	check(from, length, line.byteLength);
	const end = from + length;
	let next = from;
	while (next < end) {
		if ((next & 3) === 0) while (next + 4 <= end && !mayEnd(line.getInt32(next, true))) next += 4;
		if (next === end) break;
		const byte = line.getUint8(next);
		if (byte === END || byte === ESC) break;
		next++;
	}
	return next - from;
}

/**
 * Takes bytes `from` on of `line`, `count` of them, until a packet ends. Answers how many were taken; what came of it is `result` of the FramingBlock at `state`. The packet
 * goes to `to`, `max` bytes at most, and has to stay there from call to call: hand over the same place until the packet has ended.
 */
export function slipDecode(
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
	const end = from + count;
	let next = from;
	framing.result = 0;
	while (next < end && framing.result === 0) {
		const there = framing.count;
		if ((framing.state & ESCAPED) === 0 && there >= 0 && there < max) {
			const taken = plain(line, next, Math.min(end - next, max - there));
			copyIn(view, to + there, line, next, taken);
			framing.count = there + taken;
			next += taken;
			if (next === end) break;
		}
		const byte = line.getUint8(next);
		next++;
		if (byte !== END) take(view, framing, byte, to, max);
		else {
			const result = packetEnd(framing);
			framing.result = result;
		}
	}
	return (next - from) | 0;
}

/** Takes one byte that is not END. */
function take(view: DataView, framing: FramingBlock, received: Uint8, to: Offset, max: Length): void {
	const state = framing.state;
	const count = framing.count;
	let byte = received;
	if ((state & ESCAPED) !== 0) {
		framing.state = state & ~ESCAPED;
		// "If c is not one of these two, then we have a protocol violation. The best bet seems to be to leave the byte alone."
		if (byte === ESC_END) byte = END;
		else if (byte === ESC_ESC) byte = ESC;
	} else if (byte === ESC) {
		framing.state = state | ESCAPED;
		return;
	}
	if (count >= 0 && count < max) {
		view.setUint8(to + count, byte);
		framing.count = count + 1;
	} else framing.state = framing.state | LENGTH_BAD;
}

/** END came. Answers what the packet before it was: as `result`. */
function packetEnd(framing: FramingBlock): number {
	const state = framing.state;
	const count = framing.count;
	forget(framing);
	if ((state & SPOILED) !== 0) return LOST;
	// The program of RFC 1055 would take END for data here and join two packets, of which both would be lost.
	if ((state & ESCAPED) !== 0) framing.aborts = (framing.aborts + 1) | 0;
	else if ((state & LENGTH_BAD) !== 0) framing.tooLong = (framing.tooLong + 1) | 0;
	// Nothing between two ENDs is no packet.
	else return count;
	return LOST;
}

/**
 * Writes the packet in bytes `at` to `end` into a ring: `size` bytes (a power of two) at `ring` of `line`, from its byte `offset` on (any number, taken modulo `size`). Answers how
 * many bytes that took, or 0 when they were more than `room`: then what the room holds is void. It begins with an END too, which flushes what noise has put there (RFC 1055).
 */
export function slipEncode(
	view: DataView,
	at: Offset,
	end: Offset,
	line: DataView,
	ring: Offset,
	size: Length,
	offset: number,
	room: Length,
	flags: number,
): number {
	check(at, end - at, view.byteLength);
	check(ring, size, line.byteLength);
	check(0, room, size);
	check(0, 1, size);
	if ((size & (size - 1)) !== 0) throw new RangeError(`ring of ${size} bytes: expected a power of two`);
	let used = (flags & NO_FIRST_END) !== 0 ? 0 : put(line, ring, size, offset, room, 0, END);
	let next = at;
	while (next < end && used <= room) {
		const place: Length = (offset + used) & (size - 1);
		const taken = plain(view, next, Math.min((end - next) | 0, Math.min(size - place, (room - used) | 0)));
		copyIn(line, ring + place, view, next, taken);
		next += taken;
		used += taken;
		if (next === end) break;
		const byte = view.getUint8(next);
		next++;
		if (byte === END || byte === ESC) {
			used = put(line, ring, size, offset, room, used, ESC);
			used = put(line, ring, size, offset, room, used, byte === END ? ESC_END : ESC_ESC);
		} else used = put(line, ring, size, offset, room, used, byte); // to the ring's beginning
	}
	used = put(line, ring, size, offset, room, used, END);
	return used <= room ? used : 0;
}
