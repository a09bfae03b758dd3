// Tunnels between stacks: data by all kinds of them, over both families; within each other, into themselves, over narrow and busy ways.

import { describe, expect, it } from "vitest";
import type { EthernetInterface } from "../../../src/link/ethernet.ts";
import { TunnelInterface, type TunnelKind, type TunnelOptions } from "../../../src/link/tunnel.ts";
import { VlanInterface } from "../../../src/link/vlan.ts";
import type { StackOptions } from "../../../src/config.ts";
import { statusOf } from "../../../src/status/status.ts";
import { EchoClient, EchoServer, UdpEchoClient, UdpEchoServer } from "../../support/apps.ts";
import { icmp, ip, ipv4, type Bytes } from "../../support/frames.ts";
import { echo6 } from "../../support/frames6.ts";
import { parsePacket } from "../../support/parse.ts";
import { Station } from "../../support/station.ts";
import { FOUR_IN, GRE, gre, parseGre, SIX_IN } from "../../support/tunnel.ts";
import type { Faults, QueueDevice, Segment } from "../../support/wire.ts";
import { World, type Node } from "../../support/world.ts";

interface Board {
	node: Node;
	port: QueueDevice;
	eth0: EthernetInterface;
}

/** Two boards on one segment, 10.0.0.1 and fd00::1, 10.0.0.2 and fd00::2. */
function two(faults: Faults = {}, options: StackOptions = {}): { world: World; segment: Segment; a: Board; b: Board } {
	const world = new World(7);
	const segment = world.segment({ delayMs: 1, ...faults });
	const [a, b] = [1, 2].map((i) => {
		const node = world.node(`board${i}`, { interfaces: 16, packets: 32, routes: 48, ...options });
		const port = segment.port({ mac: 0x30 + i, numbered: i === 1 });
		const eth0 = node.ethernet("eth0", port, `10.0.0.${i}/24`);
		eth0.addAddress(`fd00::${i}/64`);
		return { node, port, eth0 };
	});
	world.run(3000);
	return { world, segment, a: a!, b: b! };
}

/** A tunnel from `board` to the other one, with addresses. */
function join({ node }: Board, name: string, kind: TunnelKind, options: TunnelOptions, ...addresses: string[]): TunnelInterface {
	const tunnel = node.stack.interfaces.add(new TunnelInterface(name, kind, options));
	for (const address of addresses) tunnel.addAddress(address);
	return tunnel;
}

/** One on each board, between their addresses of IPv4 or IPv6; 10.9.`net`.1 and fd00:9:`net`::1 at the first. */
function both(
	a: Board,
	b: Board,
	kind: TunnelKind,
	options: Partial<TunnelOptions> = {},
	six = false,
	net = 0,
): TunnelInterface[] {
	const outer = six ? ["fd00::1", "fd00::2"] : ["10.0.0.1", "10.0.0.2"];
	return [a, b].map((board, i) =>
		join(
			board,
			`t${net}`,
			kind,
			{ local: outer[i]!, remote: outer[1 - i]!, ...options },
			`10.9.${net}.${i + 1}/30`,
			`fd00:9:${net}::${i + 1}/64`,
		),
	);
}

/** But announcements of the other's addresses. */
function drops(node: Node): string[] {
	return statusOf(node.stack).interfaces.flatMap((link) =>
		Object.entries(link.drops)
			.filter(([reason]) => reason !== "arpIgnored")
			.map(([reason, count]) => `${link.name} ${reason} ${count}`),
	);
}

/** 40,000 bytes of TCP go there and back, and datagrams too. */
function exchanges(world: World, a: Board, b: Board, address: string): void {
	const server = new EchoServer(b.node);
	const client = new EchoClient(a.node, address, 40_000);
	expect(
		world.until(() => client.done, 60_000),
		`TCP to ${address}`,
	).toBe(true);
	expect([client.echoed, client.wrong]).toEqual([40_000, ""]);
	client.close();
	server.close();
	if (address.includes(":")) return;
	new UdpEchoServer(b.node);
	const pings = new UdpEchoClient(a.node, ip(address));
	pings.send(1200);
	expect(
		world.until(() => pings.echoed === 1, 5000),
		`UDP to ${address}`,
	).toBe(true);
	pings.close();
	world.run(500);
}

