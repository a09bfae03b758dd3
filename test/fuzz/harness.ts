// A stack under fire: two Ethernet interfaces, servers, live connections from a well-behaved peer, and an account of what becomes
// of every frame.

import { DROPS, type DropName } from "../../src/packet/drops.ts";
import { BLOCK_DROPS, BLOCK_RX_PACKETS } from "../../src/packet/blocks.ts";
import type { EthernetInterface } from "../../src/link/ethernet.ts";
import type { Interface } from "../../src/link/interface.ts";
import { ERROR, READABLE, type SocketOwner } from "../../src/transport/sockets.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { ip } from "../support/frames.ts";
import type { Target, Tuple } from "../support/mutate.ts";
import { Prng } from "../support/prng.ts";
import { macOf, type QueueDevice, type Segment } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";
import { FrameStream } from "./stream.ts";

export const LOCAL = ip("10.0.0.1");
export const PEER = ip("10.0.0.2");
export const ECHO = 7;

/** Reasons that are about a packet on its way out, so that a frame which came in has another fate besides. */
const OUTBOUND: readonly DropName[] = [
	"icmpRateLimited",
	"noRoute",
	"neighborUnreachable",
	"neighborQueueFull",
	"transmitQueueFull",
	"tooBig",
	"noPacketBuffer",
];

/** Sends back whatever comes, and closes when the peer does. */
export class EchoServer implements SocketOwner {
	readonly #node: Node;
	readonly #listener: Tcb;
	readonly #buffer = new Uint8Array(2048);

	constructor(node: Node, port: number, backlog: number) {
		this.#node = node;
		this.#listener = node.stack.tcp.listen(0, port, backlog, 0);
		this.#listener.owner = this;
	}

