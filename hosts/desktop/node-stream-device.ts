// A device on Node: Ethernet frames over a socket with QEMU's framing. The gateway's side of a board's wire.

import type { Socket } from "node:net";
import { BUSY, MEDIUM_ETHERNET, NOTIFIES, SENT } from "../../src/device/device.ts";
import type { Device, DeviceHost } from "../../src/device/device.ts";
import { framed, FrameReader, FrameWriter, LENGTH_BYTES } from "./frame-stream.ts";

/** Frames that wait for the stack before the socket is told to wait. */
const QUEUE = 512;
/** Frames are gathered in blocks of so many bytes, which the socket keeps until they are written. */
const BLOCK_BYTES = 65_536;

export class NodeStreamDevice implements Device {
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly mac: Uint8Array;
	/** Asked for every frame that comes in; answers whether the stack gets it. */
	admit: ((frame: Buffer) => boolean) | undefined;
	#host: DeviceHost | undefined;
	#arena: Uint8Array = new Uint8Array(0);
	#socket: Socket | undefined;
	#writer: FrameWriter | undefined;
	#queue: Buffer[] = [];
	#head = 0;
	#block = Buffer.alloc(0);
	#filled = 0;

	constructor(mac: Uint8Array) {
		this.mac = mac;
	}

	/** Puts the plug in. A device whose socket closed takes another. */
	plug(socket: Socket): void {
		this.#socket?.destroy();
		this.#socket = socket;
		this.#writer = new FrameWriter(socket);
		const reader = new FrameReader();
		socket.on("data", (chunk) => {
			try {
				reader.push(chunk, (buffer, at, end) => this.#arrived(buffer.subarray(at, end)));
			} catch (error) {
				socket.destroy(error as Error);
			}
			if (this.#queue.length - this.#head > QUEUE) socket.pause();
			this.#host?.notify();
		});
		// The writer corks, so that a full socket always drains.
		socket.on("drain", () => this.#host?.notify());
		socket.on("error", () => socket.destroy());
		socket.on("close", () => {
			if (this.#socket === socket) this.#socket = this.#writer = undefined;
			this.#host?.notify();
		});
		this.#host?.notify();
	}

	get linkUp(): boolean {
		return this.#socket !== undefined;
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.#arena = new Uint8Array(host.view.buffer, host.view.byteOffset, host.view.byteLength);
	}

	receive(at: number, max: number): number {
		if (this.#head === this.#queue.length) {
			if (this.#head > 0) {
				this.#queue = [];
				this.#head = 0;
				this.#socket?.resume();
			}
			return 0;
		}
		const frame = this.#queue[this.#head++]!;
		if (frame.length > max) return -1;
		this.#arena.set(frame, at);
		return frame.length;
	}

	transmit(_packet: number, at: number, end: number): number {
		const writer = this.#writer;
		if (writer === undefined) return SENT;
		if (writer.full) return BUSY;
		const length = end - at;
		if (BLOCK_BYTES - this.#filled < length + LENGTH_BYTES || this.#block.length === 0) {
			this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
			this.#filled = 0;
		}
		const start = this.#filled;
		this.#block.writeUInt32BE(length, start);
		this.#block.set(this.#arena.subarray(at, end), start + LENGTH_BYTES);
		this.#filled = start + LENGTH_BYTES + length;
		writer.writeFramed(this.#block.subarray(start, this.#filled));
		return SENT;
	}

	/** Hands the stack a frame, as if it had come in now. */
	inject(frame: Buffer): void {
		this.#queue.push(frame);
		this.#host?.notify();
	}

	/** Sends a frame that the stack did not make. */
	send(frame: Uint8Array): void {
		this.#writer?.writeFramed(framed(frame));
	}

	close(): void {
		this.#socket?.destroy();
	}

	#arrived(frame: Buffer): void {
		if (this.admit === undefined || this.admit(frame)) this.#queue.push(frame);
	}
}
