// From IP to the device, compiled: the prepared link header, counters, and the queue before a device that is busy.

import { TRANSMIT_QUEUE, TRANSMIT_QUEUE_CONTROL, CONTROL_PACKETS } from "../config.ts";
import { AGAIN, ANSWERED, BUSY, HELD, SENT } from "../device/device.ts";
import { deviceTransmit } from "../device/kernels/devices.ts";
import { BridgeBlock, PortBlock } from "../packet/bridge-block.ts";
import { BUSY_MORE, CORE, CoreBlock } from "../packet/core-block.ts";
import { DROP, drop, refused } from "../packet/drops.ts";
import {
	FLAG_BRIDGE,
	FLAG_ETHERNET,
	FLAG_QUEUES,
	FLAG_RETURNS,
	FLAG_TAPPED,
	FLAG_VLAN,
	InterfaceBlock,
} from "../packet/interface-block.ts";
import { hasBridge, hasQueues, hasRaw, hasVlan } from "../packet/kernels/parts.ts";
import type { Offset } from "../packet/numbers.ts";
import { headerPlace, NONE, packetAcquire, packetAcquireControl, packetRelease } from "../packet/packets.ts";
import { interfaceAt, setAgain, setDrain, setReady } from "../packet/slots.ts";
import { countSent, ethernetHeader } from "../wire/build.ts";
import * as ethernet from "../wire/ethernet.ts";
import { copy } from "../wire/kernels/copies.ts";
import { putTag, TYPE_VLAN } from "../wire/vlan.ts";
import { stationPort } from "./stations.ts";
import { queueAdd, queueIsBusy, queueTake } from "./flow-queue.ts";
import { SENT_FRAME, tapFrame } from "./taps.ts";
import { isLine, lineFlush, lineTransmit } from "./line.ts";

/** Bits of `flags` for which there is more to do with what is sent than to put a header before it. */
function special(): number {
	return (
		(hasRaw() ? FLAG_TAPPED : 0) | (hasVlan() ? FLAG_VLAN : 0) | (hasBridge() ? FLAG_BRIDGE : 0) | (hasQueues() ? FLAG_QUEUES : 0)
	);
}

/** Whether a packet would have to wait longer than until the interpreter comes by. `at`: the interface's block. */
export function isBusy(view: DataView, at: Offset): boolean {
	const link = InterfaceBlock.of(view, at);
	if (hasQueues() && (link.flags & FLAG_QUEUES) !== 0) return queueIsBusy(view, link);
	const waiting = link.waiting;
	if (waiting === 0) return false;
	if ((hasVlan() || hasBridge()) && waiting < 0) return isBusy(view, link.parent);
	return (
		(link.native !== 0 && waiting > link.again) ||
		link.refused !== 0 ||
		waiting >= TRANSMIT_QUEUE ||
		waiting >= ((CoreBlock.of(view, CORE).free - CONTROL_PACKETS) | 0)
	);
}

/** Whether a packet would be dropped now, and not as soon as the device has taken one of those that wait for it. `at`: the interface's block. */
export function isFull(view: DataView, at: Offset): boolean {
	const link = InterfaceBlock.of(view, at);
	if (hasQueues() && (link.flags & FLAG_QUEUES) !== 0) return queueIsBusy(view, link);
	if (link.waiting === 0) return false;
	if ((hasVlan() || hasBridge()) && link.waiting < 0) return isFull(view, link.parent);
	return !hasRoom(view, link);
}

/** Whether a packet that the interface's device does not take may wait for it. */
function hasRoom(view: DataView, link: InterfaceBlock): boolean {
	const waiting = link.waiting;
	// Who keeps a packet must leave one for its caller to go on with; and a slow or jammed device leaves the others as much as it has.
	// A frame that the device moves leaves soon.
	const leaves = ((waiting - link.again) | 0) < ((CoreBlock.of(view, CORE).free - CONTROL_PACKETS) | 0);
	return returns(link) ? leaves || waiting < TRANSMIT_QUEUE : leaves && waiting < TRANSMIT_QUEUE;
}

/** Offers a device in C what waits for it. */
export function offer(view: DataView, link: InterfaceBlock): void {
	const core = CoreBlock.of(view, CORE);
	if (isLine(link) && !lineFlush(view, link)) return;
	while (link.waiting !== 0) {
		const packet = link.queueFirst;
		const index = Math.imul(packet, 4);
		const at = view.getInt32((core.starts + index) | 0, true);
		const answer = transmit(view, link, packet, at, view.getInt32((core.ends + index) | 0, true));
		link.again = 0;
		if (answer === BUSY) return;
		if (answer === AGAIN) {
			offeredAgain(view, link);
			return;
		}
		dequeue(view, link.at);
		if (answer === SENT) packetRelease(view, packet);
	}
}

