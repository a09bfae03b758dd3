// A UART of a simulated board: its line plugged in, and above it the same driver in C and TypeScript as on a board.

import { path, plug, record, unplug } from "host/uart";
import { Uart, type UartOptions } from "../../drivers/uart/device.ts";
import { LINKTYPE_USER0, PacketFile } from "../../src/device/pcapng.ts";
import { FileSink } from "./capture-file.ts";
import type { LineFaults, UartPins } from "./config.ts";

/** What a board's provider says of a UART: `device.serial0` and so on. */
export interface SerialProvider extends UartOptions {
	io: new (options: UartOptions) => Uart;
}

export interface UartPlug {
	uart: UartPins & { baud: number };
	/** The wire: the path of the link to a new pty, or "", or the path of a UNIX stream socket. */
	pty?: string;
	socket?: string;
	faults?: LineFaults;
	/** The file where its bytes are recorded, and the name there. */
	capture?: string;
	name: string;
	seed: number;
}

/** The provider of a UART that is going to be wired. */
export function serialProviderOf({ uart }: UartPlug): SerialProvider {
	return { io: Uart, ...uart };
}

/** Plugs the line in and opens the driver. Answers it, and the path of the pty or "". Throws Error that says what is wrong. */
export function openUart(
	{ uart, pty, socket, faults = {}, capture, name, seed }: UartPlug,
	provider: SerialProvider,
): [Uart, string] {
	const kind = pty === undefined ? "stream" : "pty";
	const line = plug(uart.port, kind, pty ?? socket!, faults.byteLoss ?? 0, faults.byteFlip ?? 0, seed);
	let file: PacketFile | undefined;
	if (capture !== undefined) {
		const sink = new FileSink(capture);
		file = new PacketFile(sink, name, LINKTYPE_USER0);
		record(line, sink.fd);
	}
	const device = new provider.io(provider);
	const close = device.close.bind(device);
	device.close = () => {
		close();
		unplug(line);
		file?.close();
	};
	return [device, path(line)];
}
