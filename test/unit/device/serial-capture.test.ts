// SerialCapture: what is written of each kind of line.

import { describe, expect, it } from "vitest";
import { BUSY, SENT, type DeviceHost } from "../../../src/device/device.ts";
import type { CaptureSink } from "../../../src/device/pcapng.ts";
import { SerialCapture, type SerialFrames } from "../../../src/device/serial-capture.ts";
import { HDLC, LOST, RAW, SLIP, type SerialDevice } from "../../../src/device/serial.ts";
import { fcsOf } from "../../support/serial-frames.ts";

const IN = 100;
const OUT = 500;
const LCP = 0xc021;

class MemorySink implements CaptureSink {
	bytes: number[] = [];
	seconds = 0;
	nanoseconds = 0;
	closed = false;
	write(data: DataView, at: number, length: number): void {
		for (let i = 0; i < length; i++) this.bytes.push(data.getUint8(at + i));
	}
	stamp(): void {}
	close(): void {
		this.closed = true;
	}
}

/** Answers what it is told to. */
class FakeSerial implements SerialDevice {
	linkUp = true;
	readonly counters = { badFcs: 3 };
	incoming: number[] = [];
	answer = 0;
	taken = SENT;
	closed = false;
	framing: number[] = [];
	host!: DeviceHost;
	attach(host: DeviceHost): void {
		this.host = host;
	}
	setFraming(...args: number[]): void {
		this.framing = args;
	}
	receive(at: number): number {
		for (const [i, byte] of this.incoming.entries()) this.host.view.setUint8(at + i, byte);
		return this.answer;
	}
	transmit(): number {
		return this.taken;
	}
	close(): void {
		this.closed = true;
	}
}

function rig(frames: SerialFrames, framing: number) {
	const device = new FakeSerial();
	const sink = new MemorySink();
	const view = new DataView(new ArrayBuffer(4096));
	const capture = new SerialCapture(device, sink, "ppp0", frames);
	capture.attach({ view, framing: 0, notify() {}, released() {} });
	capture.setFraming(framing, 1, 2, 3);
	return {
		capture,
		device,
		sink,
		receive(bytes: number[], answer: number) {
			device.incoming = bytes;
			device.answer = answer;
			expect(capture.receive(IN, 1500)).toBe(answer);
		},
		send(bytes: number[], protocol = 0) {
			for (const [i, byte] of bytes.entries()) view.setUint8(OUT + i, byte);
			expect(capture.transmit(OUT, OUT + bytes.length, protocol)).toBe(device.taken);
		},
		/** Link type, and packets with their directions. */
		file() {
			const all = new DataView(new Uint8Array(sink.bytes).buffer);
			const packets: [number, number[]][] = [];
			let linkType = -1;
			for (let at = 0; at < all.byteLength; at += all.getUint32(at + 4, true)) {
				const type = all.getUint32(at, true);
				if (type === 1) linkType = all.getUint16(at + 8, true);
				if (type !== 6) continue;
				const length = all.getUint32(at + 20, true);
				const flags = at + 28 + ((length + 3) & ~3);
				expect(all.getUint16(flags, true)).toBe(2);
				packets.push([all.getUint32(flags + 4, true), sink.bytes.slice(at + 28, at + 28 + length)]);
			}
			return { linkType, packets };
		},
	};
}

/** With address, control and FCS. */
function whole(protocol: number, ...information: number[]): number[] {
	const frame = [0xff, 3, protocol >> 8, protocol & 255, ...information];
	const fcs = fcsOf(frame);
	return [...frame, fcs & 255, fcs >> 8];
}

describe("a capture of a serial line", () => {
	it("has PPP frames with header and FCS in full", () => {
		const { receive, send, file } = rig("ppp", HDLC);
		receive([0x45, 1, 2, 3, 4], (0x21 << 16) | 5);
		receive([], (LCP << 16) | 0);
		receive([9], (LCP << 16) | 1);
		send([7, 8], LCP);
		send([], 0x8021);
		expect(file()).toEqual({
			linkType: 9,
			packets: [
				[1, whole(0x21, 0x45, 1, 2, 3, 4)],
				[1, whole(LCP)],
				[1, whole(LCP, 9)],
				[2, whole(LCP, 7, 8)],
				[2, whole(0x8021)],
			],
		});
	});

	it("has SLIP's IP packets as they are", () => {
		const { receive, send, file } = rig("slip", SLIP);
		receive([0x45, 0, 1], 3);
		send([0x45, 2]);
		expect(file()).toEqual({
			linkType: 101,
			packets: [
				[1, [0x45, 0, 1]],
				[2, [0x45, 2]],
			],
		});
	});

	it("has compressed SLIP as the same packets on PPP", () => {
		const { receive, send, file } = rig("cslip", SLIP);
		receive([0x45, 0, 1], 3);
		receive([0x75, 0, 1], 3);
		send([0x8b, 2]);
		expect(file()).toEqual({
			linkType: 9,
			packets: [
				[1, whole(0x21, 0x45, 0, 1)],
				[1, whole(0x2f, 0x45, 0, 1)],
				[2, whole(0x2d, 0x0b, 2)],
			],
		});
	});

	it("has nothing of what was lost, not taken, or no frame", () => {
		const { capture, device, receive, send, file } = rig("ppp", HDLC);
		receive([1, 2], LOST);
		receive([], 0);
		device.taken = BUSY;
		send([1], LCP);
		device.taken = SENT;
		capture.setFraming(RAW, 0, 0, 0);
		receive([1, 2], 2);
		send([3]);
		expect(file().packets).toEqual([]);
	});

	it("is the line that it wraps", () => {
		const { capture, device, sink } = rig("ppp", HDLC);
		expect(device.framing).toEqual([HDLC, 1, 2, 3]);
		expect(capture.counters).toBe(device.counters);
		expect(capture.setReady).toBeUndefined();
		expect(capture.unfinished).toBeUndefined();
		device.linkUp = false;
		expect(capture.linkUp).toBe(false);
		capture.close();
		expect(device.closed && sink.closed).toBe(true);
	});
});
