// drivers/nic, wifi and emac on Linux, over stand-ins for ESP-IDF and cyw43-driver: frames from another task or an interrupt at every point, calls that fail, links.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";
import { root } from "./toolchains.ts";

const OWN = ["nic.h"];
// The queue of all of them: two threads and other tests run the rest of it.
const QUEUE = ["nic/nic.c"];
const files = (...names: string[]): string[] => [...QUEUE, ...names];

test("Wi-Fi of the ESP32 hands every frame over once, gives every buffer back, and starts whole or not at all", () => {
	expect(runOverStandIn("esp32-wifi", files("nic/nic-esp32.c", "wifi/wifi-frames-esp32.c"), OWN, QUEUE)).toBe("");
});

test("so does the ESP32's Ethernet MAC, wired as the board file says", () => {
	expect(runOverStandIn("esp32-emac", files("nic/nic-esp32.c", "emac/emac-esp32.c"), OWN, [...QUEUE, "nic/nic-esp32.c"])).toBe(
		"",
	);
});

test("so does a Pico's Wi-Fi, and lwIP has what is not ours", () => {
	expect(runOverStandIn("pico-wifi", files("nic/nic-pico.c", "wifi/wifi-frames-pico.c"), OWN, QUEUE)).toBe("");
});

test("the queue stands between two threads, under gcc's thread sanitizer", () => {
	const folder = mkdtempSync(join(tmpdir(), "multihome-threads-"));
	const program = join(folder, "threads");
	const flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=thread"];
	const source = join(root, "test/cross/nic/threads.c");
	try {
		const made = spawnSync("gcc", [...flags, `-I${join(root, "drivers/nic")}`, source, "-o", program], { encoding: "utf8" });
		expect(made.stderr).toBe("");
		const ran = spawnSync(program, { encoding: "utf8", timeout: 60_000 });
		expect(ran.stderr).toBe("");
		expect(ran.status).toBe(0);
	} finally {
		rmSync(folder, { recursive: true });
	}
}, 60_000);
