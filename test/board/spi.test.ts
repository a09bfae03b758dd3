// The SPI controller and the DMA: how long words take, what the FIFOs hold, who is told when. Registers are poked from outside.

import { describe, expect, test } from "vitest";
import type { SpiDevice } from "./spi.ts";
import { DATA, rig } from "./support/rig.ts";
import type { Rig } from "./support/rig.ts";

const SPI0 = 0x4003_c000;
const CR0 = SPI0;
const CR1 = SPI0 + 0x04;
const DR = SPI0 + 0x08;
const SR = SPI0 + 0x0c;
const CPSR = SPI0 + 0x10;
const IMSC = SPI0 + 0x14;
const RIS = SPI0 + 0x18;
const ICR = SPI0 + 0x20;
const DMACR = SPI0 + 0x24;
const SSE = 2;
const SPH = 0x80;
const BUSY = 0x10;
const BYTES = 7;
const HALFWORDS = 15;

const DMA = 0x5000_0000;
const DREQ_TX = 16;
const DREQ_RX = 17;
const UNPACED = 0x3f;
const INCR_READ = 1 << 4;
const INCR_WRITE = 1 << 5;
const DMA_BUSY = 1 << 24;

/** Counts what it is sent, and answers the number of each byte. */
class Counter implements SpiDevice {
	readonly got: number[] = [];

	exchange(out: Uint8Array, into: Uint8Array): void {
		for (const [i, byte] of out.entries()) {
			into[i] = this.got.length;
			this.got.push(byte);
		}
	}
}

/** SPI0 at 125 MHz / `divisor`, in `format` (CR0's lowest byte), with a device that is selected. */
function spi(divisor = 4, format = BYTES | SPH): Rig & { device: Counter } {
	const made = rig();
	const device = new Counter();
	made.machine.spi[0].select(device, true);
	made.write(CPSR, divisor);
	made.write(CR0, format);
	made.write(CR1, SSE);
	made.write(DMACR, 3);
	return { ...made, device };
}

/** Starts a channel. `size`: bytes of each transfer. */
function start(
	{ write }: Rig,
	channel: number,
	{
		from,
		to,
		count,
		request,
		flags,
		size = 1,
	}: Record<"from" | "to" | "count" | "request" | "flags", number> & { size?: number },
): void {
	const at = DMA + channel * 0x40;
	write(at, from);
	write(at + 4, to);
	write(at + 8, count);
	write(at + 0xc, 1 | (Math.log2(size) << 2) | flags | (channel << 11) | (request << 15));
}

