// What becomes of packets that are not for the interface they came in by: forwarding (RFC 1812), weak and strong hosts (RFC 1122
// §3.3.4.2), reverse path (RFC 3704).

import { describe, expect, it } from "vitest";
import { ICMP, icmp, ip, ipText, udp, UDP, type UdpFields } from "../../support/frames.ts";
import { Station, type Port } from "../../support/station.ts";

const HOST = "10.0.0.5";
const FAR = "10.1.0.7";

function router(options = {}, mtus: number[] = []): { station: Station; left: Port; right: Port } {
	const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { forwarding: true, ...options }, mtus);
	const [left, right] = station.ports;
	return { station, left: left!, right: right! };
}

function datagram(fields: Partial<UdpFields>, length = 10) {
	return udp({ source: HOST, destination: FAR, sourcePort: 5, destinationPort: 6, ...fields }, new Uint8Array(length));
}

/** ICMP errors that were sent, as "type code to address about destination". */
function errors(port: Port): string[] {
	return port
		.packets()
		.filter((parsed) => parsed.ipv4!.protocol === ICMP)
		.map(
			({ icmp, ipv4 }) =>
				`${icmp!.type} ${icmp!.code} to ${ipText(ipv4!.destination)} about ${icmp!.payload.slice(16, 20).join(".")}`,
		);
}

