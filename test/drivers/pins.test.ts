// The interrupt pin, there, not there, or broken, and the cable, in and out: the stack hears of everything soon, and runs no more than it has to.

import { afterEach, describe, expect, it } from "vitest";
import { INTERRUPT_STUCK, cable } from "host/chips";
import { SENT } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { closeRigs, KINDS, OWN, PEER, Rig, type RigOptions } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261129);

const NEVER_LOW = 1;
const ALWAYS_LOW = 2;

/** The drivers look at the link so often without being told, ms; and the W5500 never tells. */
const LINK_MS = 600;

afterEach(closeRigs);

const WIRINGS: [string, RigOptions][] = [
	["with an interrupt pin", {}],
	["without an interrupt pin", { interrupt: false }],
	["without an interrupt pin, polled every 20 ms", { interrupt: false, options: { pollMs: 20 } }],
];

describe.each(KINDS)(`%s, SEED=${SEED}`, (kind) => {
	/** Frames come one by one at odd times, and all must be there within `patience` ms. */
	async function expectArrivals(rig: Rig, traffic: Traffic, frames: number, patience: number): Promise<void> {
		for (let i = 0; i < frames; i++) {
			const seen = rig.inward.length;
			const frame = traffic.any(traffic.length());
			expect(rig.arrive(frame)).toBe(true);
			let waited = 0;
			while (rig.inward.length === seen) {
				await rig.live(1);
				if (++waited > patience) expect.fail(`frame ${i} is not there after ${waited} ms, SEED=${SEED}`);
			}
			expect(rig.inward.pop()).toEqual(frame);
			rig.inward.length = 0;
			await rig.live(traffic.random.below(8));
		}
	}

	it.each(WIRINGS)("gives the stack frames soon, %s", async (_name, wiring) => {
		const rig = new Rig(kind, wiring);
		const patience = wiring.options?.pollMs ?? (wiring.interrupt === false ? 2 : 1);
		await rig.live(10);
		await expectArrivals(rig, new Traffic(SEED), 100, patience + 1);
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it.each(WIRINGS)("gives the stack a burst to the last frame, %s", async (_name, wiring) => {
		const rig = new Rig(kind, wiring);
		const traffic = new Traffic(SEED);
		for (let round = 0; round < 50; round++) {
			const sent = Array.from({ length: traffic.random.between(2, 12) }, () => traffic.raw(traffic.random.between(60, 300)));
			for (const frame of sent) {
				rig.arrive(frame);
				if (traffic.random.chance(0.3)) await rig.live(1);
			}
			await rig.live((wiring.options?.pollMs ?? 2) + 1);
			expect(rig.inward, `round ${round}, SEED=${SEED}`).toEqual(sent);
			rig.inward.length = 0;
		}
		expect(rig.counted).toEqual({});
	});

	it("leaves the stack alone while nothing happens", async () => {
		for (const [interrupt, most] of [
			[true, 25],
			[false, 520],
		] as const) {
			const rig = new Rig(kind, { interrupt });
			await rig.live(200);
			const { polls, notices } = rig;
			await rig.live(1000);
			expect(rig.polls - polls, `interrupt ${interrupt}`).toBeLessThanOrEqual(most);
			expect(rig.notices).toBe(notices);
			expect(rig.counted).toEqual({});
			rig.close();
		}
	});

	it.each(WIRINGS)("sees that the cable is pulled and plugged in, and tells the stack, %s", async (_name, wiring) => {
		const rig = new Rig(kind, wiring);
		const traffic = new Traffic(SEED);
		for (let i = 0; i < 5; i++) {
			for (const up of [false, true]) {
				await rig.live(traffic.random.below(400));
				const { notices } = rig;
				cable(rig.chip, up);
				let waited = 0;
				while (rig.device.linkUp !== up) {
					await rig.live(1);
					if (++waited > LINK_MS) expect.fail(`the link is not ${up ? "up" : "down"} after ${waited} ms`);
				}
				expect(rig.notices).toBeGreaterThan(notices);
			}
			exchange(rig, traffic, 10, `round ${i}`);
		}
		expect(rig.counted).toEqual({});
		rig.expectNoComplaint();
	});

	it("does not take a cable that is out for a moment for a chip that is broken", async () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		for (let i = 0; i < 20; i++) {
			cable(rig.chip, false);
			await rig.live(1 + traffic.random.below(20));
			cable(rig.chip, true);
			await rig.live(1);
		}
		await rig.live(LINK_MS);
		expect(rig.device.linkUp).toBe(true);
		exchange(rig, traffic, 50);
		expect(rig.counted).toEqual({});
	});

	it("finds frames though the pin never goes low, counts that, and trusts the pin again when it works", async () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		await rig.live(10);
		rig.fault(INTERRUPT_STUCK, NEVER_LOW);
		await expectArrivals(rig, traffic, 30, 110); // the first is found by the look that comes anyway
		expect(rig.counted.missedInterrupts).toBeGreaterThan(0);
		await expectArrivals(rig, traffic, 30, 110);
		rig.fault(INTERRUPT_STUCK, 0);
		await rig.live(200);
		await expectArrivals(rig, traffic, 10, 10);
		await rig.live(200);
		await expectArrivals(rig, traffic, 50, 2);
		const { missedInterrupts: _, ...others } = rig.counted;
		expect(others).toEqual({});
		rig.expectNoComplaint();
	});

	it("once it knows that the pin does not tell, looks often enough for steady traffic", async () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		await rig.live(10);
		rig.fault(INTERRUPT_STUCK, NEVER_LOW);
		rig.arrive(traffic.raw(100));
		await rig.live(120);
		expect(rig.counted).toEqual({ missedInterrupts: 1 });
		rig.inward.length = 0;
		let sent = 0;
		for (let i = 0; i < 500; i++) {
			if (rig.arrive(traffic.raw(200))) sent++;
			await rig.live(2);
		}
		await rig.live(120);
		expect(rig.inward.length).toBe(sent);
		expect(sent).toBe(500);
	});

	it("sends though the pin never goes low", async () => {
		const rig = new Rig(kind, { lineRate: 10_000_000 });
		const traffic = new Traffic(SEED);
		rig.fault(INTERRUPT_STUCK, NEVER_LOW);
		let sent = 0;
		for (let i = 0; i < 3000 && sent < 100; i++) {
			while (sent < 100 && rig.send(traffic.raw(1000, PEER, OWN)) === SENT) {
				sent++;
				rig.listen();
			}
			await rig.live(1);
		}
		await rig.live(200);
		expect(sent).toBe(100);
		expect(rig.outward.length).toBe(100);
	});

	it("works though the pin is always low, counts that, and does not keep the stack busy", async () => {
		const rig = new Rig(kind);
		const traffic = new Traffic(SEED);
		await rig.live(10);
		rig.fault(INTERRUPT_STUCK, ALWAYS_LOW);
		await expectArrivals(rig, traffic, 30, 110);
		expect(rig.counted.stuckInterrupts).toBeGreaterThan(0);
		await rig.live(200);
		const { polls, hurries, notices } = rig;
		await rig.live(1000);
		expect(rig.polls - polls).toBeLessThanOrEqual(510);
		expect(rig.hurries - hurries).toBe(0);
		expect(rig.notices).toBe(notices);
		expect(rig.counted.stuckInterrupts).toBeLessThan(20);
		exchange(rig, traffic, 50);
		// When it is mended it is used again.
		rig.fault(INTERRUPT_STUCK, 0);
		await rig.live(300);
		await expectArrivals(rig, traffic, 50, 2);
		rig.expectNoComplaint();
	});
});
