// A null-modem cable under virtual time: two ports whose bytes take their time, and may be lost, flipped and delayed, from a seed.

import type { BytePort } from "../../src/device/serial-line.ts";
import { LOST } from "../../src/device/serial.ts";
import type { VirtualClock } from "./clock.ts";
import type { Prng } from "./prng.ts";

export interface NullModemOptions {
	/** Bits per second; a byte is ten of them. 115,200 when absent; Infinity takes no time. */
	baud?: number;
	/** Probability that a byte is lost on the way, 0 to 1. */
	lose?: number;
	/** Probability that one bit of a byte is wrong, 0 to 1. */
	flip?: number;
	/** Time on the way, ms. */
	delayMs?: number;
	/** Added to it at random for each burst, ms. Bytes keep their order. */
	jitterMs?: number;
	/** Bytes that a port takes before they are on the way, and bytes that arrive at once. */
	fifo?: number;
	/** Bytes that wait to be read; what comes beyond is lost and counted as overrun. */
	receiveBuffer?: number;
}

export class ModemPort implements BytePort {
	/** DTR of this side. */
	ready = true;
	closed = false;
	linkUp = true;
	readonly counters = { overruns: 0, breaks: 0, framingErrors: 0 };
	/** Bytes that went in and came out, faults or not. */
	written = 0;
	received = 0;
	/** Sees every byte that arrives, before it is lost for want of room. */
	onByte: ((byte: number) => void) | undefined = undefined;
	far!: ModemPort;
	readonly #clock: VirtualClock;
	readonly #prng: Prng;
	readonly #options: Required<NullModemOptions>;
	#changed: () => void = () => {};
	/** Taken, not yet on the way. */
	#sending: number[] = [];
	#busy = false;
	#wantsRoom = false;
	#lastArrival = 0;
	/** What has come; LOST stands for bytes that found no room. */
	#waiting: number[] = [];

	constructor(clock: VirtualClock, prng: Prng, options: NullModemOptions) {
		this.#clock = clock;
		this.#prng = prng;
		this.#options = { baud: 115_200, lose: 0, flip: 0, delayMs: 0, jitterMs: 0, fifo: 64, receiveBuffer: 8192, ...options };
	}

	attach(changed: () => void): void {
		this.#changed = changed;
	}

	read(bytes: Uint8Array, at: number, end: number): number {
		if (this.#waiting[0] === LOST) return this.#waiting.shift()!;
		const gap = this.#waiting.indexOf(LOST);
		const count = Math.min(gap < 0 ? this.#waiting.length : gap, end - at);
		bytes.set(this.#waiting.splice(0, count), at);
		return count;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		const count = Math.min(this.#options.fifo * 2 - this.#sending.length, end - at);
		for (let i = 0; i < count; i++) this.#sending.push(bytes[at + i]!);
		this.written += count;
		this.#wantsRoom = count < end - at;
		this.#start();
		return count;
	}

	/** Bytes as from a modem, to this side. */
	inject(bytes: ArrayLike<number>): void {
		this.#arrive(Array.from(bytes));
	}

	setReady(on: boolean): void {
		this.ready = on;
	}

	/** Plugs the cable in or out, for this side; bytes on the way are lost. */
	setLink(up: boolean): void {
		this.linkUp = up;
		this.#changed();
	}

	close(): void {
		this.closed = true;
	}

	/** Puts the next burst on the way, when the line is free. */
	#start(): void {
		if (this.#busy || this.#sending.length === 0) return;
		this.#busy = true;
		const burst = this.#sending.splice(0, this.#options.fifo);
		const { baud, delayMs, jitterMs } = this.#options;
		const done = this.#clock.now + (burst.length * 10_000) / baud;
		this.#lastArrival = Math.max(this.#lastArrival, done + delayMs + this.#prng.float() * jitterMs);
		this.#clock.at(this.#lastArrival, () => this.far.#arrive(this.#spoil(burst)));
		this.#clock.at(done, () => {
			this.#busy = false;
			this.#start();
			if (this.#wantsRoom) {
				this.#wantsRoom = false;
				this.#changed();
			}
		});
	}

	#spoil(burst: number[]): number[] {
		const prng = this.#prng;
		const { lose, flip } = this.#options;
		if (lose === 0 && flip === 0) return burst;
		return burst.filter(() => !prng.chance(lose)).map((byte) => (prng.chance(flip) ? byte ^ (1 << prng.below(8)) : byte));
	}

	#arrive(burst: number[]): void {
		if (!this.linkUp || !this.far.linkUp || this.closed) return;
		for (const byte of burst) {
			this.onByte?.(byte);
			this.received++;
			if (this.#waiting.length < this.#options.receiveBuffer) this.#waiting.push(byte);
			else {
				this.counters.overruns++;
				if (this.#waiting.at(-1) !== LOST) this.#waiting.push(LOST);
			}
		}
		this.#changed();
	}
}

export class NullModem {
	readonly a: ModemPort;
	readonly b: ModemPort;

	/** `options` go for both directions. */
	constructor(clock: VirtualClock, prng: Prng, options: NullModemOptions = {}) {
		this.a = new ModemPort(clock, prng.fork(), options);
		this.b = new ModemPort(clock, prng.fork(), options);
		this.a.far = this.b;
		this.b.far = this.a;
	}

	/** The cable, in or out. */
	setLink(up: boolean): void {
		this.a.setLink(up);
		this.b.setLink(up);
	}
}
