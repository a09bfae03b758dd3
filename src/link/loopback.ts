// The link of devices that carry bare IP packets: loopback now, tunnels later. No neighbours: what goes in comes out.

import { MEDIUM_IP, type Device } from "../device/device.ts";
import { countSent } from "#codec";
import { Interface, type InterfaceOptions } from "./interface.ts";
import type { Path } from "./path.ts";

export class LoopbackInterface extends Interface {
	readonly linkHeader = 0;
	readonly kind = "loopback";

	constructor(name: string, device: Device, options: InterfaceOptions = {}) {
		if (device.medium !== MEDIUM_IP) throw new TypeError(`${name}: expected a device that carries IP packets`);
		super(name, device, options);
	}

	override output(packet: number, at: number, end: number, _path: Path): boolean {
		countSent(this.core.view, at, end, this.block);
		return this.transmit(packet, at, end);
	}
}
