// The UART's driver over the desktop's lines: framing both ways through the rings, and what a line does to it.

import { afterEach, describe, expect, it } from "vitest";
import { passTime } from "host/chips";
import * as lines from "host/uart";
import { Uart, type UartOptions } from "../../drivers/uart/device.ts";
import { BUSY, SENT } from "../../src/device/device.ts";
import { HDLC, LOST, SLIP } from "../../src/device/serial.ts";
import { envNumber } from "../support/env.ts";
import { Prng } from "../support/prng.ts";
import { closeSerialRigs, framed, LINE, MOST, RECEIVED, SerialRig, slipped } from "./support/serial-rig.ts";

const SEED = envNumber("SEED", 20261129);
const FRAMES = envNumber("FRAMES", 300);
const SEND_RING = 4096;

afterEach(closeSerialRigs);

/** What a byte takes at 115,200 baud, ms. */
const BYTE_MS = 10_000 / 115_200;

function random(prng: Prng, length: number): Uint8Array<ArrayBuffer> {
	const special = [0xc0, 0xdb, 0xdc, 0xdd, 0x7e, 0x7d, 0x5e, 0x11];
	return Uint8Array.from({ length }, () => (prng.chance(0.1) ? prng.pick(special) : prng.below(256)));
}

function joined(parts: Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

const FRAMINGS = [
	["SLIP", (rig: SerialRig) => rig.slip(), slipped, (length: number) => length],
	["HDLC", (rig: SerialRig) => rig.hdlc(), (packet: Uint8Array) => framed(packet), (length: number) => (0x21 << 16) | length],
] as const;

describe.each(FRAMINGS)(`a UART with %s, SEED=${SEED}`, (_name, choose, frameOf, answerOf) => {
	it("puts whole frames into the arena, wherever they lie in the ring, and touches nothing beside them", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig({ baud: 3_000_000 }));
		for (let i = 0; i < FRAMES; i++) {
			const packet = random(prng, prng.between(1, 1500));
			rig.arrive(frameOf(packet));
			rig.pass(20);
			// The stack offers another buffer at each call.
			const at = RECEIVED + prng.below(400);
			rig.bytes.fill(0xee, 0, RECEIVED + 2048);
			expect(rig.receive(packet.length, at), `frame ${i}`).toBe(answerOf(packet.length));
			expect(rig.received(packet.length, at)).toEqual(packet);
			expect(rig.bytes[at - 1]).toBe(0xee);
			expect(rig.bytes[at + packet.length]).toBe(0xee);
			expect(rig.receive()).toBe(0);
		}
		expect(rig.counted).toEqual({});
	});

	it("sends frames that the other end's codec finds right, flags between them shared", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig({ baud: 3_000_000 }));
		for (let i = 0; i < FRAMES; i++) {
			const first = random(prng, prng.between(1, 800));
			const second = random(prng, prng.between(1, 800));
			expect(rig.send(first)).toBe(SENT);
			expect(rig.send(second)).toBe(SENT);
			rig.pass(30);
			const [a, b] = [frameOf(first), frameOf(second)];
			expect(rig.hear()).toEqual(joined([a, b.subarray(1)]));
		}
		expect(rig.counted).toEqual({});
	});

	it("holds half a frame back until the rest has come, into whatever memory is offered then", () => {
		const rig = choose(new SerialRig());
		const packet = random(new Prng(SEED), 500);
		const frame = frameOf(packet);
		rig.arrive(frame.subarray(0, 200));
		rig.pass(100);
		rig.notices = 0;
		rig.bytes.fill(0xee, 0, RECEIVED + MOST);
		expect(rig.receive()).toBe(0);
		expect(rig.bytes.subarray(0, RECEIVED + MOST).every((byte) => byte === 0xee)).toBe(true);
		rig.arrive(frame.subarray(200, -1));
		rig.pass(100);
		expect(rig.receive()).toBe(0);
		expect(rig.notices).toBe(0);
		rig.arrive(frame.subarray(-1));
		rig.pass(1);
		expect(rig.notices).toBe(1);
		expect(rig.receive(MOST, RECEIVED + 100)).toBe(answerOf(packet.length));
		expect(rig.received(packet.length, RECEIVED + 100)).toEqual(packet);
	});

	it("loses a frame longer than the caller's memory, and the next one is right", () => {
		const rig = choose(new SerialRig({ baud: 3_000_000 }));
		const prng = new Prng(SEED);
		const [long, short] = [random(prng, 700), random(prng, 50)];
		rig.arrive(frameOf(long));
		rig.arrive(frameOf(short));
		rig.pass(20);
		expect(rig.receive(600)).toBe(LOST);
		expect(rig.receive(600)).toBe(answerOf(50));
		expect(rig.received(50)).toEqual(short);
		expect(rig.counted).toEqual({ tooLong: 1 });
	});

	it("gets over a frame longer than the ring, with and without flow control", () => {
		for (const options of [{}, { cts: 2, rts: 3 }] as UartOptions[]) {
			const rig = choose(new SerialRig({ baud: 3_000_000, options }));
			const junk = new Uint8Array(20_000).fill(0x55);
			for (let at = 0; at < junk.length;) {
				at += lines.arrive(rig.line, junk, at, junk.length);
				rig.pass(1);
				expect(rig.receive()).toBe(0);
			}
			for (let ms = 0; ms < 20; ms++) {
				rig.pass(1);
				expect(rig.receive()).toBe(0);
			}
			const packet = random(new Prng(SEED), 100);
			rig.arrive(frameOf(packet));
			rig.pass(20);
			expect(rig.receive()).toBe(LOST);
			expect(rig.receive()).toBe(answerOf(100));
			expect(rig.received(100)).toEqual(packet);
			// Without flow control bytes came while the ring was full.
			expect(Object.keys(rig.counted)).toEqual(options.rts === undefined ? ["overruns"] : ["tooLong"]);
			rig.close();
		}
	});

	it("counts what a full ring loses, loses the frame that it is of, and delivers no damaged one", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig({ baud: 3_000_000 }));
		const sent: string[] = [];
		for (let i = 0; i < 40; i++) {
			const packet = random(prng, 1000);
			sent.push(packet.join());
			rig.arrive(frameOf(packet));
		}
		rig.pass(50);
		expect(rig.device.counters.overruns).toBeGreaterThan(10_000);
		let good = 0;
		let result;
		while ((result = rig.receive()) !== 0) if (result !== LOST) expect(rig.received(result & 0xffff).join()).toBe(sent[good++]);
		expect(good).toBe(7);
		const packet = random(prng, 900);
		rig.arrive(frameOf(packet));
		rig.pass(20);
		const answers = [rig.receive(), rig.receive(), rig.receive()].filter((answer) => answer !== 0);
		expect(answers.at(-1)).toBe(answerOf(900));
		expect(rig.received(900)).toEqual(packet);
		expect(answers.slice(0, -1).every((answer) => answer === LOST)).toBe(true);
	});

	it("with RTS wired stops the other end instead, and loses nothing", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig({ baud: 3_000_000, options: { cts: 2, rts: 3 } }));
		const packets = Array.from({ length: 40 }, () => random(prng, 1000));
		const bytes = joined(packets.map((packet) => frameOf(packet)));
		let received = 0;
		for (let at = 0, i = 0; received < packets.length && i < 1000; i++) {
			at += lines.arrive(rig.line, bytes, at, bytes.length);
			rig.pass(prng.below(20));
			if (prng.chance(0.5)) continue;
			const result = rig.receive();
			if (result !== 0) {
				expect(result).toBe(answerOf(1000));
				expect(rig.received(1000)).toEqual(packets[received++]);
			}
		}
		expect(received).toBe(40);
		expect(rig.counted).toEqual({});
	});

	it("is busy when the ring has no room for the frame, gives notice when it has, and sends it then", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig());
		const packets = Array.from({ length: 12 }, () => random(prng, 1400));
		const heard: Uint8Array[] = [];
		let busy = 0;
		for (const packet of packets) {
			while (rig.send(packet) === BUSY) {
				busy++;
				rig.notices = 0;
				for (let ms = 0; rig.notices === 0; ms++) {
					if (ms > 400) expect.fail("no notice");
					rig.pass(1);
					heard.push(rig.hear());
				}
			}
		}
		rig.pass(500);
		heard.push(rig.hear());
		expect(busy).toBeGreaterThan(5);
		expect(busy).toBeLessThan(13);
		expect(joined(heard)).toEqual(joined(packets.map((packet, i) => frameOf(packet).subarray(i === 0 ? 0 : 1))));
	});

	it("takes the longest frame however it is escaped, and refuses a longer one", () => {
		const rig = choose(new SerialRig({ baud: 3_000_000 }));
		const longest = SEND_RING / 2 - 7;
		const worst = new Uint8Array(longest).fill(_name === "SLIP" ? 0xc0 : 0x7e);
		expect(rig.send(worst)).toBe(SENT);
		expect(() => rig.send(new Uint8Array(longest + 1))).toThrow(
			new RangeError(`frame of ${longest + 1} bytes: expected at most ${longest}`),
		);
		rig.pass(20);
		expect(rig.hear(5000)).toEqual(frameOf(worst));
	});

	it("delivers no frame that was not sent on a line that loses and damages bytes", () => {
		const prng = new Prng(SEED);
		const rig = choose(new SerialRig({ baud: 3_000_000, byteLoss: 0.0005, byteFlip: 0.0005, seed: SEED }));
		const sent = new Set<string>();
		let good = 0;
		let wrong = 0;
		for (let i = 0; i < FRAMES; i++) {
			const packet = random(prng, 400);
			sent.add(packet.join());
			rig.arrive(frameOf(packet));
			rig.pass(10);
			for (let result; (result = rig.receive()) !== 0;) {
				if (result === LOST) continue;
				if (sent.has(rig.received(result & 0xffff).join())) good++;
				else wrong++;
			}
		}
		expect(good).toBeGreaterThan(FRAMES / 3);
		expect(rig.count(lines.LOST)).toBeGreaterThan(0);
		expect(rig.count(lines.FLIPPED)).toBeGreaterThan(0);
		if (_name === "HDLC") {
			expect(wrong).toBe(0);
			expect(rig.device.counters.badFcs).toBeGreaterThan(0);
		}
	});
});

