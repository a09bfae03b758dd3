// Chips by their number in the table of devices in C, as compiled code calls them: the same frames, answers and transfers as by their methods.

import { afterEach, describe, expect, it } from "vitest";
import { deviceLinkUp, deviceReceive, deviceTransmit } from "#codec";
import * as chips from "host/chips";
import { BUSY, SENT } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { UDP } from "../support/frames.ts";
import { closeRigs, KINDS, LONGEST, MOST, OWN, PEER, RECEIVED, Rig, TO_SEND } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261129);

afterEach(closeRigs);

/** What frames cost on SPI, and what was counted. Its method gives notice when a poll finds that the link has changed, which the number's caller sees for itself. */
function account(rig: Rig): object {
	const { counted, lost, polls } = rig;
	const notices = rig.notices + (rig.byNumber ? 1 : 0);
	return { counted, lost, notices, polls, bytes: rig.count(chips.SPI_BYTES), transactions: rig.count(chips.TRANSACTIONS) };
}

describe.each(KINDS)(`%s, SEED=${SEED}`, (kind) => {
	it("passes the same frames with the same transfers by number as by its methods", () => {
		const accounts = [false, true].map((byNumber) => {
			const rig = new Rig(kind, { byNumber, seed: SEED, lineRate: 10_000_000 });
			exchange(rig, new Traffic(SEED), 300, `SEED=${SEED}`);
			rig.expectNoComplaint();
			const told = account(rig);
			rig.close();
			return told;
		});
		expect(accounts[1]).toEqual(accounts[0]);
	});

	it("answers by number as by its methods when the chip is busy, frames are lost, and nothing is there", () => {
		const answers = [false, true].map((byNumber) => {
			const rig = new Rig(kind, { byNumber, seed: SEED, lineRate: 1_000_000 });
			const traffic = new Traffic(SEED ^ 1);
			const said: number[] = [];
			for (let i = 0; i < 40; i++) said.push(rig.send(traffic.packet(UDP, LONGEST, {}, PEER, OWN)));
			expect(said).toContain(SENT);
			expect(said).toContain(BUSY);
			const wrong = traffic.packet(UDP, 300);
			wrong[100]! ^= 1;
			for (const frame of [wrong, traffic.raw(700)]) rig.arrive(frame);
			said.push(rig.receive(), rig.receive(699), rig.receive());
			expect(said.slice(-3)).toEqual([-1, -1, 0]);
			const told = { said, ...account(rig) };
			rig.close();
			return told;
		});
		expect(answers[1]).toEqual(answers[0]);
	});

	it("looks at the link without a transfer, and sees what the poll has seen", () => {
		const rig = new Rig(kind);
		const { native } = rig.device;
		const seen: boolean[] = [];
		for (const up of [false, true]) {
			chips.cable(rig.chip, up);
			for (let i = 0; i < 2000; i++) {
				rig.step();
				const before = rig.count(chips.SPI_BYTES);
				seen.push(deviceLinkUp(rig.view, native));
				expect(rig.count(chips.SPI_BYTES)).toBe(before);
				expect(seen.at(-1)).toBe(rig.device.linkUp);
			}
			expect(seen.at(-1)).toBe(up);
		}
	});

	it("counts a frame that is too long to be sent", () => {
		const rig = new Rig(kind, { byNumber: true });
		expect(rig.transmit(TO_SEND, LONGEST + 1)).toBe(SENT);
		expect(rig.counted).toEqual({ transmitFailed: 1 });
		exchange(rig, new Traffic(SEED ^ 2), 20);
	});

	it("touches no memory beside the arena", () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED ^ 3);
		rig.arrive(traffic.raw(100));
		const size = rig.view.byteLength;
		for (const [at, length] of [
			[-1, 100],
			[size - 99, 100],
			[0, size + 1],
			[size + 1, 0],
			[0, -1],
			[0x7fffffff, 100],
			[-0x80000000, -0x80000000],
		] as const) {
			expect(() => deviceReceive(rig.view, rig.device.native, at, length)).toThrow(RangeError);
			expect(() => deviceTransmit(rig.view, rig.device.native, 0, at, at + length)).toThrow(RangeError);
		}
		expect(rig.receive()).toBe(100); // it is there still
		expect(rig.counted).toEqual({});
	});

	it("has a number of its own while it is attached, and the frames of no other", () => {
		const [one, two] = [new Rig(kind, { byNumber: true }), new Rig(kind, { byNumber: true, bus: 1, options: { bus: 1 } })];
		expect(one.device.native).toBeGreaterThan(0);
		expect(two.device.native).toBeGreaterThan(0);
		expect(two.device.native).not.toBe(one.device.native);
		const traffic = new Traffic(SEED ^ 4);
		for (let i = 0; i < 10; i++) {
			exchange(one, traffic, 3);
			exchange(two, traffic, 3);
		}
	});

	it("is gone by number when it is closed, and by the number alone", () => {
		const rig = new Rig(kind);
		const other = new Rig(kind, { byNumber: true, bus: 1, options: { bus: 1 } });
		const traffic = new Traffic(SEED ^ 5);
		const { native } = rig.device;
		rig.arrive(traffic.raw(100));
		rig.close();
		expect(rig.device.native).toBe(0);
		rig.bytes.fill(0xa5);
		expect(deviceReceive(rig.view, native, RECEIVED, MOST)).toBe(0);
		expect(deviceTransmit(rig.view, native, 0, TO_SEND, TO_SEND + 100)).toBe(BUSY);
		expect(deviceLinkUp(rig.view, native)).toBe(false);
		expect(rig.bytes.every((byte) => byte === 0xa5)).toBe(true);
		exchange(other, traffic, 3);
		// The number may go to the next device.
		const next = new Rig(kind, { byNumber: true });
		exchange(next, traffic, 3);
	});
});
