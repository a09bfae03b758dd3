// How the ENC28J60 model receives, against its datasheet (DS39662) and errata (DS80349C): layout, ring, filters, interrupt.

import { expect, test } from "vitest";
import * as B from "./enc28j60-bench.ts";
import { Bench, R, crcBits, fcs, frame, numbers } from "./enc28j60-bench.ts";

const seed = Number(process.env.SEED ?? 1);

test("a frame lies behind its next pointer and status vector, with its FCS, at even addresses (figure 7-3)", () => {
	const bench = new Bench().open();
	const bytes = frame(numbers(seed), 61, B.BROADCAST);
	const { next, status, bytes: got } = bench.receive(bytes).take();
	expect(next).toBe(72);
	expect(bench.read16(R.ERXWRPT)).toBe(72);
	expect([...got]).toEqual([...bytes, ...fcs(bytes)]);
	// Received OK, a type rather than a length, broadcast.
	expect(status >>> 16).toBe(0x02c0);
	expect(bench.complaints()).toEqual([]);
});

test("frames of every size go round the ring unharmed, and room says what finds room", () => {
	const below = numbers(seed);
	const bench = new Bench({ seed }).open(B.UCEN, "full", 0x0fff);
	const waiting: Uint8Array[] = [];
	for (let i = 0; i < 1500; i++) {
		const bytes = frame(below, 60 + below(below(2) ? 60 : 1455));
		const before = bench.chip.counts();
		const room = bench.chip.room(bytes.length);
		bench.receive(bytes);
		const after = bench.chip.counts();
		expect(after.received - before.received, `SEED=${seed}, frame ${i}`).toBe(room ? 1 : 0);
		expect(after.overflowed - before.overflowed, `SEED=${seed}, frame ${i}`).toBe(room ? 0 : 1);
		if (room) waiting.push(bytes);
		while (waiting.length > 0 && below(3)) {
			const wanted = waiting.shift()!;
			expect([...bench.take().bytes.subarray(0, -4)], `SEED=${seed}, frame ${i}`).toEqual([...wanted]);
		}
		expect(bench.read(R.EPKTCNT)).toBe(waiting.length);
	}
	expect(bench.chip.counts().overflowed, `SEED=${seed}`).toBeGreaterThan(0);
	expect(bench.complaints(), `SEED=${seed}`).toEqual([]);
});

test("a frame just finds room up to ERXRDPT, one byte more sets RXERIF (12.1.2)", () => {
	// 1,024 bytes, of which the receiver uses all but two: 6 + 1012 + 4 is 1,022.
	const bench = new Bench().open(B.UCEN, "full", 0x03ff);
	expect([bench.chip.room(1012), bench.chip.room(1013)]).toEqual([true, false]);
	bench.receive(frame(numbers(seed), 1013));
	expect([bench.read(R.EIR) & B.RXERIF, bench.read(R.EPKTCNT)]).toEqual([B.RXERIF, 0]);
	bench.receive(frame(numbers(seed), 1012));
	expect(bench.read(R.EPKTCNT)).toBe(1);
});

test("nobody hears: no room is needed, and nothing arrives", () => {
	const bench = new Bench().open().clear(R.ECON1, B.RXEN);
	expect(bench.chip.room(1514)).toBe(true);
	bench.receive(frame(numbers(seed), 100));
	expect([bench.read(R.EPKTCNT), bench.chip.counts().filtered]).toEqual([0, 0]);
});

const MULTICAST = [0x33, 0x33, 0x00, 0x00, 0x00, 0xfb];
const OTHER = [0x02, 1, 2, 3, 4, 5];
test.each([
	["UCEN", B.UCEN, [true, false, false, false]],
	["BCEN", B.BCEN, [false, true, false, false]],
	["MCEN", B.MCEN, [false, true, true, false]],
	["UCEN or BCEN", B.UCEN | B.BCEN, [true, true, false, false]],
	["MCEN and BCEN", B.MCEN | B.BCEN | B.ANDOR, [false, true, false, false]],
	["no filter", B.CRCEN, [true, true, true, true]],
	["HTEN", B.HTEN, [false, false, true, false]],
] as const)("%s lets pass what it should (section 8)", (_name, filters, expected) => {
	const bench = new Bench().open(filters);
	const bit = (crcBits(MULTICAST) >>> 23) & 63;
	bench.write(R.EHT0 + (bit >> 3), 1 << (bit & 7));
	const passed = [B.OWN, B.BROADCAST, MULTICAST, OTHER].map((to) => {
		const before = bench.chip.counts().received;
		bench.receive(frame(numbers(seed), 60, [...to]));
		return bench.chip.counts().received > before;
	});
	expect(passed).toEqual(expected);
});

