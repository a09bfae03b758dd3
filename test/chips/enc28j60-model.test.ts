// The ENC28J60 model against its datasheet (DS39662) and errata (DS80349C): registers, start, transmission, PHY, DMA, faults.

import { expect, test } from "vitest";
import * as B from "./enc28j60-bench.ts";
import { Bench, R, fcs, frame, numbers } from "./enc28j60-bench.ts";

const seed = Number(process.env.SEED ?? 1);
const MBIT10 = 10_000_000;

// SPI and registers

test.each([
	["ERDPT", 0x05fa],
	["EWRPT", 0],
	["ERXST", 0x05fa],
	["ERXND", 0x1fff],
	["ERXRDPT", 0x05fa],
	["ERXWRPT", 0],
	["MAMXFL", 0x0600],
	["EPAUS", 0x1000],
] as const)("%s is right after reset (table 3-2)", (name, value) => {
	expect(new Bench().wait(400_000).read16(R[name])).toBe(value);
});

test.each([
	["ECON2", 0x80],
	["ECON1", 0],
	["EIE", 0],
	["ERXFCON", 0xa1],
	["MACON1", 0],
	["MACLCON1", 0x0f],
	["MACLCON2", 0x37],
	["EREVID", 0x06],
] as const)("%s is right after reset (table 3-2)", (name, value) => {
	expect(new Bench().wait(400_000).read(R[name])).toBe(value);
});

test("a MAC register read without its dummy byte is told", () => {
	const bench = new Bench().wait(400_000);
	bench.set(R.ECON1, 2).spi(R.MACON1 & 0x1f, 0);
	expect(bench.complaints()).toEqual([expect.stringContaining("(4.2.1)")]);
});

test("bits of MAC and MII registers cannot be set or cleared", () => {
	const bench = new Bench().wait(400_000).write(R.MACON3, 0x32).set(R.MACON3, 0x01);
	expect(bench.complaints()).toEqual([expect.stringContaining("(4.2.5)")]);
	expect(bench.read(R.MACON3)).toBe(0x32);
});

test.each([
	["an instruction that does not exist", [0xc0, 0], "(table 4-1)"],
	["a memory instruction with another argument", [0x30, 0], "(table 4-1)"],
	["an instruction without its byte", [0x5f], "(4.2)"],
	["an instruction with two", [0x5f, 0, 0], "(4.2)"],
	["the use of register 1Ah", [0x1a, 0], "(3.1)"],
])("told off: %s", (_name, bytes, section) => {
	const bench = new Bench().wait(400_000);
	bench.spi(...bytes);
	expect(bench.complaints()).toEqual([expect.stringContaining(section)]);
});

test.each([
	["MACON2, which is reserved", R.MACON2, 0, "(3.1)"],
	["EPKTCNT, which is read-only", R.EPKTCNT, 0, "read-only"],
	["a pointer beyond the 8 KB", R.ERDPT + 1, 0x20, "(3.2)"],
	["a reserved bit of EIE", R.EIE, 0x04, "reserved"],
] as const)("told off: writing %s", (_name, register, value, text) => {
	const bench = new Bench().wait(400_000).write(register, value);
	expect(bench.complaints()).toEqual([expect.stringContaining(text)]);
});

test("reading memory wraps from ERXND to ERXST, and from 1FFFh to 0 (4.2.2)", () => {
	const bench = new Bench().wait(400_000).write16(R.ERXST, 0x0100).write16(R.ERXND, 0x01ff);
	bench.writeMemory(0x01ff, [1]).writeMemory(0x0100, [2]).writeMemory(0x1fff, [3, 4]);
	expect([...bench.readMemory(0x01ff, 2)]).toEqual([1, 2]);
	expect([...bench.readMemory(0x1fff, 2)]).toEqual([3, 4]);
	bench.clear(R.ECON2, B.AUTOINC);
	expect([...bench.readMemory(0x1fff, 2)]).toEqual([3, 3]);
});

test("ERXRDPT moves when its high byte is written (7.2.4), ERXST moves ERXWRPT (6.1)", () => {
	const bench = new Bench().wait(400_000).write16(R.ERXST, 0).write(R.ERXRDPT, 0xff);
	expect(bench.read16(R.ERXRDPT)).toBe(0x05fa);
	bench.write(R.ERXRDPT + 1, 0x0f);
	expect(bench.read16(R.ERXRDPT)).toBe(0x0fff);
	expect(bench.read16(R.ERXWRPT)).toBe(0);
});

