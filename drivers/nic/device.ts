// oxlint-disable-next-line typescript/triple-slash-reference -- it declares modules, and so cannot be imported
/// <reference path="./nic-port.d.ts" />
// An interface that the platform's SDK drives as a device of the stack. Frames pass in C: nic-port.c, the queue below it, and the driver of the platform.

import { MEDIUM_ETHERNET, type Device, type DeviceHost } from "../../src/device/device.ts";
import { NicPort } from "multihome/nic/port";

/** In the order of nic.h. */
const COUNTERS = Object.freeze(["overruns", "badLengths", "tooLong", "transmitFailed", "sendBusy", "stalls"]);

const NONE: readonly string[] = Object.freeze([]);

/** A driver's `open`, given the port and what to call when something has changed. */
type Open = (port: NicPort, onChange: () => void) => void;

export abstract class Nic extends NicPort implements Device {
	#closed = false;
	#host!: DeviceHost;
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = 0;
	/** The interface's own address: six bytes. */
	readonly mac: Uint8Array;

	/** Takes the interface. Throws what the driver's `open` throws. */
	constructor(open: Open) {
		super();
		open(this, () => this.#host?.notify());
		this.mac = new Uint8Array(this.address);
	}

	attach(host: DeviceHost): void {
		// The port keeps the address, and an ArrayBuffer's changes when XS collects garbage.
		if (host.view.buffer instanceof ArrayBuffer)
			throw new TypeError("view: an ArrayBuffer moves; expected memory of allocate(), multihome/memory");
		this.#host = host;
		this.bind(host.view);
	}

	get counterNames(): readonly string[] {
		return this.#closed ? NONE : COUNTERS;
	}

	get counters(): Readonly<Record<string, number>> {
		const counts: Record<string, number> = {};
		if (!this.#closed) for (const [i, name] of COUNTERS.entries()) counts[name] = this.count(i);
		return counts;
	}

	get closed(): boolean {
		return this.#closed;
	}

	close(): void {
		this.#closed = true;
		this.shut();
	}
}
