// drivers/bus/esp32*.c on Linux, over a stand-in for ESP-IDF (esp32-bus/main.c): bytes, bounds, starts, interrupts, pins and clocks.

import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";

test("the bus of ESP32 moves every byte once, a frame in two starts, ends in bounded time whatever fails, and tells of interrupts and of wrong pins", () => {
	const files = ["esp32-bus.h", "esp32.c", "esp32-transfer.c", "esp32-interrupt.c"].map((name) => `bus/${name}`);
	expect(runOverStandIn("esp32-bus", files, ["bus.h", "esp32-bus.h"])).toBe("");
});
