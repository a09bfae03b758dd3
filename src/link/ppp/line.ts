// The device that the stack sees: IP packets over a serial line. Whatever else comes goes to the session.

import { BUSY } from "../../device/device.ts";
import { LineDevice } from "../line-device.ts";
import { OPEN_IPV4 } from "../../packet/line-block.ts";
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

	#open = 0;

	/** Packets of these families pass from now on, OPEN_… or-ed; headers of IPv4 are compressed as IPCP agreed. */
	setOpen(open: number): void {
		const changed = (this.#open ^ open) & OPEN_IPV4;
		const up = (open & OPEN_IPV4) !== 0;
		this.#open = open;
		this.linkUp = open !== 0;
		this.state.open = open;
		if (changed === 0 && !up) return;
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
