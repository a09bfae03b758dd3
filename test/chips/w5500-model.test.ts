// The W5500 model against the datasheet (version 1.0.9): a driver that obeys it gets frames through, one that does not is told.

import { expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips, transaction } from "../../hosts/desktop/chips/chips.ts";
import type { ChipModel, ChipOptions } from "../../hosts/desktop/chips/chips.ts";

const ChipModel = loadChips(await buildChips({ quiet: true }));

/** Blocks (§2.2.2), common registers (§4.1), socket registers (§4.2). */
const COMMON = 0;
const SOCKET = 1;
const TX = 2;
const RX = 3;
const MR = 0x00;
const SHAR = 0x09;
const INTLEVEL = 0x13;
const SIMR = 0x18;
const RTR = 0x19;
const PHYCFGR = 0x2e;
const VERSIONR = 0x39;
const SN_MR = 0x00;
const SN_CR = 0x01;
const SN_IR = 0x02;
const SN_SR = 0x03;
const RXBUF_SIZE = 0x1e;
const TXBUF_SIZE = 0x1f;
const TX_FSR = 0x20;
const TX_RD = 0x22;
const TX_WR = 0x24;
const RX_RSR = 0x26;
const RX_RD = 0x28;
const RX_WR = 0x2a;
const OPEN = 0x01;
const CLOSE = 0x10;
const SEND = 0x20;
const RECV = 0x40;
const SENDOK = 0x10;
const RECEIVED = 0x04;

const MFEN = 0x80;
const BCASTB = 0x40;
const MMB = 0x20;
const MIP6B = 0x10;

const MAC = [0x02, 0x12, 0x34, 0x56, 0x78, 0x9a];
/** One byte at 32 MHz, ns. */
const BYTE = 250;
const MS = 1_000_000;

/** A chip on a bus, and the shortest driver that obeys the datasheet. */
class Bench {
	readonly complaints: string[] = [];
	readonly sent: Buffer[] = [];
	readonly pin: [boolean, number][] = [];
	readonly chip: ChipModel;
	now = 0;

	constructor(options: ChipOptions = {}) {
		this.chip = new ChipModel("w5500", options, {
			transmit: (frame) => this.sent.push(frame),
			interrupt: (asserted) => this.pin.push([asserted, this.now]),
			complain: (text) => this.complaints.push(text),
		});
		this.pass(10 * MS);
	}

	pass(ns: number): void {
		this.now += ns;
		this.chip.time(this.now);
	}

	exchange(...bytes: number[]): number[] {
		const into = transaction(this.chip, Uint8Array.from(bytes));
		this.pass(bytes.length * BYTE);
		return [...into];
	}

	read(block: number, address: number, count = 1): number[] {
		return this.exchange(address >> 8, address & 255, block << 3, ...new Uint8Array(count)).slice(3);
	}

	write(block: number, address: number, ...bytes: number[]): void {
		this.exchange(address >> 8, address & 255, (block << 3) | 4, ...bytes);
	}

	register(address: number): number {
		return this.read(SOCKET, address)[0]!;
	}

	word(address: number): number {
		const [high, low] = this.read(SOCKET, address, 2);
		return (high! << 8) | low!;
	}

	/** Note on pp. 54 and 55: until two reads agree. */
	size(address: number): number {
		for (let last = -1, value: number; ; last = value) if ((value = this.word(address)) === last) return value;
	}

	command(code: number): void {
		this.write(SOCKET, SN_CR, code);
		for (let i = 0; this.register(SN_CR) !== 0; i++) if (i === 100) throw new Error(`command ${code} does not end`);
	}

	open(mode = 0, kilobytes = 16): this {
		this.write(COMMON, SHAR, ...MAC);
		for (let n = 0; n < 8; n++) this.write(n * 4 + SOCKET, RXBUF_SIZE, n ? 0 : kilobytes, n ? 0 : kilobytes);
		this.write(SOCKET, SN_MR, 4 | mode);
		this.command(OPEN);
		for (let i = 0; this.register(SN_SR) !== 0x42; i++) if (i === 100) throw new Error("the socket does not open");
		return this;
	}