/** What waits for the device is offered in the next turn too. */
function offeredAgain(view: DataView, link: InterfaceBlock): void {
	link.again = 1;
	setAgain(view, link.slot);
	setDrain(view, link.slot);
}

/** `packet`, or NONE when it could not be kept while the device moves it. */
function lent(view: DataView, packet: number): number {
	return CoreBlock.of(view, CORE).free > CONTROL_PACKETS ? packet : NONE;
}

/** To a device in C. Answers SENT, HELD, BUSY or AGAIN. */
function transmit(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset): number {
	if (isLine(link)) return lineTransmit(view, link, packet, at, end);
	return frameSent(view, link, deviceTransmit(view, link.native, packet, at, end));
}

/** What a device in C answered to a frame; SENT for ANSWERED, and there is a further turn, in which it is asked for frames. */
function frameSent(view: DataView, link: InterfaceBlock, answer: number): number {
	if (answer !== ANSWERED) return answer;
	const core = CoreBlock.of(view, CORE);
	setReady(view, link.slot);
	core.busy = core.busy | BUSY_MORE;
	return SENT;
}

/** Puts the prepared link header before the IP packet in bytes `at` to `end`, and sends it or has it wait. Answers whether the packet was kept. */
export function send(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset, header: Offset): boolean {
	let frame = at;
	const kind = link.flags & (FLAG_ETHERNET | special());
	if (kind === FLAG_ETHERNET) frame = ethernetHeader(view, at, header, link.at, end);
	else {
		if ((kind & FLAG_ETHERNET) !== 0) frame = ethernetHeader(view, at, header, link.at, end);
		else countSent(view, at, end, link.at);
		if (hasRaw() && (kind & FLAG_TAPPED) !== 0) tapFrame(view, link, frame, end, SENT_FRAME);
		if (hasVlan() && (kind & FLAG_VLAN) !== 0) return sendTagged(view, link, packet, frame, end);
		if (hasBridge() && (kind & FLAG_BRIDGE) !== 0) return sendBridged(view, link, packet, frame, end, false);
		if (hasQueues() && (kind & FLAG_QUEUES) !== 0) return sendQueued(view, link, packet, at, frame, end);
	}
	let answer = BUSY;
	if (link.native !== 0 && link.waiting === 0) answer = transmit(view, link, lent(view, packet), frame, end);
	return answer !== SENT && notSent(view, link, answer, packet, frame, end);
}

/** Sends a whole control frame, in a packet that was acquired for it. Answers whether that was kept. */
export function sendFrame(view: DataView, link: InterfaceBlock, packet: number, frame: Offset, end: Offset): boolean {
	countSent(view, frame, end, link.at);
	const kind = link.flags & special();
	if (kind !== 0) {
		if (hasRaw() && (kind & FLAG_TAPPED) !== 0) tapFrame(view, link, frame, end, SENT_FRAME);
		if (hasVlan() && (kind & FLAG_VLAN) !== 0) return passTagged(view, link, packet, frame, end);
		if (hasBridge() && (kind & FLAG_BRIDGE) !== 0) return sendBridged(view, link, packet, frame, end, true);
	}
	let answer = BUSY;
	if (link.native !== 0 && link.waiting === 0)
		answer = frameSent(view, link, deviceTransmit(view, link.native, lent(view, packet), frame, end));
	return answer !== SENT && controlNotSent(view, link, answer, packet, frame, end);
}

/**
 * A frame of the VLAN `link`, with its Ethernet header, is its parent's to send, with the tag. Answers whether the packet was kept.
 */
function sendTagged(view: DataView, link: InterfaceBlock, packet: number, frame: Offset, end: Offset): boolean {
	// What is sent as a control frame may have the last places of the queue.
	if (!isFull(view, link.parent)) return passTagged(view, link, packet, frame, end);
	drop(view, InterfaceBlock.of(view, link.parent), DROP.transmitQueueFull);
	return false;
}

