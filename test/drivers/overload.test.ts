// More than the chips hold: frames that find no room are lost and counted, and afterwards everything goes on; what cannot be sent yet waits, in order.

import { afterEach, describe, expect, it } from "vitest";
import { cable, OVERFLOWED, TRANSMITTED } from "host/chips";
import { BUSY, SENT } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import type { Bytes } from "../support/frames.ts";
import { closeRigs, HEARD, WAYS, LONGEST, OWN, PEER, RECEIVED, Rig, SHORTEST } from "./support/rig.ts";
import { exchange, same, sendSoon, Traffic, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261128);

/** Full frames that the chips' receive memories hold at least, from their sizes: 16,384 and 5,148 bytes. */
const HOLDS = { w5500: 10, enc28j60: 3 };
/** Full frames that the transmit memories take at least, by their drivers' README. */
const QUEUES = { w5500: 8, enc28j60: 2 };
const LINE = 10_000_000;
/** Slow enough that a driver does not wait for a frame to leave. */
const SLOW_LINE = 1_000_000;

afterEach(closeRigs);

describe.each(WAYS)(`%s, SEED=${SEED}`, (_name, kind, way) => {
	it.each([
		["with an interrupt pin", {}],
		["without", { interrupt: false }],
	])("receives what found room of a burst, loses and counts the rest, and goes on, %s", (_name, wiring) => {
		const rig = new Rig(kind, { ...way, ...wiring });
		const traffic = new Traffic(SEED);
		let bursts = 0;
		for (let round = 0; round < 100; round++) {
			const length = traffic.random.chance(0.5) ? () => LONGEST : () => traffic.length();
			const kept: Bytes[] = [];
			const before = rig.count(OVERFLOWED);
			const burst = traffic.random.between(5, 60);
			for (let i = 0; i < burst; i++) {
				const frame = traffic.any(length());
				if (rig.arrive(frame)) kept.push(frame);
			}
			if (rig.count(OVERFLOWED) !== before) bursts++;
			expect(kept.length).toBeGreaterThanOrEqual(Math.min(HOLDS[kind], burst));
			for (const frame of kept) {
				const got = rig.next();
				if (got !== frame.length || !same(rig.view, RECEIVED, viewOf(frame), 0, got))
					expect.fail(`round ${round}, SEED=${SEED}: received ${got} bytes instead of ${frame.length}, or others`);
			}
			expect(rig.next()).toBe(0);
			rig.steps(traffic.random.below(5));
		}
		expect(bursts).toBeGreaterThan(30);
		const { overruns = 0, ...others } = rig.counted;
		expect(overruns).toBeGreaterThan(0);
		expect(overruns).toBeLessThanOrEqual(2 * bursts);
		expect(others).toEqual({});
		exchange(rig, traffic, 100);
		rig.expectNoComplaint();
	});

	it(`holds ${HOLDS[kind]} full frames, and the shortest by the dozen`, () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		for (let round = 0; round < 20; round++) {
			for (let i = 0; i < HOLDS[kind]; i++) expect(rig.arrive(traffic.raw(LONGEST))).toBe(true);
			for (let i = 0; i < HOLDS[kind]; i++) expect(rig.next()).toBe(LONGEST);
			for (let i = 0; i < 70; i++) expect(rig.arrive(traffic.raw(SHORTEST))).toBe(true);
			for (let i = 0; i < 70; i++) expect(rig.next()).toBe(SHORTEST);
		}
		expect(rig.count(OVERFLOWED)).toBe(0);
		rig.expectNoComplaint();
	});

	it(`takes ${QUEUES[kind]} full frames while the first is on the wire`, () => {
		const rig = new Rig(kind, { ...way, lineRate: SLOW_LINE });
		const traffic = new Traffic(SEED);
		for (let i = 0; i < QUEUES[kind]; i++) expect(rig.send(traffic.raw(LONGEST, PEER, OWN))).toBe(SENT);
		expect(rig.count(TRANSMITTED)).toBe(0);
		rig.steps(1000);
		for (let i = 0; i < QUEUES[kind]; i++) expect(rig.hear()).toBe(LONGEST);
		rig.expectNoComplaint();
	});

	it("survives a flood that is never received fast enough", () => {
		const rig = new Rig(kind, way);
		const traffic = new Traffic(SEED);
		const recent = new Map<number, Bytes>();
		let received = 0;
		for (let i = 0; i < 3000; i++) {
			const frame = traffic.raw(traffic.length());
			viewOf(frame).setInt32(20, i);
			recent.set(i, frame);
			recent.delete(i - 300);
			rig.arrive(frame);
			if (i % 2 === 0) continue;
			const got = rig.receive();
			if (got <= 0) continue;
			received++;
			const sent = recent.get(rig.view.getInt32(RECEIVED + 20));
			if (!sent || sent.length !== got || !same(rig.view, RECEIVED, viewOf(sent), 0, got))
				expect.fail(`frame ${i}, SEED=${SEED}: never sent`);
			if (i % 50 === 1) rig.step();
		}
		expect(received).toBeGreaterThan(1000);
		expect(rig.count(OVERFLOWED)).toBeGreaterThan(1000);
		while (rig.next() !== 0);
		const { overruns: _, ...others } = rig.counted;
		expect(others).toEqual({});
		exchange(rig, traffic, 100);
		rig.expectNoComplaint();
	});

	it.each([
		["with an interrupt pin", {}],
		["without", { interrupt: false }],
	])(
		"says that it is busy when its memory is full, takes frames again when one has left, and keeps their order, %s",
		(_name, wiring) => {
			const rig = new Rig(kind, { ...way, ...wiring, lineRate: SLOW_LINE });
			const traffic = new Traffic(SEED);
			const frames = Array.from({ length: 200 }, () => traffic.any(traffic.length(), PEER, OWN));
			let heard = 0;
			let busy = 0;
			let most = 0;
			for (let next = 0, idle = 0; heard < frames.length; idle++) {
				if (idle === 2000) expect.fail("nothing leaves any more");
				for (let inRow = 1; next < frames.length; next++, inRow++) {
					const answer = rig.send(frames[next]!);
					if (answer === BUSY) {
						busy++;
						break;
					}
					expect(answer).toBe(SENT);
					most = Math.max(most, inRow);
				}
				rig.step();
				for (let length; (length = rig.hear()) > 0; heard++, idle = 0) {
					const frame = frames[heard]!;
					if (length !== frame.length || !same(rig.view, HEARD, viewOf(frame), 0, length))
						expect.fail(`frame ${heard}, SEED=${SEED}`);
				}
			}
			expect(busy).toBeGreaterThan(20);
			expect(most).toBeGreaterThanOrEqual(QUEUES[kind]);
			expect(rig.hear()).toBe(0);
			expect(rig.count(TRANSMITTED)).toBe(frames.length);
			expect(rig.counted).toEqual({});
			rig.expectNoComplaint();
		},
	);

	it.each([
		["an interrupt pin", {}, 13],
		["none", { interrupt: false }, 13],
	])("with %s, tells the stack soon that it can send again", async (_name, wiring, patience) => {
		const rig = new Rig(kind, { ...way, ...wiring, lineRate: SLOW_LINE }); // a frame takes 12.3 ms
		const traffic = new Traffic(SEED);
		const frame = traffic.raw(LONGEST, PEER, OWN);
		await rig.live(5);
		let waited = 0;
		// The stack tries again when it runs: after a notice, or when a poll is due. `live` counts those as polls.
		for (let sent = 0; sent < 30;) {
			if (rig.send(frame) === SENT) {
				sent++;
				waited = 0;
				continue;
			}
			const polls = rig.polls;
			while (rig.polls === polls) {
				await rig.live(1);
				if (++waited > patience) expect.fail(`no notice for ${waited} ms after ${sent} frames`);
			}
		}
		await rig.live(500);
		expect(rig.outward.length).toBe(30);
		expect(rig.counted).toEqual({});
	});

	it("takes what is to be sent while there is no link, and drops it", () => {
		const rig = new Rig(kind, { ...way, lineRate: LINE });
		const traffic = new Traffic(SEED);
		cable(rig.chip, false);
		rig.steps(1100);
		expect(rig.device.linkUp).toBe(false);
		// As the stack would not: an application that sends all the same must not wait for ever.
		for (let i = 0; i < 50; i++) sendSoon(rig, traffic.raw(LONGEST, PEER, OWN), `frame ${i}`);
		cable(rig.chip, true);
		rig.steps(3000);
		expect(rig.device.linkUp).toBe(true);
		while (rig.hear() > 0); // what the chip still had may leave, late
		exchange(rig, traffic, 100);
		rig.expectNoComplaint();
	});
});
