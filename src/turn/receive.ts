// Frames come in, compiled: from devices in C straight to their sockets. What is neither a segment, a datagram nor ARP the interpreter is asked about.

import { FRAMES_PER_TURN } from "../config.ts";
import { deviceReceive, lineReceive } from "../device/kernels/devices.ts";
import { LOST } from "../device/serial.ts";
import { KEPT, transit } from "../ip/forward.ts";
import { echo, icmpError } from "../ip/icmp.ts";
import { isLocal } from "../ip/way.ts";
import { arpReceive } from "../link/arp.ts";
import { CONTROL, lineFrame, lineSkipped } from "../link/line.ts";
import { dequeue, send } from "../link/transmit.ts";
import { sameAddress, v4Of } from "../packet/address.ts";
import { CORE, CoreBlock, RULE_FORWARDING, RULE_REVERSE_PATH } from "../packet/core-block.ts";
import { DROP } from "../packet/drops.ts";
import { DESTINATION_ADDRESS, IP_AT, IP_END, PAYLOAD_AT, SOURCE_ADDRESS, TTL_PROTOCOL } from "../packet/fields.ts";
import { FLAG_ANY_ADDRESS, FLAG_LINE, FLAG_PPP, FLAG_RETURNS, InterfaceBlock } from "../packet/interface-block.ts";
import { LineBlock } from "../packet/line-block.ts";
import { newsPost, READABLE } from "../packet/news.ts";
import type { Offset } from "../packet/numbers.ts";
import { headerPlace, NONE, packetRelease, takePacket } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { clearReady, interfaceAt, nextSlot, setReady } from "../packet/slots.ts";
import { tcbAt } from "../packet/tcb-block.ts";
import { UdpBlock, udpAt } from "../packet/udp-block.ts";
import { icmpArrives } from "../transport/icmp.ts";
import { tcpTaken } from "../transport/tcp/expected.ts";
import { tcpArrives } from "../transport/tcp/receive.ts";
import { NOBODY, refuse } from "../transport/tcp/stray.ts";
import { udpArrives } from "../transport/udp/receive.ts";
import { drop } from "../wire/answers.ts";
import { ttlDecrement } from "../wire/build.ts";
import { decode } from "../wire/decode.ts";
import * as icmpv4 from "../wire/icmpv4.ts";
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
		if (core.crowded !== 0) {
			const crowded = core.crowded;
			core.crowded = 0;
			core.pendingSeen = core.pending;
			return requests.DRAIN | (crowded << requests.VALUE_SHIFT);
		}
		if (link.flags & FLAG_RETURNS && link.up !== 0) {
			if (!returned(view, link)) return NOTHING;
			continue;
		}
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

/** Takes the first packet that was sent by an interface to ourselves, in the place of the one that frames are received into. Answers whether there was one. */
function returned(view: DataView, link: InterfaceBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	const packet = dequeue(view, link.at);
	if (packet === NONE) {
		clearReady(view, core.slot);
		core.frames = 0;
		return false;
	}
	if (core.packet >= 0) packetRelease(view, core.packet);
	core.packet = packet;
	core.packetAt = headerPlace(view, packet);
	const end = view.getInt32((core.ends + Math.imul(packet, 4)) | 0, true);
	take(view, link, core.packetAt, (end - core.packetAt) | 0);
	return true;
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
	const found = decode(view, at, (at + length) | 0, link.at);
	const result = (found & kinds.KIND) === kinds.TRANSIT ? through(view, link, found & kinds.GROUP) : found;
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
		newsPost(view, UdpBlock.of(view, udpAt(view, value)).news, READABLE);
		return NOTHING;
	}
	if (result === 0) return NOTHING;
	if (kind === kinds.ECHO) {
		const at = core.packetAt;
		if (echo(view, core.packet, at, (at + value) | 0)) kept(view);
		return NOTHING;
	}
	return rarer(view, link, result);
}

/** Goes on with an IP packet for an address that is not the interface's. Answers as `decode`: 0 when it was sent on, or dropped. */
function through(view: DataView, link: InterfaceBlock, group: number): number {
	if (group === 0 && forwardAgain(view, link)) return 0;
	const next = transit(view, link, CoreBlock.of(view, CORE).packet, group);
	if (next !== KEPT) return next;
	kept(view);
	return 0;
}

/** Goes on with what is less frequent. Answers as `take`. */
function rarer(view: DataView, link: InterfaceBlock, result: number): number {
	const core = CoreBlock.of(view, CORE);
	const group = result & kinds.GROUP;
	switch (result & kinds.KIND) {
		case kinds.ARP:
			if (!arpReceive(view, link, view.getInt32(PAYLOAD_AT * 4, true))) return NOTHING;
			break;
		case kinds.FRAGMENT:
			drop(view, link, DROP.ipv4Fragment);
			return NOTHING;
		case kinds.OTHER:
			if (group === 0) icmpError(view, link, icmpv4.UNREACHABLE, icmpv4.PROTOCOL_UNREACHABLE, 0);
			drop(view, link, DROP.unknownProtocol);
			return NOTHING;
		case kinds.BAD_OPTION:
			if (group === 0) badOption(view, link, result >> kinds.VALUE_SHIFT);
			drop(view, link, DROP.ipv4Malformed);
			return NOTHING;
		case kinds.ICMP:
			icmpArrives(view, link);
			return NOTHING;
		case kinds.UDP:
			udpArrives(view, link, result);
			return NOTHING;
		case kinds.TCP:
		case kinds.STRAY:
			segmentArrives(view, link, result);
			return NOTHING;
		default:
			break;
	}
	core.result = result;
	return requests.FRAME;
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

/** Tells the sender which octet of its options is wrong: hosts for what is theirs, routers for what they forward. RFC 1122 §3.2.2.5, 1812 §4.3.3.5. */
function badOption(view: DataView, link: InterfaceBlock, pointer: number): void {
	const ours = (link.flags & FLAG_ANY_ADDRESS) !== 0 || isLocal(view, DESTINATION_ADDRESS);
	if (ours || (CoreBlock.of(view, CORE).rules & RULE_FORWARDING) !== 0)
		icmpError(view, link, icmpv4.PARAMETER_PROBLEM, 0, pointer << 24);
}

/**
 * Sends on what is for where the last packet went that was forwarded, RFC 1812 §5.2, when nothing speaks against it: `transit` has looked at the
 * destination, and at the way. Answers whether that was so.
 */
function forwardAgain(view: DataView, from: InterfaceBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	const path = PathBlock.of(view, core.forward);
	if (path.wayVersion !== core.wayVersion || !sameAddress(view, path.destination, DESTINATION_ADDRESS)) return false;
	const source = v4Of(view, SOURCE_ADDRESS);
	const at = view.getInt32(IP_AT * 4, true);
	const end = view.getInt32(IP_END * 4, true);
	if (
		from.anyPort !== 0 ||
		core.rules & RULE_REVERSE_PATH ||
		source >>> 24 === 0 ||
		ipv4.isLinkLocal(source) ||
		end - at > path.mtu
	)
		return false;
	if ((view.getInt32(TTL_PROTOCOL * 4, true) & 0xffff) >> 8 <= 1) return false;
	ttlDecrement(view, at);
	if (send(view, InterfaceBlock.of(view, path.out), core.packet, at, end, path.header)) kept(view);
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