	send(frame: Uint8Array): void {
		const at = this.word(TX_WR);
		this.write(TX, at, ...frame);
		this.write(SOCKET, TX_WR, ((at + frame.length) >> 8) & 255, (at + frame.length) & 255);
		this.command(SEND);
	}

	transmit(frame: Uint8Array): void {
		this.send(frame);
		for (let i = 0; !(this.register(SN_IR) & SENDOK); i++) if (i === 10_000) throw new Error("no SENDOK");
		this.write(SOCKET, SN_IR, SENDOK);
	}

	release(to: number): void {
		this.write(SOCKET, RX_RD, (to >> 8) & 255, to & 255);
		this.command(RECV);
	}

	receive(): Uint8Array | undefined {
		if (this.size(RX_RSR) === 0) return undefined;
		const at = this.word(RX_RD);
		const [high, low] = this.read(RX, at, 2);
		const length = (high! << 8) | low!;
		const frame = Uint8Array.from(this.read(RX, (at + 2) & 0xffff, length - 2));
		this.release(at + length);
		return frame;
	}
}

/** Numbers from a seed, below `limit`. */
function numbers(seed: number): (limit: number) => number {
	let state = seed;
	return (limit) => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return Math.floor((state / 2 ** 32) * limit);
	};
}

function frame(length: number, to: number[] = MAC, fill = 7): Uint8Array {
	const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + fill) & 255);
	bytes.set(to);
	bytes.set([0x08, 0x00], 12);
	return bytes;
}

const seed = Number(process.env.SEED ?? 1);

test.each([16, 8, 4, 2, 1])("every byte passes both ways through buffers of %i KB, around their ends", (kilobytes) => {
	const bench = new Bench({ seed, lineRate: 100_000_000 }).open(MFEN, kilobytes);
	const below = numbers(seed);
	const most = kilobytes === 1 ? 1000 : 1500;
	const waiting: Uint8Array[] = [];
	for (let i = 0; i < 400; i++) {
		const out = frame(14 + below(most), MAC, i);
		bench.transmit(out);
		const padded = new Uint8Array(Math.max(out.length, 60));
		padded.set(out);
		expect(bench.sent.pop(), `SEED=${seed}`).toEqual(Buffer.from(padded));
		for (let n = below(4); n > 0; n--) {
			const into = frame(60 + below(most - 60), MAC, i + n);
			const room = bench.chip.room(into.length);
			const before = bench.chip.counts().overflowed;
			bench.chip.receive(into);
			expect(bench.chip.counts().overflowed - before, `SEED=${seed}`).toBe(room ? 0 : 1);
			if (room) waiting.push(into);
		}
		for (let n = below(4); n > 0 && waiting.length > 0; n--) expect(bench.receive(), `SEED=${seed}`).toEqual(waiting.shift());
	}
	while (waiting.length > 0) expect(bench.receive()).toEqual(waiting.shift());
	expect(bench.receive()).toBe(undefined);
	expect(bench.complaints).toEqual([]);
});

test("the address counts on within a transaction, through 64 K", () => {
	const bench = new Bench().open();
	expect(bench.read(COMMON, RTR, 3)).toEqual([0x07, 0xd0, 8]);
	bench.write(TX, 0xfffe, 1, 2, 3, 4);
	expect(bench.read(TX, 0x3ffe, 4)).toEqual([1, 2, 3, 4]);
});

test("frames of fixed length follow each other while the chip stays selected", () => {
	const bench = new Bench();
	const rtr = [0, RTR, 0x02, 0, 0];
	const version = [0, VERSIONR, 0x01, 0];
	const write = [0, SHAR, 0x07, 1, 2, 3, 4];
	const read = [0, SHAR, 0x03, 0, 0, 0, 0];
	const into = bench.exchange(...rtr, ...version, ...write, ...read);
	expect([into.slice(3, 5), into.slice(8, 9), into.slice(19)]).toEqual([[0x07, 0xd0], [4], [1, 2, 3, 4]]);
	expect(bench.complaints).toEqual([]);
});

