// A datagram goes from the frame straight into the ring of the socket it is for: no packet buffer waits for an application.
// Twins of the C functions of the same name; packet/blocks.ts has the layout.

import { ARRIVED, DESTINATION, IP_AT, PAYLOAD_AT, PORTS, SOURCE } from "../packet/fields.ts";
import {
	UDP_AT,
	UDP_BLOCK,
	UDP_COUNT,
	UDP_LAST,
	UDP_LAST_SLOT,
	UDP_RECORD,
	UDP_RING,
	UDP_SIZE,
	UDP_USED,
} from "../packet/blocks.ts";
import { check } from "./bounds.ts";
import { ringPut, ringRead, type Bytes } from "./copies.ts";
import * as ipv4 from "./ipv4.ts";
import { ANOTHER } from "./kinds.ts";
import * as udp from "./udp.ts";

function word(view: DataView, at: number): number {
	return view.getInt32(at, true);
}

/** Whether the block's words describe a ring within the arena. */
function hasRing(view: DataView, block: number): boolean {
	const size = view.getUint32(block + UDP_SIZE, true);
	return (
		view.getUint32(block + UDP_RING, true) + size <= view.byteLength &&
		view.getUint32(block + UDP_AT, true) < size &&
		view.getUint32(block + UDP_USED, true) <= size
	);
}

function putWord(view: DataView, block: number, at: number, value: number): number {
	const size = word(view, block + UDP_SIZE);
	const ring = word(view, block + UDP_RING);
	for (let i = 0; i < 4; i++) {
		view.setUint8(ring + at, value >> (8 * i));
		at = at + 1 === size ? 0 : at + 1;
	}
	return at;
}

function getWord(view: DataView, block: number, at: number): number {
	const size = word(view, block + UDP_SIZE);
	const ring = word(view, block + UDP_RING);
	let value = 0;
	for (let i = 0; i < 4; i++) {
		value |= view.getUint8(ring + at) << (8 * i);
		at = at + 1 === size ? 0 : at + 1;
	}
	return value;
}

/** Puts a valid datagram that came by the interface in `slot`, its UDP header before the `length` payload bytes at `payload`, into the socket's ring. False when it does not fit. */
export function deliverDatagram(
	view: DataView,
	block: number,
	slot: number,
	ip: number,
	payload: number,
	length: number,
): boolean {
	if (!hasRing(view, block)) return false;
	const size = word(view, block + UDP_SIZE);
	const used = word(view, block + UDP_USED);
	const padding = -length & 3;
	const whole = UDP_RECORD + length + padding;
	if (whole > size - used) return false;
	let at = word(view, block + UDP_AT);
	at = putWord(view, block, at, ipv4.source(view, ip));
	at = putWord(view, block, at, ipv4.destination(view, ip));
	at = putWord(view, block, at, udp.ports(view, payload - udp.HEADER));
	at = putWord(view, block, at, length | (slot << 16));
	const ring = word(view, block + UDP_RING);
	ringPut(view, ring, size, at, payload, length);
	at = (at + length) % size;
	for (let i = 0; i < padding; i++) {
		view.setUint8(ring + at, 0);
		at = at + 1 === size ? 0 : at + 1;
	}
	view.setInt32(block + UDP_AT, at, true);
	view.setInt32(block + UDP_USED, used + whole, true);
	view.setInt32(block + UDP_COUNT, word(view, block + UDP_COUNT) + 1, true);
	return true;
}

/** Delivers the datagram in the registers, `length` bytes of payload, which came by the interface in `slot`, to the socket with that block. Answers 1, or 0 when it does not fit. */
export function udpDeliver(view: DataView, block: number, length: number, slot: number): number {
	check(block, UDP_BLOCK, view.byteLength);
	const ip = word(view, IP_AT * 4);
	const payload = word(view, PAYLOAD_AT * 4);
	check(ip, ipv4.HEADER, view.byteLength);
	check(payload, length, view.byteLength);
	check(udp.HEADER, payload - udp.HEADER, view.byteLength); // the UDP header lies before it
	return deliverDatagram(view, block, slot, ip, payload, length) ? 1 : 0;
}

/**
 * Takes the first datagram out of the ring: up to `length` bytes of it go to `buffer` from its byte `start` on, its addresses and ports
 * to the registers, and the slot of its interface. Answers its length | ANOTHER, or -1 when there is none.
 */
export function udpRead(view: DataView, block: number, buffer: Bytes, start: number, length: number): number {
	check(block, UDP_BLOCK, view.byteLength);
	const used = word(view, block + UDP_USED);
	if (!hasRing(view, block) || used < UDP_RECORD) return -1;
	const size = word(view, block + UDP_SIZE);
	const at = (word(view, block + UDP_AT) + size - used) % size;
	const last = getWord(view, block, (at + 12) % size);
	const bytes = last & 0xffff;
	const slot = (last >> 16) & 0xffff;
	const whole = UDP_RECORD + bytes + (-bytes & 3);
	if (whole > used) throw new RangeError(`block at ${block}: its ring holds no datagram`);
	if (length > bytes) length = bytes;
	ringRead(view, word(view, block + UDP_RING), size, (at + UDP_RECORD) % size, buffer, start, length);
	const source = getWord(view, block, at);
	const destination = getWord(view, block, (at + 4) % size);
	const ports = getWord(view, block, (at + 8) % size);
	const same =
		word(view, block + UDP_LAST) === source &&
		word(view, block + UDP_LAST + 4) === destination &&
		word(view, block + UDP_LAST + 8) === ports &&
		word(view, block + UDP_LAST_SLOT) === slot;
	view.setInt32(block + UDP_LAST, source, true);
	view.setInt32(block + UDP_LAST + 4, destination, true);
	view.setInt32(block + UDP_LAST + 8, ports, true);
	view.setInt32(block + UDP_LAST_SLOT, slot, true);
	view.setInt32(SOURCE * 4, source, true);
	view.setInt32(DESTINATION * 4, destination, true);
	view.setInt32(PORTS * 4, ports, true);
	view.setInt32(ARRIVED * 4, slot, true);
	view.setInt32(block + UDP_USED, used - whole, true);
	view.setInt32(block + UDP_COUNT, word(view, block + UDP_COUNT) - 1, true);
	return same ? bytes : bytes | ANOTHER;
}

/** Length of the datagram that `udpRead` would deliver, or -1. */
export function udpNext(view: DataView, block: number): number {
	check(block, UDP_BLOCK, view.byteLength);
	const used = word(view, block + UDP_USED);
	if (!hasRing(view, block) || used < UDP_RECORD) return -1;
	const size = word(view, block + UDP_SIZE);
	return getWord(view, block, (word(view, block + UDP_AT) + size - used + 12) % size) & 0xffff;
}
