// The packet buffers. A packet is an integer handle; its start, end and interface are columns, filled in when it waits somewhere.
// Whoever is handed a packet answers whether it kept it; only who keeps one queues it, and then sees to its release.

import { CONTROL_PACKETS, PACKET_BYTES } from "../config.ts";

export const NONE = -1;

export class PacketPool {
	#free: Int32Array;
	#count: number;
	#at: number;
	/** Arena offset of the first and behind the last byte, while the packet waits in a queue. */
	readonly start: Int32Array;
	readonly end: Int32Array;
	/** What the queue that holds it wants to know: an interface slot, usually. */
	readonly tag: Int32Array;
	/** The next packet in the same queue, or NONE. */
	readonly next: Int32Array;
	readonly size: number;

	constructor(size: number, at: number) {
		this.size = size;
		this.#at = at;
		this.#count = size;
		this.#free = new Int32Array(size);
		this.start = new Int32Array(size);
		this.end = new Int32Array(size);
		this.tag = new Int32Array(size);
		this.next = new Int32Array(size).fill(NONE);
		for (let i = 0; i < size; i++) this.#free[i] = size - 1 - i;
	}

	/** Packets that nobody has. */
	get free(): number {
		return this.#count;
	}

	/** How many `acquire` would hand out: 0 or less when there is none. */
	get available(): number {
		return this.#count - CONTROL_PACKETS;
	}

	/** A packet, or NONE when there are but those for control traffic. */
	acquire(): number {
		const count = this.#count - 1;
		if (count < CONTROL_PACKETS) return NONE;
		this.#count = count;
		return this.#free[count]!;
	}

	/** A packet for control traffic, or NONE. */
	acquireControl(): number {
		const count = this.#count - 1;
		if (count < 0) return NONE;
		this.#count = count;
		return this.#free[count]!;
	}

	release(packet: number): void {
		this.#free[this.#count++] = packet;
	}

	/** Arena offset of the packet's buffer of PACKET_BYTES. */
	base(packet: number): number {
		return this.#at + packet * PACKET_BYTES;
	}

	/** The packet whose buffer holds that arena offset. */
	at(offset: number): number {
		return ((offset - this.#at) / PACKET_BYTES) | 0;
	}
}

/** First in, first out, threaded through the pool's `next` column: a queue costs three integers. */
export class PacketQueue {
	head = NONE;
	length = 0;
	#tail = NONE;
	#pool: PacketPool;

	constructor(pool: PacketPool) {
		this.#pool = pool;
	}

	push(packet: number): void {
		this.#pool.next[packet] = NONE;
		if (this.length++ === 0) this.head = packet;
		else this.#pool.next[this.#tail] = packet;
		this.#tail = packet;
	}

	/** Takes the first packet out, or NONE. It stays acquired. */
	shift(): number {
		const packet = this.head;
		if (packet === NONE) return NONE;
		this.head = this.#pool.next[packet]!;
		this.length--;
		return packet;
	}

	/** Releases all. Answers how many there were. */
	clear(): number {
		const count = this.length;
		for (let packet = this.shift(); packet !== NONE; packet = this.shift()) this.#pool.release(packet);
		return count;
	}
}
