// Names with several networks: RFC 6731's idea, in resolver and forwarder alike.

import { describe, expect, it } from "vitest";
import type { LeaseKeeper } from "../../../../src/link/lease.ts";
import type { AddressKeeper } from "../../../../src/link/autoconfiguration-state.ts";
import { Domains, type DomainsOptions } from "../../../../src/service/domains/domains.ts";
import * as dns from "../../../support/dns.ts";
import { always, code, Scene, silence, type Script } from "../dns/scene.ts";
import { ForwardScene, query } from "../dns-forwarder/scene.ts";

const denial: Script = ({ id, question }) => dns.message({ id, question, code: dns.NXDOMAIN, authorities: [dns.soa("", 60)] });

function sceneOf(script0: Script, script1: Script, domains: DomainsOptions = { eth1: ["plant.example"] }) {
	const scene = new Scene(script0, script1);
	scene.eth1.nameServers = ["10.1.0.53"];
	return Object.assign(scene, { domains: new Domains(scene.us.stack, domains) });
}

describe("misuse", () => {
	it.each([
		[null, TypeError, "options null: expected an object"],
		[{ eth9: true }, RangeError, 'interface "eth9"'],
		[{ eth0: false }, TypeError, "eth0 false: expected true, or an array of domains"],
		[{ eth0: ["a b"] }, RangeError, '"a b"'],
		[{ eth0: Array(9).fill("a.example") }, RangeError, "eth0: 9 domains; expected at most 8"],
	])("with %j names what is wrong", (options, type, message) => {
		const { us } = new Scene(silence);
		const make = () => new Domains(us.stack, options as DomainsOptions);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		expect(us.stack.services.list.some((service) => service instanceof Domains)).toBe(false);
	});

	it("is one for a stack; closed, names are asked for as before", () => {
		const scene = sceneOf(always("192.0.2.1"), always("192.0.2.2"));
		expect(() => new Domains(scene.us.stack, {})).toThrow("the stack has them already");
		scene.domains.close();
		scene.domains.close();
		expect(scene.lookUp("a.plant.example").address).toBe("192.0.2.1");
		new Domains(scene.us.stack, { eth1: ["plant.example"] });
		expect(scene.lookUp("b.plant.example").address).toBe("192.0.2.2");
	});
});

describe("a resolver", () => {
	it.each([
		["plant.example", "192.0.2.2"],
		["a.plant.example", "192.0.2.2"],
		["A.B.Plant.Example", "192.0.2.2"],
		["aplant.example", "192.0.2.1"],
		["example", "192.0.2.1"],
		["plant.example.org", "192.0.2.1"],
	])("asks for %s where it belongs", (host, address) => {
		const scene = sceneOf(always("192.0.2.1"), always("192.0.2.2"));
		expect(scene.lookUp(host).address).toBe(address);
		expect(scene.server0.asked.length + scene.server1.asked.length).toBe(1);
	});

	it("believes the network that a name belongs to, also that there is none", () => {
		const scene = sceneOf(always("192.0.2.1"), denial);
		expect(scene.lookUp("a.plant.example").code).toBe("ENOTFOUND");
		expect(scene.lookUp("a.plant.example").code).toBe("ENOTFOUND");
		expect(scene.server0.asked.length).toBe(0);
		expect(scene.server1.asked.length).toBe(1);
	});

	it("asks others when that one says nothing, and takes an address of them, but not that there is none", () => {
		const scene = sceneOf(always("192.0.2.1"), silence);
		const found = scene.lookUp("a.plant.example");
		expect(found.address).toBe("192.0.2.1");
		expect(found.ms).toBeLessThan(3300);
		scene.server0.script = denial;
		expect(scene.lookUp("b.plant.example").code).toBe("ETIMEOUT");
		scene.server1.script = code(dns.SERVFAIL);
		expect(scene.lookUp("c.plant.example").code).toBe("ESERVFAIL");
		scene.server1.script = always("192.0.2.2");
		for (const name of ["b", "c"]) expect(scene.lookUp(`${name}.plant.example`).address).toBe("192.0.2.2"); // neither is remembered
		expect(scene.lookUp("elsewhere.example").code).toBe("ENOTFOUND");
	});

	it("asks by the longest domain first, and the others of those next", () => {
		const scene = sceneOf(always("192.0.2.1"), always("192.0.2.2"), { eth0: ["b.example"], eth1: ["example"] });
		expect(scene.lookUp("a.example").address).toBe("192.0.2.2");
		expect(scene.lookUp("a.b.example").address).toBe("192.0.2.1");
		scene.server0.script = code(dns.REFUSED);
		expect(scene.lookUp("c.b.example").address).toBe("192.0.2.2");
	});

	it("that is told servers or an interface asks these", () => {
		const scene = sceneOf(always("192.0.2.1"), always("192.0.2.2"));
		expect(scene.lookUp("a.plant.example", 4, new scene.Resolver({ interface: "eth0" })).address).toBe("192.0.2.1");
		expect(scene.lookUp("b.plant.example", 4, new scene.Resolver({ servers: ["10.0.0.53"] })).address).toBe("192.0.2.1");
	});

	it("asks everybody while the interface is down, gone, or has no servers", () => {
		const scene = sceneOf(always("192.0.2.1"), always("192.0.2.2"));
		scene.eth1.nameServers = [];
		expect(scene.lookUp("a.plant.example").address).toBe("192.0.2.1");
		scene.eth1.nameServers = ["10.1.0.53"];
		scene.eth1.enabled = false;
		scene.world.run(10);
		expect(scene.lookUp("b.plant.example").address).toBe("192.0.2.1");
		scene.us.stack.interfaces.remove(scene.eth1);
		scene.world.run(10);
		expect(scene.lookUp("c.plant.example").address).toBe("192.0.2.1");
	});

	it("that is closed meanwhile hears nothing, and no socket is left", () => {
		const scene = sceneOf(silence, silence);
		const resolver = new scene.Resolver();
		scene.ask("a.plant.example", 4, resolver);
		scene.world.run(500);
		resolver.close();
		scene.world.run(20_000);
		expect(scene.results).toEqual([]);
		expect(scene.sockets).toBe(0);
	});
});

