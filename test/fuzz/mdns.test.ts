// Hostile stations on the network of a responder: made up and mutated messages of multicast DNS. No exception, nothing sent in answer to what asks nothing, what is sent is bounded, and the name is answered for
// afterwards, whatever it has come to be. SEED and FRAMES set the run.

import { describe, expect, it } from "vitest";
import * as wire from "../../src/wire/dns.ts";
import { createIO } from "../../src/io/io.ts";
import { Responder } from "../../src/service/responder/responder.ts";
import { envNumber } from "../support/env.ts";
import { concat, u16 } from "../support/frames.ts";
import { A, a, aaaa, ANY, labels, ptr, readMdns, srv, txt, writeMdns } from "../support/mdns.ts";
import { pointer, record } from "../support/dns.ts";
import { Prng } from "../support/prng.ts";
import { World } from "../support/world.ts";

const SEED = envNumber("SEED", 20261130);
const MESSAGES = Math.ceil(envNumber("FRAMES", 20_000) / 5);

const NAMES = [
	"board.local",
	"board-2.local",
	"My Board|_http._tcp.local",
	"_http._tcp.local",
	"other.local",
	"_services._dns-sd._udp.local",
];

function someRecord(prng: Prng): number[] {
	const owner = prng.pick(NAMES);
	const more = { ttl: prng.pick([0, 1, 59, 60, 120, 4500, 2 ** 31]), class: prng.pick([1, 1, 0x8001, 255, prng.below(65_536)]) };
	switch (prng.below(7)) {
		case 0:
			return a(owner, prng.pick(["10.0.0.1", "10.0.0.9", "10.9.9.9"]), more);
		case 1:
			return aaaa(owner, "fe80::9", more);
		case 2:
			return ptr(owner, prng.pick(NAMES), more);
		case 3:
			return srv(owner, prng.below(65_536), prng.pick(NAMES), more);
		case 4:
			return txt(owner, ["x".repeat(prng.below(30))], more);
		case 5:
			return record({ owner: [...pointer(prng.below(300))], type: prng.below(60), data: prng.bytes(prng.below(40)), ...more });
		default:
			return record({
				owner: labels(owner),
				type: prng.below(60),
				data: prng.bytes(prng.below(40)),
				...more,
				length: prng.below(100),
			});
	}
}

function someMessage(prng: Prng): Uint8Array<ArrayBuffer> {
	if (prng.chance(0.03)) return prng.bytes(prng.below(1400));
	const records = () => Array.from({ length: prng.below(4) }, () => someRecord(prng));
	const message = writeMdns({
		id: prng.below(3),
		flags: prng.chance(0.9) ? prng.pick([0, 0, 0x0200, 0x8400]) : prng.below(65_536),
		questions: Array.from(
			{ length: prng.below(4) },
			() => [prng.pick([A, 12, 16, 28, 33, 47, ANY, 5]), prng.pick(NAMES), prng.pick([1, 0x8001])] as const,
		),
		answers: records(),
		authorities: records(),
	});
	if (prng.chance(0.05)) message.set(u16(prng.below(65_536)), 4 + 2 * prng.below(4));
	if (prng.chance(0.3)) for (let n = prng.below(4); n >= 0; n--) message[prng.below(message.length)] = prng.below(256);
	return prng.chance(0.1) ? message.slice(0, prng.below(message.length + 1)) : message;
}

describe(`hostile multicast DNS, SEED=${SEED}`, () => {
	it(`the board answers for its name after ${MESSAGES} messages`, () => {
		const prng = new Prng(SEED);
		const world = new World(SEED);
		const segment = world.segment();
		const us = world.node("us");
		us.ethernet("eth0", segment.port({ mac: 1 }), "10.0.0.1/24", "fe80::1/64");
		const peer = world.node("peer", { sockets: { udp: 8 } });
		const link = peer.ethernet("eth0", segment.port({ mac: 2 }), "10.0.0.9/24", "fe80::9/64");
		for (const group of ["224.0.0.251", "ff02::fb"]) peer.stack.udp.groups.join(link, group);
		const { UDP } = createIO(peer.stack);
		let told = 0;
		let named: string[] = [];
		const socketAt = (port: number) =>
			new UDP({
				port,
				interface: "eth0",
				multicastLoop: false, // what it says itself is not for it to read
				onReadable() {
					for (let datagram = this.read(); datagram !== undefined; datagram = this.read()) {
						told++;
						named.push(...readMdns(new Uint8Array(datagram)).answers); // what we say is right to the last byte
					}
				},
			});
		const sockets = [socketAt(5353), socketAt(5353 + 1)];
		const responder = new Responder(us.stack, {
			hostname: "board",
			services: [{ type: "_http._tcp", port: 80, name: "My Board", txt: { path: "/" } }],
		});
		world.run(3000);
		told = 0;
		const most = MESSAGES * 8;
		for (let i = 0; i < MESSAGES; i++) {
			const to = prng.pick(["224.0.0.251", "ff02::fb", "10.0.0.1"]);
			(prng.chance(0.8) ? sockets[0]! : sockets[1]!).write(someMessage(prng), to, 5353);
			world.run(prng.chance(0.8) ? prng.below(50) : prng.below(3000));
			named = [];
		}
		expect(told).toBeGreaterThan(MESSAGES / 10);
		expect(told).toBeLessThan(most);
		world.run(120_000);
		named = [];
		sockets[0]!.write(writeMdns({ questions: [[A, `${responder.hostname}.local`]] }), "224.0.0.251", 5353);
		world.run(1000);
		expect(named).toEqual([`!A ${responder.hostname}.local 10.0.0.1 120`]);
		responder.close();
		expect(us.stack.udp.used(0)).toBe(0);
	});

	it("names are taken apart and compared as they were written", () => {
		const prng = new Prng(SEED + 1);
		for (let i = 0; i < MESSAGES; i++) {
			const bytes = concat(new Uint8Array(12), prng.bytes(prng.below(20)), labels(prng.pick(NAMES)), prng.bytes(prng.below(20)));
			if (prng.chance(0.5)) bytes[12 + prng.below(bytes.length - 12)] = prng.pick([0, 1, 3, 0xc0, prng.below(256)]);
			const view = new DataView(bytes.buffer);
			const from = 12 + prng.below(bytes.length - 12);
			const octets = wire.nameOctets(view, 0, bytes.length, from);
			expect(octets === undefined).toBe(wire.readName(view, 0, bytes.length, from) === undefined);
			if (octets === undefined) continue;
			const folded = Uint8Array.from(octets, (octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet));
			expect(wire.nameEquals(view, 0, bytes.length, from, folded)).toBe(true);
			if (folded.length > 2) folded[folded.length - 2]! ^= 1;
			else folded[0] = 1;
			expect(wire.nameEquals(view, 0, bytes.length, from, folded)).toBe(false);
		}
	});
});
