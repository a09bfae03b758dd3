// A datagram for many: each socket of its port that hears it gets it. RFC 1122 §4.1.3, RFC 3376 §3.2. Flat TypeScript.

import { groupNumber, hears, NO_NUMBER } from "../../ip/members.ts";
import { isNone, isV4, sameAddress } from "../../packet/address.ts";
import { DROP } from "../../packet/drops.ts";
import { DESTINATION_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import { newsPost, READABLE } from "../../packet/news.ts";
import type { Length, Offset, Uint16 } from "../../packet/numbers.ts";
import { NONE } from "../../packet/packets.ts";
import { DATAGRAM, UDP_NO_GROUPS, UdpBlock, udpAt, udpFamily, udpHasPlace, udpSockets } from "../../packet/udp-block.ts";
import { isMulticast } from "../../wire/scope.ts";
import { appendPieces, deliverDatagram, roomFor } from "./deliver.ts";

/** Answer of `deliverToMany` when a socket has it: a number that none of the reasons for drops has. */
export const DELIVERED = 0xffff;

/**
 * Delivers the datagram in the registers, which came by the interface in `slot`, to all sockets that hear it: `length` bytes, of which the first `here` lie at `payload`, and the others in the
 * packets from `rest` on. Answers DELIVERED, or why nobody got it.
 */
export function deliverToMany(view: DataView, slot: number, payload: Offset, here: Length, length: Length, rest: number): Uint16 {
	const port = view.getInt32(REGISTER.ports, true) & 0xffff;
	const fate = deliverTo(view, port, slot, payload, here, length, rest);
	// What no other socket of the interface wants is for the one that takes any port.
	return fate === DROP.udpNoSocket ? deliverTo(view, 0, slot, payload, here, length, rest) : fate;
}

/** The same, to sockets that are bound to that port. */
function deliverTo(
	view: DataView,
	port: number,
	slot: number,
	payload: Offset,
	here: Length,
	length: Length,
	rest: number,
): Uint16 {
	const multicast = isMulticast(view, DESTINATION_ADDRESS);
	const onOne = multicast ? groupNumber(view, DESTINATION_ADDRESS, slot) : NO_NUMBER;
	const onAll = multicast ? groupNumber(view, DESTINATION_ADDRESS, 0) : NO_NUMBER;
	const count = udpSockets(view);
	let fate: Uint16 = DROP.udpNoSocket;
	for (let i = 0; i < count; i++) {
		const socket = UdpBlock.of(view, udpAt(view, i));
		if (!isFor(view, socket, port, slot)) continue;
		let own: Uint16 = DELIVERED;
		if (multicast && onOne === NO_NUMBER && onAll === NO_NUMBER) own = DROP.ipNotLocal;
		else if ((socket.bits & UDP_NO_GROUPS) !== 0) own = DROP.udpGroup;
		else if (multicast && !hears(view, onOne, i, SOURCE_ADDRESS) && !hears(view, onAll, i, SOURCE_ADDRESS)) own = DROP.ipNotLocal;
		else if (!putDatagram(view, socket, slot, payload, here, length, rest)) own = DROP.udpQueueFull;
		if (own === DELIVERED || fate === DROP.udpNoSocket) fate = fate === DELIVERED ? fate : own;
	}
	return fate;
}

/** Whether that socket is for what comes to the port by the interface in `slot`, of the family and to the address in the registers. */
function isFor(view: DataView, socket: UdpBlock, port: number, slot: number): boolean {
	if (!udpHasPlace(socket) || socket.localPort !== port) return false;
	const bound = socket.meta >> 8;
	if (bound !== 0 && bound !== slot) return false;
	const family = udpFamily(socket);
	if (family !== 0 && family !== (isV4(view, DESTINATION_ADDRESS) ? 4 : 6)) return false;
	return isNone(view, socket.localAddress) || sameAddress(view, socket.localAddress, DESTINATION_ADDRESS);
}

/** Into the ring of one socket, which is told. False when that is full. */
export function putDatagram(
	view: DataView,
	socket: UdpBlock,
	slot: number,
	payload: Offset,
	here: Length,
	length: Length,
	rest: number,
): boolean {
	const before = socket.next;
	if (rest === NONE) {
		// Of one that is longer than the ring of a service ever holds the beginning is delivered: it is longer than what services look at, and they see that.
		if (!deliverDatagram(view, socket, slot, payload, Math.min(here, socket.size - DATAGRAM))) return false;
	} else {
		if (!roomFor(socket, length)) return false;
		deliverDatagram(view, socket, slot, payload, here);
		appendPieces(view, socket, before, rest);
	}
	newsPost(view, socket.news, READABLE);
	return true;
}
