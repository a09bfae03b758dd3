// Which server is asked, when and by which interface; what comes instead of an answer.

import { describe, expect, it } from "vitest";
import { EthernetInterface } from "../../../../src/link/ethernet.ts";
import { createResolver, useNameServers } from "../../../../src/service/dns/resolver.ts";
import * as dns from "../../../support/dns.ts";
import { ip, ipText } from "../../../support/frames.ts";
import { NameServer, Scene, always, code, silence } from "./scene.ts";

const FAR = ip("10.1.0.53");

describe("a server that does not answer", () => {
	it("is asked three times, for 1, 2 and 4 s, each time with another id from another port", () => {
		const scene = new Scene(silence);
		const { code, message, ms } = scene.lookUp("a.test");
		expect([code, message, ms]).toEqual(["ETIMEOUT", "a.test: the name server 10.0.0.53 does not answer", 7000]);
		const { asked } = scene.server0;
		const times = asked.map(({ at }) => at - asked[0]!.at);
		expect(times).toEqual([0, 1000, 3000]);
		expect(new Set(asked.map(({ id }) => id)).size).toBe(3);
		expect(new Set(asked.map(({ port }) => port)).size).toBe(3);
		for (const { flags, port } of asked) expect([flags, port >= 32_768]).toEqual([0x0100, true]);
		expect(scene.sockets).toBe(0);
	});

	it("has the next one asked after a second", () => {
		const scene = new Scene(silence, always("192.0.2.2"));
		scene.eth1.ip.servers = [ipText(FAR)];
		const { address, ms } = scene.lookUp("a.test");
		expect(address).toBe("192.0.2.2");
		expect(ms).toBeGreaterThanOrEqual(1000);
		expect(ms).toBeLessThan(1100);
	});

	it("has its turn again when no other answers either, and the end comes within the time", () => {
		const scene = new Scene(silence, silence);
		scene.eth1.ip.servers = [ipText(FAR)];
		const { code, ms } = scene.lookUp("a.test");
		expect([code, ms]).toEqual(["ETIMEOUT", 14_000]);
		expect([scene.server0.asked.length, scene.server1.asked.length]).toEqual([3, 3]);
	});

	it("costs no more than the time that a program has, however many there are", () => {
		const scene = new Scene(silence);
		const servers = Array.from({ length: 9 }, (_, i) => `10.0.0.${100 + i}`);
		const resolver = new scene.Resolver({ servers, timeout: 2500 });
		const { code, ms } = scene.lookUp("a.test", 4, resolver);
		expect([code, ms]).toEqual(["ETIMEOUT", 2500]);
		expect(scene.sockets).toBe(0);
	});
});

describe("a server that says no", () => {
	it.each([
		[dns.FORMERR, "EFORMERR"],
		[dns.SERVFAIL, "ESERVFAIL"],
		[4, "ENOTIMP"],
		[dns.REFUSED, "EREFUSED"],
		[11, "ESERVFAIL"],
	])("with the code %i is not asked again: the next one is, at once", (value, name) => {
		const scene = new Scene(code(value), always("192.0.2.2"));
		scene.eth1.ip.servers = [ipText(FAR)];
		const { address, ms } = scene.lookUp("a.test");
		expect(address).toBe("192.0.2.2");
		expect(ms).toBeLessThan(100);
		scene.eth1.nameServers = [];
		const alone = scene.lookUp("b.test");
		expect(alone.code).toBe(name);
		expect(alone.message).toContain("b.test: the name server 10.0.0.53 ");
		expect(scene.server0.asked.length).toBe(2);
	});

	it("and leaves the question out is understood", () => {
		const scene = new Scene(({ id }) => dns.message({ id, code: dns.FORMERR }));
		expect(scene.lookUp("a.test").code).toBe("EFORMERR");
	});

	it("is what is told, when another one does not answer", () => {
		const scene = new Scene(code(dns.REFUSED), silence);
		scene.eth1.ip.servers = [ipText(FAR)];
		expect(scene.lookUp("a.test").code).toBe("EREFUSED");
	});

	it("that there is no such name is believed: no other is asked", () => {
		const scene = new Scene(code(dns.NXDOMAIN), always("192.0.2.2"));
		scene.eth1.ip.servers = [ipText(FAR)];
		expect(scene.lookUp("a.test").code).toBe("ENOTFOUND");
		expect(scene.server1.asked).toEqual([]);
	});

	it("but names others that may know is of no use: RFC 2308 §2.2", () => {
		const referral = [dns.record({ owner: "test", type: dns.NS, data: dns.name("ns.test") })];
		const scene = new Scene(({ id, question }) => dns.message({ id, question, authorities: referral }), always("192.0.2.2"));
		expect(scene.lookUp("a.test").code).toBe("EBADRESP");
		scene.eth1.ip.servers = [ipText(FAR)];
		expect(scene.lookUp("a.test").address).toBe("192.0.2.2");
	});
});

