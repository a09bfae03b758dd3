// Tunnels: GRE (RFC 2784, 2890), IP in IP (RFC 2003, 2473), IPv6 in IPv4 (RFC 4213), one packet at a time.

import { beforeEach, describe, expect, it } from "vitest";
import { LINK } from "../../../src/link/changes.ts";
import { TunnelInterface, type TunnelKind, type TunnelOptions } from "../../../src/link/tunnel.ts";
import { PacketSocket } from "../../../src/io/raw.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { LineBlock } from "../../../src/packet/line-block.ts";
import { TunnelBlock } from "../../../src/packet/tunnel-block.ts";
import { Stack } from "../../../src/stack.ts";
import { statusOf } from "../../../src/status/status.ts";
import type { StackOptions } from "../../../src/config.ts";
import { icmp, ip, ipv4, type Bytes } from "../../support/frames.ts";
import { echo6, parse6 } from "../../support/frames6.ts";
import { parsePacket, type Parsed } from "../../support/parse.ts";
import { Station } from "../../support/station.ts";
import { FOUR_IN, GRE, gre, parseGre, SIX_IN, type GreFields } from "../../support/tunnel.ts";

const LOCAL = "10.0.0.1";
const REMOTE = "10.0.0.2";
const ends = { local: LOCAL, remote: REMOTE };

let station: Station;

function begin(options: StackOptions = {}): void {
	station = new Station([[`${LOCAL}/24`]], { interfaces: 16, packets: 24, routes: 32, ...options });
}

beforeEach(() => begin());

function add(name: string, kind: TunnelKind, options: Partial<TunnelOptions> = {}, ...addresses: string[]): TunnelInterface {
	const tunnel = station.stack.interfaces.add(new TunnelInterface(name, kind, { ...ends, ...options }));
	for (const address of addresses) tunnel.addAddress(address);
	station.world.settle();
	return tunnel;
}

/** A packet of the other end comes in. */
function hear(protocol: number, payload: ArrayLike<number>, fields: { tos?: number; source?: string } = {}): void {
	station.ports[0]!.ip(ipv4({ source: REMOTE, destination: LOCAL, protocol, ...fields }, payload));
}

/** Packets that were sent to the other end since. */
function sent(): Parsed[] {
	return station.ports[0]!.packets();
}

function payloadOf(parsed: Parsed): Uint8Array {
	return parsed.ipv4!.payload;
}

function ping(source: string, destination: string, more: object = {}, payload: number[] = [1, 2, 3]): Bytes {
	return icmp({ source, destination, type: 8, rest: 0x10001, ...more }, payload);
}

const ping6 = (source: string, destination: string): Bytes => echo6({ source, destination }, [4, 5]);