describe("domains that a network says", () => {
	it("are those of DHCP, of routers and of DHCPv6, each once, eight at most", () => {
		const { domains, eth0, us } = sceneOf(silence, silence, { eth0: true, eth1: ["own.example"] });
		const search = [...dns.name("Two.example"), 1, 51, ...dns.pointer(4), ...dns.name("dhcp.example")];
		expect(domains.of("eth0")).toEqual([]);
		eth0.ip.lease = { view: { domain: "dhcp.example.", search: Uint8Array.from(search) } } as LeaseKeeper;
		expect(domains.of("eth0")).toEqual(["dhcp.example", "two.example", "3.example"]);
		const six = Array.from({ length: 9 }, (_, i) => `six${i}.example`);
		const follower = { advertised: () => undefined, state: { domains: ["server.example"] } };
		eth0.ip.discovery = { state: { domains: six.slice(0, 3) }, follower } as unknown as AddressKeeper;
		expect(domains.of(eth0)).toEqual([
			"dhcp.example",
			"two.example",
			"3.example",
			"six0.example",
			"six1.example",
			"six2.example",
			"server.example",
		]);
		eth0.ip.discovery = { state: { domains: six } } as unknown as AddressKeeper;
		expect(domains.of("eth0").length).toBe(8);
		expect(domains.of("eth1")).toEqual(["own.example"]);
		eth0.ip.lease = eth0.ip.discovery = undefined;
		expect(us.stack.services.list.length).toBeGreaterThan(0);
	});
});

describe("a forwarder", () => {
	function forwarding(script0: Script, script1: Script) {
		const scene = new ForwardScene(script0, script1);
		scene.eth1.nameServers = ["10.1.0.53"];
		new Domains(scene.us.stack, { eth1: ["plant.example"] });
		scene.server0.tcp();
		scene.server1.tcp();
		return scene;
	}

	it("asks where a name belongs, by UDP and TCP", () => {
		const scene = forwarding(always("192.0.2.1"), always("192.0.2.2"));
		expect(scene.query(query("A.plant.example"))).toMatchObject({ addresses: ["192.0.2.2"] });
		expect(scene.query(query("a.example"))).toMatchObject({ addresses: ["192.0.2.1"] });
		expect(scene.byTcp([query("b.plant.example"), query("b.example")]).map(({ addresses }) => addresses)).toEqual([
			["192.0.2.2"],
			["192.0.2.1"],
		]);
	});

	it("believes those that there is none, and remembers it; of others it is told for want of better, and not remembered", () => {
		const scene = forwarding(denial, denial);
		for (let i = 0; i < 2; i++) expect(scene.query(query("a.plant.example"))!.code).toBe(dns.NXDOMAIN);
		expect([scene.server0.asked.length, scene.server1.asked.length]).toEqual([0, 1]);
		scene.server1.script = code(dns.SERVFAIL);
		expect(scene.query(query("b.plant.example"))!.code).toBe(dns.SERVFAIL);
		expect(scene.byTcp([query("c.plant.example")])[0]!.code).toBe(dns.SERVFAIL);
		scene.server1.script = silence;
		expect(scene.query(query("b.plant.example"))!.code).toBe(dns.NXDOMAIN);
		scene.server1.script = always("192.0.2.2");
		scene.world.run(31_000);
		for (const name of ["b", "c"])
			expect(scene.query(query(`${name}.plant.example`))).toMatchObject({ addresses: ["192.0.2.2"] });
	});
});