describe("a UART's line", () => {
	it("takes ten bits' time for each byte, both ways", () => {
		const rig = new SerialRig();
		rig.arrive(Uint8Array.of(1, 2, 3, 4));
		rig.pass(BYTE_MS - 0.002);
		expect(rig.receive()).toBe(0);
		rig.pass(0.004);
		expect(rig.receive()).toBe(1);
		rig.pass(2 * BYTE_MS);
		expect(rig.receive()).toBe(2);
		expect(rig.received(2)).toEqual(Uint8Array.of(2, 3));
		expect(rig.send(new Uint8Array(1000))).toBe(SENT);
		rig.pass(500 * BYTE_MS + 0.01);
		expect(rig.hear().length).toBe(500);
		rig.pass(499 * BYTE_MS - 0.02);
		expect(rig.hear().length).toBe(498);
		rig.pass(BYTE_MS);
		expect(rig.hear().length).toBe(1);
	});

	it("keeps its pace however seldom the loop looks", () => {
		const rig = new SerialRig({ baud: 921_600 });
		let heard = 0;
		let sent = 0;
		for (let ms = 0; ms < 1000; ms += 20) {
			while (rig.send(new Uint8Array(1000)) === SENT) sent += 1000;
			rig.pass(20);
			heard += rig.hear(8192).length;
		}
		expect(heard).toBeGreaterThan(92_160 - 50);
		expect(heard).toBeLessThan(92_160 + 10);
		expect(sent - heard).toBeLessThanOrEqual(SEND_RING);
	});

	it("changes its speed", () => {
		const rig = new SerialRig();
		rig.device.setBaud(1_000_000);
		rig.arrive(new Uint8Array(100));
		rig.pass(1.001);
		expect(rig.receive()).toBe(100);
		expect(() => rig.device.setBaud(20)).toThrow(RangeError);
	});

	it("counts breaks and framing errors, and spoils the frame that they are in", () => {
		const rig = new SerialRig().slip();
		const packet = new Uint8Array(20).fill(7);
		const frame = slipped(packet);
		rig.arrive(frame.subarray(0, 10));
		rig.pass(10);
		lines.disturb(rig.line, 1, 2);
		rig.pass(1);
		rig.arrive(frame.subarray(10));
		rig.arrive(frame);
		rig.pass(10);
		expect(rig.receive()).toBe(LOST);
		expect(rig.receive()).toBe(20);
		expect(rig.received(20)).toEqual(packet);
		expect(rig.counted).toEqual({ breaks: 1, framingErrors: 2 });
	});

	it("spoils a frame that bytes are lost of after raw bytes were, too", () => {
		const rig = new SerialRig();
		rig.arrive(new Uint8Array(10));
		rig.pass(5);
		lines.disturb(rig.line, 1, 0);
		rig.pass(5);
		rig.arrive(new Uint8Array(10));
		rig.pass(5);
		expect(rig.receive()).toBe(20);
		rig.slip();
		const frame = slipped(new Uint8Array(20));
		rig.arrive(frame.subarray(0, 10));
		rig.pass(5);
		lines.disturb(rig.line, 1, 0);
		rig.pass(5);
		rig.arrive(frame.subarray(10));
		rig.pass(5);
		expect(rig.receive()).toBe(LOST);
	});

	it("leads to another UART with a null-modem cable", () => {
		const a = new SerialRig({ port: 0 }).hdlc();
		const b = new SerialRig({ port: 1 }).hdlc();
		lines.join(a.line, b.line);
		for (let i = 1; i < 200; i++) {
			const there = new Uint8Array(i).fill(i);
			const back = new Uint8Array(i).fill(~i);
			expect(a.send(there)).toBe(SENT);
			expect(b.send(back)).toBe(SENT);
			for (let ms = 0; ms < 60; ms++) a.pass(1);
			expect(b.receive()).toBe((0x21 << 16) | i);
			expect(a.receive()).toBe((0x21 << 16) | i);
			expect(b.received(i)).toEqual(there);
			expect(a.received(i)).toEqual(back);
		}
	});

	it("tells whether somebody is there", () => {
		const rig = new SerialRig();
		expect(rig.device.linkUp).toBe(true);
		lines.hangUp(rig.line, false);
		rig.pass(1);
		expect(rig.device.linkUp).toBe(false);
		expect(rig.notices).toBe(1);
		lines.hangUp(rig.line, true);
		rig.pass(1);
		expect(rig.device.linkUp).toBe(true);
		expect(rig.notices).toBe(2);
	});
});

