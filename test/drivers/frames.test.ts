// Frames through both chips, both ways: every length, random ones through the wrap-around of the chips' memories, and what a frame costs on SPI.

import { afterEach, describe, expect, it } from "vitest";
import { COMPLAINTS, SPI_BYTES } from "host/chips";
import { envNumber } from "../support/env.ts";
import { UDP } from "../support/frames.ts";
import { closeRigs, WAYS, LONGEST, OWN, PEER, RECEIVED, Rig, SHORTEST } from "./support/rig.ts";
import { exchange, same, sendSoon, Traffic, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261124);
const FRAMES = envNumber("FRAMES", 5000);

/** SPI bytes that a full frame may cost beside its own. */
const OVERHEAD = 64;

afterEach(closeRigs);

describe.each(WAYS)(`%s, SEED=${SEED}`, (_name, kind, way) => {
	it("passes frames of every length both ways, byte for byte", () => {
		const rig = new Rig(kind, way);
		let length = SHORTEST;
		exchange(rig, new Traffic(SEED), LONGEST - SHORTEST + 1, `SEED=${SEED}`, () => length++);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it(`passes ${FRAMES} random frames both ways, byte for byte`, () => {
		const rig = new Rig(kind, { ...way, seed: SEED });
		exchange(rig, new Traffic(SEED ^ 1), FRAMES, `SEED=${SEED}`);
		expect(rig.counted).toEqual({});
		expect(rig.lost).toBe(0);
		rig.expectNoComplaint();
	});

	it.each([
		["at the speed of the line", { lineRate: 10_000_000 }],
		["without an interrupt pin", { interrupt: false }],
		["without a reset pin", { reset: false }],
		["at the slowest clock", { options: { hz: 8_000_000 } }],
	])("passes frames %s", (_name, options) => {
		const rig = new Rig(kind, { ...way, ...options });
		exchange(rig, new Traffic(SEED ^ 2), 300, `SEED=${SEED}`);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("pads frames that are shorter than Ethernet's shortest", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED ^ 3);
		for (let length = 14; length < SHORTEST; length++) {
			const frame = traffic.raw(length, PEER, OWN);
			const left = rig.through(frame);
			expect(left.length).toBe(SHORTEST);
			expect(left.subarray(0, length), `length ${length}`).toEqual(frame);
		}
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("counts a frame that is longer than the buffer that it is received to, and goes on", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED ^ 4);
		rig.bytes.fill(0xa5);
		rig.arrive(traffic.raw(600));
		expect(rig.receive(599)).toBe(-1);
		expect(rig.counted).toEqual({ badLengths: 1 });
		expect(rig.bytes.subarray(RECEIVED + 599, RECEIVED + 700).every((byte) => byte === 0xa5)).toBe(true);
		const frame = traffic.raw(600);
		rig.arrive(frame);
		expect(rig.receive(600)).toBe(600);
		expect(rig.received(600)).toEqual(frame);
		exchange(rig, traffic, 20);
	});

	it("neither reads nor writes outside the frame's place in the arena", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED ^ 5);
		for (const length of [SHORTEST, 61, 62, 63, 777, LONGEST]) {
			rig.bytes.fill(0xa5);
			const frame = traffic.packet(UDP, length);
			expect(rig.deliver(frame)).toBe(length);
			expect(same(rig.view, RECEIVED, viewOf(frame), 0, length)).toBe(true);
			expect(rig.bytes.every((byte, i) => byte === 0xa5 || (i >= RECEIVED && i < RECEIVED + length))).toBe(true);
		}
		for (const [at, max] of [
			[-1, 1514],
			[8192 - 1513, 1514],
			[0, 8193],
			[8193, 0],
			[0, -1],
			[0x7fffffff, 1514],
		] as const) {
			expect(() => rig.device.receive(at, max)).toThrow(RangeError);
			expect(() => rig.device.transmit(0, at, at + max)).toThrow(RangeError);
		}
		expect(() => rig.device.transmit(0, 0, LONGEST + 1)).toThrow(RangeError);
		exchange(rig, traffic, 20);
		rig.expectNoComplaint();
	});

	it(`costs at most ${OVERHEAD} bytes of SPI beside a full frame's own, each way`, () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED ^ 6);
		const frame = traffic.packet(UDP, LONGEST);
		const unchecked = traffic.packet(UDP, LONGEST, { unchecked: true }, PEER, OWN);
		exchange(rig, traffic, 10);
		const FULL = 200;
		let before = rig.count(SPI_BYTES);
		for (let i = 0; i < FULL; i++) expect(rig.deliver(frame)).toBe(LONGEST);
		const receiving = (rig.count(SPI_BYTES) - before) / FULL;
		before = rig.count(SPI_BYTES);
		for (let i = 0; i < FULL; i++) {
			sendSoon(rig, unchecked);
			rig.pass(0.1);
			expect(rig.hear()).toBe(LONGEST);
		}
		const sending = (rig.count(SPI_BYTES) - before) / FULL;
		expect(receiving).toBeLessThanOrEqual(LONGEST + OVERHEAD);
		expect(sending).toBeLessThanOrEqual(LONGEST + OVERHEAD);
		expect(receiving).toBeGreaterThan(LONGEST);
		expect(sending).toBeGreaterThan(LONGEST);
		expect(rig.count(COMPLAINTS)).toBe(0);
	});
});
