// What is remembered, for how long, and what is not.

import { describe, expect, it } from "vitest";
import * as dns from "../../../support/dns.ts";
import { Scene, always, type Script } from "./scene.ts";

/** Whether `b` is asked for after so many seconds, when it was asked for at 0. */
function askedAgainAfter(script: Script, seconds: number): boolean {
	const scene = new Scene(script);
	scene.lookUp("a.test");
	scene.world.run(seconds * 1000);
	scene.lookUp("a.test");
	return scene.server0.asked.length === 2;
}

describe("an address", () => {
	it.each([
		[0, 0, true],
		[1, 0, false],
		[60, 59, false],
		[60, 61, true],
		[86_400, 86_399, false],
		[604_800, 86_401, true], // a day at most
		[2 ** 31 - 1, 86_399, false],
		[2 ** 31 - 1, 86_401, true],
		[2 ** 31, 0, true], // RFC 2181 §8
		[2 ** 32 - 1, 0, true],
	])("with a TTL of %i s is asked for again after %i s: %s", (ttl, seconds, again) => {
		expect(askedAgainAfter(always("192.0.2.1", ttl), seconds)).toBe(again);
	});

	it("holds as long as the shortest of its aliases and addresses", () => {
		const script: Script = ({ id, question }) =>
			dns.message({
				id,
				question,
				answers: [
					dns.cname("a.test", "b.test", { ttl: 10 }),
					dns.a("192.0.2.1", { owner: "b.test", ttl: 5 }),
					dns.a("192.0.2.2", { owner: "b.test", ttl: 20 }),
				],
			});
		expect(askedAgainAfter(script, 4)).toBe(false);
		expect(askedAgainAfter(script, 6)).toBe(true);
	});

	it("is one of four, and the next one's turn the next time", () => {
		const answers = [1, 2, 3, 4, 5, 6].map((last) => dns.a(`192.0.2.${last}`));
		const scene = new Scene(({ id, question }) => dns.message({ id, question, answers }));
		const got = Array.from({ length: 6 }, () => scene.lookUp("a.test").address);
		expect(got.map((address) => address.slice(-1)).join("")).toBe("123412");
		expect(scene.server0.asked.length).toBe(1);
	});

	it("is forgotten with the clock going round", () => {
		const scene = new Scene(always("192.0.2.1", 60));
		scene.lookUp("a.test");
		// 25 days: as int32 the time is before that again.
		for (let day = 0; day < 50; day++) scene.world.run(43_200_000);
		expect(scene.engine.cache.size).toBe(0);
		scene.lookUp("a.test");
		expect(scene.server0.asked.length).toBe(2);
	});
});

describe("that there is no address", () => {
	const none =
		(code: number, minimum: number | undefined, zone = "test", ttl = 3600): Script =>
		({ id, question }) =>
			dns.message({
				id,
				question,
				code,
				authorities: minimum === undefined ? [] : [dns.soa(zone, minimum, { ttl })],
			});

	it.each([
		[0, "ENODATA"],
		[dns.NXDOMAIN, "ENOTFOUND"],
	])("is remembered as the SOA says (code %i): RFC 2308 §5", (value, name) => {
		const scene = new Scene(none(value, 30));
		expect([scene.lookUp("a.test").code, scene.lookUp("a.test").code]).toEqual([name, name]);
		expect(scene.server0.asked.length).toBe(1);
		expect(askedAgainAfter(none(value, 30), 29)).toBe(false);
		expect(askedAgainAfter(none(value, 30), 31)).toBe(true);
		expect(askedAgainAfter(none(value, 30, "test", 10), 11)).toBe(true); // the SOA's own TTL
		expect(askedAgainAfter(none(value, 86_400), 299)).toBe(false);
		expect(askedAgainAfter(none(value, 86_400), 301)).toBe(true); // five minutes at most
	});

	it.each([
		["no SOA", none(dns.NXDOMAIN, undefined)],
		["a SOA of another zone", none(dns.NXDOMAIN, 30, "example")],
		["a SOA of a zone whose name only ends alike", none(dns.NXDOMAIN, 30, "st")],
		["a SOA of below", none(dns.NXDOMAIN, 30, "b.a.test")],
		["a SOA of no time", none(dns.NXDOMAIN, 0)],
		["a SOA of absurd time", none(dns.NXDOMAIN, 2 ** 31)],
	])("is not remembered with %s", (_what, script) => {
		expect(askedAgainAfter(script, 0)).toBe(true);
	});

	it("of one family says nothing of the other", () => {
		const scene = new Scene((query) => (query.type === dns.AAAA ? none(0, 30)(query) : always("192.0.2.1")(query)));
		expect([scene.lookUp("a.test", 6).code, scene.lookUp("a.test").address]).toEqual(["ENODATA", "192.0.2.1"]);
	});

	it("because servers fail is not remembered", () => {
		expect(askedAgainAfter(({ id, question }) => dns.message({ id, question, code: dns.SERVFAIL }), 0)).toBe(true);
	});
});

describe("the cache", () => {
	it("keeps sixteen: what ends first gives way", () => {
		const scene = new Scene((query) => always("192.0.2.1", query.name === "n3.test" ? 10 : 60)(query));
		for (let i = 0; i < 17; i++) scene.lookUp(`n${i}.test`);
		expect(scene.engine.cache.size).toBe(16);
		scene.server0.asked.length = 0;
		for (let i = 0; i < 17; i++) scene.lookUp(`n${i}.test`);
		expect(scene.server0.names).toEqual(["n3.test"]);
	});

	it("forgets what an interface's servers said when it goes down or has other servers", () => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		scene.eth1.nameServers = ["10.1.0.53"];
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		scene.cable0.setLink(false);
		expect(scene.lookUp("a.test").address).toBe("192.0.2.2");
		scene.cable0.setLink(true);
		scene.world.run(10);
		expect(scene.lookUp("a.test").address).toBe("192.0.2.2"); // still known
		scene.eth1.nameServers = ["10.1.0.54"];
		scene.world.run(10);
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
	});

	it("is apart for servers that a program names", () => {
		const scene = new Scene(always("192.0.2.1"), always("192.0.2.2"));
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		expect(scene.lookUp("a.test", 4, new scene.Resolver({ servers: ["10.1.0.53"] })).address).toBe("192.0.2.2");
		expect(scene.lookUp("a.test").address).toBe("192.0.2.1");
		expect([scene.server0.asked.length, scene.server1.asked.length]).toEqual([1, 1]);
	});
});