describe("GRE", () => {
	const forms: [string, Partial<TunnelOptions>, GreFields][] = [
		["bare", {}, {}],
		["with a key", { key: 0xfffffffe }, { key: 0xfffffffe }],
		["with key 0", { key: 0 }, { key: 0 }],
		["numbered", { sequence: true }, { sequence: 0 }],
		["summed", { checksum: true }, { checksum: true }],
		["with all of it", { key: 7, sequence: true, checksum: true }, { key: 7, sequence: 0, checksum: true }],
	];
	it.each(forms)("%s carries both families to its other end and back", (_what, options, fields) => {
		const tunnel = add("gre0", "gre", options, "10.9.0.1/30", "fd00:9::1/64");
		expect(tunnel.up).toBe(true);
		hear(GRE, gre(fields, ping("10.9.0.2", "10.9.0.1")));
		hear(
			GRE,
			gre({ ...fields, type: 0x86dd, ...(fields.sequence !== undefined && { sequence: 1 }) }, ping6("fd00:9::2", "fd00:9::1")),
		);
		const answers = sent();
		expect(answers.map(({ ipv4: outer }) => [outer!.source, outer!.destination, outer!.protocol, outer!.ttl])).toEqual(
			Array.from({ length: 2 }, () => [ip(LOCAL), ip(REMOTE), GRE, 64]),
		);
		const [four, six] = answers.map((each) => parseGre(payloadOf(each)));
		expect([four!.type, six!.type]).toEqual([0x0800, 0x86dd]);
		for (const each of [four!, six!]) {
			expect(each.key).toBe(fields.key);
			expect(each.summed).toBe(fields.checksum);
		}
		if (options.sequence) expect([four!.sequence, six!.sequence]).toEqual([0, 1]);
		else expect([four!.sequence, six!.sequence]).toEqual([undefined, undefined]);
		const inner = parsePacket(four!.payload);
		expect(inner.error).toBe("");
		expect(inner.icmp).toMatchObject({ type: 0, rest: 0x10001 });
		expect(Array.from(inner.icmp!.payload)).toEqual([1, 2, 3]);
		expect(parse6(six!.payload)).toMatchObject({ hopLimit: 64, sumRight: true });
		expect(parse6(six!.payload).payload[0]).toBe(129);
		expect(station.drops("gre0")).toEqual({});
	});

	it("tells tunnels between the same ends apart by their keys, and one without a key from all", () => {
		const keys = [undefined, 0, 1, 0xffffffff, 5];
		for (const [i, key] of keys.entries()) add(`gre${i}`, "gre", key === undefined ? {} : { key }, `10.9.${i}.1/30`);
		for (const [i, key] of keys.entries()) hear(GRE, gre(key === undefined ? {} : { key }, ping(`10.9.${i}.2`, `10.9.${i}.1`)));
		expect(sent().map((each) => parseGre(payloadOf(each)).key)).toEqual(keys);
		// Nobody's: told as of any protocol that nobody takes. RFC 792.
		hear(GRE, gre({ key: 6 }, ping("10.9.0.2", "10.9.0.1")));
		expect(sent().map(({ icmp: error }) => [error!.type, error!.code])).toEqual([[3, 2]]);
		hear(GRE, gre({}, ping("10.9.0.2", "10.9.0.1")), { source: "10.0.0.3" });
		expect(sent().map(({ icmp: error }) => [error!.type, error!.code])).toEqual([[3, 2]]);
		expect(station.drops("eth1")).toEqual({ unknownProtocol: 2 });
		expect(() => add("gre9", "gre", { key: 5 })).toThrow(
			"gre9: there is a tunnel from 10.0.0.1 to 10.0.0.2 already; give it another key",
		);
	});

	it("drops what RFC 2784 §2.3 and §2.5 have dropped, and what is no packet", () => {
		add("gre0", "gre", { key: 5 }, "10.9.0.1/30");
		const inside = ping("10.9.0.2", "10.9.0.1");
		for (const bits of [0x4000, 0x0800, 0x0400, 1, 7]) hear(GRE, gre({ key: 5, bits }, inside));
		for (let length = 0; length < 8; length++) hear(GRE, gre({ key: 5 }, inside).slice(0, length));
		expect(station.drops("eth1")).toEqual({ tunnelMalformed: 13 });
		hear(GRE, gre({ key: 5, checksum: 0x1234 }, inside));
		hear(GRE, gre({ key: 5 }, inside.slice(0, 10)));
		hear(GRE, gre({ key: 5 }, []));
		hear(GRE, gre({ key: 5, type: 0x86dd }, inside));
		expect(station.drops("gre0")).toEqual({ tunnelMalformed: 4 });
		hear(GRE, gre({ key: 5, type: 0x6558 }, inside));
		expect(station.drops("gre0")).toEqual({ tunnelMalformed: 4, unknownEtherType: 1 });
		expect(sent()).toEqual([]);
		// Bits that are to be ignored, a checksum and a number that were not asked for are all right.
		hear(GRE, gre({ key: 5, checksum: true, sequence: 9, bits: 0x0200 | 0x00f8 }, inside));
		expect(sent().length).toBe(1);
	});

	it("drops numbers that have passed, goes on behind gaps, around 2^32 and from 0, and takes what has none", () => {
		const tunnel = add("gre0", "gre", { sequence: true }, "10.9.0.1/30");
		const inside = ping("10.9.0.2", "10.9.0.1");
		const answered = (sequence: number | undefined): boolean => {
			hear(GRE, gre(sequence === undefined ? {} : { sequence }, inside));
			return sent().length === 1;
		};
		expect([0, 1, 1, 5, 4, 6, undefined, 7].map(answered)).toEqual([true, true, false, true, false, true, true, true]);
		expect(station.drops("gre0")).toEqual({ tunnelOrder: 2 });
		expect([0x7fffffff, 0xfffffffe, 0xffffffff, 0xfffffffe, 0, 1, 0xffffffff].map(answered)).toEqual([
			true,
			true,
			true,
			false,
			true,
			true,
			false,
		]);
		// One that begins anew.
		expect([100_000, 0, 1].map(answered)).toEqual([true, true, true]);
		expect(tunnel.up).toBe(true);
	});

	it("sends a keepalive of its other end back, as it is", () => {
		add("gre0", "gre", { key: 5 }, "10.9.0.1/30");
		const asks = ipv4({ source: LOCAL, destination: REMOTE, protocol: GRE }, gre({ type: 0, key: 5 }));
		hear(GRE, gre({ key: 5 }, asks));
		const [answer] = sent();
		expect(answer!.ipv4).toMatchObject({ source: ip(LOCAL), destination: ip(REMOTE), protocol: GRE });
		expect(parseGre(payloadOf(answer!))).toMatchObject({ type: 0, key: 5 });
		expect(station.drops("gre0")).toEqual({});
	});
});

