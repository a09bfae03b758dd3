// A device in memory for the tests of the wrappers: hands out what lies in `incoming`, keeps what it is given in `sent`.

import { BUSY, HELD, MEDIUM_ETHERNET, NOTIFIES, SENT } from "../../../src/device/device.ts";
import type { Device, DeviceHost } from "../../../src/device/device.ts";

export class FakeDevice implements Device {
	readonly medium: number = MEDIUM_ETHERNET;
	readonly mtu = 1500;
	readonly abilities = 3 | NOTIFIES;
	readonly mac = new Uint8Array([2, 0, 0, 0, 0, 1]);
	readonly counters = { overruns: 7 };
	linkUp = true;
	incoming: Uint8Array[] = [];
	sent: Uint8Array[] = [];
	answer = SENT;
	held: number[] = [];
	closed = false;
	/** Whether frames for groups are wanted, each time it was told. */
	groups: boolean[] = [];
	host!: DeviceHost;

	attach(host: DeviceHost): void {
		this.host = host;
	}

	receive(at: number, max: number): number {
		const frame = this.incoming.shift();
		if (frame === undefined) return 0;
		if (frame.length > max) return -1;
		new Uint8Array(this.host.view.buffer).set(frame, this.host.view.byteOffset + at);
		return frame.length;
	}

	transmit(packet: number, at: number, end: number): number {
		if (this.answer === BUSY) return BUSY;
		this.sent.push(new Uint8Array(this.host.view.buffer).slice(this.host.view.byteOffset + at, this.host.view.byteOffset + end));
		if (this.answer === HELD) this.held.push(packet);
		return this.answer;
	}

	close(): void {
		this.closed = true;
	}

	multicast(on: boolean): void {
		this.groups.push(on);
	}
}

/** What the stack is to a device: an arena, and a count of its calls. */
export class FakeHost implements DeviceHost {
	readonly view = new DataView(new ArrayBuffer(8192));
	notified = 0;
	readonly free: number[] = [];

	notify(): void {
		this.notified++;
	}

	released(packet: number): void {
		this.free.push(packet);
	}

	/** Puts `bytes` at `at` and tells where they end. */
	put(at: number, bytes: Uint8Array): number {
		new Uint8Array(this.view.buffer).set(bytes, at);
		return at + bytes.length;
	}

	bytes(at: number, length: number): Uint8Array {
		return new Uint8Array(this.view.buffer).slice(at, at + length);
	}
}

/** A frame of `length` bytes that says its number. */
export function numbered(number: number, length = 64): Uint8Array {
	const frame = new Uint8Array(length);
	new DataView(frame.buffer).setInt32(0, number);
	for (let i = 4; i < length; i++) frame[i] = number * 31 + i;
	return frame;
}

export function numberOf(frame: Uint8Array): number {
	return new DataView(frame.buffer, frame.byteOffset).getInt32(0);
}
