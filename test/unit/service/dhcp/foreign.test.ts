// What a DHCP server says must not take what is another interface's, or what the program has set: its subnets and routes, whole or in part (CVE-2024-3661).
// It is refused, and told. eth0 has addresses of its own here, eth1 the client.

import { describe, expect, it } from "vitest";
import { EthernetInterface } from "../../../../src/link/ethernet.ts";
import type { DhcpClient } from "../../../../src/service/dhcp/client.ts";
import type { DhcpOptions } from "../../../../src/service/dhcp/options.ts";
import { addresses, classless } from "../../../support/dhcp.ts";
import { ARP_REQUEST, ip } from "../../../support/frames.ts";
import { Rig } from "./rig.ts";

const MASK: [number, number[]] = [1, addresses("255.255.255.0")];

/** eth0 192.168.77.2/24; the server of eth1 lends 10.9.0.50/24 with these options. */
function scene(options: [number, number[]][] = [], lent = "10.9.0.50"): Rig {
	const rig = new Rig({ interfaces: 2 });
	rig.links[0]!.ip.insertAddress("192.168.77.2", 24);
	Object.assign(rig.servers[1]!, { server: lent.replace(/[0-9]+$/, "1"), address: lent, options: [MASK, ...options] });
	return rig;
}

function start(rig: Rig, options: DhcpOptions<DhcpClient> = {}): DhcpClient {
	return rig.client({ probes: 0, ...options }, 1);
}

function isBound(rig: Rig, client: DhcpClient): boolean {
	return rig.world.until(() => client.state.state === "bound", 5000);
}

describe("routes of option 121", () => {
	it.each([
		["the other interface's subnet", "192.168.77.0/24 10.9.0.1", "192.168.77.9"],
		["half of it", "192.168.77.0/25 10.9.0.1", "192.168.77.9"],
		["one station of it", "192.168.77.9/32 10.9.0.1", "192.168.77.9"],
		["a route that the program has set", "172.16.0.0/12 10.9.0.1", "172.16.0.1"],
		["a part of it", "172.16.0.0/16 10.9.0.1", "172.16.0.1"],
	])("that take %s are refused; the rest of the lease is used", (_what, route, station) => {
		const rig = scene([[121, classless("0.0.0.0/0 10.9.0.1", route, "10.20.0.0/16 10.9.0.1")]]);
		rig.stack.routes.add({ prefix: "172.16.0.0/12", gateway: "192.168.77.1", interface: rig.links[0]! });
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		expect(rig.way(ip(station))).toBe("eth0");
		expect(rig.way(ip("10.20.0.1"))).toBe("eth1");
		expect(rig.way(ip("8.8.8.8"))).toBe("eth1");
		expect(client.state).toMatchObject({ refused: 1 });
		expect(client.state.reason).toMatch(/^not taken: a route to [0-9./]+, which is (part of )?(eth0's|the route) /);
	});

	it("that get round a default route that the program has set are refused, where that one is the better one", () => {
		for (const metric of [0, 5]) {
			const rig = scene([[121, classless("0.0.0.0/0 10.9.0.1", "128.0.0.0/1 10.9.0.1", "8.8.8.0/24 10.9.0.1")]]);
			rig.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "192.168.77.1", interface: rig.links[0]!, metric: 1 });
			const client = start(rig, { metric });
			expect(isBound(rig, client)).toBe(true);
			const by = metric === 0 ? "eth1" : "eth0";
			expect([rig.way(ip("8.8.8.8")), rig.way(ip("200.0.0.1")), rig.way(ip("1.1.1.1"))]).toEqual([by, by, by]);
			expect(client.state.refused).toBe(metric === 0 ? 0 : 2);
		}
	});

	it("that halve the Internet do not get round another lease's default route; others may", () => {
		const rig = new Rig({ interfaces: 2 });
		Object.assign(rig.servers[1]!, {
			server: "10.9.0.1",
			address: "10.9.0.50",
			options: [MASK, [121, classless("128.0.0.0/1 10.9.0.1", "200.0.0.0/8 10.9.0.1")]],
		});
		expect(isBound(rig, rig.client({ probes: 0 }, 0))).toBe(true);
		expect(isBound(rig, start(rig, { metric: 10 }))).toBe(true);
		expect([rig.way(ip("130.0.0.1")), rig.way(ip("200.0.0.1"))]).toEqual(["eth0", "eth1"]);
	});

	it.each([
		["by an address of ours", "10.20.0.0/16 192.168.77.2", "leads by 192.168.77.2, which is ours"],
		["by nobody", "10.20.0.0/16 10.9.0.255", "leads by 10.9.0.255, which is nobody's"],
		["to the server itself", "10.9.0.1/32 10.9.0.7", "holds the server, which is a neighbour"],
	])("%s are refused", (_what, route, reason) => {
		const rig = scene([[121, classless(route)]]);
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		expect(client.state.reason).toContain(reason);
		expect(rig.routes()).toEqual([]);
	});

	it("go when the program sets what they take, and come back when it is gone", () => {
		const rig = scene([[121, classless("172.16.0.0/16 10.9.0.1")]]);
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		expect(rig.way(ip("172.16.0.1"))).toBe("eth1");
		const route = rig.stack.routes.add({ prefix: "172.16.0.0/12", gateway: "192.168.77.1", interface: rig.links[0]! });
		rig.world.run(10);
		expect(rig.way(ip("172.16.0.1"))).toBe("eth0");
		expect(client.state.reason).toContain("172.16.0.0/12 by eth0, which the program has set");
		rig.stack.routes.remove(route);
		rig.world.run(10);
		expect(rig.way(ip("172.16.0.1"))).toBe("eth1");
		expect(client.state.reason).toBe("");
	});
});

