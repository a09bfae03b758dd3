// A seeded network: hosts and servers with two interfaces, two routers, four segments that lose, repeat, reorder and damage frames,
// and somebody who pulls cables and cards.
//
//     h1 ══ a, b ══ h2          a: 10.1.0.0/24   h1 .11, h2 .12, r1 .1
//          a ── r1 ── c         b: 10.2.0.0/24   h1 .11, h2 .12, r2 .1
//          b ── r2 ── c, d      c: 10.3.0.0/24   s1 .21, s2 .22, r1 .1, r2 .2
//     s1 ── c     s2 ══ c, d    d: 10.4.0.0/24   s2 .22, r2 .2

import type { EthernetInterface } from "../../src/link/ethernet.ts";
import { EchoServer, UdpEchoServer } from "../support/apps.ts";
import { flowsInUse, Ledger } from "../support/ledger.ts";
import type { Prng } from "../support/prng.ts";
import { macOf, QueueDevice, type Faults, type Segment } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";

type SegmentName = "a" | "b" | "c" | "d";

interface RouteSpec {
	readonly prefix: string;
	readonly gateway: string;
	readonly metric?: number;
}

interface PortSpec {
	readonly segment: SegmentName;
	readonly address: string;
	readonly routes: readonly RouteSpec[];
}

interface HostSpec {
	readonly forwarding?: boolean;
	readonly ports: readonly PortSpec[];
}

const route = (prefix: string, gateway: string, metric = 0): RouteSpec => ({ prefix, gateway, metric });
const DEFAULT = "0.0.0.0/0";

const HOSTS: Readonly<Record<string, HostSpec>> = {
	h1: {
		ports: [
			{ segment: "a", address: "10.1.0.11/24", routes: [route(DEFAULT, "10.1.0.1", 10)] },
			{ segment: "b", address: "10.2.0.11/24", routes: [route(DEFAULT, "10.2.0.1", 20)] },
		],
	},
	h2: {
		ports: [
			{ segment: "a", address: "10.1.0.12/24", routes: [route(DEFAULT, "10.1.0.1", 20)] },
			{ segment: "b", address: "10.2.0.12/24", routes: [route(DEFAULT, "10.2.0.1", 10)] },
		],
	},
	r1: {
		forwarding: true,
		ports: [
			{ segment: "a", address: "10.1.0.1/24", routes: [] },
			{ segment: "c", address: "10.3.0.1/24", routes: [route("10.2.0.0/24", "10.3.0.2"), route("10.4.0.0/24", "10.3.0.2")] },
		],
	},
	r2: {
		forwarding: true,
		ports: [
			{ segment: "b", address: "10.2.0.1/24", routes: [] },
			{ segment: "c", address: "10.3.0.2/24", routes: [route("10.1.0.0/24", "10.3.0.1")] },
			{ segment: "d", address: "10.4.0.2/24", routes: [] },
		],
	},
	s1: {
		ports: [
			{
				segment: "c",
				address: "10.3.0.21/24",
				routes: [route("10.1.0.0/24", "10.3.0.1"), route("10.2.0.0/24", "10.3.0.2"), route(DEFAULT, "10.3.0.2", 5)],
			},
		],
	},
	s2: {
		ports: [
			{ segment: "c", address: "10.3.0.22/24", routes: [route("10.1.0.0/24", "10.3.0.1")] },
			{ segment: "d", address: "10.4.0.22/24", routes: [route("10.2.0.0/24", "10.4.0.2"), route(DEFAULT, "10.4.0.2", 5)] },
		],
	},
};

export const LIMITS = {
	sockets: { tcp: 24, udp: 8, icmp: 2, receiveBuffer: 8192, sendBuffer: 8192 },
	packets: 40,
	neighbors: 12,
	interfaces: 5,
};

/** An interface of a host, over a device on a segment. Pulling the card and putting it back makes new ones of both. */
export class Port {
	device!: QueueDevice;
	link: EthernetInterface | undefined;
	readonly name: string;
	#hold: QueueDevice["hold"];
	readonly #host: Host;
	readonly #spec: PortSpec;
	readonly #segment: Segment;
	readonly #mac: number;

	constructor(host: Host, index: number, spec: PortSpec, segment: Segment, mac: number) {
		this.name = `eth${index}`;
		this.#host = host;
		this.#spec = spec;
		this.#segment = segment;
		this.#mac = mac;
		this.insert();
	}

	get address(): string {
		return this.#spec.address.split("/")[0]!;
	}

	set hold(hold: QueueDevice["hold"]) {
		this.#hold = this.device.hold = hold;
	}

