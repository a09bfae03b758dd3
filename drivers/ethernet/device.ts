// oxlint-disable-next-line typescript/triple-slash-reference -- it declares modules, and so cannot be imported
/// <reference path="./port.d.ts" />
// An Ethernet chip on SPI as a device of the stack: checks its options, and passes the interrupt on. Frames pass in C, and the chip is looked after there:
// port.c and the driver below it.

import { MEDIUM_ETHERNET, RECEIVE_CHECKED, TRANSMIT_CHECKSUM, type Device, type DeviceHost } from "../../src/device/device.ts";
import { Port, type Open } from "multihome/ethernet/port";

/** How a chip is wired and set up. Pins are the board's GPIO numbers. */
export interface EthernetChipOptions {
	/** SPI controller, as the platform counts them. 0 when absent. */
	bus?: number;
	/** SCK, MOSI and MISO; the controller's usual pins when absent. */
	clock?: number;
	out?: number;
	in?: number;
	/** Chip select. Required. */
	select: number;
	/** The chip's INT pin. Without it the chip is asked every `pollMs`. */
	interrupt?: number;
	/** The chip's RST pin. Without it the chip is reset by command. */
	reset?: number;
	/** SPI clock, Hz; the driver's README says which are allowed. The platform takes the next lower one that it can make. */
	hz?: number;
	/** Six bytes of a unicast address. Required: neither chip has one of its own. */
	mac: Uint8Array;
	/** Accept multicast frames always. Without it they are accepted while a program has joined a group. */
	multicast?: boolean;
	/** Accept every frame. */
	promiscuous?: boolean;
	/** Without an interrupt pin: ms between looks at a chip that is idle, 1 to 1000. 2 when absent. */
	pollMs?: number;
	/** Given, a chip that does not answer is no error: this is called with what is wrong, and the chip is looked for as one that was pulled; `present` tells when it is there. */
	onAbsent?: (problem: string) => void;
}

const ACCEPT_MULTICAST = 1;
const ACCEPT_ALL = 2;
const POLL_MS = 2;

/** In the order of ethernet.h. */
const COUNTERS = Object.freeze([
	"resets",
	"receiveResets",
	"badLengths",
	"overruns",
	"badChecksums",
	"badFcs",
	"lateCollisions",
	"transmitFailed",
	"transmitTimeouts",
	"spiFailed",
	"missedInterrupts",
	"stuckInterrupts",
]);

const NONE: readonly string[] = Object.freeze([]);

const PINS = Object.freeze(["bus", "clock", "out", "in", "select", "interrupt", "reset"] as const);

function whole(name: string, value: unknown, low: number, high: number): number {
	if (typeof value !== "number" || value !== Math.floor(value) || value < low || value > high)
		throw new RangeError(`${name} ${String(value)}: expected a whole number from ${low} to ${high}`);
	return value;
}

export abstract class EthernetChip extends Port implements Device {
	#idleMs: number;
	#closed = false;
	#host!: DeviceHost;
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = RECEIVE_CHECKED | TRANSMIT_CHECKSUM;
	readonly mac: Uint8Array;

	/** Resets the chip and sets it up. Throws RangeError or TypeError naming the option, Error when the chip does not answer as it should and nobody is to be told (`onAbsent`). */
	constructor(open: Open, options: EthernetChipOptions) {
		super();
		const [bus, clock, out, input, select, interrupt, reset] = PINS.map((name) => {
			const value = options[name];
			if (value === undefined && name === "select") throw new TypeError("select: expected the number of the chip select pin");
			return value === undefined ? (name === "bus" ? 0 : -1) : whole(name, value, 0, 255);
		}) as [number, number, number, number, number, number, number];
		const { mac } = options;
		if (!(mac instanceof Uint8Array) || mac.length !== 6 || mac[0]! & 1)
			throw new RangeError(`mac ${String(mac)}: expected six bytes of a unicast address`);
		const hz = options.hz === undefined ? 0 : whole("hz", options.hz, 1, 100_000_000);
		const pollMs = options.pollMs === undefined ? POLL_MS : whole("pollMs", options.pollMs, 1, 1000);
		this.mac = mac.slice();
		this.#idleMs = interrupt < 0 ? pollMs : -1;
		const { onAbsent } = options;
		const onInterrupt = () => this.#host?.notify();
		const patient = onAbsent !== undefined;
		const problem = open(
			this,
			bus,
			clock,
			out,
			input,
			select,
			interrupt,
			reset,
			hz,
			mac,
			acceptOf(options),
			onInterrupt,
			patient,
		);
		if (problem !== undefined) onAbsent!(problem);
	}

	attach(host: DeviceHost): void {
		// The port keeps the address, and an ArrayBuffer's changes when XS collects garbage.
		if (host.view.buffer instanceof ArrayBuffer)
			throw new TypeError("view: an ArrayBuffer moves; expected memory of allocate(), multihome/memory");
		this.#host = host;
		this.bind(host.view, this.#idleMs);
	}

	get counterNames(): readonly string[] {
		return this.#closed ? NONE : COUNTERS;
	}

	get counters(): Readonly<Record<string, number>> {
		const counts: Record<string, number> = {};
		if (!this.#closed) for (const [i, name] of COUNTERS.entries()) counts[name] = this.count(i);
		return counts;
	}

	/** Accepts beside its own address and broadcasts what is said here, and multicast frames while groups are joined (`multicast`). */
	filter({ multicast = false, promiscuous = false }: { multicast?: boolean; promiscuous?: boolean }): void {
		this.configure(this.mac, acceptOf({ multicast, promiscuous }));
	}

	get closed(): boolean {
		return this.#closed;
	}

	/** Called when it has no number: compiled code has the chip looked after in C. */
	poll(now: number): number {
		const was = this.linkUp;
		const wait = this.service(now);
		if (this.linkUp !== was) this.#host.notify(); // the stack has looked at the link already in this poll
		return wait;
	}

	close(): void {
		this.#closed = true;
		this.shut();
	}
}

function acceptOf({ multicast, promiscuous }: { multicast?: boolean; promiscuous?: boolean }): number {
	return (multicast ? ACCEPT_MULTICAST : 0) | (promiscuous ? ACCEPT_ALL : 0);
}
