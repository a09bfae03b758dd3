// Queues before a slow interface, one for each hash of flows, served by turns, each kept short by CoDel: RFC 8289, RFC 8290, with few queues. Flat TypeScript.

import { CONTROL_PACKETS } from "../config.ts";
import { mixAddress } from "../packet/address.ts";
import { CORE, CoreBlock } from "../packet/core-block.ts";
import { deadline } from "../packet/deadline.ts";
import { DROP, drop } from "../packet/drops.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import { hasIpv6 } from "../packet/kernels/parts.ts";
import { mix } from "../packet/mix.ts";
import type { Offset } from "../packet/numbers.ts";
import { NONE, packetRelease } from "../packet/packets.ts";
import { FlowRow, QueueBlock, stampAt } from "../packet/queue-block.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

/** Bytes that a flow may send in its turn: a packet of Ethernet. RFC 8290 §5.2.2. */
const QUANTUM = 1514;
/** One of 1 / √drops, and steps of Newton's until that is right after a jump. */
const ONE = 32768;
const STEPS = 4;
/** What a byte takes of the credit; and most ms of the rate that may be saved. */
const BYTE = 8000;
const SAVED_MS = 2;
/** After so many ms the credit is as large as it may be, whatever was owed: 12 Mbit at the lowest rate. */
const AWAY_MS = 2000;

/** Whether packets of the board's own connections are to wait in these: others' have room. */
export function queueIsBusy(view: DataView, link: InterfaceBlock): boolean {
	const queue = QueueBlock.of(view, link.tag);
	return queue.count >= queue.own;
}

/** A hash of the flow of the IP packet in bytes `at` to `end`: addresses, protocol, ports of TCP and UDP. RFC 8290 §4.1.1. */
function flowHash(view: DataView, seed: number, at: Offset, end: Offset): number {
	const six = hasIpv6() && end - at >= ipv6.HEADER && view.getUint8(at) >> 4 === 6;
	if (end - at < ipv4.HEADER) return seed;
	const protocol = six ? view.getUint8(at + ipv6.NEXT_HEADER) : ipv4.protocol(view, at);
	let hash = mix(seed, protocol);
	if (six) hash = mixAddress(view, mixAddress(view, hash, at + ipv6.SOURCE), at + ipv6.DESTINATION);
	else hash = mix(mix(hash, ipv4.source(view, at)), ipv4.destination(view, at));
	if (protocol !== ipv4.TCP && protocol !== ipv4.UDP) return hash;
	if (!six && ipv4.isFragment(view, at)) return hash;
	const ports = at + (six ? ipv6.HEADER : ipv4.headerLength(view, at));
	return ports + 4 > end ? hash : mix(hash, view.getInt32(ports));
}

function rowOf(queue: QueueBlock, number: number): Offset {
	return (queue.at + QueueBlock.bytes + Math.imul(number & queue.mask, FlowRow.bytes)) | 0;
}

/** Bytes of a packet that waits. */
function lengthOf(view: DataView, packet: number): number {
	const core = CoreBlock.of(view, CORE);
	const index = Math.imul(packet, 4);
	return (view.getInt32((core.ends + index) | 0, true) - view.getInt32((core.starts + index) | 0, true)) | 0;
}

/** Takes the first packet of a flow out of its queue. */
function shift(view: DataView, queue: QueueBlock, flow: FlowRow): number {
	const packet = flow.first;
	flow.first = view.getInt32((CoreBlock.of(view, CORE).nexts + Math.imul(packet, 4)) | 0, true);
	flow.count = (flow.count - 1) | 0;
	queue.count = (queue.count - 1) | 0;
	return packet;
}

/** The longest queue loses its first packet: RFC 8290 §4.1.3. There is one. */
function dropLongest(view: DataView, link: InterfaceBlock, queue: QueueBlock): void {
	let longest: Offset = 0;
	let most = 0;
	const flows = (queue.mask + 1) | 0;
	for (let i = 0; i < flows; i++) {
		const flow = FlowRow.of(view, rowOf(queue, i));
		if (flow.count <= most) continue;
		most = flow.count;
		longest = flow.at;
	}
	packetRelease(view, shift(view, queue, FlowRow.of(view, longest)));
	drop(view, link, DROP.transmitQueueFull);
}