test("a reset by register ends by itself, and the version comes late", () => {
	const bench = new Bench().open();
	bench.write(COMMON, MR, 0x80);
	let reads = 0;
	while (bench.read(COMMON, MR)[0]! & 0x80) expect(++reads).toBeLessThan(10);
	expect(bench.read(COMMON, VERSIONR)).toEqual([0]);
	expect([bench.register(SN_SR), bench.read(COMMON, SHAR, 6)]).toEqual([0, [0, 0, 0, 0, 0, 0]]);
	bench.pass(MS);
	expect(bench.read(COMMON, VERSIONR)).toEqual([4]);
	expect(bench.complaints).toEqual([]);
});

test("after the reset pin the chip hears nothing for a millisecond", () => {
	const bench = new Bench();
	bench.chip.reset(true);
	bench.pass(600_000);
	bench.chip.reset(false);
	bench.pass(900_000);
	expect(bench.complaints).toEqual([]);
	bench.write(COMMON, SHAR, ...MAC);
	expect(bench.complaints.splice(0)).toEqual([expect.stringContaining("during a reset")]);
	bench.pass(200_000);
	expect(bench.read(COMMON, SHAR, 6)).toEqual([0, 0, 0, 0, 0, 0]);
	expect(bench.read(COMMON, VERSIONR)).toEqual([4]);
	bench.chip.reset(true);
	bench.pass(400_000);
	bench.chip.reset(false);
	expect(bench.complaints).toEqual([expect.stringContaining("RSTn was low for 400 us")]);
});

test("who forgets a chip that lost its settings is not blamed until it opens the socket again", () => {
	const bench = new Bench().open();
	bench.chip.fault("resets", 1);
	bench.write(COMMON, SHAR, ...MAC);
	bench.pass(2 * MS);
	bench.write(SOCKET, SN_CR, SEND);
	bench.pass(10_000);
	expect([bench.register(SN_SR), bench.complaints]).toEqual([0, []]);
	bench.open();
	bench.write(SOCKET, TX_RD, 0);
	expect(bench.complaints).toEqual([expect.stringContaining("read-only")]);
});

test("the filter bits", () => {
	const other = [0x02, 0x99, 0, 0, 0, 0];
	const broadcast = [255, 255, 255, 255, 255, 255];
	const group = [0x01, 0x00, 0x5e, 0, 0, 1];
	const group6 = [0x33, 0x33, 0, 0, 0, 1];
	const ipv6 = frame(80, group6);
	ipv6.set([0x86, 0xdd], 12);
	const frames = [frame(80), frame(80, other), frame(80, broadcast), frame(80, group), ipv6];
	const accepted = (mode: number) => {
		const bench = new Bench().open(mode);
		return frames.map((bytes) => {
			const before = bench.chip.counts().received;
			bench.chip.receive(bytes);
			return bench.chip.counts().received - before;
		});
	};
	expect(accepted(0)).toEqual([1, 1, 1, 1, 1]);
	expect(accepted(MFEN)).toEqual([1, 0, 1, 1, 1]);
	expect(accepted(MFEN | BCASTB)).toEqual([1, 0, 0, 1, 1]);
	expect(accepted(MFEN | MMB)).toEqual([1, 0, 1, 0, 0]);
	expect(accepted(MFEN | MIP6B)).toEqual([1, 0, 1, 1, 0]);
});

test.each([
	[100_000_000, 60],
	[100_000_000, 1514],
	[10_000_000, 1514],
])("at %i bit/s a frame of %i bytes takes its time on the wire", (lineRate, length) => {
	const bench = new Bench({ lineRate }).open();
	bench.write(TX, 0, ...frame(length));
	bench.write(SOCKET, TX_WR, length >> 8, length & 255);
	bench.write(SOCKET, SN_CR, SEND);
	const written = bench.now - BYTE * 4;
	const end = written + 2000 + ((length + 24) * 8 * 1e9) / lineRate;
	bench.pass(end - 1 - bench.now);
	expect([bench.sent.length, bench.chip.next()]).toEqual([0, end]);
	bench.pass(1);
	expect([bench.sent.length, bench.register(SN_IR), bench.word(TX_RD)]).toEqual([1, SENDOK, length]);
});

