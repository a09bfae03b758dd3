// The device that the stack sees: IP packets over a serial line. Whatever else comes goes to the session.

import { BUSY, MEDIUM_IP, NOTIFIES, SENT, type Device, type DeviceHost } from "../../device/device.ts";
import { LOST, type SerialDevice, type SerialHost } from "../../device/serial.ts";
import type { Core } from "../../packet/core.ts";
import { DROP } from "../../packet/drops.ts";
import type { Outbox } from "./outbox.ts";
import { VJ_COMPRESSED_TCP, VJ_IP, VJ_TYPE_BITS, VJ_UNCOMPRESSED_TCP } from "../../wire/vj.ts";
import { vjCompress } from "#codec";
import { HeaderCompression } from "../vj.ts";
import { IP, VJ_COMPRESSED, VJ_UNCOMPRESSED } from "./packets.ts";
import type { Session } from "./session.ts";

/** Frames that are no IP packets, taken in one go. */
const CONTROLS_AT_ONCE = 8;
const VJ_TYPE = (1 << VJ_TYPE_BITS) - 1;

export class PppLine implements Device {
	readonly medium = MEDIUM_IP;
	readonly mtu = 1500;
	readonly abilities = NOTIFIES;
	readonly serial: SerialDevice;
	linkUp = false;
	/** Called at the beginning of every poll that has something for this interface. */
	onPoll: () => void = () => {};
	#session: Session | undefined;
	#vj: HeaderCompression | undefined;
	#core!: Core;
	#outbox!: Outbox;
	#host!: DeviceHost;

	constructor(serial: SerialDevice) {
		this.serial = serial;
	}

	get counters(): Readonly<Record<string, number>> {
		return { ...this.serial.counters, controlDropped: this.#session?.outbox.dropped ?? 0 };
	}

	attach(host: SerialHost): void {
		this.#host = host;
		this.serial.attach(host);
	}

	/** Whose link this is, and whether headers may come to be compressed on it. Nothing passes before. */
	use(session: Session, vj: boolean): void {
		if (vj) this.#vj = new HeaderCompression(session.core);
		this.#session = session;
		this.#core = session.core;
		this.#outbox = session.outbox;
	}

	/** IP packets pass, or not any more; headers are compressed as IPCP agreed. */
	setUp(up: boolean): void {
		const vj = this.#vj;
		this.linkUp = up;
		if (vj === undefined) return;
		vj.stop(this.#host);
		const { ipcp } = this.#session!;
		if (up && ipcp.peerSlots >= 0) vj.startSending(ipcp.peerSlots + 1, ipcp.peerOmitsSlot);
		if (up && ipcp.vj) vj.startReceiving();
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
				this.#vj?.toss();
				if (this.linkUp) return -1;
				continue; // the serial device has counted it
			}
			if (session.phase === "dial") {
				session.dial!.receive(at, at + answer);
				session.arm();
				continue;
			}
			const protocol = (answer >> 16) & 0xffff;
			// No frame, but the words of a modem between two calls.
			if (protocol === 0) continue;
			if ((protocol === VJ_COMPRESSED || protocol === VJ_UNCOMPRESSED) && this.#vj?.receiving) {
				const type = protocol === VJ_COMPRESSED ? VJ_COMPRESSED_TCP : VJ_UNCOMPRESSED_TCP;
				const length = this.#vj.restore(type, at, at + (answer & 0xffff), max);
				if (length !== 0) {
					session.active = session.lcp.heard = true;
					return length;
				}
				this.#core.count(session.block, DROP.vjMalformed);
				continue;
			}
			const up = this.linkUp;
			session.control(protocol, at, at + (answer & 0xffff));
			// The interface went up or down: the stack has to look at it before what comes next.
			if (this.linkUp !== up) break;
		}
		this.#host.notify();
		return 0;
	}

	transmit(packet: number, at: number, end: number): number {
		// What keeps the link alive goes first.
		if (this.#outbox.waiting > 0 && !this.#outbox.flush()) return BUSY;
		const vj = this.#vj;
		if (vj !== undefined && vj.sending) return this.#compress(vj, packet, at, end);
		if (this.serial.transmit(at, end, IP) !== SENT) return BUSY;
		this.#session!.active = true;
		return SENT;
	}

	#compress(vj: HeaderCompression, packet: number, at: number, end: number): number {
		if (!vj.flush(this.serial, this.#host)) return BUSY;
		const compressed = vjCompress(this.#core.view, vj.compressor, at, end);
		const type = compressed & VJ_TYPE;
		const start = compressed >> VJ_TYPE_BITS;
		const protocol = type === VJ_IP ? IP : type === VJ_COMPRESSED_TCP ? VJ_COMPRESSED : VJ_UNCOMPRESSED;
		this.#session!.active = true;
		if (this.serial.transmit(start, end, protocol) === SENT) return SENT;
		return type === VJ_IP ? BUSY : vj.hold(packet, start, end, protocol);
	}

	poll(_now: number): number {
		this.#vj?.flush(this.serial, this.#host);
		this.onPoll();
		return -1;
	}

	close(): void {
		this.linkUp = false;
		this.#vj?.close(this.#host);
		this.#vj = undefined;
		this.serial.close();
	}
}
