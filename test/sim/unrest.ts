// Two stacks in one process, all of whose sockets are busy both ways, while everything befalls them that a program or a driver may do at an odd moment: callbacks that throw, close, write,
// connect, and add, take down and remove interfaces; devices that are busy, keep packets, lose their link and throw. All from one seed. Afterwards peace is made: what is open goes on, what
// was written has arrived, and every packet is back. test/sim/unrest.test.ts; on XS with devices in C as well: test/xs/unrest.test.ts.

import { createIO } from "../../src/io/io.ts";
import type { IO, TCP, UDP } from "../../src/io/types.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import { word } from "../../src/packet/core-block.ts";
import { InterfaceBlock } from "../../src/packet/interface-block.ts";
import { NeighborBlock } from "../../src/packet/neighbor-block.ts";
import { TcbBlock } from "../../src/packet/tcb-block.ts";
import type { Stack } from "../../src/stack.ts";
import { PENDING } from "../../src/transport/tcp/work.ts";
import { patternByte } from "../support/apps.ts";
import { checkPool } from "../support/pool.ts";
import type { Prng } from "../support/prng.ts";
import { macOf, type Segment } from "../support/wire.ts";
import { World, type Node } from "../support/world.ts";
import { MISCHIEF, Unsteady, type Maker, type Victim } from "./victims.ts";

const NETWORKS = 3;
const TCP_PORT = 80;
const UDP_PORT = 7;
const PACKETS = 20;
const SOCKETS = 6;
/** TCP's pool of each stack: with room for all that its sockets may use, and a small one. */
const POOLS = [50_176, 27_136];

/** What one end of a connection has written and read: patterns, so that nothing is lost, doubled or another's. */
class Stream {
	written = 0;
	read = 0;
}

/** One stack and the program above it. */
class Party {
	readonly node: Node;
	readonly stack: Stack;
	readonly io: IO;
	readonly links = new Map<string, { link: EthernetInterface; device: Victim }>();
	readonly streams = new Map<TCP, Stream>();
	readonly faults: unknown[] = [];
	peaceful = false;
	heard = 0;
	readonly #name: number;
	readonly #prng: Prng;
	readonly #segments: readonly Segment[];
	readonly #maker: Maker;
	readonly #into = new Uint8Array(1500);
	#devices = 0;
	#udp: UDP | undefined;

	constructor(world: World, name: number, segments: readonly Segment[], maker: Maker) {
		this.#name = name;
		this.#prng = world.prng.fork();
		this.#segments = segments;
		this.#maker = maker;
		this.node = world.node(`party${name}`, {
			packets: PACKETS,
			interfaces: NETWORKS + 1,
			sockets: { tcp: SOCKETS + 1, udp: 2, receiveBuffer: 3000, sendBuffer: 3000, buffers: POOLS[name - 1]! },
		});
		const { stack } = this.node;
		this.stack = stack;
		stack.events.onError = (error) => {
			if (error !== MISCHIEF) this.faults.push(error);
		};
		this.#watchPolls();
		this.io = createIO(stack);
		for (let i = 0; i < NETWORKS; i++) this.plug(i);
		this.#listen();
		this.#open();
	}

