// test/sim/unrest.ts with devices in C beside those in TypeScript, on XS: compiled code moves the frames. SEED, SEEDS and STEPS change how much; HOST_SANITIZE=1 runs it on the sanitized build.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { bundleApp } from "../../build/bundle.mjs";
import { envNumber } from "../support/env.ts";
import { folder, host } from "./fixtures/host.ts";

const SEED = envNumber("SEED", 1);
const SEEDS = envNumber("SEEDS", 4);
const STEPS = envNumber("STEPS", 400);

it(`busy sockets outlive unrest over devices in C, seeds ${SEED} to ${SEED + SEEDS - 1}`, async () => {
	const app = await bundleApp(join(import.meta.dirname, "unrest/app.ts"), folder);
	const { stdout } = await promisify(execFile)(host, [app, "--", String(SEED), String(SEEDS), String(STEPS)]);
	expect(stdout.trim().split("\n")).toEqual(Array.from({ length: SEEDS }, (_, i) => `${SEED + i}: well`));
}, 900_000);
