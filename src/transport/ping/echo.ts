// ICMP echo sockets, for ping: requests go out, and replies and errors about them wait for their owner. RFC 792, 1122 §3.2.2.6. Flat TypeScript.

import { ICMP_QUEUE } from "../../config.ts";
import { output } from "../../ip/output.ts";
import { icmpPiecesSum, piecesOutput, piecesTake } from "../../ip/pieces-out.ts";
import { route } from "../../ip/way.ts";
import { follows } from "../../link/calls.ts";
import { copyAddress, sameAddress, setNone, v4Of } from "../../packet/address.ts";
import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { DROP, drop } from "../../packet/drops.ts";
import { ECHO_GONE, ECHO_OPEN, EchoAnswer, EchoBlock, echoAt } from "../../packet/echo-block.ts";
import { NO_ADDRESS, REGISTER, SOURCE_ADDRESS } from "../../packet/fields.ts";
import { InterfaceBlock } from "../../packet/interface-block.ts";
import { hasIpv6 } from "../../packet/kernels/parts.ts";
import { ERROR, newsOwned, newsPost, READABLE } from "../../packet/news.ts";
import type { Address, Length, Offset, Uint8 } from "../../packet/numbers.ts";
import { NONE, takeSpare } from "../../packet/packets.ts";
import { PathBlock, pathClear, pathForget } from "../../packet/path-block.ts";
import { endOf, nextPiece, startOf } from "../../packet/pieces.ts";
import { icmpChecksum, ipBuild } from "../../wire/build.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as icmpv6 from "../../wire/icmpv6.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import { flowInsert, flowRemove, flowValue } from "../flow-table.ts";
import { piecesMost } from "../send-pieces.ts";

/** Bytes of the ICMP header before an echo's payload, of either family. */
export const HEADER = icmpv4.HEADER;

/** A socket bound to an interface slot (0: any), whose identifier is the first one from `chance` on that nobody has. Answers its block, or 0 when none is free. */
export function echoOpen(view: DataView, slot: number, chance: number): Offset {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.echoCount; i++) {
		const socket = EchoBlock.of(view, echoAt(view, i));
		if (socket.bits !== 0) continue;
		let identifier = chance & 0xffff;
		while (!flowInsert(view, NO_ADDRESS, NO_ADDRESS, identifier, ipv4.ICMP, i)) identifier = (identifier + 1) & 0xffff;
		socket.bits = ECHO_OPEN;
		socket.identifier = identifier;
		setNone(view, socket.remoteAddress);
		setNone(view, socket.localAddress);
		socket.replies = 0;
		socket.first = 0;
		socket.count = 0;
		const path = PathBlock.of(view, socket.path);
		pathClear(path);
		path.bound = slot;
		path.hops = 0;
		return socket.at;
	}
	return 0;
}

/** Nobody has the socket any more. */
export function echoClose(view: DataView, block: Offset): void {
	const socket = EchoBlock.of(view, block);
	if (socket.bits === 0) return;
	flowRemove(view, NO_ADDRESS, NO_ADDRESS, socket.identifier, ipv4.ICMP);
	socket.bits = 0;
	socket.count = 0;
	newsOwned(view, socket.news, false);
}

/** Whether there is a way to where its requests go, and an address of ours to ask from; the socket's path then has them. */
export function echoWay(view: DataView, block: Offset): boolean {
	const socket = EchoBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	const to = socket.remoteAddress;
	if (!sameAddress(view, path.destination, to) || path.routeVersion !== CoreBlock.of(view, CORE).routeVersion) {
		copyAddress(view, path.destination, to);
		copyAddress(view, path.source, socket.localAddress);
		route(view, path, 0, true);
	}
	return path.out !== 0;
}

/** Its requests have that time to live, 0 for the default, and TOS_BITS, as `ipv4Build` has them. */
export function echoSetHops(view: DataView, block: Offset, hops: number): void {
	const path = PathBlock.of(view, EchoBlock.of(view, block).path);
	path.hops = hops;
	pathForget(path);
}

