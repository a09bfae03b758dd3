// All interfaces together: what there is, what becomes of it, routes, and the way to an address.

import { describe, expect, it } from "vitest";
import { NetworkView } from "../../../../src/service/network/network.ts";
import type { InterfaceView } from "../../../../src/service/network/types.ts";
import { macOf } from "../../../support/wire.ts";
import { World } from "../../../support/world.ts";

function two() {
	const world = new World(1);
	const node = world.node("a");
	const devices = [world.device({ mac: macOf(1) }), world.device({ mac: macOf(2) })];
	const links = devices.map((device, i) => node.ethernet(`eth${i}`, device, `10.${i}.0.1/24`));
	world.run(10);
	const plug = (index: number, up: boolean) => {
		devices[index]!.linkUp = up;
		devices[index]!.host!.notify();
		world.run(10);
	};
	return { world, stack: node.stack, links, plug, network: new NetworkView(() => node.stack) };
}

describe("the interfaces", () => {
	it("are listed as plain objects, in their order, and found by name", () => {
		const { network, links } = two();
		links[1]!.ip.servers = ["10.1.0.53"];
		expect(network.list.map(({ name }) => name)).toEqual(["lo", "eth0", "eth1"]);
		expect(network.get("eth1")).toEqual({
			name: "eth1",
			kind: "ethernet",
			up: true,
			addresses: ["10.1.0.1/24"],
			MAC: "02:00:00:00:00:02",
			mtu: 1500,
			metric: 0,
			nameServers: ["10.1.0.53"],
		});
		expect(network.get("lo")).toMatchObject({ kind: "loopback", addresses: ["127.0.0.1/8"] });
		expect("MAC" in network.get("lo")!).toBe(false);
		expect(network.get("eth7")).toBeUndefined();
		expect(JSON.parse(JSON.stringify(network.list))).toEqual(network.list);
	});

	it("are watched: what changed together is told together, until close", () => {
		const { network, stack, links, plug, world } = two();
		const heard: string[] = [];
		const watch = network.watch(
			(link: InterfaceView, changes) => void heard.push(`${link.name} ${link.up ? "up" : "down"}: ${changes.join(" ")}`),
		);
		plug(0, false);
		links[1]!.ip.servers = ["0.0.0.7"];
		network.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: "eth1" });
		world.run(10);
		stack.interfaces.remove(links[0]!);
		world.run(10);
		expect(heard).toEqual(["eth0 down: link", "eth1 up: routes nameServers", "eth0 down: removed addresses routes"]);
		watch.close();
		watch.close();
		plug(1, false);
		expect(heard.length).toBe(3);
		expect(() => network.watch(undefined as never)).toThrow("callback undefined: expected a function");
	});

	it("are not told any more to a callback that threw, which is reported", () => {
		const { network, stack, plug } = two();
		const reported: unknown[] = [];
		stack.events.onError = (error) => void reported.push(error);
		network.watch(() => {
			throw new Error("mine");
		});
		plug(0, false);
		plug(0, true);
		expect(reported.length).toBe(1);
	});
});

describe("routes", () => {
	it("are listed, added and removed by what they say", () => {
		const { network, links } = two();
		const added = network.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: "eth0", metric: 5 });
		network.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: links[1]!, metric: 7 });
		expect(added).toEqual({
			prefix: "0.0.0.0/0",
			gateway: "10.0.0.254",
			interface: "eth0",
			metric: 5,
			connected: false,
			active: true,
		});
		const { routes } = network;
		expect(routes.list.map((route) => `${route.prefix} ${route.interface} ${route.connected}`)).toEqual([
			"127.0.0.0/8 lo true",
			"10.0.0.0/24 eth0 true",
			"10.1.0.0/24 eth1 true",
			"0.0.0.0/0 eth0 false",
			"0.0.0.0/0 eth1 false",
		]);
		routes.remove({ prefix: "0.0.0.0/0", interface: "eth1" });
		expect(routes.list[3]).toEqual(added);
		routes.remove(routes.list[3]!);
		expect(routes.list.length).toBe(3);
		expect(() => routes.remove(added)).toThrow("route 0.0.0.0/0: is not there");
		expect(() => routes.remove({ prefix: "10.0.0.0/24" })).toThrow(
			"route 10.0.0.0/24: belongs to an address or a link, and goes with it",
		);
	});

	it.each([
		[{ prefix: "10.0.0.1/8", interface: "eth0" }, "route 10.0.0.1/8: expected 10.0.0.0/8, without host bits"],
		[{ prefix: 5, interface: "eth0" }, "prefix 5: expected a string"],
		[{ prefix: "10.9.0.0/16" }, "interface undefined: expected the name of an interface"],
		[{ prefix: "10.9.0.0/16", interface: "eth5" }, 'interface "eth5": expected the name of an interface'],
		[{ prefix: "10.9.0.0/16", interface: "eth0", gateway: "10.1.0.9" }, "gateway 10.1.0.9: not in a subnet of eth0"],
		[{ prefix: "10.9.0.0/16", interface: "eth0", metric: -1 }, "metric -1: expected 0 to 65535"],
		[undefined, "options undefined: expected an object"],
	])("%j is refused: %s", (options, message) => {
		const { network } = two();
		expect(() => network.routes.add(options as never)).toThrow(message);
		expect(network.routes.list.length).toBe(3);
	});
});

describe("the way", () => {
	it("follows routes, metrics and links, and names the source address", () => {
		const { network, plug } = two();
		network.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: "eth0", metric: 5 });
		network.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: "eth1", metric: 7 });
		const first = { interface: "eth0", source: "10.0.0.1", gateway: "10.0.0.254", mtu: 1500 };
		const second = { interface: "eth1", source: "10.1.0.1", gateway: "10.1.0.254", mtu: 1500 };
		expect(network.way("8.8.8.8")).toEqual(first);
		expect(network.way("8.8.8.8", { interface: "eth1" })).toEqual(second);
		expect(network.way("8.8.8.8", { source: second.source })).toEqual(second);
		expect(network.way("8.8.8.8", { source: "10.9.9.9" })).toBeUndefined();
		expect(network.way("10.1.0.9")).toEqual({ interface: "eth1", source: "10.1.0.1", gateway: undefined, mtu: 1500 });
		expect(network.way("10.1.0.255")).toMatchObject({ interface: "eth1", gateway: undefined });
		expect(network.way("10.1.0.1")).toMatchObject({ interface: "lo", source: "10.1.0.1" });
		plug(0, false);
		expect(network.way("8.8.8.8")).toEqual(second);
		plug(1, false);
		expect(network.way("8.8.8.8")).toBeUndefined();
		expect(() => network.way("here")).toThrow('address "here": expected an IP address');
		expect(() => network.way("8.8.8.8", { interface: "eth9" })).toThrow('interface "eth9"');
	});
});
