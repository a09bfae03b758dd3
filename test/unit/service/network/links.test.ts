// The network interface classes: what `connection` and `address` say, who hears of changes, and static addresses.

import { describe, expect, it } from "vitest";
import { LoopbackInterface } from "../../../../src/link/loopback.ts";
import { LoopbackDevice } from "../../../../src/device/loopback.ts";
import { EthernetSocket } from "../../../../src/service/network/ethernet.ts";
import { LoopbackSocket } from "../../../../src/service/network/loopback.ts";
import { PPPSocket } from "../../../../src/service/network/ppp.ts";
import { SLIPSocket } from "../../../../src/service/network/slip.ts";
import type { LinkOptions, StaticAddress } from "../../../../src/service/network/types.ts";
import { SerialLine } from "../../../../src/device/serial-line.ts";
import { SlipInterface } from "../../../../src/link/slip.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { NullModem } from "../../../support/null-modem.ts";
import { macOf, type QueueDevice } from "../../../support/wire.ts";
import { World } from "../../../support/world.ts";
import { pair as pppPair } from "../../link/ppp/pair.ts";

function ethernet(...addresses: string[]) {
	const world = new World(1);
	const node = world.node("a", { routes: 5 });
	const device = world.device({ mac: macOf(0x12) });
	const link = node.ethernet("eth0", device, ...addresses);
	world.run(10);
	const { stack } = node;
	const heard: string[] = [];
	const open = (options: LinkOptions = {}) => {
		const made: EthernetSocket = new EthernetSocket(stack, {
			onChanged: (property) => void heard.push(`${property} ${made.connection} ${made.address}`),
			...options,
		});
		return made;
	};
	const plug = (up: boolean) => {
		(device as QueueDevice).linkUp = up;
		device.host!.notify();
		world.run(10);
	};
	return { world, stack, device, link, heard, open, plug };
}

const STATIC: StaticAddress = { address: "10.0.0.20", mask: "255.255.255.0", gateway: "10.0.0.254", dns: ["10.0.0.53"] };

