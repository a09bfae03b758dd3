// drivers/bus/esp32*.c on Linux, over a stand-in for ESP-IDF (esp32-bus/main.c), with gcc's sanitizers: bytes, bounds, interrupts, pins and clocks.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "./toolchains.ts";

const here = join(root, "test/cross/esp32-bus");
const sources = ["esp32-bus.h", "esp32.c", "esp32-transfer.c", "esp32-interrupt.c"].map((name) =>
	join(root, "drivers/bus", name),
);
const folder = mkdtempSync(join(tmpdir(), "multihome-esp32-bus-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every header of ESP-IDF and Moddable that the files include becomes the stand-in. */
function writeHeaders(): void {
	const text = sources.map((source) => readFileSync(source, "utf8")).join("\n");
	for (const [, name] of text.matchAll(/^#include "(.*)"$/gm)) {
		if (name === "bus.h" || name === "esp32-bus.h") continue;
		const path = join(folder, "include", name!);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, `#include "${join(here, "stand-in.h")}"\n`);
	}
}

test("the bus of ESP32 moves every byte once, a frame in two starts, ends in bounded time whatever fails, and tells of interrupts and of wrong pins", () => {
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