// Start

test("the clock is ready 300 us after power on, and MAC registers must wait for it (2.2)", () => {
	const bench = new Bench();
	expect(bench.chip.next()).toBe(300_000);
	expect(bench.read(R.ESTAT) & 1).toBe(0);
	bench.write(R.ERXFCON, 0).write(R.MACON1, 1);
	expect(bench.complaints()).toEqual([expect.stringContaining("CLKRDY")]);
	expect(bench.wait(300_000).read(R.ESTAT) & 1).toBe(1);
	expect([bench.read(R.ERXFCON), bench.read(R.MACON1)]).toEqual([0, 0]);
});

test("erratum 2: after a reset command CLKRDY says ready at once, but what is written within 1 ms is lost", () => {
	const bench = new Bench().wait(400_000).write(R.ERXFCON, 0).writeMemory(0, [7]);
	bench.spi(0xff);
	expect(bench.read(R.ESTAT) & 1).toBe(1);
	bench.wait(999_999).spi(0x40 | R.EIE, 0x80);
	expect(bench.complaints()).toEqual([expect.stringContaining("erratum 2")]);
	expect(bench.wait(1).read(R.EIE)).toBe(0);
	expect(bench.read(R.ERXFCON)).toBe(0xa1);
	expect([...bench.readMemory(0, 1)], "the memory keeps its contents").toEqual([7]);
	expect(bench.complaints()).toEqual([]);
});

test("in power save mode the MAC does not answer, nor the reset command (14.0, erratum 19)", () => {
	const bench = new Bench().open().clear(R.ECON1, B.RXEN).set(R.ECON2, B.PWRSV);
	expect(bench.read(R.ESTAT) & 1).toBe(0);
	bench.read(R.MACON1);
	bench.spi(0xff);
	expect(bench.complaints()).toEqual([expect.stringContaining("(14.0)"), expect.stringContaining("erratum 19")]);
	bench.clear(R.ECON2, B.PWRSV).wait(300_000);
	expect([bench.read(R.ESTAT) & 1, bench.read(R.MACON1)]).toEqual([1, 0x0d]);
});

test("a set-up in another order than ours, as other drivers have it, is not told off", () => {
	const bench = new Bench().wait(1);
	bench.clear(R.ECON2, B.PWRSV).wait(400_000).spi(0xff, 0xff);
	bench.wait(2_000_000).write(R.ECON1, 0).write(R.ECON2, 0x88);
	bench.write16(R.ERXST, 0).write16(R.ERXRDPT, 0x19ff).write16(R.ERXND, 0x19ff).write16(R.ETXST, 0x1a00).write16(R.ETXND, 0x1fff);
	bench.write(R.ERXFCON, 0xa1).write(R.MACON1, 0x0d).write(R.MACON3, 0x32).write(R.MACON4, 0x40).write16(R.MAIPG, 0x0c12);
	bench.write(R.MABBIPG, 0x12).write16(R.MAMXFL, 1518).writePhy(0x14, 0x3476).writePhy(B.PHCON1, 0).writePhy(B.PHCON2, B.HDLDIS);
	bench
		.writePhy(B.PHIE, 0x12)
		.clear(R.EIR, 0x7b)
		.write(R.EIE, 0xdb)
		.set(R.ECON1, B.RXEN)
		.clear(R.ECON1, B.RXEN)
		.set(R.ECON2, B.PWRSV);
	expect(bench.complaints()).toEqual([]);
});

// Transmission

test("a frame leaves after its time on the wire, padded, with TXIF and a status vector (7.1)", () => {
	const bench = new Bench({ lineRate: MBIT10 }).open();
	const bytes = frame(numbers(seed), 42);
	bench.send(bytes).wait((8 + 64 + 12) * 800 - 1);
	expect([bench.sent.length, bench.read(R.ECON1) & B.TXRTS]).toEqual([0, B.TXRTS]);
	bench.wait(1);
	expect([...bench.sent[0]]).toEqual([...bytes, ...Array.from({ length: 18 }, () => 0)]);
	expect([bench.read(R.ECON1) & B.TXRTS, bench.read(R.EIR) & (B.TXIF | B.TXERIF)]).toEqual([0, B.TXIF]);
	// 64 bytes, done, a type rather than a length; 64 bytes on the wire.
	expect(bench.transmitStatus()).toBe((64n << 32n) | (3n << 22n) | 64n);
	expect(bench.complaints()).toEqual([]);
});

