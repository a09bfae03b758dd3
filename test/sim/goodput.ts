// Transfers between two stacks over an impaired wire on the virtual clock: what TCP gets of it, from one seed.

import { ERROR, type SocketOwner } from "../../src/transport/events.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";
import { ImpairedWire, type WireOptions } from "../support/impaired-wire.ts";
import { isPattern, pattern, PERIOD } from "../support/pattern.ts";
import type { Half } from "../support/segment-look.ts";
import { QueueDevice } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";

const PORT = 5001;
const CLIENT = "10.77.0.1";
const SERVER = "10.77.0.2";
/** What a receiver has for bytes. */
const WINDOW = 65_535;
/** As Linux's ends have it, test/bench/goodput-linux.mjs: so the window limits alone. */
const SEND_BUFFER = 512 * 1024;

export interface Goodput {
	/** Mbit/s, of all connections together, and of each. */
	goodput: number;
	each: number[];
	/** What went wrong, "" when nothing did. */
	error: string;
	/** Of each connection what its sender has sent. */
	senders: Half[];
	/** Whether all connections have ended, and not the time. */
	ended: boolean;
	/** When all had ended, or the time was over, ms on the clock that `senders` have. */
	endedAt: number;
	ways: ImpairedWire["ways"];
}

/** Sends the pattern on every connection that it gets, and closes. */
class Sender implements SocketOwner {
	readonly #node: Node;
	readonly #listener: Tcb;
	readonly #bytes: number;
	readonly #holds: boolean;

	/** `holds`: it closes only after the other side. */
	constructor(node: Node, bytes: number, connections: number, holds: boolean) {
		this.#node = node;
		this.#holds = holds;
		this.#bytes = bytes;
		this.#listener = node.stack.tcp.listen("", PORT, Math.max(connections, 16), 0);
		this.#listener.owner = this;
	}

	onEvents(): void {
		const { tcp } = this.#node.stack;
		for (let tcb = tcp.accept(this.#listener); tcb !== undefined; tcb = tcp.accept(this.#listener)) this.#serve(tcb);
	}

	#serve(tcb: Tcb): void {
		const { tcp } = this.#node.stack;
		let sent = 0;
		let closed = false;
		const write = () => {
			for (let room = tcp.writable(tcb); room > 0 && sent < this.#bytes; room = tcp.writable(tcb))
				sent += tcp.write(tcb, pattern(), sent % PERIOD, Math.min(room, this.#bytes - sent, PERIOD));
			if (!this.#holds && (sent === this.#bytes || tcb.error !== "")) close();
		};
		const close = () => {
			if (!closed) tcp.close(tcb);
			closed = true;
		};
		const onEvents = (events: number) => {
			write();
			if (this.#holds && events & ERROR) close();
		};
		tcp.adopt(tcb, { onEvents });
		write();
	}
}

/** Connects, and takes what comes until the other side closes. */
class Receiver implements SocketOwner {
	readonly tcb: Tcb;
	readonly #node: Node;
	readonly #world: World;
	readonly #wanted: number;
	readonly #buffer = new Uint8Array(PERIOD);
	got = 0;
	/** When it began and when the last byte came. */
	readonly startedAt: number;
	lastAt = 0;
	wrong = "";
	ended = false;

	/** `wanted`: so many bytes, after which it closes; absent: all that come until the other side does. */
	constructor(world: World, node: Node, wanted = Infinity) {
		this.#wanted = wanted;
		this.#world = world;
		this.#node = node;
		this.startedAt = world.clock.now;
		this.tcb = node.stack.tcp.connect(SERVER, PORT);
		this.tcb.owner = this;
	}

	onEvents(events: number): void {
		const { tcp } = this.#node.stack;
		for (;;) {
			const count = tcp.read(this.tcb, this.#buffer, 0, this.#buffer.length);
			if (count === 0) break;
			if (this.wrong === "" && !isPattern(this.#buffer, count, this.got)) this.wrong = `bytes from ${this.got} on are wrong`;
			this.got += count;
			this.lastAt = this.#world.clock.now;
		}
		if ((!(events & ERROR) && this.got < this.#wanted) || this.ended) return;
		this.ended = true;
		if (this.wrong === "" && this.tcb.error !== "") this.wrong = this.tcb.error;
		tcp.close(this.tcb);
	}
}

/** Sends a datagram that nobody waits for. */
function greet({ stack: { udp } }: Node, address: string): void {
	const socket = udp.open("", PORT, 0);
	udp.send(socket, address, PORT, new Uint8Array(1), 0, 1);
	udp.close(socket);
}

/** `holds`: who receives closes first, so that the time does not count that a closed connection has. `buffers`: bytes of the pool that all sockets of an end share, as many as they may use when absent. One server sends `bytes` on each of `connections` connections, which begin at random within `apartMs` each; after `limitS` what came by then counts. */
export function goodput(
	options: WireOptions,
	{
		bytes,
		limitS,
		connections = 1,
		apartMs = 0,
		buffers,
		holds = false,
	}: { bytes: number; limitS: number; connections?: number; apartMs?: number; buffers?: number; holds?: boolean },
): Goodput {
	const world = new World(options.seed);
	const own = { tcp: connections + 2, udp: 1, receiveBuffer: WINDOW, sendBuffer: SEND_BUFFER };
	const sockets = buffers === undefined ? own : { ...own, sendBuffer: WINDOW, buffers };
	const nodes = [CLIENT, SERVER].map((address, i) => {
		const node = world.node(address, { sockets, packets: 64 });
		const device = new QueueDevice({ mac: i + 1 });
		node.ethernet("eth0", device, `${address}/24`);
		return { node, device };
	});
	const wire = new ImpairedWire(world.clock, nodes[0]!.device, nodes[1]!.device, options);
	new Sender(nodes[1]!.node, bytes, connections, holds);
	// Both find each other's address before: in the other table a ping has been answered.
	for (const [i, { node }] of nodes.entries()) greet(node, i === 0 ? SERVER : CLIENT);
	world.run(1000);
	const receivers: Receiver[] = [];
	for (let i = 0; i < connections; i++)
		world.clock.after((i + world.prng.float()) * apartMs, () =>
			receivers.push(new Receiver(world, nodes[0]!.node, holds ? bytes : Infinity)),
		);
	const allEnded = () => receivers.length === connections && receivers.every(({ ended }) => ended);
	const ended = world.until(allEnded, limitS * 1000);
	const each = receivers.map(({ got, startedAt, lastAt, ended }) => {
		const ms = (ended ? lastAt : world.clock.now) - startedAt;
		return (got * 8) / ms / 1000;
	});
	const errors = receivers.map(({ wrong, ended, got }) => (wrong === "" && ended && got !== bytes ? `${got} bytes came` : wrong));
	return {
		goodput: each.reduce((sum, rate) => sum + rate, 0),
		each,
		error: errors.find((error) => error !== "") ?? "",
		senders: wire.look.flows.map((halves) => halves[1]),
		ended,
		endedAt: world.clock.now,
		ways: wire.ways,
	};
}

/** Jain's index of fairness: 1 when all have the same. */
export function jain(rates: readonly number[]): number {
	const sum = rates.reduce((all, rate) => all + rate, 0);
	return (sum * sum) / (rates.length * rates.reduce((all, rate) => all + rate * rate, 0));
}
