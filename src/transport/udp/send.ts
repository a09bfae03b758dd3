// Datagrams on their way out, RFC 1122 §4.1.3. Where the last one went costs a comparison; any other way is decided anew. Flat TypeScript.

import { output } from "../../ip/output.ts";
import { afterLoopback, isJoined, ownerSlot, route } from "../../ip/way.ts";
import { canSend, sourceOf } from "../../link/addresses.ts";
import { follows } from "../../link/calls.ts";
import { ADDRESS, copyAddress, isNone, isV4, sameAddress } from "../../packet/address.ts";
import { check } from "../../packet/bounds.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { NO_ADDRESS } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import type { Address, Length, Offset } from "../../packet/numbers.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { NONE, takeSpare } from "../../packet/packets.ts";
import { PathBlock } from "../../packet/path-block.ts";
import { interfaceAt } from "../../packet/slots.ts";
import { UDP_BY_ALL, UDP_GIVEN, UDP_GROUP_TTL, UDP_NO_LOOP, UdpBlock, udpHasPlace } from "../../packet/udp-block.ts";
import { BY_ALL, DROPPED, GONE, NO_WAY, TOO_LONG } from "../answers.ts";
import { piecesMost, sendPieces } from "../send-pieces.ts";
import { SLOT_GONE } from "./deliver.ts";
import { loopDatagram } from "./loop.ts";
import { datagramBuild } from "../../wire/build.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import type { BytesIn } from "../../wire/kernels/bytes.ts";
import { copyIn } from "../../wire/kernels/copies.ts";
import { isBroadcast, isLoopback, isMulticast, SCOPE_LINK } from "../../wire/scope.ts";
import * as udp from "../../wire/udp.ts";

/** Bytes of the headers before a datagram's payload. */
export const HEADERS = ipv4.HEADER + udp.HEADER;

/**
 * Sends `length` bytes of `data` from `start` on. To the sender of the datagram that was read last it goes from the address that one was sent to, RFC 1122 §4.1.3.5. Answers as said
 * above.
 */
export function udpSend(
	view: DataView,
	block: Offset,
	to: Address,
	port: number,
	data: BytesIn,
	start: number,
	length: Length,
): number {
	const socket = UdpBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	check(to, ADDRESS, view.byteLength);
	if (path.wayVersion !== CoreBlock.of(view, CORE).wayVersion || !sameAddress(view, path.destination, to)) {
		if (!udpHasPlace(socket)) return GONE;
		if (isBroadcast(view, to) && (socket.bits & UDP_BY_ALL) !== 0) return sendByAll(view, socket, port, data, start, length);
		if (!lead(view, socket, path, to)) return noWay(view, socket, path);
		// Here always: no way to a group is settled.
		if (isMulticast(view, to)) return toGroup(view, socket, path, port, data, start, length);
	}
	return transmit(view, path, (socket.localPort << 16) | port, data, start, length);
}

/** The same with a source address of ours (none: chosen), and by the interface in `slot` alone (0: as the routes say). */
export function udpSendBy(
	view: DataView,
	block: Offset,
	to: Address,
	port: number,
	data: BytesIn,
	start: number,
	length: Length,
	source: Address,
	slot: number,
): number {
	const socket = UdpBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	if (!udpHasPlace(socket)) return GONE;
	const bound = slot === 0 ? boundOf(socket) : slot;
	const known =
		(socket.bits & UDP_GIVEN) !== 0 &&
		sameAddress(view, path.destination, to) &&
		!isNone(view, source) &&
		sameAddress(view, path.source, source) &&
		path.bound === bound;
	if (!known || path.routeVersion !== CoreBlock.of(view, CORE).routeVersion) {
		socket.bits = socket.bits | UDP_GIVEN;
		copyAddress(view, path.destination, to);
		copyAddress(view, path.source, isNone(view, source) ? socket.localAddress : source);
		path.bound = bound;
		route(view, path, 0, true);
	}
	if (path.out === 0) return noWay(view, socket, path);
	const answer = isMulticast(view, to)
		? toGroup(view, socket, path, port, data, start, length)
		: transmit(view, path, (socket.localPort << 16) | port, data, start, length);
	path.wayVersion = -1; // not the way of what is sent without saying so
	return answer;
}

/** The same from a source address and port that are not the socket's, as a gateway does; from none, 0.0.0.0, as DHCP does before it has an address. */
export function udpSendFrom(
	view: DataView,
	block: Offset,
	to: Address,
	port: number,
	data: BytesIn,
	start: number,
	length: Length,
	from: Address,
	fromPort: number,
): number {
	const socket = UdpBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	if (!udpHasPlace(socket)) return GONE;
	socket.bits = socket.bits | UDP_GIVEN;
	copyAddress(view, path.destination, to);
	copyAddress(view, path.source, from);
	path.bound = boundOf(socket);
	if (!route(view, path, 0, false)) return NO_WAY;
	copyAddress(view, path.source, from); // to ourselves too
	const answer = transmit(view, path, (fromPort << 16) | port, data, start, length);
	path.wayVersion = -1;
	return answer;
}

