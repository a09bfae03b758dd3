// Records what passes through a device. Wraps any device; allocates nothing per frame.

import { BUSY, MEDIUM_ETHERNET, TRANSMIT_CHECKSUM } from "./device.ts";
import type { Device, DeviceHost, EVERY_FRAME } from "./device.ts";
import { INBOUND, LINKTYPE_ETHERNET, LINKTYPE_RAW, OUTBOUND, PacketFile, type CaptureSink } from "./pcapng.ts";

export class Capture implements Device {
	#view!: DataView;
	readonly #device: Device;
	readonly #file: PacketFile;

	/** `name` is the interface's name as Wireshark shows it: ASCII, at most 64 characters. */
	constructor(device: Device, sink: CaptureSink, name: string) {
		this.#device = device;
		this.#file = new PacketFile(sink, name, device.medium === MEDIUM_ETHERNET ? LINKTYPE_ETHERNET : LINKTYPE_RAW);
		const { poll } = device;
		// The stack asks for `poll` only where it is there: a wrapper must not pretend.
		if (poll !== undefined) this.poll = (now) => device.poll!(now);
	}

	poll?: (now: number) => number;

	get medium(): number {
		return this.#device.medium;
	}
	get mtu(): number {
		return this.#device.mtu;
	}
	get abilities(): number {
		// A capture shows frames as they are on the wire.
		return this.#device.abilities & ~TRANSMIT_CHECKSUM;
	}
	get mac(): Uint8Array | undefined {
		return this.#device.mac;
	}
	get linkUp(): boolean {
		return this.#device.linkUp;
	}
	get counters(): Readonly<Record<string, number>> | undefined {
		return this.#device.counters;
	}

	attach(host: DeviceHost): void {
		this.#view = host.view;
		this.#device.attach(host);
	}

	receive(at: number, max: number): number {
		const length = this.#device.receive(at, max);
		if (length > 0) this.#file.record(this.#view, at, length, INBOUND);
		return length;
	}

	transmit(packet: number, at: number, end: number): number {
		const answer = this.#device.transmit(packet, at, end);
		// A frame that was not taken comes again; only what went out is recorded.
		if (answer !== BUSY) this.#file.record(this.#view, at, end - at, OUTBOUND);
		return answer;
	}

	close(): void {
		this.#device.close();
		this.#file.close();
	}

	multicast(on: boolean | typeof EVERY_FRAME): void {
		this.#device.multicast?.(on);
	}
}
