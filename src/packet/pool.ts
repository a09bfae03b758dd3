// The packet buffers. A packet is an integer handle; its start, end and interface are columns, filled in when it waits somewhere.
// Whoever is handed a packet answers whether it kept it; only who keeps one queues it, and then sees to its release.

import { CONTROL_PACKETS, PACKET_BYTES } from "../config.ts";
import { packetAcquire, packetAcquireControl, packetRelease } from "#codec";
import { word } from "./core-block.ts";
import { NONE } from "./packets.ts";

export { NONE };

const FREE = word("free");

/** The packets as the interpreter has them: packets.ts does the work, and so both take from the same. */
export class PacketPool {
	#view: DataView;
	#words: Int32Array;
	#at: number;
	/** Arena offset of the first and behind the last byte, while the packet waits in a queue. */
	readonly start: Int32Array;
	readonly end: Int32Array;
	/** The next packet in the same queue, or NONE. */
	readonly next: Int32Array;
	readonly size: number;

	/** `words`: the arena as words, whose CoreBlock says where the columns are; `at`: arena offset of the first buffer. */
	constructor(view: DataView, words: Int32Array, size: number, at: number) {
		this.size = size;
		this.#view = view;
		this.#words = words;
		this.#at = at;
		this.start = new Int32Array(view.buffer, view.byteOffset + words[word("starts")]!, size);
		this.end = new Int32Array(view.buffer, view.byteOffset + words[word("ends")]!, size);
		this.next = new Int32Array(view.buffer, view.byteOffset + words[word("nexts")]!, size).fill(NONE);
		for (let packet = size - 1; packet >= 0; packet--) packetRelease(view, packet);
	}

	/** Packets that nobody has. */
	get free(): number {
		return this.#words[FREE]!;
	}

	/** How many `acquire` would hand out: 0 or less when there is none. */
	get available(): number {
		return this.free - CONTROL_PACKETS;
	}

	/** A packet, or NONE when there are but those for control traffic. */
	acquire(): number {
		return packetAcquire(this.#view);
	}

	/** A packet for control traffic, or NONE. */
	acquireControl(): number {
		return packetAcquireControl(this.#view);
	}

	release(packet: number): void {
		packetRelease(this.#view, packet);
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
