// RFC 1055: IP packets on a serial line, between END characters.

import { check } from "../../packet/bounds.ts";
import {
	END,
	ESC,
	ESC_END,
	ESC_ESC,
	NO_FIRST_END,
	COUNT,
	STATE,
	SLIP_TOO_LONG,
	SLIP_ABORTS,
	SLIP_RESULT,
	SLIP_DECODER,
	ESCAPED,
	SPOILED,
	LENGTH_BAD,
	LOST,
	slipReset,
} from "../slip.ts";

/** END came: what the packet before it was. */
function packetEnd(view: DataView, state: number, bits: number, count: number): number {
	slipReset(view, state);
	if (bits & SPOILED) return LOST;
	// The program of RFC 1055 would take END for data here and join two packets, of which both would be lost.
	if (bits & ESCAPED) return lost(view, state + SLIP_ABORTS);
	if (bits & LENGTH_BAD) return lost(view, state + SLIP_TOO_LONG);
	// Nothing between two ENDs is no packet.
	return count;
}

function lost(view: DataView, counter: number): number {
	view.setInt32(counter, (view.getInt32(counter, true) + 1) | 0, true);
	return LOST;
}

/**
 * Takes bytes `from` on, `count` of them, until a packet ends. Answers how many were taken; what came of it is in word SLIP_RESULT. The packet goes to `to`, `max` bytes at
 * most, and has to stay there from call to call: hand over the same place until the packet has ended.
 */
export function slipDecode(view: DataView, state: number, from: number, count: number, to: number, max: number): number {
	check(state, SLIP_DECODER, view.byteLength);
	check(from, count, view.byteLength);
	check(to, max, view.byteLength);
	let length = view.getInt32(state + COUNT, true);
	let bits = view.getInt32(state + STATE, true);
	for (let i = 0; i < count; i++) {
		let byte = view.getUint8(from + i);
		if (byte === END) {
			const result = packetEnd(view, state, bits, length);
			view.setInt32(state + SLIP_RESULT, result, true);
			if (result !== 0) return i + 1;
			length = 0;
			bits = 0;
			continue;
		}
		if (byte === ESC && !(bits & ESCAPED)) {
			bits |= ESCAPED;
			continue;
		}
		if (bits & ESCAPED) {
			bits &= ~ESCAPED;
			// "If c is not one of these two, then we have a protocol violation. The best bet seems to be to leave the byte alone."
			if (byte === ESC_END) byte = END;
			else if (byte === ESC_ESC) byte = ESC;
		}
		if (length < max) view.setUint8(to + length++, byte);
		else bits |= LENGTH_BAD;
	}
	view.setInt32(state + COUNT, length, true);
	view.setInt32(state + STATE, bits, true);
	view.setInt32(state + SLIP_RESULT, 0, true);
	return count;
}

/**
 * Writes the packet in bytes `at` to `end` into a ring: `size` bytes (a power of two) at `ring` of `line`, from its byte `offset` on (any number, taken modulo `size`). Answers how
 * many bytes that took, or 0 when they were more than `room`: then what the room holds is void. It begins with an END too, which flushes what noise has put there (RFC 1055).
 */
export function slipEncode(
	view: DataView,
	at: number,
	end: number,
	line: DataView,
	ring: number,
	size: number,
	offset: number,
	room: number,
	flags: number,
): number {
	check(at, end - at, view.byteLength);
	check(ring, size, line.byteLength);
	check(0, room, size);
	check(0, 1, size);
	if (size & (size - 1)) throw new RangeError(`ring of ${size} bytes: expected a power of two`);
	const mask = size - 1;
	let used = 0;
	if (!(flags & NO_FIRST_END)) {
		if (used < room) line.setUint8(ring + ((offset + used) & mask), END);
		used++;
	}
	for (; at < end && used <= room; at++) {
		let byte = view.getUint8(at);
		if (byte === END || byte === ESC) {
			if (used < room) line.setUint8(ring + ((offset + used) & mask), ESC);
			used++;
			byte = byte === END ? ESC_END : ESC_ESC;
		}
		if (used < room) line.setUint8(ring + ((offset + used) & mask), byte);
		used++;
	}
	if (used < room) line.setUint8(ring + ((offset + used) & mask), END);
	used++;
	return used <= room ? used : 0;
}
