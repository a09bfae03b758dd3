// SLIP, RFC 1055: IP packets between END characters, and nothing else. Both ends have to know their addresses.

import { BUSY, MEDIUM_IP, NOTIFIES, SENT, type Device, type DeviceHost } from "../device/device.ts";
import { LOST, SLIP, type SerialDevice, type SerialHost } from "../device/serial.ts";
import type { Core } from "../packet/core.ts";
import { DROP } from "../packet/drops.ts";
import { slipMark, slipType, VJ_IP, VJ_TYPE_BITS } from "../wire/vj.ts";
import { vjCompress } from "#codec";
import { ipv4Option } from "../address.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";
import { HeaderCompression, VJ_SLOTS } from "./vj.ts";

/** Frames that make no sense, looked at in one go. */
const FRAMES_AT_ONCE = 8;
const VJ_TYPE = (1 << VJ_TYPE_BITS) - 1;

/**
 * What RFC 1055 says that everybody takes. RFC 1144 §5 advises 296 for terminals on modems of its time, where a full packet delayed a key by
 * 50 ms at 9,600 baud; at 115,200 and more 1,006 bytes delay it by no more than that, and cost a third of the headers.
 */
const DEFAULT_MTU = 1006;

/** What a SLIP interface may be told. */
export interface SlipOptions extends InterfaceOptions {
	/** Address of the other end: a route to it stands as long as the interface. */
	peer?: string;
	/** Compressed SLIP, RFC 1144: the other end must do it too. Takes two packet buffers. */
	vj?: boolean;
	/** Route what has no other route to the other end, at the interface's metric. */
	defaultRoute?: boolean;
}

/** The device that the stack sees: every frame of the line is an IP packet. */
class SlipLine implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	#serial: SerialDevice;
	#host!: DeviceHost;
	#vj: HeaderCompression | undefined;
	#core!: Core;
	#block = 0;

	constructor(serial: SerialDevice) {
		this.#serial = serial;
	}

	get linkUp(): boolean {
		return this.#serial.linkUp;
	}

	get counters(): Readonly<Record<string, number>> {
		return this.#serial.counters;
	}

	attach(host: SerialHost): void {
		this.#host = host;
		this.#serial.attach(host);
		this.#serial.setFraming(SLIP, 0, 0, 0);
		this.#serial.setReady?.(true);
	}

	/** Compresses from now on. Throws RangeError when the pool has no packets for it. */
	compress(core: Core, block: number): void {
		this.#core = core;
		this.#block = block;
		this.#vj = new HeaderCompression(core);
		this.#vj.startSending(VJ_SLOTS, true);
		this.#vj.startReceiving();
	}

	receive(at: number, max: number): number {
		const vj = this.#vj;
		if (vj === undefined) return this.#serial.receive(at, max);
		for (let n = 0; n < FRAMES_AT_ONCE; n++) {
			const length = this.#serial.receive(at, max);
			if (length === 0) return 0;
			if (length === LOST) {
				vj.toss();
				return LOST;
			}
			const type = slipType(this.#core.view, at);
			if (type === VJ_IP) return length;
			const restored = vj.restore(type, at, at + length, max);
			if (restored !== 0) return restored;
			this.#core.count(this.#block, DROP.vjMalformed);
		}
		this.#host.notify();
		return 0;
	}

	transmit(packet: number, at: number, end: number): number {
		const vj = this.#vj;
		if (vj === undefined) return this.#serial.transmit(at, end, 0) === SENT ? SENT : BUSY;
		if (!vj.flush(this.#serial, this.#host)) return BUSY;
		const compressed = vjCompress(this.#core.view, vj.compressor, at, end);
		const type = compressed & VJ_TYPE;
		const start = compressed >> VJ_TYPE_BITS;
		if (type !== VJ_IP) slipMark(this.#core.view, start, type);
		if (this.#serial.transmit(start, end, 0) === SENT) return SENT;
		return type === VJ_IP ? BUSY : vj.hold(packet, start, end, 0);
	}

	poll(_now: number): number {
		this.#vj?.flush(this.#serial, this.#host);
		return -1;
	}

	close(): void {
		this.#vj?.close(this.#host);
		this.#vj = undefined;
		this.#serial.setReady?.(false);
		this.#serial.close();
	}
}

/**
 * IP packets on a serial line, RFC 1055, with compressed headers by RFC 1144 if told.
 *
 * @example
 * ```ts
 * const sl0 = stack.interfaces.add(new SlipInterface("sl0", uart, { peer: "10.0.0.2" }));
 * ```
 */
export class SlipInterface extends Interface {
	readonly kind = "slip";
	#line: SlipLine;
	#peer: number;
	#vj: boolean;
	#defaultRoute: boolean;

	/** Throws RangeError or TypeError naming the option that is wrong. */
	constructor(name: string, serial: SerialDevice, options: SlipOptions = {}) {
		const line = new SlipLine(serial);
		super(name, line, 0, { ...options, mtu: options.mtu ?? DEFAULT_MTU });
		const { peer, vj = false, defaultRoute = false } = options;
		if (typeof vj !== "boolean") throw new TypeError(`vj ${String(vj)} of ${name}: expected true or false`);
		if (typeof defaultRoute !== "boolean")
			throw new TypeError(`defaultRoute ${String(defaultRoute)} of ${name}: expected true or false`);
		this.#line = line;
		this.#peer = peer === undefined ? 0 : ipv4Option(`${name}: peer`, peer);
		this.#vj = vj;
		this.#defaultRoute = defaultRoute;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags, listener);
		if (this.#vj) this.#line.compress(core, this.block);
		listener.linkRoutes(this, this.#peer, this.#defaultRoute);
	}
}