test("a SEND without a link ends when there is one", () => {
	const bench = new Bench({ lineRate: 100_000_000 }).open();
	bench.chip.link(false);
	bench.send(frame(60));
	bench.pass(100 * MS);
	expect([bench.register(SN_IR), bench.read(COMMON, PHYCFGR)[0]! & 1]).toEqual([0, 0]);
	bench.chip.link(true);
	bench.chip.receive(frame(60));
	bench.pass(2 * MS);
	expect([bench.register(SN_IR), bench.read(COMMON, PHYCFGR), bench.sent.length]).toEqual([SENDOK, [0xbf], 1]);
	expect(bench.complaints).toEqual([]);
});

test("one read of a size may be torn, two that agree are right", () => {
	const bench = new Bench({ seed }).open();
	let torn = 0;
	for (let i = 0, right = 0; i < 200; i++) {
		bench.chip.receive(frame(60 + (i % 7)));
		right += 62 + (i % 7);
		if (bench.word(RX_RSR) !== right) torn++;
		expect(bench.size(RX_RSR), `SEED=${seed}`).toBe(right);
		bench.chip.receive(frame(200));
		right += 202;
		expect(bench.size(RX_RSR), `SEED=${seed}`).toBe(right);
		if (right < 15_000) continue;
		bench.release(bench.word(RX_WR));
		right = 0;
	}
	expect(torn, `SEED=${seed}`).toBeGreaterThan(0);
});

test("pointers take effect with the command", () => {
	const bench = new Bench().open();
	bench.chip.receive(frame(60));
	bench.write(SOCKET, RX_RD, 0, 62);
	expect([bench.word(RX_RD), bench.size(RX_RSR)]).toEqual([0, 62]);
	bench.command(RECV);
	expect([bench.word(RX_RD), bench.size(RX_RSR)]).toEqual([62, 0]);
	bench.write(SOCKET, TX_WR, 0, 60);
	expect([bench.word(TX_WR), bench.size(TX_FSR)]).toEqual([0, 0x4000]);
});

test("the interrupt pin stays low until its cause has ended, and is quiet for INTLEVEL afterwards", () => {
	const bench = new Bench().open();
	bench.write(COMMON, INTLEVEL, 0x0f, 0xff);
	bench.write(COMMON, SIMR, 1);
	bench.transmit(frame(60));
	bench.pass(MS);
	bench.pin.splice(0);
	bench.chip.receive(frame(60));
	bench.chip.receive(frame(60));
	bench.write(SOCKET, SN_IR, SENDOK);
	bench.receive();
	expect([bench.chip.interrupted(), bench.pin.length]).toEqual([true, 1]);
	bench.write(SOCKET, SN_IR, RECEIVED);
	const ended = bench.pin[1]![1];
	expect(bench.chip.interrupted()).toBe(false);
	bench.receive();
	expect([bench.receive(), bench.register(SN_IR)]).toEqual([undefined, 0]); // a second frame was no cause of its own
	bench.chip.receive(frame(60));
	const quiet = Math.floor((4096 * 4 * 1000) / 150);
	bench.pass(ended + quiet - 1 - bench.now);
	expect(bench.chip.interrupted()).toBe(false);
	bench.pass(1);
	expect(bench.chip.interrupted()).toBe(true);
});

test("a wrong length in the buffer is bounded by Sn_RX_RSR, and Sn_RX_WR is where the next frame begins", () => {
	const bench = new Bench({ seed }).open();
	for (let i = 0; i < 50; i++) {
		bench.chip.fault("badLength", 1);
		bench.chip.receive(frame(100));
		const [high, low] = bench.read(RX, bench.word(RX_RD), 2);
		expect((high! << 8) | low!, `SEED=${seed}`).not.toBe(102);
		bench.release(bench.word(RX_WR));
		bench.chip.receive(frame(70));
		expect(bench.receive()).toEqual(frame(70));
	}
	expect(bench.complaints).toEqual([]);
});

