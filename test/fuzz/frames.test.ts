// Random and mutated frames into `poll`: no exception, no loop, every one counted; and afterwards the stack serves as before.
// FRAMES for more or fewer; SEED for another million; TRACE=1 to find the one frame.

import { describe, expect, it } from "vitest";
import { envNumber } from "../support/env.ts";
import { hex } from "../support/frames.ts";
import { EchoClient } from "../support/apps.ts";
import { Harness, LOCAL } from "./harness.ts";

const SEED = envNumber("SEED", 20261122);
const FRAMES = envNumber("FRAMES", 1_000_000);
const ROUND = 10_000;
const STEP = 64;

describe(`hostile frames, SEED=${SEED}`, () => {
	it(`survives ${FRAMES} of them and counts each one`, () => {
		const harness = new Harness(SEED);
		const { world, device } = harness;
		let injected = 0;
		if (envNumber("TRACE", 0))
			harness.trace((frame, by) =>
				expect.fail(`fates off by ${by} after about ${injected} frames, SEED=${SEED}:\n${hex(frame)}`),
			);
		/** Every frame since the start is accounted for. */
		const check = () => {
			const wrong = harness.ledger.check(harness.link, device);
			if (wrong) expect.fail(`${wrong}, after ${injected} frames, SEED=${SEED}: see the frame with TRACE=1`);
		};
		while (injected < FRAMES) {
			// Live connections, some of which have sent and some of which are idle.
			const clients = [0, 1, 2].map((i) => new EchoClient(harness.peer, LOCAL, i * 1000 + 1));
			world.run(1000);
			check();
			harness.aim();
			harness.frames.refresh();
			// The peer hears nothing of what the attack makes the stack say.
			harness.segment.unplug(device);
			for (let i = 0; i < ROUND && injected < FRAMES;) {
				for (let n = 0; n < STEP; n++, i++, injected++) {
					const frame = harness.frames.next();
					device.inject(frame.length === 0 ? null : frame);
				}
				world.run(world.prng.chance(0.2) ? world.prng.below(300) : 1);
				check();
				if (i % 2048 === 0) harness.aim();
			}
			harness.segment.plug(device);
			for (const client of clients) client.abort();
			harness.calm();
			check();
			expect(harness.transfer(5000), `after ${injected} frames, SEED=${SEED}`).toBe("");
			harness.calm();
			expect(harness.leaks(), `after ${injected} frames, SEED=${SEED}`).toBe("");
		}
		// It was no monotony: most reasons came up, and much got through.
		expect(Object.keys(harness.drops()).length).toBeGreaterThan(15);
		expect(harness.ledger.taken(harness.link)).toBeGreaterThan(FRAMES / 50);
	}, 900_000);
});