/** A broadcast by every interface that is up and has an address. */
function sendByAll(view: DataView, socket: UdpBlock, port: number, data: BytesIn, start: number, length: Length): number {
	const everybody = CoreBlock.of(view, CORE).everybody;
	let answer = NO_WAY;
	for (let at = afterLoopback(view); at !== 0; at = InterfaceBlock.of(view, at).next) {
		const link = InterfaceBlock.of(view, at);
		if (!canSend(link) || link.addressCount === 0) continue;
		const sent = udpSendBy(view, socket.at, everybody, port, data, start, length, NO_ADDRESS, link.slot);
		if (sent === TOO_LONG) return TOO_LONG;
		if (sent < 0) {
			if (answer < 0) answer = sent;
		} else answer = Math.max(answer, 0) | sent | BY_ALL;
	}
	if (answer !== NO_WAY) return answer;
	const path = PathBlock.of(view, socket.path);
	lead(view, socket, path, everybody);
	return noWay(view, socket, path);
}

/** To a group, by a path that has a way, and to the sockets of this board that have joined it there: RFC 1112 §6.1. */
function toGroup(
	view: DataView,
	socket: UdpBlock,
	path: PathBlock,
	port: number,
	data: BytesIn,
	start: number,
	length: Length,
): number {
	const core = CoreBlock.of(view, CORE);
	const link = InterfaceBlock.of(view, path.out);
	const group = path.destination;
	const ports = (socket.localPort << 16) | port;
	const ttl = (socket.bits >> UDP_GROUP_TTL) & 0x1ff;
	if (ttl !== 0) path.ttl = (path.ttl & ~255) | (ttl - 1);
	const loops = (socket.bits & UDP_NO_LOOP) === 0 && isJoined(view, group, link.slot);
	// RFC 1112 §6.1, RFC 4291 §2.7: with a time to live of 0, or to a group of a scope nearer than the link's, nothing leaves.
	const stays = ttl === 1 || (hasIpv6() && !isV4(view, group) && (view.getUint8(group + 1) & 15) < SCOPE_LINK);
	const most = (path.mtu - path.ipHeader - udp.HEADER) | 0;
	if (length > most && stays) return TOO_LONG;
	if (length > most && loops) return sendPieces(view, path, ipv4.UDP, ports, data, start, length, true);
	if (loops && core.spare !== NONE) {
		const payload: Offset = (core.spareAt + path.ipHeader + udp.HEADER) | 0;
		copyIn(view, payload, data, start, length);
		loopDatagram(view, path, ports, payload, length, length, NONE);
	}
	return stays ? follows(view, link) : transmit(view, path, ports, data, start, length);
}

/** By a path that has a way, from its source address. */
function transmit(view: DataView, path: PathBlock, ports: number, data: BytesIn, start: number, length: Length): number {
	const core = CoreBlock.of(view, CORE);
	const link = InterfaceBlock.of(view, path.out);
	if (length > ((path.mtu - path.ipHeader - udp.HEADER) | 0))
		return sendPieces(view, path, ipv4.UDP, ports, data, start, length, false);
	if (core.spare === NONE) {
		drop(view, link, DROP.noPacketBuffer);
		return DROPPED;
	}
	const at = core.spareAt;
	const end = datagramBuild(view, at, path, ports, data, start, length);
	if (output(view, core.spare, at, end, path)) takeSpare(view);
	return follows(view, link);
}

/** Bytes of the longest datagram that may go where the last one was to go. */
export function udpMost(view: DataView, block: Offset): number {
	const path = PathBlock.of(view, UdpBlock.of(view, block).path);
	return (Math.max((path.mtu - path.ipHeader) | 0, piecesMost(view, path)) - udp.HEADER) | 0;
}

/** Slot of the interface that the socket is bound to, 0 for any. */
function boundOf(socket: UdpBlock): number {
	return socket.meta >> 8;
}

/** The socket's path leads to an address, as the routes say now. False when there is no way. */
function lead(view: DataView, socket: UdpBlock, path: PathBlock, to: Address): boolean {
	const routed = path.routeVersion === CoreBlock.of(view, CORE).routeVersion;
	if (!sameAddress(view, path.destination, to) || !routed || (socket.bits & UDP_GIVEN) !== 0) {
		socket.bits = socket.bits & ~UDP_GIVEN;
		copyAddress(view, path.destination, to);
		path.bound = boundOf(socket);
		const answers = isNone(view, socket.localAddress) && sameAddress(view, path.destination, socket.lastSource);
		const source = answers ? answerFrom(view, socket) : socket.localAddress;
		copyAddress(view, path.source, source);
		route(view, path, 0, true);
	}
	return path.out !== 0;
}

/**
 * The source address of an answer to the last datagram: that which it was sent to, or when that was everybody's one of the interface that it came by.
 * NO_ADDRESS: any will do, as that interface is down, or the address gone.
 */
function answerFrom(view: DataView, socket: UdpBlock): Address {
	const was = socket.lastDestination;
	if (isLoopback(view, was)) return was;
	const owner = ownerSlot(view, was);
	if (owner !== 0) return canSend(InterfaceBlock.of(view, interfaceAt(view, owner))) ? was : NO_ADDRESS;
	const slot = socket.lastSlot;
	if (slot === 0 || slot === SLOT_GONE) return NO_ADDRESS;
	const link = InterfaceBlock.of(view, interfaceAt(view, slot));
	if (!canSend(link)) return NO_ADDRESS;
	const source = sourceOf(view, link, socket.lastSource, socket.lastSource, 0);
	return source === 0 ? NO_ADDRESS : source;
}

/** There is no way for the socket's path. */
function noWay(view: DataView, socket: UdpBlock, path: PathBlock): number {
	if (socket.lastSlot === 0 || !sameAddress(view, path.destination, socket.lastSource)) return NO_WAY;
	drop(view, InterfaceBlock.of(view, interfaceAt(view, 1)), DROP.noRoute);
	return DROPPED;
}
