// A stack under fire: two Ethernet interfaces, servers, live connections from a well-behaved peer, and an account of what becomes
// of every frame.

import type { EthernetInterface } from "../../src/link/ethernet.ts";
import { VlanInterface } from "../../src/link/vlan.ts";
import { Autoconfiguration } from "../../src/service/ipv6/autoconfiguration.ts";
import { statusOf } from "../../src/status/status.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { ECHO, EchoClient, EchoServer, UdpEchoServer } from "../support/apps.ts";
import { onXS } from "../support/env.ts";
import { ip } from "../support/frames.ts";
import type { Tuple6 } from "../support/mutate6.ts";
import { flowsInUse, Ledger } from "../support/ledger.ts";
import type { Target, Tuple } from "../support/mutate.ts";
import { Prng } from "../support/prng.ts";
import { macOf, type QueueDevice, type Segment } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";
import { FrameStream } from "./stream.ts";
import { blockOf } from "../support/tcb.ts";

export const LOCAL = ip("10.0.0.1");
export const PEER = ip("10.0.0.2");
export const LOCAL6 = "2001:db8::1";

export interface HarnessOptions {
	/** Its devices have numbers, by which compiled code moves their frames. */
	numbered?: boolean;
	/** The stack forwards, by the strict reverse path and the strong host model. */
	router?: boolean;
}

export class Harness {
	readonly world: World;
	readonly target: Node;
	readonly peer: Node;
	readonly segment: Segment;
	readonly device: QueueDevice;
	readonly link: EthernetInterface;
	readonly ledger: Ledger;
	readonly tuples: Tuple[] = [];
	readonly tuples6: Tuple6[] = [];
	readonly frames: FrameStream;
	readonly #freePackets: number;
	readonly #flows: number;

	constructor(seed: number, { numbered = false, router = false }: HarnessOptions = {}) {
		// Half of the seeds see the clock wrap.
		this.world = new World(seed, seed & 1 ? 1000 : 2 ** 31 - 60_000);
		const limits = { sockets: { tcp: 24, udp: 4, icmp: 2 }, packets: 48, neighbors: 8 };
		const routing = { forwarding: router, reversePathFilter: router, strongHost: router };
		this.target = this.world.node("target", { ...limits, ...routing });
		this.peer = this.world.node("peer", limits);
		this.segment = this.world.segment({});
		this.device = this.segment.port({ mac: macOf(1), numbered });
		this.link = this.target.ethernet("eth0", this.device, "10.0.0.1/24", "fe80::1/64", "2001:db8::1/64");
		const vlan = this.target.stack.interfaces.add(new VlanInterface("eth0.5", this.link, { vlan: 5, priority: 3 }));
		for (const address of ["10.5.0.1/24", "2001:db8:5::1/64"]) vlan.addAddress(address);
		this.target.ethernet(
			"eth1",
			this.world.segment().port({ mac: macOf(3), numbered }),
			"10.1.0.1/24",
			"192.168.7.1/31",
			"2001:db8:1::1/64",
		);
		this.peer.ethernet("eth0", this.segment.port({ mac: macOf(2) }), "10.0.0.2/24", "fe80::2/64", "2001:db8::2/64");
		// Routers are heard: what they say in lies is noted like what they mean.
		if (!router) new Autoconfiguration(this.target.stack, "eth0");
		this.ledger = new Ledger(this.target.stack, { forwarding: router, readEvery: onXS ? 50 : 1 });
		this.ledger.watch(this.link, this.device);
		new EchoServer(this.target);
		new UdpEchoServer(this.target);
		const target: Target = {
			macs: [macOf(1), macOf(7), [1, 0, 0x5e, 0, 0, 1]],
			peerMac: macOf(2),
			locals: [LOCAL, LOCAL, LOCAL, ip("10.1.0.1"), ip("10.5.0.1"), ip("10.0.0.255"), ip("10.0.0.77"), ip("224.0.0.1")],
			peers: [PEER, PEER, PEER, ip("10.0.0.3"), ip("10.5.0.9"), ip("10.1.0.9"), ip("10.1.0.1"), ip("8.8.8.8")],
			ports: [ECHO, 9, 80, 5000],
			tuples: this.tuples,
			six: {
				locals: [LOCAL6, LOCAL6, "fe80::1", "ff02::1", "ff02::1:ff00:1", "2001:db8:1::1", "2001:db8:5::1", "2001:db8::77"],
				peers: ["2001:db8::2", "2001:db8::2", "fe80::2", "2001:db8::3", "2001:db8:1::9", "2001:db8:9::9"],
				prefixes: ["2001:db8::", "2001:db8:77::", "2001:db8:78::"],
				tuples: this.tuples6,
			},
		};
		this.frames = new FrameStream(new Prng(seed), target);
		this.world.run(3000);
		this.#freePackets = this.target.stack.core.pool.free;
		this.#flows = flowsInUse(this.target.stack);
	}

	/** What was dropped on eth0, by reason. */
	drops(): Record<string, number> {
		return statusOf(this.target.stack).interfaces.find((one) => one.name === "eth0")!.drops;
	}

	/** Connections of the stack under fire. */
	connections(): Tcb[] {
		return this.target.stack.tcp.inUse().filter((tcb) => tcb.remotePort !== 0);
	}

	/** The numbers of the live connections, as an attacker who sees everything knows them. */
	aim(): void {
		this.tuples.length = 0;
		this.tuples6.length = 0;
		for (const tcb of this.connections()) {
			const { remotePort: peerPort, localPort, rcvNxt: seq, sndNxt: ack } = blockOf(tcb);
			const { remoteAddress: peer, localAddress: local } = tcb;
			if (peer.includes(":")) this.tuples6.push({ peer, peerPort, local, localPort, seq, ack });
			else this.tuples.push({ peer: ip(peer), peerPort, local: ip(local), localPort, seq, ack });
		}
	}

	/** Opens a connection from the peer, sends `bytes` both ways and closes. Answers what is wrong, "" when nothing is. */
	transfer(bytes: number, to: number | string = LOCAL): string {
		const client = new EchoClient(this.peer, to, bytes);
		this.world.until(() => client.done || client.ended || client.wrong !== "", 60_000);
		const state = `${client.echoed} of ${bytes} bytes came back, state ${client.tcb.state}, error "${client.error}"`;
		client.close();
		return client.wrong || (client.done ? "" : state);
	}

	/** Everything that the attack left behind times out. */
	calm(): void {
		this.world.run(400_000);
	}

	/** What is not as it was at the beginning, "" when all is. Call after `calm`. */
	leaks(): string {
		const { pool } = this.target.stack.core;
		if (pool.free !== this.#freePackets) return `${pool.free} packets free, ${this.#freePackets} at the start`;
		const flows = flowsInUse(this.target.stack);
		if (flows !== this.#flows) return `${flows} entries in the flow table, ${this.#flows} at the start`;
		const left = this.connections().map((tcb) => `${tcb.index} in state ${tcb.state}`);
		return left.length > 0 ? `TCBs in use: ${left.join(", ")}` : "";
	}
}
