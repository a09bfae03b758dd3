// Frames come in, compiled: from devices in C straight to their sockets. What is neither a segment, a datagram nor ARP the interpreter is asked about.

import { FRAMES_PER_TURN } from "../config.ts";
import { deviceReceive, lineReceive } from "../device/kernels/devices.ts";
import { LOST } from "../device/serial.ts";
import { arpReceive } from "../link/arp.ts";
import { CONTROL, lineFrame, lineSkipped } from "../link/line.ts";
import { send } from "../link/transmit.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION, IP_AT, IP_END, PAYLOAD_AT, SOURCE, TTL_PROTOCOL, UDPS_AT } from "../packet/fields.ts";
import { FLAG_EXAMINED, FLAG_LINE, FLAG_PPP, InterfaceBlock } from "../packet/interface-block.ts";
import { LineBlock } from "../packet/line-block.ts";
import { newsPost, READABLE } from "../packet/news.ts";
import type { Offset } from "../packet/numbers.ts";
import { takePacket } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { clearReady, interfaceAt, nextSlot, setReady } from "../packet/slots.ts";
import { tcbAt } from "../packet/tcb-block.ts";
import { UdpBlock } from "../packet/udp-block.ts";
import { tcpTaken } from "../transport/tcp/expected.ts";
import { tcpArrives } from "../transport/tcp/receive.ts";
import { NOBODY, refuse } from "../transport/tcp/stray.ts";
import { drop } from "../wire/answers.ts";
import { ttlDecrement } from "../wire/build.ts";
import { decode } from "../wire/decode.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as kinds from "../wire/kinds.ts";
import * as requests from "./requests.ts";

/** Nothing is asked for: no request has this kind. */
export const NOTHING = requests.KIND;

const KIND_AND_GROUP = kinds.KIND | kinds.GROUP;

/** Takes frames from every interface that may have some. Answers a request, or NOTHING. */
export function receive(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	for (;;) {
		if (core.slot === 0 || core.frames === 0) {
			const slot = nextSlot(view);
			core.slot = slot;
			if (slot === 0) return NOTHING;
			core.frames = FRAMES_PER_TURN;
		}
		const request = receiveFrom(view, InterfaceBlock.of(view, interfaceAt(view, core.slot)));
		if (request !== NOTHING) return request;
	}
}

/** Takes frames from one interface, as many as it may bring. */
function receiveFrom(view: DataView, link: InterfaceBlock): number {
	const core = CoreBlock.of(view, CORE);
	const value = core.slot << requests.VALUE_SHIFT;
	while (core.frames > 0) {
		if (core.packet < 0 && !takePacket(view)) {
			core.frames = 0; // its device keeps its frames until there is a buffer
			return NOTHING;
		}
		const down = link.up === 0 && !(link.flags & FLAG_PPP);
		if (down || link.native === 0) {
			// What it gives notice of while it is asked is not lost.
			clearReady(view, core.slot);
			return (down ? requests.DISCARD : requests.TAKE) | value;
		}
		const at = (core.packetAt - link.header) | 0;
		const length = received(view, link, at);
		if (length === 0) {
			clearReady(view, core.slot);
			return exhausted(view, link);
		}
		const request = take(view, link, at, length);
		if (request !== NOTHING) return request | value;
	}
	return NOTHING;
}

/** Asks a device in C for a frame. Answers as its `receive`. */
function received(view: DataView, link: InterfaceBlock, at: Offset): number {
	if (link.flags & FLAG_LINE) return lineReceive(view, link.native, at, link.space);
	return deviceReceive(view, link.native, at, link.space);
}

/** There may be more; but not before the others had their turn. */
function more(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	core.busy = core.busy | 1;
}

/** The interface's device has no frame left. Answers a request, or NOTHING. */
function exhausted(view: DataView, link: InterfaceBlock): number {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	if (!(link.flags & FLAG_PPP) || LineBlock.of(view, link.line).suspects === 0) return NOTHING;
	core.result = 0;
	return requests.CONTROL | (core.slot << requests.VALUE_SHIFT);
}

