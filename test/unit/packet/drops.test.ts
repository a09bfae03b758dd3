import { describe, expect, it } from "vitest";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { DROP, DROPS } from "../../../src/packet/drops.ts";

describe("the reasons for drops", () => {
	it("have their counters in the order of their names, without a gap", () => {
		expect(DROPS.map((name) => DROP[name])).toEqual(DROPS.map((_, index) => 4 * index));
	});

	it("have room for their counters in the interface's block", () => {
		const { drops, line } = InterfaceBlock.offsets;
		expect(drops + 4 * DROPS.length).toBeLessThanOrEqual(line);
	});

	it("stay in flash on a board, as what is frozen does", () => {
		expect(Object.isFrozen(DROP)).toBe(true);
		expect(Object.isFrozen(DROPS)).toBe(true);
	});
});
