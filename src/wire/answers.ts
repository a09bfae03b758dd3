// How `decode` ends: the packet is dropped and counted, or answered for.

import { PAYLOAD_AT, PAYLOAD_LENGTH } from "../packet/fields.ts";
import type { InterfaceBlock } from "../packet/interface-block.ts";
import type { Offset, Uint8 } from "../packet/numbers.ts";
import { VALUE_SHIFT } from "./kinds.ts";

/** Counts a drop of the interface. */
export function drop(view: DataView, iface: InterfaceBlock, reason: Uint8): number {
	const at = iface.drops + reason * 4;
	view.setInt32(at, view.getInt32(at, true) + 1, true);
	return 0;
}

/** The payload goes to the registers, `value` (a socket's index, a length) to bits 8 and up. */
export function answer(view: DataView, kind: Uint8, group: Uint8, at: Offset, length: number, value: number): number {
	view.setInt32(PAYLOAD_AT * 4, at, true);
	view.setInt32(PAYLOAD_LENGTH * 4, length, true);
	return kind | group | (value << VALUE_SHIFT);
}
