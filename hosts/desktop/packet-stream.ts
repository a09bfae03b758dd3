// Where the packets of an interface go while they pass: to whoever started the board, as blocks of pcapng, each a frame of the stream. A reader that is slow loses
// packets, and is told how many; the board never waits for it.

import { wallNanoseconds, wallSeconds } from "host/system";
import { connectStream, send } from "host/wire";
import type { CaptureSink } from "../../src/device/pcapng.ts";

/** The largest block: a packet of 65,535 bytes with what is around it. */
const LARGEST = 65_536 + 64;
/** Where a block has its length, and what it says itself is that long. */
const BLOCK_LENGTH = 4;

export class PacketStream implements CaptureSink {
	seconds = 0;
	nanoseconds = 0;
	readonly #fd: number;
	/** The block that is being written. */
	readonly #block = new Uint8Array(LARGEST);
	readonly #view = new DataView(this.#block.buffer);
	#length = 0;
	/** Blocks that found no room since the last that did. */
	#lost = 0;
	readonly #count = new DataView(new ArrayBuffer(4));

	/** Connects to the UNIX stream socket at `path`. */
	constructor(path: string) {
		this.#fd = connectStream(path);
	}

	write(data: DataView, at: number, length: number): void {
		this.#block.set(new Uint8Array(data.buffer, data.byteOffset + at, length), this.#length);
		this.#length += length;
		if (this.#length < this.#view.getUint32(BLOCK_LENGTH, true)) return;
		this.#send();
		this.#length = 0;
	}

	stamp(): void {
		this.seconds = wallSeconds();
		this.nanoseconds = wallNanoseconds();
	}

	/** It is there until the process ends: what it still has is sent then. */
	close(): void {}

	#send(): void {
		if (this.#lost > 0) {
			this.#count.setUint32(0, this.#lost);
			if (send(this.#fd, this.#count, 0, 4) !== 1) {
				this.#lost++;
				return;
			}
			this.#lost = 0;
		}
		if (send(this.#fd, this.#block, 0, this.#length) !== 1) this.#lost++;
	}
}
