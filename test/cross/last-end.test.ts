// hosts/firmware/last-end.h, and what hosts/pico and hosts/esp32 have of it over stand-ins for their SDKs: a text passes a restart once, and what memory holds after power-on is none.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SANITIZED, standInFor } from "./over-stand-in.ts";
import { root } from "./toolchains.ts";

const here = join(root, "test/cross/last-end");

test.each(["pico", "esp32"])(
	"%s: a text that was kept is told by the next start, once; rubbish of power-on and half of a text never are",
	(family) => {
		const folder = mkdtempSync(join(tmpdir(), "multihome-last-end-"));
		const source = join(root, "hosts", family, "kept.c");
		standInFor(readFileSync(source, "utf8"), ["last-end.h"], join(here, "stand-in.h"), join(folder, "include"));
		const program = join(folder, "last-end");
		const includes = [`-I${join(folder, "include")}`, `-I${join(root, "hosts/firmware")}`, `-DSOURCE="${source}"`];
		const args = [...SANITIZED, `-D${family.toUpperCase()}`, ...includes, join(here, "main.c"), "-o", program];
		expect(spawnSync("gcc", args, { encoding: "utf8" }).stderr).toBe("");
		const ran = spawnSync(program, { encoding: "utf8", timeout: 30_000 });
		rmSync(folder, { recursive: true });
		expect([ran.status, ran.stderr]).toEqual([0, ""]);
	},
);