describe("the servers of interfaces", () => {
	it("are asked by their interface, even when the route to them leads by another", () => {
		// Both networks have a server of that address.
		const scene = new Scene(silence);
		const shared = "198.51.100.53";
		const [near, far] = [scene.near, scene.far].map((node, i) => {
			node.stack.interfaces.find("eth0")!.ip.insertAddress(shared, 24);
			return new NameServer(scene.world, node, i === 0 ? code(dns.REFUSED) : always("192.0.2.2"), shared);
		});
		const { routes } = scene.us.stack;
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.53", interface: scene.eth0 });
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.53", interface: scene.eth1, metric: 10 });
		scene.eth0.nameServers = [];
		scene.eth1.ip.servers = [shared];
		expect(scene.lookUp("a.test").address).toBe("192.0.2.2");
		expect(near!.asked).toEqual([]);
		const explicit = new scene.Resolver({ servers: [shared] });
		expect(scene.lookUp("b.test", 4, explicit).code).toBe("EREFUSED");
		expect([near!.names, far!.names]).toEqual([["b.test"], ["a.test"]]);
	});

	it("come in the order of the metrics of their default routes", () => {
		const scene = new Scene(always("192.0.2.1", 0), always("192.0.2.2", 0));
		scene.eth1.ip.servers = [ipText(FAR)];
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		const { routes } = scene.us.stack;
		const far = routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.53", interface: scene.eth1, metric: 100 });
		expect(scene.lookUp("b.test").address).toBe("192.0.2.2");
		routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.53", interface: scene.eth0, metric: 99 });
		expect(scene.lookUp("c.test").address).toBe("192.0.2.1");
		routes.remove(far);
		expect(scene.lookUp("d.test").address).toBe("192.0.2.1");
	});

	it("come in the order of the interfaces' metrics where there is no default route", () => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		const node = scene.world.node("new");
		for (const [i, metric] of [20, 10].entries()) {
			const device = scene.world.segments[i]!.port({ mac: 20 + i });
			const link = node.stack.interfaces.add(new EthernetInterface(`eth${i}`, device, { metric }));
			link.ip.insertAddress(`10.${i}.0.9`, 24);
			link.nameServers = [`10.${i}.0.53`];
		}
		const resolver = new (createResolver(node.stack))();
		expect(scene.lookUp("a.test", 4, resolver).address).toBe("192.0.2.2");
	});

	it("are asked only when it is up", () => {
		const scene = new Scene(always("192.0.2.1", 0), always("192.0.2.2", 0));
		scene.eth1.ip.servers = [ipText(FAR)];
		scene.cable0.setLink(false);
		const { address, ms } = scene.lookUp("a.test");
		expect(address).toBe("192.0.2.2");
		expect(ms).toBeLessThan(100);
		scene.cable0.setLink(true);
		scene.world.run(10);
		expect(scene.lookUp("b.test").address).toBe("192.0.2.1");
	});

	it.each(["the cable", "the interface", "its servers", "its address"])(
		"fail over at once to the next interface's when %s goes under way",
		(what) => {
			const scene = new Scene(silence, always("192.0.2.2"));
			scene.eth1.ip.servers = [ipText(FAR)];
			scene.ask("a.test");
			scene.world.run(200);
			expect(scene.server0.asked.length).toBe(1);
			if (what === "the cable") scene.cable0.setLink(false);
			else if (what === "the interface") scene.us.stack.interfaces.remove(scene.eth0);
			else if (what === "its servers") scene.eth0.nameServers = ["10.0.0.99"];
			else scene.eth0.removeAddress(scene.eth0.addresses[0]!);
			scene.world.until(() => scene.results.length > 0, 20_000);
			const { address, ms } = scene.results[0]!;
			expect(address).toBe("192.0.2.2");
			// Another server of the same interface has its second; without an address the question has no way only when it is asked again.
			expect(ms).toBeLessThan(what === "the cable" || what === "the interface" ? 300 : 1400);
		},
	);

	it("say so when they go and there is no other", () => {
		const scene = new Scene(silence);
		scene.ask("a.test");
		scene.world.run(200);
		scene.cable0.setLink(false);
		scene.world.run(10);
		expect(scene.results.map(({ code, message }) => [code, message])).toEqual([
			["ENETUNREACH", "a.test: the name server 10.0.0.53 cannot be reached any more by eth0"],
		]);
		expect(scene.sockets).toBe(0);
	});
});

