// Random and mutated frames into `poll`: no exception, no loop, every one counted; and afterwards the stack serves as before.
// FRAMES for more or fewer; SEED for another million.

import { describe, expect, it } from "vitest";
import { envNumber } from "../support/env.ts";
import { EchoClient } from "../support/apps.ts";
import { Harness, LOCAL } from "./harness.ts";

const SEED = envNumber("SEED", 20261122);
const FRAMES = envNumber("FRAMES", 1_000_000);
const ROUND = 10_000;
const STEP = 64;

describe(`hostile frames, SEED=${SEED}`, () => {
	it.each([
		["receive and transmit", false],
		["take and put", true],
	])(
		`survives ${FRAMES / 2} of them by a driver with %s, and counts each one`,
		(_what, fused) => {
			const harness = new Harness(SEED + Number(fused), fused);
			const { world, device, segment } = harness;
			let injected = 0;
			/** Every frame since the start is accounted for. */
			const check = () => {
				const wrong = harness.ledger.check(harness.link, device);
				if (wrong) expect.fail(`${wrong}, after ${injected} frames, SEED=${SEED}`);
			};
			while (injected < FRAMES / 2) {
				// Live connections, some of which have sent and some of which are idle.
				const clients = [0, 1, 2].map((i) => new EchoClient(harness.peer, LOCAL, i * 1000 + 1));
				world.run(1000);
				check();
				harness.aim();
				harness.frames.refresh();
				// The peer hears nothing of what the attack makes the stack say.
				segment.unplug(device);
				for (let i = 0; i < ROUND && injected < FRAMES / 2;) {
					for (let n = 0; n < STEP; n++, i++, injected++) {
						const frame = harness.frames.next();
						device.inject(frame.length === 0 ? null : frame);
					}
					world.run(world.prng.chance(0.2) ? world.prng.below(300) : 1);
					check();
					if (i % 2048 === 0) harness.aim();
				}
				segment.plug(device);
				for (const client of clients) client.abort();
				harness.calm();
				check();
				expect(harness.transfer(5000), `after ${injected} frames, SEED=${SEED}`).toBe("");
				harness.calm();
				expect(harness.leaks(), `after ${injected} frames, SEED=${SEED}`).toBe("");
			}
			// It was no monotony: most reasons came up, and much got through.
			expect(Object.keys(harness.drops()).length).toBeGreaterThan(15);
			expect(harness.ledger.taken(harness.link)).toBeGreaterThan(FRAMES / 100);
		},
		900_000,
	);
});
