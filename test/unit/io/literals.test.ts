// What is no address, names no interface or is a group where a host is wanted is refused, with an error that names it, wherever programs give addresses.

import { describe, expect, it } from "vitest";
import { addressUses, refused } from "./address-uses.ts";

const OWN = "2001:db8::1/64";

const MALFORMED = [
	..." ,1.2.3,1.2.3.4.5,256.1.1.1,01.2.3.4,1.2.3.4 ,:::,1::2::3,12345::,g::1,[::1],::1/64,1:2:3:4:5:6:7,1:2:3:4:5:6:7:8:9,1::2:3:4:5:6:7:8".split(
		",",
	),
	// Zones: none, nobody's, of what is the same everywhere, of nothing, and two.
	..."fe80::1%,fe80::1%eth9,2001:db8::1%eth0,10.0.0.1%eth0,%eth0,fe80::1%eth0%eth0".split(","),
];
const GROUPS = ["ff02::1", "ff15::1234", "224.0.0.1", "239.255.255.255", "255.255.255.255", "10.0.0.255"];

describe("an address", () => {
	it("that is malformed, or whose zone is none, is named by the error", () => {
		const { uses, stack } = addressUses(OWN);
		const before = stack.routes.list.length;
		for (const [what, use] of Object.entries(uses)) for (const text of MALFORMED) refused(what, () => use(text as never), text);
		expect(stack.routes.list.length).toBe(before);
		expect(stack.tcp.available).toBe(stack.core.limits.tcp);
	});

	it("that is no text is a TypeError", () => {
		const { uses } = addressUses(OWN);
		for (const [what, use] of Object.entries(uses))
			if (!/prefix|interface/.test(what))
				for (const value of [7, null, {}, true]) expect(() => use(value as never), `${what} ${String(value)}`).toThrow(TypeError);
	});

	it("of a group, or of all, is refused where that of a host is wanted", () => {
		const { uses } = addressUses(OWN);
		for (const what of ["TCP's address", "Listener's address"])
			for (const text of GROUPS) refused(what, () => uses[what]!(text as never), text);
		// Of subnets' broadcasts these know nothing.
		for (const what of ["UDP's source", "a name server", "a Resolver's server"])
			for (const text of GROUPS.slice(0, -1)) refused(what, () => uses[what]!(text as never), text);
	});
});