describe("a resolver with an interface", () => {
	it.each([[{ interface: "eth1" }], [{ socket: { interface: "eth1" } }]])("asks that one's servers by it: %j", (options) => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		scene.eth1.ip.servers = [ipText(FAR)];
		expect(scene.lookUp("a.test", 4, new scene.Resolver(options)).address).toBe("192.0.2.2");
		// What one interface's server says is nothing that another's has said.
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		expect(scene.lookUp("a.test", 4, new scene.Resolver({ interface: scene.eth1 })).address).toBe("192.0.2.2");
		expect([scene.server0.asked.length, scene.server1.asked.length]).toEqual([1, 1]);
	});

	it("says that it is down, or gone", () => {
		const scene = new Scene(always("192.0.2.1"));
		const resolver = new scene.Resolver({ interface: "eth0" });
		scene.cable0.setLink(false);
		scene.world.run(10);
		expect(scene.lookUp("a.test", 4, resolver)).toMatchObject({
			code: "ENOSERVER",
			message: "a.test: there is no name server for eth0, which is down",
		});
		scene.ask("a.test", 4, resolver);
		scene.world.run(1000);
		scene.cable0.setLink(true);
		scene.world.run(100);
		expect(scene.results[1]!.address).toBe("192.0.2.1");
		scene.us.stack.interfaces.remove(scene.eth0);
		expect(scene.lookUp("a.test", 4, resolver)).toMatchObject({
			code: "ENOSERVER",
			message: "a.test: there is no name server for eth0, which is gone",
			ms: 0,
		});
	});

	it("asks the board's servers by it when it has none of its own", () => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		useNameServers(scene.us.stack, ["10.1.0.53"]);
		expect(scene.lookUp("a.test", 4, new scene.Resolver({ interface: "eth1" })).address).toBe("192.0.2.2");
	});
});

describe("servers with a zone", () => {
	it("are asked by that interface, and passed over while it is down: RFC 4007 §11", () => {
		const scene = new Scene(silence, silence);
		const { world, us } = scene;
		us.stack.interfaces.find("eth0")!.addAddress("fe80::1/64");
		us.stack.interfaces.find("eth1")!.addAddress("fe80::1:1/64");
		for (const [i, node] of [scene.near, scene.far].entries()) {
			node.stack.interfaces.find("eth0")!.addAddress("fe80::53/64");
			void new NameServer(world, node, always(`192.0.2.${i}`), "::");
		}
		world.run(2000);
		for (const i of [1, 0, 1])
			expect(scene.lookUp(`${i}.test`, 4, new scene.Resolver({ servers: [`fe80::53%eth${i}`] })).address).toBe(`192.0.2.${i}`);
		useNameServers(us.stack, ["fe80::53%eth1"]);
		expect(scene.lookUp("whole.test").address).toBe("192.0.2.1");
		expect(() => new scene.Resolver({ servers: ["fe80::53%eth7"] })).toThrow('there is no interface "eth7"');
	});
});

describe("the servers of the whole board", () => {
	it("are asked before those of interfaces, wherever the routes lead", () => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		useNameServers(scene.us.stack, ["10.1.0.53"]);
		expect(scene.lookUp("a.test").address).toBe("192.0.2.2");
		useNameServers(scene.us.stack, []);
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		expect(() => useNameServers(scene.us.stack, ["10.1.0"])).toThrow('name server "10.1.0": expected an IP address');
	});

	it("that no route leads to are passed over", () => {
		const scene = new Scene(always("192.0.2.1"));
		useNameServers(scene.us.stack, ["203.0.113.1"]);
		const { address, ms } = scene.lookUp("a.test");
		expect(address).toBe("192.0.2.1");
		expect(ms).toBeLessThan(100);
		scene.eth0.nameServers = [];
		expect(scene.lookUp("b.test")).toMatchObject({
			code: "ENETUNREACH",
			message: "b.test: the name server 203.0.113.1 has no route",
		});
	});
});

describe("without a free UDP socket", () => {
	it("waits for one, and says so in the end", () => {
		const scene = new Scene(always("192.0.2.1"), silence, { sockets: { services: 2 } });
		const { udp } = scene.us.stack;
		const taken = [udp.openService(0, 0), udp.openService(0, 0)];
		scene.ask("a.test");
		scene.world.run(5000);
		expect(scene.results).toEqual([]);
		udp.close(taken[0]!);
		scene.world.run(1000);
		expect(scene.results.map(({ address }) => address)).toEqual(["192.0.2.1"]);
		udp.openService(0, 0);
		const { code, message } = scene.lookUp("b.test");
		expect([code, message]).toEqual([
			"ENOBUFS",
			'b.test: all 2 UDP sockets for services are in use; raise the option "sockets.services"',
		]);
	});
});
