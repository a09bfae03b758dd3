// drivers/bus/pico-pio.c on Linux, over a stand-in for the pico-sdk that runs the state machine's instructions, with a chip on its pins (pico-pio/main.c).

import { expect, test } from "vitest";
import { runOverStandIn } from "./over-stand-in.ts";

test("SPI by PIO is mode 0: every byte each way, most significant bit first, the clock low between them, no faster than asked, and it ends when nothing comes", () => {
	expect(runOverStandIn("pico-pio", ["bus/pico-pio.h", "bus/pico-pio.c"], ["bus.h", "pico-pio.h"])).toBe("");
});
