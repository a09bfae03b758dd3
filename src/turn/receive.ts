// Frames come in, compiled: from the devices, up through the layers.

import { FRAMES_PER_TURN } from "../config.ts";
import { deviceReceive, lineReceive } from "../device/receive.ts";
import { COMES } from "../device/device.ts";
import { LOST } from "../device/serial.ts";
import { ipInput } from "../ip/input.ts";
import { tunnelOutput, tunnelWay } from "../ip/tunnel-out.ts";
import { checkedAgain, CONTROL, IPV4, IPV4_UNCHECKED, IPV6, linkInput } from "../link/input.ts";
import { CONTROL as LINE_CONTROL, isLine, isPpp, lineFrame, lineSkipped } from "../link/line.ts";
import { CAME, dequeue, hasCome, isFull } from "../link/transmit.ts";
import { BUSY_MORE, CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop } from "../packet/drops.ts";
import { ipv4Again, REGISTER } from "../packet/fields.ts";
import { FLAG_RETURNS, FLAG_TUNNEL, InterfaceBlock } from "../packet/interface-block.ts";
import { LineBlock } from "../packet/line-block.ts";
import { hasIpv6, hasTunnels, hasVlan } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import { headerPlace, NONE, packetRelease, takePacket } from "../packet/packets.ts";
import { PathBlock } from "../packet/path-block.ts";
import { startOf } from "../packet/pieces.ts";
import { clearReady, interfaceAt, letOthers, nextSlot, setAgain, setReady } from "../packet/slots.ts";
import { TunnelBlock } from "../packet/tunnel-block.ts";
import { transportInput } from "../transport/input.ts";
import * as requests from "./requests.ts";

/** Nothing is asked for: no request has this kind. */
export const NOTHING = requests.KIND;

/** The frame in bytes `at` to `end`, which `link` has brought, goes up. Answers whether it is for the interpreter, which then finds it at REGISTER.payloadAt and its interface in REGISTER.arrival. */
function arrives(view: DataView, link: InterfaceBlock, at: Offset, end: Offset): boolean {
	const what = linkInput(view, link, at, end);
	if (what !== IPV4 && what !== IPV6 && (!hasVlan() || what !== IPV4_UNCHECKED)) return what === CONTROL;
	const control = ipInput(view, view.getInt32(REGISTER.payloadAt, true), end, what === IPV6) && transportInput(view);
	if ((hasIpv6() || hasVlan()) && what !== IPV4) {
		if (hasVlan() && what === IPV4_UNCHECKED) checkedAgain(view);
		else ipv4Again(view);
	}
	return control;
}

/** The same, of the interface with that block. */
export function frameArrives(view: DataView, at: Offset, end: Offset, block: Offset): boolean {
	return arrives(view, InterfaceBlock.of(view, block), at, end);
}

/** Takes frames from every interface that may have some. Answers a request, or NOTHING. */
export function receive(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	while (true) {
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
		if ((link.flags & FLAG_RETURNS) !== 0 && link.up !== 0) {
			if (!returned(view, link)) return NOTHING;
			continue;
		}
		if (link.incoming !== 0) {
			const request = landing(view, link);
			if (request !== NOTHING) return request;
			continue;
		}
		if (core.packet < 0 && !takePacket(view)) {
			core.frames = 0; // its device keeps its frames until there is a buffer
			return NOTHING;
		}
		const down = link.up === 0 && !isPpp(link);
		if (down || link.native === 0) {
			// Cleared before the device is asked, not after: a notice that it gives meanwhile then stays.
			clearReady(view, core.slot);
			return (down ? requests.DISCARD : requests.TAKE) | value;
		}
		const at = (core.packetAt - link.header) | 0;
		const length = received(view, link, at);
		if (length === 0) {
			clearReady(view, core.slot);
			return exhausted(view, link);
		}
		if (length === COMES) {
			comes(view, link);
			return NOTHING;
		}
		const request = take(view, link, at, length);
		if (request !== NOTHING) return request;
	}
	return NOTHING;
}

/** A frame comes into the packet that frames are received into: it is the interface's until the frame is there. */
function comes(view: DataView, link: InterfaceBlock): void {
	const core = CoreBlock.of(view, CORE);
	link.incoming = (core.packet + 1) | 0;
	core.packet = NONE;
	awaited(view);
}

/** The interface's device is asked again in the next turn. */
function awaited(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	setAgain(view, core.slot);
}

/** Asks for the frame that comes. When it is there, the next one may come while it goes up. Answers a request, or NOTHING. */
function landing(view: DataView, link: InterfaceBlock): number {
	const core = CoreBlock.of(view, CORE);
	const packet = (link.incoming - 1) | 0;
	const place = headerPlace(view, packet);
	const length = link.came === 0 ? received(view, link, (place - link.header) | 0) : link.came;
	if (length === COMES) {
		awaited(view);
		return NOTHING;
	}
	link.incoming = 0;
	link.came = 0;
	const up = link.up !== 0;
	if (up && length !== 0 && (core.packet >= 0 || takePacket(view))) follows(view, link);
	if (core.packet >= 0) packetRelease(view, core.packet);
	core.packet = packet;
	core.packetAt = place;
	if (length === 0) {
		clearReady(view, core.slot);
		return exhausted(view, link);
	}
	if (link.incoming !== 0 && link.came === 0) core.frames = 1; // the next one comes: until it is there others have their turn, and what waits to be sent
	if (up) return take(view, link, (place - link.header) | 0, length);
	core.frames = (core.frames - 1) | 0;
	drop(view, link, DROP.interfaceDown);
	return NOTHING;
}

