// A bad line, on purpose: loses, doubles, reorders, corrupts and delays frames, both ways, from a seed. Wraps any device.
// Every frame passes through the wrapper's own store, so that a delayed frame is nobody else's memory.

import { copyIn, copyOut } from "#codec";
import { allocate } from "#memory";
import { BUSY, NOTIFIES, RECEIVE_CHECKED, SENT, TRANSMIT_CHECKSUM } from "./device.ts";
import type { Device, DeviceHost, EVERY_FRAME } from "./device.ts";

export interface FaultOptions {
	/** Probability that a frame is lost, 0 to 1. */
	loss?: number;
	/** Probability that a frame arrives twice, 0 to 1. */
	duplicate?: number;
	/** Probability that a frame is overtaken by up to REORDER_DISTANCE later ones, 0 to 1. */
	reorder?: number;
	/** Probability that one bit of a frame is wrong, 0 to 1. */
	corrupt?: number;
	/** Time on the way, ms. */
	delayMs?: number;
	/** Added to it at random, 0 to this, ms. Frames keep their order. */
	jitterMs?: number;
	/** Bits per second; 0 is no limit. */
	rateBps?: number;
}

/** Frames on their way, per direction. A frame that finds none free is lost and counted. */
const FRAMES = 256;
/** Bytes of one of them: an Ethernet frame of MTU 1,500 with a VLAN tag, rounded up. */
const FRAME_BYTES = 1536;
/** A frame held back for reordering leaves after at most so many others, or so many ms. */
const REORDER_DISTANCE = 4;
const REORDER_MS = 10;
/** What may wait for a slow line before the sender is told BUSY, ms of the line's time. */
const BACKLOG_MS = 50;

/** The fate of the next frame, drawn anew for each. Always the same number of draws, so that the nth frame's fate depends on n alone. */
class Dice {
	lost = false;
	doubled = false;
	heldBack = 0;
	corruptBit = -1;
	jitterMs = 0;
	#state: number;
	readonly #options: Required<FaultOptions>;

	constructor(seed: number, options: Required<FaultOptions>) {
		this.#state = seed | 0;
		this.#options = options;
	}

