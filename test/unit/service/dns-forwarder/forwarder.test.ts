// The DNS forwarder: RFC 5625 on what is handed on, RFC 1035 §7.4 and 2308 on what is remembered, RFC 5452 on what is believed.

import { describe, expect, it } from "vitest";
import { DnsForwarder } from "../../../../src/service/dns-forwarder/forwarder.ts";
import type { DnsForwarderOptions } from "../../../../src/service/dns-forwarder/options.ts";
import * as dns from "../../../support/dns.ts";
import { concat, read16, u16 } from "../../../support/frames.ts";
import { always, code, silence, type Asked } from "../dns/scene.ts";
import { ForwardScene, query } from "./scene.ts";

describe("misuse", () => {
	it.each([
		[null, TypeError, "options null: expected an object"],
		[{}, TypeError, "interfaces undefined: expected an array of names"],
		[{ interfaces: [] }, RangeError, "interfaces: expected one at least"],
		[{ interfaces: ["lan9"] }, RangeError, 'interface "lan9": expected the name of an interface'],
		[{ interfaces: ["lan0", "lan0"] }, RangeError, 'interfaces "lan0,lan0": expected each once'],
		[{ interfaces: ["lan0"], cacheBytes: -1 }, RangeError, "cacheBytes -1: expected a whole number from 0 to 1048576"],
		[{ interfaces: ["lan0"], questions: 0 }, RangeError, "questions 0: expected a whole number from 1 to 64"],
		[{ interfaces: ["lan0"], connections: 17 }, RangeError, "connections 17: expected a whole number from 0 to 16"],
	])("with options %j names what is wrong, and leaves nothing behind", (options, type, message) => {
		const scene = new ForwardScene(always("192.0.2.1"));
		scene.forwarder.close();
		const { sockets } = scene;
		const make = () => new DnsForwarder(scene.us.stack, options as DnsForwarderOptions);
		expect(make).toThrow(type);
		expect(make).toThrow(message);
		expect(scene.sockets).toBe(sockets);
	});

	it("is one for a stack, says so when a port is taken or sockets are few, and gives them back", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		const { stack } = scene.us;
		expect(() => new DnsForwarder(stack, { interfaces: ["lan0"] })).toThrow("the stack has one already");
		scene.forwarder.close();
		scene.forwarder.close();
		expect(scene.sockets).toBe(0);
		const other = stack.tcp.listen("", 53, 1, stack.interfaces.find("lan0")!.slot);
		expect(() => new DnsForwarder(stack, { interfaces: ["lan0"] })).toThrow("DNS forwarder: TCP port 53 is in use");
		stack.tcp.close(other);
		expect(scene.sockets).toBe(0);
		new DnsForwarder(stack, { interfaces: ["lan0"] }).close();
	});
});

