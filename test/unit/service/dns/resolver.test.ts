// The resolver as programs see it, against servers that behave.

import { describe, expect, it } from "vitest";
import "../../../../src/modules/mdns.ts";
import { createResolver, useNameServers } from "../../../../src/service/dns/resolver.ts";
import type { ResolverOptions } from "../../../../src/service/dns/types.ts";
import * as dns from "../../../support/dns.ts";
import { Rig } from "../dhcp/rig.ts";
import { Scene, always, silence } from "./scene.ts";

describe("resolve", () => {
	it("calls ECMA-419's callback with null, the address and the host", () => {
		const scene = new Scene(always("192.0.2.7"));
		const calls: unknown[][] = [];
		const resolver = new scene.Resolver();
		resolver.resolve({ host: "Www.Example.test" }, function (...values) {
			calls.push([this === resolver, ...values]);
		});
		expect(calls).toEqual([]);
		scene.world.run(1000);
		expect(calls).toEqual([[true, null, "192.0.2.7", "Www.Example.test"]]);
		expect(scene.server0.names).toEqual(["www.example.test"]);
	});

	it("calls Moddable's callbacks with the host first", () => {
		const scene = new Scene(({ id, name, question }) =>
			dns.message(name === "good.test" ? { id, question, answers: [dns.a("192.0.2.7")] } : { id, question, code: dns.NXDOMAIN }),
		);
		const calls: unknown[] = [];
		// As device.network.http.dns has it.
		const options = Object.freeze({
			io: scene.Resolver,
			servers: ["10.0.0.53"],
			socket: { io: scene.server0.io.UDP },
		}) as ResolverOptions;
		const resolver = new scene.Resolver(options);
		for (const host of ["good.test", "bad.test"])
			resolver.resolve({
				host,
				onResolved: (...values) => calls.push(values),
				onError: (host, error) => calls.push([host, error.code, error.message, error.name, error instanceof Error]),
			});
		resolver.resolve({ host: "bad.test", onResolved: () => calls.push("wrong") });
		resolver.resolve({ host: "good.test", onError: () => calls.push("wrong") });
		expect(calls).toEqual([]);
		scene.world.run(1000);
		expect(calls).toEqual([
			["good.test", "192.0.2.7"],
			["bad.test", "ENOTFOUND", "bad.test: there is no such name", "ResolveError", true],
		]);
	});

	it("answers literals, localhost and what must not be asked for without asking", () => {
		const scene = new Scene(always("192.0.2.7"));
		const results = [
			["192.0.2.99", 4, "192.0.2.99"],
			["localhost", 4, "127.0.0.1"],
			["LOCALHOST.", 4, "127.0.0.1"],
			["db.localhost", 4, "127.0.0.1"],
			["localhost", 6, "::1"],
			["2001:DB8:0:0:1:0:0:1", 6, "2001:db8::1:0:0:1"],
			["::ffff:192.0.2.1", 6, "::ffff:192.0.2.1"],
			["2001:db8::1", 4, "ENODATA"],
			["192.0.2.99", 6, "ENODATA"],
			["some.invalid", 4, "ENOTFOUND"],
		] as const;
		for (const [host, family, expected] of results) {
			const { address, code, message } = scene.lookUp(host, family);
			expect(address || code, host).toBe(expected);
			if (code !== "") expect(message).toContain(host);
		}
		expect(scene.server0.asked).toEqual([]);
	});

	it.each([
		["", "expected a host name"],
		[".", "expected a host name"],
		["a..b", "expected something between two dots"],
		[".a", "expected something between two dots"],
		["a..", "expected something between two dots"],
		["-a.test", 'no "-" at the beginning'],
		["a-.test", 'no "-" at the beginning'],
		["a b.test", "expected letters"],
		["münchen.test", "xn--"],
		["http://a.test", "':'"],
		["a.test:80", "':'"],
		["1.2.3", "ends in a number"],
		["300.1.1.1", "ends in a number"],
		["01.2.3.4", "ends in a number"],
		["a\0.test", "expected letters"],
		[`${"x".repeat(64)}.test`, "64 characters"],
		[`${"x.".repeat(126)}xx`, "254 characters"],
		["1::2::3", "not an IPv6 address"],
	])("says of the host %j why it is none, without asking", (host, reason) => {
		const scene = new Scene(always("192.0.2.7"));
		const { code, message } = scene.lookUp(host);
		expect(code).toBe("EBADNAME");
		expect(message).toContain(reason);
		expect(scene.server0.asked).toEqual([]);
	});

	it.each([["a"], ["my_printer.test"], ["x".repeat(63)], [`${"x.".repeat(126)}x`], ["1.2.3.a"], ["xn--mnchen-3ya.test"]])(
		"asks for %s",
		(host) => {
			const scene = new Scene(always("192.0.2.7"));
			expect(scene.lookUp(host).address).toBe("192.0.2.7");
			expect(scene.server0.names).toEqual([host]);
		},
	);

	it("asks for IPv6 addresses when family is 6", () => {
		const scene = new Scene(({ id, question, type }) =>
			dns.message({
				id,
				question,
				answers: type === dns.AAAA ? [dns.a("192.0.2.1"), dns.aaaa([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10])] : [dns.a("192.0.2.1")],
			}),
		);
		expect(scene.lookUp("a.test", 6).address).toBe("2001:db8::10");
		expect(scene.lookUp("a.test", 4).address).toBe("192.0.2.1");
		expect(scene.server0.asked.map(({ type }) => type)).toEqual([28, 1]);
	});

	it("asks once for who ask for the same at once, and answers all", () => {
		const scene = new Scene(always("192.0.2.7", 0));
		const other = new scene.Resolver();
		scene.ask("a.test");
		scene.ask("A.TEST.");
		scene.ask("a.test", 4, other);
		scene.ask("b.test");
		scene.world.run(1000);
		expect(scene.results.map(({ host, address }) => `${host} ${address}`).sort()).toEqual([
			"A.TEST. 192.0.2.7",
			"a.test 192.0.2.7",
			"a.test 192.0.2.7",
			"b.test 192.0.2.7",
		]);
		expect(scene.server0.names).toEqual(["a.test", "b.test"]);
	});

	it("looks three names up at once, lets sixteen wait and refuses the next", () => {
		const scene = new Scene(silence);
		for (let i = 0; i < 20; i++) scene.ask(`n${i}.test`);
		scene.world.run(500);
		expect(new Set(scene.server0.names).size).toBe(3);
		expect(scene.results.map(({ host, code }) => [host, code])).toEqual([["n19.test", "EBUSY"]]);
		scene.server0.script = always("192.0.2.7");
		scene.world.run(20_000);
		expect(scene.results.filter(({ address }) => address === "192.0.2.7").length).toBe(19);
		expect(scene.sockets).toBe(0);
	});

	it("ends each of many that get no answer within its time, those too that never had their turn", () => {
		const scene = new Scene(silence);
		for (let i = 0; i < 19; i++) scene.ask(`n${i}.test`);
		scene.world.run(15_001);
		expect(scene.results.length).toBe(19);
		for (const { code, ms } of scene.results) {
			expect(code).toBe("ETIMEOUT");
			expect(ms).toBeLessThanOrEqual(15_001);
		}
		expect([scene.sockets, scene.engine.busy]).toEqual([0, 0]);
	});

	it("waits ten seconds for a server, then says that there is none", () => {
		const scene = new Scene(always("192.0.2.7"));
		scene.eth0.nameServers = [];
		const { code, message, ms } = scene.lookUp("a.test");
		expect([code, message, ms]).toEqual(["ENOSERVER", "a.test: there is no name server", 10000]);
		expect(scene.lookUp("a.test", 4, new scene.Resolver({ timeout: 1000 }))).toMatchObject({ code: "ENOSERVER", ms: 1000 });
		scene.ask("b.test");
		scene.world.run(4000);
		expect(scene.results.length).toBe(2);
		scene.eth0.nameServers = ["10.0.0.53"];
		scene.world.run(100);
		expect(scene.results[2]).toMatchObject({ host: "b.test", address: "192.0.2.7" });
	});

	it("asks servers that are named while it waits, and forgets what the ones before say meanwhile", () => {
		const scene = new Scene(always("192.0.2.7"));
		scene.eth0.nameServers = [];
		scene.world.run(10);
		scene.ask("a.test");
		scene.world.run(500);
		useNameServers(scene.us.stack, ["10.0.0.53"]);
		scene.world.run(100);
		expect(scene.results[0]).toMatchObject({ host: "a.test", address: "192.0.2.7" });
		// The old server's answer is on its way when there are others.
		let asked = 0;
		scene.server0.script = (query) => {
			if (asked++ > 0) return undefined; // the new one says nothing
			useNameServers(scene.us.stack, ["10.0.0.54"]);
			scene.server0.script = silence; // the same station has that address too
			return always("192.0.2.66")(query);
		};
		expect(scene.lookUp("b.test").code).not.toBe("");
		scene.server0.script = always("192.0.2.8");
		useNameServers(scene.us.stack, ["10.0.0.53"]);
		expect(scene.lookUp("b.test").address).toBe("192.0.2.8");
	});

	it("has its answer on a board that gets its first lease meanwhile", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const rig = new Rig({ seed });
			const Resolver = createResolver(rig.stack);
			const client = rig.client();
			const codes: (string | undefined)[] = [];
			new Resolver().resolve({ host: "example.com" }, (error) => codes.push(error?.code));
			rig.bound(client);
			expect(codes, `seed ${seed}`).toEqual([]);
		}
	});

	it("works before the first poll", () => {
		const scene = new Scene(always("192.0.2.7"));
		const node = scene.world.node("new");
		node.ethernet("eth0", scene.world.segments[0]!.port({ mac: 9 }), "10.0.0.9/24").nameServers = ["10.0.0.53"];
		const got: unknown[] = [];
		const Other = createResolver(node.stack);
		new Other().resolve({ host: "a.test", onResolved: (_host, address) => got.push(address) });
		scene.world.run(3000);
		expect(got).toEqual(["192.0.2.7"]);
	});
});

