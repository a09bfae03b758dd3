// A connection of two stacks, and everything that may happen to it in every order: what either program does, and what the network does with each frame. The model beside it has of either
// program what it wrote and said, and of the other what it read: a stream of bytes that ends or breaks. After the last event comes peace: all that is on its way arrives, and time passes.

import { Acceptor, patternAt } from "../unit/transport/tcp/endpoint.ts";
import { READABLE, type SocketOwner } from "../../src/transport/events.ts";
import type { Stack } from "../../src/stack.ts";
import type { Tcb } from "../../src/transport/tcp/tcb.ts";

import { checkPool } from "../support/pool.ts";
import type { QueueDevice } from "../support/wire.ts";
import { World } from "../support/world.ts";

/** More than one segment, and more than a window of what there is room for. */
const PIECE = 1700;
const OPTIONS = { sockets: { tcp: 2, receiveBuffer: 3000, sendBuffer: 3000, buffers: 10_240 }, packets: 16 };

/** Who of two. */
type Side = 0 | 1;

/** A program at one end, and what is known of its stream. */
class Program implements SocketOwner {
	readonly stack: Stack;
	readonly side: Side;
	readonly tcb: Tcb;
	written = 0;
	read = 0;
	/** It has said that nothing follows; has closed; has ended it by force. */
	shut = false;
	closed = false;
	aborted = false;
	wrong = "";
	readonly #buffer = new Uint8Array(PIECE);

	constructor(stack: Stack, side: Side, tcb: Tcb) {
		this.stack = stack;
		this.side = side;
		this.tcb = tcb;
		stack.tcp.adopt(tcb, this);
	}