/** Answers of `echoSend` below 0; from 0 on it was sent, and what is to be done by the interface of the path (link/calls.ts). It could not leave: no way, or no packet buffer. */
export const NOT_SENT = -1;
/** It is larger than what may go in fragments. */
export const TOO_LONG = -2;

/** Sends a request with that sequence number and so many bytes of payload. */
export function echoSend(view: DataView, block: Offset, sequence: number, length: Length): number {
	const core = CoreBlock.of(view, CORE);
	const socket = EchoBlock.of(view, block);
	const path = PathBlock.of(view, socket.path);
	if (socket.bits !== ECHO_OPEN || !echoWay(view, block) || core.spare === NONE) return NOT_SENT;
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	if (length > ((path.mtu - path.ipHeader - HEADER) | 0)) return sendLong(view, socket, path, sequence, length);
	const at = core.spareAt;
	const icmp = ipBuild(view, at, path, six ? ipv6.ICMP : ipv4.ICMP, path.ttl, HEADER + length);
	const payload = icmp + HEADER;
	const end = payload + length;
	headed(view, icmp, six, socket, sequence);
	for (let i = 0; i < length; i++) view.setUint8(payload + i, i);
	icmpChecksum(view, at, icmp, end);
	const link = InterfaceBlock.of(view, path.out);
	if (output(view, core.spare, at, end, path)) takeSpare(view);
	return follows(view, link);
}

/** Writes the header of a request, whose checksum is 0. */
function headed(view: DataView, icmp: Offset, six: boolean, socket: EchoBlock, sequence: number): void {
	view.setInt32(icmp, (six ? icmpv6.ECHO_REQUEST : icmpv4.ECHO_REQUEST) << 24);
	view.setInt32(icmp + icmpv4.REST, (socket.identifier << 16) | (sequence & 0xffff));
}

/** Sends a request that is longer than its path carries, in fragments. */
function sendLong(view: DataView, socket: EchoBlock, path: PathBlock, sequence: number, length: Length): number {
	if (length > ((piecesMost(view, path) - HEADER) | 0)) return TOO_LONG;
	const first = piecesTake(view, path, HEADER + length);
	if (first === NONE) return NOT_SENT;
	let byte = -HEADER;
	for (let piece = first; piece !== NONE; piece = nextPiece(view, piece)) {
		const end = endOf(view, piece);
		for (let at = startOf(view, piece); at < end; at++) {
			view.setUint8(at, byte);
			byte = (byte + 1) & 255;
		}
	}
	const six = hasIpv6() && path.ipHeader === ipv6.HEADER;
	headed(view, startOf(view, first), six, socket, sequence);
	icmpPiecesSum(view, path, first);
	const link = InterfaceBlock.of(view, path.out);
	piecesOutput(view, path, first, six ? ipv6.ICMP : ipv4.ICMP);
	return follows(view, link);
}

/** Bytes of payload of the longest request that may go where the last one went. */
export function echoMost(view: DataView, block: Offset): number {
	const path = PathBlock.of(view, EchoBlock.of(view, block).path);
	return (Math.max((path.mtu - path.ipHeader) | 0, piecesMost(view, path)) - HEADER) | 0;
}

/** An echo reply of so many bytes came, which begins at `at`; its IP header is in the registers. Answers whether a socket had asked. */
export function echoReply(view: DataView, link: InterfaceBlock, at: Offset, bytes: number): boolean {
	const echo = icmpv4.identifierAndSequence(view, at);
	const index = flowValue(view, NO_ADDRESS, NO_ADDRESS, echo >>> 16, ipv4.ICMP);
	if (index < 0) return false;
	const socket = EchoBlock.of(view, echoAt(view, index));
	const ttl = view.getInt32(REGISTER.ttlProtocol, true) >> 8;
	socket.replies = (socket.replies + 1) | 0;
	tell(view, link, socket, icmpv4.ECHO_REPLY, 0, echo, SOURCE_ADDRESS, (bytes - HEADER) | 0, ttl);
	return true;
}

