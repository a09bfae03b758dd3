import { describe, expect, it } from "vitest";
import { BUSY, HELD, NOTIFIES, RECEIVE_CHECKED, SENT, TRANSMIT_CHECKSUM } from "../../../src/device/device.ts";
import { Faults } from "../../../src/device/faults.ts";
import type { FaultOptions } from "../../../src/device/faults.ts";
import { FakeDevice, FakeHost, numbered, numberOf } from "./fake-device.ts";

const SEED = 20_261_122;

class Bench {
	readonly device = new FakeDevice();
	readonly host = new FakeHost();
	readonly faults: Faults;
	now = 1000;
	readonly received: Uint8Array[] = [];

	constructor(options: FaultOptions, seed = SEED) {
		this.faults = new Faults(this.device, options, seed);
		this.faults.attach(this.host);
		this.faults.poll(this.now);
	}

	send(frame: Uint8Array): number {
		return this.faults.transmit(0, 64, this.host.put(64, frame));
	}

	/** Takes what the wrapper hands out now. */
	take(): void {
		for (;;) {
			const length = this.faults.receive(4096, 1568);
			if (length === 0) return;
			this.received.push(this.host.bytes(4096, length));
		}
	}

	/** Lets `ms` pass, polled whenever the wrapper asks for it. Answers how often it asked. */
	pass(ms: number): number {
		const end = this.now + ms;
		let polls = 0;
		for (;;) {
			const wait = this.faults.poll(this.now);
			this.take();
			if (wait < 0 || this.now + wait > end) break;
			this.now += wait;
			if (++polls > 100_000) throw new Error("the wrapper spins");
		}
		this.now = end;
		this.faults.poll(end);
		this.take();
		return polls;
	}

	inward(count: number, length = 64): number[] {
		for (let i = 0; i < count; i++) {
			this.device.incoming.push(numbered(i, length));
			if (i % 16 === 15) this.pass(1);
		}
		this.pass(1000);
		return this.received.map(numberOf);
	}

	outward(count: number, length = 64): number[] {
		for (let i = 0; i < count; i++) {
			expect(this.send(numbered(i, length))).toBe(SENT);
			if (i % 16 === 15) this.pass(1);
		}
		this.pass(1000);
		return this.device.sent.map(numberOf);
	}
}

function sequence(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i);
}