describe("data goes both ways", () => {
	const kinds: [TunnelKind, Partial<TunnelOptions>, boolean, number][] = [
		["gre", {}, false, 1476],
		["gre", { key: 5, sequence: true, checksum: true }, false, 1464],
		["gre", {}, true, 1456],
		["gre", { key: 5, sequence: true, checksum: true }, true, 1444],
		["ipip", {}, false, 1480],
		["ipip", {}, true, 1460],
		["sixInFour", {}, false, 1480],
	];
	it.each(kinds)("by %s, %o, over IPv6: %s", (kind, options, six, mtu) => {
		const { world, segment, a, b } = two();
		const [first] = both(a, b, kind, options, six);
		world.run(3000);
		expect(first!.mtu).toBe(mtu);
		let longest = 0;
		segment.tap = (frame) => (longest = Math.max(longest, frame.length));
		if (kind !== "sixInFour") exchanges(world, a, b, "10.9.0.2");
		if (kind !== "ipip" || six) exchanges(world, a, b, "fd00:9:0::2");
		expect(longest).toBe(1514);
		for (const { node } of [a, b]) expect(drops(node)).toEqual([]);
	});

	it("by a tunnel over a VLAN, whose tag wants room before the headers", () => {
		const { world, a, b } = two();
		for (const [i, { node, eth0 }] of [a, b].entries()) {
			const vlan = node.stack.interfaces.add(new VlanInterface("eth0.5", eth0, { vlan: 5 }));
			vlan.addAddress(`fd00:5::${i + 1}/64`);
			const ends = { local: `fd00:5::${i + 1}`, remote: `fd00:5::${2 - i}` };
			join({ node, eth0, port: a.port }, "t", "gre", { ...ends, key: 1, sequence: true, checksum: true }, `10.9.0.${i + 1}/30`);
		}
		world.run(3000);
		exchanges(world, a, b, "10.9.0.2");
		for (const { node } of [a, b]) expect(drops(node)).toEqual([]);
	});

	it("while frames are lost, doubled and overtake each other", () => {
		const { world, a, b } = two();
		both(a, b, "gre", { key: 5, sequence: true, checksum: true });
		world.run(3000);
		a.node.stack.interfaces.find("t0");
		world.segments[0]!.faults = { loss: 0.02, duplicate: 0.02, reorder: 0.02, corrupt: 0.02, delayMs: 1 };
		new EchoServer(b.node);
		const client = new EchoClient(a.node, "10.9.0.2", 100_000);
		expect(world.until(() => client.done, 600_000)).toBe(true);
		expect([client.echoed, client.wrong]).toEqual([100_000, ""]);
		const counted = statusOf(b.node.stack).interfaces.find(({ name }) => name === "t0")!.drops;
		expect(counted["tunnelOrder"]).toBeGreaterThan(0);
		expect(counted["tunnelMalformed"]).toBeGreaterThan(0);
	});

	it("through a device that is busy: connections are slowed down, and nothing is lost", () => {
		const { world, segment, a, b } = two({}, { packets: 16 });
		both(a, b, "ipip");
		world.run(3000);
		let frames = 0;
		segment.tap = (_frame, from) => {
			if (++frames % 7 !== 0) return;
			from.setBusy(true);
			world.clock.after(3, () => from.setBusy(false));
		};
		new EchoServer(b.node);
		const client = new EchoClient(a.node, "10.9.0.2", 100_000);
		expect(world.until(() => client.done, 60_000)).toBe(true);
		expect([client.echoed, client.wrong]).toEqual([100_000, ""]);
		for (const { node } of [a, b]) expect(drops(node)).toEqual([]);
	});

	it("while tunnels come and go", () => {
		const { world, a, b } = two();
		both(a, b, "ipip");
		new EchoServer(b.node);
		const client = new EchoClient(a.node, "10.9.0.2", 100_000);
		for (let round = 0; round < 60 && !client.done; round++) {
			const other = join(a, "other", "gre", { local: "10.0.0.1", remote: "10.0.0.2", key: round }, "10.9.99.1/30");
			world.run(5);
			a.node.stack.interfaces.remove(other);
			world.run(3);
		}
		expect(world.until(() => client.done, 60_000)).toBe(true);
		expect([client.echoed, client.wrong]).toEqual([100_000, ""]);
		expect(a.node.stack.core.pool.free).toBeGreaterThan(24);
	});
});