	throw(): void {
		const options = this.#options;
		this.lost = this.#unit() < options.loss;
		this.doubled = this.#unit() < options.duplicate;
		const reorder = this.#unit() < options.reorder;
		const distance = 1 + Math.floor(this.#unit() * REORDER_DISTANCE);
		this.heldBack = reorder ? distance : 0;
		const corrupt = this.#unit() < options.corrupt;
		const bit = Math.floor(this.#unit() * 0x4000_0000);
		this.corruptBit = corrupt ? bit : -1;
		this.jitterMs = Math.floor(this.#unit() * (options.jitterMs + 1));
	}

	/** 0 to 1, from a 32-bit counter through the murmur3 finaliser ("splitmix32"). */
	#unit(): number {
		this.#state = (this.#state + 0x9e37_79b9) | 0;
		let z = this.#state;
		z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
		z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
		return ((z ^ (z >>> 16)) >>> 1) / 0x8000_0000;
	}
}

/**
 * One direction: a ring of frames in the order they will leave, each with the time it may, and beside it the frames that are
 * held back to be overtaken. Slots are `base` to `base + FRAMES - 1`.
 */
class Line {
	readonly ring = new Int32Array(FRAMES);
	head = 0;
	count = 0;
	readonly held = new Int32Array(FRAMES);
	heldCount = 0;
	/** By slot: length in bytes, time it may leave, and how many later frames may still overtake it. */
	readonly length = new Int32Array(FRAMES);
	readonly due = new Int32Array(FRAMES);
	readonly waits = new Int32Array(FRAMES);
	readonly free = new Int32Array(FRAMES);
	freeCount = FRAMES;
	readonly base: number;
	readonly dice: Dice;
	/** How long the line is still busy with what it took, ms after `since`, with fractions. */
	#busyMs = 0;
	#since = 0;
	#lastDue = 0;
	readonly #options: Required<FaultOptions>;

	constructor(base: number, seed: number, options: Required<FaultOptions>) {
		this.base = base;
		this.dice = new Dice(seed, options);
		this.#options = options;
		for (let i = 0; i < FRAMES; i++) this.free[i] = base + FRAMES - 1 - i;
	}

	/** Ms that the line is still busy. */
	backlog(now: number): number {
		const passed = (now - this.#since) | 0;
		if (passed > 0) {
			this.#since = now;
			this.#busyMs = this.#busyMs > passed ? this.#busyMs - passed : 0;
		}
		return this.#busyMs;
	}

	/** Takes a slot, or -1. */
	take(): number {
		return this.freeCount === 0 ? -1 : this.free[--this.freeCount]!;
	}

	give(slot: number): void {
		this.free[this.freeCount++] = slot;
	}

	/** Puts a filled slot in line. A copy of a frame follows it: it is neither jittered nor held back. */
	add(slot: number, length: number, now: number, copy: boolean): void {
		const options = this.#options;
		const index = slot - this.base;
		let wait = 0;
		if (options.rateBps !== 0) this.#busyMs = wait = this.backlog(now) + (length * 8000) / options.rateBps;
		let due = (now + Math.floor(wait) + options.delayMs) | 0;
		if (!copy) due = (due + this.dice.jitterMs) | 0;
		if (this.count > 0 && ((due - this.#lastDue) | 0) < 0) due = this.#lastDue;
		this.length[index] = length;
		if (!copy && this.dice.heldBack > 0) {
			this.waits[index] = this.dice.heldBack;
			this.due[index] = (due + REORDER_MS) | 0;
			this.held[this.heldCount++] = slot;
			return;
		}
		this.#append(slot, due);
		let i = 0;
		while (i < this.heldCount) {
			const other = this.held[i]!;
			if (--this.waits[other - this.base]! > 0) i++;
			else {
				this.held.copyWithin(i, i + 1, this.heldCount--);
				this.#append(other, due);
			}
		}
	}

	#append(slot: number, due: number): void {
		this.due[slot - this.base] = due;
		this.#lastDue = due;
		this.ring[(this.head + this.count++) % FRAMES] = slot;
	}

	/** The slot that may leave now, or -1. */
	first(now: number): number {
		if (this.heldCount > 0) this.#releaseOverdue(now);
		if (this.count === 0) return -1;
		const slot = this.ring[this.head]!;
		return ((this.due[slot - this.base]! - now) | 0) <= 0 ? slot : -1;
	}

	get waiting(): boolean {
		return this.count > 0 || this.heldCount > 0;
	}

	/** Takes the slot that `first` told out of line. */
	shift(): void {
		this.head = (this.head + 1) % FRAMES;
		this.count--;
	}

	/** Nothing came to overtake them: they go next. */
	#releaseOverdue(now: number): void {
		while (this.heldCount > 0) {
			const slot = this.held[0]!;
			if (((this.due[slot - this.base]! - now) | 0) > 0) return;
			this.held.copyWithin(0, 1, this.heldCount--);
			this.head = (this.head + FRAMES - 1) % FRAMES;
			this.ring[this.head] = slot;
			if (this.count++ === 0) this.#lastDue = this.due[slot - this.base]!;
		}
	}

	/** Ms until the next frame may leave, at least 1, or -1. */
	next(now: number): number {
		let wait = -1;
		if (this.count > 0) wait = Math.max(1, (this.due[this.ring[this.head]! - this.base]! - now) | 0);
		if (this.heldCount > 0) wait = earlier(wait, Math.max(1, (this.due[this.held[0]! - this.base]! - now) | 0));
		return wait;
	}
}

function checked(name: keyof FaultOptions, value: number | undefined, high: number, whole: boolean): number {
	if (value === undefined) return 0;
	if (typeof value !== "number" || !(value >= 0 && value <= high) || (whole && value !== Math.floor(value)))
		throw new RangeError(`${name} ${String(value)}: expected ${whole ? "a whole number from " : ""}0 to ${high}`);
	return value;
}

function allOf(options: FaultOptions): Required<FaultOptions> {
	return {
		loss: checked("loss", options.loss, 1, false),
		duplicate: checked("duplicate", options.duplicate, 1, false),
		reorder: checked("reorder", options.reorder, 1, false),
		corrupt: checked("corrupt", options.corrupt, 1, false),
		delayMs: checked("delayMs", options.delayMs, 60_000, true),
		jitterMs: checked("jitterMs", options.jitterMs, 60_000, true),
		rateBps: checked("rateBps", options.rateBps, 1e10, false),
	};
}

export class Faults implements Device {
	#now = 0;
	/** The inner device did not take the next frame. */
	#blocked = false;
	/** The stack has been asked to poll since it last did. */
	#reminded = false;
	#view!: DataView;
	#host!: DeviceHost;
	readonly #device: Device;
	readonly #in: Line;
	readonly #out: Line;
	readonly #options: Required<FaultOptions>;
	/** The frames, and what the inner device takes for the arena. */
	readonly #store = allocate(2 * FRAMES * FRAME_BYTES);
	readonly #storeView = new DataView(this.#store);
	readonly #counts: Record<string, number> = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, overflowed: 0 };

	/** `seed` fixes every decision. Throws RangeError naming the option, its value and what was expected. */
	constructor(device: Device, options: FaultOptions, seed: number) {
		const all = allOf(options);
		this.#device = device;
		this.#options = all;
		this.#in = new Line(0, seed, all);
		this.#out = new Line(FRAMES, ~seed, all);
	}

	/** Does other faults from the next frame on; what an option is missing of it does not do. Throws RangeError as the constructor does, and then changes nothing. */
	change(options: FaultOptions): void {
		// One object for both directions, and what they decide by.
		Object.assign(this.#options, allOf(options));
		this.#host.notify();
	}

	get medium(): number {
		return this.#device.medium;
	}
	get mtu(): number {
		return this.#device.mtu;
	}
	get abilities(): number {
		// Frames come due with time, not with a notification; and what is corrupted here must be found and not mended.
		return this.#device.abilities & ~(NOTIFIES | RECEIVE_CHECKED | TRANSMIT_CHECKSUM);
	}
	get mac(): Uint8Array | undefined {
		return this.#device.mac;
	}
	get linkUp(): boolean {
		return this.#device.linkUp;
	}
	get counters(): Readonly<Record<string, number>> {
		return Object.assign(this.#counts, this.#device.counters);
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.#view = host.view;
		const out = this.#out;
		this.#device.attach({
			view: this.#storeView,
			notify: () => host.notify(),
			released: (slot) => {
				out.give(slot);
				host.notify();
			},
		});
	}

	poll(now: number): number {
		this.#now = now;
		this.#reminded = false;
		const inner = this.#device.poll === undefined ? -1 : this.#device.poll(now);
		this.#send();
		this.#fetch();
		let next = inner;
		// A device that answered BUSY notifies.
		if (!this.#blocked) next = earlier(next, this.#out.next(now));
		next = earlier(next, this.#in.next(now));
		// The line may have become free for a frame that waits in the inner device.
		if (this.#options.rateBps !== 0) next = earlier(next, this.#backlogged());
		return next;
	}

	receive(at: number, max: number): number {
		const line = this.#in;
		let slot = line.first(this.#now);
		if (slot < 0) {
			this.#fetch();
			slot = line.first(this.#now);
			if (slot < 0) {
				this.#remind(line);
				return 0;
			}
		}
		line.shift();
		const length = line.length[slot - line.base]!;
		line.give(slot);
		if (length > max) return -1;
		copyIn(this.#view, at, this.#store, slot * FRAME_BYTES, length);
		return length;
	}

	transmit(_packet: number, at: number, end: number): number {
		const line = this.#out;
		const length = end - at;
		if (this.#options.rateBps !== 0 && line.backlog(this.#now) > BACKLOG_MS) return BUSY;
		const slot = length > FRAME_BYTES ? -1 : line.take();
		if (slot < 0) {
			this.#counts.overflowed!++;
			return SENT;
		}
		copyOut(this.#view, at, this.#store, slot * FRAME_BYTES, length);
		this.#admit(line, slot, length);
		this.#send();
		this.#remind(line);
		return SENT;
	}

	close(): void {
		this.#device.close();
	}

	multicast(on: boolean | typeof EVERY_FRAME): void {
		this.#device.multicast?.(on);
	}

	/** The stack asked for the time of the next poll before this frame was there: it shall ask again. */
	#remind(line: Line): void {
		if (line.waiting && !this.#reminded) {
			this.#reminded = true;
			this.#host.notify();
		}
	}

	/** Decides on a frame that was put into `slot`, and lines it up. */
	#admit(line: Line, slot: number, length: number): void {
		const counts = this.#counts;
		const dice = line.dice;
		dice.throw();
		if (dice.lost) {
			counts.lost!++;
			line.give(slot);
			return;
		}
		if (dice.corruptBit >= 0) {
			counts.corrupted!++;
			const bit = dice.corruptBit % (length * 8);
			const byte = slot * FRAME_BYTES + (bit >> 3);
			this.#storeView.setUint8(byte, this.#storeView.getUint8(byte) ^ (1 << (bit & 7)));
		}
		if (dice.heldBack > 0) counts.reordered!++;
		line.add(slot, length, this.#now, false);
		if (!dice.doubled) return;
		const copy = line.take();
		if (copy < 0) {
			counts.overflowed!++;
			return;
		}
		counts.duplicated!++;
		copyOut(this.#storeView, slot * FRAME_BYTES, this.#store, copy * FRAME_BYTES, length);
		line.add(copy, length, this.#now, true);
	}

	/** Takes from the inner device what it has. */
	#fetch(): void {
		const line = this.#in;
		for (let left = FRAMES; left > 0; left--) {
			if (this.#options.rateBps !== 0 && line.backlog(this.#now) > BACKLOG_MS) return;
			const slot = line.take();
			if (slot < 0) return;
			const length = this.#device.receive(slot * FRAME_BYTES, FRAME_BYTES);
			if (length > 0) this.#admit(line, slot, length);
			else {
				line.give(slot);
				if (length === 0) return;
				this.#counts.overflowed!++;
			}
		}
	}

	/** Hands the inner device what is due. */
	#send(): void {
		const line = this.#out;
		this.#blocked = false;
		for (;;) {
			const slot = line.first(this.#now);
			if (slot < 0) return;
			const at = slot * FRAME_BYTES;
			const answer = this.#device.transmit(slot, at, at + line.length[slot - line.base]!);
			if (answer === BUSY) {
				this.#blocked = true;
				return;
			}
			line.shift();
			if (answer === SENT) line.give(slot);
		}
	}

	#backlogged(): number {
		const over = Math.max(this.#in.backlog(this.#now), this.#out.backlog(this.#now)) - BACKLOG_MS;
		return over > 0 ? Math.ceil(over) : -1;
	}
}

/** The earlier of two waits, where -1 is never. */
function earlier(a: number, b: number): number {
	return a < 0 ? b : b < 0 || a < b ? a : b;
}
