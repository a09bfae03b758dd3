import { expect, it } from "vitest";
import * as block from "../../../src/packet/tcb-block.ts";

it("has a bit of its own for each BIT_ of a connection", () => {
	const bits = Object.entries(block).filter(([name]) => name.startsWith("BIT_")) as [string, number][];
	expect(bits.length).toBeGreaterThan(20);
	for (const [name, bit] of bits) {
		expect(Math.log2(bit) % 1, name).toBe(0);
		expect(
			bits.filter(([, other]) => other === bit).map(([each]) => each),
			name,
		).toEqual([name]);
	}
});
