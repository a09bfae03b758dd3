// RFC 8028: a host with two uplinks, each with a prefix of its own, whose provider drops what comes from the other's. By two interfaces, or by two routers on one. 1,000 connections
// each way while links flap: no packet leaves by the wrong uplink. CONNECTIONS and SEED change that.

import { describe, expect, it } from "vitest";
import { Autoconfiguration } from "../../src/service/ipv6/autoconfiguration.ts";
import { EchoClient, EchoServer } from "../support/apps.ts";
import { envNumber } from "../support/env.ts";
import { ethernet, read16 } from "../support/frames.ts";
import { ETHERTYPE_IPV6, groupMac, ip6Text, linkOption, prefixOption, ra } from "../support/frames6.ts";
import { macOf, type QueueDevice } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";

const SEED = envNumber("SEED", 1);
const CONNECTIONS = envNumber("CONNECTIONS", 1000);
const SERVER = "2001:db8:c::5";
/** At once; and turns of 20 ms that one lasts at most. */
const MOST = 6;
const PATIENCE = 150;
const LARGE = { packets: 64, neighbors: 16, sockets: { tcp: 32, udp: 2, receiveBuffer: 2048, sendBuffer: 2048 } };

interface Uplink {
	readonly prefix: string;
	readonly router: string;
	readonly mac: number;
	/** Of the host. */
	device: QueueDevice;
	/** Of the router. */
	port: QueueDevice;
	down: boolean;
	/** Packets from its prefix that went its way. */
	right: number;
}

class Network {
	readonly world: World;
	readonly host: Node;
	readonly server: Node;
	readonly uplinks: readonly Uplink[];
	readonly wrong: string[] = [];
	readonly autos: Autoconfiguration[] = [];

	constructor(seed: number, interfaces: 1 | 2) {
		this.world = new World(seed);
		const { world } = this;
		const core = world.segment({ delayMs: 1 });
		this.host = world.node("host", { ...LARGE, routes: 24 });
		this.server = world.node("server", LARGE);
		this.server.ethernet("eth0", core.port({ mac: macOf(0x50) }), `${SERVER}/64`);
		const links = Array.from({ length: interfaces }, () => world.segment({ delayMs: 1 }));
		const devices = links.map((link, i) => link.port({ mac: macOf(1 + i) }));
		this.uplinks = ["a", "b"].map((name, i) => {
			const prefix = `2001:db8:${name}::`;
			const node = world.node(`router-${name}`, { ...LARGE, forwarding: true });
			const port = links[i % interfaces]!.port({ mac: macOf(0x10 + i) });
			const router = `fe80::${name}`;
			node.ethernet("in", port, `${router}/64`, `${prefix}1/64`);
			node.ethernet("out", core.port({ mac: macOf(0x20 + i) }), `2001:db8:c::${name}/64`);
			const [server] = this.server.stack.interfaces.list.slice(1);
			this.server.stack.routes.add({ prefix: `${prefix}/64`, gateway: `2001:db8:c::${name}`, interface: server! });
			return { prefix, router, mac: 0x10 + i, device: devices[i % interfaces]!, port, down: false, right: 0 };
		});
		for (const [i, device] of devices.entries()) {
			this.host.ethernet(`eth${i}`, device);
			const out = device.onSend!;
			device.onSend = (frame) => {
				this.#look(frame);
				out(frame);
			};
			this.autos.push(new Autoconfiguration(this.host.stack, `eth${i}`));
		}
	}

	/** What the providers look at: whose prefix a packet's source is of, and whose router it goes to. */
	#look(frame: Uint8Array): void {
		if (read16(frame, 12) !== ETHERTYPE_IPV6 || frame[0]! & 1 || frame[14 + 6] === 58) return;
		const source = ip6Text(frame, 14 + 8);
		for (const each of this.uplinks) {
			if (!source.startsWith(each.prefix.slice(0, -2))) continue;
			const right = macOf(each.mac).every((byte, i) => byte === frame[i]);
			if (right) each.right++;
			else this.wrong.push(`${source} to ${[...frame.subarray(0, 6)].join(":")} at ${this.world.clock.now}`);
		}
	}

	/** Routers that are there say so. */
	advertise(): void {
		for (const { prefix, router, mac, device, down } of this.uplinks) {
			if (down) continue;
			const packet = ra({ source: router, destination: "ff02::1", lifetime: 90 }, [
				...linkOption(1, macOf(mac)),
				...prefixOption(prefix),
			]);
			device.inject(ethernet(groupMac("ff02::1"), macOf(mac), ETHERTYPE_IPV6, packet));
		}
	}

	addressOf({ prefix }: Uplink): string | undefined {
		const all = this.autos.flatMap(({ state }) => state.addresses);
		return all.find(({ address, state }) => address.startsWith(prefix.slice(0, -2)) && state !== "tentative")?.address;
	}
}

describe.each([2, 1] as const)("two uplinks by %d interfaces", (interfaces) => {
	it(`${CONNECTIONS} connections each way, links flapping: none leaves by the wrong one`, () => {
		const network = new Network(SEED, interfaces);
		const { world, host, server, uplinks } = network;
		const prng = world.prng.fork();
		const chance = (below: number) => prng.below(below);
		new EchoServer(host);
		new EchoServer(server);
		world.run(4000);
		network.advertise();
		world.run(3000);
		for (const uplink of uplinks) expect(network.addressOf(uplink), `seed ${SEED}`).toBeDefined();
		const clients: { client: EchoClient; until: number }[] = [];
		let begun = 0;
		let done = 0;
		let flaps = 0;
		for (let turn = 0; begun < 2 * CONNECTIONS || clients.length > 0; turn++) {
			if (turn > 40 * CONNECTIONS) throw new Error(`seed ${SEED}: ${clients.length} connections do not end`);
			for (let i = clients.length - 1; i >= 0; i--) {
				const { client, until } = clients[i]!;
				expect(client.wrong, `seed ${SEED}`).toBe("");
				if (client.done || client.ended) client.close();
				else if (turn < until) continue;
				else client.abort();
				if (client.done) done++;
				clients.splice(i, 1);
			}
			while (begun < 2 * CONNECTIONS && clients.length < MOST) {
				const out = begun % 2 === 0;
				const address = out ? SERVER : network.addressOf(uplinks[chance(2)]!);
				begun++;
				if (address === undefined) continue;
				try {
					clients.push({ client: new EchoClient(out ? host : server, address, 1 + chance(3000)), until: turn + PATIENCE });
				} catch {
					// No way at the moment, which is told at once.
				}
			}
			if (turn % 50 === 0) network.advertise();
			if (chance(60) === 0) {
				const uplink = uplinks[chance(2)]!;
				uplink.down = !uplink.down;
				flaps++;
				// By two interfaces the host sees it; of one, a router falls silent.
				(interfaces === 2 ? uplink.device : uplink.port).setLink(!uplink.down);
			}
			world.run(20);
		}
		expect(network.wrong, `seed ${SEED}`).toEqual([]);
		for (const { right } of uplinks) expect(right).toBeGreaterThan(CONNECTIONS);
		expect(done, `${done} of ${begun}, ${flaps} flaps`).toBeGreaterThan(CONNECTIONS);
	});
});