describe("close", () => {
	it("cancels what was asked for: no callback comes, and sockets are free at once", () => {
		const scene = new Scene(silence);
		const resolver = new scene.Resolver();
		for (const host of ["a.test", "b.test", "127.0.0.1", "c.local"]) scene.ask(host, 4, resolver);
		scene.world.settle();
		scene.ask("192.0.2.1", 4, resolver); // answered already, not yet told
		resolver.close();
		expect(scene.sockets).toBe(0);
		scene.world.run(20_000);
		expect(scene.results.map(({ host }) => host)).toEqual(["127.0.0.1"]);
		expect(scene.engine.busy).toBe(0);
		resolver.close();
		expect(() => resolver.resolve({ host: "a.test" }, () => {})).toThrow(SyntaxError);
	});

	it("leaves what another resolver waits for", () => {
		const scene = new Scene(always("192.0.2.7"));
		const one = new scene.Resolver();
		scene.ask("a.test", 4, one);
		scene.ask("a.test", 4, new scene.Resolver());
		one.close();
		scene.world.run(1000);
		expect(scene.results.map(({ address }) => address)).toEqual(["192.0.2.7"]);
	});

	it("may be called by a callback: no other follows", () => {
		const scene = new Scene(always("192.0.2.7"));
		const resolver = new scene.Resolver();
		let calls = 0;
		for (const host of ["a.test", "a.test", "192.0.2.1"])
			resolver.resolve({ host }, () => {
				calls++;
				resolver.close();
			});
		scene.world.run(1000);
		expect(calls).toBe(1);
	});
});