test("the pattern match filter sums up what its mask selects (8.2); erratum 18: others pass at times", () => {
	const bench = new Bench({ seed })
		.open(B.PMEN, "full", 0x03ff)
		.write16(R.EPMCS, 0x5bfc)
		.write(R.EPMM0, 0xc0)
		.write(R.EPMM0 + 1, 0x0f);
	const bytes = frame(numbers(seed), 60, OTHER);
	bytes.set([0x00, 0x04, 0xa3, 0xff, 0xff, 0xff], 6);
	bench.receive(bytes);
	expect(bench.chip.counts().received).toBe(1);
	bytes[6] = 1;
	for (let i = 0; i < 400; i++) bench.receive(bytes);
	expect(bench.chip.counts().filtered, `SEED=${seed}`).toBeGreaterThan(300);
	expect(bench.chip.counts().filtered, `SEED=${seed}`).toBeLessThan(400);
});

test("a magic packet is found anywhere in the data (8.3)", () => {
	const bench = new Bench().open(B.MPEN);
	const bytes = frame(numbers(seed), 200);
	bench.receive(bytes);
	for (const at of [14, 77, 200 - 102]) {
		const magic = frame(numbers(seed), 200);
		magic.set([...B.BROADCAST, ...Array.from({ length: 16 }, () => B.OWN).flat()], at);
		bench.receive(magic);
	}
	expect([bench.chip.counts().filtered, bench.chip.counts().received]).toEqual([1, 3]);
});

test("the interrupt pin is low while a frame is there and INTIE is set (12.0); erratum 6: PKTIF does not always tell", () => {
	const bench = new Bench({ seed }).open().write(R.EIE, B.INTIE | B.PKTIF);
	bench.receive(frame(numbers(seed), 60));
	expect(bench.chip.interrupted()).toBe(true);
	const flags = Array.from({ length: 100 }, () => bench.read(R.EIR) & B.PKTIF);
	expect([flags.includes(0), flags.includes(B.PKTIF)], `SEED=${seed}`).toEqual([true, true]);
	bench.clear(R.EIE, B.INTIE);
	expect(bench.chip.interrupted()).toBe(false);
	bench.set(R.EIE, B.INTIE);
	expect(bench.chip.interrupted()).toBe(true);
	bench.take();
	expect(bench.chip.interrupted()).toBe(false);
});

test.each([
	["writing ERXST while RXEN is set", (b: Bench) => b.write(R.ERXST, 0), "(3.2.1)"],
	["PKTDEC without a frame", (b: Bench) => b.set(R.ECON2, B.PKTDEC), "(7.2.4)"],
	["reading where no frame is", (b: Bench) => b.readMemory(0, 10), "(7.2.3)"],
	["writing where the receiver writes", (b: Bench) => b.writeMemory(0x200, [1, 2, 3]), "(13.2, 7.2.4)"],
	["an ERXRDPT that is even", (b: Bench) => b.write16(R.ERXRDPT, 0x0100), "erratum 14"],
	["an ERXRDPT outside the buffer", (b: Bench) => b.write16(R.ERXRDPT, 0x1f01), "(3.2.1)"],
])("told off: %s", (_name, act, text) => {
	const bench = new Bench().open();
	act(bench);
	expect(bench.complaints()).toEqual([expect.stringContaining(text)]);
});

test("erratum 5: a receive buffer that does not start at 0 is told, and its write pointer goes wrong at times", () => {
	const bench = new Bench({ seed }).wait(400_000);
	const pointers = Array.from({ length: 50 }, () => bench.write16(R.ERXST, 0x0200).read16(R.ERXWRPT));
	expect(new Set(pointers), `SEED=${seed}`).toEqual(new Set([0, 0x0200]));
	bench.write16(R.ERXRDPT, 0x1fff).set(R.ECON1, B.RXEN);
	expect(bench.complaints()).toEqual([expect.stringContaining("erratum 5")]);
});

test("erratum 14: an even ERXRDPT spoils headers sooner or later", () => {
	const bench = new Bench({ seed }).open(B.UCEN).write16(R.ERXRDPT, 0x19fe);
	const below = numbers(seed);
	for (let i = 0; i < 60; i++) bench.receive(frame(below, 60));
	const spoiled = Array.from({ length: 60 }, (_, i) => bench.readMemory(i * 70, 2)).filter(
		(header, i) => (header[0] | (header[1] << 8)) !== (i + 1) * 70,
	);
	expect(spoiled.length, `SEED=${seed}`).toBeGreaterThan(0);
});
