// Hostile stations and hostile name servers on either side of a DNS forwarder: made up and mutated questions and answers, by UDP and TCP. No exception, an end for all of it, no socket lost, no
// answer that nobody asked for, and the right one as soon as all are honest. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import * as dns from "../support/dns.ts";
import { envNumber } from "../support/env.ts";
import { concat, read16, u16 } from "../support/frames.ts";
import type { Prng } from "../support/prng.ts";
import { ForwardScene, OPT, opt, query } from "../unit/service/dns-forwarder/scene.ts";

const SEED = envNumber("SEED", 20261130);
const FRAMES = envNumber("FRAMES", 6000);
const NAMES = ["a.test", "b.test", "A.Test", "", "localhost", "x.local", `${"y".repeat(63)}.${"z".repeat(63)}`];
const TYPES = [dns.A, dns.A, dns.AAAA, dns.CNAME, dns.SOA, dns.TXT, OPT, 250, 252, 255, 65_400];

function damaged(prng: Prng, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
	if (prng.chance(0.3)) for (let n = prng.below(4); n >= 0; n--) bytes[prng.below(bytes.length)] = prng.below(256);
	if (prng.chance(0.1)) return bytes.slice(0, prng.below(bytes.length + 1));
	return prng.chance(0.1) ? concat(bytes, prng.bytes(prng.below(20))) : bytes;
}

function someRecord(prng: Prng): number[] {
	const type = prng.pick(TYPES);
	if (type === OPT) return opt(prng.below(65_536), prng.pick([0, 0x8000, prng.below(65_536)]), prng.bytes(prng.below(16)));
	const owner = prng.chance(0.7) ? dns.QUESTION : prng.chance(0.5) ? dns.name(prng.pick(NAMES)) : dns.pointer(prng.below(600));
	const ttl = prng.pick([0, 1, 2, 60, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]);
	return dns.record({
		owner,
		type,
		ttl,
		data: prng.bytes(prng.below(40)),
		...(prng.chance(0.05) && { length: prng.below(65_536) }),
	});
}

function records(prng: Prng, most: number): number[][] {
	return Array.from({ length: prng.below(most + 1) }, () => someRecord(prng));
}

function someQuery(prng: Prng): Uint8Array<ArrayBuffer> {
	if (prng.chance(0.05)) return prng.bytes(prng.below(100));
	const flags = prng.chance(0.9) ? 0x0100 : prng.below(65_536);
	const more = prng.chance(0.5) ? [] : prng.chance(0.7) ? [opt(prng.below(5000), prng.pick([0, 0x8000]))] : records(prng, 3);
	return damaged(prng, query(prng.pick(NAMES), { id: prng.below(65_536), flags, type: prng.pick(TYPES), more }));
}

/** An answer that may well be right, or nearly so. */
function someAnswer(prng: Prng, asked: Uint8Array): Uint8Array<ArrayBuffer> {
	let end = 12;
	while (end < asked.length && asked[end] !== 0) end += 1 + asked[end]!;
	const answer = dns.message({
		id: prng.chance(0.95) ? read16(asked, 0) : prng.below(65_536),
		question: asked.slice(12, Math.min(end + 5, asked.length)),
		truncated: prng.chance(0.05),
		code: prng.chance(0.8) ? prng.pick([0, 0, dns.NXDOMAIN]) : prng.below(16),
		answers: records(prng, prng.chance(0.95) ? 3 : 70),
		authorities: records(prng, 2),
		...(prng.chance(0.2) && { rest: opt(4096), counts: [1, prng.below(3), prng.below(3), 1] }),
	});
	return damaged(prng, answer).slice(0, 1472);
}

describe("a DNS forwarder among hostile stations and servers", () => {
	it(`survives ${FRAMES} messages (SEED=${SEED})`, { timeout: 600_000 }, () => {
		let hostile = true;
		const scene: ForwardScene = new ForwardScene(
			() => undefined,
			() => undefined,
			{ cacheBytes: 2000 },
			{ sockets: { udp: 12, tcp: 12 } },
		);
		const prng = scene.world.prng.fork();
		void new scene.server0.io.UDP({
			address: "10.0.0.54",
			port: 53,
			onReadable() {
				for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
					const bytes = new Uint8Array(datagram);
					const { address, port } = datagram;
					const honest = () => dns.message({ id: read16(bytes, 0), question: bytes.slice(12), answers: [dns.a("192.0.2.1")] });
					for (let n = hostile ? (prng.chance(0.02) ? 0 : 1 + prng.below(3)) : 1; n > 0; n--)
						this.write(hostile ? someAnswer(prng, bytes) : honest(), address, port);
				}
			},
		});
		scene.eth0.nameServers = ["10.0.0.54"];
		const { TCP, Listener } = scene.server0.io;
		void new Listener({
			address: "10.0.0.54",
			port: 53,
			onReadable() {
				void new TCP({
					from: this.read()!,
					onReadable(count) {
						const bytes = new Uint8Array(this.read(count) as ArrayBuffer).slice(2);
						const answer = someAnswer(prng, bytes);
						const length = prng.chance(0.9) ? answer.length : prng.below(65_536);
						this.write(concat(u16(length), answer));
						if (prng.chance(0.5)) this.close();
					},
					onError() {
						this.close();
					},
				});
			},
		});
		scene.world.run(100);
		const { sockets, forwarder } = scene;
		for (let sent = 0; sent < FRAMES; sent++) {
			const bytes = someQuery(prng);
			if (prng.chance(0.02)) scene.bytesByTcp([bytes, someQuery(prng)], 2, prng.below(3000));
			else {
				scene.say(bytes);
				if (prng.chance(0.3)) scene.world.run(prng.below(300));
			}
			if (sent % 500 === 0) scene.heard.length = 0;
			if (prng.chance(0.002)) scene.eth0.nameServers = prng.pick([["10.0.0.54"], ["10.0.0.54", "10.0.0.99"]]);
		}
		scene.world.run(60_000);
		expect(forwarder.counters.asked).toBeGreaterThan(FRAMES / 3);
		expect(forwarder.counters.remembered).toBeGreaterThan(0);
		expect(scene.sockets).toBe(sockets);
		const before = scene.heard.length;
		scene.world.run(60_000);
		expect(scene.heard.length).toBe(before); // nothing of itself
		hostile = false;
		scene.eth0.nameServers = ["10.0.0.54"];
		scene.world.run(31_000);
		expect(scene.query(query("new.test"))).toMatchObject({ code: 0, addresses: ["192.0.2.1"] });
		scene.world.run(10_000);
		expect(scene.us.stack.core.pool.free).toBeGreaterThan(0);
	});
});
