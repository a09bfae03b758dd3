// Why packets are dropped: one counter per interface and reason, in the interface's block of the arena.

import { DropBlock } from "./drop-block.ts";
import type { InterfaceBlock } from "./interface-block.ts";
import type { Uint16 } from "./numbers.ts";

/** The reasons: where each has its counter among those of an interface. */
export const DROP = DropBlock.offsets;

export type DropName = keyof typeof DROP;

/** Their names, in the order of the counters. */
export const DROPS: readonly DropName[] = Object.freeze(Object.keys(DROP) as DropName[]);

/** Counts a drop of the interface. Answers 0. */
export function drop(view: DataView, iface: InterfaceBlock, reason: Uint16): number {
	const at = iface.drops + reason;
	view.setInt32(at, view.getInt32(at, true) + 1, true);
	return 0;
}

/** The same, for who answers whether a packet goes on: it does not. */
export function refused(view: DataView, iface: InterfaceBlock, reason: Uint16): boolean {
	drop(view, iface, reason);
	return false;
}
