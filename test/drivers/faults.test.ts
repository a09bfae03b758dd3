// Each fault of the chips (hosts/desktop/chips/chip.h) by itself, while traffic flows both ways: the device notices within three seconds, counts
// it, is as before afterwards, and has passed no wrong frame meanwhile.

import { afterEach, describe, expect, it } from "vitest";
import * as chips from "host/chips";
import { SENT } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { TCP, UDP } from "../support/frames.ts";
import { Ledger } from "./support/ledger.ts";
import { closeRigs, KINDS, type Kind, Rig, type RigOptions } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261130);

/** A chip that was gone or has lost its settings works again after so long, ms. */
const RECOVERY_MS = 3000;
const LINE = 10_000_000;

afterEach(closeRigs);

const WIRINGS: [string, RigOptions][] = [
	["wired with every pin", {}],
	["without interrupt and reset pin", { interrupt: false, reset: false }],
];

describe.each(KINDS.flatMap((kind) => WIRINGS.map(([name, wiring]) => [kind, name, wiring] as const)))(
	`%s %s, SEED=${SEED}`,
	(kind, _name, wiring) => {
		let rig: Rig;
		let traffic: Traffic;
		let ledger: Ledger;

		function begin(more: RigOptions = {}): void {
			rig = new Rig(kind, { lineRate: LINE, ...wiring, ...more });
			traffic = new Traffic(SEED);
			ledger = new Ledger(rig, traffic, `SEED=${SEED}`);
			exchange(rig, traffic, 10, "", undefined, ledger.note);
		}

		/** So many ms with traffic both ways. */
		function run(ms: number): void {
			for (let i = 0; i < ms; i++) {
				if (traffic.random.chance(0.2)) ledger.arrives();
				if (traffic.random.chance(0.2)) ledger.sends();
				rig.step();
				ledger.receive();
				ledger.listen();
			}
		}

		/** What the device has counted, together. */
		function faultsCounted(): number {
			return Object.values(rig.device.counters).reduce((sum, count) => sum + count, 0);
		}

		/** Everything is as before: the link is up, frames pass, nothing is counted any more. */
		function expectRecovery(disturbed = false): void {
			run(RECOVERY_MS);
			expect(rig.device.linkUp).toBe(true);
			ledger.settle();
			const before = rig.device.counters;
			exchange(rig, traffic, 100, `afterwards, SEED=${SEED},`);
			rig.steps(1000);
			exchange(rig, traffic, 10, `afterwards, SEED=${SEED},`);
			expect(rig.device.counters).toEqual(before);
			expect(ledger.altered).toBe(0);
			// What goes out is what was sent, or nothing: only a disturbed transfer excuses a frame that the other end has to refuse.
			if (!disturbed) expect(ledger.garbled).toBe(0);
			rig.expectNoComplaint();
		}

		it.each([
			["MISO low", 1],
			["MISO high", 2],
		])("comes back after a chip was gone for a while, %s", (_name, level) => {
			for (const ms of [1, 30, 400, 2500]) {
				begin();
				rig.fault(chips.ABSENT, level);
				run(ms);
				if (ms >= 1000) expect(rig.device.linkUp).toBe(false);
				rig.fault(chips.ABSENT, 0);
				expectRecovery();
				if (ms >= 1000) expect(rig.counted.resets).toBeGreaterThan(0);
				rig.close();
			}
		});

		it("asks a chip that is gone little, and the stack little for it", () => {
			begin();
			rig.fault(chips.ABSENT, 2);
			rig.steps(RECOVERY_MS);
			expect(rig.device.linkUp).toBe(false);
			const { polls } = rig;
			const transactions = rig.count(chips.TRANSACTIONS);
			rig.steps(10_000);
			// It is tried each second, in up to 12 steps, between which nobody waits.
			expect(rig.polls - polls).toBeLessThanOrEqual(wiring.interrupt === false ? 5001 + 10 * 12 : 10 * (1 + 12));
			expect(rig.count(chips.TRANSACTIONS) - transactions).toBeLessThan(10 * 500);
			for (let i = 0; i < 20; i++) {
				expect(rig.receive()).toBe(0);
				expect(rig.send(traffic.packet(UDP, 100))).toBe(SENT);
			}
			rig.fault(chips.ABSENT, 0);
			expectRecovery();
		});

		it("resynchronises after lengths and pointers that cannot be", () => {
			begin();
			for (let i = 0; i < 60; i++) {
				rig.fault(chips.BAD_LENGTH, traffic.random.between(1, 3));
				run(20);
			}
			rig.fault(chips.BAD_LENGTH, 0);
			expectRecovery();
			expect(rig.counted.badLengths).toBeGreaterThan(20);
			expect(rig.counted.receiveResets).toBeGreaterThan(10);
		});

		it("receives soon after one bad length, without waiting for anybody", () => {
			begin();
			for (let i = 0; i < 50; i++) {
				rig.fault(chips.BAD_LENGTH, 1);
				rig.arrive(traffic.any(traffic.length()));
				let length = rig.next();
				for (let n = 0; length !== 0 && n < 20; n++) length = rig.next();
				expect(length).toBe(0);
				exchange(rig, traffic, 3, `round ${i}, SEED=${SEED},`);
			}
			rig.expectNoComplaint();
		});

		it("sets a chip up again that lost its settings", () => {
			begin();
			for (let i = 0; i < 10; i++) {
				run(traffic.random.below(200));
				rig.fault(chips.RESETS, 1);
				const before = faultsCounted();
				run(600);
				expect(rig.device.linkUp, `reset ${i}`).toBe(true);
				expect(faultsCounted(), `reset ${i}`).toBeGreaterThan(before);
			}
			expect(rig.counted.resets).toBeGreaterThan(3);
			expectRecovery();
		});

		it("gives transmissions up that never end", () => {
			begin();
			for (let i = 0; i < 20; i++) {
				rig.fault(chips.TRANSMIT_STUCK, traffic.random.between(1, 4));
				run(300);
			}
			rig.fault(chips.TRANSMIT_STUCK, 0);
			expectRecovery();
			expect(rig.counted.transmitTimeouts).toBeGreaterThan(10);
			expect(rig.counted.resets ?? 0).toBe(0);
		});

		it("keeps up with commands that take long", () => {
			for (const times of [3, 50, 1000]) {
				begin();
				rig.fault(chips.BUSY, times);
				run(500);
				expect(ledger.received, `${times} times as long`).toBeGreaterThan(0);
				expect(ledger.sent, `${times} times as long`).toBeGreaterThan(0);
				rig.fault(chips.BUSY, 0);
				expectRecovery();
				rig.close();
			}
		});

		if (kind === "enc28j60") {
			it("repeats a frame after a late collision, in order, and gives it up after the sixteenth time", () => {
				begin();
				rig.fault(chips.LATE_COLLISIONS, 7);
				const frame = traffic.packet(TCP, 800);
				expect(rig.through(frame)).toEqual(frame);
				expect(rig.counted).toEqual({ lateCollisions: 7 });
				rig.fault(chips.LATE_COLLISIONS, 17);
				expect(rig.send(frame)).toBe(SENT);
				rig.steps(1000);
				expect(rig.hear()).toBe(0);
				expect(rig.counted).toEqual({ lateCollisions: 23, transmitFailed: 1 });
				rig.fault(chips.LATE_COLLISIONS, 0);
				exchange(rig, traffic, 20);
				for (let i = 0; i < 50; i++) {
					rig.fault(chips.LATE_COLLISIONS, traffic.random.between(1, 20));
					run(50);
				}
				rig.fault(chips.LATE_COLLISIONS, 0);
				expectRecovery();
			});
		}

		it.each([
			["the driver reads", chips.BIT_ERRORS_IN],
			["the chip is told", chips.BIT_ERRORS_OUT],
		])("survives bit errors in what %s, one in 100 to one in 100,000 bytes", (_name, which) => {
			for (const every of [100, 1000, 10_000, 100_000]) {
				begin();
				rig.fault(which, every);
				run(1000);
				rig.fault(which, 0);
				const { altered } = ledger;
				expect(altered, `one in ${every} bytes, SEED=${SEED}`).toBeLessThanOrEqual(ledger.alterable);
				ledger.altered = 0;
				expectRecovery(true);
				rig.close();
			}
		});
	},
);

describe("a Rig", () => {
	it.each<Kind>(["w5500", "enc28j60"])("sees a fault: frames of a %s that lies do not pass `exchange`", (kind) => {
		const rig = new Rig(kind);
		rig.fault(chips.BAD_LENGTH, 1);
		expect(() => exchange(rig, new Traffic(SEED), 10)).toThrow();
	});
});