/** The packet of bytes `frame` to `end`, whose IP header lies at `at`, waits with its flow. Answers whether it was kept: not where there is room for none. */
export function queueAdd(view: DataView, link: InterfaceBlock, packet: number, at: Offset, frame: Offset, end: Offset): boolean {
	const core = CoreBlock.of(view, CORE);
	const queue = QueueBlock.of(view, link.tag);
	while (queue.count >= Math.min(queue.most, (core.free - CONTROL_PACKETS) | 0)) {
		if (queue.count === 0) {
			drop(view, link, DROP.transmitQueueFull);
			return false;
		}
		dropLongest(view, link, queue);
	}
	const flow = FlowRow.of(view, rowOf(queue, flowHash(view, queue.seed, at, end)));
	const index = Math.imul(packet, 4);
	view.setInt32((core.starts + index) | 0, frame, true);
	view.setInt32((core.ends + index) | 0, end, true);
	view.setInt32((core.nexts + index) | 0, NONE, true);
	const stamp = stampAt(view, packet);
	if (frame - stamp >= 4) view.setInt32(stamp, core.now, true);
	if (flow.count === 0) flow.first = packet;
	else view.setInt32((core.nexts + Math.imul(flow.last, 4)) | 0, packet, true);
	flow.last = packet;
	flow.count = (flow.count + 1) | 0;
	queue.count = (queue.count + 1) | 0;
	if (flow.listed !== 0) return true;
	flow.listed = 1;
	flow.next = 0;
	flow.deficit = QUANTUM;
	if (queue.newFirst === 0) queue.newFirst = flow.at;
	else FlowRow.of(view, queue.newLast).next = flow.at;
	queue.newLast = flow.at;
	return true;
}

/** The first flow of those that are new, or of the others, goes to the end of the others, or out of both lists. */
function turnOver(view: DataView, queue: QueueBlock, flow: FlowRow, stays: boolean): void {
	if (queue.newFirst !== 0) queue.newFirst = flow.next;
	else queue.oldFirst = flow.next;
	flow.next = 0;
	if (!stays) {
		flow.listed = 0;
		return;
	}
	if (queue.oldFirst === 0) queue.oldFirst = flow.at;
	else FlowRow.of(view, queue.oldLast).next = flow.at;
	queue.oldLast = flow.at;
}

/** Whether something may leave by the rate now; if not, when is noted. A link that is down has what waits dropped, at once. */
function mayLeave(view: DataView, link: InterfaceBlock, queue: QueueBlock): boolean {
	const rate = queue.rate;
	if (rate === 0 || link.up === 0) return true;
	const core = CoreBlock.of(view, CORE);
	const gone = (core.now - queue.counted) | 0;
	queue.counted = core.now;
	const saved = Math.imul(rate, SAVED_MS);
	// A step at a time: so many ms that sums fit.
	if (gone < 0 || gone > AWAY_MS) queue.credit = saved;
	else for (let ms = gone; ms > 0 && queue.credit < saved; ms--) queue.credit = Math.min(saved, (queue.credit + rate) | 0);
	if (queue.credit >= 0) return true;
	if (deadline(view, (core.now + 1) | 0)) core.wakes = 1;
	return false;
}

