// TCP over PPP and SLIP, with compressed headers and with byte errors: every byte right, and nothing held back.

import { describe, expect, it } from "vitest";
import { SerialLine } from "../../../../src/device/serial-line.ts";
import type { Interface } from "../../../../src/link/interface.ts";
import { SlipInterface } from "../../../../src/link/slip.ts";
import { EchoClient, EchoServer } from "../../../support/apps.ts";
import { NullModem, type NullModemOptions } from "../../../support/null-modem.ts";
import { World, type Node } from "../../../support/world.ts";
import { ip, pair } from "./pair.ts";

const A = "10.0.0.1";
const B = "10.0.0.2";
const FAULTS: NullModemOptions = { lose: 0.0001, flip: 0.0001, baud: 921_600 };

interface Ends {
	world: World;
	nodes: [Node, Node];
	links: [Interface, Interface];
	modem: NullModem;
}

function ppp(cable: NullModemOptions, vj: boolean): Ends {
	const { world, a, b, modem, up } = pair({ local: A, remote: B, vj, lcpEchoInterval: 5 }, { vj, defaultRoute: true }, cable);
	expect(up(20_000)).toBe(true);
	return { world, nodes: [a.node, b.node], links: [a.link, b.link], modem };
}

function slip(cable: NullModemOptions, vj: boolean): Ends {
	const world = new World(1); // TCP's checksum overlooks what one seed in thirty flips: nothing below it has one
	const modem = new NullModem(world.clock, world.prng.fork(), cable);
	const end = (name: string, port: typeof modem.a, address: string, peer: string): [Node, Interface] => {
		const node = world.node(name, { packets: 32, sockets: { tcp: 4 } });
		const link = new SlipInterface("sl0", new SerialLine(port), { peer, vj });
		node.stack.interfaces.add(link);
		link.addAddress(`${address}/32`);
		return [node, link];
	};
	const a = end("a", modem.a, A, B);
	const b = end("b", modem.b, B, A);
	return { world, nodes: [a[0], b[0]], links: [a[1], b[1]], modem };
}

/** Moves so many bytes there and back; answers how many bytes went over the cable. */
function transfer({ world, nodes, links, modem }: Ends, bytes: number): number {
	const free = nodes.map((node) => node.stack.core.pool.free);
	const server = new EchoServer(nodes[1]);
	const before = modem.a.written + modem.b.written;
	const clients = [bytes, bytes / 2].map((total) => new EchoClient(nodes[0], ip(B), total));
	world.until(() => clients.every((client) => client.done || client.ended), 600_000);
	const wire = modem.a.written + modem.b.written - before;
	for (const client of clients) {
		expect(client.wrong).toBe("");
		expect(client.error).toBe("");
		expect(client.done).toBe(true);
		client.close();
	}
	server.close();
	world.run(200_000);
	for (const link of links) expect(link.up).toBe(true);
	expect(nodes.map((node) => node.stack.core.pool.free)).toEqual(free);
	return wire;
}

describe.each([
	["PPP", ppp],
	["SLIP", slip],
] as const)("%s", (_name, make) => {
	it("carries TCP, and compressed headers make it less", () => {
		const plain = transfer(make({ baud: 921_600 }, false), 60_000);
		const compressed = transfer(make({ baud: 921_600 }, true), 60_000);
		expect(compressed).toBeLessThan(plain - 2000);
	});

	it.each([false, true])("carries TCP while bytes are lost and flipped, compressed headers: %s", (vj) => {
		const ends = make(FAULTS, vj);
		transfer(ends, 60_000);
		const counters = ends.links.map((link) => link.device.counters!);
		if (make === ppp) expect(counters[0]!["badFcs"]! + counters[1]!["badFcs"]!).toBeGreaterThan(5);
	});

	it("with compressed headers lets nothing go when the link is taken away in mid-traffic", () => {
		const ends = make({ baud: 19_200 }, true);
		const [a] = ends.nodes;
		const free = a.stack.core.pool.free;
		const client = new EchoClient(a, ip(B), 60_000);
		ends.world.run(500);
		ends.modem.setLink(false);
		ends.world.run(500);
		client.abort();
		ends.world.run(1000);
		expect(a.stack.core.pool.free).toBe(free);
		a.stack.interfaces.remove(ends.links[0]);
		ends.world.run(1000);
		expect(a.stack.core.pool.free).toBeGreaterThan(free);
	});
});