/** The same of a control frame. */
function passTagged(view: DataView, link: InterfaceBlock, packet: number, frame: Offset, end: Offset): boolean {
	const tagged = putTag(view, frame, link.tag & 0xffff);
	return sendFrame(view, InterfaceBlock.of(view, link.parent), packet, tagged, end);
}

/** A frame of the bridge `link` itself goes to where its station is, or to all ports: IEEE 802.1D §7.7. `control`: as of `sendFrame`. Answers whether the packet was kept. */
function sendBridged(
	view: DataView,
	link: InterfaceBlock,
	packet: number,
	frame: Offset,
	end: Offset,
	control: boolean,
): boolean {
	const bridge = BridgeBlock.of(view, link.line);
	const slot = ethernet.isGroup(view, frame) ? 0 : stationPort(view, bridge, frame);
	if (slot === 0) {
		flood(view, bridge, 0, frame, end, control);
		return false;
	}
	const out = InterfaceBlock.of(view, interfaceAt(view, slot));
	link.parent = out.at; // connections wait for that one
	return relay(view, out, packet, frame, end, control);
}

/** A packet waits with its flow, and goes on at once where the device has none. Answers whether it was kept. */
function sendQueued(view: DataView, link: InterfaceBlock, packet: number, at: Offset, frame: Offset, end: Offset): boolean {
	if (!queueAdd(view, link, packet, at, frame, end)) return false;
	queueRun(view, link.at);
	return true;
}

/** The device of the interface with that block, which has queues, is given what may leave now. */
export function queueRun(view: DataView, block: Offset): void {
	const link = InterfaceBlock.of(view, block);
	if (link.waiting !== 0) return;
	refill(view, link);
	if (link.native !== 0) offer(view, link);
	else if (link.waiting !== 0 && CoreBlock.of(view, CORE).awake === 0) CoreBlock.of(view, CORE).wakes = 1;
}

/** The next packet of the queues waits for the device. */
function refill(view: DataView, link: InterfaceBlock): void {
	const packet = queueTake(view, link);
	if (packet === NONE) return;
	const core = CoreBlock.of(view, CORE);
	const index = Math.imul(packet, 4);
	enqueue(view, link, packet, view.getInt32((core.starts + index) | 0, true), view.getInt32((core.ends + index) | 0, true));
}

/** A whole frame goes out by the port `link` of a bridge: as a control frame, or as what IP sends. Answers whether the packet was kept. */
export function relay(
	view: DataView,
	link: InterfaceBlock,
	packet: number,
	frame: Offset,
	end: Offset,
	control: boolean,
): boolean {
	const port = PortBlock.of(view, link.line);
	const tag = ethernet.type(view, frame) === TYPE_VLAN ? port.tag : 0;
	if (link.up === 0) return refused(view, link, DROP.interfaceDown);
	if (end - frame > ((port.most + tag) | 0)) return refused(view, link, DROP.tooBig);
	if (control) return sendFrame(view, link, packet, frame, end);
	countSent(view, frame, end, link.at);
	if (hasRaw() && (link.flags & FLAG_TAPPED) !== 0) tapFrame(view, link, frame, end, SENT_FRAME);
	let answer = BUSY;
	if (link.native !== 0 && link.waiting === 0)
		answer = frameSent(view, link, deviceTransmit(view, link.native, lent(view, packet), frame, end));
	return answer !== SENT && notSent(view, link, answer, packet, frame, end);
}

/** A copy of the frame goes out by each port of the bridge that is up, but the one in slot `from`. */
export function flood(view: DataView, bridge: BridgeBlock, from: number, frame: Offset, end: Offset, control: boolean): void {
	const core = CoreBlock.of(view, CORE);
	let low = bridge.portsLow;
	let high = bridge.portsHigh;
	while ((low | high) !== 0) {
		const slot = low !== 0 ? 32 - Math.clz32(low & -low) : 64 - Math.clz32(high & -high);
		if (low !== 0) low = low & (low - 1);
		else high = high & (high - 1);
		const link = InterfaceBlock.of(view, interfaceAt(view, slot));
		if (slot === from || link.up === 0) continue;
		const packet = control ? packetAcquireControl(view) : packetAcquire(view);
		if (packet === NONE) {
			drop(view, link, DROP.noPacketBuffer);
			continue;
		}
		const to = headerPlace(view, packet) - ethernet.HEADER;
		copy(view, to, frame, end - frame);
		if (!relay(view, link, packet, to, (to + end - frame) | 0, control)) packetRelease(view, packet);
		else if (core.awake === 0) core.wakes = 1;
	}
}