describe("tunnels within tunnels", () => {
	/** `depth` of them at each end: the next one's ends are the addresses of the one before. */
	function nest(a: Board, b: Board, depth: number): TunnelInterface {
		for (const [i, board] of [a, b].entries())
			for (let level = 0; level < depth; level++) {
				const of = (end: number) => (level === 0 ? `10.0.0.${end}` : `10.9.${level - 1}.${end}`);
				join(board, `t${level}`, "ipip", { local: of(i + 1), remote: of(2 - i) }, `10.9.${level}.${i + 1}/30`);
			}
		return a.node.stack.interfaces.find(`t${depth - 1}`) as TunnelInterface;
	}

	it.each([2, 3, 4])("carry data, %i deep, each with what the one below leaves", (depth) => {
		const { world, a, b } = two();
		const last = nest(a, b, depth);
		world.run(3000);
		exchanges(world, a, b, `10.9.${depth - 1}.2`);
		expect(last.mtu).toBe(1500 - 20 * depth);
		for (const { node } of [a, b]) expect(drops(node)).toEqual([]);
	});

	it("are no more than four, what would go through five is dropped and counted", () => {
		const { world, a, b } = two();
		nest(a, b, 5);
		world.run(3000);
		new UdpEchoServer(b.node);
		const pings = new UdpEchoClient(a.node, ip("10.9.4.2"));
		pings.send(100);
		world.run(1000);
		expect(pings.echoed).toBe(0);
		expect(drops(a.node)).toEqual(["t4 tunnelLoop 1"]);
	});
});

describe("a tunnel whose way leads into itself", () => {
	it("sends nothing and counts what it drops, also by way of another; and does once there is a better way", () => {
		const { world, segment, a } = two();
		const ends = { local: "10.0.0.1" };
		const first = join(a, "t0", "ipip", { ...ends, remote: "192.0.2.1" }, "10.9.0.1/30");
		const second = join(a, "t1", "ipip", { ...ends, remote: "198.51.100.1" }, "10.9.1.1/30");
		const { routes, udp } = a.node.stack;
		routes.add({ prefix: "192.0.2.0/24", interface: first });
		routes.add({ prefix: "10.20.0.0/16", interface: first });
		// Up, as there is a way: down it would have another, perhaps, and so come up again.
		routes.add({ prefix: "192.0.0.0/16", gateway: "10.0.0.2", interface: a.eth0, metric: 5 });
		world.run(100);
		expect(first.up).toBe(true);
		const socket = udp.open("", 5000, 0);
		let frames = 0;
		segment.tap = () => frames++;
		for (let i = 0; i < 5; i++) udp.send(socket, "10.20.0.1", 7, new Uint8Array(9), 0, 9);
		world.run(100);
		expect([frames, ...drops(a.node)]).toEqual([0, "t0 tunnelLoop 5"]);
		expect(first.up).toBe(true);
		// t0 by t1, and that by t0.
		routes.remove(routes.list.find((route) => route.prefix === "192.0.2.0/24")!);
		routes.add({ prefix: "198.51.0.0/16", gateway: "10.0.0.2", interface: a.eth0, metric: 5 });
		world.run(100);
		expect([first.up, second.up]).toEqual([true, true]);
		routes.add({ prefix: "192.0.2.0/24", interface: second });
		routes.add({ prefix: "198.51.100.0/24", interface: first });
		world.run(100);
		frames = 0;
		for (let i = 0; i < 5; i++) udp.send(socket, "10.20.0.1", 7, new Uint8Array(9), 0, 9);
		world.run(100);
		expect([frames, ...drops(a.node)]).toEqual([0, "t0 tunnelLoop 10"]);
		routes.add({ prefix: "192.0.2.1/32", gateway: "10.0.0.2", interface: a.eth0 });
		udp.send(socket, "10.20.0.1", 7, new Uint8Array(9), 0, 9);
		world.run(100);
		expect(frames).toBeGreaterThan(0);
		expect(drops(a.node)).toEqual(["t0 tunnelLoop 10"]);
	});

	it("does not spin: the default route by a tunnel whose other end has no route of its own", () => {
		const { world, a } = two();
		const tunnel = join(a, "t0", "gre", { local: "10.0.0.1", remote: "192.0.2.1", keepalive: { intervalMs: 100, lost: 1 } });
		a.node.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.2", interface: a.eth0, metric: 9 });
		world.run(50);
		expect(tunnel.up).toBe(true);
		a.node.stack.routes.add({ prefix: "192.0.0.0/8", interface: tunnel });
		const { polls } = a.node;
		world.run(1000);
		expect(a.node.polls - polls).toBeLessThan(100);
	});
});

