// Devices in memory: a queue that a test fills and empties, and seeded segments between stacks that lose, repeat,
// reorder and damage frames.

import {
	AGAIN,
	ANSWERED,
	BUSY,
	COMES,
	HELD,
	MEDIUM_ETHERNET,
	SENT,
	type Device,
	type DeviceHost,
} from "../../src/device/device.ts";
import { deviceAdd, deviceRemove } from "../../src/device/kernels/devices.ts";
import type { VirtualClock } from "./clock.ts";
import { onXS } from "./env.ts";
import type { Prng } from "./prng.ts";

export interface QueueDeviceOptions {
	medium?: number;
	mtu?: number;
	abilities?: number;
	/** Six bytes, or the last byte of 02:00:00:00:00:xx. */
	mac?: Uint8Array | number;
	/** It has a number in the table of devices, by which compiled code moves its frames. Not on XS, where the table is for devices in C. */
	numbered?: boolean;
}

export function macOf(last: number): Uint8Array<ArrayBuffer> {
	return new Uint8Array([2, 0, 0, 0, (last >> 8) & 255, last & 255]);
}

/** A device whose frames a test injects and collects. */
export class QueueDevice implements Device {
	readonly medium: number;
	readonly mtu: number;
	readonly abilities: number;
	readonly mac: Uint8Array;
	linkUp = true;
	/** While true, `transmit` answers BUSY. */
	busy = false;
	/** Of a numbered one: how often it is asked before a frame has passed, each way; 0: it passes at once. */
	moves = 0;
	/** What passes: where, and how often it is still asked; and frames that are passing in vain, as nobody came back for them. */
	#coming: { at: number; left: number; bytes: Uint8Array } | undefined = undefined;
	#leaving: { at: number; end: number; left: number } | undefined = undefined;
	/** While true, a numbered one says of what it sent that it may have been answered already. */
	answers = false;
	closed = false;
	/** Frames that wait to be received; `null` stands for one that the device lost. */
	readonly incoming: (Uint8Array | null)[] = [];
	/** Frames that were sent, unless `onSend` takes them. */
	readonly sent: Uint8Array[] = [];
	onSend: ((frame: Uint8Array) => void) | undefined = undefined;
	/** How many frames were handed to the stack, how many it was told of but could not have, and how many came from it. */
	received = 0;
	lost = 0;
	transmitted = 0;
	host: DeviceHost | undefined = undefined;
	native = 0;
	readonly #numbered: boolean;
	/** When set, `transmit` answers HELD, and this is given the function that lets the packet go. */
	hold: ((release: () => void) => void) | undefined = undefined;
	readonly #held = new Set<number>();
	/** Told of every answer of `receive`, before the stack sees it. */
	onReceive: ((at: number, length: number) => void) | undefined = undefined;
	#arena: Uint8Array = new Uint8Array(0);

	constructor(options: QueueDeviceOptions = {}) {
		this.medium = options.medium ?? MEDIUM_ETHERNET;
		this.mtu = options.mtu ?? 1500;
		this.abilities = options.abilities ?? 0;
		this.mac = typeof options.mac === "object" ? options.mac : macOf(options.mac ?? 1);
		this.#numbered = (options.numbered ?? false) && !onXS;
	}