describe("IP in IP, and IPv6 in IPv4", () => {
	it("are told apart by the protocol, and each carries its family", () => {
		add("ipip0", "ipip", {}, "10.9.0.1/30");
		add("sit0", "sixInFour", {}, "fd00:9::1/64");
		hear(FOUR_IN, ping("10.9.0.2", "10.9.0.1"));
		hear(SIX_IN, ping6("fd00:9::2", "fd00:9::1"));
		const [four, six] = sent();
		expect([four!.ipv4!.protocol, six!.ipv4!.protocol]).toEqual([FOUR_IN, SIX_IN]);
		expect(parsePacket(payloadOf(four!)).icmp).toMatchObject({ type: 0 });
		expect(parse6(payloadOf(six!)).payload[0]).toBe(129);
		hear(FOUR_IN, ping6("fd00:9::2", "fd00:9::1"));
		hear(SIX_IN, ping("10.9.0.2", "10.9.0.1"));
		expect([station.drops("ipip0"), station.drops("sit0")]).toEqual([{ tunnelMalformed: 1 }, { tunnelMalformed: 1 }]);
		expect(sent()).toEqual([]);
	});

	it("are dropped, and counted, where the tunnel does not carry their family", () => {
		const ipip = add("ipip0", "ipip", {}, "10.9.0.1/30", "fd00:8::1/64");
		add("sit0", "sixInFour", {}, "fd00:9::1/64", "10.8.0.1/30");
		const socket = station.stack.udp.open("", 5000, 0);
		station.stack.udp.send(socket, "fd00:8::2", 7, new Uint8Array(1), 0, 1);
		station.stack.udp.send(socket, "10.8.0.2", 7, new Uint8Array(1), 0, 1);
		expect(sent()).toEqual([]);
		expect([station.drops("ipip0"), station.drops("sit0")]).toEqual([{ noRoute: 1 }, { noRoute: 1 }]);
		station.stack.interfaces.remove(ipip);
		// Nobody's now.
		hear(FOUR_IN, ping("10.9.0.2", "10.9.0.1"));
		expect(sent().map(({ icmp: error }) => [error!.type, error!.code])).toEqual([[3, 2]]);
		hear(SIX_IN, ping6("fd00:9::2", "fd00:9::1"));
		expect(sent().length).toBe(1);
	});

	it("is found among as many tunnels as there can be", () => {
		begin({ interfaces: 64, routes: 128 });
		for (let i = 0; i < 61; i++) add(`t${i}`, "ipip", { remote: `10.0.0.${10 + i}` }, `10.9.${i}.1/30`);
		for (let i = 0; i < 61; i++) hear(FOUR_IN, ping(`10.9.${i}.2`, `10.9.${i}.1`), { source: `10.0.0.${10 + i}` });
		const { interfaces } = statusOf(station.stack);
		const received = interfaces.filter(({ kind }) => kind === "ipip").map(({ name, received: { packets } }) => [name, packets]);
		expect(received).toEqual(Array.from({ length: 61 }, (_, i) => [`t${i}`, 1]));
	});
});

