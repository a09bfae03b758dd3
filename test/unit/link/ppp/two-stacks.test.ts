// Two PPP interfaces over a null-modem cable, under virtual time.

import { describe, expect, it } from "vitest";
import { AUTHS } from "../../../../src/link/ppp/lcp.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { pair } from "./pair.ts";

const SERVER = { local: "10.0.0.1", remote: "10.0.0.2" };

describe("two stacks", () => {
	it("give and take addresses", () => {
		const { a, b, up, world } = pair(SERVER, {});
		expect(up(), JSON.stringify([a.history, b.history])).toBe(true);
		world.run(1000); // IPv6 may have been there first
		expect(a.link.state).toMatchObject({ phase: "running", reason: "", local: "10.0.0.1", remote: "10.0.0.2" });
		expect(b.link.state).toMatchObject({ phase: "running", reason: "", local: "10.0.0.2", remote: "10.0.0.1" });
		expect(statusOf(b.node.stack).interfaces[1]).toMatchObject({ kind: "ppp", up: true });
		expect(statusOf(b.node.stack).interfaces[1]!.addresses).toContain("10.0.0.2/32");
		const six = (each: typeof a) => each.link.addresses.filter(({ address }) => address.startsWith("fe80::")).length;
		expect([six(a), six(b)], "a link-local address at each end").toEqual([1, 1]);
		expect(statusOf(b.node.stack).interfaces[1]!.ppp).toMatchObject({ local: "10.0.0.2", remote: "10.0.0.1" });
	});

	it.each(AUTHS)("authenticate by %s, either way", (auth) => {
		const accounts = { anna: "geheim ß" };
		const one = pair({ ...SERVER, auth, accounts }, { user: "anna", password: "geheim ß" });
		expect(one.up(), JSON.stringify([one.a.history, one.b.history])).toBe(true);
		expect(one.a.link.state).toMatchObject({ peerAuth: auth, peerName: "anna", auth: "" });
		const both = pair(
			{ ...SERVER, auth, accounts, user: "otto", password: "x" },
			{ user: "anna", password: "geheim ß", auth, accounts: { otto: "x" } },
		);
		expect(both.up(), JSON.stringify([both.a.history, both.b.history])).toBe(true);
	});
});
