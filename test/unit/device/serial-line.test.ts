// SerialLine over a null modem: both framings, raw bytes, and a line that loses and flips.

import { describe, expect, it } from "vitest";
import { BUSY, SENT } from "../../../src/device/device.ts";
import { SerialLine } from "../../../src/device/serial-line.ts";
import { ALL_CONTROLS, COMPRESS_ADDRESS, COMPRESS_PROTOCOL, HDLC, LOST, RAW, SLIP } from "../../../src/device/serial.ts";
import { NO_ADDRESS, NO_PROTOCOL_HIGH } from "../../../src/wire/hdlc.ts";
import { VirtualClock } from "../../support/clock.ts";
import { envNumber } from "../../support/env.ts";
import { NullModem, type NullModemOptions } from "../../support/null-modem.ts";
import { Prng } from "../../support/prng.ts";
import { hdlcFrame, slipFrame } from "../../support/serial-frames.ts";

const SEED = envNumber("SEED", 20261124);
const LCP = 0xc021;
const IPV4 = 0x0021;
/** Places in a side's arena. */
const OUT = 64;
const IN = 2048;

/** One end: a line with an arena of its own, and how often it gave notice. */
class Side {
	readonly bytes = new Uint8Array(4096);
	readonly line: SerialLine;
	notices = 0;

	constructor(modem: NullModem, end: "a" | "b", ring?: number) {
		this.line = new SerialLine(modem[end], ring);
		this.line.attach({ view: new DataView(this.bytes.buffer), framing: 0, notify: () => this.notices++, released: () => {} });
	}

	send(bytes: ArrayLike<number>, protocol = IPV4): number {
		this.bytes.set(bytes, OUT);
		return this.line.transmit(OUT, OUT + bytes.length, protocol);
	}

	receive(max = 1500): number {
		return this.line.receive(IN, max);
	}

	/** Information of the frame that `receive` answered. */
	got(length: number): number[] {
		return Array.from(this.bytes.subarray(IN, IN + (length & 0xffff)));
	}
}

function rig(options: NullModemOptions = {}, ring?: number) {
	const clock = new VirtualClock();
	const prng = new Prng(SEED);
	const modem = new NullModem(clock, prng, options);
	const a = new Side(modem, "a", ring);
	const b = new Side(modem, "b", ring);
	const framing = (...args: Parameters<SerialLine["setFraming"]>) => {
		a.line.setFraming(...args);
		b.line.setFraming(...args);
	};
	const run = (ms: number) => {
		const end = clock.now + ms;
		while (clock.step(end));
		clock.advance(end);
	};
	return { clock, prng, modem, a, b, framing, run };
}

/** What leaves a side, byte by byte. */
function tap(modem: NullModem): number[] {
	const seen: number[] = [];
	modem.b.onByte = (byte) => seen.push(byte);
	return seen;
}