describe("the eight bits of DSCP and ECN", () => {
	it("are the outer packet's as they are the inner one's: RFC 6040 §4.1", () => {
		add("ipip0", "ipip", {}, "10.9.0.1/30");
		add("sit0", "sixInFour", {}, "fd00:9::1/64");
		for (const tos of [0, 0xb8, 0xb9, 0x02, 0x03]) {
			hear(FOUR_IN, ping("10.9.0.2", "10.9.0.1", { tos }));
			const [answer] = sent();
			expect(parsePacket(payloadOf(answer!)).ipv4!.tos).toBe(answer!.ipv4!.tos);
			expect(answer!.ipv4!.tos).toBe(tos);
		}
	});

	/** By RFC 6040 §4.2, figure 4: what is left of the inner field, by that and the outer one; -1: dropped. */
	const TABLE = [
		[0, 0, 0, -1],
		[1, 1, 1, 3],
		[2, 1, 2, 3],
		[3, 3, 3, 3],
	];
	it.each([false, true])("are put together as they come: RFC 6040 §4.2 (IPv6: %s)", (six) => {
		begin({ sockets: { raw: 1 } });
		const link = six ? add("t0", "sixInFour", {}, "fd00:9::1/64") : add("t0", "ipip", {}, "10.9.0.1/30");
		const seen = new PacketSocket(station.stack, { interface: link.name });
		const found = TABLE.map((row, inner) =>
			row.map((_, outer) => {
				const dscp = 0xb8;
				if (six) {
					const whole = ping6("fd00:9::2", "fd00:9::1");
					whole.set([0x60 | (dscp >> 4), ((dscp & 15) << 4) | (inner << 4)], 0);
					hear(SIX_IN, whole, { tos: outer });
				} else hear(FOUR_IN, ping("10.9.0.2", "10.9.0.1", { tos: dscp | inner }), { tos: outer });
				sent();
				const frame = seen.read();
				while (seen.read() !== undefined);
				if (frame === undefined) return -1;
				const bytes = new Uint8Array(frame);
				if (six) return parse6(bytes).trafficClass - dscp;
				const parsed = parsePacket(bytes);
				expect(parsed.error).toBe("");
				return parsed.ipv4!.tos - dscp;
			}),
		);
		expect(found).toEqual(TABLE);
		expect(station.drops("t0")).toEqual({ tunnelCongestion: 1 });
	});
});