test("the control byte overrides MACON3, and a short frame is told (figure 7-1, 5.1.6)", () => {
	const bench = new Bench().open();
	bench.send(frame(numbers(seed), 42), 0x03).wait(1000);
	expect(bench.transmitStatus() & 0xffffn).toBe(46n);
	expect(bench.complaints()).toEqual([expect.stringContaining("(5.1.6)")]);
	bench.send(frame(numbers(seed), 42), 0x07).wait(1000);
	expect(bench.complaints()).toEqual([]);
});

test("a frame with the host's own FCS leaves if that is right, and is lost if not", () => {
	const bench = new Bench().open();
	const bytes = frame(numbers(seed), 60);
	bench.send(Uint8Array.from([...bytes, ...fcs(bytes)]), 0x01).wait(1000);
	expect(bench.complaints()).toEqual([]);
	bench.send(Uint8Array.from([...bytes, 1, 2, 3, 4]), 0x01).wait(1000);
	expect(bench.complaints()).toEqual([expect.stringContaining("without an FCS")]);
	expect((bench.transmitStatus() >> 20n) & 1n).toBe(1n);
	expect(bench.sent.map((sent) => [...sent])).toEqual([[...bytes]]);
});

test("a frame longer than MAMXFL is aborted, and erratum 12 stalls the next until TXRST is pulsed", () => {
	const bench = new Bench({ seed }).open().write16(R.MAMXFL, 100);
	bench.send(frame(numbers(seed), 97)).wait(1000);
	expect([bench.read(R.ESTAT) & 2, bench.read(R.EIR) & B.TXERIF]).toEqual([2, B.TXERIF]);
	expect((bench.transmitStatus() >> 30n) & 1n).toBe(1n);
	bench.send(frame(numbers(seed), 96)).wait(1_000_000_000);
	expect(bench.read(R.ECON1) & B.TXRTS).toBe(B.TXRTS);
	bench
		.set(R.ECON1, B.TXRST)
		.clear(R.ECON1, B.TXRST)
		.send(frame(numbers(seed), 96))
		.wait(1000);
	expect([bench.sent.length, bench.read(R.ECON1) & B.TXRTS]).toEqual([1, 0]);
	expect(bench.complaints()).toEqual([expect.stringContaining("MAMXFL")]);
});

test("erratum 13: a late collision shows in the status vector, and TXRTS may stay; erratum 15: LATECOL is not reliable", () => {
	const bench = new Bench({ seed }).open(B.UCEN, "half");
	const stayed = new Set<number>();
	const told = new Set<number>();
	for (let i = 0; i < 40; i++) {
		bench.chip.fault("lateCollisions", 1);
		bench
			.clear(R.ESTAT, 0x12)
			.send(frame(numbers(seed), 100))
			.wait(1000);
		expect((bench.transmitStatus() >> 29n) & 1n).toBe(1n);
		expect(bench.read(R.EIR) & B.TXERIF).toBe(B.TXERIF);
		stayed.add(bench.read(R.ECON1) & B.TXRTS);
		told.add(bench.read(R.ESTAT) & 0x10);
		bench
			.clear(R.ECON1, B.TXRTS)
			.set(R.ECON1, B.TXRST)
			.clear(R.ECON1, B.TXRST)
			.send(frame(numbers(seed), 100))
			.wait(1000);
		expect(bench.sent.length, `SEED=${seed}`).toBe(i + 1);
	}
	expect([stayed.size, told.size], `SEED=${seed}`).toEqual([2, 2]);
	expect(bench.complaints()).toEqual([]);
});

test("in full duplex there are no collisions", () => {
	const bench = new Bench().open();
	bench.chip.fault("lateCollisions", 1);
	bench.send(frame(numbers(seed), 100)).wait(1000);
	expect(bench.sent.length).toBe(1);
});

