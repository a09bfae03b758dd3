// The device that the stack sees: IP packets over a serial line. Whatever else comes goes to the session.

import { BUSY, MEDIUM_IP, NOTIFIES, SENT, type Device, type DeviceHost } from "../../device/device.ts";
import { LOST, type SerialDevice } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import { DROP } from "../../packet/drops.ts";
import type { Outbox } from "./outbox.ts";
import { IP } from "./packets.ts";
import type { Session } from "./session.ts";

/** Frames that are no IP packets, taken in one go. */
const CONTROLS_AT_ONCE = 8;

export class PppLine implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly serial: SerialDevice;
	linkUp = false;
	/** Called at the beginning of every poll that has something for this interface. */
	onPoll: () => void = () => {};
	#session: Session | undefined;
	#core!: Core;
	#outbox!: Outbox;
	#host!: DeviceHost;

	constructor(serial: SerialDevice) {
		this.serial = serial;
	}

	get counters(): Readonly<Record<string, number>> {
		return { ...this.serial.counters, controlDropped: this.#session?.outbox.dropped ?? 0 };
	}

	attach(host: DeviceHost): void {
		this.#host = host;
		this.serial.attach(host);
	}

	/** Whose link this is. Nothing passes before. */
	use(session: Session): void {
		this.#session = session;
		this.#core = session.core;
		this.#outbox = session.outbox;
	}

	receive(at: number, max: number): number {
		const session = this.#session;
		if (session === undefined) return 0;
		for (let n = 0; n < CONTROLS_AT_ONCE; n++) {
			const answer = this.serial.receive(at, max);
			if (answer >> 16 === IP) {
				// Outside the network phase data are discarded: RFC 1661 §3.4, §3.5.
				if (!this.linkUp) this.#core.count(session.block, DROP.pppNotOpen);
				else if ((answer & 0xffff) !== 0) {
					session.active = session.lcp.heard = true;
					return answer & 0xffff;
				}
				continue;
			}
			if (answer === 0) {
				session.suspect();
				return 0;
			}
			if (answer === LOST) {
				if (this.linkUp) return -1;
				continue; // the serial device has counted it
			}
			if (session.phase === "dial") {
				session.dial!.receive(at, at + answer);
				session.arm();
				continue;
			}
			const up = this.linkUp;
			session.control((answer >> 16) & 0xffff, at, at + (answer & 0xffff));
			// The interface went up or down: the stack has to look at it before what comes next.
			if (this.linkUp !== up) break;
		}
		this.#host.notify();
		return 0;
	}

	transmit(_packet: number, at: number, end: number): number {
		// What keeps the link alive goes first.
		if (this.#outbox.waiting > 0 && !this.#outbox.flush()) return BUSY;
		if (this.serial.transmit(at, end, IP) !== SENT) return BUSY;
		this.#session!.active = true;
		return SENT;
	}

	poll(_now: number): number {
		this.onPoll();
		return -1;
	}

	close(): void {
		this.linkUp = false;
		this.serial.close();
	}
}
