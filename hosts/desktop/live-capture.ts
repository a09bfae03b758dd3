// A capture of all interfaces while it is made, for `wireshark -k -i`: one pcapng to a pipe or to the standard output.

import type { Writable } from "node:stream";
import { INBOUND, OUTBOUND, PacketFile, type CaptureSink } from "../../src/device/pcapng.ts";
import type { PacketWatcher, TappedPacket } from "./taps.ts";

/** What may wait for a reader before packets are left out, bytes. */
const BACKLOG = 16 << 20;
/** Bytes of the section header, which each PacketFile writes before the description of its interface. */
const SECTION_BYTES = 28;
/** Where a packet's block has the number of its interface. */
const INTERFACE_AT = 8;
const NANOSECONDS = 1_000_000_000n;

export class LiveCapture implements PacketWatcher {
	/** Packets that were left out, as the reader is slow. */
	left = 0;
	readonly #to: Writable;
	readonly #interfaces = new Map<string, InterfaceFile>();

	constructor(to: Writable) {
		this.#to = to;
	}

	packet(packet: TappedPacket): void {
		const { board, interface: name, linkType, bytes, inbound } = packet;
		const key = `${board}-${name}`;
		let file = this.#interfaces.get(key);
		if (file === undefined) {
			file = new InterfaceFile(this.#to, this.#interfaces.size, key, linkType);
			this.#interfaces.set(key, file);
		}
		if (this.#to.writableLength > BACKLOG) {
			this.left++;
			return;
		}
		file.record(packet.time, bytes, inbound);
	}

	lost(_board: string, _interface: string, count: number): void {
		this.left += count;
	}
}

/** One interface's part of the stream. */
class InterfaceFile implements CaptureSink {
	seconds = 0;
	nanoseconds = 0;
	readonly #to: Writable;
	readonly #number: number;
	readonly #file: PacketFile;
	/** What was written and is not sent yet. */
	#pieces: Buffer[] = [];

	constructor(to: Writable, number: number, name: string, linkType: number) {
		this.#to = to;
		this.#number = number;
		this.#file = new PacketFile(this, name.slice(0, 64), linkType);
		// Section and description together: the stream has one section, that of the first interface.
		to.write(this.#taken().subarray(number === 0 ? 0 : SECTION_BYTES));
	}

	record(time: bigint, bytes: Uint8Array, inbound: boolean): void {
		this.seconds = Number(time / NANOSECONDS);
		this.nanoseconds = Number(time % NANOSECONDS);
		this.#file.record(
			new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
			0,
			bytes.length,
			inbound ? INBOUND : OUTBOUND,
		);
		const block = this.#taken();
		block.writeUInt32LE(this.#number, INTERFACE_AT);
		this.#to.write(block);
	}

	write(data: DataView, at: number, length: number): void {
		this.#pieces.push(Buffer.from(Buffer.from(data.buffer, data.byteOffset + at, length)));
	}

	/** The packet's own, as `record` has set it. */
	stamp(): void {}

	close(): void {}

	#taken(): Buffer {
		const all = Buffer.concat(this.#pieces);
		this.#pieces = [];
		return all;
	}
}
