// Names whose addresses of both families are asked for at once.

import { describe, expect, it } from "vitest";
import * as dns from "../../../support/dns.ts";
import { Scene, type Result, type Script } from "./scene.ts";

const V6 = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x10];
const V6_TEXT = "2001:db8::10";

/** Both addresses. */
const both: Script = ({ id, question, type }) =>
	dns.message({ id, question, answers: [type === dns.AAAA ? dns.aaaa(V6) : dns.a("10.0.0.7")] });

/** Answers questions of one type, and says that there is no address of the other. */
function only(wanted: number): Script {
	return (query) => (query.type === wanted ? both(query) : dns.message({ id: query.id, question: query.question }));
}

/** Does not answer those of one type. */
function silentFor(type: number): Script {
	return (query) => (query.type === type ? undefined : both(query));
}

function sceneWith(script: Script, ...addresses: string[]): Scene {
	const scene = new Scene(script);
	for (const address of addresses) scene.eth0.addAddress(address);
	scene.world.run(3000);
	return scene;
}

/** Asks without naming a family. */
function lookUp(scene: Scene, host = "a.test"): Result {
	const { now } = scene.world.clock;
	let result: Result | undefined;
	new scene.Resolver().resolve({ host }, (error, address) => {
		const ms = scene.world.clock.now - now;
		result = { host, address: address ?? "", code: error?.code ?? "", message: error?.message ?? "", ms };
	});
	scene.world.until(() => result !== undefined, 20_000);
	return result!;
}

describe("a name without a family", () => {
	it("is asked for by A alone where there is no address of IPv6 beyond the link's", () => {
		for (const addresses of [[], ["fe80::1/64"]]) {
			const scene = sceneWith(both, ...addresses);
			expect(lookUp(scene).address).toBe("10.0.0.7");
			expect(scene.server0.asked.map(({ type }) => type)).toEqual([dns.A]);
		}
	});

	it("is asked for by both at once where there is, and the best address is told", () => {
		const scene = sceneWith(both, "2001:db8::1/64");
		expect(lookUp(scene).address).toBe(V6_TEXT);
		const { asked } = scene.server0;
		expect(asked.map(({ type, at }) => `${type} ${at - asked[0]!.at}`)).toEqual([`${dns.AAAA} 0`, `${dns.A} 0`]);
		expect(lookUp(scene).address).toBe(V6_TEXT);
		expect(asked.length).toBe(2);
		expect(scene.sockets).toBe(0);
	});

	it("has the address of the family that can be reached: RFC 6724 rule 1", () => {
		expect(lookUp(sceneWith(both, "2001:db8:1::1/64")).address).toBe("10.0.0.7");
	});

	it("has the address of the only family that there is one of", () => {
		expect(lookUp(sceneWith(only(dns.A), "2001:db8::1/64")).address).toBe("10.0.0.7");
		expect(lookUp(sceneWith(only(dns.AAAA), "2001:db8::1/64")).address).toBe(V6_TEXT);
	});

	it("does not wait longer than 50 ms for a server that does not answer for the other family", () => {
		for (const [type, address] of [
			[dns.AAAA, "10.0.0.7"],
			[dns.A, V6_TEXT],
		] as const) {
			const result = lookUp(sceneWith(silentFor(type), "2001:db8::1/64"));
			expect(result.address).toBe(address);
			expect(result.ms).toBeGreaterThanOrEqual(50);
			expect(result.ms).toBeLessThan(60);
		}
	});

	it("says that it has no address at all, that there is none such, or that nobody answers", () => {
		const none = lookUp(sceneWith(({ id, question }) => dns.message({ id, question }), "2001:db8::1/64"));
		expect([none.code, none.message]).toEqual(["ENODATA", "a.test: the name has no IP address"]);
		const gone = lookUp(sceneWith(({ id, question }) => dns.message({ id, question, code: dns.NXDOMAIN }), "2001:db8::1/64"));
		expect(gone.code).toBe("ENOTFOUND");
		const half = lookUp(
			sceneWith(({ id, question, type }) => (type === dns.A ? undefined : dns.message({ id, question })), "2001:db8::1/64"),
		);
		expect(half.code).toBe("ETIMEOUT");
	});

	it("may be a literal of either family", () => {
		const scene = sceneWith(both);
		expect(lookUp(scene, "192.0.2.9").address).toBe("192.0.2.9");
		expect(lookUp(scene, "2001:DB8::0009").address).toBe("2001:db8::9");
		expect(lookUp(scene, "localhost").address).toBe("127.0.0.1");
		expect(scene.server0.asked).toEqual([]);
	});

	it("is not told after close, nor by what was still on its way", () => {
		const scene = sceneWith(silentFor(dns.AAAA), "2001:db8::1/64");
		const resolver = new scene.Resolver();
		let told = 0;
		resolver.resolve({ host: "a.test" }, () => told++);
		scene.world.run(20);
		resolver.close();
		scene.world.run(20_000);
		expect([told, scene.engine.busy, scene.sockets]).toEqual([0, 0, 0]);
	});
});
