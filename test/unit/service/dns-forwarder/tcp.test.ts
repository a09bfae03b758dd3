// A DNS forwarder by TCP: RFC 5625 §4.4.1, RFC 7766.

import { describe, expect, it } from "vitest";
import * as dns from "../../../support/dns.ts";
import { always, code, silence, type Script } from "../dns/scene.ts";
import { ForwardScene, query } from "./scene.ts";

describe("by TCP", () => {
	const long: Script = ({ id, question }) =>
		dns.message({
			id,
			question,
			answers: Array.from({ length: 300 }, (_, i) => dns.record({ type: dns.TXT, data: Array(60).fill(i & 255) })),
		});

	it("questions are answered one after the other on one connection, short ones and one of 21 KB, whole", () => {
		const scene = new ForwardScene((asked) => (asked.name.startsWith("long") ? long(asked) : always("192.0.2.1")(asked)));
		scene.server0.tcp({ pieces: 700 });
		const queries = ["one.example", "long.example", "two.example"].map((name, id) => query(name, { id }));
		const answers = scene.byTcp(queries);
		expect(answers.map(({ id }) => id)).toEqual([0, 1, 2]);
		expect(answers[1]!.bytes).toEqual(long({ ...scene.server0.asked[1]! }) as Uint8Array);
		expect(answers[2]!.addresses).toEqual(["192.0.2.1"]);
		expect(scene.server0.asked.every(({ tcp }) => tcp)).toBe(true);
		// What came whole is remembered.
		expect(scene.query(query("two.example"))).toMatchObject({ addresses: ["192.0.2.1"] });
		expect(scene.server0.asked.length).toBe(3);
		scene.world.run(60_000);
		expect(scene.sockets).toBe(2);
	});

	it("a server that does not answer by it, or refuses, has the next one asked; when none does: SERVFAIL", () => {
		const scene = new ForwardScene(always("192.0.2.1"), always("192.0.2.2"));
		scene.eth1.nameServers = ["10.1.0.53"];
		scene.server1.tcp();
		expect(scene.byTcp([query("x.example")])[0]!.addresses).toEqual(["192.0.2.2"]);
		scene.server1.script = code(dns.SERVFAIL);
		expect(scene.byTcp([query("y.example")])[0]!.code).toBe(dns.SERVFAIL);
		scene.server1.script = silence;
		expect(scene.byTcp([query("z.example")])[0]!.code).toBe(dns.SERVFAIL);
	});

	it("an answer that ends early ends the connection, as nobody could tell where the next one begins", () => {
		const scene = new ForwardScene(long);
		scene.server0.tcp({ lie: 5 });
		expect(scene.byTcp([query("x.example"), query("y.example")], 2, 8000)).toEqual([]);
		expect(scene.server0.asked.length).toBe(1);
		scene.world.run(60_000);
		expect(scene.sockets).toBe(2);
	});

	it("what is no question ends it, and so do ten seconds without one", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		for (const bytes of [new Uint8Array(11), dns.message({ id: 1 }), new Uint8Array(2049)]) {
			const before = scene.world.clock.now;
			expect(scene.byTcp([bytes])).toEqual([]);
			expect(scene.world.clock.now - before).toBeLessThan(1000);
		}
		const before = scene.world.clock.now;
		expect(scene.byTcp([query("a.invalid")], 2)).toMatchObject([{ code: dns.NXDOMAIN }]);
		expect(scene.world.clock.now - before).toBeGreaterThanOrEqual(10_000);
		expect(scene.world.clock.now - before).toBeLessThan(11_000);
	});

	it("who asks nothing gives way to a newcomer", () => {
		const scene = new ForwardScene(always("192.0.2.1"), silence, { connections: 1 });
		const { TCP } = scene.io;
		let ended = 0;
		void new TCP({ address: "10.9.0.1", port: 53, onError: () => ended++ });
		scene.world.run(200);
		const before = scene.world.clock.now;
		expect(scene.byTcp([query("a.invalid")]).length).toBe(1);
		expect(scene.world.clock.now - before).toBeLessThan(1000);
		expect(ended).toBe(1);
	});

	it("is not served with 0 connections", () => {
		const scene = new ForwardScene(always("192.0.2.1"), silence, { connections: 0 });
		expect(scene.byTcp([query("a.invalid")])).toEqual([]);
	});
});
