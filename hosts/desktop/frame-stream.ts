// QEMU's stream framing: each frame after its length, 32 bits big-endian. For sockets of this process.

import type { Socket } from "node:net";

export const LENGTH_BYTES = 4;
/** A longer frame means that the other end does not speak this framing. */
const LONGEST = 65_536;
/** What may wait in a socket before frames for it are dropped or held back, bytes. */
const BACKLOG = 1 << 20;

/** A frame behind its length. */
export function framed(frame: Uint8Array): Buffer {
	const bytes = Buffer.allocUnsafe(LENGTH_BYTES + frame.length);
	bytes.writeUInt32BE(frame.length);
	bytes.set(frame, LENGTH_BYTES);
	return bytes;
}

/** Cuts what a socket receives into frames. */
export class FrameReader {
	#rest: Buffer | undefined;

	/** Calls back for every frame that is complete, with the bytes [at, end) of a buffer that is not used again. */
	push(chunk: Buffer, frame: (buffer: Buffer, at: number, end: number) => void): void {
		const all = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
		let at = 0;
		while (all.length - at >= LENGTH_BYTES) {
			const length = all.readUInt32BE(at);
			if (length > LONGEST)
				throw new RangeError(`frame of ${length} bytes: expected at most ${LONGEST}; the peer does not speak QEMU's framing`);
			const end = at + LENGTH_BYTES + length;
			if (end > all.length) break;
			frame(all, at + LENGTH_BYTES, end);
			at = end;
		}
		this.#rest = at === all.length ? undefined : all.subarray(at);
	}
}

/** Sends frames to a socket; those of one turn of the event loop go out together. */
export class FrameWriter {
	readonly #socket: Socket;
	#corked = false;

	constructor(socket: Socket) {
		this.#socket = socket;
	}

	/** So much waits that the sender should too. */
	get full(): boolean {
		return this.#socket.writableLength > BACKLOG || !this.#socket.writable;
	}

	/** Sends bytes that hold a frame behind its length, and that nobody changes afterwards. */
	writeFramed(bytes: Uint8Array): void {
		if (!this.#corked) {
			this.#corked = true;
			this.#socket.cork();
			setImmediate(() => {
				this.#corked = false;
				this.#socket.uncork();
			});
		}
		this.#socket.write(bytes);
	}
}
