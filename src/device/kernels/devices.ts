// Devices by their number in a table: what compiled code moves frames by. On XS the table is that of native/devices.h, and devices in C add themselves; where
// compiled code runs as TypeScript it is this one, which has places for devices in TypeScript.

import { check } from "../../packet/bounds.ts";
import type { Length, Offset } from "../../packet/numbers.ts";
import { BUSY, type Device } from "../device.ts";

/** `passes`: as in native/devices.h. */
type Numbered = Pick<Device, "receive" | "transmit" | "linkUp"> & { passes?(): boolean };

/** Places in the table, of C two pointers each: as many as a stack may have interfaces. */
export const PLACES = 64;

const table: (Numbered | undefined)[] = [];

/** Takes a device up. Answers its number, from 1 on, or 0 when the table is full. */
export function deviceAdd(device: Numbered): number {
	let number = 1;
	while (table[number] !== undefined) number++;
	if (number > PLACES) return 0;
	table[number] = device;
	return number;
}

/** The number stands for no device any more; the next one that is added may have it. */
export function deviceRemove(number: number): void {
	if (table[number] !== undefined) table[number] = undefined;
}

/** As `receive` of the device with that number, at most `most` bytes, whatever it answers; ../receive.ts looks at that. 0 when no device has the number. */
export function deviceAsk(view: DataView, device: number, at: Offset, most: Length): number {
	check(at, most, view.byteLength);
	return table[device]?.receive(at, most) ?? 0;
}

/** As its `transmit`: SENT, HELD, BUSY or, in C, ANSWERED or AGAIN. BUSY when no device has the number. `packet`: of serial lines the protocol. */
export function deviceTransmit(view: DataView, device: number, packet: number, at: Offset, end: Offset): number {
	check(at, end - at, view.byteLength);
	return table[device]?.transmit(packet, at, end) ?? BUSY;
}

/**
 * As its `linkUp`. False when no device has the number.
 * @pure
 */
export function deviceLinkUp(_view: DataView, device: number): boolean {
	return table[device]?.linkUp ?? false;
}

/** Whether bytes pass still, of a device that answered COMES or AGAIN. False when it has no such function, and when no device has the number. */
export function devicePasses(_view: DataView, device: number): boolean {
	return table[device]?.passes?.() ?? false;
}

/** Answer of `deviceService`: the device has no such function, and its method `poll` is called, if it has one. */
export const NO_SERVICE = -2;

/** As its `poll`: time passes for the device; in how many ms it wants to be called again, or -1. NO_SERVICE when it has none in C, or no device has the number. */
export function deviceService(_view: DataView, _device: number, _now: number): number {
	return NO_SERVICE;
}