/** The packet that is to go next by an interface with queues, NONE for none, or not yet. It stays acquired. RFC 8290 §4.2. */
export function queueTake(view: DataView, link: InterfaceBlock): number {
	const queue = QueueBlock.of(view, link.tag);
	if (queue.count === 0 || !mayLeave(view, link, queue)) return NONE;
	while (queue.count !== 0) {
		const at = queue.newFirst !== 0 ? queue.newFirst : queue.oldFirst;
		if (at === 0) return NONE;
		const flow = FlowRow.of(view, at);
		if (flow.deficit <= 0) {
			flow.deficit = (flow.deficit + QUANTUM) | 0;
			turnOver(view, queue, flow, true);
			continue;
		}
		const packet = codel(view, link, queue, flow);
		if (packet === NONE) {
			// One that was new lets the others have their turn first: else it could come back as new for ever.
			turnOver(view, queue, flow, queue.newFirst !== 0 && queue.oldFirst !== 0);
			continue;
		}
		const length = lengthOf(view, packet);
		flow.deficit = (flow.deficit - length) | 0;
		if (queue.rate !== 0) queue.credit = (queue.credit - Math.imul(length, BYTE)) | 0;
		return packet;
	}
	return NONE;
}

/** Whether the first packet of a flow has waited too long, and those before it, too. RFC 8289 §5.4, dodequeue. */
function isLate(view: DataView, queue: QueueBlock, flow: FlowRow, now: number): boolean {
	const packet = flow.first;
	const stamp = stampAt(view, packet);
	const start = view.getInt32((CoreBlock.of(view, CORE).starts + Math.imul(packet, 4)) | 0, true);
	const waited = ((start - stamp) | 0) >= 4 ? (now - view.getInt32(stamp, true)) | 0 : 0;
	// The last one of a flow is what the line needs to be busy.
	if (waited < queue.targetMs || flow.count === 1) {
		flow.above = 0;
		return false;
	}
	if (flow.above === 0) {
		const above = (now + queue.intervalMs) | 0;
		flow.above = above === 0 ? 1 : above;
		return false;
	}
	return ((now - flow.above) | 0) >= 0;
}

/** 1 / √drops comes nearer to what it is, by Newton's method: RFC 8289 §5.2, as Linux does it. */
function rootStep(flow: FlowRow): void {
	const root = flow.root;
	const square = Math.imul(root, root) >> 15;
	const value = ((3 * ONE - Math.imul(flow.drops, square)) | 0) >> 1;
	flow.root = Math.max(1, Math.imul(root, value) >> 15);
}

/** The time of the next drop, so long after `time`. */
function later(queue: QueueBlock, flow: FlowRow, time: number): number {
	return (time + (Math.imul(queue.intervalMs, flow.root) >> 15)) | 0;
}

/** The first packet of the flow is dropped. */
function dropFirst(view: DataView, link: InterfaceBlock, queue: QueueBlock, flow: FlowRow): void {
	packetRelease(view, shift(view, queue, flow));
	drop(view, link, DROP.queuedLong);
}

/** The next packet of a flow, and those dropped that make way: RFC 8289 §5.5. NONE: it has none. */
function codel(view: DataView, link: InterfaceBlock, queue: QueueBlock, flow: FlowRow): number {
	if (flow.count === 0) {
		flow.above = 0;
		return NONE;
	}
	const now = CoreBlock.of(view, CORE).now;
	let late = isLate(view, queue, flow, now);
	if (flow.dropping !== 0) {
		if (!late) flow.dropping = 0;
		while (flow.dropping !== 0 && ((now - flow.dropNext) | 0) >= 0) {
			dropFirst(view, link, queue, flow);
			flow.drops = Math.min((flow.drops + 1) | 0, 0xffff);
			rootStep(flow);
			late = isLate(view, queue, flow, now);
			if (late) flow.dropNext = later(queue, flow, flow.dropNext);
			else flow.dropping = 0;
		}
	} else if (late) {
		dropFirst(view, link, queue, flow);
		flow.dropping = 1;
		isLate(view, queue, flow, now);
		// Where it was dropping a short while ago it goes on about as fast.
		const more = (flow.drops - flow.dropsBefore) | 0;
		const recent = ((now - flow.dropNext) | 0) < Math.imul(16, queue.intervalMs);
		if (more > 1 && recent) {
			flow.drops = more;
			for (let i = 0; i < STEPS; i++) rootStep(flow);
		} else {
			flow.drops = 1;
			flow.root = ONE;
		}
		flow.dropsBefore = flow.drops;
		flow.dropNext = later(queue, flow, now);
	}
	return shift(view, queue, flow);
}
