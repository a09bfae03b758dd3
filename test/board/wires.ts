// The cables of the board's chips, and what is at their far ends: sockets with QEMU's framing (gateway, segment, stream) and TAP devices, as
// hosts/desktop/wires.ts makes them.

import { lstatSync, rmSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { InterfaceConfiguration } from "../../hosts/desktop/config.ts";
import { framed, FrameReader, FrameWriter } from "../../hosts/desktop/frame-stream.ts";
import type { BoardChip } from "./chip.ts";
import { Pty, Tap } from "./tap.ts";
import type { Uart } from "./uart.ts";

/** Frames that wait for the cable before who sends them is told to wait. */
const WAITING = 64;
/** Bytes that wait for a UART's line, likewise. */
const WAITING_BYTES = 1024;

/** The far end of a cable. */
export interface FarEnd {
	/** Takes what has come from there without giving notice. */
	poll(): void;
	close(): void;
}

/** A chip's cable to a socket. */
class SocketEnd implements FarEnd {
	readonly #socket: Socket;

	constructor(chip: BoardChip, socket: Socket) {
		this.#socket = socket;
		const reader = new FrameReader();
		const writer = new FrameWriter(socket);
		socket.on("data", (chunk) => {
			reader.push(chunk, (buffer, at, end) => chip.send(Uint8Array.from(buffer.subarray(at, end))));
			if (chip.waiting > WAITING) socket.pause();
		});
		socket.on("error", () => socket.destroy());
		chip.onIdle = () => socket.resume();
		chip.onFrame = (frame) => {
			if (writer.full) return; // lost, as in a switch
			writer.writeFramed(framed(frame));
		};
	}

	poll(): void {}

	close(): void {
		this.#socket.destroy();
	}
}

class TapEnd implements FarEnd {
	readonly #chip: BoardChip;
	readonly #tap: Tap;

	constructor(chip: BoardChip, tap: Tap) {
		this.#chip = chip;
		this.#tap = tap;
		chip.onFrame = (frame) => tap.write(frame);
	}

	poll(): void {
		while (this.#chip.waiting <= WAITING) {
			const frame = this.#tap.read();
			if (frame === undefined) return;
			this.#chip.send(frame);
		}
	}

	close(): void {
		this.#tap.close();
	}
}

/** A UART's line to a pty. */
class PtyEnd implements FarEnd {
	readonly #uart: Uart;
	readonly #pty: Pty;
	readonly #link: string;
	#left: number[] = [];

	constructor(uart: Uart, pty: Pty, link: string) {
		this.#uart = uart;
		this.#pty = pty;
		this.#link = link;
		if (link !== "") symlinkSync(pty.path, link);
		uart.onByte = (byte) => this.#left.push(byte);
	}

	poll(): void {
		const uart = this.#uart;
		while (uart.waiting <= WAITING_BYTES) {
			const bytes = this.#pty.read();
			if (bytes.length === 0) break;
			uart.receive(bytes);
		}
		if (this.#left.length > 0) this.#left.splice(0, this.#pty.write(Uint8Array.from(this.#left)));
	}

	close(): void {
		if (this.#link !== "") rmSync(this.#link, { force: true });
		this.#pty.close();
	}
}

/** A UART's line to a socket. */
class ByteSocketEnd implements FarEnd {
	readonly #uart: Uart;
	readonly #socket: Socket;
	#left: number[] = [];

	constructor(uart: Uart, socket: Socket) {
		this.#uart = uart;
		this.#socket = socket;
		socket.on("data", (chunk) => {
			uart.receive(chunk);
			socket.pause();
		});
		socket.on("error", () => socket.destroy());
		uart.onByte = (byte) => this.#left.push(byte);
	}

	poll(): void {
		if (this.#uart.waiting <= WAITING_BYTES) this.#socket.resume();
		if (this.#left.length === 0) return;
		this.#socket.write(Uint8Array.from(this.#left));
		this.#left = [];
	}

	close(): void {
		this.#socket.destroy();
	}
}

function isFree(link: string): boolean {
	const found = lstatSync(link, { throwIfNoEntry: false });
	if (found?.isSymbolicLink()) rmSync(link);
	return found === undefined || found.isSymbolicLink();
}

/** Connects a UART where the configuration says. `tell`: where its pty is. Throws Error with the one line to show. */
export async function plugInUart(
	uart: Uart,
	{ name, pty, socket, wire, uart: wiring }: InterfaceConfiguration,
	addon: () => Promise<string>,
	tell: (text: string) => void,
): Promise<FarEnd> {
	uart.heedsRts = (wiring?.rts ?? -1) >= 0;
	if (pty !== undefined) {
		if (pty !== "" && !isFree(pty))
			throw new Error(`${name}: wire "${wire}": there is something else in that place; name another`);
		const made = new Pty(await addon());
		tell(`${name} ${made.path}${pty === "" ? "" : ` = ${pty}`}\n`);
		return new PtyEnd(uart, made, pty);
	}
	const connection = connect(socket!);
	await new Promise<void>((done, failed) => {
		connection.once("connect", done);
		connection.once("error", (error) => failed(new Error(`${name}: wire ${JSON.stringify(wire)}: ${error.message}`)));
	});
	return new ByteSocketEnd(uart, connection);
}

/** Plugs the chip's cable in where the configuration says. `tapAddon`: for TAP devices. Throws Error with the one line to show. */
export async function plugIn(
	chip: BoardChip,
	{ name, socket, tap, wire }: InterfaceConfiguration,
	tapAddon: () => Promise<string>,
): Promise<FarEnd | undefined> {
	if (socket !== undefined) {
		const connection = connect(socket);
		await new Promise<void>((done, failed) => {
			connection.once("connect", done);
			connection.once("error", (error) => failed(new Error(`${name}: wire ${JSON.stringify(wire)}: ${error.message}`)));
		});
		return new SocketEnd(chip, connection);
	}
	if (tap !== undefined) {
		const addon = await tapAddon();
		try {
			return new TapEnd(chip, new Tap(addon, tap));
		} catch (error) {
			throw new Error(
				`${name}: the TAP device ${tap} cannot be opened: ${(error as Error).message}; make it with \`ip tuntap add ${tap} mode tap\``,
				{ cause: error },
			);
		}
	}
	chip.model.link(false);
	return undefined;
}
