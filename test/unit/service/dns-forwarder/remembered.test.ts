// What a DNS forwarder remembers: RFC 1035 §7.4, RFC 2308.

import { describe, expect, it } from "vitest";
import * as dns from "../../../support/dns.ts";
import { always, silence } from "../dns/scene.ts";
import { ForwardScene, query } from "./scene.ts";

describe("what is remembered", () => {
	it("is not asked for again, its TTL counts down, and it ends with that", () => {
		const scene = new ForwardScene(always("192.0.2.1", 10));
		scene.query(query("Host.example"));
		scene.world.run(4000);
		const again = scene.query(query("hOST.eXample", { id: 3 }))!;
		expect(again).toMatchObject({ id: 3, addresses: ["192.0.2.1"] });
		expect(again.ttls[0]).toBeGreaterThanOrEqual(5);
		expect(again.ttls[0]).toBeLessThanOrEqual(6);
		expect([...again.bytes.subarray(12, 26)]).toEqual(dns.name("hOST.eXample"));
		expect(again.flags & 0x0400).toBe(0);
		expect(scene.server0.asked.length).toBe(1);
		scene.world.run(7000);
		scene.query(query("host.example"));
		expect(scene.server0.asked.length).toBe(2);
	});

	it("is an alias with all that it leads to, for as long as the first of it holds", () => {
		const scene = new ForwardScene(({ id, question }) =>
			dns.message({
				id,
				question,
				answers: [dns.cname("www.example", "host.example", { ttl: 5 }), dns.a("192.0.2.1", { owner: "host.example", ttl: 60 })],
			}),
		);
		scene.query(query("www.example"));
		scene.world.run(2500);
		expect(scene.query(query("www.example"))!.ttls[1]).toBeLessThanOrEqual(58);
		expect(scene.server0.asked.length).toBe(1);
		scene.world.run(3000);
		scene.query(query("www.example"));
		expect(scene.server0.asked.length).toBe(2);
	});

	it.each([
		["no such name, for the SOA's minimum", { code: dns.NXDOMAIN, authorities: [dns.soa("example", 5, { ttl: 60 })] }, 4000, 1],
		[
			"no such name, no longer than the SOA itself",
			{ code: dns.NXDOMAIN, authorities: [dns.soa("example", 60, { ttl: 5 })] },
			6000,
			2,
		],
		["no data", { authorities: [dns.soa("example", 5)] }, 4000, 1],
		[
			"nothing longer than five minutes",
			{ code: dns.NXDOMAIN, authorities: [dns.soa("example", 9999, { ttl: 9999 })] },
			301_000,
			2,
		],
		["not a denial without an SOA", { code: dns.NXDOMAIN }, 100, 2],
		["not what a server could not find out", { code: dns.SERVFAIL }, 100, 2],
		["not what is to be had by TCP", { truncated: true, answers: [dns.a("192.0.2.1")] }, 100, 2],
		["not what holds for no time", { answers: [dns.a("192.0.2.1", { ttl: 0 })] }, 100, 2],
		["not a TTL of 2^31", { answers: [dns.a("192.0.2.1", { ttl: 2 ** 31 })] }, 100, 2],
		["not what has fewer records than it says", { answers: [dns.a("192.0.2.1")], counts: [1, 2, 0, 0] }, 100, 2],
		["not what has something behind it", { answers: [dns.a("192.0.2.1")], rest: [1] }, 100, 2],
	])("is %s", (_what, message, after, times) => {
		const scene = new ForwardScene(({ id, question }) => dns.message({ id, question, ...message }));
		scene.say(query("x.example"));
		scene.world.run(100);
		scene.world.run(after);
		scene.say(query("x.example"));
		scene.world.run(100);
		expect(scene.heard.length).toBe(2);
		expect(scene.server0.asked.length).toBe(times);
	});

	it("is for those who ask the same: another type, or without checks, or without recursion, is another question", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		scene.query(query("x.example"));
		scene.query(query("x.example", { type: dns.TXT }));
		scene.query(query("x.example", { flags: 0x0110 }));
		scene.query(query("x.example", { flags: 0 }));
		scene.query(query("x.example", { flags: 0 }));
		expect(scene.server0.asked.length).toBe(5);
		scene.query(query("x.example"));
		expect(scene.forwarder.counters).toMatchObject({ asked: 6, remembered: 1, answered: 5 });
	});

	it("is forgotten when an interface goes down or has other servers", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		for (const change of [() => (scene.eth1.nameServers = ["10.1.0.53"]), () => (scene.eth1.enabled = false)]) {
			scene.query(query("x.example"));
			expect(scene.forwarder.remembered).toBe(1);
			change();
			scene.world.run(10);
			expect(scene.forwarder.remembered).toBe(0);
		}
	});

	it("has room of one size: what came first gives way, and nothing else is ever answered", () => {
		const scene = new ForwardScene(
			({ id, question, name }) => {
				const number = Number(name.slice(1, name.indexOf(".")));
				const answers = Array.from({ length: 1 + (number % 7) }, () => dns.a(`192.0.2.${number}`));
				return dns.message({ id, question, answers });
			},
			silence,
			{ cacheBytes: 700 },
		);
		for (let round = 0; round < 400; round++) {
			const number = scene.world.prng.below(12);
			const answer = scene.query(query(`x${number}.example`))!;
			expect(new Set(answer.addresses)).toEqual(new Set([`192.0.2.${number}`]));
			expect(answer.addresses.length).toBe(1 + (number % 7));
		}
		const { remembered, asked } = scene.forwarder.counters;
		expect(remembered).toBeGreaterThan(20);
		expect(asked).toBe(400);
		expect(scene.forwarder.remembered).toBeLessThan(9);
	});

	it("with 0 bytes is nothing", () => {
		const scene = new ForwardScene(always("192.0.2.1"), silence, { cacheBytes: 0 });
		for (let i = 0; i < 2; i++) scene.query(query("x.example"));
		expect(scene.server0.asked.length).toBe(2);
	});
});
