// The link of devices that carry bare IP packets: loopback now, tunnels later. No neighbours: what goes in comes out.

import { MEDIUM_IP, type Device } from "../device/device.ts";
import type { Core } from "../packet/core.ts";
import { FLAG_LOOPBACK } from "../packet/interface-block.ts";
import { Interface, type InterfaceListener, type InterfaceOptions } from "./interface.ts";

/**
 * The link of devices that carry bare IP packets: no neighbours, what goes out needs no header.
 *
 * @example
 * ```ts
 * stack.interfaces.add(new LoopbackInterface("lo1", new LoopbackDevice()));
 * ```
 */
export class LoopbackInterface extends Interface {
	readonly kind = "loopback";

	constructor(name: string, device: Device, options: InterfaceOptions = {}) {
		if (device.medium !== MEDIUM_IP) throw new TypeError(`${name}: expected a device that carries IP packets`);
		super(name, device, 0, options);
	}

	override attach(core: Core, slot: number, id: number, flags: number, listener: InterfaceListener): void {
		super.attach(core, slot, id, flags | FLAG_LOOPBACK, listener);
	}
}