describe("a UART's framing", () => {
	it("gives raw bytes as they come, and takes all or nothing", () => {
		const rig = new SerialRig({ baud: 3_000_000 });
		rig.arrive(Uint8Array.of(0x7e, 0xc0, 0, 255, 13));
		rig.pass(1);
		expect(rig.notices).toBe(1);
		expect(rig.receive(3)).toBe(3);
		expect(rig.received(3)).toEqual(Uint8Array.of(0x7e, 0xc0, 0));
		expect(rig.receive(3)).toBe(2);
		expect(rig.send(new Uint8Array(3))).toBe(SENT);
		expect(rig.device.transmit(LINE, LINE + SEND_RING, 0)).toBe(BUSY);
		rig.pass(20);
		expect(rig.hear().length).toBe(3);
		expect(rig.notices).toBe(2);
		expect(rig.device.transmit(LINE, LINE + SEND_RING, 0)).toBe(SENT);
	});

	it("changes in mid-stream: frames that came behind raw bytes are found, one that has begun is dropped", () => {
		const rig = new SerialRig({ baud: 3_000_000 });
		const packet = new Uint8Array(40).fill(9);
		rig.arrive(Uint8Array.from([..."CONNECT\r\n"].map((character) => character.charCodeAt(0))));
		rig.arrive(framed(packet));
		rig.arrive(framed(packet).subarray(0, 10));
		rig.pass(1);
		expect(rig.receive(9)).toBe(9);
		rig.hdlc();
		expect(rig.receive()).toBe((0x21 << 16) | 40);
		expect(rig.receive()).toBe(0);
		rig.arrive(framed(packet).subarray(10));
		rig.pass(1);
		expect(rig.receive()).toBe((0x21 << 16) | 40);
		rig.slip();
		rig.arrive(slipped(packet));
		rig.pass(1);
		expect(rig.receive()).toBe(40);
		rig.raw();
		rig.arrive(slipped(packet).subarray(0, 10));
		rig.pass(1);
		expect(rig.receive()).toBe(10);
	});

	it("shows what has come of a frame that has begun, such as a modem's words between frames", () => {
		const rig = new SerialRig({ baud: 3_000_000 }).hdlc();
		const words = Uint8Array.from([..."\r\nNO CARRIER\r\n"].map((character) => character.charCodeAt(0)));
		expect(rig.device.unfinished(RECEIVED, 80)).toBe(0);
		rig.arrive(framed(new Uint8Array(10)));
		rig.arrive(words);
		rig.pass(1);
		expect(rig.device.unfinished(RECEIVED, 80)).toBe(words.length);
		expect(rig.received(words.length)).toEqual(words);
		expect(rig.device.unfinished(RECEIVED, 5)).toBe(5);
		expect(rig.receive()).toBe((0x21 << 16) | 10);
		expect(rig.device.unfinished(RECEIVED, 80)).toBe(words.length);
		rig.arrive(Uint8Array.of(0x7e, 0x7e, 0xff, 0x7d, 0x23, 0x7d, 0x5e, 0x21));
		rig.pass(1);
		expect(rig.receive()).toBe(LOST);
		expect(rig.device.unfinished(RECEIVED, 80)).toBe(2);
		expect(rig.received(2)).toEqual(Uint8Array.of(0x7e, 0x21));
	});

	it("escapes by the map that is set, and LCP always whole", () => {
		const rig = new SerialRig({ baud: 3_000_000 }).hdlc(0, 3);
		const controls = Uint8Array.from({ length: 32 }, (_, i) => i);
		rig.send(controls, 0x21);
		rig.pass(5);
		expect(rig.hear().length).toBe(2 + 1 + 32 + 2);
		rig.send(controls, 0xc021);
		rig.pass(5);
		expect(rig.hear()).toEqual(framed(controls, 0xc021, -1));
	});
});

