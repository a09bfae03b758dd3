// A datagram goes from the frame straight into the ring of the socket it is for: no packet buffer waits for an application.

import { ringPut } from "../../link/taps.ts";
import { ADDRESS, copyAddress, isNone, sameAddress } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import type { Address, Length, Offset } from "../../packet/numbers.ts";
import { NONE } from "../../packet/packets.ts";
import { PathBlock, pathForget } from "../../packet/path-block.ts";
import { endOf, nextPiece, startOf } from "../../packet/pieces.ts";
import { wrap } from "../../packet/ring.ts";
import { DATAGRAM, UDP_TOLD, UdpBlock } from "../../packet/udp-block.ts";
import type { Bytes } from "../../wire/kernels/bytes.ts";
import { copy, copyOut } from "../../wire/kernels/copies.ts";

/** In what `udpRead` answers: source, destination, ports or interface are not those of the datagram before. */
export const ANOTHER = 0x10000;

/** Where ports, length and interface stand behind the addresses. */
const PORTS_AT = 2 * ADDRESS;
const LENGTH_AT = PORTS_AT + 4;

/** Out of the ring, from its byte `at` on, wrapping, to `buffer` from its byte `start` on. */
function ringRead(view: DataView, socket: UdpBlock, at: Offset, buffer: Bytes, start: number, length: number): void {
	const first = Math.min(length, (socket.size - at) | 0);
	copyOut(view, socket.ring + at, buffer, start, first);
	if (length > first) copyOut(view, socket.ring, buffer, (start + first) | 0, (length - first) | 0);
}

/** A word of the ring at its byte `at`, which may have run over its end. No word lies across it. */
function getWord(view: DataView, socket: UdpBlock, at: Offset): number {
	return view.getInt32(socket.ring + wrap(at, socket.size));
}

/** Whether the address at ring byte `at` is that one. */
function ringHas(view: DataView, socket: UdpBlock, at: Offset, address: Address): boolean {
	return (
		getWord(view, socket, at + 12) === view.getInt32(address + 12) &&
		getWord(view, socket, at + 8) === view.getInt32(address + 8) &&
		getWord(view, socket, at + 4) === view.getInt32(address + 4) &&
		getWord(view, socket, at) === view.getInt32(address)
	);
}

/** Whether the datagram at ring byte `at` has the addresses of the one before it. */
function isFromLast(view: DataView, socket: UdpBlock, at: Offset): boolean {
	const source = socket.lastSource;
	const destination = socket.lastDestination;
	if (at + 2 * ADDRESS > socket.size)
		return ringHas(view, socket, at, source) && ringHas(view, socket, at + ADDRESS, destination);
	// The usual case: they lie in one piece.
	const from: Offset = socket.ring + at;
	return sameAddress(view, from, source) && sameAddress(view, from + ADDRESS, destination);
}

/** Copies the address at ring byte `at`. */
function getAddress(view: DataView, socket: UdpBlock, at: Offset, to: Address): void {
	for (let i = 0; i < ADDRESS; i += 4) view.setInt32(to + i, getWord(view, socket, at + i));
}

/** Ring byte of the datagram that came first. */
function first(socket: UdpBlock): Offset {
	return wrap(socket.next + socket.size - socket.used, socket.size);
}

/**
 * Puts the valid datagram in the registers that came by the interface in `slot`, `length` bytes at `payload`, into the socket's ring. What the ring says of it takes the place
 * of its headers. False, and nothing is done, when it does not fit.
 */
export function deliverDatagram(view: DataView, socket: UdpBlock, slot: number, payload: Offset, length: Length): boolean {
	const size = socket.size;
	const at = socket.next;
	const whole = DATAGRAM + length + (-length & 3);
	if (whole > size - socket.used) return false;
	const from = (payload - DATAGRAM) | 0;
	check(from, DATAGRAM, view.byteLength);
	copyAddress(view, from, SOURCE_ADDRESS);
	copyAddress(view, from + ADDRESS, DESTINATION_ADDRESS);
	view.setInt32(from + PORTS_AT, view.getInt32(REGISTER.ports, true));
	view.setInt32(from + LENGTH_AT, length | (slot << 16));
	const bytes = DATAGRAM + length;
	// The usual case in its place: C calls `ringPut`.
	if (bytes <= size - at) copy(view, socket.ring + at, from, bytes);
	else ringPut(view, socket, at, from, bytes);
	socket.next = wrap(at + whole, size);
	socket.used += whole;
	socket.count++;
	return true;
}

/** Whether a datagram with so many bytes of payload fits the socket's ring now. */
export function roomFor(socket: UdpBlock, length: Length): boolean {
	return DATAGRAM + length + (-length & 3) <= ((socket.size - socket.used) | 0);
}

