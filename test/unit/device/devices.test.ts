// Devices by their number: the kernels' TypeScript with its table, and the codec's own for numbers that no device has. Devices in C: test/xs/devices.test.ts.

import { afterEach, describe, expect, it } from "vitest";
import * as codec from "#codec";
import { BUSY, COMES, SENT } from "../../../src/device/device.ts";
import * as kernels from "../../../src/device/kernels/devices.ts";
import { deviceReceive } from "../../../src/device/receive.ts";

const twin = { ...kernels, deviceReceive };
const SIZE = 2048;
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

describe("the table of devices in TypeScript", () => {
	const PLACES = 64;
	const view = new DataView(new ArrayBuffer(SIZE));
	const numbers: number[] = [];
	const device = (mark: number) => ({
		linkUp: true,
		transmitted: "",
		length: 10,
		receive(at: number, max: number): number {
			for (let i = 0; i < Math.min(max, this.length); i++) view.setUint8(at + i, mark);
			return this.length;
		},
		transmit(packet: number, at: number, end: number): number {
			this.transmitted += `${packet}: ${at} to ${end}`;
			return SENT;
		},
	});
	const add = (one: ReturnType<typeof device>) => {
		const number = twin.deviceAdd(one);
		if (number !== 0) numbers.push(number);
		return number;
	};

	afterEach(() => {
		for (const number of numbers.splice(0)) twin.deviceRemove(number);
	});

	it("has the frames, the packet and the answers of the device with a number, until it is removed", () => {
		const [one, other] = [device(1), device(2)];
		const [first, second] = [add(one), add(other)];
		expect(twin.deviceReceive(view, second, 20, 100)).toBe(10);
		expect([19, 20, 29, 30].map((at) => view.getUint8(at))).toEqual([0, 2, 2, 0]);
		expect(twin.deviceTransmit(view, first, 7, 40, 100)).toBe(SENT);
		expect([one.transmitted, other.transmitted]).toEqual(["7: 40 to 100", ""]);
		other.linkUp = false;
		expect([first, second].map((number) => twin.deviceLinkUp(view, number))).toEqual([true, false]);
		twin.deviceRemove(first);
		expect(twin.deviceReceive(view, first, 20, 100)).toBe(0);
		expect(twin.deviceTransmit(view, first, 7, 40, 100)).toBe(BUSY);
		expect(twin.deviceLinkUp(view, first)).toBe(false);
	});

	it("loses a frame that is longer than there is room for", () => {
		const one = device(1);
		const number = add(one);
		for (const [length, answer] of [
			[101, -1],
			[-1, -1],
			[-2, COMES],
			[-3, -1],
			[100, 100],
		] as const) {
			one.length = length;
			expect(twin.deviceReceive(view, number, 0, 100)).toBe(answer);
		}
	});

	it(`has ${PLACES} places; a full one has none for another, and a number that was removed goes to the next`, () => {
		while (add(device(3)) !== 0);
		expect(numbers).toEqual(Array.from({ length: PLACES }, (_, i) => i + 1));
		for (const none of [0, -1, PLACES + 1]) twin.deviceRemove(none);
		expect(add(device(4))).toBe(0);
		twin.deviceRemove(21);
		expect(add(device(5))).toBe(21);
		expect(twin.deviceReceive(view, 21, 0, 100)).toBe(10);
		expect(view.getUint8(9)).toBe(5);
	});
});
