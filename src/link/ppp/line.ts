// The device that the stack sees: IP packets over a serial line. Whatever else comes goes to the session.

import { BUSY } from "../../device/device.ts";
import { LineDevice } from "../line-device.ts";
import type { Session } from "./session.ts";

export class PppLine extends LineDevice {
	linkUp = false;
	#session: Session | undefined;

	override get counters(): Readonly<Record<string, number>> {
		return { ...this.serial.counters, controlDropped: this.#session?.outbox.dropped ?? 0 };
	}

	/** Whose link this is, and whether headers may come to be compressed on it. Nothing passes before. */
	use(session: Session, vj: boolean): void {
		if (vj) this.compressible();
		this.#session = session;
	}

	/** IP packets pass, or not any more; headers are compressed as IPCP agreed. */
	setUp(up: boolean): void {
		this.linkUp = up;
		this.state.open = up;
		const { vj } = this;
		if (vj === undefined) return;
		vj.stop();
		const { ipcp } = this.#session!;
		if (up && ipcp.peerSlots >= 0) vj.startSending(ipcp.peerSlots + 1, ipcp.peerOmitsSlot);
		if (up && ipcp.vj) vj.startReceiving();
	}

	override transmit(packet: number, at: number, end: number): number {
		// What keeps the link alive goes first.
		const { outbox } = this.#session!;
		if (outbox.waiting > 0 && !outbox.flush()) return BUSY;
		return super.transmit(packet, at, end);
	}

	override close(): void {
		this.linkUp = false;
		super.close();
	}
}
