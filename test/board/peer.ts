// A peer at the far end of a chip's cable or of a UART, in the board's own time: this project's stack on Node, which answers every frame at once.

import type { StackOptions } from "../../src/config.ts";
import { MEDIUM_ETHERNET, NOTIFIES, SENT } from "../../src/device/device.ts";
import type { Device, DeviceHost } from "../../src/device/device.ts";
import { SerialLine } from "../../src/device/serial-line.ts";
import { createIO } from "../../src/io/io.ts";
import { EthernetInterface } from "../../src/link/ethernet.ts";
import type { Interface } from "../../src/link/interface.ts";
import type { PppOptions } from "../../src/link/ppp/options.ts";
import { PppInterface } from "../../src/link/ppp/ppp.ts";
import { Stack } from "../../src/stack.ts";
import { Prng } from "../support/prng.ts";
import type { Alarm } from "./clock.ts";
import type { BoardChip } from "./chip.ts";
import type { Machine } from "./machine.ts";
import type { Uart } from "./uart.ts";
import { UartPort } from "./uart-port.ts";

/** A stack's time must not be 0. */
const START_MS = 1000;

class CableDevice implements Device {
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly linkUp = true;
	readonly mac: Uint8Array;
	readonly #chip: BoardChip;
	readonly #lost: () => boolean;
	#queue: Uint8Array[] = [];
	#host: DeviceHost | undefined;
	#arena: Uint8Array = new Uint8Array(0);

	constructor(chip: BoardChip, mac: Uint8Array, lost: () => boolean) {
		this.#chip = chip;
		this.mac = mac;
		this.#lost = lost;
		chip.onFrame = (frame) => {
			if (lost()) return;
			this.#queue.push(frame);
			this.#host?.notify();
		};
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.#arena = new Uint8Array(host.view.buffer, host.view.byteOffset, host.view.byteLength);
	}

	receive(at: number, max: number): number {
		const frame = this.#queue.shift();
		if (frame === undefined) return 0;
		if (frame.length > max) return -1;
		this.#arena.set(frame, at);
		return frame.length;
	}

	transmit(_packet: number, at: number, end: number): number {
		if (!this.#lost()) this.#chip.send(this.#arena.slice(at, end));
		return SENT;
	}

	close(): void {
		this.#chip.onFrame = undefined;
	}
}

export class Peer {
	readonly stack: Stack;
	readonly io: ReturnType<typeof createIO>;
	readonly #machine: Machine;
	readonly #alarm: Alarm;

	/** `seed`: of its random bits. */
	constructor(machine: Machine, link: Interface, seed: number, options: StackOptions = {}) {
		this.#machine = machine;
		this.#alarm = machine.clock.createAlarm(() => this.#turn());
		let state = seed;
		this.stack = new Stack({
			sockets: { tcp: 4, receiveBuffer: 4 * 1460, sendBuffer: 4 * 1460 },
			packets: 32,
			...options,
			random32: () => (state = Math.imul(state, 0x5851_f42d) + 0x1405_7b7f),
			// Not in the middle of what the chip is doing.
			onWake: () => this.#alarm.schedule(0),
		});
		this.stack.interfaces.add(link);
		this.io = createIO(this.stack);
		this.#alarm.schedule(0);
	}

	#turn(): void {
		const wait = this.stack.poll(START_MS + Math.floor(this.#machine.clock.nanos / 1e6));
		if (wait >= 0) this.#alarm.schedule(wait * 1e6);
	}
}

export interface CableOptions extends StackOptions {
	/** The part of the frames that get lost, each way, 0 to 1. */
	loss?: number;
	/** While it answers true for a cable's number, from 1, all of its frames get lost, and both ends still see a link: a peer that is switched off behind a switch. */
	silent?: (index: number) => boolean;
}

/** A peer at a chip's cable. `address` with its prefix length; `index` makes its hardware address. */
export function cablePeer(
	machine: Machine,
	chip: BoardChip,
	index: number,
	address: string,
	{ loss = 0, silent = () => false, ...options }: CableOptions = {},
): Peer {
	const random = new Prng(index);
	const lost = () => silent(index) || random.chance(loss);
	const link = new EthernetInterface("eth", new CableDevice(chip, Uint8Array.of(2, 0, 0, 0, 1, index), lost));
	const peer = new Peer(machine, link, index, options);
	link.addAddress(address);
	return peer;
}

/** A peer at the far end of a UART, by PPP. */
export function serialPeer(machine: Machine, uart: Uart, index: number, options: PppOptions, stack: StackOptions = {}): Peer {
	return new Peer(machine, new PppInterface("ppp", new SerialLine(new UartPort(uart)), options), index, stack);
}
