// No wait of a driver in C is longer than 20 µs while its device is in use: `Rig` fails every test of this folder in which one is. Here is seen that it would notice, and how long the
// longest is in traffic, beside a chip that is gone, and with transfers that pass while the processor does other things.

import { afterEach, expect, it } from "vitest";
import * as chips from "host/chips";
import { envNumber } from "../support/env.ts";
import { Ledger } from "./support/ledger.ts";
import { closeRigs, KINDS, openChip, optionsOf, plugChip, Rig, WAYS } from "./support/rig.ts";
import { exchange, Traffic } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261201);
/** For a chip without power, before the driver gives its place up for a second; after that time it is found again. */
const GONE_MS = 2500;
const BACK_MS = 1500;

afterEach(closeRigs);

it.each(KINDS)("%s: opening a device waits for longer, and is noticed", (kind) => {
	const chip = plugChip(kind);
	chips.longestWait();
	const device = openChip(kind, optionsOf());
	// Both chips want more than a millisecond after a reset.
	expect(chips.longestWait()).toBeGreaterThan(1_000_000);
	expect(chips.longestWait()).toBe(0);
	device.close();
	chips.unplug(chip);
});

it.each(WAYS)(`%s, SEED=${SEED}: none in traffic, while the chip is gone, and when it comes back`, (name, kind, way) => {
	const rig = new Rig(kind, { lineRate: 10_000_000, ...way });
	const traffic = new Traffic(SEED);
	const ledger = new Ledger(rig, traffic, `SEED=${SEED}`);
	exchange(rig, traffic, 200, "", undefined, ledger.note);
	const inTraffic = rig.longestWait;
	const run = (ms: number) => {
		for (let i = 0; i < ms; i++) {
			if (traffic.random.chance(0.2)) ledger.arrives();
			if (traffic.random.chance(0.2)) ledger.sends();
			rig.step();
			ledger.receive();
			ledger.listen();
		}
	};
	rig.fault(chips.ABSENT, 1);
	run(GONE_MS);
	expect(rig.device.linkUp).toBe(false);
	rig.fault(chips.ABSENT, 0);
	run(BACK_MS);
	expect(rig.device.linkUp).toBe(true);
	console.log(`${name}: the longest wait ${inTraffic / 1000} µs in traffic, ${rig.longestWait / 1000} in all`);
	expect(rig.longestWait).toBeGreaterThan(0);
	rig.expectNoComplaint();
});
