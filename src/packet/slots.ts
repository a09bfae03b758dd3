// Sets of interface slots, 1 to 64, as two words, compiled: what has to be done for none costs the same however many there are.

import { BUSY_MORE, CORE, CoreBlock } from "./core-block.ts";
import { InterfaceBlock } from "./interface-block.ts";
import type { Offset } from "./numbers.ts";

/** Arena offset of the block of the interface in a slot. */
export function interfaceAt(view: DataView, slot: number): Offset {
	return (CoreBlock.of(view, CORE).interfaces + Math.imul(slot - 1, InterfaceBlock.bytes)) | 0;
}

/** The bit of a slot in its word. */
function bitOf(slot: number): number {
	return 1 << ((slot - 1) & 31);
}

/** The interface may have frames: it is asked in the next turn. */
export function setReady(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	if (slot <= 32) core.readyLow = core.readyLow | bitOf(slot);
	else core.readyHigh = core.readyHigh | bitOf(slot);
}

/** The interface gives notice: it may have frames, and is looked at when the next poll begins. */
export function setNoticed(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	setReady(view, slot);
	if (slot <= 32) core.lookLow = core.lookLow | bitOf(slot);
	else core.lookHigh = core.lookHigh | bitOf(slot);
}

/** The same, by whoever does not know whether a poll runs. Answers whether a poll has to be asked for. */
export function notice(view: DataView, slot: number): boolean {
	const core = CoreBlock.of(view, CORE);
	setNoticed(view, slot);
	if (core.awake !== 0) return false;
	core.awake = 1;
	return true;
}

/** It has none, and says so when it has: it is not asked before; or it is asked without a notice, at the next poll too. */
export function clearReady(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	if (slot <= 32) core.readyLow = core.readyLow & ~(bitOf(slot) & ~core.polledLow);
	else core.readyHigh = core.readyHigh & ~(bitOf(slot) & ~core.polledHigh);
}

/** Whether the interface is asked without a notice. Nothing of an interface that is gone stays. */
export function setPolled(view: DataView, slot: number, polled: boolean): void {
	const core = CoreBlock.of(view, CORE);
	const low = slot <= 32 ? bitOf(slot) : 0;
	const high = slot <= 32 ? 0 : bitOf(slot);
	core.polledLow = polled ? core.polledLow | low : core.polledLow & ~low;
	core.polledHigh = polled ? core.polledHigh | high : core.polledHigh & ~high;
	if (!polled) {
		core.lookLow = core.lookLow & ~low;
		core.lookHigh = core.lookHigh & ~high;
		core.readyLow = core.readyLow & ~low;
		core.readyHigh = core.readyHigh & ~high;
		core.drainLow = core.drainLow & ~low;
		core.drainHigh = core.drainHigh & ~high;
		core.againLow = core.againLow & ~low;
		core.againHigh = core.againHigh & ~high;
		core.leftLow = core.leftLow & ~low;
		core.leftHigh = core.leftHigh & ~high;
	}
}

/** Packets wait for a device that the interpreter has to call. */
export function setDrain(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	if (slot <= 32) core.drainLow = core.drainLow | bitOf(slot);
	else core.drainHigh = core.drainHigh | bitOf(slot);
}

/** The interface's device is at a frame: it is asked again in the next turn. */
export function setAgain(view: DataView, slot: number): void {
	const core = CoreBlock.of(view, CORE);
	if (slot <= 32) core.againLow = core.againLow | bitOf(slot);
	else core.againHigh = core.againHigh | bitOf(slot);
}

/** The first slot of the phase's that are left, which is none of them any more; 0 when there is none. */
export function nextSlot(view: DataView): number {
	const core = CoreBlock.of(view, CORE);
	const low = core.leftLow;
	if (low !== 0) {
		core.leftLow = low & (low - 1);
		return 32 - Math.clz32(low & -low);
	}
	const high = core.leftHigh;
	if (high === 0) return 0;
	core.leftHigh = high & (high - 1);
	return 64 - Math.clz32(high & -high);
}

/** The interface that frames are taken from may have more; but not before the others had their turn. */
export function letOthers(view: DataView): void {
	const core = CoreBlock.of(view, CORE);
	core.frames = 0;
	core.busy = core.busy | BUSY_MORE;
}
