// The devices of test/sim/unrest.ts: busy, holding, unplugged and throwing as it says.

import type { Device } from "../../src/device/device.ts";
import type { Prng } from "../support/prng.ts";
import { QueueDevice, type Segment } from "../support/wire.ts";

/** What a device, or a callback, throws. */
export const MISCHIEF = new Error("mischief");

/** A device of a test: on a segment, and at the mercy of it. */
export interface Victim extends Device {
	setBusy(busy: boolean): void;
	setLink(up: boolean): void;
	/** Has it keep the packets that it is given, until it is told to keep none. */
	setHolding(on: boolean): void;
	/** Frames that it took are handed to its segment; after each poll. */
	flush(): void;
	/** Packets of the stack's that it has. */
	readonly holds: number;
	/** Frames that wait for the stack. */
	readonly waiting: number;
}

/** Makes a device on a segment. `index` tells the devices of a run apart. */
export type Maker = (segment: Segment, mac: Uint8Array, index: number, prng: Prng) => Victim;

/** A device in TypeScript. It throws now and then, while there is no peace. */
export class Unsteady extends QueueDevice implements Victim {
	readonly #prng: Prng;
	readonly #held: (() => void)[] = [];
	/** How often it throws. */
	static mischief = 0;

	constructor(mac: Uint8Array, prng: Prng, numbered: boolean) {
		super({ mac, numbered });
		this.#prng = prng;
	}

	get holds(): number {
		return this.closed ? 0 : this.#held.length;
	}

	get waiting(): number {
		return this.incoming.length;
	}

	#misbehave(): void {
		if (this.native === 0 && this.#prng.chance(Unsteady.mischief)) throw MISCHIEF;
	}

	override receive(at: number, max: number): number {
		this.#misbehave();
		return super.receive(at, max);
	}

	override transmit(packet: number, at: number, end: number): number {
		this.#misbehave();
		return super.transmit(packet, at, end);
	}

	setHolding(on: boolean): void {
		this.hold = on ? (release) => this.#held.push(release) : undefined;
		if (on) return;
		for (const release of this.#held.splice(0)) release();
		this.host?.notify();
	}

	override close(): void {
		super.close();
		this.#held.length = 0;
	}

	flush(): void {}
}

export const inTypeScript: Maker = (segment, mac, index, prng) => {
	const device = new Unsteady(mac, prng, index % 2 === 0);
	segment.plug(device);
	return device;
};