describe("how large a tunnel's packets may be", () => {
	/** A router with hosts behind eth2 and a tunnel by eth1, whose packets are read. */
	function router(
		kind: TunnelKind,
		options: Partial<TunnelOptions> = {},
	): { station: Station; tunnel: TunnelInterface; hear: (packet: Bytes) => void } {
		const station = new Station([["10.0.0.1/24"], ["10.2.0.1/24", "fd00:2::1/64"]], {
			interfaces: 8,
			packets: 32,
			forwarding: true,
		});
		const tunnel = new TunnelInterface("t", kind, { local: "10.0.0.1", remote: "192.0.2.9", ...options });
		const { interfaces, routes } = station.stack;
		routes.add({ prefix: "192.0.0.0/16", gateway: "10.0.0.2", interface: station.ports[0]!.link });
		interfaces.add(tunnel);
		tunnel.addAddress("10.9.0.1/30");
		tunnel.addAddress("fd00:9::1/64");
		routes.add({ prefix: "10.20.0.0/16", interface: tunnel });
		routes.add({ prefix: "fd00:20::/32", interface: tunnel });
		station.world.settle();
		return { station, tunnel, hear: (packet) => station.ports[1]!.ip(packet) };
	}
	const large = (bytes: number, fields: object = {}) =>
		icmp({ source: "10.2.0.9", destination: "10.20.0.1", type: 8, ...fields }, new Uint8Array(bytes - 28));

	it("is told to who sends larger ones, and others go in fragments", () => {
		const { station, tunnel, hear } = router("gre");
		hear(large(1476));
		expect(station.ports[0]!.packets().length).toBe(1);
		hear(large(1477));
		const [error] = station.ports[1]!.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4, rest: 1476 });
		expect(station.ports[0]!.packets()).toEqual([]);
		hear(large(1477, { fragment: 0 }));
		const pieces = station.ports[0]!.packets().map((each) => parsePacket(parseGre(each.ipv4!.payload).payload).ipv4!);
		expect(pieces.map(({ payload }) => payload.length)).toEqual([1456, 1]);
		expect(tunnel.mtu).toBe(1476);
	});

	/** A router on the tunnel's way carries less: it says so of the packet that it got last. */
	function narrower(station: Station, mtu: number, protocol = GRE): void {
		const outer = ipv4({ source: "10.0.0.1", destination: "192.0.2.9", protocol, totalLength: 1500 }, new Uint8Array(8));
		station.ports[0]!.ip(icmp({ source: "10.0.0.2", destination: "10.0.0.1", type: 3, code: 4, rest: mtu }, outer));
	}

	it("follows what routers on its way say, for ten minutes: RFC 2003 §5.1", () => {
		const { station, tunnel, hear } = router("ipip");
		hear(large(1480));
		expect(station.ports[0]!.packets().length).toBe(1);
		narrower(station, 1000, FOUR_IN);
		expect(tunnel.mtu).toBe(980);
		hear(large(980));
		expect(station.ports[0]!.packets().length).toBe(1);
		hear(large(981));
		expect(station.ports[1]!.packets()[0]!.icmp).toMatchObject({ type: 3, code: 4, rest: 980 });
		expect(station.ports[0]!.packets()).toEqual([]);
		station.world.run(599_000);
		expect(tunnel.mtu).toBe(980);
		station.world.run(2000);
		expect(tunnel.mtu).toBe(1480);
	});

	it("is 1,280 at least where it carries IPv6: what the way does not carry then goes in fragments, RFC 4213 §3.2.2", () => {
		const { station, tunnel } = router("sixInFour");
		const six = (bytes: number) =>
			station.ports[1]!.device.inject(
				new Uint8Array([
					...station.ports[1]!.device.mac,
					2,
					0,
					0,
					0,
					0,
					9,
					0x86,
					0xdd,
					...echo6({ source: "fd00:2::9", destination: "fd00:20::1" }, new Uint8Array(bytes - 48)),
				]),
			);
		narrower(station, 576, SIX_IN);
		expect(tunnel.mtu).toBe(1280);
		six(1280);
		const pieces = station.ports[0]!.packets().map((each) => each.ipv4!);
		expect(pieces.length).toBe(3);
		for (const piece of pieces) expect(20 + piece.payload.length).toBeLessThanOrEqual(576);
		expect(pieces.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(1280);
		six(1281);
		station.world.settle();
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(station.drops("t")).toEqual({});
		expect(station.drops("eth2")["tooBig"]).toBe(1);
	});

	it("is no larger than what it was given, and the smallest where its way carries almost nothing", () => {
		const { station, tunnel } = router("ipip", { mtu: 600 });
		expect(tunnel.mtu).toBe(600);
		narrower(station, 700, FOUR_IN);
		expect(tunnel.mtu).toBe(600);
		narrower(station, 68, FOUR_IN);
		expect(tunnel.mtu).toBe(68);
	});

	it.each([
		["ipip", FOUR_IN, 980],
		["gre", GRE, 1280],
	] as const)("shrinks under a connection of ours by %s, which goes on with smaller segments", (kind, protocol, mtu) => {
		const { world, segment, a, b } = two();
		const [tunnel] = both(a, b, kind);
		world.run(3000);
		new EchoServer(b.node);
		const client = new EchoClient(a.node, "10.9.0.2", 300_000);
		expect(world.until(() => client.echoed > 30_000, 60_000)).toBe(true);
		// From here on frames of more than 1,014 bytes vanish, and the router in between says so to the first.
		segment.faults = { delayMs: 1, most: 1014 };
		const quoted = ipv4({ source: "10.0.0.1", destination: "10.0.0.2", protocol, totalLength: 1500 }, gre({}, []));
		const says = icmp(
			{ source: "10.0.0.2", destination: "10.0.0.1", type: 3, code: 4, rest: 1000 },
			new Uint8Array([...quoted, 0, 0, 0, 0]),
		);
		a.port.inject(new Uint8Array([...a.port.mac, ...b.port.mac, 8, 0, ...says]));
		const back = ipv4({ source: "10.0.0.2", destination: "10.0.0.1", protocol, totalLength: 1500 }, gre({}, []));
		const saysBack = icmp(
			{ source: "10.0.0.1", destination: "10.0.0.2", type: 3, code: 4, rest: 1000 },
			new Uint8Array([...back, 0, 0, 0, 0]),
		);
		b.port.inject(new Uint8Array([...b.port.mac, ...a.port.mac, 8, 0, ...saysBack]));
		expect(world.until(() => client.done, 120_000)).toBe(true);
		expect([client.echoed, client.wrong, tunnel!.mtu]).toEqual([300_000, "", mtu]);
	});

	it("TTL 1 ends at the router that the tunnel begins at, and is no matter for its other end", () => {
		const { station, hear } = router("gre");
		hear(large(100, { ttl: 1 }));
		expect(station.ports[1]!.packets()[0]!.icmp).toMatchObject({ type: 11, code: 0 });
		expect(station.ports[0]!.packets()).toEqual([]);
		hear(large(100, { ttl: 2 }));
		const [through] = station.ports[0]!.packets();
		expect(through!.ipv4!.ttl).toBe(64);
		expect(parsePacket(parseGre(through!.ipv4!.payload).payload).ipv4!.ttl).toBe(1);
		// For us with TTL 1 in both headers: it has arrived.
		const inside = icmp({ source: "10.9.0.2", destination: "10.9.0.1", type: 8, ttl: 1 });
		station.ports[0]!.ip(ipv4({ source: "192.0.2.9", destination: "10.0.0.1", protocol: GRE, ttl: 1 }, gre({}, inside)));
		expect(station.ports[0]!.packets().length).toBe(1);
		// For somebody behind us it has not: told through the tunnel.
		const beyond = icmp({ source: "10.9.0.2", destination: "10.2.0.9", type: 8, ttl: 1 });
		station.ports[0]!.ip(ipv4({ source: "192.0.2.9", destination: "10.0.0.1", protocol: GRE }, gre({}, beyond)));
		const [told] = station.ports[0]!.packets();
		expect(parsePacket(parseGre(told!.ipv4!.payload).payload).icmp).toMatchObject({ type: 11 });
		expect(station.ports[1]!.packets()).toEqual([]);
	});

	it("a packet from an address of ours, or of loopback, does not come in by a tunnel", () => {
		const { station } = router("ipip");
		for (const source of ["10.2.0.1", "127.0.0.1", "224.0.0.1"]) {
			const inside = icmp({ source, destination: "10.9.0.1", type: 8 });
			station.ports[0]!.ip(ipv4({ source: "192.0.2.9", destination: "10.0.0.1", protocol: FOUR_IN }, inside));
		}
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(station.drops("t")).toEqual({ ipBadSource: 3 });
	});
});
