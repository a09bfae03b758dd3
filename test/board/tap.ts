// TAP devices and ptys of this computer, read and written without waiting. tap.c is what does it.

import { createRequire } from "node:module";

interface Addon {
	open(name: string): number;
	openPty(): [descriptor: number, path: string, other: number];
	read(descriptor: number, buffer: Uint8Array): number;
	write(descriptor: number, frame: Uint8Array): number;
	close(descriptor: number): void;
}

const LONGEST = 1518;

export class Tap {
	readonly #addon: Addon;
	readonly #descriptor: number;
	readonly #buffer = Buffer.alloc(LONGEST);

	/** `addon`: the path that build/board.mjs has. Throws Error with the operating system's reason. */
	constructor(addon: string, name: string) {
		this.#addon = createRequire(import.meta.url)(addon) as Addon;
		this.#descriptor = this.#addon.open(name);
	}

	/** The next frame, or undefined when there is none now. */
	read(): Uint8Array | undefined {
		const length = this.#addon.read(this.#descriptor, this.#buffer);
		return length === 0 ? undefined : Uint8Array.from(this.#buffer.subarray(0, length));
	}

	write(frame: Uint8Array): void {
		this.#addon.write(this.#descriptor, frame);
	}

	close(): void {
		this.#addon.close(this.#descriptor);
	}
}

/** A pty: the far end of a UART. */
export class Pty {
	/** Of the other side. */
	readonly path: string;
	readonly #addon: Addon;
	readonly #descriptor: number;
	readonly #other: number;
	readonly #buffer = Buffer.alloc(1024);

	constructor(addon: string) {
		this.#addon = createRequire(import.meta.url)(addon) as Addon;
		[this.#descriptor, this.path, this.#other] = this.#addon.openPty();
	}

	/** Bytes that have come, none when there are none now. */
	read(): Uint8Array {
		return Uint8Array.from(this.#buffer.subarray(0, this.#addon.read(this.#descriptor, this.#buffer)));
	}

	/** Answers how many of them were taken. */
	write(bytes: Uint8Array): number {
		return Math.max(0, this.#addon.write(this.#descriptor, bytes));
	}

	close(): void {
		this.#addon.close(this.#descriptor);
		this.#addon.close(this.#other);
	}
}