describe("a callback that throws", () => {
	it("is reported, and the others are called", () => {
		const scene = new Scene(always("192.0.2.7"));
		const errors: unknown[] = [];
		scene.us.stack.events.onError = (error) => errors.push(error);
		const resolver = new scene.Resolver();
		const calls: string[] = [];
		for (const host of ["a.test", "a.test", "192.0.2.1"])
			resolver.resolve({ host }, () => {
				calls.push(host);
				throw new Error(host);
			});
		scene.world.run(1000);
		expect(calls).toEqual(["192.0.2.1", "a.test", "a.test"]);
		expect(errors.map(String)).toEqual(["Error: 192.0.2.1", "Error: a.test", "Error: a.test"]);
	});
});

describe("misuse", () => {
	const scene = new Scene(silence);
	const make = (options: unknown) => () => new scene.Resolver(options as ResolverOptions);

	it.each([
		[null, TypeError, "options null"],
		[{ servers: "10.0.0.53" }, TypeError, 'servers "10.0.0.53"'],
		[{ servers: ["10.0.0"] }, RangeError, 'servers "10.0.0"'],
		[{ servers: [1] }, TypeError, "servers 1"],
		[{ servers: ["2001:db8::g"] }, RangeError, 'servers "2001:db8::g"'],
		[{ timeout: 99 }, RangeError, "timeout 99: expected a whole number from 100 to 60000"],
		[{ timeout: 60_001 }, RangeError, "timeout 60001"],
		[{ timeout: "1" }, TypeError, 'timeout "1"'],
		[{ interface: "eth9" }, RangeError, 'interface "eth9"'],
		[{ socket: { interface: "eth9" } }, RangeError, 'interface "eth9"'],
		[{ mixedCase: 1 }, TypeError, "mixedCase 1"],
	])("of the constructor with %j throws", (options, kind, message) => {
		expect(make(options)).toThrow(kind as typeof TypeError);
		expect(make(options)).toThrow(message as string);
	});

	it.each([
		[undefined, TypeError, "options undefined"],
		[{ host: undefined, onError() {} }, TypeError, "host undefined"],
		[{ host: 7, onError() {} }, TypeError, "host 7"],
		[{ host: "a", family: 5, onError() {} }, RangeError, "family 5: expected 4 or 6"],
		[{ host: "a" }, TypeError, "expected a callback"],
		[{ host: "a", onResolved: 1 }, TypeError, "onResolved 1"],
		[{ host: "a", onError: "x" }, TypeError, 'onError "x"'],
	])("of resolve with %j throws", (options, kind, message) => {
		const resolve = () => new scene.Resolver().resolve(options as never);
		expect(resolve).toThrow(kind as typeof TypeError);
		expect(resolve).toThrow(message as string);
	});

	it("takes no servers, and none at all, as nothing said", () => {
		const scene = new Scene(always("192.0.2.7"));
		for (const options of [{}, { servers: [] }, { servers: undefined, socket: undefined }, { socket: {} }])
			expect(scene.lookUp("a.test", 4, new scene.Resolver(options)).address).toBe("192.0.2.7");
	});
});
