// Devices in C, by their number in the table of native/devices.h: what compiled code moves frames by. Node has no devices in C, so here every number is one that
// no device has.

import { check } from "../../packet/bounds.ts";
import type { Length, Offset, Range } from "../../packet/numbers.ts";
import { BUSY } from "../device.ts";

/** As `receive` of the device with that number, at most `most` bytes: the frame's length, 0 when there is none, -1 when one was lost. 0 when no device has the number. */
export function deviceReceive(view: DataView, _device: number, at: Offset, most: Length): Range<-1, 0xffffff> {
	check(at, most, view.byteLength);
	return 0;
}

/** As its `transmit`: SENT, HELD or BUSY. BUSY when no device has the number. */
export function deviceTransmit(view: DataView, _device: number, _packet: number, at: Offset, end: Offset): number {
	check(at, end - at, view.byteLength);
	return BUSY;
}

/**
 * As its `linkUp`. False when no device has the number.
 * @pure
 */
export function deviceLinkUp(_view: DataView, _device: number): boolean {
	return false;
}
