// SLIP, RFC 1055: IP packets between END characters, and nothing else. Both ends have to know their addresses.

import { BUSY, MEDIUM_IP, NOTIFIES, SENT, type Device, type DeviceHost } from "../device/device.ts";
import { SLIP, type SerialDevice } from "../device/serial.ts";
import type { Core } from "../packet/core.ts";
import { countSent } from "#codec";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import type { Path } from "./path.ts";

/**
 * What RFC 1055 says that everybody takes. RFC 1144 §5 advises 296 for terminals on modems of its time, where a full packet delayed a key by
 * 50 ms at 9,600 baud; at 115,200 and more 1,006 bytes delay it by no more than that, and cost a third of the headers.
 */
const DEFAULT_MTU = 1006;

export interface SlipOptions extends InterfaceOptions {
	/** Address of the other end, int32: a route to it stands as long as the interface. */
	peer?: number;
	/** Route what has no other route to the other end, at the interface's metric. */
	defaultRoute?: boolean;
}

/** The device that the stack sees: every frame of the line is an IP packet. */
class SlipLine implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	#serial: SerialDevice;

	constructor(serial: SerialDevice) {
		this.#serial = serial;
	}

	get linkUp(): boolean {
		return this.#serial.linkUp;
	}

	get counters(): Readonly<Record<string, number>> {
		return this.#serial.counters;
	}

	attach(host: DeviceHost): void {
		this.#serial.attach(host);
		this.#serial.setFraming(SLIP, 0, 0, 0);
		this.#serial.setReady?.(true);
	}

	receive(at: number, max: number): number {
		return this.#serial.receive(at, max);
	}

	transmit(_packet: number, at: number, end: number): number {
		return this.#serial.transmit(at, end, 0) === SENT ? SENT : BUSY;
	}

	close(): void {
		this.#serial.setReady?.(false);
		this.#serial.close();
	}
}

export class SlipInterface extends Interface {
	readonly kind = "slip";
	#peer: number;
	#defaultRoute: boolean;

	/** Throws RangeError or TypeError naming the option that is wrong. */
	constructor(name: string, serial: SerialDevice, options: SlipOptions = {}) {
		super(name, new SlipLine(serial), 0, { ...options, mtu: options.mtu ?? DEFAULT_MTU });
		const { peer = 0, defaultRoute = false } = options;
		if (typeof peer !== "number" || peer !== Math.floor(peer))
			throw new TypeError(`peer ${String(peer)} of ${name}: expected an IPv4 address as a number`);
		if (typeof defaultRoute !== "boolean")
			throw new TypeError(`defaultRoute ${String(defaultRoute)} of ${name}: expected true or false`);
		this.#peer = peer | 0;
		this.#defaultRoute = defaultRoute;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags, listener);
		listener.linkRoutes(this, this.#peer, this.#defaultRoute);
	}

	override output(packet: number, at: number, end: number, path: Path): boolean {
		path.stamp = this.core.stamp;
		return this.send(packet, at, end, 0);
	}

	override send(packet: number, at: number, end: number, _header: number): boolean {
		countSent(this.core.view, at, end, this.block);
		const answer = this.waiting === 0 ? this.device.transmit(packet, at, end) : BUSY;
		return answer !== SENT && this.notSent(answer, packet, at, end);
	}
}
