// The driver "frames": whole Ethernet frames from and to a descriptor of this computer, a TAP device or a UNIX stream socket
// with QEMU's framing. What the W5500 and ENC28J60 drivers are to a board.

import { CLOSED, defer, setWatch, watch, WRITABLE } from "host/loop";
import { close, connectStream, openTap, receive, send } from "host/wire";
import { BUSY, MEDIUM_ETHERNET, NOTIFIES, SENT } from "../../src/device/device.ts";
import type { Device, DeviceHost } from "../../src/device/device.ts";

/** What host/wire's `receive` answers when the other end is gone; other negative answers mean a frame too long. */
const GONE = -1;
export class FramesDevice implements Device {
	#view!: DataView;
	readonly #fd: number;
	linkUp = true;
	#host!: DeviceHost;
	readonly medium = MEDIUM_ETHERNET;
	readonly mtu: number;
	readonly abilities = NOTIFIES;
	readonly mac: Uint8Array;
	readonly #counts = { tooLong: 0, sendBusy: 0 };

	/** Opens a TAP device by name, or a socket by path. Throws Error that names it and the remedy. */
	constructor(kind: "tap" | "socket", place: string, mac: Uint8Array, mtu: number) {
		this.mac = mac;
		this.mtu = mtu;
		this.#fd = kind === "tap" ? openTap(place) : connectStream(place);
	}

	get counters(): Readonly<Record<string, number>> {
		return this.#counts;
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.#view = host.view;
		watch(this.#fd, (_fd, events) => this.#changed(events));
	}

	receive(at: number, max: number): number {
		const length = receive(this.#fd, this.#view, at, max);
		if (length >= 0) return length;
		if (length !== GONE) {
			this.#counts.tooLong++;
			return -1;
		}
		this.#unplugged();
		return 0;
	}

	transmit(_packet: number, at: number, end: number): number {
		const taken = send(this.#fd, this.#view, at, end);
		if (taken > 0) return SENT;
		if (taken < 0) {
			this.#unplugged();
			return SENT;
		}
		this.#counts.sendBusy++;
		setWatch(this.#fd, true, true);
		return BUSY;
	}

	close(): void {
		this.linkUp = false;
		close(this.#fd);
	}

	#changed(events: number): void {
		if (events & CLOSED) this.#unplugged();
		if (events & WRITABLE) setWatch(this.#fd, this.linkUp, false);
		this.#host.notify();
	}

	/** The other end hung up: the cable is out, for good. The stack sees it at its next poll. */
	#unplugged(): void {
		if (!this.linkUp) return;
		this.linkUp = false;
		setWatch(this.#fd, false, false);
		// Not from within receive or transmit, where we may be: device.ts.
		defer(() => this.#host.notify());
	}
}
