// drivers/bus/pico.c on Linux, over a stand-in for the pico-sdk (pico-bus/main.c): bytes, DMA, bounds, interrupts at every call, failures, pins.

import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";

test("the bus of a Pico moves every byte once, by DMA while the caller works, ends in bounded time whatever fails, and tells of interrupts and of wrong pins", () => {
	expect(runOverStandIn("pico-bus", ["bus/pico.c", "bus/pico-pio.h"], ["bus.h", "pico-pio.h"])).toBe("");
});