describe("a serial line", () => {
	it("knows the codec's names for what is compressed", () => {
		expect([NO_ADDRESS, NO_PROTOCOL_HIGH]).toEqual([COMPRESS_ADDRESS, COMPRESS_PROTOCOL]);
	});

	it("refuses rings and framings that there are not", () => {
		const { modem, a } = rig();
		for (const size of [0, 128, 300, 131072]) expect(() => new SerialLine(modem.a, size), String(size)).toThrow(RangeError);
		expect(() => a.line.setFraming(3, 0, 0, 0)).toThrow("framing 3");
	});

	it("passes bytes as they come, all or nothing", () => {
		const { a, b, run } = rig({ fifo: 16 }, 256);
		expect(a.send([..."ATDT"].map((c) => c.charCodeAt(0)))).toBe(SENT);
		run(100);
		expect(b.receive(3)).toBe(3);
		expect(b.got(3)).toEqual([65, 84, 68]);
		expect(b.receive(3)).toBe(1);
		expect(b.receive(3)).toBe(0);
		expect(a.send(new Uint8Array(256))).toBe(SENT);
		expect(a.send(new Uint8Array(200))).toBe(BUSY);
		const before = a.notices;
		run(100);
		expect(a.notices).toBeGreaterThan(before);
		expect(a.send(new Uint8Array(200))).toBe(SENT);
	});

	it.each([
		["HDLC", HDLC],
		["SLIP", SLIP],
	])("passes every length from 0 to 1500 in %s", (_name, framing) => {
		const { a, b, prng, run, framing: set } = rig({ baud: 3_000_000 });
		set(framing, 0, 0, 0);
		for (let length = framing === HDLC ? 0 : 1; length <= 1500; length += length < 40 ? 1 : 73) {
			const bytes = prng.bytes(length);
			expect(a.send(bytes)).toBe(SENT);
			run(50);
			const result = b.receive();
			expect(result).toBe(framing === HDLC ? (IPV4 << 16) | length : length);
			expect(b.got(result)).toEqual(Array.from(bytes));
			expect(b.receive()).toBe(0);
		}
	});

	it("sends what the RFC says, and LCP with everything escaped and nothing compressed", () => {
		const { a, modem, framing, run } = rig();
		const seen = tap(modem);
		framing(HDLC, 0, 0, COMPRESS_ADDRESS | COMPRESS_PROTOCOL);
		a.send([1, 2, 0x7e, 0x7d], IPV4);
		run(10);
		expect(seen.splice(0)).toEqual(hdlcFrame([0x21], [1, 2, 0x7e, 0x7d], 0));
		a.send([1, 2, 3], LCP);
		run(10);
		expect(seen.splice(0)).toEqual(hdlcFrame([0xff, 3, 0xc0, 0x21], [1, 2, 3], ALL_CONTROLS));
		framing(SLIP, 0, 0, 0);
		a.send([1, 0xc0, 0xdb]);
		run(10);
		expect(seen).toEqual(slipFrame([1, 0xc0, 0xdb]));
	});

	it("begins with a flag behind raw bytes that have not left yet: the frame is not lost", () => {
		const { a, b, run } = rig({ baud: 1200 }, 256);
		b.line.setFraming(HDLC, ALL_CONTROLS, 0, 0);
		const password = Array.from("password\r".repeat(20), (character) => character.charCodeAt(0));
		expect(a.send(password)).toBe(SENT);
		a.line.setFraming(HDLC, ALL_CONTROLS, 0, 0);
		expect(a.send([1, 2, 3])).toBe(SENT);
		run(5000);
		expect(b.receive(), "what was no frame").toBe(LOST);
		const frame = b.receive();
		expect(frame).toBe((IPV4 << 16) | 3);
		expect(b.got(frame)).toEqual([1, 2, 3]);
	});

	it("spares the flag between frames that follow each other", () => {
		const { a, b, modem, framing, run } = rig({ fifo: 8 });
		const seen = tap(modem);
		framing(HDLC, 0, 0, 0);
		for (let i = 0; i < 4; i++) a.send(new Uint8Array(40).fill(i + 65));
		run(100);
		expect(seen.filter((byte) => byte === 0x7e).length).toBe(5);
		for (let i = 0; i < 4; i++) expect(b.receive() & 0xffff).toBe(40);
	});

	it("is BUSY until there is room, then gives notice", () => {
		const { a, b, framing, run } = rig({}, 512);
		framing(HDLC, 0, 0, 0);
		let taken = 0;
		while (a.send(new Uint8Array(100).fill(65)) === SENT) taken++;
		expect(taken).toBeGreaterThan(3);
		const before = a.notices;
		run(1000);
		expect(a.notices).toBeGreaterThan(before);
		expect(a.send([1])).toBe(SENT);
		run(10);
		for (let i = 0; i < taken; i++) expect(b.receive() & 0xffff).toBe(100);
	});

	it("counts a frame that never fits, and takes it", () => {
		const { a, framing } = rig({}, 256);
		framing(HDLC, 0, 0, 0);
		expect(a.send(new Uint8Array(248))).toBe(SENT);
		expect(a.line.counters["overflows"]).toBe(0);
		const other = rig({}, 256);
		other.framing(HDLC, 0, 0, 0);
		expect(other.a.send(new Uint8Array(249))).toBe(SENT);
		expect(other.a.line.counters["overflows"]).toBe(1);
	});

	it("counts frames longer than the caller takes, and goes on", () => {
		const { a, b, framing, run } = rig();
		framing(HDLC, 0, 0, 0);
		for (const length of [100, 101, 100]) {
			a.send(new Uint8Array(length));
			run(100);
		}
		expect(b.receive(100)).toBe((IPV4 << 16) | 100);
		expect(b.receive(100)).toBe(LOST);
		expect(b.receive(100)).toBe((IPV4 << 16) | 100);
		expect(b.line.counters["tooLong"]).toBe(1);
	});

	it("forgets a frame that has begun when the framing changes", () => {
		const { modem, b, run } = rig();
		b.line.setFraming(HDLC, 0, 0, 0);
		modem.b.inject([0x7e, 0xff, 3, 0, 0x21, 1, 2]);
		expect(b.receive()).toBe(0);
		b.line.setFraming(RAW, 0, 0, 0);
		b.line.setFraming(HDLC, 0, 0, 0);
		modem.b.inject(hdlcFrame([0x21], [9], 0));
		run(1);
		expect(b.receive()).toBe((IPV4 << 16) | 1);
		expect(b.got(1)).toEqual([9]);
		expect(b.line.counters["badFcs"]).toBe(0);
	});

	it("keeps a frame that has begun when only maps change", () => {
		const { modem, b } = rig();
		b.line.setFraming(HDLC, 0, -1, 0);
		const frame = hdlcFrame([0x21], [9], -1);
		modem.b.inject(frame.slice(0, 4));
		expect(b.receive()).toBe(0);
		b.line.setFraming(HDLC, 0, 0, 0);
		modem.b.inject(frame.slice(4));
		expect(b.receive()).toBe((IPV4 << 16) | 1);
	});

	it.each([
		["HDLC", HDLC],
		["SLIP", SLIP],
	])("loses the frame of %s in which bytes were overrun, and no other", (_name, framing) => {
		const { a, b, framing: set, run } = rig({ receiveBuffer: 200 });
		set(framing, 0, 0, 0);
		for (let i = 0; i < 3; i++) a.send(new Uint8Array(80).fill(i + 65));
		run(100);
		const before = [b.receive() & 0xffff, b.receive() & 0xffff, b.receive()];
		expect(before).toEqual([80, 80, 0]);
		expect(b.line.counters["overruns"]).toBeGreaterThan(0);
		a.send([70]);
		run(100);
		expect(b.receive()).toBe(LOST);
		expect(b.receive() & 0xffff).toBe(1);
		expect(b.line.counters).toMatchObject({ badFcs: 0, tooShort: 0, aborts: 0 });
	});

	it("delivers no wrong frame when bytes are lost and flipped", () => {
		const { a, b, prng, framing, run } = rig({ baud: 921_600, lose: 0.0005, flip: 0.0005, jitterMs: 1 });
		framing(HDLC, 0, 0, COMPRESS_ADDRESS | COMPRESS_PROTOCOL);
		let next = 0;
		let good = 0;
		let bad = 0;
		const sent: string[] = [];
		for (let i = 0; i < 400; i++) {
			const bytes = prng.bytes(prng.between(1, 300));
			if (a.send(bytes) === SENT) sent.push(String(bytes));
			run(3);
			for (let result = b.receive(); result !== 0; result = b.receive()) {
				if (result === LOST) bad++;
				else {
					good++;
					const at = sent.indexOf(String(b.got(result)), next);
					expect(at, `frame ${good}, SEED=${SEED}`).toBeGreaterThanOrEqual(next);
					next = at + 1;
				}
			}
		}
		expect(good).toBeGreaterThan(250);
		expect(bad).toBeGreaterThan(20);
		const { badFcs, aborts, tooShort, tooLong, badHeader } = b.line.counters;
		expect(badFcs! + aborts! + tooShort! + tooLong! + badHeader!).toBe(bad);
	});

	it("tells the state of the cable and of DTR", () => {
		const { a, modem } = rig();
		expect(a.line.linkUp).toBe(true);
		const before = a.notices;
		modem.setLink(false);
		expect(a.line.linkUp).toBe(false);
		expect(a.notices).toBeGreaterThan(before);
		a.line.setReady(false);
		expect(modem.a.ready).toBe(false);
	});
});
