// What `new Stack` makes of its options.

import { describe, expect, it } from "vitest";
import { limitsOf, type StackOptions } from "../../src/config.ts";

describe("options of a stack", () => {
	it("have no raw sockets: a program that asks for some is told", () => {
		const sockets = { tcp: 2, raw: 0 } as StackOptions["sockets"];
		expect(() => limitsOf({ sockets })).toThrow(TypeError);
		expect(() => limitsOf({ sockets })).toThrow("sockets.raw: there is no such option; expected tcp, udp, services, ");
	});

	it("of sockets are known by name, so that a slip of the pen is told", () => {
		const sockets = { tpc: 2 } as StackOptions["sockets"];
		expect(() => limitsOf({ sockets })).toThrow("sockets.tpc: there is no such option");
	});
});