/** A frame at `at`; `said` is what its device said of it. Answers what kind of request the interpreter is to be asked about it, or NOTHING. */
function take(view: DataView, link: InterfaceBlock, at: Offset, said: number): number {
	const core = CoreBlock.of(view, CORE);
	core.frames = (core.frames - 1) | 0;
	if (core.frames === 0) core.busy = core.busy | 1; // there may be more
	let length = said;
	if (link.flags & FLAG_LINE) {
		length = lineFrame(view, link, at, said);
		if (length === 0) return NOTHING;
		if (length === CONTROL) {
			core.result = said;
			return requests.CONTROL;
		}
	}
	if (length < 0) {
		drop(view, link, DROP.truncated);
		return NOTHING;
	}
	const result = decode(view, at, (at + length) | 0, link.at);
	// The likeliest first; a group bit makes it another kind.
	const kind = result & KIND_AND_GROUP;
	const value = result >> kinds.VALUE_SHIFT;
	if (kind === kinds.SEGMENT) {
		tcpTaken(view, tcbAt(view, value), result);
		// An acknowledgment is due: it should not wait for frames that the peer may hold back for it.
		if (core.pending !== 0) more(view);
		return NOTHING;
	}
	if (kind === kinds.DATAGRAM) {
		newsPost(view, UdpBlock.of(view, (view.getInt32(UDPS_AT * 4, true) + Math.imul(value, UdpBlock.bytes)) | 0).news, READABLE);
		return NOTHING;
	}
	if (result === 0 || (kind === kinds.ECHO && echo(view, result, value))) return NOTHING;
	if (kind === kinds.TRANSIT && forward(view, link)) return NOTHING;
	if ((result & kinds.KIND) === kinds.ARP && !arpReceive(view, link, view.getInt32(PAYLOAD_AT * 4, true))) return NOTHING;
	if (isSegment(result & kinds.KIND)) {
		segmentArrives(view, link, result);
		return NOTHING;
	}
	core.result = result;
	return requests.FRAME;
}

function isSegment(kind: number): boolean {
	return kind === kinds.TCP || kind === kinds.STRAY;
}

/** A segment that was not taken as predicted: `result` is what `decode` answered. */
function segmentArrives(view: DataView, link: InterfaceBlock, result: number): void {
	const index = result >> kinds.VALUE_SHIFT;
	if (result & kinds.GROUP)
		drop(view, link, DROP.tcpUnacceptable); // RFC 9293 §3.9.2.3
	else if (index === kinds.NO_SOCKET) {
		refuse(view, link, NOBODY);
		drop(view, link, DROP.tcpNoSocket);
	} else tcpArrives(view, tcbAt(view, index), link.at);
}

/** Sends the reply that stands in place of an echo request, when the way is known and leads to a device in C. Answers whether that was so. */
function echo(view: DataView, result: number, bytes: number): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, core.echo);
	if (!(result & kinds.ECHO_AGAIN) || path.wayVersion !== core.wayVersion || bytes > path.mtu) return false;
	const link = InterfaceBlock.of(view, path.out);
	if (link.native === 0) return false;
	if (send(view, link, core.packet, core.packetAt, (core.packetAt + bytes) | 0, path.header)) kept(view);
	return true;
}

/**
 * Sends on what is for where the last packet went that was forwarded, RFC 1812 §5.2, when that is by a device in C and nothing speaks against it: `Ip.forward` has looked at the
 * destination, and at the way. Answers whether that was so.
 */
function forward(view: DataView, from: InterfaceBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, core.forward);
	if (path.wayVersion !== core.wayVersion || path.destination !== view.getInt32(DESTINATION * 4, true)) return false;
	const source = view.getInt32(SOURCE * 4, true);
	const at = view.getInt32(IP_AT * 4, true);
	const end = view.getInt32(IP_END * 4, true);
	if (from.flags & FLAG_EXAMINED || source >>> 24 === 0 || ipv4.isLinkLocal(source) || end - at > path.mtu) return false;
	if ((view.getInt32(TTL_PROTOCOL * 4, true) & 0xffff) >> 8 <= 1) return false;
	const link = InterfaceBlock.of(view, path.out);
	if (link.native === 0) return false;
	ttlDecrement(view, at);
	if (send(view, link, core.packet, at, end, path.header)) kept(view);
	return true;
}

/** The packet is somebody else's now; without another one this interface has had its turn. */
function kept(view: DataView): void {
	if (takePacket(view)) more(view);
	else CoreBlock.of(view, CORE).frames = 0;
}

/** The answer to TAKE: a frame was put before `packetAt`. Answers as `receive`. */
export function taking(view: DataView, said: number): number {
	const core = CoreBlock.of(view, CORE);
	if (said === requests.FAILED) {
		setReady(view, core.slot);
		core.frames = 0; // it is asked again, but not at once
		return NOTHING;
	}
	const link = InterfaceBlock.of(view, interfaceAt(view, core.slot));
	if (said === 0) return exhausted(view, link);
	setReady(view, core.slot);
	const length = link.flags & FLAG_LINE ? said & 0xffff : said;
	const request = take(view, link, (core.packetAt - link.header) | 0, length > link.space ? LOST : said);
	return request === NOTHING ? NOTHING : request | (core.slot << requests.VALUE_SHIFT);
}

/** The answer to CONTROL. Where the link went up or down, that is looked at before what comes next. */
export function controlled(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.routesSeen !== core.routeVersion) more(view);
}

/** The answer to FRAME. */
export function examined(view: DataView, wasKept: boolean): void {
	if (wasKept) kept(view);
}

/** The answer to DISCARD: one frame of a link that is down in a turn. */
export function discarded(view: DataView, some: boolean): void {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	if (!some) return;
	const link = InterfaceBlock.of(view, interfaceAt(view, core.slot));
	if (link.flags & FLAG_LINE) lineSkipped(view, link);
	setReady(view, core.slot);
	more(view);
}
