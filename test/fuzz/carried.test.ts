// Hostile frames into the ports of a bridge, with queues before an interface besides, and into tunnels: no exception, no loop, no packet lost sight of; and afterwards both serve as before.
// FRAMES for more or fewer; SEED for others.

import { describe, expect, it } from "vitest";
import { BridgeInterface } from "../../src/link/bridge.ts";
import { TunnelInterface } from "../../src/link/tunnel.ts";
import { VlanInterface } from "../../src/link/vlan.ts";
import { FlowQueue } from "../../src/service/queue/queue.ts";
import { statusOf } from "../../src/status/status.ts";
import { EchoClient, EchoServer } from "../support/apps.ts";
import { envNumber, onXS } from "../support/env.ts";
import { ETHERTYPE_IPV4, ethernet, ip, ipv4, type Bytes } from "../support/frames.ts";
import { FrameGenerator, type Target } from "../support/mutate.ts";
import { Prng } from "../support/prng.ts";
import { GRE, gre } from "../support/tunnel.ts";
import { macOf, type QueueDevice } from "../support/wire.ts";
import { World } from "../support/world.ts";

const SEED = envNumber("SEED", 20261201);
const FRAMES = envNumber("FRAMES", 200_000);
const NUMBERED = onXS ? [false] : [false, true];
const share = Math.ceil(FRAMES / (2 * NUMBERED.length));
const LIMITS = { packets: 48, interfaces: 8, neighbors: 8, routes: 32, sockets: { tcp: 8, udp: 2 } };
const TARGET: Target = {
	macs: [
		macOf(1),
		macOf(7),
		macOf(8),
		[1, 0, 0x5e, 0, 0, 1],
		[1, 0x80, 0xc2, 0, 0, 0],
		[1, 0x80, 0xc2, 0, 0, 2],
		[255, 255, 255, 255, 255, 255],
	],
	peerMac: macOf(2),
	locals: [ip("10.0.0.1"), ip("10.0.0.1"), ip("10.5.0.1"), ip("10.9.0.1"), ip("10.0.0.255"), ip("10.0.0.77")],
	peers: [ip("10.0.0.2"), ip("10.0.0.3"), ip("10.5.0.9"), ip("10.9.0.2"), ip("10.0.0.1")],
	ports: [7, 9, 80],
	tuples: [],
};

/** Keys by which frames are compared. */
const text = (frame: Uint8Array): string => String(frame);

