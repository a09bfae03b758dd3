// The far end of a board's UART in the board's own time: a port of bytes for a serial line of this project on Node.

import type { BytePort } from "../../src/device/serial-line.ts";
import type { Uart } from "./uart.ts";

/** Bytes on their way to the board at most: what a UART with a FIFO of its own would hold. */
const FIFO = 64;
/** What ends frames in both framings: nobody needs to look before. */
const FLAG = 0x7e;
const END = 0xc0;
const MOST = 256;

export class UartPort implements BytePort {
	readonly linkUp = true;
	readonly #uart: Uart;
	readonly #came: number[] = [];
	#changed: () => void = () => {};
	#full = false;

	constructor(uart: Uart) {
		this.#uart = uart;
		uart.onByte = (byte) => {
			this.#came.push(byte);
			if (byte === FLAG || byte === END || this.#came.length >= MOST) this.#changed();
		};
		uart.onIdle = () => {
			if (!this.#full) return;
			this.#full = false;
			this.#changed();
		};
	}

	attach(changed: () => void): void {
		this.#changed = changed;
	}

	read(bytes: Uint8Array, at: number, end: number): number {
		const count = Math.min(this.#came.length, end - at);
		for (let i = 0; i < count; i++) bytes[at + i] = this.#came[i]!;
		this.#came.splice(0, count);
		return count;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		const count = Math.min(FIFO - this.#uart.waiting, end - at);
		if (count > 0) this.#uart.receive(bytes.slice(at, at + count));
		this.#full = count < end - at;
		return Math.max(0, count);
	}

	close(): void {
		this.#uart.onByte = undefined;
		this.#uart.onIdle = undefined;
	}
}
