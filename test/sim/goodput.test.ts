// What TCP gets of wires that lose and reorder, between two stacks on the virtual clock: every byte right, and not less than it was. All cells, beside Linux's
// medians: npm run bench -- --goodput. SEED (1) is the wire's.

import { describe, expect, it } from "vitest";
import { CELLS, wireOf } from "../bench/goodput-cells.mjs";
import { envNumber, onXS } from "../support/env.ts";
import { goodput, jain } from "./goodput.ts";

const SEED = envNumber("SEED", 1);
/** Of the table's cells some have more; this file is to take few seconds. */
const BYTES = 800_000;

/** Some cells, and the least that TCP gets of them with seed 1, Mbit/s. Raised as it gets more. */
const LEAST: Readonly<Record<string, number>> = {
	"loss 0.1 %, 200 ms, 2 Mbit/s": 1.1,
	"loss 1 %, 50 ms, 2 Mbit/s": 1.4,
	"loss 1 %, 200 ms, 20 Mbit/s": 0.55,
	"loss 5 %, 50 ms, 2 Mbit/s": 0.75,
	"reordering 5 %, 50 ms, 2 Mbit/s": 0.95,
};

/** On XS the wire, and the look at every byte, take longer than the stack. */
const NAMES = onXS ? ["loss 1 %, 200 ms, 20 Mbit/s"] : Object.keys(LEAST);

describe("goodput over a wire with", () => {
	for (const name of NAMES)
		it(`${name}: every byte right, ${LEAST[name]} Mbit/s at least`, () => {
			const cell = { ...CELLS.find((each) => each.name === name)!, bytes: BYTES };
			const result = goodput(wireOf(cell, SEED), cell);
			expect(result.error).toBe("");
			if (SEED === 1) expect(result.goodput).toBeGreaterThanOrEqual(LEAST[name]!);
		});

	it("no loss and no reordering: all that the line carries, and nothing is sent twice", () => {
		const options = { seed: SEED, rate: 2_000_000, delay: 5000, queue: 150_000, loss: 0, reorder: 0, by: 0 };
		const result = goodput(options, { bytes: 500_000, limitS: 10 });
		expect(result.error).toBe("");
		expect(result.senders[0]!.again).toBe(0);
		expect(result.goodput).toBeGreaterThan(1.85);
	});

	it.each(onXS ? [] : [2, 4])(
		"a queue of one bandwidth-delay product, %i connections: fair within 0.9 of Jain's index",
		(connections) => {
			const options = { seed: SEED, rate: 2_000_000, delay: 25_000, queue: 12_500, loss: 0, reorder: 0, by: 0 };
			const result = goodput(options, { bytes: 100_000_000, limitS: 20, connections, apartMs: 100 });
			expect(result.error).toBe("");
			expect(jain(result.each)).toBeGreaterThanOrEqual(0.9);
		},
	);
});