describe("a router", () => {
	it("sends on, with one less to live and the rest as it was", () => {
		const { left, right } = router();
		left.ip(datagram({ ttl: 9, tos: 0x2c, id: 77, options: [1, 1, 1, 0] }));
		const [sent] = right.packets();
		expect(sent!.ipv4).toMatchObject({ source: ip(HOST), destination: ip(FAR), ttl: 8, tos: 0x2c, id: 77 });
		expect(sent!.udp!.payload.length).toBe(10);
		expect(left.packets()).toEqual([]);
	});

	it("tells the sender when the time to live has run out, and counts it", () => {
		const { station, left, right } = router();
		left.ip(datagram({ ttl: 1 }));
		left.ip(datagram({ ttl: 0 }));
		expect(errors(left)).toEqual([`11 0 to ${HOST} about ${FAR}`, `11 0 to ${HOST} about ${FAR}`]);
		expect(right.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ttlExpired: 2 });
	});

	it("sends nothing on that is of one link, 169.254.0.0/16: RFC 3927 §2.7", () => {
		const { station, left, right } = router();
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.9", interface: right.link });
		left.ip(datagram({ source: "169.254.1.2" }));
		left.ip(datagram({ destination: "169.254.1.2" }));
		left.ip(datagram({ destination: "8.8.8.8" }));
		expect(right.packets().map(({ ipv4 }) => ipText(ipv4!.destination))).toEqual(["8.8.8.8"]);
		expect(left.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ipNotLocal: 2 });
	});

	it("tells the sender when there is no route", () => {
		const { station, left } = router();
		left.ip(datagram({ destination: "30.0.0.1" }));
		expect(errors(left)).toEqual([`3 0 to ${HOST} about 30.0.0.1`]);
		expect(station.drops("eth1")).toEqual({ noRoute: 1 });
	});

	it("tells the sender when the last hop does not answer ARP", () => {
		const { station, left, right } = router();
		right.answersArp = false;
		left.ip(datagram({}));
		station.world.run(10_000);
		expect(errors(left)).toEqual([`3 1 to ${HOST} about ${FAR}`]);
	});

	it("tells the sender the MTU of the way when a packet is too long for it and must not be fragmented", () => {
		const { station, left, right } = router({}, [1500, 600]);
		left.ip(datagram({}, 572));
		expect(right.packets().length).toBe(1);
		left.ip(datagram({}, 573));
		const [error] = left.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 4 });
		expect(error!.icmp!.rest & 0xffff).toBe(600);
		expect(right.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ tooBig: 1 });
	});

	it.each([
		["once", 1000, 600, 0, ["576 0+", "432 576"]],
		["in as many as it takes", 1000, 296, 0, ["272 0+", "272 272+", "272 544+", "192 816"]],
		["that is a fragment itself, the last one", 1000, 600, 0x0010, ["576 128+", "432 704"]],
		["that is another fragment", 992, 600, 0x2010, ["576 128+", "424 704+"]],
	])("fragments a packet %s, RFC 1812 §4.2.2.7", (_what, length, mtu, fragment, expected) => {
		const { station, left, right } = router({}, [1500, mtu]);
		// The neighbour is known: no more than three packets would wait for it.
		left.ip(datagram({}));
		right.packets();
		const packet = datagram({ fragment, ttl: 9, tos: 0x2c, id: 77 }, length);
		left.ip(packet);
		const sent = right.packets();
		const told = ({ payload, fragment: bits }: { payload: Uint8Array; fragment: number }) =>
			`${payload.length} ${(bits & 0x1fff) * 8}${(bits & 0x2000) !== 0 ? "+" : ""}`;
		expect(sent.map(({ ipv4 }) => told(ipv4!))).toEqual(expected);
		for (const { ipv4 } of sent) expect(ipv4).toMatchObject({ source: ip(HOST), ttl: 8, tos: 0x2c, id: 77, protocol: UDP });
		expect(sent.flatMap(({ ipv4 }) => [...ipv4!.payload])).toEqual([...packet.subarray(20)]);
		expect(left.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({});
		expect(station.stack.core.pool.free).toBe(router({}, [1500, mtu]).station.stack.core.pool.free);
	});

	it("copies those options into all fragments that say so, RFC 791 §3.1", () => {
		const { left, right } = router({}, [1500, 600]);
		// Record route, which is in the first alone; a security option, which is in all.
		const route = [7, 7, 4, 0, 0, 0, 0];
		const security = [130, 4, 1, 2];
		left.ip(datagram({ fragment: 0, options: [...route, ...security, 0] }, 1000));
		const sent = right.packets();
		expect(sent.map(({ ipv4 }) => [...ipv4!.options])).toEqual([
			[...route, ...security, 0],
			[1, 1, 1, 1, 1, 1, 1, ...security, 0],
		]);
		expect(sent.map(({ ipv4 }) => ipv4!.payload.length)).toEqual([568, 440]);
	});

	it("sends none of the fragments for which it has not packets enough", () => {
		const { station, left, right } = router({ packets: 8 }, [1500, 100]);
		left.ip(datagram({ fragment: 0 }, 1000));
		expect(right.packets()).toEqual([]);
		expect(station.drops("eth2")).toEqual({ noPacketBuffer: 1 });
		left.ip(datagram({ fragment: 0 }, 150));
		expect(right.packets().length).toBe(2);
	});

	it.each([
		["to a broadcast address of the link", { to: new Uint8Array([255, 255, 255, 255, 255, 255]) }, {}],
		["to 0.0.0.0/8", {}, { destination: "0.0.0.9" }],
		["from 0.0.0.0/8", {}, { source: "0.0.0.0" }],
		["to 127.0.0.0/8", {}, { destination: "127.0.0.1" }],
		["from 127.0.0.0/8", {}, { source: "127.0.0.1" }],
		["from a group", {}, { source: "224.0.0.1" }],
		["from an address of its own", {}, { source: "10.1.0.1" }],
	])("does not send on what comes %s, and says nothing", (_what, frame, fields) => {
		const { left, right } = router();
		left.ip(datagram(fields), frame);
		expect(right.packets()).toEqual([]);
		expect(left.packets()).toEqual([]);
	});

	it("with the reverse path filter drops what comes by another way than the answer would go", () => {
		const { station, left, right } = router({ reversePathFilter: true });
		left.ip(datagram({ source: "10.1.0.99" }));
		left.ip(datagram({ source: "40.0.0.1" }));
		expect(right.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ reversePath: 2 });
		left.ip(datagram({}));
		expect(right.packets().length).toBe(1);
	});

	it("tells the source of what comes by another way nothing, be its time to live over too: it is likely forged", () => {
		const { station, left, right } = router({ reversePathFilter: true });
		left.ip(datagram({ source: "10.1.0.99", ttl: 1 }));
		expect(right.packets()).toEqual([]);
		expect(left.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ reversePath: 1 });
	});

	it("keeps nothing: a thousand packets leave the pool as it was", () => {
		const { station, left, right } = router();
		const free = station.stack.core.pool.free;
		for (let i = 0; i < 1000; i++) left.ip(datagram({ destination: `10.1.0.${2 + (i % 3)}` }, i % 1400));
		expect(right.packets().length).toBe(1000);
		expect(station.stack.core.pool.free).toBe(free);
	});
});

describe("a host", () => {
	it("does not forward, and counts what was not for it", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
		const [left, right] = station.ports;
		left!.ip(datagram({}));
		expect(right!.packets()).toEqual([]);
		expect(left!.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ipNotLocal: 1 });
	});

	it("by the weak model takes packets for an address of another interface", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
		const socket = station.stack.udp.open("", 6, 0);
		station.ports[0]!.ip(datagram({ destination: "10.1.0.1" }));
		expect(station.stack.udp.pending(socket)).toBe(1);
	});

	it("by the strong model refuses them", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { strongHost: true });
		const socket = station.stack.udp.open("", 6, 0);
		station.ports[0]!.ip(datagram({ destination: "10.1.0.1" }));
		expect(station.stack.udp.pending(socket)).toBe(0);
		expect(station.drops("eth1")).toEqual({ ipStrongHost: 1 });
	});
});