	/** After each poll frames go to the segments, and what the poll left is looked at. */
	#watchPolls(): void {
		const { stack } = this;
		const poll = stack.poll.bind(stack);
		stack.poll = (now) => {
			const wait = poll(now);
			for (const { device } of this.links.values()) device.flush();
			if (wait !== 0) this.#left();
			return wait;
		};
	}

	/** What a poll that does not want the next one at once must not leave. */
	#left(): void {
		const { fields } = this.stack.core;
		try {
			checkPool(this.stack);
		} catch (error) {
			this.faults.push(error);
		}
		if (fields[word("newsFirst")] !== 0) this.faults.push(new Error("news is left"));
		if ((fields[word("lookLow")]! | fields[word("lookHigh")]!) !== 0) this.faults.push(new Error("a notice is left"));
		if (fields[word("pending")] !== 0 && fields[word("tcpArmed")] === 0) this.faults.push(new Error("output is left"));
	}

	/** Interface `i`, if it is not there. */
	plug(i: number): void {
		const name = `eth${i}`;
		if (this.links.has(name)) return;
		const device = this.#maker(this.#segments[i]!, macOf(this.#name * 16 + i), this.#devices++, this.#prng.fork());
		const link = new EthernetInterface(name, device);
		this.links.set(name, { link, device });
		this.stack.interfaces.add(link).addAddress(`10.0.${i}.${this.#name}/24`);
	}

	unplug(i: number): void {
		const found = this.links.get(`eth${i}`);
		if (found === undefined) return;
		found.device.flush();
		this.links.delete(`eth${i}`);
		this.stack.interfaces.remove(found.link);
	}

	#peer(i: number): string {
		return `10.0.${i}.${3 - this.#name}`;
	}

	#listen(): void {
		const listener = new this.io.Listener({
			port: TCP_PORT,
			onReadable: () => {
				for (let from = listener.read(); from !== undefined; from = listener.read()) this.#follow(from);
				this.#mischief(undefined);
			},
			onError: () => this.faults.push(new Error("the listener has failed")),
		});
	}

	/** The socket for datagrams, again and again: what throws in it closes it. */
	#open(): void {
		const into = new Uint8Array(600);
		const udp = new this.io.UDP({
			port: UDP_PORT,
			onReadable: () => {
				for (let n = 4; n > 0 && udp.read(into) !== undefined; n--) this.heard++;
				if (this.peaceful) return;
				this.#datagram(udp);
				this.#mischief(undefined);
			},
		});
		this.#udp = udp;
	}

	#datagram(udp: UDP): void {
		const prng = this.#prng;
		try {
			udp.write(new Uint8Array(prng.below(600)), this.#peer(prng.below(NETWORKS)), UDP_PORT);
		} catch (error) {
			if (!/no route|no address/.test(String(error))) throw error;
		}
	}

	/** A connection from here, or one that was accepted. */
	#follow(from?: TCP): void {
		const prng = this.#prng;
		const stream = new Stream();
		const options = {
			onReadable: () => {
				this.#read(tcp, stream);
				this.#mischief(tcp);
			},
			onWritable: (room: number) => {
				this.#write(tcp, stream, room);
				this.#mischief(tcp);
			},
			onError: () => {
				this.#read(tcp, stream);
				tcp.close();
				this.#mischief(undefined);
			},
		};
		const tcp: TCP =
			from === undefined
				? new this.io.TCP({ ...options, address: this.#peer(prng.below(NETWORKS)), port: TCP_PORT, networkTimeout: 0 })
				: new this.io.TCP({ ...options, from });
		this.streams.set(tcp, stream);
	}

	#read(tcp: TCP, stream: Stream): void {
		const into = this.#into;
		const part = this.peaceful ? into : into.subarray(0, this.#prng.between(1, into.length));
		for (let got; (got = tcp.read(part) as number | undefined) !== undefined;) {
			for (let i = 0; i < got; i++)
				if (part[i] !== patternByte(stream.read + i)) {
					this.faults.push(new Error(`byte ${stream.read + i} of a stream is wrong`));
					break;
				}
			stream.read += got;
			if (!this.peaceful && this.#prng.chance(0.3)) return;
		}
	}

	#write(tcp: TCP, stream: Stream, room: number): void {
		if (this.peaceful && stream.written > 0) return;
		const bytes = new Uint8Array(this.#prng.between(1, Math.min(room, 1500)));
		for (let i = 0; i < bytes.length; i++) bytes[i] = patternByte(stream.written + i);
		tcp.write(bytes);
		stream.written += bytes.length;
	}

	/** What a program does at any moment. `self`: the connection whose callback runs. */
	#mischief(self: TCP | undefined): void {
		if (this.peaceful) return;
		const prng = this.#prng;
		if (self !== undefined && prng.chance(0.03)) self.close();
		if (prng.chance(0.05)) prng.pick([...this.streams.keys(), undefined])?.close();
		if (prng.chance(0.02)) this.unplug(prng.below(NETWORKS));
		if (prng.chance(0.1)) this.plug(prng.below(NETWORKS));
		if (prng.chance(0.02)) {
			const { link } = prng.pick([...this.links.values(), { link: undefined }]);
			if (link !== undefined) link.enabled = !link.enabled;
		}
		if (prng.chance(0.02)) throw MISCHIEF;
	}

	/** What happens between polls. */
	act(): void {
		const prng = this.#prng;
		for (const tcp of this.streams.keys()) if (closed(tcp)) this.streams.delete(tcp);
		if (this.#udp === undefined || closed(this.#udp)) this.#open();
		for (let n = this.streams.size; n < SOCKETS / 2; n++) {
			try {
				this.#follow();
			} catch (error) {
				if (!/no route|no address|in use/.test(String(error))) throw error;
			}
		}
		this.#datagram(this.#udp!);
		for (const [tcp, stream] of this.streams) if (prng.chance(0.2)) this.#more(tcp, stream);
		try {
			this.#mischief(undefined);
		} catch (error) {
			if (error !== MISCHIEF) throw error;
		}
		for (const { device } of this.links.values()) {
			if (prng.chance(0.1)) device.setBusy(prng.chance(0.4));
			if (prng.chance(0.1)) device.setHolding(prng.chance(0.3));
			if (prng.chance(0.03)) device.setLink(prng.chance(0.7));
		}
	}

	#more(tcp: TCP, stream: Stream): void {
		const size = this.#prng.between(1, 700);
		const bytes = new Uint8Array(size);
		for (let i = 0; i < size; i++) bytes[i] = patternByte(stream.written + i);
		try {
			tcp.write(bytes);
			stream.written += size;
		} catch (error) {
			if (!/not connected|expected at most/.test(String(error))) throw error;
		}
	}

	/** Nothing odd happens any more. */
	peace(): void {
		this.peaceful = true;
		for (let i = 0; i < NETWORKS; i++) this.plug(i);
		for (const { link, device } of this.links.values()) {
			link.enabled = true;
			device.setBusy(false);
			device.setHolding(false);
			device.setLink(true);
		}
		// What was left in the middle, for which no event comes any more.
		for (const [tcp, stream] of this.streams) if (!closed(tcp)) this.#read(tcp, stream);
	}

	/** The connections that stand, as pairs of address and ports, with what each end has written and read. */
	standing(): Map<string, Stream> {
		const found = new Map<string, Stream>();
		for (const [tcp, stream] of this.streams) {
			if (closed(tcp)) continue;
			const ends = [`${tcp.localAddress}:${tcp.localPort}`, `${tcp.remoteAddress}:${tcp.remotePort}`];
			found.set(ends.sort().join(" "), stream);
		}
		return found;
	}

	/** All sockets go. */
	close(): void {
		for (const tcp of this.streams.keys()) tcp.close();
		if (!closed(this.#udp!)) this.#udp!.close();
	}

	/** All interfaces go, and their devices. */
	unplugAll(): void {
		for (let i = 0; i < NETWORKS; i++) this.unplug(i);
	}

	/** What does not balance, "" when all does: packets, and the lists of connections. */
	ledger(atRest: boolean): string {
		const { core, tcp } = this.stack;
		const { fields, pool, view } = core;
		const seen = new Set<number>();
		let twice = "";
		const note = (packet: number, where: string) => {
			if (packet < 0) return;
			if (seen.has(packet)) twice ||= `packet ${packet} is ${where} and elsewhere`;
			seen.add(packet);
		};
		for (let i = 0; i < pool.free; i++) note(view.getInt32(fields[word("freeList")]! + 4 * i, true), "free");
		note(core.spare, "the spare one");
		note(core.packet, "received into");
		for (const { block } of this.stack.interfaces.list) {
			let packet = view.getInt32(block + InterfaceBlock.offsets.queueFirst, true);
			for (let n = view.getInt32(block + InterfaceBlock.offsets.waiting, true); n > 0; n--) {
				note(packet, "in a queue");
				packet = pool.next[packet]!;
			}
		}
		for (const { block, waiting } of this.stack.interfaces.neighbors.entries) {
			let packet = view.getInt32(block + NeighborBlock.offsets.queueFirst, true);
			for (let n = waiting; n > 0; n--, packet = pool.next[packet]!) note(packet, "with a neighbour");
		}
		if (twice !== "") return twice;
		let held = 0;
		for (const { device } of this.links.values()) held += device.holds;
		if (seen.size + held > PACKETS || (atRest && seen.size !== PACKETS))
			return `${seen.size} packets of ${PACKETS} are accounted for, and devices have ${held}`;
		let listed = 0;
		for (const list of ["pending", "blocked"] as const)
			for (let at = fields[word(list)]!; at !== 0; at = view.getInt32(at + TcbBlock.offsets.nextPending, true))
				if (++listed > tcp.tcbs.length) return `the list of those ${list} has no end`;
		const marked = tcp.tcbs.filter(({ block }) => view.getInt32(block + TcbBlock.offsets.work, true) & PENDING).length;
		if (listed !== marked) return `${marked} connections are marked as pending, ${listed} stand in a list`;
		return "";
	}
}

function closed(socket: TCP | UDP): boolean {
	try {
		void ("remotePort" in socket ? socket.remotePort : (socket as UDP).port);
		return false;
	} catch {
		return true;
	}
}

/** So many steps of unrest, and then peace. Answers what went wrong, "" when nothing has. */
export function unrest(seed: number, steps: number, maker: Maker): string {
	const world = new World(seed, seed % 2 === 0 ? 1000 : 0x7fff_ffff - 20_000);
	const segments = Array.from({ length: NETWORKS }, () => world.segment({ delayMs: 1, jitterMs: 3, loss: 0.01 }));
	const parties = [1, 2].map((name) => new Party(world, name, segments, maker));
	const wrong = (): string => {
		for (const { faults, node } of parties)
			if (faults.length > 0) return `${node.name}: ${String(faults[0])}\n${(faults[0] as Error).stack}`;
		return "";
	};
	Unsteady.mischief = 0.002;
	for (let step = 0; step < steps; step++) {
		for (const party of parties) party.act();
		world.run(world.prng.chance(0.02) ? world.prng.below(5000) : world.prng.below(30));
		for (const party of parties) {
			const fault = wrong() || party.ledger(false);
			if (fault !== "") return `step ${step}: ${fault}`;
		}
	}
	Unsteady.mischief = 0;
	for (const segment of segments) segment.faults = { delayMs: 1 };
	for (const party of parties) party.peace();
	world.run(200_000);
	const [one, other] = parties.map((party) => party.standing());
	for (const [ends, stream] of one!) {
		const peer = other!.get(ends);
		if (peer === undefined || (stream.written === peer.read && stream.read === peer.written)) continue;
		return `${ends}: ${stream.written} and ${peer.written} bytes were written, ${peer.read} and ${stream.read} read`;
	}
	for (const party of parties) party.close();
	world.run(200_000);
	for (const party of parties) {
		const fault = wrong() || party.ledger(true);
		if (fault !== "") return `at peace: ${fault}`;
		if (party.heard === 0) return "no datagram was heard";
		party.unplugAll();
		const left = party.ledger(true);
		if (left !== "") return `without interfaces: ${left}`;
	}
	return "";
}