describe("words", () => {
	test.each([
		["31.25 MHz, mode 3: 8 clocks", 4, BYTES | SPH, 8 * 4],
		["31.25 MHz, mode 0: a gap of 1.5 clocks", 4, BYTES, 9.5 * 4],
		["15.625 MHz, mode 0", 8, BYTES, 9.5 * 8],
		["125 MHz / 2 / 3 by the serial rate, mode 3", 2, BYTES | SPH | (2 << 8), 8 * 6],
		["16 bits at 31.25 MHz, mode 3", 4, HALFWORDS | SPH, 16 * 4],
	])("take their time at %s", (_name, divisor, format, cycles) => {
		const { write, read, cycles: pass } = spi(divisor, format);
		write(DR, 0x55);
		pass(cycles - 2);
		expect(read(SR) & BUSY).toBe(BUSY);
		pass(4);
		expect(read(SR) & BUSY).toBe(0);
	});

	test("follow one another without a pause, in their order", () => {
		const { write, read, cycles, device } = spi();
		for (let i = 0; i < 6; i++) write(DR, 0x10 + i);
		cycles(6 * 32 + 1);
		expect(read(SR) & BUSY).toBe(0);
		expect(device.got).toEqual([0x10, 0x11, 0x12, 0x13, 0x14, 0x15]);
		expect(Array.from({ length: 7 }, () => read(DR))).toEqual([0, 1, 2, 3, 4, 5, 0]);
	});

	test("of 16 bits are two bytes, the high one first", () => {
		const { write, read, cycles, device } = spi(4, HALFWORDS | SPH);
		write(DR, 0x1234);
		cycles(65);
		expect(read(SR) & BUSY).toBe(0);
		expect(device.got).toEqual([0x12, 0x34]);
		expect(read(DR)).toBe(0x0001);
	});

	test("nine fit: eight in the FIFO and one on the wire", () => {
		const { write, read, cycles, device } = spi();
		for (let i = 0; i < 12; i++) write(DR, i);
		expect(read(SR) & 2).toBe(0);
		cycles(20 * 32);
		expect(read(SR) & BUSY).toBe(0);
		expect(device.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
	});

	test("that come find room for eight; the ninth is lost and says so", () => {
		const { write, read, cycles } = spi();
		for (let i = 0; i < 9; i++) write(DR, i);
		cycles(9 * 32 + 1);
		expect(read(RIS) & 1).toBe(1);
		expect(Array.from({ length: 9 }, () => read(DR))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0]);
		write(ICR, 1);
		expect(read(RIS) & 1).toBe(0);
	});

	test("are zero when no chip is selected", () => {
		const { write, read, cycles, machine, device } = spi();
		machine.spi[0].select(device, false);
		write(DR, 0x77);
		cycles(40);
		expect(read(DR)).toBe(0);
		expect(device.got).toEqual([]);
	});

	test("wait until the controller is on", () => {
		const { write, read, cycles, device } = spi();
		write(CR1, 0);
		write(DR, 1);
		cycles(100);
		expect(device.got).toEqual([]);
		write(CR1, SSE);
		cycles(40);
		expect(read(DR)).toBe(0);
		expect(device.got).toEqual([1]);
	});

	test("raise the interrupt when half the FIFO is full", () => {
		const { write, cycles, machine } = spi();
		write(IMSC, 4);
		for (let i = 0; i < 4; i++) write(DR, i);
		const pending = () => (machine.rp2040.core.pendingInterrupts >> 18) & 1;
		cycles(3 * 32 + 8);
		expect(pending()).toBe(0);
		cycles(32);
		expect(pending()).toBe(1);
	});
});

