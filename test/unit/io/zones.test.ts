// Literals with zones, RFC 4007 §11: two links on which a host has one and the same link-local address.

import { describe, expect, it } from "vitest";
import { createIO, type IO } from "../../../src/io/io.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import { RawSocket } from "../../../src/io/raw.ts";
import { World, type Node } from "../../support/world.ts";
import { ascii, text } from "./pair.ts";

const PEER = "fe80::2";

interface Scene {
	world: World;
	here: Node;
	io: IO;
	/** Behind eth0 and eth1, both with that address. */
	peers: { node: Node; io: IO }[];
}

function scene(): Scene {
	const world = new World(1);
	const here = world.node("here", { sockets: { icmp: 4, raw: 2 } });
	const peers = [0, 1].map((i) => {
		const segment = world.segment();
		here.ethernet(`eth${i}`, segment.port({ mac: 1 + i }), `10.${i}.0.1/24`, `fe80::1${i}/64`);
		const node = world.node(`peer${i}`, { sockets: { raw: 1 } });
		node.ethernet("lan", segment.port({ mac: 11 + i }), `10.${i}.0.2/24`, `${PEER}/64`);
		return { node, io: createIO(node.stack) };
	});
	world.run(10);
	return { world, here, io: createIO(here.stack), peers };
}

