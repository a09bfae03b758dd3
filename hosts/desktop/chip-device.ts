// An Ethernet chip of a simulated board: a model plugged in with its wire, and above it the same driver in C and TypeScript as on a board.

import { fault, plug, unplug } from "host/chips";
import * as faults from "host/chips";
import { connectStream, openTap } from "host/wire";
import { ENC28J60 } from "../../drivers/enc28j60/device.ts";
import type { EthernetChipOptions } from "../../drivers/ethernet/device.ts";
import { W5500 } from "../../drivers/w5500/device.ts";
import type { Device } from "../../src/device/device.ts";
import type { ChipFaults, ChipPins } from "./config.ts";

/** What a board's provider says of a chip: `device.ethernet0` and so on. */
export interface EthernetProvider extends EthernetChipOptions {
	io: new (options: EthernetChipOptions) => Device;
}

export interface ChipPlug {
	driver: "w5500" | "enc28j60";
	pins: ChipPins;
	mac: Uint8Array;
	/** The wire: the name of a TAP device, or the path of a UNIX stream socket. */
	tap?: string;
	socket?: string;
	seed: number;
	chipFaults?: ChipFaults;
}

/** In the words of the board file. */
const FAULTS: Record<Exclude<keyof ChipFaults, "resetEveryMs">, number> = {
	absent: faults.ABSENT,
	interruptStuck: faults.INTERRUPT_STUCK,
	badLengths: faults.BAD_LENGTH,
	bitErrorsIn: faults.BIT_ERRORS_IN,
	bitErrorsOut: faults.BIT_ERRORS_OUT,
	transmitStuck: faults.TRANSMIT_STUCK,
	lateCollisions: faults.LATE_COLLISIONS,
	busy: faults.BUSY,
};

/** The provider of a chip that is going to be plugged in. */
export function providerOf({ driver, pins, mac }: ChipPlug): EthernetProvider {
	const options: EthernetChipOptions = { bus: pins.bus, select: pins.select, mac };
	if (pins.interrupt >= 0) options.interrupt = pins.interrupt;
	if (pins.reset >= 0) options.reset = pins.reset;
	if (pins.hz !== undefined) options.hz = pins.hz;
	return { io: driver === "w5500" ? W5500 : ENC28J60, ...options };
}

/** Plugs the chip in and opens its driver. Throws Error that says what is wrong. */
export function openChip(
	options: ChipPlug,
	provider: EthernetProvider,
	repeat: (callback: () => void, ms: number) => void,
): Device {
	const { driver, pins, tap, socket, seed, chipFaults = {} } = options;
	const wire = tap === undefined ? connectStream(socket!) : openTap(tap);
	const chip = plug(driver, pins.bus, pins.select, pins.interrupt, pins.reset, wire, 0, seed);
	const inject = () => {
		for (const [name, which] of Object.entries(FAULTS)) fault(chip, which, chipFaults[name as keyof ChipFaults] ?? 0);
	};
	// A chip that is not there is not there from the beginning; the others show while traffic flows.
	if (chipFaults.absent !== undefined) inject();
	const device = new provider.io(provider);
	inject();
	if (chipFaults.resetEveryMs !== undefined) repeat(() => fault(chip, faults.RESETS, 1), chipFaults.resetEveryMs);
	const close = device.close.bind(device);
	device.close = () => {
		close();
		unplug(chip);
	};
	return device;
}
