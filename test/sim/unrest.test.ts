// Nothing that programs and drivers do at odd moments costs a packet, or keeps anybody from his turn: unrest.ts says what happens. SEED, SEEDS and STEPS change how much.

import { expect, it } from "vitest";
import { envNumber } from "../support/env.ts";
import { unrest } from "./unrest.ts";
import { inTypeScript } from "./victims.ts";

const SEED = envNumber("SEED", 1);
const SEEDS = envNumber("SEEDS", 8);
const STEPS = envNumber("STEPS", 600);

for (let seed = SEED; seed < SEED + SEEDS; seed++)
	it(`busy sockets outlive ${STEPS} steps of unrest, seed ${seed}`, () => {
		expect(unrest(seed, STEPS, inTypeScript)).toBe("");
	});
