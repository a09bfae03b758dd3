// A wire between two devices with a rate, a delay, a queue, losses and reordering, on the virtual clock: the same as test/interop/support/impaired-wire.c, whose
// first lines say what the options are, down to the fate of every frame.

import type { VirtualClock } from "./clock.ts";
import { isTcp, Look } from "./segment-look.ts";
import type { QueueDevice } from "./wire.ts";

export interface WireOptions {
	seed: number;
	/** Bits a second. */
	rate: number;
	/** One way, µs. */
	delay: number;
	/** Bytes that wait for the rate. */
	queue: number;
	/** Of a million frames. */
	loss: number;
	reorder: number;
	/** Frames that pass a reordered one. */
	by: number;
}

const FULL_FRAME = 1514;
const HOLD_EXTRA_MS = 10;

interface Held {
	readonly frame: Uint8Array;
	toPass: number;
	/** Takes the deadline back. */
	cancel: () => void;
}

/** A number below a million from the seed, the way, the frame's number and what it is for: murmur3's finaliser. */
function fate(seed: number, way: number, number: number, purpose: number): number {
	let z = seed | 0;
	for (const step of [way, number, purpose]) {
		z = (z + Math.imul(step + 1, 0x9e37_79b9)) | 0;
		z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
		z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
		z ^= z >>> 16;
	}
	return Math.floor(((z >>> 0) * 1_000_000) / 4_294_967_296);
}

/** One way: from where frames are taken to where they are delivered. */
class Way {
	readonly counts = { frames: 0, lost: 0, reordered: 0, overflowed: 0, delivered: 0 };
	readonly #clock: VirtualClock;
	readonly #options: WireOptions;
	readonly #index: 0 | 1;
	readonly #to: QueueDevice;
	readonly #look: Look;
	readonly #held = new Set<Held>();
	/** When the rate has done with what was taken. */
	#free = 0;
	#queued = 0;
	#tcpFrames = 0;

	constructor(clock: VirtualClock, options: WireOptions, index: 0 | 1, to: QueueDevice, look: Look) {
		this.#clock = clock;
		this.#options = options;
		this.#index = index;
		this.#to = to;
		this.#look = look;
	}

	take(frame: Uint8Array): void {
		const { seed, rate, delay, queue, loss, reorder } = this.#options;
		const clock = this.#clock;
		const tcp = isTcp(frame);
		this.counts.frames++;
		const dropped = this.#queued + frame.length > queue;
		const number = tcp ? this.#tcpFrames++ : 0;
		const gone = tcp && fate(seed, this.#index, number, 0) < loss;
		if (tcp) this.#look.frame(this.#index, frame, clock.now, !dropped && !gone);
		if (dropped) {
			this.counts.overflowed++;
			return;
		}
		this.#free = Math.max(this.#free, clock.now) + (frame.length * 8000) / rate;
		this.#queued += frame.length;
		const reordered = tcp && !gone && fate(seed, this.#index, number, 1) < reorder;
		clock.at(this.#free, () => (this.#queued -= frame.length));
		clock.at(this.#free + delay / 1000, () => {
			if (gone) this.counts.lost++;
			else if (reordered) this.#hold(frame);
			else this.#pass(frame);
		});
	}

	#hold(frame: Uint8Array): void {
		const { by, rate } = this.#options;
		this.counts.reordered++;
		const held: Held = { frame, toPass: by, cancel: () => {} };
		held.cancel = this.#clock.after((by * FULL_FRAME * 8000) / rate + HOLD_EXTRA_MS, () => this.#letGo(held));
		this.#held.add(held);
	}

	#letGo(held: Held): void {
		held.cancel();
		this.#held.delete(held);
		this.#hand(held.frame);
	}

	#pass(frame: Uint8Array): void {
		this.#hand(frame);
		for (const held of this.#held) if (--held.toPass === 0) this.#letGo(held);
	}

	#hand(frame: Uint8Array): void {
		this.counts.delivered++;
		if (this.#to.linkUp && !this.#to.closed) this.#to.inject(frame);
	}
}

export class ImpairedWire {
	/** From the first end, and from the second. */
	readonly ways: readonly [Way, Way];
	readonly look: Look;

	constructor(clock: VirtualClock, first: QueueDevice, second: QueueDevice, options: WireOptions) {
		this.look = new Look((2 * options.delay) / 1000);
		this.ways = [new Way(clock, options, 0, second, this.look), new Way(clock, options, 1, first, this.look)];
		first.onSend = (frame) => this.ways[0].take(frame);
		second.onSend = (frame) => this.ways[1].take(frame);
	}
}