	insert(): void {
		const { node } = this.#host;
		// Frames of every other device are moved by its number.
		this.device = new QueueDevice({ mac: macOf(this.#mac), numbered: this.#mac % 2 === 0 });
		if (this.#mac % 4 === 0) this.device.moves = 3;
		this.device.hold = this.#hold;
		this.#segment.plug(this.device);
		this.link = node.ethernet(this.name, this.device, this.#spec.address);
		this.#host.ledger.watch(this.link, this.device);
		for (const { prefix, gateway, metric } of this.#spec.routes)
			node.stack.routes.add({ prefix, gateway, interface: this.link, metric: metric ?? 0 });
	}

	remove(): void {
		if (!this.link) return;
		this.check();
		this.#segment.unplug(this.device);
		this.#host.node.stack.interfaces.remove(this.link);
		this.link = undefined;
	}

	/** Throws when a frame of this interface is unaccounted for. */
	check(): void {
		if (!this.link) return;
		const wrong = this.#host.ledger.check(this.link, this.device);
		if (wrong) throw new Error(`${this.#host.node.name}: ${wrong}`);
	}
}

export class Host {
	readonly node: Node;
	readonly ledger: Ledger;
	readonly ports: Port[] = [];
	#freePackets = 0;
	#flows = 0;

	constructor(node: Node, forwarding: boolean) {
		this.node = node;
		this.ledger = new Ledger(node.stack, { forwarding });
	}

	/** Remembers how things are while nothing goes on. */
	settle(): void {
		this.#freePackets = this.node.stack.core.pool.free;
		this.#flows = flowsInUse(this.node.stack);
	}

	/** What is not as it was then, "" when all is. */
	leaks(): string {
		const { core, tcp, udp } = this.node.stack;
		const { name } = this.node;
		if (core.pool.free !== this.#freePackets) return `${name}: ${core.pool.free} packets free, ${this.#freePackets} at the start`;
		const connections = tcp.inUse().filter((tcb) => tcb.remotePort !== 0);
		if (connections.length > 0)
			return `${name}: ${connections.map((tcb) => `TCB ${tcb.index} in state ${tcb.state}`).join(", ")}`;
		const flows = flowsInUse(this.node.stack);
		if (flows !== this.#flows) return `${name}: ${flows} entries in the flow table, ${this.#flows} at the start`;
		const sockets = udp.sockets.filter((socket) => socket.open).length;
		return sockets === 1 ? "" : `${name}: ${sockets} UDP sockets open, expected the echo server`;
	}
}

export class Network {
	readonly world: World;
	readonly hosts: Record<string, Host> = {};
	readonly segments: Record<SegmentName, Segment>;

	constructor(seed: number) {
		// A third of the seeds see the clock wrap.
		this.world = new World(seed, seed % 3 === 0 ? 2 ** 31 - 30_000 : 1000);
		this.segments = { a: this.world.segment(), b: this.world.segment(), c: this.world.segment(), d: this.world.segment() };
		let mac = 1;
		for (const [name, spec] of Object.entries(HOSTS)) {
			const forwarding = spec.forwarding ?? false;
			const host = new Host(this.world.node(name, { ...LIMITS, forwarding }), forwarding);
			this.hosts[name] = host;
			for (const [index, port] of spec.ports.entries())
				host.ports.push(new Port(host, index, port, this.segments[port.segment], mac++));
			new EchoServer(host.node);
			new UdpEchoServer(host.node);
		}
		this.world.run(5000);
		for (const host of Object.values(this.hosts)) host.settle();
	}

	/** Sets what the segments do to frames, a little different on each. */
	impair(prng: Prng): void {
		for (const segment of Object.values(this.segments)) {
			const faults: Faults = {
				loss: prng.chance(0.5) ? prng.float() * 0.04 : 0,
				duplicate: prng.chance(0.5) ? prng.float() * 0.03 : 0,
				reorder: prng.chance(0.5) ? prng.float() * 0.08 : 0,
				corrupt: prng.chance(0.5) ? prng.float() * 0.02 : 0,
				delayMs: prng.pick([0, 0, 1, 5, 20]),
				jitterMs: prng.pick([0, 0, 2, 10]),
			};
			segment.faults = faults;
		}
	}

	/** Devices that are busy for a while, or keep a packet's memory until it is sent. */
	hinder(prng: Prng, until: number): void {
		const { clock } = this.world;
		for (const host of Object.values(this.hosts)) {
			for (const port of host.ports) {
				if (prng.chance(0.3)) port.hold = (release) => void clock.after(prng.float() * 5, release);
				if (!prng.chance(0.3)) continue;
				const pause = () => {
					const { device } = port;
					device.setBusy(true);
					clock.after(prng.float() * 20, () => device.setBusy(false));
					if (clock.now < until) clock.after(prng.float() * 500, pause);
				};
				clock.after(prng.float() * 500, pause);
			}
		}
	}

	heal(): void {
		for (const segment of Object.values(this.segments)) segment.faults = { delayMs: 1 };
		for (const host of Object.values(this.hosts)) {
			for (const port of host.ports) {
				if (!port.link) port.insert();
				port.device.setLink(true);
			}
		}
	}

	/** Throws when a frame anywhere is unaccounted for. */
	check(): void {
		for (const host of Object.values(this.hosts)) for (const port of host.ports) port.check();
	}

	leaks(): string {
		for (const host of Object.values(this.hosts)) {
			const leak = host.leaks();
			if (leak) return leak;
		}
		return "";
	}
}
