// Copies for raw sockets: of frames for those that see all of an interface, here, and of datagrams for those of a protocol, transport/raw. Flat TypeScript.

import { ADDRESS, copyAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { NO_ADDRESS } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { newsPost, READABLE } from "../packet/news.ts";
import type { Address, Length, Offset } from "../packet/numbers.ts";
import { wrap } from "../packet/ring.ts";
import { DATAGRAM, rawAt, UDP_FRAMES, UdpBlock, udpHasPlace } from "../packet/udp-block.ts";
import { copy } from "../wire/kernels/copies.ts";

/** In what a frame's copy says in the place of ports: it was sent. */
export const SENT_FRAME = 1;

/** The frame in bytes `at` to `end` came in by a tapped interface, or goes out. */
export function tapFrame(view: DataView, link: InterfaceBlock, at: Offset, end: Offset, what: number): void {
	const count = CoreBlock.of(view, CORE).rawCount;
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, rawAt(view, i));
		if ((socket.bits & UDP_FRAMES) === 0 || !udpHasPlace(socket) || socket.meta >> 8 !== link.slot) continue;
		copyFor(view, link, socket, NO_ADDRESS, NO_ADDRESS, what, at, end - at);
	}
}

/** Bytes at `from` go to the ring of a raw socket, behind what `udpRead` says of them, and stay as they are: others want them too. Without room that is counted. */
export function copyFor(
	view: DataView,
	link: InterfaceBlock,
	socket: UdpBlock,
	source: Address,
	destination: Address,
	ports: number,
	from: Offset,
	length: Length,
): void {
	const size = socket.size;
	const whole = DATAGRAM + length + (-length & 3);
	if (whole > size - socket.used) {
		drop(view, link, DROP.udpQueueFull);
		return;
	}
	const header: Offset = CoreBlock.of(view, CORE).text;
	copyAddress(view, header, source);
	copyAddress(view, header + ADDRESS, destination);
	view.setInt32(header + 2 * ADDRESS, ports);
	view.setInt32(header + 2 * ADDRESS + 4, length | (link.slot << 16));
	ringPut(view, socket, socket.next, header, DATAGRAM);
	ringPut(view, socket, wrap(socket.next + DATAGRAM, size), from, length);
	socket.next = wrap(socket.next + whole, size);
	socket.used += whole;
	socket.count++;
	newsPost(view, socket.news, READABLE);
}

/** From `from` on into the ring, from its byte `at` on, wrapping. */
export function ringPut(view: DataView, socket: UdpBlock, at: Offset, from: Offset, length: Length): void {
	const ring = socket.ring;
	const first = Math.min(length, (socket.size - at) | 0);
	copy(view, ring + at, from, first);
	if (length > first) copy(view, ring, from + first, length - first);
}