	attach(host: DeviceHost): void {
		this.host = host;
		this.closed = false;
		if (this.#numbered) this.native = deviceAdd(this);
		this.#arena = new Uint8Array(host.view.buffer, host.view.byteOffset, host.view.byteLength);
	}

	/** Puts a frame where the stack finds it at its next poll. */
	inject(frame: Uint8Array | null): void {
		this.incoming.push(frame);
		this.host?.notify();
	}

	setLink(up: boolean): void {
		if (this.linkUp === up) return;
		this.linkUp = up;
		this.host?.notify();
	}

	setBusy(busy: boolean): void {
		this.busy = busy;
		if (!busy) this.host?.notify();
	}

	/** Everything sent since the last call. */
	takeSent(): Uint8Array[] {
		return this.sent.splice(0);
	}

	receive(at: number, max: number): number {
		const length = this.#receive(at, max);
		this.onReceive?.(at, length);
		return length;
	}

	#receive(at: number, max: number): number {
		if (this.moves > 0 && this.native !== 0 && !this.#came(at, max)) return this.#coming === undefined ? 0 : COMES;
		if (this.incoming.length === 0) return 0;
		const frame = this.incoming.shift();
		if (!frame || frame.length > max || frame.length === 0) {
			this.lost++;
			return -1;
		}
		this.#arena.set(frame, at);
		this.received++;
		return frame.length;
	}

	/** Whether a frame has passed. Until then its memory is this device's: what it has put there must stay. */
	#came(at: number, max: number): boolean {
		const coming = this.#coming;
		if (coming === undefined) {
			if (this.incoming.length === 0) return false;
			const bytes = new Uint8Array(max).fill(0x5a);
			this.#arena.set(bytes, at);
			this.#coming = { at, left: this.moves, bytes };
			return false;
		}
		if (coming.at !== at) throw new Error(`a frame comes to ${coming.at}, and is asked for at ${at}`);
		if (coming.bytes.some((byte, i) => this.#arena[at + i] !== byte))
			throw new Error(`somebody wrote to memory at ${at}, which a frame comes to`);
		if (--coming.left > 0) return false;
		this.#coming = undefined;
		return true;
	}

	/** Whether a frame has passed. Until then it is offered again, as it was. */
	#left(at: number, end: number): boolean {
		const leaving = (this.#leaving ??= { at, end, left: this.moves + 1 });
		if (leaving.at !== at || leaving.end !== end)
			throw new Error(`the frame at ${leaving.at} leaves, and one at ${at} is offered`);
		if (--leaving.left > 0) return false;
		this.#leaving = undefined;
		return true;
	}

	/** Whether bytes pass: it changes as it is asked, as time does. */
	passes(): boolean {
		const passes = this.#coming ?? this.#leaving;
		return passes !== undefined && passes.left > 1 && --passes.left > 1;
	}

	settle(): void {
		if (this.#coming !== undefined) this.incoming.shift();
		this.#coming = this.#leaving = undefined;
	}

	transmit(packet: number, at: number, end: number): number {
		if (this.busy) return BUSY;
		if (this.moves > 0 && this.native !== 0 && packet >= 0 && !this.#left(at, end)) return AGAIN;
		this.transmitted++;
		if (!this.hold || packet < 0) {
			this.#leave(this.#arena.slice(at, end));
			return this.answers && this.native !== 0 ? ANSWERED : SENT;
		}
		const { host } = this;
		this.#held.add(packet);
		this.hold(() => {
			// Closed meanwhile, and released by that.
			if (!this.#held.delete(packet)) return;
			// The device reads the memory as late as it may.
			this.#leave(this.#arena.slice(at, end));
			host!.released(packet);
		});
		return HELD;
	}

	#leave(frame: Uint8Array): void {
		if (this.onSend) this.onSend(frame);
		else this.sent.push(frame);
	}

	close(): void {
		this.closed = true;
		this.#coming = this.#leaving = undefined;
		deviceRemove(this.native);
		this.native = 0;
		for (const packet of this.#held) this.host!.released(packet);
		this.#held.clear();
		this.host = undefined;
		this.incoming.length = 0;
	}
}

/** What a segment does to frames; probabilities from 0 to 1, times in ms. */
export interface Faults {
	loss?: number;
	duplicate?: number;
	reorder?: number;
	corrupt?: number;
	delayMs?: number;
	jitterMs?: number;
	/** The longest frame that passes, bytes: longer ones are lost. */
	most?: number;
}

/** An Ethernet segment: what one port sends, all others that are plugged in and up receive, after delay and faults. */
export class Segment {
	readonly ports: QueueDevice[] = [];
	faults: Faults;
	/** Called with every frame before faults, for captures and checks. */
	tap: ((frame: Uint8Array, from: QueueDevice) => void) | undefined = undefined;
	readonly counts = { frames: 0, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, delivered: 0 };
	#clock: VirtualClock;
	#prng: Prng;

	constructor(clock: VirtualClock, prng: Prng, faults: Faults = {}) {
		this.#clock = clock;
		this.#prng = prng;
		this.faults = faults;
	}

	/** A new port on this segment. */
	port(options: QueueDeviceOptions = {}): QueueDevice {
		const device = new QueueDevice(options);
		this.plug(device);
		return device;
	}

	plug(device: QueueDevice): void {
		if (!this.ports.includes(device)) this.ports.push(device);
		device.onSend = (frame) => this.#send(frame, device);
	}

	unplug(device: QueueDevice): void {
		const at = this.ports.indexOf(device);
		if (at >= 0) this.ports.splice(at, 1);
		device.onSend = () => {};
	}

	#send(frame: Uint8Array, from: QueueDevice): void {
		this.counts.frames++;
		this.tap?.(frame, from);
		if (!from.linkUp) return;
		const { loss = 0, duplicate = 0, most = Infinity } = this.faults;
		if (this.#prng.chance(loss) || frame.length > most) {
			this.counts.lost++;
			return;
		}
		this.#carry(frame, from);
		if (this.#prng.chance(duplicate)) {
			this.counts.duplicated++;
			this.#carry(frame, from);
		}
	}

	#carry(frame: Uint8Array, from: QueueDevice): void {
		const { reorder = 0, corrupt = 0, delayMs = 0, jitterMs = 0 } = this.faults;
		const prng = this.#prng;
		let delay = delayMs + (jitterMs > 0 ? prng.float() * jitterMs : 0);
		if (prng.chance(reorder)) {
			this.counts.reordered++;
			delay += 1 + prng.float() * 20;
		}
		if (prng.chance(corrupt) && frame.length > 0) {
			this.counts.corrupted++;
			frame = frame.slice();
			// A bit is only ever set: two hops that damage the same frame must not cancel out in the Internet checksum.
			let at = prng.below(frame.length);
			for (let i = 0; i < frame.length && frame[at] === 0xff; i++) at = (at + 1) % frame.length;
			frame[at] = frame[at]! | (frame[at]! + 1);
		}
		this.#clock.after(delay, () => {
			for (const port of this.ports) {
				if (port === from || !port.linkUp || port.closed) continue;
				this.counts.delivered++;
				port.inject(frame);
			}
		});
	}
}
