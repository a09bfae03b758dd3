// The link of devices that carry bare IP packets: loopback now, tunnels later. No neighbours: what goes in comes out.

import { MEDIUM_IP, type Device } from "../device/device.ts";
import { Interface, type InterfaceOptions } from "./interface.ts";

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
}
