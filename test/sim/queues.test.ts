// Bufferbloat: four connections fill an uplink of 1 Mbit/s, and pings pass by it. With queues by flows 95 % of them take no longer than twice what they take by an empty line, and a packet.
// RFC 8289, RFC 8290. SEED for another run.

import { describe, expect, it } from "vitest";
import { PingSocket } from "../../src/io/ping.ts";
import { FlowQueue, type FlowQueueOptions } from "../../src/service/queue/queue.ts";
import { statusOf } from "../../src/status/status.ts";
import { EchoClient, EchoServer } from "../support/apps.ts";
import { envNumber } from "../support/env.ts";
import type { QueueDevice } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";

const SEED = envNumber("SEED", 1);
const BITS_PER_MS = 1000;
/** Each way, behind the uplink. */
const DELAY_MS = 20;
/** A full packet of Ethernet on the line. */
const PACKET_MS = (1514 * 8) / BITS_PER_MS;
const LARGE = { packets: 96, neighbors: 16, sockets: { tcp: 16, udp: 2, receiveBuffer: 32_768, sendBuffer: 32_768 } };
const SERVER = "10.9.0.5";

/** The device takes one frame at a time, and has sent it when the line has carried it; `behind`: frames that it takes before, as a modem does. */
function slow(world: World, device: QueueDevice, behind: number): void {
	const send = device.onSend!;
	let idleAt = 0;
	device.onSend = (frame) => {
		idleAt = Math.max(idleAt, world.clock.now) + (frame.length * 8) / BITS_PER_MS;
		world.clock.at(idleAt, () => send(frame));
		const room = idleAt - behind * PACKET_MS;
		if (room <= world.clock.now) return;
		device.setBusy(true);
		world.clock.at(room, () => device.setBusy(false));
	};
}

interface Bench {
	world: World;
	board: Node;
	hosts: Node[];
	queue: FlowQueue | undefined;
}

/** Hosts, a board that forwards for them, and a server behind its slow uplink. */
function begin(queue: FlowQueueOptions | undefined, { numbered = false, behind = 0 } = {}): Bench {
	const world = new World(SEED);
	const lan = world.segment();
	const wan = world.segment({ delayMs: DELAY_MS });
	const board = world.node("board", { ...LARGE, forwarding: true, interfaces: 4 });
	board.ethernet("eth0", lan.port({ mac: 1, numbered }), "10.0.0.1/24");
	const uplink = wan.port({ mac: 2, numbered });
	const eth1 = board.ethernet("eth1", uplink, "10.9.0.1/24");
	slow(world, uplink, behind);
	const hosts = ["a", "b"].map((name, i) => {
		const host = world.node(name, LARGE);
		const link = host.ethernet("eth0", lan.port({ mac: 0x11 + i }), `10.0.0.${i + 2}/24`);
		host.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.1", interface: link });
		return host;
	});
	const server = world.node("server", LARGE);
	const link = server.ethernet("eth0", wan.port({ mac: 0x21 }), `${SERVER}/24`);
	server.stack.routes.add({ prefix: "10.0.0.0/24", gateway: "10.9.0.1", interface: link });
	new EchoServer(server);
	const made = queue === undefined ? undefined : new FlowQueue(board.stack, eth1.name, queue);
	world.run(1000);
	return { world, board, hosts, queue: made };
}

/** Round trips of pings every 100 ms, for so long, in their order; Infinity for those lost. */
function pings({ world }: Bench, from: Node, ms: number): number[] {
	const times: number[] = [];
	const ping = new PingSocket(from.stack, {
		address: SERVER,
		interval: 100,
		timeout: 3000,
		onReply: ({ ms }) => void times.push(ms),
		onTimeout: () => void times.push(Infinity),
	});
	world.run(ms);
	ping.close();
	return times.sort((a, b) => a - b);
}

function part(times: readonly number[], of: number): number {
	return times[Math.ceil(times.length * of) - 1]!;
}

const CASES: [string, FlowQueueOptions, { numbered?: boolean; behind?: number }][] = [
	["by what the device takes", {}, {}],
	["by what a device in C takes", {}, { numbered: true }],
	["by a rate below that of a modem with a buffer of its own", { rate: 950_000 }, { behind: 20 }],
	["the same, of a device in C, in 16 queues", { rate: 950_000, flows: 16 }, { behind: 20, numbered: true }],
];

describe(`a full uplink of 1 Mbit/s, SEED=${SEED}`, () => {
	it.each(CASES)(
		"has pings through it take twice the empty line's time at the most, and its connections fill it: %s",
		(_name, options, how) => {
			const bench = begin(options, how);
			const empty = part(pings(bench, bench.hosts[1]!, 3000), 0.5);
			expect(empty).toBeGreaterThanOrEqual(2 * DELAY_MS);
			const clients = Array.from({ length: 4 }, () => new EchoClient(bench.hosts[0]!, SERVER, 100_000_000));
			bench.world.run(5000);
			const before = clients.map(({ echoed }) => echoed);
			const times = pings(bench, bench.hosts[1]!, 30_000);
			const bytes = clients.map(({ echoed }, i) => echoed - before[i]!);
			const said = `${JSON.stringify(bytes)} bytes; empty ${empty} ms, full ${part(times, 0.5)} (median), ${part(times, 0.95)} (95 %)`;
			expect(times.length, said).toBeGreaterThan(280);
			expect(part(times, 0.95), said).toBeLessThanOrEqual(2 * empty + PACKET_MS);
			const sum = bytes.reduce((all, each) => all + each, 0);
			expect(sum / ((30_000 * BITS_PER_MS) / 8), said).toBeGreaterThan(0.85);
			// Three may share a queue.
			expect(Math.min(...bytes) / Math.max(...bytes), said).toBeGreaterThan(0.2);
			expect(clients.map(({ wrong }) => wrong)).toEqual(["", "", "", ""]);
			const { drops } = statusOf(bench.board.stack).interfaces.find(({ name }) => name === "eth1")!;
			expect(drops["queuedLong"]).toBeGreaterThan(0);
			const free = bench.board.stack.core.pool.free;
			for (const client of clients) client.abort();
			bench.world.run(5000);
			expect(bench.queue!.waiting).toBe(0);
			expect(bench.board.stack.core.pool.free).toBeGreaterThanOrEqual(free);
		},
		120_000,
	);

	it("without queues by flows takes longer, which is what they are for", () => {
		const bench = begin(undefined, { behind: 20 });
		const empty = part(pings(bench, bench.hosts[1]!, 3000), 0.5);
		for (let i = 0; i < 4; i++) new EchoClient(bench.hosts[0]!, SERVER, 100_000_000);
		bench.world.run(5000);
		expect(part(pings(bench, bench.hosts[1]!, 20_000), 0.5)).toBeGreaterThan(3 * empty);
	}, 120_000);

	it.each(CASES)(
		"is shared by the board's own connections and those that it forwards: %s",
		(_name, options, how) => {
			const bench = begin(options, how);
			const own = [0, 1].map(() => new EchoClient(bench.board, SERVER, 100_000_000));
			const others = [0, 1].map(() => new EchoClient(bench.hosts[0]!, SERVER, 100_000_000));
			bench.world.run(30_000);
			const bytes = [...own, ...others].map(({ echoed }) => echoed);
			expect(Math.min(...bytes) / Math.max(...bytes), String(bytes)).toBeGreaterThan(0.2);
			const times = pings(bench, bench.hosts[1]!, 10_000);
			expect(part(times, 0.95)).toBeLessThanOrEqual(2 * (2 * DELAY_MS + 2) + PACKET_MS);
		},
		120_000,
	);
});