	onEvents(events: number): void {
		if ((events & READABLE) === 0) return;
		for (let count = -1; count !== 0 && !this.closed;) {
			count = this.stack.tcp.read(this.tcb, this.#buffer, 0, this.#buffer.length);
			for (let i = 0; i < count; i++, this.read++)
				if (this.#buffer[i] !== patternAt(1 - this.side, this.read)) this.wrong ||= `byte ${this.read} is not the one sent`;
		}
	}

	write(): void {
		if (this.shut || this.closed) return;
		const count = Math.min(PIECE, this.stack.tcp.writable(this.tcb));
		const bytes = Uint8Array.from({ length: count }, (_, i) => patternAt(this.side, this.written + i));
		this.written += this.stack.tcp.write(this.tcb, bytes, 0, count);
	}

	shutdown(): void {
		if (this.closed) return;
		this.shut = true;
		this.stack.tcp.shutdown(this.tcb);
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.stack.tcp.close(this.tcb);
	}

	abort(): void {
		if (this.closed) return;
		this.closed = true;
		this.aborted = true;
		this.stack.tcp.abort(this.tcb);
	}
}

/** One way of the wire: frames wait until an event lets them pass. */
class Way {
	readonly frames: Uint8Array[] = [];
	peaceful = true;
	readonly #to: QueueDevice;

	constructor(from: QueueDevice, to: QueueDevice) {
		this.#to = to;
		from.onSend = (frame) => {
			if (this.peaceful) to.inject(frame.slice());
			else this.frames.push(frame.slice());
		};
	}

	pass(index: number, keep = false): void {
		const frame = this.frames[index];
		if (frame === undefined) return;
		if (!keep) this.frames.splice(index, 1);
		this.#to.inject(frame.slice());
	}
}

class Scene {
	readonly world = new World(1);
	readonly programs: [Program, Program];
	readonly ways: [Way, Way];

	constructor() {
		const nodes = [this.world.node("a", OPTIONS), this.world.node("b", OPTIONS)] as const;
		const devices = [this.world.device({ mac: 1 }), this.world.device({ mac: 2 })] as const;
		for (const [i, node] of nodes.entries()) node.ethernet("eth0", devices[i]!, `10.0.0.${i + 1}/24`);
		this.ways = [new Way(devices[0], devices[1]), new Way(devices[1], devices[0])];
		const acceptor = new Acceptor(nodes[1].stack, 80, 1);
		const tcb = nodes[0].stack.tcp.connect("10.0.0.2", 80);
		this.world.run(50);
		this.programs = [new Program(nodes[0].stack, 0, tcb), new Program(nodes[1].stack, 1, acceptor.endpoints[0]!.tcb!)];
		for (const way of this.ways) way.peaceful = false;
		this.programs[0].write();
		this.world.run(0);
	}

	/** What holds after every event. */
	check(): void {
		for (const program of this.programs) {
			checkPool(program.stack);
			if (program.wrong !== "") throw new Error(program.wrong);
			const other = this.programs[1 - program.side]!;
			if (program.read > other.written) throw new Error(`${program.read} bytes read of ${other.written} written`);
		}
	}

	/** What must have come of it in the end. */
	settle(): void {
		for (const way of this.ways) {
			way.peaceful = true;
			while (way.frames.length > 0) way.pass(0);
		}
		this.world.run(20_000);
		this.check();
		const broken = this.programs.some(({ aborted }) => aborted);
		for (const program of this.programs) {
			const other = this.programs[1 - program.side]!;
			// Who has closed does not read any more, and who writes to it is told by RST, which takes back what was on its way the other way.
			const complete = !broken && !program.closed && !(other.closed && program.written > other.read);
			if (complete && program.read !== other.written) throw new Error(`${program.read} bytes arrived of ${other.written}`);
			if (complete && other.shut && !program.tcb.finReceived) throw new Error("the end did not arrive");
			if (complete && program.tcb.error !== "") throw new Error(`ended by "${program.tcb.error}"`);
		}
		for (const program of this.programs) program.close();
		this.world.run(200_000);
		this.check();
		for (const { stack, side } of this.programs)
			if (stack.tcp.available !== OPTIONS.sockets.tcp - side)
				throw new Error(`a socket of ${side === 0 ? "a" : "b"} is not free`);
		for (const node of this.world.nodes)
			if (node.stack.core.pool.free < OPTIONS.packets - 2)
				throw new Error(`${node.stack.core.pool.free} packets free of ${OPTIONS.packets}`);
	}
}

/** What may happen, by its name; `may`: whether it would be anything at all. */
interface Event {
	readonly name: string;
	readonly may: (scene: Scene) => boolean;
	readonly happen: (scene: Scene) => void;
}

const SIDES: readonly Side[] = [0, 1];
const ACTS = ["write", "shutdown", "close", "abort"] as const;

export const EVENTS: readonly Event[] = [
	...SIDES.flatMap((side) =>
		ACTS.map((act) => ({
			name: `${"ab"[side]} ${act}`,
			may: ({ programs }: Scene) => !programs[side].closed && !(programs[side].shut && act !== "close" && act !== "abort"),
			happen: ({ programs }: Scene) => programs[side][act](),
		})),
	),
	...SIDES.flatMap((side) =>
		[
			{ name: `${"ab"[side]}'s frame passes`, least: 1, happen: (way: Way) => way.pass(0) },
			{ name: `${"ab"[side]}'s frame is lost`, least: 1, happen: (way: Way) => void way.frames.shift() },
			{ name: `${"ab"[side]}'s frame passes twice`, least: 1, happen: (way: Way) => (way.pass(0, true), way.pass(0)) },
			{ name: `${"ab"[side]}'s last frame overtakes`, least: 2, happen: (way: Way) => way.pass(way.frames.length - 1) },
		].map(({ name, least, happen }) => ({
			name,
			may: ({ ways }: Scene) => ways[side].frames.length >= least,
			happen: ({ ways }: Scene) => happen(ways[side]),
		})),
	),
	{ name: "a timer expires", may: () => true, happen: ({ world }) => world.run(1100) },
];

/** What came of events in that order: "" when all is right, undefined when one of them could not happen. */
function outcome(order: readonly number[]): string | undefined {
	const scene = new Scene();
	try {
		for (const index of order) {
			const event = EVENTS[index]!;
			if (!event.may(scene)) return undefined;
			event.happen(scene);
			scene.world.run(0);
			scene.check();
		}
		scene.settle();
		return "";
	} catch (error) {
		return `${order.map((index) => EVENTS[index]!.name).join(", ")}: ${(error as Error).message}`;
	}
}

/** Tries every order of up to `depth` events. Answers how many there were, and what went wrong in the first few. */
export function everyOrder(depth: number): { orders: number; faults: string[] } {
	const result = { orders: 0, faults: [] as string[] };
	const go = (order: number[]) => {
		if (result.faults.length >= 5) return;
		const came = outcome(order);
		if (came === undefined) return;
		result.orders++;
		if (came !== "") result.faults.push(came);
		else if (order.length < depth) for (let i = 0; i < EVENTS.length; i++) go([...order, i]);
	};
	go([]);
	return result;
}