describe("misuse of a UART", () => {
	it.each([
		[{ port: 1.5 }, "port 1.5: expected a whole number from 0 to 255"],
		[{ port: "1" }, "port 1: expected a whole number from 0 to 255"],
		[{ tx: 256 }, "tx 256: expected a whole number from -1 to 255"],
		[{ rts: null }, "rts null: expected a whole number from -1 to 255"],
		[{ tx: 4, rx: 5, dtr: 4 }, "dtr 4: is tx already; give each line a pin of its own"],
		[{ baud: 0 }, "baud 0: expected a whole number from 50 to 12000000"],
	])("is refused: %j", (options, message) => expect(() => new Uart(options as never)).toThrow(new RangeError(message)));

	it("is told of: a port that is not there, in use, closed, attached to memory that moves", () => {
		expect(() => new Uart({ port: 9 })).toThrow(
			"uart9, 115200 baud: there is no such port; the board file's interfaces say which there are",
		);
		expect(() => new Uart(null as never)).toThrow(TypeError);
		const rig = new SerialRig();
		expect(() => new Uart({ port: 0 })).toThrow("uart0, 115200 baud: the port is in use");
		expect(() => rig.device.attach({ view: new DataView(new ArrayBuffer(10)), framing: 0, notify() {}, released() {} })).toThrow(
			"view: an ArrayBuffer moves",
		);
		expect(() => rig.device.receive(0, 100_000)).toThrow(RangeError);
		expect(() => rig.device.receive(-1, 10)).toThrow(RangeError);
		expect(() => rig.device.transmit(10, 5, 0)).toThrow(RangeError);
		expect(() => rig.device.setFraming(3, 0, 0, 0)).toThrow("framing 3: expected 0 to 2");
		expect(() => lines.unplug(rig.line)).toThrow("uart0: a driver has it");
		rig.device.close();
		expect(() => rig.device.receive(0, 10)).toThrow("the UART is closed");
		expect(rig.device.counters).toEqual({});
		rig.device.close();
		const again = new Uart({ port: 0 });
		again.close();
		expect(() => Uart.prototype.receive.call({}, 0, 10)).toThrow();
	});

	it("has begun again after it was closed: nothing is left of before", () => {
		for (let i = 0; i < 20; i++) {
			const rig = new SerialRig().slip();
			rig.arrive(slipped(new Uint8Array(100)).subarray(0, 50));
			rig.pass(10);
			rig.close();
		}
		passTime(1000);
		const rig = new SerialRig();
		rig.device.setFraming(SLIP, 0, 0, 0);
		rig.device.setFraming(HDLC, 0, 0, 0);
		rig.pass(100);
		expect(rig.receive()).toBe(0);
		expect(rig.counted).toEqual({});
	});
});
