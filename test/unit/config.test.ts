// What `new Stack` makes of its options.

import { describe, expect, it } from "vitest";
import { limitsOf, type StackOptions } from "../../src/config.ts";
import { layoutOf } from "../../src/packet/layout.ts";

describe("options of a stack", () => {
	it("have no raw sockets unless told, which take memory where there are some", () => {
		expect(limitsOf().raw).toBe(0);
		const bytes = (raw: number) => layoutOf(limitsOf({ sockets: { raw } })).bytes;
		expect(bytes(1) - bytes(0)).toBeGreaterThan(5840);
		expect(() => limitsOf({ sockets: { raw: -1 } })).toThrow("sockets.raw -1: expected a whole number from 0 to 256");
	});

	it("of sockets are known by name, so that a slip of the pen is told", () => {
		const sockets = { tpc: 2 } as StackOptions["sockets"];
		expect(() => limitsOf({ sockets })).toThrow(TypeError);
		expect(() => limitsOf({ sockets })).toThrow("sockets.tpc: there is no such option; expected tcp, udp, services, ");
	});
});
