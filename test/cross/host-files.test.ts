// Small files of hosts over stand-ins for their SDKs: what tells a board from all others, and which memory the arena gets.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runWhole, standInFor } from "./over-stand-in.ts";
import { root } from "./toolchains.ts";

/** As `runWhole`, of FOLDER/main.c with that file of hosts. `own`: headers that are no stand-in. */
function run(folder: string, file: string, own: string[], ...flags: string[]): string {
	const here = join(root, "test/cross", folder);
	const source = join(root, "hosts", file);
	const made = mkdtempSync(join(tmpdir(), `multihome-${folder}-`));
	try {
		standInFor(readFileSync(source, "utf8"), own, join(here, "stand-in.h"), join(made, "include"));
		const includes = [`-I${join(made, "include")}`, `-I${join(root, "hosts/firmware")}`, `-DSOURCE="${source}"`];
		return runWhole(join(made, folder), [...flags, ...includes, join(here, "main.c")], [`hosts/${file}`]);
	} finally {
		rmSync(made, { recursive: true });
	}
}

test.each(["pico", "esp32"])("%s: the board's identity is eight bytes of its SDK's, or there is none", (family) => {
	expect(run("identity", `${family}/identity.c`, ["identity.h"], `-D${family.toUpperCase()}`)).toBe("");
});

test.each([
	["an ESP32's arena lies where DMA reaches it, else elsewhere", ["-DESP_PLATFORM", "-DESP=1"]],
	["other machines' arena lies wherever there is memory", ["-DESP=0"]],
])("%s; sizes that cannot be are refused, and what is thrown away is freed once", (_what, flags) => {
	expect(run("memory", "engine/memory.c", [], ...flags)).toBe("");
});
