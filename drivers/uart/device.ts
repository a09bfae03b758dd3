// oxlint-disable-next-line typescript/triple-slash-reference -- it declares modules, and so cannot be imported
/// <reference path="./uart-port.d.ts" />
// A UART as a serial line of the stack: checks its options, and passes on that something changed. Bytes and frames pass in C: uart-port.c and ../bus.

import type { SerialDevice, SerialHost } from "../../src/device/serial.ts";
import { UartPort } from "multihome/uart/port";

/** How a UART is wired and set up. Pins are the board's GPIO numbers. */
export interface UartOptions {
	/** UART, as the platform counts them. 0 when absent. */
	port?: number;
	/** The port's usual pins when absent. */
	tx?: number;
	rx?: number;
	/** Flow control: CTS, by which the other end stops us, and RTS, by which we stop it. None when absent. */
	cts?: number;
	rts?: number;
	/** DTR, low while the line is wanted. None when absent. */
	dtr?: number;
	/** 115,200 when absent. */
	baud?: number;
}

const BAUD = 115_200;
const LEAST_BAUD = 50;
const MOST_BAUD = 12_000_000;

/** In the order of uart-port.c. */
const COUNTERS = Object.freeze(["overruns", "breaks", "framingErrors", "badFcs", "aborts", "tooLong", "tooShort", "badHeader"]);

const PINS = Object.freeze(["tx", "rx", "cts", "rts", "dtr"] as const);

function whole(name: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number" || value !== Math.floor(value) || value < low || value > high)
		throw new RangeError(`${name} ${String(value)}: expected a whole number from ${low} to ${high}`);
	return value;
}

export class Uart extends UartPort implements SerialDevice {
	#closed = false;

	/** Takes the UART. Throws RangeError or TypeError naming the option, Error when it is not to be had. */
	constructor(options: UartOptions = {}) {
		super();
		if (typeof options !== "object" || options === null)
			throw new TypeError(`options ${String(options)}: expected an object such as { port: 0, baud: 115200 }`);
		const port = options.port === undefined ? 0 : whole("port", options.port, 0, 255);
		const [tx, rx, cts, rts, dtr] = PINS.map((name) =>
			options[name] === undefined ? -1 : whole(name, options[name], -1, 255),
		) as [number, number, number, number, number];
		for (const [i, name] of PINS.entries()) {
			const pin = options[name] ?? -1;
			const twin = pin < 0 ? undefined : PINS.find((other, j) => j < i && options[other] === pin);
			if (twin !== undefined) throw new RangeError(`${name} ${pin}: is ${twin} already; give each line a pin of its own`);
		}
		const baud = options.baud === undefined ? BAUD : whole("baud", options.baud, LEAST_BAUD, MOST_BAUD);
		this.open(port, tx, rx, cts, rts, dtr, baud);
	}

	get counters(): Readonly<Record<string, number>> {
		const counts: Record<string, number> = {};
		if (!this.#closed) for (const [i, name] of COUNTERS.entries()) counts[name] = this.count(i);
		return counts;
	}

	attach(host: SerialHost): void {
		// The port keeps the address, and an ArrayBuffer's changes when XS collects garbage.
		if (host.view.buffer instanceof ArrayBuffer)
			throw new TypeError("view: an ArrayBuffer moves; expected memory of allocate(), multihome/memory");
		this.bind(host.view, host.framing, () => host.notify());
	}

	setFraming(framing: number, sendAccm: number, receiveAccm: number, compress: number): void {
		this.frame(framing, sendAccm, receiveAccm, compress);
	}

	setReady(on: boolean): void {
		this.ready(on);
	}

	/** Another speed, from now on. Throws RangeError when this UART does not have it. */
	setBaud(baud: number): void {
		if (!this.baud(whole("baud", baud, LEAST_BAUD, MOST_BAUD)))
			throw new RangeError(`baud ${baud}: this UART cannot make it; take a common one, such as 115200 or 921600`);
	}

	close(): void {
		this.#closed = true;
		this.shut();
	}
}
