// Chips on the board: selected, reset and heard by their pins, with cables that carry frames at the line's rate.

import { describe, expect, test } from "vitest";
import { buildChips } from "../../build/chips.mjs";
import { loadChips } from "../../hosts/desktop/chips/chips.ts";
import { PLACES } from "./bench.ts";
import { BoardChip, payloadOf } from "./chip.ts";
import { rig } from "./support/rig.ts";

const ChipModel = loadChips(await buildChips({ quiet: true }));

const SIO = 0xd000_0000;
const OUT_SET = SIO + 0x14;
const OUT_CLR = SIO + 0x18;
const OE_SET = SIO + 0x24;
const IO_BANK0 = 0x4001_4000;
const PADS = 0x4001_c000;
const SPI0 = 0x4003_c000;
const FUNCTION_SPI = 1;
const FUNCTION_SIO = 5;

/** The W5500 as in hosts/pico/targets/pico-both, and what a driver does to its pins. */
function w5500({ spiPins = true } = {}) {
	const made = rig();
	const { machine, write, read, cycles } = made;
	const { name, kind, pins } = PLACES[0]!;
	const chip = new BoardChip(machine, ChipModel, { name, kind, pins, seed: 1 });
	const give = (pin: number, role: number) => write(IO_BANK0 + 8 * pin + 4, role);
	for (const pin of [pins.select, pins.reset]) {
		give(pin, FUNCTION_SIO);
		write(OUT_SET, 1 << pin);
		write(OE_SET, 1 << pin);
	}
	for (const pin of [pins.interrupt, pins.in]) write(PADS + 4 + 4 * pin, 0x4a);
	give(pins.interrupt, FUNCTION_SIO);
	if (spiPins) for (const pin of [pins.clock, pins.out, pins.in]) give(pin, FUNCTION_SPI);
	write(SPI0 + 0x10, 4);
	write(SPI0, 7);
	write(SPI0 + 4, 2);
	/** One transaction by the processor's hand. */
	const transaction = (...bytes: number[]) => {
		write(OUT_CLR, 1 << pins.select);
		const answers = bytes.map((byte) => {
			write(SPI0 + 8, byte);
			cycles(40);
			return read(SPI0 + 8);
		});
		write(OUT_SET, 1 << pins.select);
		return answers;
	};
	// Its start.
	machine.run(100e6);
	return { ...made, chip, pins, transaction };
}

/** W5500 §2: address, control (block, write, variable length), data. */
const VERSION = [0x00, 0x39, 0x00, 0];

describe("a chip on its pins", () => {
	test("answers when it is selected", () => {
		const { transaction, complaints } = w5500();
		expect(transaction(...VERSION)[3]).toBe(4);
		expect(complaints).toEqual([]);
	});

	test("hears nothing in reset, and has lost its settings afterwards", () => {
		const { transaction, write, pins, machine } = w5500();
		const RTR = [0x00, 0x19];
		transaction(...RTR, 0x04, 0x12, 0x34);
		expect(transaction(...RTR, 0x00, 0, 0).slice(3)).toEqual([0x12, 0x34]);
		write(OUT_CLR, 1 << pins.reset);
		machine.run(1e6);
		expect(transaction(...VERSION)[3]).not.toBe(4);
		write(OUT_SET, 1 << pins.reset);
		machine.run(100e6);
		expect(transaction(...RTR, 0x00, 0, 0).slice(3)).toEqual([0x07, 0xd0]);
	});

	test("pulls its interrupt pin low, and the board sees the edge", () => {
		const { chip, machine, pins } = w5500();
		const pin = machine.rp2040.gpio[pins.interrupt]!;
		pin.updateIRQValue(0xf);
		expect(pin.inputValue).toBe(true);
		chip.model.fault("interruptStuck", 2);
		expect(pin.inputValue).toBe(false);
		expect(pin.irqStatus & 4).toBe(4);
		chip.model.fault("interruptStuck", 0);
		expect(pin.inputValue).toBe(true);
	});

	test("whose SPI pins were not given to the controller is pointed out", () => {
		const { transaction, complaints } = w5500({ spiPins: false });
		transaction(...VERSION);
		expect(complaints).toContain("eth0: GPIO 18 (clock) is not given to the SPI controller");
	});

	test("shares its controller with another: both selected at once is pointed out", () => {
		const { machine, write, complaints } = w5500();
		new BoardChip(machine, ChipModel, {
			name: "eth1",
			kind: "w5500",
			pins: { ...PLACES[0]!.pins, select: 22, interrupt: -1, reset: -1 },
			seed: 2,
		});
		write(IO_BANK0 + 8 * 22 + 4, FUNCTION_SIO);
		write(OE_SET, 1 << 22);
		write(OUT_CLR, (1 << 22) | (1 << 17));
		expect(complaints).toContain("SPI: two chips of one controller are selected at the same time");
	});
});

describe("a cable", () => {
	/** IEEE 802.3: preamble 8, frame, FCS 4, then a gap of 12 bytes. */
	test.each([
		["100 Mbit/s", 0, 1514, (8 + 1514 + 4) * 80, (1514 + 24) * 80],
		["10 Mbit/s", 1, 1514, (8 + 1514 + 4) * 800, (1514 + 24) * 800],
		["10 Mbit/s, padded to 60 bytes", 1, 42, (8 + 60 + 4) * 800, (60 + 24) * 800],
	])("carries a frame at a time, at %s", (_name, place, length, first, each) => {
		const { machine } = rig();
		const { name, kind, pins } = PLACES[place]!;
		const chip = new BoardChip(machine, ChipModel, { name, kind, pins, seed: 1 });
		for (let i = 0; i < 3; i++) chip.send(new Uint8Array(length));
		const arrived: number[] = [];
		while (chip.waiting > 0) {
			const before = chip.traffic.framesIn;
			machine.run(80);
			if (chip.traffic.framesIn > before) arrived.push(machine.clock.nanos);
		}
		for (const [i, nanos] of arrived.entries()) expect(Math.abs(nanos - first - i * each)).toBeLessThanOrEqual(160);
		expect(arrived).toHaveLength(3);
	});

	test("overflows a chip that nobody reads", () => {
		const { chip, machine, transaction } = w5500();
		// Socket 0 in MACRAW, open.
		transaction(0x00, 0x00, 0x0c, 0x04);
		transaction(0x00, 0x01, 0x0c, 0x01);
		machine.run(1e6);
		for (let i = 0; i < 5; i++) chip.send(new Uint8Array(1514).fill(255, 0, 6));
		machine.run(1e6);
		// 2 KB of buffer for each socket after reset.
		expect(chip.model.counts()).toMatchObject({ received: 1, overflowed: 4 });
	});
});

test("payload is what applications exchange", () => {
	const frame = (protocol: number, total: number, offset: number) => {
		const bytes = new Uint8Array(Math.max(60, 14 + total));
		bytes.set([8, 0, 0x45, 0, total >> 8, total & 255], 12);
		bytes[23] = protocol;
		bytes[46] = offset << 4;
		return bytes;
	};
	expect(payloadOf(frame(6, 1500, 5))).toBe(1460);
	expect(payloadOf(frame(6, 52, 8))).toBe(0);
	expect(payloadOf(frame(17, 36, 0))).toBe(8);
	expect(payloadOf(frame(1, 84, 0))).toBe(0);
	expect(payloadOf(new Uint8Array(60))).toBe(0);
});