describe(`hostile frames, SEED=${SEED}`, () => {
	it.each(NUMBERED)(
		`${share} of them by a bridge's ports are handed on as they are or not at all, and counted (devices by number: %s)`,
		(numbered) => {
			const world = new World(SEED);
			const prng = new Prng(SEED);
			const board = world.node("board", LIMITS);
			const wires = [0, 1, 2].map(() => world.segment());
			const devices = wires.map((wire, i) => wire.port({ mac: macOf(i === 0 ? 1 : i + 6), numbered, mtu: i === 2 ? 600 : 1500 }));
			const ports = devices.map((device, i) => board.ethernet(`eth${i}`, device));
			const br0 = board.stack.interfaces.add(new BridgeInterface("br0", { ports, storm: 1_000_000, ageMs: 1000 }));
			br0.addAddress("10.0.0.1/24");
			board.stack.interfaces.add(new VlanInterface("br0.5", br0, { vlan: 5 })).addAddress("10.5.0.1/24");
			const server = world.node("server", LIMITS);
			server.ethernet("eth0", wires[0]!.port({ mac: macOf(0x31) }), "10.0.0.8/24");
			const client = world.node("client", LIMITS);
			client.ethernet("eth0", wires[1]!.port({ mac: macOf(0x32) }), "10.0.0.9/24");
			new EchoServer(server);
			world.run(3000);
			const { pool } = board.stack.core;
			const { free } = pool;
			const generator = new FrameGenerator(prng, TARGET);
			for (const wire of wires) for (const port of wire.ports.slice()) wire.unplug(port);
			const out: Uint8Array[][] = devices.map((device) => {
				const frames: Uint8Array[] = [];
				device.onSend = (frame) => void frames.push(frame);
				return frames;
			});
			const received = () =>
				statusOf(board.stack)
					.interfaces.slice(1, 4)
					.map((link) => link.received.packets);
			let passed = 0;
			const before = received();
			const counts = [0, 0, 0];
			for (let sent = 0; sent < share;) {
				const by = prng.below(3);
				const burst: Uint8Array[] = [];
				for (let i = prng.between(1, 4); i > 0; i--, sent++) {
					const frame = generator.next();
					if (prng.chance(0.3) && frame.length > 12) frame.set(macOf(0x40 + prng.below(300)), 6);
					if (frame.length === 0 || frame.length > 1514) continue;
					burst.push(frame);
					counts[by]!++;
					devices[by]!.inject(frame);
				}
				if (prng.chance(0.01)) devices[prng.below(3)]!.setBusy(prng.chance(0.5));
				world.run(prng.chance(0.1) ? prng.below(400) : 1);
				const known = new Set(burst.map(text));
				for (const [i, frames] of out.entries()) {
					for (const frame of frames.splice(0)) {
						// The board's own are from its address, and what waited for a busy port is older.
						if (frame[11] === 1 && frame[10] === 0 && frame[6] === 2) continue;
						if (known.has(text(frame))) {
							passed++;
							expect(i, `a frame went back to where it came from, after ${sent}, SEED=${SEED}`).not.toBe(by);
						}
						const reserved = frame[0] === 1 && frame[1] === 0x80 && frame[2] === 0xc2 && frame[3] === 0 && frame[4] === 0;
						expect(reserved && frame[5]! > 0 && frame[5]! < 16).toBe(false);
						if (i === 2) expect(frame.length).toBeLessThanOrEqual(614);
					}
				}
			}
			for (const device of devices) device.setBusy(false);
			world.run(1000);
			expect(received().map((count, i) => count - before[i]!)).toEqual(counts);
			expect(passed).toBeGreaterThan(share / 20);
			for (const [i, device] of devices.entries()) wires[i]!.plug(device);
			for (const [i, node] of [server, client].entries()) {
				const link = node.stack.interfaces.find("eth0")!;
				wires[i]!.plug(link.device as QueueDevice);
			}
			world.run(400_000);
			expect(pool.free, `SEED=${SEED}`).toBe(free);
			const echo = new EchoClient(client, "10.0.0.8", 5000);
			expect(
				world.until(() => echo.done, 60_000),
				`SEED=${SEED}`,
			).toBe(true);
			expect(echo.wrong).toBe("");
		},
		900_000,
	);

	it.each(NUMBERED)(
		`${share} of them into tunnels and through queues leave both as they were (devices by number: %s)`,
		(numbered) => {
			const world = new World(SEED);
			const prng = new Prng(SEED + 1);
			const segment = world.segment();
			const nodes = [1, 2].map((n) => {
				const node = world.node(`n${n}`, { ...LIMITS, forwarding: true });
				node.ethernet("eth0", segment.port({ mac: macOf(n), numbered: numbered && n === 1 }), `10.0.0.${n}/24`);
				const ends = { local: `10.0.0.${n}`, remote: `10.0.0.${3 - n}` };
				const tunnels = [
					new TunnelInterface("gre", "gre", { ...ends, key: 5, checksum: true, sequence: true }),
					new TunnelInterface("plain", "gre", ends),
					new TunnelInterface("ipip", "ipip", ends),
					new TunnelInterface("six", "sixInFour", ends),
				];
				for (const [i, tunnel] of tunnels.entries()) {
					node.stack.interfaces.add(tunnel);
					if (tunnel.kind !== "sixInFour") tunnel.addAddress(`10.${9 + i}.0.${n}/24`);
				}
				new FlowQueue(node.stack, "eth0", { flows: 4, packets: 12 });
				new EchoServer(node);
				return node;
			});
			const [board, peer] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
			world.run(3000);
			const { pool } = board.stack.core;
			const { free } = pool;
			const generator = new FrameGenerator(prng, TARGET);
			const device = board.stack.interfaces.find("eth0")!.device as QueueDevice;
			segment.unplug(device);
			device.onSend = () => {};
			/** A packet within one to three others, of which each may be damaged. */
			const wrapped = (): Bytes => {
				let packet: Bytes = generator.next().slice(14);
				for (let i = prng.between(1, 3); i > 0; i--) {
					const kind = prng.below(4);
					const key = prng.chance(0.5) ? { key: 5 } : {};
					const fields = {
						...key,
						...(prng.chance(0.5) && { sequence: prng.next() }),
						checksum: prng.chance(0.5),
						...(prng.chance(0.1) && { bits: prng.below(0x10000) }),
					};
					const type = prng.pick([0x0800, 0x0800, 0x86dd, 0, 0x6558]);
					const inner = kind < 2 ? gre({ type, ...fields }, packet) : packet;
					const protocol = kind < 2 ? GRE : kind === 2 ? 4 : 41;
					const ends = prng.chance(0.9)
						? { source: "10.0.0.2", destination: "10.0.0.1" }
						: { source: "10.9.0.2", destination: "10.9.0.1" };
					packet = ipv4({ ...ends, protocol, ...(prng.chance(0.1) && { ttl: prng.below(3) }) }, inner);
				}
				return packet.slice(0, 1500);
			};
			for (let sent = 0; sent < share; sent++) {
				const frame = ethernet(macOf(1), macOf(2), ETHERTYPE_IPV4, wrapped());
				const bad = prng.chance(0.3) ? generator.mutate(frame) : frame;
				if (bad.length > 0 && bad.length <= 1514) device.inject(bad);
				if (prng.chance(0.01)) device.setBusy(prng.chance(0.5));
				if (prng.chance(0.3)) world.run(prng.chance(0.05) ? prng.below(400) : 1);
			}
			device.setBusy(false);
			segment.plug(device);
			world.run(400_000);
			expect(pool.free, `SEED=${SEED}`).toBe(free);
			const reasons = statusOf(board.stack).interfaces.flatMap(({ drops }) => Object.keys(drops));
			for (const reason of ["tunnelMalformed", "tunnelOrder"]) expect(reasons).toContain(reason);
			for (const address of ["10.10.0.1", "10.11.0.1", "10.0.0.1"]) {
				const echo = new EchoClient(peer, address, 5000);
				expect(
					world.until(() => echo.done, 60_000),
					`${address}, SEED=${SEED}`,
				).toBe(true);
				expect(echo.wrong).toBe("");
			}
		},
		900_000,
	);
});
