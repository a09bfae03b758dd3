// drivers/bus/uart-esp32.c on Linux, over a stand-in for ESP-IDF (esp32-uart/main.c): bytes, interrupts at every call, failures, flash that cannot be read, pins.

import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";

test("the UART of ESP32 keeps every byte while flash is written, and gives everything back, its clock too, whatever fails", () => {
	expect(runOverStandIn("esp32-uart", ["bus/uart-esp32.c"], ["uart.h"])).toBe("");
});
