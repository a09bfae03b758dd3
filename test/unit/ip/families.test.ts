// Addresses of both families beside each other, in what the stack has of interfaces, routes and sockets. So far it speaks IPv4 alone; its tables know both.

import { describe, expect, it } from "vitest";
import { AddressCache } from "../../../src/io/address.ts";
import { addressPut } from "../../../src/address.ts";
import { objection, peerObjection } from "../../../src/ip/claims.ts";
import { Route } from "../../../src/ip/routes.ts";
import { statusOf } from "../../../src/status/status.ts";
import { Station } from "../../support/station.ts";

function both(): Station {
	return new Station([
		["10.0.0.1/24", "2001:db8:1::1/64"],
		["10.1.0.1/24", "2001:db8:2::1/64"],
	]);
}

/** "eth1 via 10.0.0.254 from 10.0.0.1", or "" for nowhere. */
function way(station: Station, destination: string, source = ""): string {
	const path = station.stack.ip.wayTo(destination, 0, source);
	return path.out === undefined ? "" : `${path.out.name} via ${path.nextHop} from ${path.source}`;
}

describe("an interface with addresses of both families", () => {
	it("has a subnet of each, and is found by each", () => {
		const { stack, ports } = both();
		const [one] = ports;
		expect(one!.link.addresses.map(String)).toEqual(["10.0.0.1/24", "2001:db8:1::1/64"]);
		expect(stack.routes.list.map(String)).toContain("2001:db8:1::/64");
		expect(stack.interfaces.owner("2001:db8:1::1")).toBe(one!.link);
		expect([stack.ip.isLocal("2001:db8:1::1"), stack.ip.isLocal("2001:db8:1::2")]).toEqual([true, false]);
		expect(() => ports[1]!.link.addAddress("2001:db8:1::1/48")).toThrow("address 2001:db8:1::1 of eth2: eth1 has it already");
		expect(() => one!.link.addAddress("ff02::1/64")).toThrow("address ff02::1 of eth1: expected a unicast address");
		expect(() => one!.link.addAddress("::/64")).toThrow("address :: of eth1: expected a unicast address");
	});

	it("loses one of them without the other, and its route with it", () => {
		const station = both();
		const { stack, ports } = station;
		const { link } = ports[0]!;
		link.removeAddress(link.addresses[1]!);
		expect(stack.interfaces.owner("2001:db8:1::1")).toBeUndefined();
		expect(stack.routes.list.map(String)).not.toContain("2001:db8:1::/64");
		expect(way(station, "10.0.0.9")).toBe("eth1 via 10.0.0.9 from 10.0.0.1");
	});

	it("shows both", () => {
		const { stack } = both();
		stack.tcp.listen("2001:db8:1::1", 80, 1, 0);
		stack.udp.open("10.0.0.1", 53, 0);
		stack.udp.open("", 54, 0);
		const status = statusOf(stack);
		expect(status.interfaces[1]!.addresses).toEqual(["10.0.0.1/24", "2001:db8:1::1/64"]);
		expect(status.routes.map(({ prefix }) => prefix)).toContain("2001:db8:2::/64");
		expect(status.sockets.map(({ local }) => local)).toEqual(["[2001:db8:1::1]:80", "10.0.0.1:53", "*:54"]);
	});
});

describe("the way of an address", () => {
	it("leads by a route of its family, from an address of its family", () => {
		const station = both();
		const { routes } = station.stack;
		const [one, other] = station.ports.map((port) => port.link);
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: one! });
		expect(way(station, "2001:db8:3::1")).toBe("");
		routes.add({ prefix: "::/0", gateway: "2001:db8:2::fe", interface: other! });
		expect(way(station, "8.8.8.8")).toBe("eth1 via 10.0.0.254 from 10.0.0.1");
		expect(way(station, "2001:db8:3::1")).toBe("eth2 via 2001:db8:2::fe from 2001:db8:2::1");
		expect(way(station, "2001:db8:1::9")).toBe("eth1 via 2001:db8:1::9 from 2001:db8:1::1");
		expect(way(station, "2001:db8:2::1")).toBe("lo via 2001:db8:2::1 from 2001:db8:2::1");
	});

	it("is waited for by what a route of its family leads by", () => {
		const station = both();
		const { stack, ports } = station;
		stack.routes.add({ prefix: "::/0", gateway: "2001:db8:2::fe", interface: ports[1]!.link });
		ports[1]!.device.setLink(false);
		station.world.settle();
		expect(stack.ip.awaited(stack.ip.wayTo("2001:db8:3::1"))?.name).toBe("eth2");
	});
});

describe("a claim", () => {
	const claim = { subnet: false, metric: 0, standing: false };

	it("is judged by routes of its family alone", () => {
		const { stack, ports } = both();
		const { routes } = stack;
		const [one, other] = ports.map((port) => port.link);
		routes.insert(new Route("::", 0, "2001:db8:1::fe", one!, 0, false));
		expect(objection(routes, other!, { ...claim, prefix: "10.5.0.0", length: 16 })).toBe("");
		expect(objection(routes, other!, { ...claim, prefix: "2001:db8:5::", length: 48 })).toBe(
			"is part of the route ::/0 by eth1, which the program has set",
		);
		expect(objection(routes, other!, { ...claim, prefix: "2001:db8:1:0:8000::", length: 65 })).toBe(
			"is part of eth1's 2001:db8:1::/64",
		);
		expect(peerObjection(stack.interfaces, routes, other!, "2001:db8:1::1")).toBe("2001:db8:1::1 is eth1's own");
		expect(peerObjection(stack.interfaces, routes, other!, "10.0.0.7")).toBe("10.0.0.7 is part of eth1's 10.0.0.0/24");
	});
});

describe("the addresses that a socket remembers", () => {
	it("are found by their bytes and by their text, five at a time", () => {
		const view = new DataView(new ArrayBuffer(4096));
		const cache = new AddressCache();
		const texts = ["10.0.0.1", "2001:db8::1", "2001:db8::2", "10.0.0.2", "::1"];
		const all = [...texts, "10.0.0.3"];
		expect(cache.put(view, 16, "10.0.0.1")).toBe(false);
		for (const text of texts) {
			addressPut(view, 0, text);
			expect(cache.print(view, 0)).toBe(text);
		}
		for (const text of texts) {
			expect(cache.put(view, 16, text)).toBe(true);
			expect(cache.print(view, 16)).toBe(text);
		}
		addressPut(view, 0, "10.0.0.3");
		cache.add(view, 0, "10.0.0.3");
		expect(all.filter((text) => cache.put(view, 16, text))).toHaveLength(5);
		expect(cache.put(view, 16, "10.0.0.3")).toBe(true);
	});
});