describe("an error message", () => {
	it("quotes the packet as it came, with as much of it as fits 576 bytes", () => {
		const station = new Station([["10.0.0.1/24"]]);
		const [port] = station.ports;
		const packet = udp(
			{ source: HOST, destination: "10.0.0.1", sourcePort: 5, destinationPort: 6 },
			new Uint8Array(1000).fill(7),
		);
		port!.ip(packet);
		const [error] = port!.packets();
		expect(error!.icmp).toMatchObject({ type: 3, code: 3 });
		expect(error!.ipv4!.source).toBe(ip("10.0.0.1"));
		expect(error!.icmp!.payload).toEqual(packet.slice(0, 576 - 28));
	});

	it("comes about ten times a second, after a burst of about ten", () => {
		const station = new Station([["10.0.0.1/24"]], { packets: 64 });
		const [port] = station.ports;
		/** Errors that came of forty datagrams, after a pause of `ms`. */
		const flood = (ms: number): number => {
			station.world.run(ms);
			for (let i = 0; i < 40; i++) port!.ip(datagram({ destination: "10.0.0.1" }));
			return port!.packets().length;
		};
		const first = flood(0);
		expect(station.drops("eth1")).toEqual({ udpNoSocket: 40, icmpRateLimited: 40 - first });
		const mean = (ms: number) => Array.from({ length: 25 }, () => flood(ms)).reduce((sum, count) => sum + count, 0) / 25;
		expect(mean(500)).toBeGreaterThan(4.5);
		expect(mean(500)).toBeLessThan(7);
		expect(mean(2000)).toBeGreaterThan(9.5);
		expect(mean(2000)).toBeLessThan(12);
	});

	it("does not tell which ports are closed of those that a look-up may have, while there is one: RFC 5452 §9.2", () => {
		const station = new Station([["10.0.0.1/24"]]);
		const [port] = station.ports;
		const told = (destinationPort: number) => {
			station.world.run(2000);
			port!.ip(datagram({ destination: "10.0.0.1", destinationPort }));
			return port!.packets().length;
		};
		expect([told(40_000), told(6)]).toEqual([1, 1]);
		const question = station.stack.udp.openService(0, 0);
		expect([told(40_000), told(question.localPort), told(6)]).toEqual([0, 0, 1]);
		station.stack.udp.close(question);
		expect(told(40_000)).toBe(1);
	});

	it("does not tell by how many are left whether another was sent: CVE-2020-25705", () => {
		const station = new Station([["10.0.0.1/24"]], { packets: 64 });
		const [port] = station.ports;
		station.stack.udp.open("", 6000, 0);
		const counts = new Set<number>();
		let differ = 0;
		for (let round = 0; round < 60; round++) {
			// A stranger under others' names tries ten ports, one of them open in every second round, and counts then what is left for his own.
			station.world.run(2000);
			const open = round % 2 === 1;
			for (let i = 0; i < 10; i++)
				port!.ip(
					datagram({ source: `10.0.0.${20 + i}`, destination: "10.0.0.1", destinationPort: open && i === 4 ? 6000 : 7000 + i }),
				);
			port!.packets();
			for (let i = 0; i < 20; i++) port!.ip(datagram({ destination: "10.0.0.1" }));
			const left = port!.packets().length;
			counts.add(left);
			if (left > 0 !== open) differ++;
		}
		expect(counts.size).toBeGreaterThan(3);
		expect(differ).toBeGreaterThan(10);
	});

	it.each([
		["to a broadcast address", { destination: "10.0.0.255" }, {}],
		["to the broadcast address of the link", { destination: "10.0.0.1" }, { to: new Uint8Array([255, 255, 255, 255, 255, 255]) }],
		["to a group", { destination: "224.0.0.1" }, { to: new Uint8Array([1, 0, 0x5e, 0, 0, 1]) }],
		["that is a later fragment", { destination: "10.0.0.1", fragment: 0x0010 }, {}],
		["from nobody", { destination: "10.0.0.1", source: "0.0.0.0" }, {}],
	])("is not sent about a packet %s: RFC 1122 §3.2.2", (_what, fields, frame) => {
		const station = new Station([["10.0.0.1/24"]]);
		station.ports[0]!.ip(datagram(fields), frame);
		expect(station.ports[0]!.packets()).toEqual([]);
		// Of a fragment the rest is waited for.
		if (_what === "that is a later fragment") station.world.run(61_000);
		expect(Object.keys(station.drops("eth1")).length).toBe(1);
		expect(station.ports[0]!.packets()).toEqual([]);
	});

	it.each([3, 4, 5, 11, 12])("is not sent about an error message, type %d", (type) => {
		const { station, left, right } = router();
		left.ip(icmp({ source: HOST, destination: FAR, type, ttl: 1 }, datagram({}).slice(0, 28)));
		expect(left.packets()).toEqual([]);
		expect(right.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ttlExpired: 1 });
	});

	it("is sent about an echo request", () => {
		const { left } = router();
		left.ip(icmp({ source: HOST, destination: FAR, type: 8, ttl: 1 }));
		expect(errors(left)).toEqual([`11 0 to ${HOST} about ${FAR}`]);
	});
});
