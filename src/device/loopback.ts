// A device that receives what it transmits. The packets themselves wait; nothing is copied until they are received.

import { copy } from "#codec";
import { BUSY, HELD, MEDIUM_IP, NOTIFIES, RECEIVE_CHECKED, type Device, type DeviceHost } from "./device.ts";

/** Packets on the way. A power of two. */
const DEPTH = 8;

/** A device that receives what it transmits. */
export class LoopbackDevice implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = RECEIVE_CHECKED | NOTIFIES;
	readonly linkUp = true;
	#host!: DeviceHost;
	#packets = new Int32Array(DEPTH);
	#starts = new Int32Array(DEPTH);
	#lengths = new Int32Array(DEPTH);
	#read = 0;
	#count = 0;

	attach(host: DeviceHost): void {
		this.#host = host;
	}

	receive(at: number, max: number): number {
		if (this.#count === 0) return 0;
		const i = this.#read;
		const length = this.#lengths[i]!;
		this.#read = (i + 1) & (DEPTH - 1);
		this.#count--;
		if (length <= max) copy(this.#host.view, at, this.#starts[i]!, length);
		this.#host.released(this.#packets[i]!);
		return length <= max ? length : -1;
	}

	transmit(packet: number, at: number, end: number): number {
		if (this.#count === DEPTH) return BUSY;
		const i = (this.#read + this.#count++) & (DEPTH - 1);
		this.#packets[i] = packet;
		this.#starts[i] = at;
		this.#lengths[i] = end - at;
		this.#host.notify();
		return HELD;
	}

	close(): void {
		while (this.#count > 0) {
			this.#count--;
			this.#host.released(this.#packets[this.#read]!);
			this.#read = (this.#read + 1) & (DEPTH - 1);
		}
	}
}
