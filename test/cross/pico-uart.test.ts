// drivers/bus/uart-pico.c on Linux, over a stand-in for the pico-sdk (pico-uart/main.c): bytes, a frame coming at every point, failures, pins.

import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";

test("the UART of a Pico keeps every byte, tells of those that were lost, lets what was written last leave, and gives everything back, whatever fails", () => {
	expect(runOverStandIn("pico-uart", ["bus/uart-pico.c"], ["uart.h"])).toBe("");
});