describe("a subnet", () => {
	it.each([
		["a part of the other interface's", "255.255.255.0"],
		["one address of the other interface's", "255.255.255.255"],
	])("that is %s is refused before it is asked for, and told", (_what, mask) => {
		const rig = new Rig({ interfaces: 2 });
		rig.links[0]!.ip.insertAddress("192.168.0.9", 16);
		const [server] = rig.servers.slice(1);
		const lent = "192.168.77.50";
		Object.assign(server!, { server: "192.168.77.1", address: lent, options: [[1, addresses(mask)]] });
		const client = start(rig);
		rig.world.run(5000);
		expect(server!.names()).not.toContain("request");
		expect(client.state).toMatchObject({ state: "selecting", address: null });
		expect(client.state.refused).toBeGreaterThan(0);
		expect(client.state.reason).toMatch(
			/^a server offers the subnet 192\.168\.77\.[0-9]+\/[0-9]+, which is part of eth0's 192\.168\.0\.0\/16$/,
		);
	});

	it("that is the same as the other interface's is taken, and never takes that one's traffic, whatever the metrics", () => {
		const rig = scene([[3, addresses("192.168.77.1")]], "192.168.77.50");
		const slow = new EthernetInterface("eth2", rig.world.device({ mac: 9 }), { metric: 100 });
		rig.stack.interfaces.add(slow);
		slow.ip.insertAddress("10.9.0.2", 24);
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		expect(rig.way(ip("192.168.77.9"))).toBe("eth0");
		expect(rig.way(ip("8.8.8.8"))).toBe("eth1");
		client.close();
		Object.assign(rig.servers[1]!, { server: "10.9.0.1", address: "10.9.0.50", options: [MASK] });
		expect(isBound(rig, start(rig))).toBe(true);
		expect(rig.way(ip("10.9.0.9"))).toBe("eth2");
	});

	it("yields to the same one that a program sets later; one that is a part of that is given up", () => {
		const rig = scene();
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		rig.links[0]!.ip.insertAddress("10.9.0.2", 24);
		expect(rig.way(ip("10.9.0.9"))).toBe("eth0");
		rig.world.run(10);
		expect(client.state.state).toBe("bound");
		rig.links[0]!.ip.insertAddress("10.0.0.2", 8);
		rig.world.run(10);
		expect(client.state).toMatchObject({ address: null, state: "init" });
		expect(client.state.reason).toBe("the server has lent the subnet 10.9.0.0/24, which is part of eth0's 10.0.0.0/8");
	});

	it("of another lease that is larger does not end a lease", () => {
		const rig = new Rig({ interfaces: 2 });
		const small = rig.client({ probes: 0 }, 0);
		expect(isBound(rig, small)).toBe(true);
		Object.assign(rig.servers[1]!, { server: "192.168.0.1", address: "192.168.9.9", options: [[1, addresses("255.255.0.0")]] });
		expect(isBound(rig, start(rig))).toBe(true);
		small.renew();
		rig.world.run(1000);
		expect(small.state).toMatchObject({ state: "bound", reason: "" });
		expect(rig.way(ip("192.168.1.7"))).toBe("eth0");
	});
});

