// Records an interface's frames as pcapng, with the board's time from 1970 on.

import { closeSync, openSync, writeSync } from "node:fs";
import { Capture } from "../../src/device/capture.ts";
import type { CaptureSink } from "../../src/device/pcapng.ts";
import { MEDIUM_ETHERNET, SENT } from "../../src/device/device.ts";
import type { Device } from "../../src/device/device.ts";
import type { BoardClock } from "./clock.ts";

const LONGEST = 2048;

class File implements CaptureSink {
	readonly #descriptor: number;
	readonly #clock: BoardClock;
	seconds = 0;
	nanoseconds = 0;

	constructor(path: string, clock: BoardClock) {
		this.#descriptor = openSync(path, "w");
		this.#clock = clock;
	}

	write(data: DataView, at: number, length: number): void {
		writeSync(this.#descriptor, new Uint8Array(data.buffer, data.byteOffset + at, length));
	}

	stamp(): void {
		this.seconds = Math.floor(this.#clock.nanos / 1e9);
		this.nanoseconds = Math.floor(this.#clock.nanos % 1e9);
	}

	close(): void {
		closeSync(this.#descriptor);
	}
}

export class Recorder {
	readonly #capture: Capture;
	readonly #bytes = new Uint8Array(LONGEST);
	/** The frame that the device "receives" next. */
	#frame = new Uint8Array(0);

	constructor(path: string, name: string, clock: BoardClock) {
		const device: Device = {
			medium: MEDIUM_ETHERNET,
			mtu: 1500,
			abilities: 0,
			linkUp: true,
			attach: () => {},
			receive: (at) => {
				this.#bytes.set(this.#frame, at);
				return this.#frame.length;
			},
			transmit: () => SENT,
			close: () => {},
		};
		this.#capture = new Capture(device, new File(path, clock), name);
		this.#capture.attach({ view: new DataView(this.#bytes.buffer), notify() {}, released() {} });
	}

	/** A frame comes to the board. */
	received(frame: Uint8Array): void {
		this.#frame = Uint8Array.from(frame);
		this.#capture.receive(0, LONGEST);
	}

	/** A frame has left the board. */
	sent(frame: Uint8Array): void {
		this.#bytes.set(frame);
		this.#capture.transmit(0, 0, frame.length);
	}

	close(): void {
		this.#capture.close();
	}
}
