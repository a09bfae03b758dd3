// The link of devices that carry bare IP packets: loopback now, tunnels later. No neighbours: what goes in comes out.

import { BUSY, MEDIUM_IP, SENT, type Device } from "../device/device.ts";
import { countSent } from "#codec";
import { Interface, type InterfaceOptions } from "./interface.ts";
import type { Path } from "./path.ts";

export class LoopbackInterface extends Interface {
	readonly kind = "loopback";

	constructor(name: string, device: Device, options: InterfaceOptions = {}) {
		if (device.medium !== MEDIUM_IP) throw new TypeError(`${name}: expected a device that carries IP packets`);
		super(name, device, 0, options);
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