describe("a tunnel's interface", () => {
	it("is refused with options that cannot be, each named with its value", () => {
		const make = (kind: string, options: object) => () => new TunnelInterface("t", kind as TunnelKind, { ...ends, ...options });
		const wrong: [string, object, string][] = [
			["vxlan", {}, 't: kind "vxlan": expected gre, ipip or sixInFour'],
			["gre", { local: "10.0.0" }, 'local of t "10.0.0": expected an IP address'],
			["gre", { local: undefined }, "local of t"],
			["gre", { remote: "224.0.0.1" }, "remote of t 224.0.0.1: expected an address that one host has"],
			["gre", { remote: "fe80::1" }, "remote of t fe80::1: expected an address that one host has, and on more than one link"],
			["gre", { remote: "fd00::1" }, "remote fd00::1 of t: expected the family of 10.0.0.1"],
			["gre", { remote: LOCAL }, "remote 10.0.0.1 of t: is its local end"],
			["sixInFour", { local: "fd00::1", remote: "fd00::2" }, "local fd00::1 of t: expected an IPv4 address"],
			["gre", { key: -1 }, "key of t -1: expected 0 to 4294967295"],
			["gre", { key: 0x100000000 }, "key of t 4294967296: expected 0 to 4294967295"],
			["gre", { key: "5" }, "key of t 5: expected"],
			["gre", { sequence: 1 }, "sequence of t 1: expected true or false"],
			["gre", { checksum: "yes" }, "checksum of t yes: expected true or false"],
			["gre", { hops: 0 }, "hops of t 0: expected 1 to 255"],
			["gre", { hops: 256 }, "hops of t 256: expected 1 to 255"],
			["gre", { keepalive: 5 }, "keepalive 5 of t: expected true, or intervalMs and lost"],
			["gre", { keepalive: { intervalMs: 99 } }, "keepalive.intervalMs of t 99: expected 100 to 3600000"],
			["gre", { keepalive: { lost: 0 } }, "keepalive.lost of t 0: expected 1 to 255"],
			["gre", { mtu: 1477 }, "mtu 1477 of t: expected 68 to 1476"],
			["ipip", { mtu: 1481 }, "mtu 1481 of t: expected 68 to 1480"],
			["ipip", { key: 5 }, "key of t: ipip has none; remove it, or make it gre"],
			["sixInFour", { keepalive: true }, "keepalive of t: sixInFour has none; remove it, or make it gre"],
		];
		for (const [kind, options, message] of wrong) expect(make(kind, options), message).toThrow(message);
		expect(make("gre", { key: 0xffffffff, hops: 255, mtu: 1472, keepalive: { intervalMs: 100, lost: 255 } })).not.toThrow();
	});

	it("is refused twice between the same ends, and may be added once the other is gone", () => {
		const first = add("a", "ipip");
		const second = new TunnelInterface("b", "ipip", ends);
		expect(() => station.stack.interfaces.add(second)).toThrow("b: there is a tunnel from 10.0.0.1 to 10.0.0.2 already");
		add("c", "sixInFour");
		add("d", "gre");
		station.stack.interfaces.remove(first);
		station.stack.interfaces.add(second);
		expect(second.up).toBe(true);
	});

	it("is up while there is a way from its own end to the other", () => {
		const changes: boolean[] = [];
		const tunnel = add("t", "gre", { remote: "192.0.2.9" }, "10.9.0.1/30");
		station.stack.watch((link, what) => {
			if (link === tunnel && (what & LINK) !== 0) changes.push(link.up);
		});
		expect(tunnel.up).toBe(false);
		const route = station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: station.ports[0]!.link });
		station.world.settle();
		expect(tunnel.up).toBe(true);
		station.ports[0]!.device.setLink(false);
		station.world.settle();
		expect(tunnel.up).toBe(false);
		station.ports[0]!.device.setLink(true);
		station.world.settle();
		expect(tunnel.up).toBe(true);
		station.stack.routes.remove(route);
		station.world.settle();
		expect(tunnel.up).toBe(false);
		hear(GRE, gre({}, ping("10.9.0.2", "10.9.0.1")), { source: "192.0.2.9" });
		expect(station.drops("t")).toEqual({ interfaceDown: 1 });
		expect(changes).toEqual([true, false, true, false]);
	});

	it("is down before its own end is an address of ours", () => {
		const tunnel = add("t", "gre", { local: "10.0.0.5" });
		expect(tunnel.up).toBe(false);
		const own = station.ports[0]!.link.addAddress("10.0.0.5/24");
		station.world.settle();
		expect(tunnel.up).toBe(true);
		station.ports[0]!.link.removeAddress(own);
		station.world.settle();
		expect(tunnel.up).toBe(false);
	});

	it("takes no memory but its interface's, which bytesFor says beforehand", () => {
		expect(TunnelBlock.bytes).toBeLessThanOrEqual(LineBlock.bytes);
		const four =
			Stack.bytesFor({ interfaces: 8, sockets: { services: 0 } }) - Stack.bytesFor({ interfaces: 4, sockets: { services: 0 } });
		expect(four).toBeGreaterThanOrEqual(4 * InterfaceBlock.bytes);
		expect(four).toBeLessThan(4 * (InterfaceBlock.bytes + 512));
	});

	it("has the hop limit and the DSCP that were asked for", () => {
		add("t", "gre", { hops: 9 }, "10.9.0.1/30");
		hear(GRE, gre({}, ping("10.9.0.2", "10.9.0.1")));
		expect(sent()[0]!.ipv4!.ttl).toBe(9);
	});

	it("is shown with its counters, and counts the packets that it carries", () => {
		add("t", "gre", {}, "10.9.0.1/30");
		const inside = ping("10.9.0.2", "10.9.0.1");
		hear(GRE, gre({}, inside));
		sent();
		const shown = statusOf(station.stack).interfaces.find(({ name }) => name === "t")!;
		expect(shown).toMatchObject({ kind: "gre", up: true, mtu: 1476, queued: 0 });
		expect([shown.received, shown.sent]).toEqual([
			{ packets: 1, bytes: inside.length },
			{ packets: 1, bytes: inside.length },
		]);
	});
});