test.each([
	["comes back in half duplex without HDLDIS", "half", 0, 1],
	["does not in half duplex with HDLDIS", "half", B.HDLDIS, 0],
	["does not in full duplex", "full", 0, 0],
] as const)("a frame of one's own: %s (6.6)", (_name, duplex, phcon2, count) => {
	const bench = new Bench().open(B.UCEN | B.BCEN, duplex).writePhy(B.PHCON2, phcon2);
	bench.send(frame(numbers(seed), 60, B.BROADCAST)).wait(1000);
	expect([bench.sent.length, bench.read(R.EPKTCNT)]).toEqual([1, count]);
});

test.each([
	["TXRTS while it is set", (b: Bench) => b.set(R.ECON1, B.TXRTS), "(7.1)"],
	["ETXND while TXRTS is set", (b: Bench) => b.write(R.ETXND, 0), "(7.1)"],
	["the frame while it is transmitted", (b: Bench) => b.writeMemory(B.TRANSMIT + 5, [1]), "(7.1)"],
])("told off: writing %s", (_name, act, text) => {
	const bench = new Bench({ lineRate: MBIT10 }).open().send(frame(numbers(seed), 1000));
	act(bench);
	expect(bench.complaints()).toEqual([expect.stringContaining(text)]);
});

test("a status vector that would be written into the receive buffer is told (6.2)", () => {
	const bench = new Bench()
		.open()
		.write16(R.ETXST, 0x1ff0)
		.writeMemory(0x1ff0, [0])
		.write16(R.ETXND, 0x1ffc)
		.set(R.ECON1, B.TXRTS);
	expect(bench.complaints()).toEqual([expect.stringContaining("(6.2)")]);
});

test("a PAUSE frame holds transmissions back, and one is sent for FCEN (section 9)", () => {
	const bench = new Bench({ lineRate: MBIT10 }).open();
	const pause = frame(numbers(seed), 60, [0x01, 0x80, 0xc2, 0x00, 0x00, 0x01]);
	pause.set([0x88, 0x08, 0x00, 0x01, 0x00, 0x10], 12);
	bench
		.receive(pause)
		.send(frame(numbers(seed), 60))
		.wait(16 * 51_200);
	expect([bench.sent.length, bench.read(R.EPKTCNT)]).toEqual([0, 0]);
	bench.wait(84 * 800).write(R.EFLOCON, 1);
	expect(bench.sent.length).toBe(2);
	expect([...bench.sent[1].subarray(0, 18)]).toEqual([...pause.subarray(0, 6), ...B.OWN, 0x88, 0x08, 0, 1, 0x10, 0]);
	expect(bench.read(R.EFLOCON)).toBe(0x04);
});

// PHY and DMA

test("a PHY register takes 10.24 us to come (3.3.1), and what comes earlier is told", () => {
	const bench = new Bench().wait(400_000).write(R.MIREGADR, B.PHID1).write(R.MICMD, 1).wait(10_239);
	expect(bench.read(R.MISTAT)).toBe(1);
	bench.read(R.MIRD);
	bench.write(R.MIREGADR, 0);
	expect(bench.complaints()).toEqual([expect.stringContaining("BUSY"), expect.stringContaining("BUSY")]);
	expect(bench.wait(1).read(R.MISTAT)).toBe(0);
	expect(bench.read16(R.MIRD)).toBe(0x0083);
});

test("a scan keeps reading (3.3.3)", () => {
	const bench = new Bench().wait(400_000).write(R.MIREGADR, B.PHSTAT2).write(R.MICMD, 2);
	expect(bench.read(R.MISTAT)).toBe(7);
	expect(bench.wait(10_240).read(R.MISTAT)).toBe(3);
	expect(bench.read16(R.MIRD) & B.LSTAT).toBe(B.LSTAT);
	bench.chip.link(false);
	expect(bench.read16(R.MIRD) & B.LSTAT).toBe(0);
	expect(bench.write(R.MICMD, 0).wait(10_240).read(R.MISTAT)).toBe(0);
});