test("a transmission that never ends is ended by opening the socket again", () => {
	const bench = new Bench().open();
	bench.chip.fault("transmitStuck", 1);
	expect(() => bench.send(frame(60))).toThrow("does not end");
	bench.pass(10 * MS);
	expect([bench.register(SN_CR), bench.register(SN_IR)]).toEqual([SEND, 0]);
	bench.open();
	bench.transmit(frame(60));
	expect([bench.sent.length, bench.complaints]).toEqual([1, []]);
});

test("a frame may be released in pieces, as WIZnet's library does", () => {
	const bench = new Bench().open();
	bench.chip.receive(frame(100));
	bench.chip.receive(frame(100));
	for (const to of [2, 50, 102, 204]) bench.release(to);
	expect(bench.complaints).toEqual([]);
});

const mistakes: [string, (bench: Bench) => void, string][] = [
	["a reserved block", (bench) => bench.read(4, 0), "block 0x04 is reserved"],
	["a header that is broken off", (bench) => bench.exchange(0, 0), "before the control byte"],
	["a header without data", (bench) => bench.exchange(0, 0, 0), "before the first data byte"],
	["a fixed length that is broken off", (bench) => bench.exchange(0, 0, 3, 0), "after 1 of 4 data bytes"],
	["a write to VERSIONR", (bench) => bench.write(COMMON, VERSIONR, 4), "read-only"],
	["a write to a reserved register", (bench) => bench.write(COMMON, 0x30, 4), "reserved"],
	[
		"a command while another is under way",
		(bench) => (bench.write(SOCKET, SN_CR, RECV), bench.write(SOCKET, SN_CR, CLOSE)),
		"not 0",
	],
	["a command of TCP", (bench) => bench.write(SOCKET, SN_CR, 0x02), "does not go with"],
	["a SEND before SENDOK", (bench) => (bench.send(frame(1514)), bench.send(frame(60))), "before SENDOK"],
	["a SEND of too much", (bench) => bench.send(frame(1515)), "SEND of 1515 bytes"],
	["a SEND of nothing", (bench) => bench.command(SEND), "SEND of nothing"],
	[
		"a SEND of more than the buffer",
		(bench) => (bench.write(SOCKET, TX_WR, 0xff, 0xff), bench.command(SEND)),
		"more than the buffer",
	],
	["a frame that is overwritten", (bench) => (bench.send(frame(1514)), bench.write(TX, 0x4000, 1)), "is being sent"],
	["a SEND to a closed socket", (bench) => (bench.command(CLOSE), bench.pass(5000), bench.command(SEND)), "not open"],
	["releasing more than was received", (bench) => (bench.chip.receive(frame(60)), bench.release(63)), "63 bytes on, of which 62"],
	[
		"falling out of step with the frames",
		(bench) => (bench.chip.receive(frame(60)), bench.chip.receive(frame(60)), bench.release(80)),
		"stops within the next",
	],
	["reading what was not received", (bench) => (bench.chip.receive(frame(60)), bench.read(RX, 0, 66)), "nothing was received"],
	["a buffer size that there is not", (bench) => bench.write(5, RXBUF_SIZE, 3), "0, 1, 2, 4, 8 or 16"],
	["changing the buffer of an open socket", (bench) => bench.write(SOCKET, RXBUF_SIZE, 8), "while socket 0 is open"],
	["more than 16 KB", (bench) => (bench.write(5, TXBUF_SIZE, 2), bench.command(OPEN), bench.pass(5000)), "18 KB in all sockets"],
	["another mode", (bench) => (bench.write(SOCKET, SN_MR, 2), bench.command(OPEN), bench.pass(5000)), "only MACRAW is modelled"],
	["another socket", (bench) => (bench.write(5, SN_MR, 4), bench.write(5, SN_CR, OPEN), bench.pass(5000)), "socket 1"],
];

test.each(mistakes)("the driver is told of %s", (_name, act, text) => {
	const bench = new Bench({ lineRate: 10_000_000 }).open();
	expect(bench.complaints).toEqual([]);
	act(bench);
	expect(bench.complaints).toEqual([expect.stringContaining(text)]);
	expect(bench.complaints[0]).toMatch(/^W5500 §\d/);
});