describe("an address", () => {
	it.each([
		["the gateway of a route by the other interface", "192.168.77.1", "192.168.77.1, which is the gateway of 0.0.0.0/0 by eth0"],
		["a name server of the other interface", "192.168.77.53", "192.168.77.53, which is a name server of eth0"],
		["a station that is known there", "192.168.77.9", "192.168.77.9, which is a station behind eth0"],
	])("that is %s is refused", (_what, lent, reason) => {
		const rig = scene([], lent);
		rig.servers[1]!.server = "192.168.77.200";
		rig.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "192.168.77.1", interface: rig.links[0]! });
		rig.links[0]!.nameServers = ["192.168.77.53"];
		rig.servers[0]!.arp(ARP_REQUEST, "192.168.77.9", "192.168.77.2");
		const client = start(rig);
		rig.world.run(5000);
		expect(client.state.reason).toBe(`a server offers ${reason}`);
		expect(rig.addresses(1)).toEqual([]);
	});

	it.each(["192.168.77.2", "10.9.0.50"])("of a server that says that its own is %s is refused", (server) => {
		const rig = scene();
		rig.servers[1]!.silent = true;
		const client = start(rig);
		rig.world.until(() => rig.servers[1]!.heard.length > 0, 1000);
		rig.servers[1]!.reply(rig.servers[1]!.heard[0]!, 2, { options: [[54, addresses(server)], [51, [0, 0, 1, 0]], MASK] });
		rig.world.run(10);
		expect(client.state.reason).toBe(`a server offers an address, and says that its own is ${server}, which is ours`);
	});
});

it("name servers that are ourselves are not asked", () => {
	const rig = scene([[6, addresses("192.168.77.2", "10.9.0.50", "10.9.0.53")]]);
	const client = start(rig);
	expect(isBound(rig, client)).toBe(true);
	expect(rig.links[1]!.nameServers).toEqual(["10.9.0.53"]);
	expect(client.state).toMatchObject({ reason: "not taken: a name server that is ourselves", refused: 1 });
});

describe("of two default routes that are alike", () => {
	it("the program's is used, whichever came first; else metrics decide", () => {
		const rig = scene([[3, addresses("10.9.0.1")]]);
		const client = start(rig);
		expect(isBound(rig, client)).toBe(true);
		expect(rig.way(ip("8.8.8.8"))).toBe("eth1");
		rig.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "192.168.77.1", interface: rig.links[0]! });
		expect(rig.way(ip("8.8.8.8"))).toBe("eth0");
		rig.links[0]!.enabled = false;
		rig.world.run(10);
		expect(rig.way(ip("8.8.8.8"))).toBe("eth1");
	});
});

describe("an offer that cannot be used", () => {
	it.each([
		["no lease time", { options: [[54, addresses("10.9.0.1")]] }, "a server offers no lease time"],
		["no server identifier", { options: [[51, [0, 0, 1, 0]]] }, "a server offers no server identifier"],
		["an address that no host may have", { yiaddr: "224.0.0.1" }, "a server offers an address that no host may have"],
	])("as it has %s is told, and the program hears of it", (_what, fields, reason) => {
		const rig = scene();
		const server = rig.servers[1]!;
		server.silent = true;
		const heard: string[] = [];
		const client = start(rig, {
			onChanged() {
				heard.push(this.state.reason);
			},
		});
		rig.world.until(() => server.heard.length > 0, 1000);
		server.reply(server.heard[0]!, 2, fields as object);
		rig.world.run(10);
		expect(client.state).toMatchObject({ state: "selecting", reason, refused: 1, ignored: 1 });
		expect(heard.at(-1)).toBe(reason);
	});

	it("as the server refuses it after all is told in the server's words", () => {
		const rig = scene();
		const server = rig.servers[1]!;
		server.silent = true;
		const client = start(rig);
		rig.world.until(() => server.heard.length > 0, 1000);
		server.reply(server.heard[0]!, 2);
		rig.world.run(10);
		const text = [..."wrong network\u0007"].map((letter) => letter.charCodeAt(0));
		server.reply(server.heard[1]!, 6, {
			options: [
				[54, addresses("10.9.0.1")],
				[56, text],
			],
		});
		rig.world.run(10);
		expect(client.state.reason).toBe("refused by the server: wrong network");
	});
});
