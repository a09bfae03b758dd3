// Random and mutated frames into `poll`: no exception, no loop, every one counted; and afterwards the stack serves as before.
// FRAMES for more or fewer; SEED for another million.

import { describe, expect, it } from "vitest";
import { EchoClient } from "../support/apps.ts";
import { envNumber, onXS } from "../support/env.ts";
import { Harness, LOCAL, LOCAL6, type HarnessOptions } from "./harness.ts";

const SEED = envNumber("SEED", 20261122);
const FRAMES = envNumber("FRAMES", 1_000_000);
const ROUND = 10_000;
const STEP = 64;

/** `count` frames, in rounds between which connections are made and the books are looked at. */
function attack(options: HarnessOptions, count: number): void {
	const harness = new Harness(SEED, options);
	const { world, device, segment } = harness;
	let injected = 0;
	/** Every frame since the start is accounted for. */
	const check = () => {
		const wrong = harness.ledger.check(harness.link, device);
		if (wrong) expect.fail(`${wrong}, after ${injected} frames, SEED=${SEED}`);
	};
	while (injected < count) {
		// Live connections, some of which have sent and some of which are idle.
		const clients = [LOCAL, LOCAL, LOCAL, LOCAL6, LOCAL6].map((to, i) => new EchoClient(harness.peer, to, (i % 3) * 1000 + 1));
		world.run(1000);
		check();
		harness.aim();
		harness.frames.refresh();
		// The peer hears nothing of what the attack makes the stack say.
		segment.unplug(device);
		for (let i = 0; i < ROUND && injected < count;) {
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
		for (const to of [LOCAL, LOCAL6]) expect(harness.transfer(5000, to), `after ${injected} frames, SEED=${SEED}`).toBe("");
		harness.calm();
		expect(harness.leaks(), `after ${injected} frames, SEED=${SEED}`).toBe("");
	}
	// It was no monotony: most reasons came up, and much got through.
	expect(Object.keys(harness.drops()).length).toBeGreaterThan(25);
	expect(harness.ledger.taken(harness.link)).toBeGreaterThan(count / 50);
}

describe(`hostile frames, SEED=${SEED}`, () => {
	const kinds: [string, HarnessOptions][] = [
		["a host", {}],
		["a router", { router: true }],
	];
	if (!onXS)
		kinds.push(
			["a host whose devices have numbers", { numbered: true }],
			["a router whose devices have", { numbered: true, router: true }],
		);
	const share = Math.ceil(FRAMES / kinds.length);

	it.each(kinds)(`%s survives ${share} of them and counts each one`, (_what, options) => attack(options, share), 900_000);
});
