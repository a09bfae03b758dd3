// SLIP, RFC 1055: IP packets between END characters, and nothing else. Both ends have to know their addresses.

import { unlessAny } from "../address.ts";
import { ipv4Option } from "../address4.ts";
import { SLIP, type SerialDevice, type SerialHost } from "../device/serial.ts";
import type { Core } from "../packet/core.ts";
import { OPEN_IPV4 } from "../packet/line-block.ts";
import type { InterfaceListener, InterfaceOptions } from "./interface.ts";
import { LineDevice, LineInterface } from "./line-device.ts";
import { VJ_SLOTS } from "./vj.ts";

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
class SlipLine extends LineDevice {
	get linkUp(): boolean {
		return this.serial.linkUp;
	}

	override attach(host: SerialHost): void {
		super.attach(host);
		this.serial.setFraming(SLIP, 0, 0, 0);
		this.serial.setReady?.(true);
	}

	override place(core: Core, block: number): void {
		super.place(core, block);
		this.state.framing = SLIP;
		this.state.open = OPEN_IPV4;
	}

	/** Compresses from now on. Throws RangeError when the pool has no packets for it. */
	compress(): void {
		const vj = this.compressible();
		vj.startSending(VJ_SLOTS, true);
		vj.startReceiving();
	}

	override close(): void {
		this.serial.setReady?.(false);
		super.close();
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
export class SlipInterface extends LineInterface {
	readonly kind = "slip";
	#line: SlipLine;
	#peer: string;
	#vj: boolean;
	#defaultRoute: boolean;

	/** Throws RangeError or TypeError naming the option that is wrong. */
	constructor(name: string, serial: SerialDevice, options: SlipOptions = {}) {
		const line = new SlipLine(serial);
		super(name, line, { ...options, mtu: options.mtu ?? DEFAULT_MTU });
		const { peer, vj = false, defaultRoute = false } = options;
		if (typeof vj !== "boolean") throw new TypeError(`vj ${String(vj)} of ${name}: expected true or false`);
		if (typeof defaultRoute !== "boolean")
			throw new TypeError(`defaultRoute ${String(defaultRoute)} of ${name}: expected true or false`);
		this.#line = line;
		this.#peer = peer === undefined ? "" : unlessAny(ipv4Option(`${name}: peer`, peer));
		this.#vj = vj;
		this.#defaultRoute = defaultRoute;
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags, listener);
		if (this.#vj) this.#line.compress();
		listener.linkRoutes(this, this.#peer, this.#defaultRoute);
	}
}
