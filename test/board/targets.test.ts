// Every target of the Pico is built with the Moddable SDK and the pico-sdk, where these are installed (MODDABLE, PICO_SDK_DIR and so on: hosts/pico/README.md): minutes.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { subplatformOf } from "../../build/firmware.mjs";
import { lookForSdk } from "../../build/sdk.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "multihome-built-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(readdirSync(join(root, "hosts/pico/targets")))("%s", (target) => {
	const { problems } = lookForSdk("pico", "hosts/pico/README.md", process.env, subplatformOf(target));
	if (problems.length > 0) console.log(`${target} is not built: ${problems[0]}`);

	test.skipIf(problems.length > 0)("is built, and fits its RAM", async () => {
		const out = join(folder, target);
		const { stdout } = await run(process.execPath, ["build/firmware.mjs", "build", "pico", "--target", target, "--out", out], {
			cwd: root,
			maxBuffer: 1 << 26,
		});
		const image = stdout.trim().split("\n").at(-1)!;
		expect(image).toMatch(/xs_pico\.uf2$/);
		expect(existsSync(join(root, image)) || existsSync(image)).toBe(true);
		const [, left] = /of [\d,]+ bytes ([\d,]+) are left for C/.exec(stdout)!;
		expect(Number(left!.replaceAll(",", ""))).toBeGreaterThanOrEqual(8192);
	});
});
