// drivers/bus/esp32.c on Linux, over a stand-in for ESP-IDF (esp32-bus/main.c), with gcc's sanitizers: bytes, bounds, interrupts, pins and clocks.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "./toolchains.ts";

const here = join(root, "test/cross/esp32-bus");
const source = join(root, "drivers/bus/esp32.c");
const folder = mkdtempSync(join(tmpdir(), "multihome-esp32-bus-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every header of ESP-IDF and Moddable that the file includes becomes the stand-in. */
function writeHeaders(): void {
	for (const [, name] of readFileSync(source, "utf8").matchAll(/^#include "(.*)"$/gm)) {
		if (name === "bus.h") continue;
		const path = join(folder, "include", name!);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `#include "${join(here, "stand-in.h")}"\n`);
	}
}

test("the bus of ESP32 moves every byte once, ends in bounded time, and tells of interrupts and of wrong pins", () => {
	writeHeaders();
	const program = join(folder, "esp32-bus");
	const flags = [
		"-std=gnu11",
		"-g",
		"-Wall",
		"-Wextra",
		"-Werror",
		"-fsanitize=address,undefined",
		"-fno-sanitize-recover=undefined",
	];
	const includes = [`-I${join(folder, "include")}`, `-I${join(root, "drivers/bus")}`];
	const made = spawnSync("gcc", [...flags, ...includes, join(here, "main.c"), "-o", program], { encoding: "utf8" });
	expect(made.stderr).toBe("");
	const ran = spawnSync(program, { encoding: "utf8", timeout: 30_000 });
	expect(ran.stderr).toBe("");
	expect(ran.status).toBe(0);
});
