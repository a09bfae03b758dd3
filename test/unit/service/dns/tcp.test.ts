// Answers that UDP does not carry: RFC 7766, and servers that do not keep to it.

import { afterEach, describe, expect, it } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import * as dns from "../../../support/dns.ts";
import { NameServer, Scene, always, silence, type Asked, type Script } from "./scene.ts";

const RIGHT = "192.0.2.1";

let scene: Scene;

/** Truncated by UDP; by TCP what `script` says. */
function truncating(script: Script, options: Parameters<NameServer["tcp"]>[0] = {}): Scene {
	scene = new Scene((query) =>
		query.tcp ? script(query) : dns.message({ id: query.id, question: query.question, truncated: true }),
	);
	scene.server0.tcp(options);
	return scene;
}

describe("by TCP", () => {
	afterEach(() => {
		// Connections may still say good-bye.
		scene.world.run(1000);
		expect(scene.sockets).toBe(0);
	});

	/** So many addresses, of which the first is right. */
	const many =
		(count: number, more: Partial<dns.Message> = {}): Script =>
		({ id, question }: Asked) =>
			dns.message({
				id,
				question,
				answers: Array.from({ length: count }, (_, i) => dns.a(i === 0 ? RIGHT : `192.0.2.${i & 255}`)),
				...more,
			});

	describe("a truncated answer", () => {
		it("is asked for by TCP, with another id", () => {
			truncating(many(100));
			const { address, ms } = scene.lookUp("a.test");
			expect(address).toBe(RIGHT);
			expect(ms).toBeLessThan(100);
			const [udp, tcp] = scene.server0.asked;
			expect([udp!.tcp, tcp!.tcp, tcp!.flags]).toEqual([false, true, 0x0100]);
			expect(tcp!.id).not.toBe(udp!.id);
		});

		it.each([1, 2, 3, 100])("comes in pieces of %i bytes", (pieces) => {
			truncating(many(pieces === 1 ? 5 : 60), { pieces });
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("is asked for by the interface whose server it is", () => {
			const shared = "198.51.100.53";
			scene = new Scene(silence);
			scene.far.stack.interfaces.find("eth0")!.ip.insertAddress(shared, 24);
			const far = new NameServer(
				scene.world,
				scene.far,
				(query) => (query.tcp ? always(RIGHT)(query) : dns.message({ id: query.id, question: query.question, truncated: true })),
				shared,
			);
			far.tcp();
			const { routes } = scene.us.stack;
			routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.53", interface: scene.eth0 });
			routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.53", interface: scene.eth1, metric: 10 });
			scene.eth0.nameServers = [];
			scene.eth1.ip.servers = [shared];
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(far.asked.map(({ tcp, address }) => [tcp, address])).toEqual([
				[false, "10.1.0.1"],
				[true, "10.1.0.1"],
			]);
		});

		it("is believed where the server keeps the connection open", () => {
			truncating(many(3), { close: false });
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("of a kind that refuses is a refusal", () => {
			scene = new Scene(({ id, question }) => dns.message({ id, question, truncated: true, code: dns.REFUSED }));
			expect(scene.lookUp("a.test").code).toBe("EREFUSED");
		});

		it("is asked for with a small send buffer too", () => {
			scene = new Scene(
				(query) => (query.tcp ? always(RIGHT)(query) : dns.message({ id: query.id, question: query.question, truncated: true })),
				silence,
				{ sockets: { sendBuffer: 2048, receiveBuffer: 16 } },
			);
			scene.server0.tcp();
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});
	});

	describe("a long answer", () => {
		it.each([10, 32, 60, 80])("of %i addresses by UDP is taken, as far as it is looked at", (count) => {
			scene = new Scene(many(count));
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(scene.server0.asked.length).toBe(1);
		});

		it("by UDP whose address lies behind what is looked at is asked for by TCP", () => {
			const stuffing = Array.from({ length: 40 }, () => dns.record({ type: dns.TXT, data: new Uint8Array(10) }));
			truncating(({ id, question }) => dns.message({ id, question, answers: [...stuffing, dns.a(RIGHT)] }));
			const { script } = scene.server0;
			scene.server0.script = (query) => script({ ...query, tcp: true });
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			expect(scene.server0.asked.map(({ tcp }) => tcp)).toEqual([false, true]);
		});

		it.each([150, 4000])("of %i addresses by TCP is taken", (count) => {
			truncating(many(count));
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
		});

		it("by TCP whose address lies behind what is looked at is an error", () => {
			const stuffing = Array.from({ length: 40 }, () => dns.record({ type: dns.TXT, data: new Uint8Array(60) }));
			truncating(({ id, question }) => dns.message({ id, question, answers: [...stuffing, dns.a(RIGHT)] }));
			const { code, message } = scene.lookUp("a.test");
			expect([code, message]).toEqual(["EBADRESP", "a.test: the name server 10.0.0.53 answers more than fits"]);
		});

		it("of which 64 records are of no use is an error, whatever follows", () => {
			const stuffing = Array.from({ length: 64 }, () => dns.record({ type: dns.TXT, data: [] }));
			truncating(({ id, question }) => dns.message({ id, question, answers: [...stuffing, dns.a(RIGHT)] }));
			expect(scene.lookUp("a.test").code).toBe("EBADRESP");
		});
	});

	describe("a server that by TCP", () => {
		it.each([
			["does not listen", undefined, "ECONNREFUSED", 100],
			["says nothing", {}, "ETIMEOUT", 15_000],
		])("%s", (_what, listener, code, most) => {
			scene = new Scene(({ id, question }) => dns.message({ id, question, truncated: true }));
			if (listener !== undefined) void new (createIO(scene.near.stack).Listener)({ port: 53 });
			const result = scene.lookUp("a.test");
			expect(result.code).toBe(code);
			expect(result.message).toContain("by TCP");
			expect(result.ms).toBeLessThanOrEqual(most);
		});

		it.each([1, 5, 60_000])("says that its answer is %i bytes longer than it is, and ends", (lie) => {
			// With its address before the end it is right even so, if that is within what is looked at.
			truncating(many(1), { lie });
			const { code, message } = scene.lookUp("a.test");
			expect(code).toBe("EBADRESP");
			expect(message).toContain("ends the connection after 40 bytes");
		});

		it.each([1, 5, 60_000])("says that its answer is %i bytes longer than it is, and waits", (lie) => {
			truncating(many(1), { lie, close: false });
			const { code, ms } = scene.lookUp("a.test");
			expect(code).toBe("ETIMEOUT");
			expect(ms).toBeLessThanOrEqual(15_000);
		});

		it.each([-1, -4, -28, -29, -40])("says that its answer is %i bytes longer than it is", (lie) => {
			truncating(many(1), { lie });
			const { code, ms } = scene.lookUp("a.test");
			expect(code).toBe("EBADRESP");
			expect(ms).toBeLessThan(100);
		});

		it("sends nothing and ends", () => {
			truncating(() => new Uint8Array(0));
			expect(scene.lookUp("a.test").code).toBe("EBADRESP");
		});

		it.each([
			["another id", (query: Asked) => many(1)({ ...query, id: query.id ^ 1 })],
			[
				"another question",
				(query: Asked) => many(1)({ ...query, question: query.question.map((octet, i) => (i === 1 ? 0x62 : octet)) }),
			],
			["a query", many(1, { flags: 0x0100 })],
		])("answers with %s", (_what, script) => {
			truncating(script as Script);
			const { code, message } = scene.lookUp("a.test");
			expect([code, message]).toEqual(["EBADRESP", "a.test: the name server 10.0.0.53 answers another question by TCP"]);
		});

		it("says that it is truncated there too is believed as far as it goes", () => {
			truncating(many(1, { truncated: true }));
			expect(scene.lookUp("a.test").address).toBe(RIGHT);
			truncating(many(0, { truncated: true }));
			expect(scene.lookUp("a.test").code).toBe("ENODATA");
		});

		it("resets the connection", () => {
			scene = new Scene(({ id, question }) => dns.message({ id, question, truncated: true }));
			const { Listener } = createIO(scene.near.stack);
			void new Listener({
				port: 53,
				onReadable() {
					const socket = this.read()!;
					// What was not read makes it a reset.
					scene.world.clock.after(50, () => socket.close());
				},
			});
			const { code, ms } = scene.lookUp("a.test");
			expect(code).toBe("EBADRESP");
			expect(ms).toBeLessThan(200);
		});

		it("fails has the next one asked", () => {
			truncating(silence);
			scene.eth1.nameServers = ["10.1.0.53"];
			scene.server1.script = always(RIGHT);
			const { address, ms } = scene.lookUp("a.test");
			expect(address).toBe(RIGHT);
			expect(ms).toBeLessThan(5200);
		});
	});

	describe("without a free TCP socket", () => {
		it("the look-up ends, and says so", () => {
			scene = new Scene(({ id, question }) => dns.message({ id, question, truncated: true }), silence, { sockets: { tcp: 0 } });
			const { code, message } = scene.lookUp("a.test");
			expect(code).toBe("ENOBUFS");
			expect(message).toContain("all 0 TCP sockets are in use");
		});
	});

	describe("close", () => {
		it("ends the connection", () => {
			truncating(silence, { close: false });
			const resolver = new scene.Resolver();
			scene.ask("a.test", 4, resolver);
			scene.world.run(100);
			expect(scene.sockets).toBe(1);
			resolver.close();
			scene.world.run(10_000);
			expect(scene.results).toEqual([]);
		});
	});
});
