// Records what passes through a device as pcapng, which Wireshark opens. draft-ietf-opsawg-pcapng-02: §4.1 section header,
// §4.2 interface description, §4.3 enhanced packet. Wraps any device; allocates nothing per frame.

import { BUSY, MEDIUM_ETHERNET, TRANSMIT_CHECKSUM } from "./device.ts";
import type { Device, DeviceHost } from "./device.ts";

/** Where the bytes go, and what time it is. */
export interface CaptureSink {
	/** Takes bytes `at` to `at + length` of `data` before it returns. */
	write(data: DataView, at: number, length: number): void;
	/** Brings `seconds` and `nanoseconds` up to date. */
	stamp(): void;
	/** Since 1970, as stamped last. Two numbers, because nanoseconds since 1970 do not fit a double. */
	readonly seconds: number;
	readonly nanoseconds: number;
	close(): void;
}

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;

const OPTION_IF_NAME = 2;
const OPTION_IF_TSRESOL = 9;
const OPTION_EPB_FLAGS = 2;
const INBOUND = 1;
const OUTBOUND = 2;

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

/** Longest frame that is recorded whole, bytes. */
const SNAP_LENGTH = 65_535;
/** Enhanced packet block: before the frame, and after it without padding (flags option, end of options, block length). */
const HEAD_BYTES = 28;
const TAIL_BYTES = 8 + 4 + 4;

export class Capture implements Device {
	#view!: DataView;
	readonly #device: Device;
	readonly #sink: CaptureSink;
	readonly #block = new DataView(new ArrayBuffer(HEAD_BYTES + TAIL_BYTES + 3));

	/** `name` is the interface's name as Wireshark shows it: ASCII, at most 64 characters. */
	constructor(device: Device, sink: CaptureSink, name: string) {
		if (name.length > 64) throw new RangeError(`name "${name}": expected at most 64 characters`);
		this.#device = device;
		this.#sink = sink;
		this.#begin(name);
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
		if (length > 0) this.#record(this.#view, at, length, INBOUND);
		return length;
	}

	transmit(packet: number, at: number, end: number): number {
		const answer = this.#device.transmit(packet, at, end);
		// A frame that was not taken comes again; only what went out is recorded.
		if (answer !== BUSY) this.#record(this.#view, at, end - at, OUTBOUND);
		return answer;
	}

	close(): void {
		this.#device.close();
		this.#sink.close();
	}

	#record(view: DataView, at: number, length: number, direction: number): void {
		const block = this.#block;
		const sink = this.#sink;
		const kept = length < SNAP_LENGTH ? length : SNAP_LENGTH;
		const padding = -kept & 3;
		const total = HEAD_BYTES + kept + padding + TAIL_BYTES;
		sink.stamp();
		// seconds × 10⁹ + nanoseconds in 64 bits: the seconds are cut in halves of 16 bits, so that no product exceeds 2⁵³.
		const high = Math.floor(sink.seconds / 65_536) * 1e9;
		const low = (high % 65_536) * 65_536 + (sink.seconds % 65_536) * 1e9 + sink.nanoseconds;
		block.setUint32(0, ENHANCED_PACKET, true);
		block.setUint32(4, total, true);
		block.setUint32(8, 0, true); // the section's only interface
		block.setUint32(12, Math.floor(high / 65_536) + Math.floor(low / 4_294_967_296), true);
		block.setUint32(16, low % 4_294_967_296, true);
		block.setUint32(20, kept, true);
		block.setUint32(24, length, true);
		const tail = HEAD_BYTES + padding;
		block.setUint32(HEAD_BYTES, 0, true); // the padding
		block.setUint16(tail, OPTION_EPB_FLAGS, true);
		block.setUint16(tail + 2, 4, true);
		block.setUint32(tail + 4, direction, true);
		block.setUint32(tail + 8, 0, true); // end of options
		block.setUint32(tail + 12, total, true);
		sink.write(block, 0, HEAD_BYTES);
		sink.write(view, at, kept);
		sink.write(block, HEAD_BYTES, padding + TAIL_BYTES);
	}

	#begin(name: string): void {
		const padded = (name.length + 3) & ~3;
		const description = 16 + 4 + padded + 8 + 4 + 4;
		const view = new DataView(new ArrayBuffer(28 + description));
		view.setUint32(0, SECTION_HEADER, true);
		view.setUint32(4, 28, true);
		view.setUint32(8, BYTE_ORDER_MAGIC, true);
		view.setUint16(12, 1, true); // version 1.0
		view.setInt32(16, -1, true); // the section's length is not known yet: all ones
		view.setInt32(20, -1, true);
		view.setUint32(24, 28, true);
		let at = 28;
		view.setUint32(at, INTERFACE_DESCRIPTION, true);
		view.setUint32(at + 4, description, true);
		view.setUint16(at + 8, this.#device.medium === MEDIUM_ETHERNET ? LINKTYPE_ETHERNET : LINKTYPE_RAW, true);
		view.setUint32(at + 12, SNAP_LENGTH, true);
		view.setUint16(at + 16, OPTION_IF_NAME, true);
		view.setUint16(at + 18, name.length, true);
		for (let i = 0; i < name.length; i++) view.setUint8(at + 20 + i, name.charCodeAt(i) & 0x7f);
		at += 20 + padded;
		view.setUint16(at, OPTION_IF_TSRESOL, true);
		view.setUint16(at + 2, 1, true);
		view.setUint8(at + 4, 9); // 10⁻⁹ s
		view.setUint32(at + 12, description, true); // after the end of options
		this.#sink.write(view, 0, 28 + description);
	}
}
