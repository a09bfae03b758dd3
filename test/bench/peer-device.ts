import { MEDIUM_ETHERNET, type Device, type DeviceHost } from "../../src/device/device.ts";
import { Peer } from "bench/peer";

/** The scripted peer as a driver in C, which compiled code calls by its number, with the copy that a driver makes. */
export class PeerDevice extends Peer implements Device {
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = 0;
	readonly mac = new Uint8Array([2, 0, 0, 0, 0, 2]);
	readonly linkUp = true;
	native = 0;

	attach(host: DeviceHost): void {
		this.native = this.bind(host.view);
	}
	close(): void {
		this.unbind(this.native);
		this.native = 0;
	}
}