/** The device did not take the frame for good, or was not asked: `answer` of its `transmit`, or BUSY. Answers whether the packet was kept. */
function notSent(view: DataView, link: InterfaceBlock, answer: number, packet: number, at: Offset, end: Offset): boolean {
	if (answer === HELD) return true;
	if (answer === AGAIN) return lends(view, link, packet, at, end);
	if (hasRoom(view, link)) return enqueue(view, link, packet, at, end);
	drop(view, link, DROP.transmitQueueFull);
	return false;
}

/** Whether what the interface's device is given comes back as the turn ends: it is one in TypeScript, and was not busy. */
function returns(link: InterfaceBlock): boolean {
	return link.native === 0 && link.refused === 0;
}

/** Likewise for a control packet, which its caller acquired for this alone: a few find room behind the others, and one buffer is left for the next. */
function controlNotSent(view: DataView, link: InterfaceBlock, answer: number, packet: number, at: Offset, end: Offset): boolean {
	if (answer === HELD) return true;
	if (answer === AGAIN) return lends(view, link, packet, at, end);
	const free = CoreBlock.of(view, CORE).free;
	const room = Math.min(TRANSMIT_QUEUE - 1, (free - CONTROL_PACKETS) | 0) + TRANSMIT_QUEUE_CONTROL;
	if ((free > 0 || returns(link)) && link.waiting <= room) return enqueue(view, link, packet, at, end);
	drop(view, link, DROP.transmitQueueFull);
	return false;
}

/** The device moves the frame, which waits meanwhile. */
function lends(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset): boolean {
	offeredAgain(view, link);
	return enqueue(view, link, packet, at, end);
}

function enqueue(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: number): boolean {
	const core = CoreBlock.of(view, CORE);
	const index = Math.imul(packet, 4);
	view.setInt32((core.starts + index) | 0, at, true);
	view.setInt32((core.ends + index) | 0, end, true);
	view.setInt32((core.nexts + index) | 0, NONE, true);
	if (link.waiting === 0) link.queueFirst = packet;
	else view.setInt32((core.nexts + Math.imul(link.queueLast, 4)) | 0, packet, true);
	link.queueLast = packet;
	link.waiting = (link.waiting + 1) | 0;
	if ((link.flags & FLAG_RETURNS) !== 0) {
		// It is received in the next turn.
		setReady(view, link.slot);
		core.busy = core.busy | BUSY_MORE;
		if (core.awake === 0) core.wakes = 1;
		return true;
	}
	setDrain(view, link.slot);
	if (link.waiting >= TRANSMIT_QUEUE - 1 && returns(link)) core.crowded = link.slot;
	return true;
}

/** Of where a packet ends that waits: it came within another one, and is to be received. */
export const CAME = 0x80000000 | 0;

/** Whether the first packet in a tunnel's queue came by it. */
export function hasCome(view: DataView, link: InterfaceBlock): boolean {
	return view.getInt32((CoreBlock.of(view, CORE).ends + Math.imul(link.queueFirst, 4)) | 0, true) < 0;
}

/** A packet of the tunnel `link` came in bytes `at` to `end` of another one: it waits among those that are sent by the tunnel, and is received in the next turn. Answers whether the packet was kept. */
export function come(view: DataView, link: InterfaceBlock, packet: number, at: Offset, end: Offset): boolean {
	if (hasRoom(view, link)) return enqueue(view, link, packet, at, end | CAME);
	drop(view, link, DROP.noPacketBuffer);
	return false;
}

/** The first packet in the interface's queue, which is not empty. */
export function queueHead(view: DataView, at: Offset): number {
	return InterfaceBlock.of(view, at).queueFirst;
}

/** Takes the first packet out of the interface's queue, or NONE. It stays acquired. */
export function dequeue(view: DataView, at: Offset): number {
	const link = InterfaceBlock.of(view, at);
	if (hasQueues() && (link.flags & FLAG_QUEUES) !== 0 && link.waiting === 0) refill(view, link); // of a link that went down all comes out
	if (link.waiting <= 0) return NONE;
	const packet = link.queueFirst;
	link.queueFirst = view.getInt32((CoreBlock.of(view, CORE).nexts + Math.imul(packet, 4)) | 0, true);
	link.waiting = (link.waiting - 1) | 0;
	if (hasQueues() && (link.flags & FLAG_QUEUES) !== 0 && link.waiting === 0) refill(view, link);
	return packet;
}