describe("an Ethernet", () => {
	it("is found by name, by instance, or is the first one; `port` or `interface` names it", () => {
		const { stack, link, world } = ethernet("10.0.0.1/24");
		for (const options of [{}, { port: "eth0" }, { port: link }, { interface: "eth0" }, undefined])
			expect(new EthernetSocket(stack, options).name).toBe("eth0");
		expect(() => new EthernetSocket(stack, { port: "eth1" })).toThrow('interface "eth1": expected the name');
		expect(() => new EthernetSocket(stack, { port: "lo" })).toThrow("interface lo: is loopback; expected ethernet");
		expect(() => new EthernetSocket(world.node("b").stack)).toThrow("there is no ethernet interface");
		expect(() => new EthernetSocket(stack, { onChanged: 5 as never })).toThrow("onChanged 5: expected a function");
	});

	it("tells its MAC, also without a link", () => {
		const { open, plug } = ethernet();
		expect(open().MAC).toBe("02:00:00:00:00:12");
		plug(false);
		expect(open().MAC).toBe("02:00:00:00:00:12");
	});

	it("goes from 200 without a cable to 400 without an address to 500, and says so after processing", () => {
		const { open, heard, plug, link, world } = ethernet();
		plug(false);
		const eth = open();
		expect([eth.connection, eth.address]).toEqual([200, undefined]);
		plug(true);
		expect(heard.splice(0)).toEqual(["connection 400 undefined"]);
		link.ip.insertAddress("10.0.0.1", 24);
		expect(eth.connection).toBe(500);
		expect(heard).toEqual([]);
		world.run(10);
		expect(heard.splice(0)).toEqual(["connection 500 10.0.0.1", "address 500 10.0.0.1"]);
		plug(false);
		expect(heard.splice(0)).toEqual(["connection 200 undefined", "address 200 undefined"]);
	});

	it("says nothing of what has not changed for it", () => {
		const { open, heard, link, world, stack } = ethernet("10.0.0.1/24");
		open();
		link.ip.servers = ["0.0.0.1"];
		link.ip.insertAddress("10.1.0.1", 24);
		stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.9", interface: link });
		world.run(10);
		expect(heard).toEqual([]);
	});

	it("is off at once after disconnect, for all who observe it, until connect", () => {
		const { open, heard, world, stack } = ethernet("10.0.0.1/24");
		const eth = open();
		const other = new EthernetSocket(stack);
		eth.disconnect();
		expect([eth.connection, other.connection, eth.address]).toEqual([100, 100, undefined]);
		expect(heard).toEqual([]);
		world.run(10);
		expect(heard.splice(0)).toEqual(["connection 100 undefined", "address 100 undefined"]);
		expect(stack.interfaces.find("eth0")!.up).toBe(false);
		other.connect();
		world.run(10);
		expect(heard.splice(0)).toEqual(["connection 500 10.0.0.1", "address 500 10.0.0.1"]);
	});

	it("is heard by several instances, of which any may be closed in its callback", () => {
		const { world, stack, plug } = ethernet("10.0.0.1/24");
		const heard: string[] = [];
		const make = (name: string): EthernetSocket =>
			new EthernetSocket(stack, {
				onChanged(property) {
					heard.push(`${name} ${property}`);
					if (name !== "c") instances[name]!.close();
				},
			});
		const instances: Record<string, EthernetSocket> = { a: make("a"), b: make("b"), c: make("c") };
		plug(false);
		expect(heard.sort()).toEqual(["a connection", "b connection", "c address", "c connection"]);
		expect(instances["c"]!.connection).toBe(200);
		world.run(10);
	});

	it("is 0 when it is removed, and methods say why", () => {
		const { open, heard, world, stack, link } = ethernet("10.0.0.1/24");
		const eth = open();
		stack.interfaces.remove(link);
		world.run(10);
		expect(heard).toEqual(["connection 0 undefined", "address 0 undefined"]);
		expect(() => eth.connect()).toThrow("interface eth0: is not part of the stack any more");
		expect(() => eth.configure({ static: STATIC })).toThrow("interface eth0: is not part of the stack any more");
		eth.close();
	});

	it("throws SyntaxError once closed, but for close", () => {
		const { open } = ethernet("10.0.0.1/24");
		const eth = open();
		eth.close();
		eth.close();
		const uses = [
			() => eth.connection,
			() => eth.address,
			() => eth.MAC,
			() => eth.name,
			() => eth.connect(),
			() => eth.disconnect(),
			() => eth.configure({}),
		];
		for (const use of uses) expect(use).toThrow(SyntaxError);
	});

	it("is closed when its callback throws, which is reported, and others hear", () => {
		const { stack, plug, heard, open } = ethernet("10.0.0.1/24");
		const reported: unknown[] = [];
		stack.events.onError = (error) => void reported.push(error);
		const mistake = new Error("mine");
		const eth = new EthernetSocket(stack, {
			onChanged() {
				throw mistake;
			},
		});
		open();
		plug(false);
		expect(reported).toEqual([mistake]);
		expect(() => eth.connection).toThrow(SyntaxError);
		expect(heard).toEqual(["connection 200 undefined", "address 200 undefined"]);
	});
});

