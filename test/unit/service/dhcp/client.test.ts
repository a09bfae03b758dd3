// The class that programs use: options, misuse, callbacks, beginning and end. And several at once.

import { describe, expect, it } from "vitest";
import { ADDRESSES, NAME_SERVERS, PROTOCOL, REMOVED } from "../../../../src/link/interface.ts";
import { LoopbackDevice } from "../../../../src/device/loopback.ts";
import { LoopbackInterface } from "../../../../src/link/loopback.ts";
import { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import type { DhcpOptions } from "../../../../src/service/dhcp/options.ts";
import { statusOf } from "../../../../src/status/status.ts";
import { ARP_REPLY, ip, ipText, read32 } from "../../../support/frames.ts";
import { Rig } from "./rig.ts";

describe("misuse", () => {
	it.each([
		[{ hostname: "" }, RangeError, 'hostname "": expected 1 to 63 letters, digits, "-" or "."'],
		[{ hostname: "a b" }, RangeError, 'hostname "a b"'],
		[{ hostname: "x".repeat(64) }, RangeError, "hostname"],
		[{ hostname: 7 }, TypeError, "hostname 7: expected a text"],
		[{ clientId: "x" }, RangeError, "clientId of 1 bytes: expected 2 to 64"],
		[{ clientId: new Uint8Array(65) }, RangeError, "clientId of 65 bytes: expected 2 to 64"],
		[{ clientId: "ä2" }, RangeError, 'clientId "ä2": expected ASCII characters'],
		[{ clientId: 7 }, TypeError, "clientId 7"],
		[{ metric: -1 }, RangeError, "metric -1: expected a whole number from 0 to 65535"],
		[{ metric: 65_536 }, RangeError, "metric 65536"],
		[{ metric: "1" }, TypeError, 'metric "1": expected a number'],
		[{ defaultRoute: 1 }, TypeError, "defaultRoute 1: expected true or false"],
		[{ classlessRoutes: "no" }, TypeError, 'classlessRoutes "no"'],
		[{ probes: 11 }, RangeError, "probes 11: expected a whole number from 0 to 10"],
		[{ probeIntervalMs: 0 }, RangeError, "probeIntervalMs 0: expected a whole number from 1 to 10000"],
		[{ probeIntervalMs: Number.NaN }, RangeError, "probeIntervalMs NaN"],
		[{ onChanged: 1 }, TypeError, "onChanged 1: expected a function"],
		[null, TypeError, "options null: expected an object"],
	])("with options %j names what is wrong, and leaves nothing behind", (options, type, message) => {
		const rig = new Rig();
		const make = () => rig.client(options as DhcpOptions<DhcpClient>);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		expect(rig.link.ip.lease).toBe(undefined);
		expect(rig.stack.services.list.length).toBe(0);
	});

	it("is refused for what is no Ethernet, not of this stack, too small, or has a client already", () => {
		const rig = new Rig({ sockets: { udp: 2 } });
		const { stack } = rig;
		expect(() => new DhcpClient(stack, "lo")).toThrow("DHCP on lo: is loopback; expected an Ethernet interface");
		expect(() => new DhcpClient(stack, "eth9")).toThrow('interface "eth9": expected the name of an interface of the stack');
		const stranger = new LoopbackInterface("x", new LoopbackDevice());
		expect(() => new DhcpClient(stack, stranger as never)).toThrow(RangeError);
		expect(() => new DhcpClient(stack, undefined as never)).toThrow(
			"interface undefined: expected one of the stack, or its name",
		);
		rig.link.mtu = 500;
		expect(() => rig.client()).toThrow("DHCP on eth0: has an MTU of 500; expected at least 576, for its messages");
		rig.link.mtu = 1500;
		const client = rig.client();
		expect(() => rig.client()).toThrow("DHCP on eth0: has a client already; close that one first");
		client.close();
		rig.client().close();
	});

	it.each([0, 1])("is refused while none of %i UDP sockets of the services is free, and says what to do", (services) => {
		const rig = new Rig({ interfaces: 2, sockets: { udp: 4, services } });
		if (services > 0) rig.client({}, 1);
		expect(() => rig.client()).toThrow(
			`DHCP on eth0: all ${services} UDP sockets for services are in use; raise the option "sockets.services"`,
		);
		expect(rig.link.ip.lease).toBe(undefined);
	});

	it("after close: renew throws, close may be repeated, state says so", () => {
		const rig = new Rig();
		const client = rig.client();
		client.close();
		client.close();
		expect(() => client.renew()).toThrow("DHCP on eth0: the client is closed; make a new one");
		expect(client.state).toMatchObject({ state: "closed", address: null, renewsInMs: -1 });
	});
});

describe("a client", () => {
	it("is made by the interface's name too, and says what it is told to say", () => {
		const rig = new Rig();
		const id = new Uint8Array([0, 1, 2, 3]);
		const client = new DhcpClient(rig.stack, "eth0", { clientId: id });
		id[0] = 9;
		expect(rig.bound(client)).toBe(true);
		expect([...rig.server.heard[0]!.options.get(61)!]).toEqual([0, 1, 2, 3]);
		expect(rig.server.heard[0]!.options.has(12)).toBe(false);
	});

	it("has a host name that may be changed, checked as the option is, and is told from the next message on", () => {
		const rig = new Rig();
		const client = rig.client({ probes: 0, hostname: "first" });
		for (const [wrong, type] of [
			["a b", RangeError],
			["", RangeError],
			[7, TypeError],
			[null, TypeError],
		] as const)
			expect(() => (client.hostname = wrong as never)).toThrow(type);
		expect([client.hostname, client.options.hostname]).toEqual(["first", "first"]);
		expect(rig.world.until(() => client.state.state === "requesting", 5000)).toBe(true);
		client.hostname = "second";
		rig.bound(client);
		client.hostname = undefined;
		client.renew();
		rig.world.run(10);
		const names = rig.server.heard.map(({ options }) => String.fromCharCode(...(options.get(12) ?? [])));
		expect([names[0], names.at(-1)]).toEqual(["first", ""]);
		expect(client.options.hostname).toBe(undefined);
	});

	it("tells of changes after processing, not within the constructor, and those who watch", () => {
		const rig = new Rig();
		const states: string[] = [];
		let what = 0;
		rig.stack.watch((_link, changes) => (what |= changes));
		const client = rig.client({
			onChanged() {
				expect(this).toBe(client);
				states.push(this.state.state);
			},
		});
		expect(states).toEqual([]);
		rig.bound(client);
		rig.world.run(10);
		expect(states).toEqual(["init", "selecting", "requesting", "probing", "bound"]);
		expect(what & (PROTOCOL | NAME_SERVERS)).toBe(PROTOCOL | NAME_SERVERS);
	});

	it("goes on when its callback throws, and that is reported", () => {
		const rig = new Rig();
		const errors: unknown[] = [];
		rig.stack.events.onError = (error) => errors.push(error);
		const client = rig.client({
			onChanged() {
				throw new Error("mine");
			},
		});
		expect(rig.bound(client)).toBe(true);
		rig.world.run(10);
		expect(errors.length).toBe(5);
	});

	it("may be closed by its own callback, at every state", () => {
		for (const last of ["init", "selecting", "requesting", "probing", "bound"]) {
			const rig = new Rig();
			const seen: string[] = [];
			rig.client({
				onChanged() {
					seen.push(this.state.state);
					if (this.state.state === last) this.close();
				},
			});
			rig.world.run(30_000);
			expect(seen.at(-1)).toBe(last);
			expect(rig.addresses()).toEqual([]);
			expect(rig.stack.services.list.length).toBe(0);
			expect(rig.stack.udp.sockets.every((socket) => !socket.open)).toBe(true);
		}
	});

	it("gives the address back at close, to its server, and takes all that came with it away", () => {
		const rig = new Rig();
		const client = rig.client();
		rig.bound(client);
		rig.world.run(3000);
		rig.server.names();
		client.close();
		rig.world.run(10);
		const release = rig.server.heard.at(-1)!;
		expect(release).toMatchObject({
			name: "release",
			ciaddr: ip("192.168.1.100"),
			source: ip("192.168.1.100"),
			broadcast: false,
		});
		expect(ipText(release.destination)).toBe("192.168.1.1");
		expect(read32(release.options.get(54)!, 0)).toBe(ip("192.168.1.1"));
		expect(rig.addresses()).toEqual([]);
		expect(rig.routes()).toEqual([]);
		expect(rig.link.nameServers).toEqual([]);
		expect(rig.link).toMatchObject({ onConflict: undefined, probed: 0, ip: { lease: undefined, anyAddressPort: 0 } });
		expect(rig.stack.services.list.length).toBe(0);
		rig.server.names();
		rig.world.run(100_000);
		expect(rig.server.names()).toEqual([]);
	});

	it("gives the address back at close while it still probes for it, from 0.0.0.0 and to everybody, in the server's name", () => {
		const rig = new Rig();
		const client = rig.client();
		expect(rig.world.until(() => client.state.state === "probing", 5000)).toBe(true);
		client.close();
		rig.world.run(10);
		const release = rig.server.heard.at(-1)!;
		expect(release).toMatchObject({
			name: "release",
			ciaddr: ip("192.168.1.100"),
			source: 0,
			destination: ip("255.255.255.255"),
		});
		expect(read32(release.options.get(54)!, 0)).toBe(ip("192.168.1.1"));
		expect(rig.addresses()).toEqual([]);
		// Nothing that went out, ARP included, said that the address is ours.
		expect(rig.server.arps.filter(({ sender }) => sender !== 0)).toEqual([]);
	});

	it("gives the address back at close when the link came back before the address was in use", () => {
		const rig = new Rig();
		const client = rig.client();
		rig.world.until(() => client.state.state === "probing", 5000);
		rig.server.device.setLink(false);
		rig.world.run(100);
		rig.server.silent = true;
		rig.server.device.setLink(true);
		rig.world.until(() => client.state.state === "rebooting", 5000);
		client.close();
		rig.world.run(10);
		expect(rig.server.heard.at(-1)).toMatchObject({ name: "release", ciaddr: ip("192.168.1.100"), source: 0 });
	});

	it("asks at once when told to renew: with a lease for more time, without one for an offer", () => {
		const rig = new Rig();
		rig.server.silent = true;
		const client = rig.client();
		rig.world.run(100_000);
		rig.server.names();
		client.renew();
		rig.world.run(10);
		expect(rig.server.names()).toEqual(["discover"]);
		rig.server.silent = false;
		client.renew();
		expect(rig.bound(client, 10_000)).toBe(true);
		rig.server.names();
		rig.world.run(100_000);
		client.renew();
		rig.world.run(10);
		expect(rig.server.names()).toEqual(["request"]);
		expect(client.state.expiresInMs).toBeGreaterThan(3_599_000);
	});

	it("asks everybody when it is told to renew once more before its server has answered", () => {
		const rig = new Rig();
		const client = rig.client({ probes: 0 });
		rig.bound(client);
		rig.world.run(1000);
		rig.server.silent = true;
		client.renew();
		rig.world.run(1000);
		client.renew();
		rig.world.run(10);
		expect(rig.server.heard.slice(2).map(({ name, destination }) => `${name} ${ipText(destination)}`)).toEqual([
			"request 192.168.1.1",
			"request 255.255.255.255",
		]);
		expect(client.state.state).toBe("rebinding");
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		rig.server.silent = false;
		client.renew();
		expect(rig.bound(client, 100)).toBe(true);
	});

	it("leaves addresses, routes and name servers alone that are not its own", () => {
		const rig = new Rig();
		rig.link.ip.insertAddress("10.0.0.1", 24);
		rig.stack.routes.add({ prefix: "172.16.0.0/12", gateway: "10.0.0.2", interface: rig.link });
		rig.link.nameServers = ["10.0.0.53"];
		rig.server.options = [[1, [255, 255, 255, 0]]];
		const client = rig.client();
		rig.bound(client);
		expect(rig.addresses()).toEqual(["10.0.0.1/24", "192.168.1.100/24"]);
		client.close();
		expect(rig.addresses()).toEqual(["10.0.0.1/24"]);
		expect(rig.routes()).toEqual(["172.16.0.0/12 10.0.0.2 eth0 0"]);
		expect(rig.link.nameServers).toEqual(["10.0.0.53"]);
	});

	it("bears that its address and routes are taken away, and has them again with the next renewal", () => {
		const rig = new Rig();
		const client = rig.client();
		rig.bound(client);
		rig.link.removeAddress(rig.link.addresses[0]!);
		rig.stack.routes.removeWhere((route) => !route.connected);
		rig.world.run(3_500_000);
		expect(client.state.state).toBe("bound");
		expect(rig.addresses()).toEqual(["192.168.1.100/24"]);
		expect(rig.routes()).toEqual(["0.0.0.0/0 192.168.1.1 eth0 0"]);
	});

	it("gives up, and says why, where the interface has no room for one more address", () => {
		const rig = new Rig();
		for (let i = 1; i <= 4; i++) rig.link.ip.insertAddress(`10.0.${i}.1`, 24);
		const client = rig.client();
		rig.world.run(12_000);
		expect(client.state).toMatchObject({ state: "init", address: null });
		expect(client.state.reason).toContain("eth0 has 4 addresses already");
		rig.link.removeAddress(rig.link.addresses[3]!);
		expect(rig.bound(client, 30_000)).toBe(true);
	});

	it.each(["selecting", "probing", "bound", "renewing"])("ends with its interface while it is %s", (state) => {
		const rig = new Rig();
		rig.server.lease = 30;
		const client = rig.client();
		expect(rig.world.until(() => client.state.state === state, 30_000)).toBe(true);
		rig.stack.interfaces.remove(rig.link);
		rig.world.run(100_000);
		expect(client.state.state).toBe("closed");
		expect(rig.stack.services.list.length).toBe(0);
		expect(rig.routes()).toEqual([]);
		expect(rig.stack.udp.sockets.every((socket) => !socket.open)).toBe(true);
		rig.stack.interfaces.add(rig.link);
		expect(rig.bound(rig.client())).toBe(true);
	});

	it("gives an interface that is gone no address any more, though its time to do so has come", () => {
		const rig = new Rig();
		rig.client({ probes: 1 });
		rig.world.until(() => rig.server.arps.length === 1, 5000);
		let what = 0;
		rig.stack.watch((_link, changes) => (what |= changes));
		rig.stack.interfaces.remove(rig.link);
		rig.stack.poll((rig.world.clock.ms + 3000) | 0);
		rig.stack.poll((rig.world.clock.ms + 3000) | 0);
		expect(what & REMOVED).toBe(REMOVED);
		expect(what & ADDRESSES).toBe(0);
	});

	it("is seen in the status, with addresses as text", () => {
		const rig = new Rig();
		const client = rig.client();
		const status = () => statusOf(rig.stack).interfaces.find(({ name }) => name === "eth0")!.dhcp;
		expect(status()).toMatchObject({ state: "init", address: null, dns: [] });
		rig.bound(client);
		expect(status()).toMatchObject({
			state: "bound",
			address: "192.168.1.100",
			server: "192.168.1.1",
			router: "192.168.1.1",
			dns: ["192.168.1.1", "192.168.1.2"],
		});
		client.close();
		expect(status()).toBe(undefined);
	});

	it("loses no packet buffer and no timer, whatever happens", () => {
		const rig = new Rig({ seed: 7 });
		const { free } = rig.stack.core.pool;
		const { prng } = rig.world;
		rig.server.lease = 8;
		for (let i = 0; i < 300; i++) {
			const client = rig.client({ probeIntervalMs: 100 });
			rig.server.silent = prng.chance(0.2);
			rig.server.refuses = prng.chance(0.2);
			rig.world.run(prng.below(12_000));
			if (prng.chance(0.3)) rig.server.device.setLink(false);
			if (prng.chance(0.3)) rig.server.arp(ARP_REPLY, rig.server.address, rig.server.address);
			rig.world.run(prng.below(2000));
			client.close();
			rig.server.device.setLink(true);
			rig.world.run(10);
		}
		rig.world.run(100_000);
		expect(rig.stack.core.pool.free).toBe(free);
		expect(rig.stack.services.list.length).toBe(0);
		expect(rig.addresses()).toEqual([]);
		expect(rig.routes()).toEqual([]);
	});
});

describe("two clients on two interfaces", () => {
	function two() {
		const rig = new Rig({ interfaces: 2 });
		Object.assign(rig.servers[1]!, {
			server: "10.0.0.1",
			address: "10.0.0.50",
			options: [
				[1, [255, 255, 255, 0]],
				[3, [10, 0, 0, 1]],
				[6, [10, 0, 0, 53]],
			],
		});
		return rig;
	}

	it("have an address, a default route by metric and name servers each", () => {
		const rig = two();
		const clients = [rig.client({ metric: 10 }, 0), rig.client({ metric: 20 }, 1)];
		for (const client of clients) expect(rig.bound(client)).toBe(true);
		expect([rig.addresses(0), rig.addresses(1)]).toEqual([["192.168.1.100/24"], ["10.0.0.50/24"]]);
		expect(rig.routes().sort()).toEqual(["0.0.0.0/0 10.0.0.1 eth1 20", "0.0.0.0/0 192.168.1.1 eth0 10"]);
		expect(rig.links.map((link) => link.nameServers)).toEqual([["192.168.1.1", "192.168.1.2"], ["10.0.0.53"]]);
		expect(rig.way(ip("8.8.8.8"))).toBe("eth0");
	});

	it("fail over: the default route is the other's when one lease ends, and comes back with it", () => {
		const rig = two();
		for (const server of rig.servers) server.lease = 30;
		const clients = [rig.client({ metric: 10, probes: 0 }, 0), rig.client({ metric: 20, probes: 0 }, 1)];
		for (const client of clients) rig.bound(client);
		const ways = new Set<string>();
		rig.servers[0]!.silent = true;
		const begun = rig.world.clock.now;
		let changedAt = 0;
		for (let i = 0; i < 40_000; i += 100) {
			rig.world.run(100);
			const way = rig.way(ip("8.8.8.8"));
			ways.add(way);
			if (way === "eth1" && changedAt === 0) changedAt = rig.world.clock.now;
			// At every moment: an address and its route together, and no route twice.
			for (const index of [0, 1]) {
				const routes = rig.routes().filter((route) => route.includes(`eth${index}`));
				expect(routes.length).toBe(rig.addresses(index).length);
			}
		}
		expect([...ways]).toEqual(["eth0", "eth1"]);
		expect(changedAt - begun).toBeGreaterThan(29_000);
		expect(changedAt - begun).toBeLessThanOrEqual(30_100);
		expect(rig.addresses(1)).toEqual(["10.0.0.50/24"]);
		rig.servers[0]!.silent = false;
		clients[0]!.renew();
		expect(rig.bound(clients[0]!)).toBe(true);
		expect(rig.way(ip("8.8.8.8"))).toBe("eth0");
		expect(rig.routes().length).toBe(2);
	});

	it("hear each its own server: one link's replies mean nothing on the other", () => {
		const rig = two();
		const one = rig.client({ probes: 0 }, 0);
		const other = rig.client({ probes: 0 }, 1);
		rig.servers[0]!.silent = true;
		rig.world.until(() => rig.servers[0]!.heard.length > 0, 2000);
		rig.servers[1]!.reply(rig.servers[0]!.heard[0]!, 2);
		rig.bound(other);
		expect(one.state.state).toBe("selecting");
	});
});
