// What is compiled does what the TypeScript does: a stack on Node and one on XS, under the same random frames, clock steps and calls, send the same frames, tell the same events, and count the
// same; both families. STEPS and SEED change how much, BITS=32 takes the 32-bit engine, RELEASE=1
// a release, in which the compiled C is one unit, as in a firmware.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleApp } from "../../build/bundle.mjs";
import { buildHost } from "../../build/host.mjs";
import { envNumber } from "../support/env.ts";
import { scenario } from "./same/scenario.ts";

const SEED = envNumber("SEED", 20261129);
const STEPS = envNumber("STEPS", 4000);
const RUNS = 4;
/** A step takes some 3 ms of a processor, both sides together. */
const TIMEOUT = 120_000 + STEPS * 20;
const BITS = envNumber("BITS", 64) === 32 ? 32 : 64;

const folder = mkdtempSync(join(tmpdir(), "multihome-same-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the compiled stack", () => {
	let host = "";
	let app = "";
	let done = 0;
	beforeAll(async () => {
		host = await buildHost({ bits: BITS, release: process.env["RELEASE"] === "1", quiet: true });
		app = await bundleApp(join(import.meta.dirname, "same/app.ts"), folder);
	}, 600_000);

	afterAll(() => console.log(`${done.toLocaleString("en")} frames, clock steps and calls did the same, ${BITS} bits`));

	for (let run = 0; run < RUNS; run++)
		it(
			`does as the TypeScript does, seed ${SEED + run}`,
			async () => {
				// Both at the same time.
				const compiled = promisify(execFile)(host, [app, "--", String(SEED + run), String(STEPS)]);
				const wanted = scenario(SEED + run, STEPS);
				expect((await compiled).stdout.trim()).toBe(wanted);
				done += Number(wanted.split(", ")[1]);
			},
			TIMEOUT,
		);
});