	onEvents(): void {
		const { tcp } = this.#node.stack;
		for (let tcb = tcp.accept(this.#listener); tcb !== undefined; tcb = tcp.accept(this.#listener)) {
			const one = tcb;
			tcp.adopt(one, { onEvents: (events) => this.#serve(one, events) });
		}
	}

	#serve(tcb: Tcb, events: number): void {
		const { tcp } = this.#node.stack;
		for (;;) {
			const count = Math.min(tcp.readable(tcb), tcp.writable(tcb), this.#buffer.length);
			if (count === 0) break;
			tcp.read(tcb, this.#buffer, 0, count);
			tcp.write(tcb, this.#buffer, 0, count);
		}
		if (tcb.error !== "") tcp.abort(tcb);
		else if (events & ERROR && tcp.readable(tcb) === 0) tcp.close(tcb);
	}
}

/** A connection of the peer that checks that what it sends comes back. */
export class EchoClient implements SocketOwner {
	readonly tcb: Tcb;
	sent = 0;
	echoed = 0;
	wrong = "";
	ended = false;
	readonly #node: Node;
	readonly #total: number;
	readonly #buffer = new Uint8Array(2048);

	constructor(node: Node, total: number, options: { address?: number; port?: number } = {}) {
		this.#node = node;
		this.#total = total;
		this.tcb = node.stack.tcp.connect(options.address ?? LOCAL, options.port ?? ECHO);
		this.tcb.owner = this;
	}

	static byte(at: number): number {
		return (at * 31 + (at >> 8)) & 255;
	}

	get done(): boolean {
		return this.echoed === this.#total;
	}

	onEvents(events: number): void {
		const { tcp } = this.#node.stack;
		const buffer = this.#buffer;
		for (;;) {
			const got = tcp.read(this.tcb, buffer, 0, buffer.length);
			if (got === 0) break;
			for (let i = 0; i < got; i++)
				if (buffer[i] !== EchoClient.byte(this.echoed + i) && this.wrong === "")
					this.wrong = `byte ${this.echoed + i} is ${buffer[i]}`;
			this.echoed += got;
		}
		for (;;) {
			const count = Math.min(this.#total - this.sent, buffer.length, tcp.writable(this.tcb));
			if (count === 0) break;
			for (let i = 0; i < count; i++) buffer[i] = EchoClient.byte(this.sent + i);
			this.sent += tcp.write(this.tcb, buffer, 0, count);
		}
		if (events & ERROR) this.ended = true;
	}

	/** Lets go of the connection, whatever its state. */
	close(): void {
		this.#node.stack.tcp.close(this.tcb);
	}

	abort(): void {
		this.#node.stack.tcp.abort(this.tcb);
	}
}

export class Harness {
	readonly world: World;
	readonly target: Node;
	readonly peer: Node;
	readonly segment: Segment;
	readonly device: QueueDevice;
	readonly link: EthernetInterface;
	readonly tuples: (Tuple & { readonly tcb: Tcb })[] = [];
	readonly frames: FrameStream;
	/** Frames that a layer took without dropping them. */
	taken = 0;
	readonly #freePackets: number;

	constructor(seed: number) {
		this.world = new World(seed, seed & 1 ? 1000 : 2 ** 31 - 60_000);
		const limits = { sockets: { tcp: 24, udp: 4, icmp: 2 }, packets: 48, neighbors: 8 };
		this.target = this.world.node("target", limits);
		this.peer = this.world.node("peer", limits);
		this.segment = this.world.segment({});
		this.device = this.segment.port({ mac: macOf(1) });
		this.link = this.target.ethernet("eth0", this.device, "10.0.0.1/24");
		this.target.ethernet("eth1", this.world.segment().port({ mac: macOf(3) }), "10.1.0.1/24", "192.168.7.1/31");
		this.peer.ethernet("eth0", this.segment.port({ mac: macOf(2) }), "10.0.0.2/24");
		new EchoServer(this.target, ECHO, 4);
		this.#serveUdp();
		const target: Target = {
			macs: [macOf(1), macOf(7), [1, 0, 0x5e, 0, 0, 1]],
			peerMac: macOf(2),
			locals: [LOCAL, LOCAL, LOCAL, ip("10.1.0.1"), ip("10.0.0.255"), ip("10.0.0.77"), ip("224.0.0.1")],
			peers: [PEER, PEER, ip("10.0.0.3"), ip("10.1.0.9"), ip("8.8.8.8")],
			ports: [ECHO, 9, 80, 5000],
			tuples: this.tuples,
		};
		this.frames = new FrameStream(new Prng(seed), target);
		this.#account();
		this.world.run(3000);
		this.#freePackets = this.target.stack.core.pool.free;
	}

	#serveUdp(): void {
		const { udp } = this.target.stack;
		const socket = udp.open(0, ECHO, 0);
		const buffer = new Uint8Array(2048);
		udp.adopt(socket, {
			onEvents: (events) => {
				if (!(events & READABLE)) return;
				for (;;) {
					const length = udp.read(socket, buffer, 0, buffer.length);
					if (length < 0) return;
					// The echo service does not answer itself, nor nobody. RFC 862 says nothing of it; RFC 1122 §3.2.1.3 does.
					if (socket.fromPort === 0 || socket.fromAddress === 0) continue;
					try {
						udp.send(socket, socket.fromAddress, socket.fromPort, buffer, 0, length);
					} catch (error) {
						if (!(error instanceof Error) || !/route/.test(error.message)) throw error;
					}
				}
			},
		});
	}

	/** Counts what the layers take of what came in by eth0: a frame is taken when its handler has counted no drop. */
	#account(): void {
		const { tcp, udp, ip: layer, icmp, interfaces } = this.target.stack;
		let current: Interface = this.link;
		for (const link of interfaces.list) {
			const receive = link.device.receive.bind(link.device);
			link.device.receive = (at, max) => {
				current = link;
				return receive(at, max);
			};
		}
		let depth = 0;
		const note = <Args extends unknown[], Result>(
			method: (...args: Args) => Result,
			took: (result: Result) => boolean = () => true,
		) =>
			((...args: Args): Result => {
				const before = this.inputDrops();
				depth++;
				const result = method(...args);
				depth--;
				// A handler within a handler (tcp.receive refuses) is one fate, not two.
				if (current === this.link && depth === 0 && this.inputDrops() === before && took(result)) this.taken++;
				return result;
			}) as never;
		tcp.receive = note(tcp.receive.bind(tcp));
		tcp.refuse = note(tcp.refuse.bind(tcp));
		tcp.icmpError = note(tcp.icmpError.bind(tcp));
		udp.receive = note(udp.receive.bind(udp));
		layer.icmp.echo = note(layer.icmp.echo.bind(layer.icmp));
		icmp.receive = note(icmp.receive.bind(icmp), (kept) => kept);
		this.link.control = note(this.link.control.bind(this.link));
	}

	/** Has every frame accounted for before the next is taken, and reports the one that is not. Slow. */
	trace(report: (frame: Uint8Array, difference: number) => void): void {
		const { device } = this;
		const receive = device.receive.bind(device);
		let previous: Uint8Array | undefined;
		let offset = 0;
		device.receive = (at, max) => {
			const difference = this.inputDrops() + this.taken - device.received - device.lost;
			if (difference !== offset && previous) report(previous, difference - offset);
			offset = difference;
			const length = receive(at, max);
			previous = length > 0 ? new Uint8Array(this.target.stack.core.view.buffer, at, length).slice() : undefined;
			return length;
		};
	}

	/** Drops of frames that came in by eth0. */
	inputDrops(): number {
		const { view } = this.target.stack.core;
		let sum = 0;
		for (let i = 0; i < DROPS.length; i++)
			if (!OUTBOUND.includes(DROPS[i]!)) sum += view.getUint32(this.link.block + BLOCK_DROPS + i * 4, true);
		return sum;
	}

	/** Frames that eth0 has counted as received. */
	received(): number {
		return this.target.stack.core.view.getUint32(this.link.block + BLOCK_RX_PACKETS, true);
	}

	/** What was dropped on eth0, by reason. */
	drops(): Record<string, number> {
		return this.target.stack.status().interfaces.find((one) => one.name === "eth0")!.drops;
	}

	/** The numbers of the live connections, as an attacker who sees everything knows them. */
	aim(): void {
		this.tuples.length = 0;
		for (const tcb of this.target.stack.tcp.inUse()) {
			if (tcb.remotePort === 0) continue;
			this.tuples.push({
				tcb,
				peer: tcb.remoteAddress,
				peerPort: tcb.remotePort,
				local: tcb.localAddress,
				localPort: tcb.localPort,
				seq: tcb.rcvNxt,
				ack: tcb.sndNxt,
			});
		}
	}

	/** Opens a connection from the peer, sends `bytes` both ways and closes. Answers what is wrong, "" when nothing is. */
	transfer(bytes: number): string {
		const client = new EchoClient(this.peer, bytes);
		const done = this.world.until(() => client.done || client.ended || client.wrong !== "", 60_000);
		const state = `${client.echoed} of ${bytes} bytes, state ${client.tcb.state}, error "${client.tcb.error}"`;
		client.close();
		if (client.wrong) return client.wrong;
		return done && client.done ? "" : `no transfer: ${state}`;
	}

	/** Everything that the attack left behind times out. */
	calm(): void {
		this.world.run(400_000);
	}

	/** What is not as it was at the beginning, "" when all is. Call after `calm`. */
	leaks(): string {
		const { core, tcp } = this.target.stack;
		if (core.pool.free !== this.#freePackets) return `${core.pool.free} packets free, ${this.#freePackets} at the start`;
		if (tcp.inUse().length !== 1)
			return `TCBs in use: ${tcp
				.inUse()
				.map((tcb) => `${tcb.index} in state ${tcb.state}`)
				.join(", ")}`;
		return "";
	}
}
