// Routes: longest prefix, metric, interface; what happens to them with links and interfaces.

import { describe, expect, it } from "vitest";
import { ipText } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import { Station } from "../../support/station.ts";

/** Where a packet to that address would go: "eth1 via 10.0.0.2 from 10.0.0.1", or "" for nowhere. */
function way(station: Station, destination: string, bound = 0): string {
	const path = station.stack.ip.wayTo(destination, bound);
	return path.out === undefined ? "" : `${path.out.name} via ${path.nextHop} from ${path.source}`;
}

function two(): Station {
	return new Station([["10.0.0.1/24"], ["10.1.0.1/24", "10.1.7.1/24"]]);
}

describe("the way to a destination", () => {
	it("leads to neighbours directly, from the address in their subnet", () => {
		const station = two();
		expect(way(station, "10.0.0.5")).toBe("eth1 via 10.0.0.5 from 10.0.0.1");
		expect(way(station, "10.1.0.5")).toBe("eth2 via 10.1.0.5 from 10.1.0.1");
		expect(way(station, "10.1.7.5")).toBe("eth2 via 10.1.7.5 from 10.1.7.1");
		expect(way(station, "8.8.8.8")).toBe("");
	});

	it("leads to our own addresses over the loopback interface", () => {
		const station = two();
		expect(way(station, "10.1.0.1")).toBe("lo via 10.1.0.1 from 10.1.0.1");
		expect(way(station, "127.0.0.1")).toBe("lo via 127.0.0.1 from 127.0.0.1");
		expect(way(station, "127.9.9.9")).toBe("lo via 127.9.9.9 from 127.9.9.9");
	});

	it("takes the longest prefix, then the least metric, the interface's included", () => {
		const station = two();
		const [one, other] = station.ports.map((port) => port.link) as [never, never];
		const { routes } = station.stack;
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: one, metric: 5 });
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.2", interface: other, metric: 10 });
		routes.add({ prefix: "20.0.0.0/8", gateway: "10.1.0.3", interface: other, metric: 100 });
		routes.add({ prefix: "20.1.0.0/16", gateway: "10.0.0.4", interface: one, metric: 200 });
		routes.add({ prefix: "20.1.2.3/32", gateway: "10.1.0.5", interface: other });
		expect(way(station, "8.8.8.8")).toBe("eth1 via 10.0.0.2 from 10.0.0.1");
		expect(way(station, "20.9.9.9")).toBe("eth2 via 10.1.0.3 from 10.1.0.1");
		expect(way(station, "20.1.9.9")).toBe("eth1 via 10.0.0.4 from 10.0.0.1");
		expect(way(station, "20.1.2.3")).toBe("eth2 via 10.1.0.5 from 10.1.0.1");
	});

	it("stays on the interface that a socket is bound to", () => {
		const station = two();
		const [one, other] = station.ports.map((port) => port.link);
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: one!, metric: 1 });
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.2", interface: other!, metric: 2 });
		expect(way(station, "8.8.8.8", other!.slot)).toBe("eth2 via 10.1.0.2 from 10.1.0.1");
		expect(way(station, "10.0.0.5", other!.slot)).toBe("eth2 via 10.1.0.2 from 10.1.0.1");
	});

	it("changes to the next best when a link goes down, and back when it comes up", () => {
		const station = two();
		const [one, other] = station.ports;
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: one!.link, metric: 1 });
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.2", interface: other!.link, metric: 2 });
		one!.device.setLink(false);
		station.world.settle();
		expect(way(station, "8.8.8.8")).toBe("eth2 via 10.1.0.2 from 10.1.0.1");
		expect(way(station, "10.0.0.5")).toBe("eth2 via 10.1.0.2 from 10.1.0.1");
		one!.device.setLink(true);
		station.world.settle();
		expect(way(station, "8.8.8.8")).toBe("eth1 via 10.0.0.2 from 10.0.0.1");
		other!.link.enabled = false;
		one!.link.enabled = false;
		station.world.settle();
		expect(way(station, "8.8.8.8")).toBe("");
	});

	it("is gone with its interface, and with its address", () => {
		const station = two();
		const [one, other] = station.ports;
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: one!.link });
		station.stack.interfaces.remove(one!.link);
		expect(way(station, "8.8.8.8")).toBe("");
		expect(way(station, "10.0.0.5")).toBe("");
		other!.link.removeAddress(other!.link.addresses.find((own) => own.address === "10.1.7.1")!);
		expect(way(station, "10.1.7.5")).toBe("");
		expect(way(station, "10.1.0.5")).toBe("eth2 via 10.1.0.5 from 10.1.0.1");
	});

	it("is the best of all, with a thousand routes that come and go, as a plain search finds it", () => {
		const prng = new Prng(20261122);
		const station = new Station([["10.0.0.1/8"], ["11.0.0.1/8"]], { routes: 600 });
		const links = station.ports.map((port) => port.link);
		const added: ReturnType<typeof station.stack.routes.add>[] = [];
		const near = () =>
			(0x14000000 | (prng.below(4) << 16) | (prng.below(4) << 8) | prng.below(4)) ^ (prng.chance(0.1) ? prng.next() : 0);
		const best = (address: number) => {
			let chosen: (typeof added)[number] | undefined;
			for (const route of station.stack.routes.list) {
				const mask = route.length === 0 ? 0 : -1 << (32 - route.length);
				if (ipText(address & mask) !== route.network) continue;
				if (!chosen || route.length > chosen.length || (route.length === chosen.length && route.metric < chosen.metric))
					chosen = route;
			}
			return chosen;
		};
		for (let round = 0; round < 40; round++) {
			while (added.length < 500) {
				const length = prng.chance(0.2) ? 32 : prng.between(0, 32);
				const prefix = near() & (length === 0 ? 0 : -1 << (32 - length));
				const link = prng.pick(links);
				added.push(
					station.stack.routes.add({
						prefix: `${ipText(prefix)}/${length}`,
						interface: link,
						metric: prng.below(50),
						gateway: link === links[0] ? "10.0.0.2" : "11.0.0.2",
					}),
				);
			}
			for (let i = 0; i < 50; i++) {
				const address = near();
				expect(station.stack.routes.find(ipText(address), 0), ipText(address)).toBe(best(address));
			}
			for (let i = 0; i < 100; i++) station.stack.routes.remove(added.splice(prng.below(added.length), 1)[0]!);
		}
	});
});

