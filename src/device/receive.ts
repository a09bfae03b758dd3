// Frames of devices by their number. What a device answers is looked at before anybody believes it.

import type { Length, Offset, Range } from "../packet/numbers.ts";
import { COMES } from "./device.ts";
import { deviceAsk } from "./kernels/devices.ts";

/** As `receive` of the device with that number, at most `most` bytes: the frame's length, 0 when there is none, -1 when one was lost, COMES. 0 when no device has the number. */
export function deviceReceive(view: DataView, device: number, at: Offset, most: Length): Range<-2, 0xffffff> {
	const length = deviceAsk(view, device, at, most);
	return length < COMES || length > most ? -1 : length;
}

/** As `receive` of the serial line with that number (serial.ts), at most `most` bytes. 0 when no device has the number. */
export function lineReceive(view: DataView, device: number, at: Offset, most: Length): number {
	const answer = deviceAsk(view, device, at, most);
	return (answer & 0xffff) > most ? -1 : answer;
}
