// A UART with its driver and what is at the other end of its line, on a simulated board whose time is virtual. Read hosts/desktop/native/uart.d.ts first. A test
// calls `closeSerialRigs` after each case.

import { allocate } from "#memory";
import { passTime } from "host/chips";
import * as lines from "host/uart";
import { Uart, type UartOptions } from "../../../drivers/uart/device.ts";
import { ALL_CONTROLS, HDLC, RAW, SLIP, type SerialHost } from "../../../src/device/serial.ts";
import { FramingBlock } from "../../../src/packet/framing-block.ts";
import type { Bytes } from "../../support/frames.ts";

/** Places in the arena: what is received, what is sent, what passes along the line, and what the decoder remembers. */
export const RECEIVED = 4;
export const TO_SEND = 2560;
export const LINE = 8192;
const FRAMING = 16_384;
const ARENA = FRAMING + FramingBlock.bytes;
export const MOST = 2048;

export interface SerialOptions {
	port?: number;
	baud?: number;
	byteLoss?: number;
	byteFlip?: number;
	seed?: number;
	options?: UartOptions;
}

const open: SerialRig[] = [];

export function closeSerialRigs(): void {
	for (const rig of open.splice(0)) rig.close();
}

export class SerialRig implements SerialHost {
	readonly line: number;
	readonly device: Uart;
	readonly view: DataView;
	readonly bytes: Uint8Array;
	readonly framing = FRAMING;
	notices = 0;
	#open = true;

	constructor({ port = 0, baud = 115_200, byteLoss = 0, byteFlip = 0, seed = 1, options = {} }: SerialOptions = {}) {
		passTime(1_000_000); // from here on time is virtual
		this.line = lines.plug(port, "loose", "", byteLoss, byteFlip, seed);
		open.push(this);
		const buffer = allocate(ARENA);
		this.view = new DataView(buffer);
		this.bytes = new Uint8Array(buffer);
		this.device = new Uart({ port, baud, ...options });
		this.device.attach(this);
	}

	notify(): void {
		this.notices++;
	}

	released(): void {}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.device?.close();
		lines.unplug(this.line);
	}

	/** Time passes, and the loop turns. */
	pass(ms: number): void {
		passTime(Math.round(ms * 1e6));
		lines.run();
	}

	/** Bytes come along the line, all of them, in no time beyond their own. */
	arrive(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length;) {
			at += lines.arrive(this.line, bytes, at, bytes.length);
			if (at < bytes.length) this.pass(1);
		}
	}

	/** As SerialDevice.receive, to RECEIVED: the answer. */
	receive(max = MOST, at = RECEIVED): number {
		return this.device.receive(at, max);
	}

	received(length: number, at = RECEIVED): Bytes {
		return this.bytes.slice(at, at + length);
	}

	send(frame: Uint8Array, protocol = 0x21): number {
		this.bytes.set(frame, TO_SEND);
		return this.device.transmit(TO_SEND, TO_SEND + frame.length, protocol);
	}

	/** What has left the UART. */
	hear(max = 4096): Bytes {
		const length = lines.hear(this.line, this.view, LINE, max);
		return this.bytes.slice(LINE, LINE + length);
	}

	count(which: number): number {
		return lines.count(this.line, which);
	}

	get counted(): Record<string, number> {
		return Object.fromEntries(Object.entries(this.device.counters).filter(([, count]) => count !== 0));
	}

	hdlc(accm = 0, compress = 0): this {
		this.device.setFraming(HDLC, accm, accm, compress);
		return this;
	}

	slip(): this {
		this.device.setFraming(SLIP, ALL_CONTROLS, 0, 0);
		return this;
	}

	raw(): this {
		this.device.setFraming(RAW, 0, 0, 0);
		return this;
	}
}

/** The bytes of a SLIP packet on the line, RFC 1055. */
export function slipped(packet: Uint8Array): Bytes {
	const out = [0xc0];
	for (const byte of packet) {
		if (byte === 0xc0) out.push(0xdb, 0xdc);
		else if (byte === 0xdb) out.push(0xdb, 0xdd);
		else out.push(byte);
	}
	return Uint8Array.from([...out, 0xc0]);
}

/** A PPP frame on the line, RFC 1662, octet by octet. */
export function framed(information: Uint8Array, protocol = 0x21, accm = 0): Bytes {
	const octets = [0xff, 0x03, protocol >> 8, protocol & 255, ...information];
	let fcs = 0xffff;
	for (const octet of octets) {
		fcs ^= octet;
		for (let bit = 0; bit < 8; bit++) fcs = fcs & 1 ? (fcs >> 1) ^ 0x8408 : fcs >> 1;
	}
	fcs ^= 0xffff;
	const out = [0x7e];
	for (const octet of [...octets, fcs & 255, fcs >> 8]) {
		if (octet === 0x7e || octet === 0x7d || (octet < 32 && (accm >> octet) & 1)) out.push(0x7d, octet ^ 0x20);
		else out.push(octet);
	}
	return Uint8Array.from([...out, 0x7e]);
}
