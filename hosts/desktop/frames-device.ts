// The driver "frames": whole Ethernet frames from and to a descriptor of this computer, a TAP device or a UNIX stream socket
// with QEMU's framing. What the W5500 and ENC28J60 drivers are to a board. Frames pass in C: native/frames.c.

import { Frames } from "host/frames";
import { CLOSED, setWatch, watch, WRITABLE } from "host/loop";
import { connectStream, openTap } from "host/wire";
import { CARRIES_TAGS, MEDIUM_ETHERNET, NOTIFIES } from "../../src/device/device.ts";
import type { Device, DeviceHost } from "../../src/device/device.ts";

/** In the order of native/frames.c. */
const COUNTERS = Object.freeze(["tooLong", "sendBusy"]);

export class FramesDevice extends Frames implements Device {
	readonly #fd: number;
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu: number;
	readonly abilities = NOTIFIES | CARRIES_TAGS;
	readonly mac: Uint8Array;
	readonly counterNames = COUNTERS;

	/** Opens a TAP device by name, or a socket by path. Throws Error that names it and the remedy. */
	constructor(kind: "tap" | "socket", place: string, mac: Uint8Array, mtu: number) {
		const fd = kind === "tap" ? openTap(place) : connectStream(place);
		super(fd);
		this.#fd = fd;
		this.mac = mac;
		this.mtu = mtu;
	}

	get counters(): Readonly<Record<string, number>> {
		return { tooLong: this.count(0), sendBusy: this.count(1) };
	}

	attach(host: DeviceHost): void {
		// The address is kept, and an ArrayBuffer's changes when XS collects garbage.
		if (host.view.buffer instanceof ArrayBuffer)
			throw new TypeError("view: an ArrayBuffer moves; expected memory of allocate(), multihome/memory");
		this.bind(host.view);
		const rest = (fd: number, events: number) => {
			if (events & CLOSED) this.unplug();
			const { linkUp } = this;
			// The other end hung up: the cable is out, for good, and nothing is waited for.
			if (!linkUp || events & WRITABLE) setWatch(fd, linkUp, false);
			host.notify();
		};
		watch(this.#fd, rest, host.notify);
	}
}