/** Puts `length` more bytes from `from` on behind the last datagram, which began at ring byte `first`, and for which there is room. */
function appendDatagram(view: DataView, socket: UdpBlock, first: Offset, from: Offset, length: Length): void {
	const size = socket.size;
	const place = wrap(first + LENGTH_AT, size);
	const said = view.getInt32(socket.ring + place);
	const bytes = said & 0xffff;
	const before: Length = (bytes + (-bytes & 3)) & 0x1ffff;
	const behind: Length = (bytes + length + (-(bytes + length) & 3)) & 0x1ffff;
	// All that come before the last are of whole words.
	ringPut(view, socket, wrap(first + DATAGRAM + bytes, size), from, length);
	view.setInt32(socket.ring + place, said + length);
	socket.next = wrap(first + DATAGRAM + behind, size);
	socket.used = (socket.used + behind - before) | 0;
}

/** The same of what lies in the packets from `pieces` on. */
export function appendPieces(view: DataView, socket: UdpBlock, first: Offset, pieces: number): void {
	for (let piece = pieces; piece !== NONE; piece = nextPiece(view, piece)) {
		const start = startOf(view, piece);
		appendDatagram(view, socket, first, start, (endOf(view, piece) - start) | 0);
	}
}

/**
 * Delivers the datagram in the registers, `length` bytes of payload, which came by the interface in `slot`, to the socket with that block. Answers 1, or 0
 * when it does not fit.
 */
export function udpDeliver(view: DataView, block: Offset, length: Length, slot: number): number {
	const socket = UdpBlock.of(view, block);
	const payload = view.getInt32(REGISTER.payloadAt, true);
	check(payload, length, view.byteLength);
	return deliverDatagram(view, socket, slot, payload, length) ? 1 : 0;
}

/**
 * Takes the first datagram out of the ring: up to `length` bytes of it go to `buffer` from its byte `start` on. Answers its length, or -1 when there is none. ANOTHER beside
 * it: it is not from where the last one was, or that one's owner was not told; the block has its addresses and ports, and the slot of its interface.
 */
export function udpRead(view: DataView, block: Offset, buffer: Bytes, start: number, length: number): number {
	const socket = UdpBlock.of(view, block);
	if (socket.used < DATAGRAM) return -1;
	const at = first(socket);
	const last = getWord(view, socket, at + LENGTH_AT);
	const bytes = last & 0xffff;
	const slot = (last >> 16) & 0xffff;
	const whole = DATAGRAM + bytes + (-bytes & 3);
	if (whole > socket.used) throw new RangeError(`block at ${block}: its ring holds no datagram`);
	if (length > bytes) length = bytes;
	ringRead(view, socket, wrap(at + DATAGRAM, socket.size), buffer, start, length);
	const ports = getWord(view, socket, at + PORTS_AT);
	const same =
		isFromLast(view, socket, at) && socket.lastPorts === ports && socket.lastSlot === slot && (socket.bits & UDP_TOLD) !== 0;
	socket.used -= whole;
	socket.count--;
	if (same) return bytes;
	getAddress(view, socket, at, socket.lastSource);
	getAddress(view, socket, at + ADDRESS, socket.lastDestination);
	socket.lastPorts = ports;
	socket.lastSlot = slot;
	socket.bits = socket.bits | UDP_TOLD;
	// An answer may have to come from another address than before.
	const path = PathBlock.of(view, socket.path);
	if (sameAddress(view, path.destination, socket.lastSource) && isNone(view, socket.localAddress)) pathForget(path);
	return bytes | ANOTHER;
}

/** The socket sends to another peer from now on: `udpRead` answers ANOTHER for the next datagram, also when it comes from where the last one did. */
export function udpAgain(view: DataView, block: Offset): void {
	const socket = UdpBlock.of(view, block);
	socket.bits = socket.bits & ~UDP_TOLD;
}

/** Slot of what came by an interface that is gone: no interface has it. */
export const SLOT_GONE = 0xffff;

/** The interface in `slot` is gone: what was read last, or waits in the ring, and came by it came by none, so that it is not taken for another's that has the slot later. */
export function udpForget(view: DataView, block: Offset, slot: number): void {
	const socket = UdpBlock.of(view, block);
	if (socket.lastSlot === slot) {
		socket.lastSlot = SLOT_GONE;
		socket.bits = socket.bits & ~UDP_TOLD;
	}
	let left = socket.used;
	while (left >= DATAGRAM) {
		const at = socket.next + socket.size - left + LENGTH_AT;
		const last = getWord(view, socket, at);
		const bytes = last & 0xffff;
		if (last >>> 16 === slot) view.setInt32(socket.ring + wrap(at, socket.size), bytes | (SLOT_GONE << 16));
		left -= DATAGRAM + bytes + (-bytes & 3);
	}
}

/** Length of the datagram that `udpRead` would deliver, or -1. */
export function udpNext(view: DataView, block: Offset): number {
	const socket = UdpBlock.of(view, block);
	if (socket.used < DATAGRAM) return -1;
	return getWord(view, socket, first(socket) + LENGTH_AT) & 0xffff;
}