describe("the DMA", () => {
	test("reads a chip at the wire's pace, and its count says how far it is", () => {
		const made = spi();
		const { read, cycles, machine, device } = made;
		const { sram } = machine.rp2040;
		sram.fill(0xee, DATA - 0x2000_0000, DATA - 0x2000_0000 + 400);
		start(made, 1, { from: DR, to: DATA, count: 300, request: DREQ_RX, flags: INCR_WRITE });
		start(made, 0, { from: DATA + 0x1000, to: DR, count: 300, request: DREQ_TX, flags: 0 });
		for (const passed of [0, 1, 2, 7, 50, 51, 130, 200, 299]) {
			cycles(passed * 32 + 4 - machine.clock.nanos / 8);
			expect(read(DMA + 0x48)).toBe(300 - passed);
			const stored = Array.from(sram.subarray(DATA - 0x2000_0000, DATA - 0x2000_0000 + 301));
			expect(stored).toEqual(Array.from({ length: 301 }, (_, i) => (i < passed ? i & 255 : 0xee)));
		}
		expect(read(DMA + 0x4c) & DMA_BUSY).toBe(DMA_BUSY);
		cycles(32);
		expect(read(DMA + 0x4c) & DMA_BUSY).toBe(0);
		expect(read(DMA + 0xc) & DMA_BUSY).toBe(0);
		expect(device.got).toHaveLength(300);
	});

	test("writes to a chip what memory holds when it is due", () => {
		const made = spi();
		const { machine, cycles, read, device } = made;
		for (let i = 0; i < 200; i++) machine.rp2040.sram[DATA - 0x2000_0000 + i] = i;
		start(made, 1, { from: DR, to: DATA + 0x800, count: 200, request: DREQ_RX, flags: 0 });
		start(made, 0, { from: DATA, to: DR, count: 200, request: DREQ_TX, flags: INCR_READ });
		cycles(100 * 32);
		read(DMA + 8);
		// More than the FIFO and what moves at once ahead of the wire.
		machine.rp2040.sram[DATA - 0x2000_0000 + 190] = 0xaa;
		cycles(101 * 32);
		expect(read(DMA + 8)).toBe(0);
		expect(device.got).toEqual(Array.from({ length: 200 }, (_, i) => (i === 190 ? 0xaa : i)));
	});

	test("tells the processor at the end, to the word", () => {
		const made = spi();
		const { write, cycles, machine } = made;
		write(DMA + 0x404, 2);
		start(made, 1, { from: DR, to: DATA, count: 1000, request: DREQ_RX, flags: INCR_WRITE });
		start(made, 0, { from: DATA + 0x1000, to: DR, count: 1000, request: DREQ_TX, flags: 0 });
		const pending = () => (machine.rp2040.core.pendingInterrupts >> 11) & 1;
		cycles(1000 * 32 - 4);
		expect(pending()).toBe(0);
		cycles(8);
		expect(pending()).toBe(1);
		write(DMA + 0x40c, 2);
		expect(pending()).toBe(0);
	});

	test("begins when both are started at once, as the SDK does", () => {
		const made = spi();
		const { write, read, cycles, device } = made;
		for (const [channel, from, to, request, flags] of [
			[0, DATA, DR, DREQ_TX, INCR_READ],
			[1, DR, DATA + 0x800, DREQ_RX, INCR_WRITE],
		] as const) {
			const at = DMA + channel * 0x40;
			write(at, from);
			write(at + 4, to);
			write(at + 8, 20);
			write(at + 0x10, 1 | flags | (channel << 11) | (request << 15));
		}
		cycles(100);
		expect(device.got).toEqual([]);
		write(DMA + 0x430, 3);
		cycles(20 * 32 + 4);
		expect(read(DMA + 0x4c) & DMA_BUSY).toBe(0);
		expect(device.got).toHaveLength(20);
	});

	test("is given up by an abort, whose register reads 0 then", () => {
		const made = spi();
		const { write, read, cycles, device } = made;
		start(made, 1, { from: DR, to: DATA, count: 100, request: DREQ_RX, flags: INCR_WRITE });
		start(made, 0, { from: DATA + 0x1000, to: DR, count: 100, request: DREQ_TX, flags: 0 });
		cycles(10 * 32);
		write(DMA + 0x444, 3);
		expect(read(DMA + 0x444)).toBe(0);
		expect(read(DMA + 0x4c) & DMA_BUSY).toBe(0);
		cycles(1000 * 32);
		// What was looked at ahead, and what was in the FIFO.
		expect(device.got.length).toBeLessThan(90);
		expect(read(SR) & BUSY).toBe(0);
	});

	test("copies memory, in words, backwards byte order, rings and chains", () => {
		const made = rig();
		const { write, read, cycles } = made;
		for (let i = 0; i < 8; i++) write(DATA + 4 * i, 0x0102_0304 + i);
		// Channel 2 ends with channel 3, which swaps bytes and writes round a ring of 8 bytes.
		const at = DMA + 3 * 0x40;
		write(at, DATA);
		write(at + 4, DATA + 0x200);
		write(at + 8, 3);
		const ring = (1 << 10) | (3 << 6);
		write(at + 0x10, 1 | (2 << 2) | INCR_READ | INCR_WRITE | ring | (3 << 11) | (1 << 22) | (UNPACED << 15));
		start(made, 2, { from: DATA, to: DATA + 0x100, count: 8, request: UNPACED, flags: INCR_READ | INCR_WRITE, size: 4 });
		write(DMA + 2 * 0x40 + 0x10, (read(DMA + 2 * 0x40 + 0xc) & ~0x7800 & ~DMA_BUSY) | (3 << 11));
		cycles(100);
		expect(Array.from({ length: 8 }, (_, i) => read(DATA + 0x100 + 4 * i))).toEqual(
			Array.from({ length: 8 }, (_, i) => 0x0102_0304 + i),
		);
		expect([read(DATA + 0x200), read(DATA + 0x204), read(DATA + 0x208)]).toEqual([0x0603_0201, 0x0503_0201, 0]);
	});

	test("says what it does not have", () => {
		const made = rig();
		start(made, 0, { from: DATA, to: 0x4003_4000, count: 1, request: 20, flags: 0 });
		made.write(DMA + 0x434, 1);
		expect(made.complaints).toEqual(["DMA channel 0: request 20 is not emulated", "DMA: the sniffer is not emulated"]);
	});
});
