// UDP sockets: which one hears a datagram, from where one sends, what does not fit. RFC 768, RFC 1122 §4.1.

import { describe, expect, it } from "vitest";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import { BROADCAST_MAC, ip, ipText, udp } from "../../support/frames.ts";
import { Station } from "../../support/station.ts";

const PEER = "10.0.0.2";

function stationOf(options = {}): Station {
	return new Station([["10.0.0.1/24", "10.0.0.9/24"], ["10.1.0.1/24"]], options);
}

function arrive(
	station: Station,
	index: number,
	destination: string,
	port: number,
	length = 4,
	source = `10.${index}.0.2`,
): void {
	const link = destination.endsWith("255") ? { to: BROADCAST_MAC } : {};
	station.ports[index]!.ip(
		udp({ source, destination, sourcePort: 9, destinationPort: port }, new Uint8Array(length).fill(port)),
		link,
	);
}

function read(station: Station, socket: UdpSocket): { from: string; bytes: number[] } | undefined {
	const buffer = new Uint8Array(2000);
	const length = station.stack.udp.read(socket, buffer, 0, buffer.length);
	if (length < 0) return undefined;
	return { from: `${socket.fromAddress}:${socket.fromPort}`, bytes: Array.from(buffer.subarray(0, length)) };
}

describe("a datagram that comes in", () => {
	it("reaches a socket bound to no address by every interface", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 53, 0);
		arrive(station, 0, "10.0.0.1", 53);
		arrive(station, 0, "10.0.0.9", 53);
		arrive(station, 1, "10.1.0.1", 53);
		expect(station.stack.udp.pending(socket)).toBe(3);
		expect(read(station, socket)).toEqual({ from: "10.0.0.2:9", bytes: [53, 53, 53, 53] });
		read(station, socket);
		expect(read(station, socket)!.from).toBe("10.1.0.2:9");
		expect(read(station, socket)).toBeUndefined();
	});

	it("reaches the socket that is bound most narrowly", () => {
		const station = stationOf();
		const { udp: layer } = station.stack;
		const slot = station.ports[0]!.link.slot;
		const any = layer.open("", 53, 0);
		const address = layer.open("10.0.0.1", 53, 0);
		const link = layer.open("", 53, slot);
		const both = layer.open("10.0.0.1", 53, slot);
		const counts = () => [any, address, link, both].map((socket) => layer.pending(socket));
		arrive(station, 0, "10.0.0.1", 53);
		expect(counts()).toEqual([0, 0, 0, 1]);
		layer.close(both);
		arrive(station, 0, "10.0.0.1", 53);
		expect(counts().slice(0, 3)).toEqual([0, 0, 1]);
		layer.close(link);
		arrive(station, 0, "10.0.0.1", 53);
		expect(counts().slice(0, 2)).toEqual([0, 1]);
		arrive(station, 1, "10.1.0.1", 53);
		expect(counts().slice(0, 2)).toEqual([1, 1]);
	});

	it("reaches a socket bound to an interface by that one only", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 53, station.ports[1]!.link.slot);
		arrive(station, 0, "10.0.0.1", 53);
		expect(station.stack.udp.pending(socket)).toBe(0);
		expect(station.drops("eth1")).toEqual({ udpNoSocket: 1 });
		arrive(station, 1, "10.1.0.1", 53);
		expect(station.stack.udp.pending(socket)).toBe(1);
	});

	it.each(["10.0.0.255", "255.255.255.255"])("for %s reaches a socket bound to no address", (destination) => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 53, 0);
		arrive(station, 0, destination, 53);
		expect(station.stack.udp.pending(socket)).toBe(1);
	});

	it("for a group reaches those that joined it, on the interface where they did", () => {
		const station = stationOf();
		const { udp: layer } = station.stack;
		const socket = layer.open("", 5353, 0);
		const group = ip("224.0.0.251");
		const to = { to: new Uint8Array([1, 0, 0x5e, 0, 0, 251]) };
		const send = (index: number) =>
			station.ports[index]!.ip(
				udp({ source: `10.${index}.0.2`, destination: group, sourcePort: 5353, destinationPort: 5353 }),
				to,
			);
		send(0);
		expect(layer.pending(socket)).toBe(0);
		layer.groups.join(station.ports[0]!.link, ipText(group));
		send(0);
		send(1);
		expect(layer.pending(socket)).toBe(1);
		layer.groups.leave(station.ports[0]!.link, ipText(group));
		send(0);
		expect(layer.pending(socket)).toBe(1);
	});

	it("is counted when the socket's queue is full, and room comes back by reading", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 53, 0);
		for (let i = 0; i < 100; i++) arrive(station, 0, "10.0.0.1", 53, 1400);
		const kept = station.stack.udp.pending(socket);
		expect(kept).toBeGreaterThan(0);
		expect(station.drops("eth1")).toEqual({ udpQueueFull: 100 - kept });
		read(station, socket);
		arrive(station, 0, "10.0.0.1", 53, 1400);
		expect(station.stack.udp.pending(socket)).toBe(kept);
	});

	it("with a wrong checksum is counted; without one it is taken", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 53, 0);
		const fields = { source: PEER, destination: "10.0.0.1", sourcePort: 9, destinationPort: 53 };
		station.ports[0]!.ip(udp({ ...fields, udpChecksum: 0x1234 }, [1, 2]));
		station.ports[0]!.ip(udp({ ...fields, udpChecksum: 0 }, [1, 2]));
		expect(station.drops("eth1")).toEqual({ udpChecksum: 1 });
		expect(station.stack.udp.pending(socket)).toBe(1);
	});
});