describe("a zone", () => {
	it("says by which interface TCP connects, and is told of both ends", () => {
		const { world, io, peers } = scene();
		const accepted = peers.map((peer) => new peer.io.Listener({ port: 80 }));
		const clients = [0, 1].map((i) => new io.TCP({ address: `${PEER}%eth${i}`, port: 80 }));
		world.run(1000);
		for (const [i, listener] of accepted.entries()) {
			const server = listener.read()!;
			expect([server.remoteAddress, server.localAddress]).toEqual([`fe80::1${i}%lan`, `${PEER}%lan`]);
			expect(listener.read()).toBeUndefined();
			server.write(ascii(`from ${i}`));
		}
		world.run(100);
		for (const [i, client] of clients.entries()) {
			expect(client.interface).toBe(`eth${i}`);
			expect([client.remoteAddress, client.localAddress]).toEqual([`${PEER}%eth${i}`, `fe80::1${i}%eth${i}`]);
			expect(text(client.read())).toBe(`from ${i}`);
		}
		expect(new io.TCP({ host: `${PEER}%eth1`, port: 80, interface: "eth1" } as never).interface).toBe("eth1");
	});

	it("tells connections that two hosts of one address make", () => {
		const { world, io, peers } = scene();
		const listener = new io.Listener({ port: 80 });
		for (const [i, peer] of peers.entries()) new peer.io.TCP({ address: `fe80::1${i}%lan`, port: 80 });
		world.run(1000);
		const ends = [listener.read()!, listener.read()!].map((socket) => `${socket.remoteAddress} ${socket.localAddress}`);
		expect(ends.sort()).toEqual(["fe80::2%eth0 fe80::10%eth0", "fe80::2%eth1 fe80::11%eth1"]);
	});

	it("says where a datagram goes, and whence one came; its sender's address answers it", () => {
		const { world, io, peers } = scene();
		const servers = peers.map((peer) => new peer.io.UDP({ port: 7 }));
		const client = new io.UDP({ port: 5000 });
		const heard: string[] = [];
		for (let round = 0; round < 3; round++) {
			for (const i of [0, 1, 1]) client.write(ascii(`to ${i}`), `${PEER}%eth${i}`, 7);
			world.run(50);
			for (const [i, server] of servers.entries())
				for (let data = server.read(); data !== undefined; data = server.read()) {
					expect([data.address, data.localAddress, data.interface]).toEqual([`fe80::1${i}%lan`, `${PEER}%lan`, "lan"]);
					expect(text(data)).toBe(`to ${i}`);
					server.write(ascii(`back ${i}`), data.address, data.port);
				}
			world.run(50);
			for (let data = client.read(); data !== undefined; data = client.read()) {
				heard.push(`${data.address} ${data.localAddress} ${data.interface} ${text(data)}`);
				client.write(ascii("again"), data.address, data.port, data);
			}
			world.run(50);
			for (const [i, server] of servers.entries()) {
				let again = 0;
				for (let data = server.read(); data !== undefined; data = server.read()) if (text(data) === "again") again++;
				expect(again).toBe(1 + i);
			}
		}
		const from = (i: number) => `${PEER}%eth${i} fe80::1${i}%eth${i} eth${i} back ${i}`;
		expect(heard.sort()).toEqual([from(0), from(0), from(0), ...Array.from({ length: 6 }, () => from(1))]);
	});

	it("says where a raw packet goes, and whence one came", () => {
		const { world, here, peers } = scene();
		const raws = peers.map((peer) => new RawSocket(peer.node.stack, { protocol: 99 }));
		const socket = new RawSocket(here.stack, { protocol: 99 });
		for (const i of [1, 0]) socket.write(ascii(`to ${i}`), `${PEER}%eth${i}`);
		socket.write(ascii("from"), PEER, { source: "fe80::11%eth1" });
		world.run(2000);
		for (const [i, raw] of raws.entries())
			for (let data = raw.read(); data !== undefined; data = raw.read()) {
				expect([data.source, data.destination]).toEqual([`fe80::1${i}%lan`, `${PEER}%lan`]);
				expect(text(data)).toBe(i === 1 && text(data) === "from" ? "from" : `to ${i}`);
				raw.write(ascii(`back ${i}`), data.source);
			}
		world.run(2000);
		const heard: string[] = [];
		for (let data = socket.read(); data !== undefined; data = socket.read()) heard.push(`${data.source} ${text(data)}`);
		expect(heard.sort()).toEqual([`${PEER}%eth0 back 0`, `${PEER}%eth1 back 1`, `${PEER}%eth1 back 1`]);
		expect(() => socket.write(ascii("x"), `${PEER}%eth0`, { interface: "eth1" })).toThrow("expected one behind eth1");
		const bound = new RawSocket(here.stack, { protocol: 98, address: "fe80::11%eth1" });
		expect(() => bound.write(ascii("x"), `${PEER}%eth0`)).toThrow("expected one behind eth1");
	});

	it("binds a UDP socket and a Listener to address and interface", () => {
		const { io } = scene();
		const socket = new io.UDP({ port: 7, address: "fe80::11%eth1" });
		const listener = new io.Listener({ port: 80, address: "fe80::11%eth1" });
		expect([socket.address, socket.interface, listener.address, listener.interface]).toEqual([
			"fe80::11%eth1",
			"eth1",
			"fe80::11%eth1",
			"eth1",
		]);
		expect(() => socket.write(ascii("x"), `${PEER}%eth0`, 7)).toThrow(RangeError);
		expect(() => new io.UDP({ address: "fe80::11%eth1", interface: "eth0" })).toThrow(
			'interface "eth0": expected "eth1", as the address says',
		);
	});

	it("says by which interface is pinged, and is told with replies", () => {
		const { world, here } = scene();
		const replies: string[] = [];
		for (const option of ["address", "host"])
			for (const i of [0, 1]) {
				const ping = new PingSocket(here.stack, {
					[option]: `${PEER}%eth${i}`,
					count: 1,
					onReply: (reply: { address: string }) => void replies.push(reply.address),
				} as never);
				expect(ping.address).toBe(`${PEER}%eth${i}`);
			}
		world.run(100);
		expect(replies.sort()).toEqual([`${PEER}%eth0`, `${PEER}%eth0`, `${PEER}%eth1`, `${PEER}%eth1`]);
	});

	it.each([
		["fe80::2%eth7", '"fe80::2%eth7": there is no interface "eth7"; expected one of lo, eth0, eth1'],
		["fe80::2%", '"fe80::2%": there is no interface ""; expected one of lo, eth0, eth1'],
		["2001:db8::2%eth0", '"2001:db8::2%eth0": expected a zone only behind an address of one link'],
		["10.0.0.2%eth0", '"10.0.0.2%eth0": expected a zone only behind an address of one link'],
	])("in %j is refused", (address, message) => {
		const { io, here } = scene();
		const socket = new io.UDP({});
		for (const action of [
			() => new io.TCP({ address, port: 80 }),
			() => new io.UDP({ address }),
			() => new io.Listener({ address }),
			() => socket.write(ascii("x"), address, 7),
			() => new PingSocket(here.stack, { address }),
			() => new PingSocket(here.stack, { host: address }),
		]) {
			expect(action).toThrow(RangeError);
			expect(action).toThrow(message);
		}
	});

	it("is that of another interface than the one that is asked for: refused, and one that is gone is not remembered", () => {
		const { io, here } = scene();
		expect(() => new io.TCP({ address: `${PEER}%eth1`, port: 80, interface: "eth0" })).toThrow(
			`address "${PEER}%eth1": expected one behind eth0, the interface of the socket`,
		);
		const socket = new io.UDP({});
		expect(() => socket.write(ascii("x"), `${PEER}%eth1`, 7, { interface: "eth0" })).toThrow(
			'interface "eth0": expected "eth1", as the address says',
		);
		socket.write(ascii("x"), `${PEER}%eth1`, 7);
		here.stack.interfaces.remove(here.stack.interfaces.find("eth1")!);
		expect(() => socket.write(ascii("x"), `${PEER}%eth1`, 7)).toThrow('there is no interface "eth1"');
	});
});
