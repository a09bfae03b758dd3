// The UART: how long characters take, what the FIFOs hold, who is told when, and flow control. Registers are poked from outside.

import { describe, expect, test } from "vitest";
import { rig } from "./support/rig.ts";
import type { Rig } from "./support/rig.ts";

const UART0 = 0x4003_4000;
const DR = UART0;
const FR = UART0 + 0x18;
const IBRD = UART0 + 0x24;
const FBRD = UART0 + 0x28;
const LCR_H = UART0 + 0x2c;
const CR = UART0 + 0x30;
const IFLS = UART0 + 0x34;
const IMSC = UART0 + 0x38;
const RIS = UART0 + 0x3c;
const ICR = UART0 + 0x44;
const ENABLED = 0x301;
const RTS_FLOW = 1 << 14;
const CTS_FLOW = 1 << 15;
const EIGHT = 0x60;
const FIFOS = 0x10;
const TX_FULL = 0x20;
const RX_EMPTY = 0x10;
const IDLE = 0x80;
const RECEIVE = 0x10;
const TRANSMIT = 0x20;
const TIMEOUT = 0x40;
const FRAMING = 0x80;
const OVERRUN = 0x400;
/** Cycles of a character at 125 MHz / 16 / 8 = 976,562 bit/s: ten bits of 128 cycles. */
const CHARACTER = 1280;

function uart({ lcr = EIGHT | FIFOS, cr = ENABLED, ifls = 0x12 } = {}): Rig & { sent: number[] } {
	const made = rig();
	const sent: number[] = [];
	made.machine.uart[0].onByte = (byte) => sent.push(byte);
	made.write(IBRD, 8);
	made.write(FBRD, 0);
	made.write(LCR_H, lcr);
	made.write(IFLS, ifls);
	made.write(CR, cr);
	return { ...made, sent };
}

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i);

describe("transmitting", () => {
	test("a character takes ten bits", () => {
		const { write, cycles, sent, read } = uart();
		write(DR, 0x41);
		cycles(CHARACTER - 10);
		expect(sent).toEqual([]);
		cycles(20);
		expect(sent).toEqual([0x41]);
		expect(read(FR) & IDLE).toBe(IDLE);
	});

	test.each([
		["two stop bits", EIGHT | FIFOS | 8, 11],
		["parity", EIGHT | FIFOS | 2, 11],
		["seven bits", 0x40 | FIFOS, 9],
	])("%s count", (_name, lcr, bits) => {
		const { write, cycles, sent } = uart({ lcr });
		write(DR, 1);
		cycles(bits * 128 - 10);
		expect(sent).toEqual([]);
		cycles(20);
		expect(sent).toEqual([1]);
	});

	test("the FIFO holds 32 beside the one on the wire, and what finds it full is lost", () => {
		const { write, read, cycles, sent } = uart();
		for (let i = 0; i < 33; i++) write(DR, i);
		expect(read(FR) & TX_FULL).toBe(TX_FULL);
		write(DR, 99);
		cycles(40 * CHARACTER);
		expect(sent).toEqual([...bytes(33)]);
	});

	test("the interrupt comes when the FIFO falls to its level, not before anything was sent", () => {
		const { write, read, cycles } = uart();
		write(IMSC, TRANSMIT);
		expect(read(RIS) & TRANSMIT).toBe(0);
		for (let i = 0; i < 20; i++) write(DR, i);
		cycles(2 * CHARACTER + 20); // 17 left
		expect(read(RIS) & TRANSMIT).toBe(0);
		cycles(CHARACTER); // 16, half
		expect(read(RIS) & TRANSMIT).toBe(TRANSMIT);
		write(ICR, TRANSMIT);
		expect(read(RIS) & TRANSMIT).toBe(0);
	});

	test("CTS holds it", () => {
		const made = uart({ cr: ENABLED | CTS_FLOW });
		made.machine.uart[0].setClearToSend(false);
		made.write(DR, 7);
		made.cycles(5 * CHARACTER);
		expect(made.sent).toEqual([]);
		made.machine.uart[0].setClearToSend(true);
		made.cycles(CHARACTER + 20);
		expect(made.sent).toEqual([7]);
	});
});

describe("receiving", () => {
	test("characters come one after the other, in their time", () => {
		const { machine, read, cycles } = uart();
		machine.uart[0].receive(bytes(3));
		cycles(CHARACTER - 20);
		expect(read(FR) & RX_EMPTY).toBe(RX_EMPTY);
		cycles(2 * CHARACTER + 40);
		expect([read(DR), read(DR), read(DR)]).toEqual([0, 1, 2]);
		expect(read(FR) & RX_EMPTY).toBe(RX_EMPTY);
	});

	test("the interrupt comes at the level, and goes when less is there", () => {
		const { machine, read, cycles } = uart();
		machine.uart[0].receive(bytes(16));
		cycles(15 * CHARACTER + 40);
		expect(read(RIS) & RECEIVE).toBe(0);
		cycles(CHARACTER);
		expect(read(RIS) & RECEIVE).toBe(RECEIVE);
		read(DR);
		expect(read(RIS) & RECEIVE).toBe(0);
	});

	test("what is below the level is told after 32 bits of silence, until the FIFO is empty", () => {
		const { machine, read, cycles } = uart();
		machine.uart[0].receive(bytes(2));
		cycles(2 * CHARACTER + 31 * 128);
		expect(read(RIS) & TIMEOUT).toBe(0);
		cycles(2 * 128);
		expect(read(RIS) & TIMEOUT).toBe(TIMEOUT);
		read(DR);
		expect(read(RIS) & TIMEOUT).toBe(TIMEOUT);
		read(DR);
		expect(read(RIS) & TIMEOUT).toBe(0);
	});

	test("what finds the FIFO full is lost, told beside the last one that was not, and counted", () => {
		const { machine, read, cycles } = uart();
		machine.uart[0].receive(bytes(40));
		cycles(41 * CHARACTER);
		expect(read(RIS) & OVERRUN).toBe(OVERRUN);
		for (let i = 0; i < 31; i++) expect(read(DR)).toBe(i);
		expect(read(DR)).toBe(31 | 0x800);
		expect(machine.uart[0].overruns).toBe(8);
	});

	test("RTS stops the far end that heeds it, and lets it go on", () => {
		const { machine, read, cycles } = uart({ cr: ENABLED | RTS_FLOW });
		machine.uart[0].heedsRts = true;
		machine.uart[0].receive(bytes(40));
		cycles(50 * CHARACTER);
		expect(machine.uart[0].waiting).toBe(24);
		const got = [];
		for (let i = 0; i < 40; i++) {
			got.push(read(DR));
			cycles(CHARACTER + 20);
		}
		expect(got).toEqual([...bytes(40)]);
		expect(machine.uart[0].overruns).toBe(0);
	});

	test("a far end of another speed is not understood", () => {
		const { machine, read, cycles } = uart();
		machine.uart[0].farBaud = 500_000;
		machine.uart[0].receive(bytes(1));
		cycles(3 * CHARACTER);
		expect(read(RIS) & FRAMING).toBe(FRAMING);
		expect(read(DR) & 0x100).toBe(0x100);
	});

	test("without FIFOs one character is held", () => {
		const { machine, read, cycles } = uart({ lcr: EIGHT });
		machine.uart[0].receive(bytes(2));
		cycles(CHARACTER + 20);
		expect(read(RIS) & RECEIVE).toBe(RECEIVE);
		cycles(CHARACTER);
		expect(read(RIS) & OVERRUN).toBe(OVERRUN);
	});
});