/** A further frame, if there is one, begins to come into the packet that frames are received into. */
function follows(view: DataView, link: InterfaceBlock): void {
	const core = CoreBlock.of(view, CORE);
	const said = received(view, link, (core.packetAt - link.header) | 0);
	if (said === 0) return;
	link.incoming = (core.packet + 1) | 0;
	core.packet = NONE;
	if (said === COMES) setAgain(view, core.slot);
	else link.came = said;
}

/** Takes the first packet that was sent by an interface to ourselves, in the place of the one that frames are received into. Answers whether there was one. */
function returned(view: DataView, link: InterfaceBlock): boolean {
	const core = CoreBlock.of(view, CORE);
	if (hasTunnels() && (link.flags & FLAG_TUNNEL) !== 0 && link.waiting > 0) {
		// A function of its own, as it is called twice: gcc has the way of every packet in one while that is not too long.
		return hasCome(view, link) ? tunneled(view, link, true) : tunneled(view, link, false);
	}
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

/** Takes the first packet in a tunnel's queue: one that came by it goes up, another one is sent as the payload of a packet of IP. Answers whether there may be more to do: not while the interface that it leaves by has no room. */
function tunneled(view: DataView, link: InterfaceBlock, came: boolean): boolean {
	const core = CoreBlock.of(view, CORE);
	const out = !came && tunnelWay(view, link) ? PathBlock.of(view, TunnelBlock.of(view, link.line).path).out : 0;
	if (out !== 0 && out !== link.at && isFull(view, out)) {
		core.frames = 0; // it stays ready, and is asked in the next poll
		return false;
	}
	const packet = dequeue(view, link.at);
	const at = startOf(view, packet);
	const end = view.getInt32((core.ends + Math.imul(packet, 4)) | 0, true);
	if (came) {
		if (core.packet >= 0) packetRelease(view, core.packet);
		core.packet = packet;
		core.packetAt = headerPlace(view, packet);
		take(view, link, at, ((end & ~CAME) - at) | 0);
		return true;
	}
	core.frames = (core.frames - 1) | 0;
	if (core.frames === 0) core.busy = core.busy | BUSY_MORE;
	if (!tunnelOutput(view, link, packet, at, end)) packetRelease(view, packet);
	return true;
}

/** Asks a device in C for a frame. Answers as its `receive`. */
function received(view: DataView, link: InterfaceBlock, at: Offset): number {
	if (isLine(link)) return lineReceive(view, link.native, at, link.space);
	return deviceReceive(view, link.native, at, link.space);
}

/** The interface's device has no frame left. Answers a request, or NOTHING. */
function exhausted(view: DataView, link: InterfaceBlock): number {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	if (!isPpp(link) || LineBlock.of(view, link.line).suspects === 0) return NOTHING;
	core.result = 0;
	return requests.CONTROL | (core.slot << requests.VALUE_SHIFT);
}

/** A frame at `at`; `said` is what its device said of it. Answers a request, or NOTHING. */
function take(view: DataView, link: InterfaceBlock, at: Offset, said: number): number {
	const core = CoreBlock.of(view, CORE);
	core.frames = (core.frames - 1) | 0;
	if (core.frames === 0) core.busy = core.busy | BUSY_MORE;
	let length = said;
	if (isLine(link)) {
		length = lineFrame(view, link, at, said);
		if (length === 0) return NOTHING;
		if (length === LINE_CONTROL) {
			core.result = said;
			return requests.CONTROL | (core.slot << requests.VALUE_SHIFT);
		}
	}
	if (length < 0) {
		drop(view, link, DROP.truncated);
		return NOTHING;
	}
	if (!arrives(view, link, at, (at + length) | 0)) return NOTHING;
	const arrival = InterfaceBlock.of(view, view.getInt32(REGISTER.arrival, true));
	return requests.FRAME | (arrival.slot << requests.VALUE_SHIFT);
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
	const length = isLine(link) ? said & 0xffff : said;
	return take(view, link, (core.packetAt - link.header) | 0, length > link.space ? LOST : said);
}

/** The answer to CONTROL. Where the link went up or down, that is looked at before what comes next. */
export function controlled(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	if (core.routesSeen !== core.routeVersion) letOthers(view);
}

/** The answer to DISCARD: one frame of a link that is down in a turn. */
export function discarded(view: DataView, some: boolean): void {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	if (!some) return;
	const link = InterfaceBlock.of(view, interfaceAt(view, core.slot));
	if (isLine(link)) lineSkipped(view, link);
	setReady(view, core.slot);
	letOthers(view);
}