describe("a datagram that goes out", () => {
	it("comes from the address of the interface it leaves by, unless the socket has one", () => {
		const station = stationOf();
		const { udp: layer } = station.stack;
		const any = layer.open("", 1000, 0);
		const bound = layer.open("10.0.0.9", 1001, 0);
		layer.send(any, PEER, 7, new Uint8Array(3), 0, 3);
		layer.send(bound, PEER, 7, new Uint8Array(3), 0, 3);
		layer.send(any, "10.1.0.2", 7, new Uint8Array(3), 0, 3);
		const sources = (index: number) =>
			station.ports[index]!.packets().map(({ ipv4, udp: one }) => `${ipText(ipv4!.source)}:${one!.sourcePort}`);
		expect(sources(0)).toEqual(["10.0.0.1:1000", "10.0.0.9:1001"]);
		expect(sources(1)).toEqual(["10.1.0.1:1000"]);
	});

	it("may be sent to everybody on the subnet", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 1000, station.ports[1]!.link.slot);
		for (const to of ["10.1.0.255", "255.255.255.255"]) station.stack.udp.send(socket, to, 7, new Uint8Array(3), 0, 3);
		const sent = station.ports[1]!.packets();
		expect(sent.map((parsed) => parsed.destinationMac)).toEqual([BROADCAST_MAC, BROADCAST_MAC]);
		expect(station.ports[0]!.packets()).toEqual([]);
	});

	it("takes a part of a buffer, and nothing", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 1000, 0);
		station.stack.udp.send(socket, PEER, 7, new Uint8Array([1, 2, 3, 4, 5]), 1, 3);
		station.stack.udp.send(socket, PEER, 7, new Uint8Array(0), 0, 0);
		expect(station.ports[0]!.packets().map((parsed) => [...parsed.udp!.payload])).toEqual([[2, 3, 4], []]);
	});

	it("reaches our own sockets over the loopback interface, by any of our addresses", () => {
		const station = stationOf();
		const { udp: layer } = station.stack;
		const server = layer.open("", 53, 0);
		const client = layer.open("", 0, 0);
		for (const to of ["127.0.0.1", "10.0.0.9", "10.1.0.1"]) {
			layer.send(client, to, 53, new Uint8Array([1]), 0, 1);
			station.world.settle();
			expect(read(station, server)).toEqual({ from: `${to}:${client.localPort}`, bytes: [1] });
		}
		expect(station.ports.flatMap((port) => port.packets())).toEqual([]);
	});

	it("is refused when it is too long, or leads nowhere", () => {
		const station = stationOf();
		const socket = station.stack.udp.open("", 1000, 0);
		const send = (to: string, length: number) => () => station.stack.udp.send(socket, to, 7, new Uint8Array(9000), 0, length);
		expect(send(PEER, 1472)).not.toThrow();
		// Six fragments' worth, of 16 packets: RFC 791 §3.2.
		expect(send(PEER, 8872)).not.toThrow();
		expect(send(PEER, 8873)).toThrow(/datagram of 8873 bytes: expected at most 8872; the option "packets"/);
		expect(send("8.8.8.8", 1)).toThrow(/no route/);
	});
});

describe("ports", () => {
	it("are given to one socket each, per address and interface", () => {
		const station = stationOf();
		const { udp: layer } = station.stack;
		const first = layer.open("", 53, 0);
		expect(() => layer.open("", 53, 0)).toThrow(/UDP port 53 is in use/);
		layer.open("", 53, station.ports[0]!.link.slot);
		layer.close(first);
		layer.open("", 53, 0);
	});

	it("are chosen from 49152 on, each differently", () => {
		const station = stationOf({ sockets: { udp: 50 } });
		const chosen = new Set(Array.from({ length: 50 }, () => station.stack.udp.open("", 0, 0).localPort));
		expect(chosen.size).toBe(50);
		expect(Math.min(...chosen)).toBeGreaterThanOrEqual(49_152);
		expect(() => station.stack.udp.open("", 0, 0)).toThrow(/all 50 UDP sockets are in use; raise the option "sockets\.udp"/);
	});
});
