// The packet buffers, compiled. A packet is an integer handle; where it begins and ends is noted while it waits in a queue.

import { CONTROL_PACKETS, PACKET_BYTES, PACKET_HEADROOM } from "../config.ts";
import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { letOthers } from "./slots.ts";

/** No packet. */
export const NONE = -1;

function take(view: DataView, kept: number): number {
	const core = CoreBlock.of(view, CORE);
	const count = (core.free - 1) | 0;
	if (count < kept) return NONE;
	core.free = count;
	return view.getInt32((core.freeList + count * 4) | 0, true);
}

/** A packet, or NONE when there are but those for control traffic. */
export function packetAcquire(view: DataView): number {
	return take(view, CONTROL_PACKETS);
}

/** A packet for control traffic, or NONE. */
export function packetAcquireControl(view: DataView): number {
	return take(view, 0);
}

/** Nobody has the packet any more. */
export function packetRelease(view: DataView, packet: number): void {
	const core = CoreBlock.of(view, CORE);
	const count = core.free;
	view.setInt32((core.freeList + Math.imul(count, 4)) | 0, packet, true);
	core.free = (count + 1) | 0;
}

/** Arena offset where the IP header goes in a packet. */
export function headerPlace(view: DataView, packet: number): Offset {
	return (CoreBlock.of(view, CORE).packets + Math.imul(packet, PACKET_BYTES) + PACKET_HEADROOM) | 0;
}

/** Replaces the spare packet, which somebody kept. */
export function takeSpare(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	const packet = packetAcquire(view);
	core.spare = packet;
	core.spareAt = headerPlace(view, packet);
}

/** A packet to receive into, in place of one that was kept. False when there is none: devices keep their frames until there is. */
export function takePacket(view: DataView): boolean {
	const core = CoreBlock.of(view, CORE);
	const packet = packetAcquire(view);
	core.packet = packet;
	if (packet === NONE) return false;
	core.packetAt = headerPlace(view, packet);
	return true;
}

/** The packet that was received is somebody else's now: another one takes its place. Without one the interface has had its turn. */
export function packetKept(view: DataView): void {
	if (takePacket(view)) letOthers(view);
	else CoreBlock.of(view, CORE).frames = 0;
}
