// Devices in C by their number: the kernels' TypeScript, where no number is a device's, and the codec's own for numbers that no device has.

import { describe, expect, it } from "vitest";
import * as codec from "#codec";
import { BUSY } from "../../../src/device/device.ts";
import * as twin from "../../../src/device/kernels/devices.ts";

const SIZE = 256;
const UNKNOWN = [0, -1, 65, 4096, 0x7fffffff, -0x80000000];

describe.each([
	["kernels", twin],
	["codec", codec],
])("a number that no device has, by the %s", (_name, { deviceLinkUp, deviceReceive, deviceTransmit }) => {
	const bytes = new Uint8Array(SIZE).fill(0xa5);
	const view = new DataView(bytes.buffer);

	it.each(UNKNOWN)("%i has no frames, is busy and has no link", (device) => {
		expect(deviceReceive(view, device, 0, SIZE)).toBe(0);
		expect(deviceReceive(view, device, SIZE, 0)).toBe(0);
		expect(deviceTransmit(view, device, 3, 0, SIZE)).toBe(BUSY);
		expect(deviceTransmit(view, device, 3, SIZE, SIZE)).toBe(BUSY);
		expect(deviceLinkUp(view, device)).toBe(false);
		expect(bytes.every((byte) => byte === 0xa5)).toBe(true);
	});

	it.each([
		[-1, 1],
		[0, SIZE + 1],
		[SIZE, 1],
		[SIZE + 1, 0],
		[0, -1],
		[0x7fffffff, 1],
	])("throws for %i and %i bytes, which do not lie in memory", (at, length) => {
		for (const device of UNKNOWN) {
			expect(() => deviceReceive(view, device, at, length)).toThrow(RangeError);
			expect(() => deviceTransmit(view, device, 3, at, at + length)).toThrow(RangeError);
		}
	});
});
