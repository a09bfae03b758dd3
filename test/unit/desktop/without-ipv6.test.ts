// A build without IPv6, as firmware has it whose board file turns it off everywhere: IPv4 works, and whoever gives it an address of IPv6 is told so.
// Compiled code of that build: test/desktop/targets.test.ts.

import { describe, expect, it, vi } from "vitest";
import { addressUses, refused } from "../io/address-uses.ts";
import { ascii, connected, text } from "../io/pair.ts";

vi.mock("../../../src/packet/kernels/parts.ts", async (original) => ({ ...(await original<object>()), hasIpv6: () => false }));

const REMEDY = 'this build has no IPv6: have "ipv6" in the board file, or import "multihome/ipv6"';

describe("a build without IPv6", () => {
	it.each(["2001:db8::1", "fe80::1%eth0", "::1", "::ffff:10.0.0.2"])(
		"names %s wherever it is given, and the remedy",
		(address) => {
			const { uses, stack } = addressUses();
			const before = stack.routes.list.length;
			for (const [what, use] of Object.entries(uses))
				expect(
					refused(what, () => use(address as never), address),
					what,
				).toContain(REMEDY);
			expect(stack.routes.list.length).toBe(before);
			expect(stack.tcp.available).toBe(stack.core.limits.tcp);
		},
	);

	it("refuses what is of IPv6 alone", () => {
		const { p } = addressUses();
		for (const Class of [p.a.Listener, p.a.UDP]) expect(() => new Class({ ipv6Only: true })).toThrow(REMEDY);
	});

	it("carries bytes by IPv4", () => {
		const { p } = addressUses();
		const { client, server } = connected(p);
		client.write(ascii("hello"));
		p.world.run(100);
		expect(text(server.read())).toBe("hello");
	});
});
