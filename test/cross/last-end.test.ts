// hosts/firmware/last-end.h, and what hosts/pico and hosts/esp32 have of it over stand-ins for their SDKs: a text passes a restart once, and what memory holds after power-on is none.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runWhole, standInFor } from "./over-stand-in.ts";
import { ENGINE, root } from "./toolchains.ts";

const here = join(root, "test/cross/last-end");

test.each(["pico", "esp32"])(
	"%s: a text that was kept is told by the next start, once; rubbish of power-on and half of a text never are",
	(family) => {
		const folder = mkdtempSync(join(tmpdir(), "multihome-last-end-"));
		const source = join(root, "hosts", family, "kept.c");
		standInFor(readFileSync(source, "utf8"), ["last-end.h"], join(here, "stand-in.h"), join(folder, "include"));
		const program = join(folder, "last-end");
		const includes = [`-I${join(folder, "include")}`, `-I${join(root, "hosts/firmware")}`, `-DSOURCE="${source}"`];
		const said = runWhole(program, [`-D${family.toUpperCase()}`, ...includes, join(here, "main.c")], [`hosts/${family}/kept.c`]);
		rmSync(folder, { recursive: true });
		expect(said).toBe("");
	},
);

test("what the machine makes of its memory, and of its end: garbage is collected between steps, memory that is used up throws where somebody can catch it, and each error is kept as a text", () => {
	const folder = mkdtempSync(join(tmpdir(), "multihome-machine-"));
	const flags = [...ENGINE, `-I${join(root, "hosts/firmware")}`];
	const whole = ["hosts/firmware/machine.c", "hosts/firmware/last-end.c"];
	const said = runWhole(join(folder, "machine"), [...flags, join(root, "test/cross/machine/main.c")], whole);
	rmSync(folder, { recursive: true });
	expect(said).toBe("");
});

test.each(["pico", "esp32"])("%s: the linker is told to pass on to machine.c what the engine calls when it ends", (family) => {
	const { build } = JSON.parse(readFileSync(join(root, "hosts", family, "manifest.json"), "utf8")) as {
		build: Record<string, string>;
	};
	expect(Object.values(build).join(" ")).toContain("-Wl,--wrap=fxAbort");
});
