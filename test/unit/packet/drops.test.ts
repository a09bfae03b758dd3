import { describe, expect, it } from "vitest";
import { BLOCK_BROADCAST_HEADER, BLOCK_DROPS } from "../../../src/packet/blocks.ts";
import { DROP, DROPS } from "../../../src/packet/drops.ts";

describe("the reasons for drops", () => {
	it("are numbered in the order of their names, without a gap", () => {
		expect(DROPS.map((name) => DROP[name])).toEqual(DROPS.map((_, index) => index));
	});

	it("have room for their counters in the interface's block", () => {
		expect(BLOCK_DROPS + 4 * DROPS.length).toBeLessThanOrEqual(BLOCK_BROADCAST_HEADER);
	});

	it("stay in flash on a board, as what is frozen does", () => {
		expect(Object.isFrozen(DROP)).toBe(true);
		expect(Object.isFrozen(DROPS)).toBe(true);
	});
});
