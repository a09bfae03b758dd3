// Stacks under one virtual clock, all randomness from one seed.

import type { StackOptions } from "../../src/config.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import { Stack } from "../../src/stack.ts";
import { VirtualClock } from "./clock.ts";
import { Prng } from "./prng.ts";
import { QueueDevice, Segment, type Faults, type QueueDeviceOptions } from "./wire.ts";

/** So many polls at one instant are not work any more: the stack spins. */
const POLLS_PER_INSTANT = 20_000;

export class Node {
	readonly name: string;
	readonly stack: Stack;
	/** When it wants to be polled; Infinity when it has nothing to do. */
	due: number;
	polls = 0;

	constructor(world: World, name: string, options: StackOptions) {
		this.name = name;
		const prng = world.prng.fork();
		this.due = world.clock.now;
		this.stack = new Stack({
			...options,
			random32: () => prng.next(),
			onWake: () => {
				this.due = world.clock.now;
			},
		});
	}

	/** Adds an Ethernet interface over `device` with addresses such as "10.0.0.1/24". */
	ethernet(name: string, device: QueueDevice, ...addresses: string[]): EthernetInterface {
		const iface = new EthernetInterface(name, device);
		this.stack.interfaces.add(iface);
		for (const address of addresses) {
			const [host, length] = address.split("/");
			iface.ip.insertAddress(host!, Number(length));
		}
		return iface;
	}
}

export class World {
	readonly prng: Prng;
	readonly clock: VirtualClock;
	readonly nodes: Node[] = [];
	readonly segments: Segment[] = [];

	constructor(seed = 1, start = 1000) {
		this.prng = new Prng(seed);
		this.clock = new VirtualClock(start);
	}

	/** A new stack that `run` polls whenever it wants to be polled. */
	node(name: string, options: StackOptions = {}): Node {
		const node = new Node(this, name, options);
		this.nodes.push(node);
		return node;
	}

	segment(faults: Faults = {}): Segment {
		const segment = new Segment(this.clock, this.prng.fork(), faults);
		this.segments.push(segment);
		return segment;
	}

	/** A port on no segment, for a test that plays the peer itself. */
	device(options: QueueDeviceOptions = {}): QueueDevice {
		return new QueueDevice(options);
	}

	/** Runs everything due up to `ms` from now. */
	run(ms: number): void {
		this.#runTo(this.clock.now + ms, undefined);
	}

	/** Runs until `done` answers true; false when that has not happened within `ms`. */
	until(done: () => boolean, ms: number): boolean {
		return this.#runTo(this.clock.now + ms, done);
	}

	/** Polls what is due at this instant, without moving the time. */
	settle(): void {
		let polls = 0;
		for (let again = true; again;) {
			again = false;
			for (const node of this.nodes) {
				if (node.due > this.clock.now) continue;
				if (++polls > POLLS_PER_INSTANT) throw new Error(`stack ${node.name} spins: ${polls} polls at ${this.clock.now} ms`);
				this.#poll(node);
				again = true;
			}
		}
	}

	#poll(node: Node): void {
		node.due = Infinity;
		node.polls++;
		const wait = node.stack.poll(this.clock.ms);
		if (typeof wait !== "number" || wait !== Math.floor(wait) || wait < -1) throw new Error(`poll answered ${wait}`);
		// A wake during the poll has set `due` already.
		if (wait >= 0) node.due = Math.min(node.due, Math.floor(this.clock.now) + wait);
	}

	#runTo(limit: number, done: (() => boolean) | undefined): boolean {
		for (;;) {
			this.settle();
			if (done?.()) return true;
			let next = this.clock.next;
			for (const node of this.nodes) if (node.due < next) next = node.due;
			if (next > limit) break;
			this.clock.advance(next);
			while (this.clock.next <= this.clock.now) this.clock.step(this.clock.now);
		}
		this.clock.advance(limit);
		return done !== undefined && done();
	}
}
