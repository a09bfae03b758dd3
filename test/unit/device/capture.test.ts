import { describe, expect, it } from "vitest";
import { Capture } from "../../../src/device/capture.ts";
import type { CaptureSink } from "../../../src/device/pcapng.ts";
import { BUSY, SENT, TRANSMIT_CHECKSUM } from "../../../src/device/device.ts";
import { FakeDevice, FakeHost, numbered } from "./fake-device.ts";

class MemorySink implements CaptureSink {
	bytes: number[] = [];
	seconds = 0;
	nanoseconds = 0;
	clock = [1_763_800_000, 123_456_789];
	closed = false;

	write(data: DataView, at: number, length: number): void {
		for (let i = 0; i < length; i++) this.bytes.push(data.getUint8(at + i));
	}
	stamp(): void {
		this.seconds = this.clock[0]!;
		this.nanoseconds = this.clock[1]!;
	}
	close(): void {
		this.closed = true;
	}
}

interface Block {
	type: number;
	body: DataView;
}

/** Cuts a little-endian pcapng file into blocks, checking each length against its repetition. */
function blocks(bytes: number[]): Block[] {
	const all = new DataView(new Uint8Array(bytes).buffer);
	const found: Block[] = [];
	for (let at = 0; at < all.byteLength;) {
		const length = all.getUint32(at + 4, true);
		expect(length % 4).toBe(0);
		expect(all.getUint32(at + length - 4, true)).toBe(length);
		found.push({ type: all.getUint32(at, true), body: new DataView(all.buffer, at + 8, length - 12) });
		at += length;
	}
	return found;
}

function setUp(name = "eth0"): { capture: Capture; device: FakeDevice; host: FakeHost; sink: MemorySink } {
	const device = new FakeDevice();
	const sink = new MemorySink();
	const host = new FakeHost();
	const capture = new Capture(device, sink, name);
	capture.attach(host);
	return { capture, device, host, sink };
}

function text(view: DataView, at: number, length: number): string {
	let result = "";
	for (let i = 0; i < length; i++) result += String.fromCharCode(view.getUint8(at + i));
	return result;
}

describe("capture", () => {
	it("begins with a section header and an interface with name and nanosecond resolution", () => {
		for (const name of ["e", "eth0", "uplink"]) {
			const [section, description] = blocks(setUp(name).sink.bytes);
			expect(section!.type).toBe(0x0a0d0d0a);
			expect(section!.body.getUint32(0, true)).toBe(0x1a2b3c4d);
			expect(section!.body.getUint16(4, true)).toBe(1);
			expect(description!.type).toBe(1);
			expect(description!.body.getUint16(0, true)).toBe(1); // Ethernet
			expect(description!.body.getUint16(8, true)).toBe(2); // if_name
			expect(description!.body.getUint16(10, true)).toBe(name.length);
			expect(text(description!.body, 12, name.length)).toBe(name);
			const next = 12 + ((name.length + 3) & ~3);
			expect(description!.body.getUint16(next, true)).toBe(9); // if_tsresol
			expect(description!.body.getUint8(next + 4)).toBe(9);
		}
	});

	it("records what comes in and what goes out, with time and direction", () => {
		const { capture, device, host, sink } = setUp();
		const incoming = numbered(1, 61);
		const outgoing = numbered(2, 1514);
		device.incoming.push(incoming);
		expect(capture.receive(100, 1568)).toBe(61);
		expect(capture.transmit(0, 2000, host.put(2000, outgoing))).toBe(SENT);
		const [, , first, second, ...more] = blocks(sink.bytes);
		expect(more).toHaveLength(0);
		for (const [block, frame, flags] of [
			[first!, incoming, 1],
			[second!, outgoing, 2],
		] as const) {
			expect(block.type).toBe(6);
			const { body } = block;
			expect(body.getUint32(0, true)).toBe(0);
			const stamp = (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true));
			expect(stamp).toBe(1_763_800_000_123_456_789n);
			expect(body.getUint32(12, true)).toBe(frame.length);
			expect(body.getUint32(16, true)).toBe(frame.length);
			expect(new Uint8Array(body.buffer).slice(body.byteOffset + 20, body.byteOffset + 20 + frame.length)).toEqual(frame);
			const option = 20 + ((frame.length + 3) & ~3);
			expect(body.getUint16(option, true)).toBe(2);
			expect(body.getUint32(option + 4, true)).toBe(flags);
		}
	});

	it("writes every time exactly", () => {
		for (const clock of [
			[0, 0],
			[1, 1],
			[65_535, 999_999_999],
			[65_536, 0],
			[4_102_444_799, 999_999_999],
		]) {
			const { capture, device, sink } = setUp();
			sink.clock = clock;
			device.incoming.push(numbered(1));
			capture.receive(0, 1568);
			const body = blocks(sink.bytes)[2]!.body;
			const stamp = (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true));
			expect(stamp).toBe(BigInt(clock[0]!) * 1_000_000_000n + BigInt(clock[1]!));
		}
	});

	it("does not record a frame that the device did not take, nor one that was lost", () => {
		const { capture, device, host, sink } = setUp();
		device.answer = BUSY;
		expect(capture.transmit(0, 0, host.put(0, numbered(1)))).toBe(BUSY);
		device.incoming.push(numbered(2, 300));
		expect(capture.receive(0, 100)).toBe(-1);
		expect(capture.receive(0, 100)).toBe(0);
		expect(blocks(sink.bytes)).toHaveLength(2);
	});

	it("is the device that it wraps", () => {
		const { capture, device, sink } = setUp();
		expect(capture.medium).toBe(device.medium);
		expect(capture.mtu).toBe(1500);
		// What is recorded is what is on the wire: the stack fills the checksums in.
		expect(capture.abilities).toBe(device.abilities & ~TRANSMIT_CHECKSUM);
		expect(capture.mac).toBe(device.mac);
		expect(capture.counters).toEqual({ overruns: 7 });
		expect(capture.poll).toBeUndefined();
		device.linkUp = false;
		expect(capture.linkUp).toBe(false);
		capture.multicast(true);
		capture.multicast(false);
		expect(device.groups).toEqual([true, false]);
		capture.close();
		expect(device.closed).toBe(true);
		expect(sink.closed).toBe(true);
	});

	it("refuses a name too long", () => {
		expect(() => new Capture(new FakeDevice(), new MemorySink(), "x".repeat(65))).toThrow(RangeError);
	});
});
