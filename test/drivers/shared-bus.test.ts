// Two chips on one SPI controller: their transactions never overlap, and each has its frames.

import { afterEach, describe, expect, it } from "vitest";
import { lastComplaint } from "host/chips";
import { COMES } from "../../src/device/device.ts";
import { envNumber } from "../support/env.ts";
import { closeRigs, RECEIVED, Rig, WAYS, type RigOptions } from "./support/rig.ts";
import { exchange, same, Traffic, viewOf } from "./support/traffic.ts";

const SEED = envNumber("SEED", 20261201);

afterEach(() => {
	closeRigs();
	expect(lastComplaint() ?? "").not.toMatch(/selected at once/);
});

function pair(way: RigOptions): [Rig, Rig] {
	const second = { ...way, select: 18, reset: false, interrupt: false };
	return [new Rig("w5500", { ...way, seed: SEED }), new Rig("enc28j60", { ...second, seed: SEED ^ 1 })];
}

describe.each(WAYS.slice(0, 2).map(([, , way], i) => [i === 0 ? "at once" : "while others go on", way] as const))(
	`transfers pass %s, SEED=${SEED}`,
	(_name, way) => {
		it("in turns", () => {
			const rigs = pair(way);
			const traffic = new Traffic(SEED);
			for (let round = 0; round < 150; round++) {
				exchange(rigs[round & 1]!, traffic, 2, `SEED=${SEED}, round ${round}`);
				rigs[(round + 1) & 1]!.step();
			}
			for (const rig of rigs) {
				expect(rig.counted).toEqual({});
				rig.expectNoComplaint();
			}
		});

		it("with one chip asked in the middle of the other's transfer", () => {
			const [one, two] = pair(way);
			const traffic = new Traffic(SEED ^ 2);
			let waited = 0;
			for (let round = 0; round < 200; round++) {
				const frames = [traffic.any(traffic.length()), traffic.any(traffic.length())] as const;
				one.arrive(frames[0]);
				two.arrive(frames[1]);
				const left = new Set([one, two]);
				for (let turn = 0; left.size > 0; turn++) {
					if (turn === 50_000) expect.fail(`round ${round}, SEED=${SEED}: a frame never comes`);
					for (const [i, rig] of [one, two].entries()) {
						if (!left.has(rig)) continue;
						const length = rig.look();
						if (length === COMES) waited++;
						if (length <= 0) continue;
						expect(length, `round ${round}, SEED=${SEED}`).toBe(frames[i]!.length);
						expect(same(rig.view, RECEIVED, viewOf(frames[i]!), 0, length), `round ${round}, SEED=${SEED}`).toBe(true);
						left.delete(rig);
					}
					if (turn % 200 === 199) for (const rig of [one, two]) rig.step();
				}
			}
			if (way.overlaps) expect(waited).toBeGreaterThan(200);
			for (const rig of [one, two]) {
				expect(rig.counted).toEqual({});
				rig.expectNoComplaint();
			}
		});
	},
);