test("a cable that was moved sets LINKIF until PHIR is read, and LLSTAT remembers (12.1.5, 3.3.4)", () => {
	const bench = new Bench()
		.open()
		.writePhy(B.PHIE, 0x12)
		.write(R.EIE, B.INTIE | B.LINKIF);
	bench.readPhy(B.PHIR);
	bench.readPhy(B.PHSTAT1);
	expect([bench.chip.interrupted(), bench.readPhy(B.PHSTAT1) & B.LLSTAT]).toEqual([false, B.LLSTAT]);
	bench.chip.link(false);
	bench.chip.link(true);
	expect([bench.chip.interrupted(), bench.read(R.EIR) & B.LINKIF]).toEqual([true, B.LINKIF]);
	bench.readPhy(B.PHIR);
	expect(bench.chip.interrupted()).toBe(false);
	expect([bench.readPhy(B.PHSTAT1) & B.LLSTAT, bench.readPhy(B.PHSTAT1) & B.LLSTAT]).toEqual([0, B.LLSTAT]);
});

test("the DMA engine sums up and copies (section 13)", () => {
	const bench = new Bench().wait(400_000).writeMemory(0x1000, [0x89, 0xab, 0xcd]);
	bench.write16(R.EDMAST, 0x1000).write16(R.EDMAND, 0x1002).write16(R.EDMADST, 0x1fff);
	bench.set(R.ECON1, B.CSUMEN | B.DMAST).wait(3 * 40);
	expect([bench.read(R.ECON1) & B.DMAST, bench.read(R.EIR) & B.DMAIF, bench.read16(R.EDMACS)]).toEqual([0, B.DMAIF, 0xa953]);
	bench
		.clear(R.ECON1, B.CSUMEN)
		.set(R.ECON1, B.DMAST)
		.wait(3 * 80 - 1);
	expect(bench.read(R.ECON1) & B.DMAST).toBe(B.DMAST);
	bench.wait(1);
	expect(bench.read(R.ECON1) & B.DMAST).toBe(0);
	expect([...bench.readMemory(0, 2)]).toEqual([0xab, 0xcd]);
	expect(bench.complaints()).toEqual([]);
});

test("erratum 17: a frame that comes while the DMA engine sums up is lost", () => {
	const bench = new Bench()
		.open()
		.write16(R.EDMAST, 0x1a00)
		.write16(R.EDMAND, 0x1b00)
		.set(R.ECON1, B.CSUMEN | B.DMAST);
	bench.receive(frame(numbers(seed), 60));
	expect([bench.read(R.EPKTCNT), bench.read(R.EIR) & B.RXERIF]).toEqual([0, B.RXERIF]);
});

// Faults

test("a bad length is wrong in length or pointer, and the next frame is right", () => {
	const bench = new Bench({ seed }).open();
	bench.chip.fault("badLength", 1);
	bench.receive(frame(numbers(seed), 60)).receive(frame(numbers(seed), 60));
	const header = [...bench.readMemory(0, 4)];
	expect([header[0] | (header[1] << 8), header[2] | (header[3] << 8)]).not.toContain(70);
	expect([...bench.readMemory(70, 4)]).toEqual([140, 0, 64, 0]);
	expect(bench.read16(R.ERXWRPT)).toBe(140);
});

test("a transmission that is stuck ends with TXRST only", () => {
	const bench = new Bench().open();
	bench.chip.fault("transmitStuck", 1);
	bench.send(frame(numbers(seed), 60)).wait(1_000_000_000);
	expect(bench.read(R.ECON1) & B.TXRTS).toBe(B.TXRTS);
	bench
		.clear(R.ECON1, B.TXRTS)
		.send(frame(numbers(seed), 60))
		.wait(1_000_000_000);
	expect(bench.sent.length).toBe(0);
	bench.set(R.ECON1, B.TXRST);
	expect(bench.read(R.ECON1) & B.TXRTS).toBe(0);
	bench
		.clear(R.ECON1, B.TXRST)
		.send(frame(numbers(seed), 60))
		.wait(1000);
	expect(bench.sent.length).toBe(1);
});

test("a brown-out loses the settings and starts the clock again; busy, it takes longer", () => {
	const bench = new Bench().open();
	bench.chip.fault("busy", 3);
	bench.chip.fault("resets", 1);
	expect([bench.read(R.ERXFCON), bench.read(R.ESTAT) & 1]).toEqual([0xa1, 0]);
	expect(bench.wait(899_999).read(R.ESTAT) & 1).toBe(0);
	expect(bench.wait(1).read(R.ESTAT) & 1).toBe(1);
});