describe("a wrong route", () => {
	it.each([
		[{ prefix: "10.0.0.0" }, /"10\.0\.0\.0": expected an IP address and a prefix length/],
		[{ prefix: "10.0.0.1/24" }, /route 10\.0\.0\.1\/24: expected 10\.0\.0\.0\/24, without host bits/],
		[{ prefix: "20.0.0.0/33" }, /prefix length/],
		[{ prefix: "20.0.0.0/8", gateway: "next" }, /gateway "next": expected an IP address/],
		[
			{ prefix: "20.0.0.0/8", gateway: "2001:db8::1" },
			/gateway 2001:db8::1: expected an address of the family of 20\.0\.0\.0\/8/,
		],
		[{ prefix: "2001:db8::1/64" }, /route 2001:db8::1\/64: expected 2001:db8::\/64, without host bits/],
		[{ prefix: "20.0.0.0/8", gateway: "10.9.0.1" }, /gateway 10\.9\.0\.1: not in a subnet of eth1/],
		[{ prefix: "20.0.0.0/8", metric: -1 }, /metric -1: expected 0 to 65535/],
	])("is refused: %j", (options, message) => {
		const station = two();
		expect(() => station.stack.routes.add({ ...options, interface: station.ports[0]!.link })).toThrow(message);
	});

	it("is refused by a gateway of IPv6 that is none of the link, unless it is link-local or is said to be on it", () => {
		const station = two();
		const { link } = station.ports[0]!;
		const add = (gateway: string, onLink?: boolean) =>
			station.stack.routes.add({ prefix: "::/0", gateway, interface: link, onLink });
		expect(() => add("2001:db8:9::1")).toThrow("gateway 2001:db8:9::1: not in a subnet of");
		for (const route of [add("fe80::1"), add("2001:db8:9::1", true)]) expect(station.stack.routes.list).toContain(route);
	});

	it("is refused when the table is full, naming the option that makes it larger", () => {
		const station = new Station([["10.0.0.1/24"]], { routes: 4 });
		const add = (n: number) => station.stack.routes.add({ prefix: `20.0.0.${n}/32`, interface: station.ports[0]!.link });
		add(1);
		add(2);
		expect(() => add(3)).toThrow(/route 20\.0\.0\.3\/32: all 4 routes are in use; raise the option "routes"/);
	});
});
