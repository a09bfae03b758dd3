// RFC 6724 §6: in which order the addresses of a name come.

import { describe, expect, it } from "vitest";
import { OWN_DEPRECATED } from "../../../../src/packet/interface-block.ts";
import { bestFirst } from "../../../../src/service/dns/order.ts";
import { World } from "../../../support/world.ts";

/** A stack with these addresses on one interface, and default routes of both families by it. */
function stackWith(addresses: string[], gateways = ["10.0.0.254", "fe80::254"]) {
	const world = new World();
	const node = world.node("us", {});
	const eth0 = node.ethernet("eth0", world.segment().port({ mac: 1 }));
	for (const address of ["fe80::1/64", ...addresses]) eth0.addAddress(address);
	for (const gateway of gateways)
		node.stack.routes.add({ prefix: gateway.includes(":") ? "::/0" : "0.0.0.0/0", interface: eth0, gateway });
	world.run(3000);
	return { stack: node.stack, eth0, order: (...list: string[]) => bestFirst(node.stack, list, undefined) };
}

const V4 = "10.0.0.1/24";
const V6 = "2001:db8::1/64";

describe("the order of addresses", () => {
	it("has those last that no packet finds a way to (rule 1)", () => {
		const { order } = stackWith([V4, V6], ["10.0.0.254"]);
		expect(order("2001:db8:9::1", "192.0.2.1", "2001:db8::9")).toEqual(["2001:db8::9", "192.0.2.1", "2001:db8:9::1"]);
		expect(stackWith([V4], ["10.0.0.254"]).order("2001:db8:9::1", "192.0.2.1")).toEqual(["192.0.2.1", "2001:db8:9::1"]);
	});

	it("has those first that a source of their scope is for (rule 2)", () => {
		// Only an address of one link to go from: IPv4, whose addresses are all of one scope but 169.254/16, comes first.
		const { order } = stackWith([V4]);
		expect(order("2001:db8:9::1", "192.0.2.1")).toEqual(["192.0.2.1", "2001:db8:9::1"]);
	});

	it("has those behind that a deprecated source is for (rule 3)", () => {
		const { order, eth0 } = stackWith([V4, V6]);
		expect(order("192.0.2.1", "2001:db8:9::1")).toEqual(["2001:db8:9::1", "192.0.2.1"]);
		const own = eth0.ip.addresses.find(({ address }) => address === "2001:db8::1")!;
		own.bits |= OWN_DEPRECATED;
		expect(order("2001:db8:9::1", "192.0.2.1")).toEqual(["192.0.2.1", "2001:db8:9::1"]);
	});

	it("has those first whose label is that of their source (rule 5)", () => {
		const { order } = stackWith([V4, "fd00::1/64"]);
		expect(order("2001:db8:9::1", "192.0.2.1", "fd00:0:0:9::1")).toEqual(["192.0.2.1", "fd00:0:0:9::1", "2001:db8:9::1"]);
		expect(stackWith([V4, "2002:c000:201::1/64"]).order("2001:db8:9::1", "2002:c000:202::1")).toEqual([
			"2002:c000:202::1",
			"2001:db8:9::1",
		]);
	});

	it("keeps to the precedence of the policy table (rule 6)", () => {
		const { order } = stackWith([V4, V6]);
		expect(order("192.0.2.1", "2001:db8:9::1", "127.0.0.1")).toEqual(["2001:db8:9::1", "127.0.0.1", "192.0.2.1"]);
		expect(order("fd00::1", "2001::1", "2002::1", "2001:db8:9::1")).toEqual(["2001:db8:9::1", "2002::1", "2001::1", "fd00::1"]);
	});

	it("has the smaller scope first (rule 8)", () => {
		const { order } = stackWith([V4, V6]);
		expect(order("2001:db8:9::1", "fe80::9")).toEqual(["fe80::9", "2001:db8:9::1"]);
	});

	it("has the longest prefix in common with its source first, of IPv6 (rule 9), and leaves the rest as it is", () => {
		const { order } = stackWith([V4, V6]);
		expect(order("2001:db9::1", "2001:db8:1::1", "2001:db8::7", "2001:db8::1:0:0:1")).toEqual([
			"2001:db8::7",
			"2001:db8::1:0:0:1",
			"2001:db8:1::1",
			"2001:db9::1",
		]);
		expect(order("192.0.2.1", "10.0.0.9", "10.0.0.8")).toEqual(["192.0.2.1", "10.0.0.9", "10.0.0.8"]);
	});
});