describe("a question", () => {
	it("goes to a server with another id and a port of its own, and the answer back, letter by letter", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		const answer = scene.query(query("Host.Example", { id: 0x1234 }))!;
		expect(answer).toMatchObject({ id: 0x1234, code: 0, addresses: ["192.0.2.1"], ttls: [60] });
		expect([...answer.bytes.subarray(12, 26)]).toEqual(dns.name("Host.Example"));
		scene.query(query("other.example", { id: 0x1234 }));
		const [first, second] = scene.server0.asked;
		expect(first!.name).toBe("Host.Example");
		expect(first!.id).not.toBe(0x1234);
		expect(first!.id).not.toBe(second!.id);
		expect(first!.port).not.toBe(second!.port);
		expect(first!.port).toBeGreaterThanOrEqual(32_768);
	});

	it("of a type that nobody knows is handed on, and so is what is answered: RFC 5625 §4.3", () => {
		const data = [1, 2, 3, 4, 5];
		const scene = new ForwardScene(({ id, question }) =>
			dns.message({ id, question, answers: [dns.record({ type: 65_400, data })] }),
		);
		const answer = scene.query(query("x.example", { type: 65_400 }))!;
		expect(answer.counts).toEqual([1, 1, 0, 0]);
		expect([...answer.bytes.subarray(-5)]).toEqual(data);
		expect(scene.server0.asked[0]!.type).toBe(65_400);
	});

	it("that is asked again meanwhile, or by another station, is one question; each has the answer with its id", () => {
		const scene = new ForwardScene(silence);
		const bytes = query("x.example", { id: 7 });
		scene.say(bytes);
		scene.say(bytes);
		scene.say(query("x.example", { id: 8 }));
		scene.world.run(50);
		expect(scene.server0.asked.length).toBe(1);
		const { id, question, port } = scene.server0.asked[0]!;
		const { stack } = scene.near;
		const message = dns.message({ id, question, answers: [dns.a("192.0.2.9")] });
		const server = stack.udp.sockets.find((socket) => socket.localPort === 53)!;
		stack.udp.send(server, "10.0.0.1", port, message, 0, message.length);
		scene.world.run(50);
		expect(scene.heard.map((each) => read16(each, 0))).toEqual([7, 8]);
	});

	it("is answered to the station's interface alone: no others are served", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		const { stack } = scene.near;
		const socket = stack.udp.open("", 0, 0);
		const bytes = query("x.example");
		for (const to of ["10.0.0.1", "10.9.0.1"]) {
			if (to === "10.9.0.1")
				stack.routes.add({ prefix: "10.9.0.0/24", gateway: "10.0.0.1", interface: scene.near.stack.interfaces.find("eth0")! });
			stack.udp.send(socket, to, 53, bytes, 0, bytes.length);
			scene.world.run(3000);
			expect(stack.udp.next(socket)).toBe(-1);
		}
		expect(() => stack.tcp.connect("10.0.0.1", 53)).not.toThrow();
		scene.world.run(1000);
		expect(scene.us.stack.tcp.inUse().filter(({ stateName }) => stateName !== "listen").length).toBe(0);
		expect(scene.server0.asked.length).toBe(0);
	});

	it.each([
		["a.invalid", dns.NXDOMAIN, []],
		["printer.local", dns.NXDOMAIN, []],
		["x.onion", dns.NXDOMAIN, []],
		["localhost", 0, ["127.0.0.1"]],
		["a.localhost", 0, ["127.0.0.1"]],
	])("for %s is nobody's to answer but ours", (name, code, addresses) => {
		const scene = new ForwardScene(always("192.0.2.1"));
		expect(scene.query(query(name))).toMatchObject({ code, addresses });
		expect(scene.server0.asked.length).toBe(0);
	});

	it("for ::1 of localhost, and for other types of it", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		const six = scene.query(query("localhost", { type: dns.AAAA }))!;
		expect([...six.bytes.subarray(-16)]).toEqual([...Array<number>(15).fill(0), 1]);
		expect(scene.query(query("localhost", { type: dns.TXT }))).toMatchObject({ code: 0, counts: [1, 0, 0, 0] });
	});

	it("that is broken is told so; what is no question is not answered at all", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		expect(scene.query(concat(u16(5), u16(0x0100), u16(1), u16(0), u16(0), u16(0), [3, 97]))).toMatchObject({
			id: 5,
			code: dns.FORMERR,
		});
		// A pointer has nothing to point to.
		expect(scene.query(concat(u16(6), u16(0x0100), u16(1), u16(0), u16(0), u16(0), [0xc0, 12], u16(1), u16(1)))).toMatchObject({
			code: dns.FORMERR,
		});
		expect(scene.query(dns.message({ id: 9 }), 5000)).toBeUndefined();
		expect(scene.query(new Uint8Array(11), 5000)).toBeUndefined();
		expect(scene.query(query("zone.example", { type: 252 }))).toMatchObject({ code: dns.REFUSED });
		expect(scene.server0.asked.length).toBe(0);
	});

	it("when too many wait is dropped, and counted", () => {
		const scene = new ForwardScene(silence, silence, { questions: 1 });
		for (let i = 0; i < 7; i++) {
			scene.say(query(`x${i}.example`, { id: i }));
			scene.world.run(5);
		}
		expect(scene.forwarder.counters).toMatchObject({ asked: 7, dropped: 2 });
		expect(scene.server0.asked.length).toBe(1);
		// All of them come to an end.
		expect(scene.world.until(() => scene.heard.length === 5, 60_000)).toBe(true);
		expect(scene.forwarder.counters.failed).toBe(5);
	});
});