/**
 * An ICMP error, said by `from`, quotes the IP packet in bytes `at` to `end`. Answers whether that is a request of a socket here: who cannot see
 * the requests must guess the identifier.
 */
export function echoError(
	view: DataView,
	link: InterfaceBlock,
	type: Uint8,
	code: Uint8,
	from: Address,
	at: Offset,
	end: Offset,
): boolean {
	const six = hasIpv6() && view.getUint8(at) >> 4 === 6;
	const header = six ? ipv6.HEADER : ipv4.headerLength(view, at);
	const message = at + header;
	if (header < ipv4.HEADER || message + HEADER > end) return false;
	if (six ? ipv6.nextHeader(view, at) !== ipv6.ICMP : ipv4.protocol(view, at) !== ipv4.ICMP) return false;
	if (icmpv4.type(view, message) !== (six ? icmpv6.ECHO_REQUEST : icmpv4.ECHO_REQUEST)) return false;
	const echo = icmpv4.identifierAndSequence(view, message);
	const index = flowValue(view, NO_ADDRESS, NO_ADDRESS, echo >>> 16, ipv4.ICMP);
	if (index < 0) return false;
	const socket = EchoBlock.of(view, echoAt(view, index));
	const to = PathBlock.of(view, socket.path).destination;
	if (six ? !sameAddress(view, to, at + ipv6.DESTINATION) : v4Of(view, to) !== ipv4.destination(view, at)) return false;
	tell(view, link, socket, type, code, echo, from, 0, 0);
	return true;
}

/** The answer with that place in the queue, which may have come round. */
function answerAt(socket: EchoBlock, place: number): Offset {
	const index = place < ICMP_QUEUE ? place : (place - ICMP_QUEUE) | 0;
	return (socket.answers + Math.imul(index, EchoAnswer.bytes)) | 0;
}

/** It waits for the socket's owner. */
function tell(
	view: DataView,
	link: InterfaceBlock,
	socket: EchoBlock,
	type: Uint8,
	code: Uint8,
	echo: number,
	from: Address,
	length: number,
	ttl: number,
): void {
	if (socket.count === ICMP_QUEUE) {
		drop(view, link, DROP.icmpQueueFull);
		return;
	}
	const answer = EchoAnswer.of(view, answerAt(socket, (socket.first + socket.count) | 0));
	socket.count = (socket.count + 1) | 0;
	answer.type = type;
	answer.code = code;
	answer.sequence = echo & 0xffff;
	copyAddress(view, answer.source, from);
	answer.length = length & 0xffff;
	answer.ttl = ttl & 0xff;
	answer.time = CoreBlock.of(view, CORE).now;
	newsPost(view, socket.news, READABLE);
}

/** Takes the oldest reply or error that waits: where its EchoAnswer lies, which holds until the next one comes. 0: there is none. */
export function echoTake(view: DataView, block: Offset): Offset {
	const socket = EchoBlock.of(view, block);
	if (socket.count === 0) return 0;
	const at = answerAt(socket, socket.first);
	const next = (socket.first + 1) | 0;
	socket.first = next < ICMP_QUEUE ? next : 0;
	socket.count = (socket.count - 1) | 0;
	return at;
}

/** An interface is gone: sockets bound to its slot end. */
export function echoInterfaceGone(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	for (let i = 0; i < core.echoCount; i++) {
		const socket = EchoBlock.of(view, echoAt(view, i));
		if (socket.bits !== ECHO_OPEN || PathBlock.of(view, socket.path).bound !== slot) continue;
		socket.bits = ECHO_OPEN | ECHO_GONE;
		newsPost(view, socket.news, ERROR);
	}
}