describe("faults", () => {
	it("passes everything on unchanged, both ways, when nothing is asked for", () => {
		const bench = new Bench({});
		expect(bench.inward(500, 1514)).toEqual(sequence(500));
		expect(bench.outward(500, 1514)).toEqual(sequence(500));
		for (let i = 0; i < 500; i += 50) {
			expect(bench.received[i]).toEqual(numbered(i, 1514));
			expect(bench.device.sent[i]).toEqual(numbered(i, 1514));
		}
	});

	it("tells the device whether frames for groups are wanted", () => {
		const bench = new Bench({});
		bench.faults.multicast(true);
		bench.faults.multicast(false);
		expect(bench.device.groups).toEqual([true, false]);
	});

	it("loses its share, both ways", () => {
		const bench = new Bench({ loss: 0.1 });
		for (const arrived of [bench.inward(10_000), bench.outward(10_000)]) {
			expect(arrived.length).toBeGreaterThan(8800);
			expect(arrived.length).toBeLessThan(9200);
			expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
		}
		expect(bench.faults.counters.lost! + bench.received.length + bench.device.sent.length).toBe(20_000);
	});

	it("doubles its share", () => {
		const bench = new Bench({ duplicate: 0.1 });
		const arrived = bench.outward(10_000);
		expect(arrived.length).toBe(10_000 + bench.faults.counters.duplicated!);
		expect(bench.faults.counters.duplicated!).toBeGreaterThan(800);
		expect(new Set(arrived).size).toBe(10_000);
	});

	it("lets later frames overtake, but none for long", () => {
		for (const way of ["inward", "outward"] as const) {
			const bench = new Bench({ reorder: 0.1 });
			const arrived = bench[way](10_000);
			expect(arrived).toHaveLength(10_000);
			expect(new Set(arrived).size).toBe(10_000);
			let late = 0;
			let highest = -1;
			for (const number of arrived) {
				if (number < highest) late++;
				else highest = number;
				expect(highest - number).toBeLessThan(20);
			}
			expect(late).toBeGreaterThan(700);
			expect(late).toBeLessThan(1300);
		}
	});

	it("delivers a held-back frame although nothing follows it", () => {
		const bench = new Bench({ reorder: 1 });
		bench.send(numbered(1));
		expect(bench.device.sent).toHaveLength(0);
		bench.pass(20);
		expect(bench.device.sent.map(numberOf)).toEqual([1]);
	});

	it("turns one bit over in its share, and not in the memory of the stack", () => {
		const bench = new Bench({ corrupt: 0.1 });
		let wrong = 0;
		for (let i = 0; i < 2000; i++) {
			const frame = numbered(i, 100);
			bench.send(frame);
			expect(bench.host.bytes(64, 100)).toEqual(frame);
			let bits = 0;
			const sent = bench.device.sent[i]!;
			for (let at = 0; at < frame.length; at++)
				for (let difference = sent[at]! ^ frame[at]!; difference !== 0; difference &= difference - 1) bits++;
			expect(bits).toBeLessThan(2);
			wrong += bits;
		}
		expect(wrong).toBe(bench.faults.counters.corrupted);
		expect(wrong).toBeGreaterThan(140);
		expect(wrong).toBeLessThan(260);
	});

	it("delays, and asks to be polled when a frame is due", () => {
		const bench = new Bench({ delayMs: 30 });
		expect(bench.faults.poll(bench.now)).toBe(-1);
		bench.send(numbered(1));
		// The stack has this poll's answer already: only a notification makes it ask again.
		expect(bench.host.notified).toBe(1);
		bench.device.incoming.push(numbered(2));
		expect(bench.faults.poll(bench.now)).toBe(30);
		bench.pass(29);
		expect(bench.device.sent).toHaveLength(0);
		expect(bench.received).toHaveLength(0);
		bench.pass(1);
		expect(bench.device.sent.map(numberOf)).toEqual([1]);
		expect(bench.received.map(numberOf)).toEqual([2]);
		expect(bench.faults.poll(bench.now)).toBe(-1);
	});

	it("keeps the order under jitter", () => {
		const bench = new Bench({ delayMs: 5, jitterMs: 20 });
		expect(bench.outward(200)).toEqual(sequence(200));
	});

	it("passes no more than the rate, and tells the sender to wait", () => {
		const bench = new Bench({ rateBps: 1_000_000 });
		let sent = 0;
		const start = bench.now;
		while (bench.now < start + 1000) {
			while (bench.send(numbered(sent, 1250)) === SENT) sent++;
			bench.pass(10);
		}
		// 1,250 bytes take 10 ms; up to 60 ms of it may still be on the way.
		expect(bench.device.sent.length).toBeGreaterThan(94);
		expect(bench.device.sent.length).toBeLessThan(102);
		expect(bench.faults.counters.overflowed).toBe(0);
		for (let i = 0; i < 200; i++) bench.device.incoming.push(numbered(i, 1250));
		const before = bench.received.length;
		const polls = bench.pass(1000);
		expect(bench.received.length - before).toBeGreaterThan(90);
		expect(bench.received.length - before).toBeLessThan(108);
		expect(polls).toBeLessThan(1100);
	});

	it("decides the same from the same seed, whatever the timing, and otherwise from another", () => {
		const options = { loss: 0.2, duplicate: 0.2, corrupt: 0.2 };
		const first = new Bench(options);
		const again = new Bench(options);
		const other = new Bench(options, SEED + 1);
		for (const bench of [first, again, other])
			for (let i = 0; i < 300; i++) {
				bench.send(numbered(i));
				if (bench === again && i % 3 === 0) {
					bench.device.incoming.push(numbered(1));
					bench.pass(1);
				}
			}
		expect(again.device.sent).toEqual(first.device.sent);
		expect(other.device.sent).not.toEqual(first.device.sent);
	});

	it("counts what its store has no room for, and forgets nothing else", () => {
		const bench = new Bench({ delayMs: 1000 });
		for (let i = 0; i < 300; i++) bench.send(numbered(i));
		expect(bench.faults.counters.overflowed).toBe(44);
		bench.pass(1000);
		expect(bench.device.sent.map(numberOf)).toEqual(sequence(256));
		expect(bench.outward(256)).toHaveLength(512);
	});

	it("keeps frames while the device is busy, without asking to be polled", () => {
		const bench = new Bench({});
		bench.device.answer = BUSY;
		for (let i = 0; i < 5; i++) bench.send(numbered(i));
		expect(bench.faults.poll(bench.now)).toBe(-1);
		bench.device.answer = SENT;
		const notified = bench.host.notified;
		bench.device.host.notify();
		expect(bench.host.notified).toBe(notified + 1);
		bench.faults.poll(bench.now);
		expect(bench.device.sent.map(numberOf)).toEqual(sequence(5));
	});

	it("leaves a frame alone that the device still holds", () => {
		const bench = new Bench({});
		bench.device.answer = HELD;
		for (let i = 0; i < 256; i++) bench.send(numbered(i));
		bench.send(numbered(999));
		expect(bench.faults.counters.overflowed).toBe(1);
		expect(new Set(bench.device.held).size).toBe(256);
		for (const slot of bench.device.held.splice(0)) bench.device.host.released(slot);
		bench.send(numbered(1000));
		expect(numberOf(bench.device.sent.at(-1)!)).toBe(1000);
	});

	it("does not promise to notify of every frame, although the device does", () => {
		const bench = new Bench({});
		expect(bench.device.abilities & NOTIFIES).toBe(NOTIFIES);
		// Nor that checksums are seen to, as what it corrupts comes after that.
		expect(bench.device.abilities & (RECEIVE_CHECKED | TRANSMIT_CHECKSUM)).toBe(RECEIVE_CHECKED | TRANSMIT_CHECKSUM);
		expect(bench.faults.abilities).toBe(0);
	});

	it("does others from the next frame on, once they are changed, and the same when those are wrong", () => {
		const bench = new Bench({});
		expect(bench.inward(20)).toHaveLength(20);
		bench.faults.change({ loss: 1 });
		expect(bench.inward(20)).toHaveLength(20);
		expect(() => bench.faults.change({ delayMs: 5, loss: 7 })).toThrow("loss 7: expected 0 to 1");
		expect(bench.inward(20)).toHaveLength(20);
		bench.faults.change({ delayMs: 50 });
		bench.device.incoming.push(numbered(77, 64));
		bench.pass(49);
		expect(bench.received).toHaveLength(20);
		bench.pass(1);
		expect(bench.received).toHaveLength(21);
	});

	it("refuses wrong options by name", () => {
		const make = (options: FaultOptions) => () => new Faults(new FakeDevice(), options, 1);
		expect(make({ loss: 1.5 })).toThrow("loss 1.5: expected 0 to 1");
		expect(make({ delayMs: -1 })).toThrow("delayMs -1: expected a whole number from 0 to 60000");
		expect(make({ corrupt: Number.NaN })).toThrow(RangeError);
		expect(make({ rateBps: "fast" as unknown as number })).toThrow("rateBps fast");
	});
});