describe("a keepalive", () => {
	/** Packets that ask, since. */
	const asked = () =>
		sent().filter((each) => {
			const inside = parsePacket(parseGre(payloadOf(each)).payload);
			expect(inside.ipv4).toMatchObject({ source: ip(REMOTE), destination: ip(LOCAL), protocol: GRE });
			return parseGre(inside.ipv4!.payload).type === 0;
		}).length;
	const answer = () => hear(GRE, gre({ type: 0, key: 5 }));

	it("takes the tunnel down when so many in a row are lost, and up with the next that comes back", () => {
		const tunnel = add("t", "gre", { key: 5, keepalive: { intervalMs: 1000, lost: 2 } });
		for (let i = 0; i < 3; i++) {
			station.world.run(1000);
			expect(asked()).toBe(1);
			answer();
		}
		expect(tunnel.up).toBe(true);
		station.world.run(2000);
		expect([asked(), tunnel.up]).toEqual([2, true]);
		station.world.run(2000);
		expect([asked(), tunnel.up]).toEqual([2, false]);
		// It is asked while it is down.
		station.world.run(1000);
		expect([asked(), tunnel.up]).toEqual([1, false]);
		answer();
		station.world.run(1000);
		expect([asked(), tunnel.up]).toEqual([1, true]);
	});

	it("ends with the tunnel", () => {
		const tunnel = add("t", "gre", { key: 5, keepalive: true });
		station.world.run(25_000);
		expect(asked()).toBe(2);
		station.stack.interfaces.remove(tunnel);
		station.world.run(100_000);
		expect(sent()).toEqual([]);
	});
});

it("packets that no tunnel is for are as they always were, raw sockets and all", () => {
	hear(GRE, gre({}, ping("10.9.0.2", "10.9.0.1")));
	hear(GRE, [1]);
	expect(sent().map(({ icmp: error }) => [error!.type, error!.code])).toEqual([[3, 2]]);
	expect(station.drops("eth1")).toEqual({ unknownProtocol: 1, tunnelMalformed: 1 });
});