describe("configure", () => {
	it("sets address, default route and name servers in place of those there were", () => {
		const { open, heard, stack, link, world } = ethernet("10.0.0.1/24", "10.9.0.1/16");
		stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.9.0.9", interface: link });
		stack.routes.add({ prefix: "10.77.0.0/16", gateway: "10.0.0.7", interface: link });
		open().configure({ static: STATIC });
		expect(link.addresses.map(({ address, length }) => [address, length])).toEqual([["10.0.0.20", 24]]);
		expect(statusOf(stack).routes.map(({ prefix, gateway }) => `${prefix} ${gateway}`)).toEqual([
			"127.0.0.0/8 null",
			"10.77.0.0/16 10.0.0.7",
			"10.0.0.0/24 null",
			"0.0.0.0/0 10.0.0.254",
		]);
		expect(link.nameServers).toEqual(["10.0.0.53"]);
		world.run(10);
		expect(heard).toEqual(["address 500 10.0.0.20"]);
	});

	it("sets addresses and gateways of both families, and leaves a family of which nothing is said", () => {
		const { open, stack, link } = ethernet("10.0.0.1/24", "fe80::12/128", "fd00::1/64");
		const eth = open();
		const addresses = ["10.0.0.20/24", "2001:db8::20/64"];
		eth.configure({ static: { addresses, gateway: ["10.0.0.254", "fe80::1"], dns: ["2001:db8::53", "10.0.0.53"] } });
		expect(link.addresses.map(String)).toEqual(["fe80::12/128", ...addresses]);
		const defaults = () => stack.routes.list.filter(({ length }) => length === 0).map((route) => `${route} ${route.gateway}`);
		expect(defaults()).toEqual(["0.0.0.0/0 10.0.0.254", "::/0 fe80::1"]);
		expect(link.nameServers).toEqual(["2001:db8::53", "10.0.0.53"]);
		eth.configure({ static: { address: "10.0.0.21", prefix: 24, gateway: "10.0.0.253" } });
		expect(link.addresses.map(String)).toEqual(["fe80::12/128", "2001:db8::20/64", "10.0.0.21/24"]);
		expect(defaults()).toEqual(["::/0 fe80::1", "0.0.0.0/0 10.0.0.253"]);
		eth.configure({ static: { address: "2001:db8::21", prefix: 64 } });
		expect(link.addresses.map(String)).toEqual(["fe80::12/128", "10.0.0.21/24", "2001:db8::21/64"]);
		expect(defaults()).toEqual(["0.0.0.0/0 10.0.0.253"]);
	});

	it("leaves an address that is right already, with its connections, and name servers of which nothing is said", () => {
		const { open, link } = ethernet("10.0.0.20/24");
		const [entry] = link.addresses;
		link.ip.servers = ["0.0.0.1"];
		open().configure({ static: { address: "10.0.0.20", prefix: 24 } });
		expect(link.addresses).toEqual([entry]);
		expect(link.addresses[0]).toBe(entry);
		expect(link.nameServers).toEqual(["0.0.0.1"]);
	});

	it.each([
		[{ ...STATIC, address: "not.an.ip.address" }, 'address "not.an.ip.address": expected an IP address'],
		[{ ...STATIC, address: undefined }, "address undefined: expected an IP address as a string"],
		[{ ...STATIC, mask: "garbage" }, 'mask "garbage": expected an IPv4 address'],
		[{ ...STATIC, mask: "255.0.255.0" }, 'mask "255.0.255.0": expected ones before zeros, as in "255.255.255.0"'],
		[{ ...STATIC, mask: undefined, netmask: "0.0.0.1" }, 'netmask "0.0.0.1": expected ones before zeros'],
		[{ ...STATIC, mask: undefined }, "mask undefined: expected an IPv4 address as a string"],
		[{ ...STATIC, prefix: 33 }, "prefix 33: expected a whole number from 0 to 32"],
		[{ ...STATIC, gateway: "999.999.999.999" }, 'gateway "999.999.999.999": expected an IP address'],
		[{ ...STATIC, gateway: "10.0.1.1" }, 'gateway "10.0.1.1": expected another address of 10.0.0.0/24'],
		[{ ...STATIC, gateway: "10.0.0.20" }, 'gateway "10.0.0.20": expected another address of 10.0.0.0/24'],
		[{ ...STATIC, address: "10.0.0.255" }, 'address "10.0.0.255": is that of the subnet 10.0.0.0/24, or its broadcast address'],
		[{ ...STATIC, address: "224.0.0.1" }, 'address "224.0.0.1": expected a unicast address'],
		[{ ...STATIC, address: "127.0.0.1" }, 'address "127.0.0.1": lo has it already'],
		[{ ...STATIC, dns: "10.0.0.53" as never }, 'dns "10.0.0.53": expected an array of IP addresses'],
		[{ ...STATIC, dns: ["x"] }, 'dns "x": expected an IP address'],
		[{ ...STATIC, addresses: ["10.0.0.20/24"] }, 'address "10.0.0.20": expected it in addresses, or without them'],
		[{ addresses: [] }, "addresses an object: expected an array of texts"],
		[{ addresses: ["10.0.0.20"] }, '"10.0.0.20": expected an IP address and a prefix length'],
		[{ addresses: ["ff02::1/64"] }, 'address "ff02::1": expected a unicast address'],
		[{ addresses: ["fd00::1/64", "fd00::1/48"] }, 'address "fd00::1": expected it once'],
		[
			{ addresses: ["10.0.0.20/24"], gateway: "fe80::1" },
			'gateway "fe80::1": expected another address of the family of addresses',
		],
		[{ addresses: ["fd00::1/64"], gateway: "fd00:1::1" }, 'gateway "fd00:1::1": expected another address of fd00::/64'],
		[{ addresses: ["fd00::1/64"], gateway: ["fd00::9", "fe80::1"] }, 'gateway "fe80::1": expected one of each family at most'],
		[{ addresses: ["fd00::1/64", "fd00::2/64", "fd00::3/64", "fd00::4/64"] }, "static of eth0: expected at most 3 addresses"],
	] as [StaticAddress, string][])("refuses %j and changes nothing", (settings, message) => {
		const { open, stack } = ethernet("10.0.0.1/24");
		const eth = open();
		const before = JSON.stringify(statusOf(stack));
		expect(() => eth.configure({ hostname: "board", static: settings })).toThrow(message);
		expect(JSON.stringify(statusOf(stack))).toBe(before);
	});

	it("refuses what does not fit the routes, and changes nothing", () => {
		const { open, stack, link } = ethernet("10.0.0.1/24");
		for (const prefix of ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"])
			stack.routes.add({ prefix, gateway: "10.0.0.7", interface: link });
		const eth = open();
		expect(() => eth.configure({ static: STATIC })).toThrow('static of eth0: all 5 routes are in use; raise the option "routes"');
		expect(eth.address).toBe("10.0.0.1");
		eth.configure({ static: { address: "10.0.0.20", prefix: 24 } });
		expect(eth.address).toBe("10.0.0.20");
	});

	it("reads the host name as text and refuses what RFC 1123 does not allow", () => {
		const { open } = ethernet("10.0.0.1/24");
		const eth = open();
		let read = 0;
		const spy = {
			toString() {
				read++;
				return "board-7";
			},
		};
		eth.configure({ hostname: spy as unknown as string });
		expect(read).toBeGreaterThan(0);
		for (const right of ["a".repeat(63), "board-7.example"]) eth.configure({ hostname: right });
		for (const wrong of ["a".repeat(64), "", "-a", "a-", "a b"])
			expect(() => eth.configure({ hostname: wrong })).toThrow(/^hostname ".*": expected 1 to 63 letters, digits, "-" or "\."$/);
		expect([eth.connection, eth.address]).toEqual([500, "10.0.0.1"]);
		expect(() => eth.configure(undefined as never)).toThrow("options undefined: expected an object");
		expect(() => eth.configure({ static: true as never })).toThrow("static true: expected an object, or false");
	});
});

describe("a PPP", () => {
	it("is 300 while it connects, 400 with IPv6 within the link alone, 500 with IPv4's addresses, 150 and 200 after disconnect, and connects again", () => {
		const { world, a, up } = pppPair({ local: "10.0.0.1", remote: "10.0.0.2" }, {});
		const heard: string[] = [];
		const ppp: PPPSocket = new PPPSocket(a.node.stack, {
			onChanged(property) {
				heard.push(property === "phase" ? ppp.phase : `${property} ${ppp.connection}`);
			},
		});
		expect([ppp.connection, ppp.address, ppp.peer]).toEqual([200, undefined, undefined]);
		expect(up()).toBe(true);
		world.run(10);
		expect(heard.splice(0)).toEqual([
			"connection 300",
			"establish",
			"network",
			"connection 400",
			"connection 500",
			"address 500",
			"running",
		]);
		expect([ppp.address, ppp.peer, ppp.reason]).toEqual(["10.0.0.1", "10.0.0.2", ""]);
		ppp.disconnect();
		expect([ppp.connection, ppp.address, ppp.phase, ppp.peer]).toEqual([150, undefined, "terminate", undefined]);
		world.run(5000);
		expect([ppp.connection, ppp.phase, ppp.reason]).toEqual([200, "dead", "disconnected"]);
		expect(heard.splice(0)).toEqual(["connection 150", "address 150", "terminate", "connection 200", "dead"]);
		ppp.connect();
		expect(world.until(() => ppp.connection === 500, 10_000)).toBe(true);
	});
});

describe("a SLIP and a Loopback", () => {
	it("have addresses of one's own choice, but not from DHCP", () => {
		const world = new World(1);
		const modem = new NullModem(world.clock, world.prng.fork());
		const { stack } = world.node("a", { packets: 32 });
		stack.interfaces.add(new SlipInterface("sl0", new SerialLine(modem.a)));
		world.run(10);
		const slip = new SLIPSocket(stack);
		expect(slip.connection).toBe(400);
		slip.configure({ static: { address: "10.0.0.1", prefix: 31, gateway: "10.0.0.0" } });
		expect([slip.connection, slip.address]).toEqual([500, "10.0.0.1"]);
		expect(() => slip.configure({ static: false })).toThrow("static false of sl0: slip has no DHCP");
		expect(slip.address).toBe("10.0.0.1");
		slip.disconnect();
		expect(slip.connection).toBe(100);
	});

	it("loopback is always there", () => {
		const { stack } = new World(1).node("a");
		stack.interfaces.add(new LoopbackInterface("lo1", new LoopbackDevice()));
		const lo = new LoopbackSocket(stack);
		expect([lo.name, lo.connection, lo.address]).toEqual(["lo", 500, "127.0.0.1"]);
		expect(new LoopbackSocket(stack, { port: "lo1" }).connection).toBe(400);
	});
});
