// A datagram goes from the frame straight into the ring of the socket it is for: no packet buffer waits for an application.

import { ARRIVED, DESTINATION, IP_AT, PAYLOAD_AT, PORTS, SOURCE } from "../packet/fields.ts";
import { check } from "../packet/bounds.ts";
import type { Length, Offset } from "../packet/numbers.ts";
import { DATAGRAM, UdpBlock } from "../packet/udp-block.ts";
import * as ipv4 from "./ipv4.ts";
import type { Bytes } from "./kernels/bytes.ts";
import { ringPut, ringRead } from "./kernels/copies.ts";
import { ANOTHER } from "./kinds.ts";
import { wrap } from "./ring.ts";
import * as udp from "./udp.ts";

/** Whether the socket's words describe a ring within the arena, of whole words. */
function hasRing(view: DataView, socket: UdpBlock): boolean {
	const ring = socket.ring;
	const size = socket.size;
	const next = socket.next;
	const used = socket.used;
	if (ring < 0 || size < 0 || size > view.byteLength || ring > view.byteLength - size) return false;
	return next >= 0 && next < size && used >= 0 && used <= size && ((ring | size | next | used) & 3) === 0;
}

/** Puts a word into the ring at its byte `at`, which may have run over its end. */
function putWord(view: DataView, socket: UdpBlock, at: Offset, value: number): void {
	view.setInt32(socket.ring + wrap(at, socket.size), value, true);
}

function getWord(view: DataView, socket: UdpBlock, at: Offset): number {
	return view.getInt32(socket.ring + wrap(at, socket.size), true);
}

/** Ring byte of the datagram that came first. */
function first(socket: UdpBlock): Offset {
	return wrap(socket.next + socket.size - socket.used, socket.size);
}

/**
 * Puts a valid datagram that came by the interface in `slot`, its UDP header before the `length` payload bytes at `payload`, into the socket's ring. False
 * when it does not fit.
 */
export function deliverDatagram(
	view: DataView,
	socket: UdpBlock,
	slot: number,
	ip: Offset,
	payload: Offset,
	length: Length,
): boolean {
	if (!hasRing(view, socket)) return false;
	const size = socket.size;
	const at = socket.next;
	const padding = -length & 3;
	const whole = DATAGRAM + length + padding;
	if (whole > size - socket.used) return false;
	putWord(view, socket, at, ipv4.source(view, ip));
	putWord(view, socket, at + 4, ipv4.destination(view, ip));
	putWord(view, socket, at + 8, udp.ports(view, payload - udp.HEADER));
	putWord(view, socket, at + 12, length | (slot << 16));
	ringPut(view, socket.ring, size, wrap(at + DATAGRAM, size), payload, length);
	// No word lies across the end of the ring.
	const end = wrap(at + DATAGRAM + length, size);
	for (let i = 0; i < padding; i++) view.setUint8(socket.ring + end + i, 0);
	socket.next = wrap(at + whole, size);
	socket.used += whole;
	socket.count++;
	return true;
}

/**
 * Delivers the datagram in the registers, `length` bytes of payload, which came by the interface in `slot`, to the socket with that block. Answers 1, or 0
 * when it does not fit.
 */
export function udpDeliver(view: DataView, block: Offset, length: Length, slot: number): number {
	const socket = UdpBlock.of(view, block);
	const ip = view.getInt32(IP_AT * 4, true);
	const payload = view.getInt32(PAYLOAD_AT * 4, true);
	check(ip, ipv4.HEADER, view.byteLength);
	check(payload, length, view.byteLength);
	check((payload - udp.HEADER) | 0, udp.HEADER, view.byteLength);
	return deliverDatagram(view, socket, slot, ip, payload, length) ? 1 : 0;
}

/**
 * Takes the first datagram out of the ring: up to `length` bytes of it go to `buffer` from its byte `start` on, its addresses and ports
 * to the registers, and the slot of its interface. Answers its length | ANOTHER, or -1 when there is none.
 */
export function udpRead(view: DataView, block: Offset, buffer: Bytes, start: number, length: number): number {
	const socket = UdpBlock.of(view, block);
	if (!hasRing(view, socket) || socket.used < DATAGRAM) return -1;
	const at = first(socket);
	const last = getWord(view, socket, at + 12);
	const bytes = last & 0xffff;
	const slot = (last >> 16) & 0xffff;
	const whole = DATAGRAM + bytes + (-bytes & 3);
	if (whole > socket.used) throw new RangeError(`block at ${block}: its ring holds no datagram`);
	if (length > bytes) length = bytes;
	ringRead(view, socket.ring, socket.size, wrap(at + DATAGRAM, socket.size), buffer, start, length);
	const source = getWord(view, socket, at);
	const destination = getWord(view, socket, at + 4);
	const ports = getWord(view, socket, at + 8);
	const same =
		socket.lastSource === source &&
		socket.lastDestination === destination &&
		socket.lastPorts === ports &&
		socket.lastSlot === slot;
	socket.lastSource = source;
	socket.lastDestination = destination;
	socket.lastPorts = ports;
	socket.lastSlot = slot;
	view.setInt32(SOURCE * 4, source, true);
	view.setInt32(DESTINATION * 4, destination, true);
	view.setInt32(PORTS * 4, ports, true);
	view.setInt32(ARRIVED * 4, slot, true);
	socket.used -= whole;
	socket.count--;
	return same ? bytes : bytes | ANOTHER;
}

/** Slot of what came by an interface that is gone: no interface has it. */
export const SLOT_GONE = 0xffff;

/** The interface in `slot` is gone: what waits in the ring and came by it came by none, so that it is not taken for another's that has the slot later. */
export function udpForget(view: DataView, block: Offset, slot: number): void {
	const socket = UdpBlock.of(view, block);
	if (!hasRing(view, socket)) return;
	if (socket.lastSlot === slot) socket.lastSlot = 0;
	let left = socket.used;
	while (left >= DATAGRAM) {
		const at = socket.next + socket.size - left + 12;
		const last = getWord(view, socket, at);
		const bytes = last & 0xffff;
		if (last >>> 16 === slot) putWord(view, socket, at, bytes | (SLOT_GONE << 16));
		left -= DATAGRAM + bytes + (-bytes & 3);
	}
}

/** Length of the datagram that `udpRead` would deliver, or -1. */
export function udpNext(view: DataView, block: Offset): number {
	const socket = UdpBlock.of(view, block);
	if (!hasRing(view, socket) || socket.used < DATAGRAM) return -1;
	return getWord(view, socket, first(socket) + 12) & 0xffff;
}