describe("servers", () => {
	it("that do not answer: the next one is asked after a second, and the first one last from then on, for half a minute", () => {
		const scene = new ForwardScene(silence, always("192.0.2.2"));
		scene.eth1.nameServers = ["10.1.0.53"];
		const before = scene.world.clock.now;
		expect(scene.query(query("one.example"))).toMatchObject({ addresses: ["192.0.2.2"] });
		const took = scene.world.clock.now - before;
		expect(took).toBeGreaterThanOrEqual(1000);
		expect(took).toBeLessThan(1200);
		const second = scene.world.clock.now;
		expect(scene.query(query("two.example"))).toMatchObject({ addresses: ["192.0.2.2"] });
		expect(scene.world.clock.now - second).toBeLessThan(100);
		expect(scene.server0.names).toEqual(["one.example"]);
		scene.world.run(30_000);
		scene.query(query("three.example"));
		expect(scene.server0.names).toEqual(["one.example", "three.example"]);
	});

	it.each([
		["SERVFAIL", dns.SERVFAIL],
		["REFUSED", dns.REFUSED],
	])("that say %s have the next one asked at once; when all do, the first one is handed on", (_name, value) => {
		const scene = new ForwardScene(code(value), always("192.0.2.2"));
		scene.eth1.nameServers = ["10.1.0.53"];
		expect(scene.query(query("one.example"), 500)).toMatchObject({ addresses: ["192.0.2.2"] });
		scene.server1.script = code(dns.SERVFAIL);
		expect(scene.query(query("two.example"), 500)).toMatchObject({ code: value });
	});

	it("all dead: SERVFAIL in the end; none at all: at once", () => {
		const scene = new ForwardScene(silence);
		expect(scene.query(query("one.example"))).toMatchObject({ code: dns.SERVFAIL });
		expect(scene.server0.asked.length).toBe(3);
		scene.eth0.nameServers = [];
		scene.world.run(100);
		expect(scene.query(query("two.example"), 500)).toMatchObject({ code: dns.SERVFAIL, counts: [1, 0, 0, 0] });
		expect(scene.us.stack.udp.used(0)).toBe(1);
	});

	it("of ours are never this board itself", () => {
		const scene = new ForwardScene(always("192.0.2.1"));
		scene.eth0.nameServers = ["10.9.0.1", "10.0.0.1"];
		scene.world.run(100);
		expect(scene.query(query("one.example"), 500)).toMatchObject({ code: dns.SERVFAIL });
		expect(scene.forwarder.counters.asked).toBe(1);
	});

	it("whose interface goes have the next one asked", () => {
		const scene = new ForwardScene(silence, always("192.0.2.2"));
		scene.eth1.nameServers = ["10.1.0.53"];
		scene.say(query("one.example"));
		scene.world.run(100);
		scene.us.stack.interfaces.remove(scene.eth0);
		scene.world.run(100);
		expect(scene.heard.length).toBe(1);
	});

	it.each<[string, (asked: Asked) => Uint8Array<ArrayBuffer>]>([
		["another id", ({ id, question }) => dns.message({ id: id ^ 1, question, answers: [dns.a("6.6.6.6")] })],
		[
			"another question",
			({ id }) => dns.message({ id, question: [...dns.name("y.example"), 0, 1, 0, 1], answers: [dns.a("6.6.6.6")] }),
		],
		["a question", ({ id, question }) => dns.message({ id, question, flags: 0x0100 })],
		["nothing", () => new Uint8Array(3)],
	])("an answer with %s is not believed", (_what, forged) => {
		const scene = new ForwardScene((asked) => [
			forged(asked),
			dns.message({ id: asked.id, question: asked.question, answers: [dns.a("192.0.2.1")] }),
		]);
		expect(scene.query(query("x.example"), 500)).toMatchObject({ addresses: ["192.0.2.1"] });
	});

	it("somebody who guesses ids has the station ask by TCP: RFC 5452 §9.3", () => {
		const scene = new ForwardScene(({ id, question }) =>
			Array.from({ length: 16 }, (_, i) => dns.message({ id: id ^ (i + 1), question })),
		);
		const answer = scene.query(query("x.example"), 500)!;
		expect(answer.flags & 0x0200).not.toBe(0);
	});
});
