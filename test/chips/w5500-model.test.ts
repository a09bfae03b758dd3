// The W5500 model against the datasheet (version 1.0.9): a driver that obeys it gets frames through, one that does not is told.

import { expect, test } from "vitest";
import {
	BCASTB,
	BYTE,
	Bench,
	CLOSE,
	COMMON,
	INTLEVEL,
	MAC,
	MFEN,
	MIP6B,
	MMB,
	MR,
	MS,
	OPEN,
	PHYCFGR,
	RECEIVED,
	RECV,
	RTR,
	RX,
	RXBUF_SIZE,
	RX_RD,
	RX_RSR,
	RX_WR,
	SEND,
	SENDOK,
	SHAR,
	SIMR,
	SN_CR,
	SN_IR,
	SN_MR,
	SN_SR,
	SOCKET,
	TX,
	TXBUF_SIZE,
	TX_FSR,
	TX_RD,
	TX_WR,
	VERSIONR,
	frame,
	numbers,
} from "./w5500-bench.ts";

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

test("a driver that believes a wrong length is not blamed for where it ends up", () => {
	const bench = new Bench({ seed }).open();
	let misled = 0;
	for (let i = 0; i < 200; i++) {
		bench.chip.fault("badLength", 1);
		for (let n = 0; n < 10; n++) bench.chip.receive(frame(1500));
		const at = bench.word(RX_RD);
		const [high, low] = bench.read(RX, at, 2);
		const length = (high! << 8) | low!;
		if (length > 1502 && length < bench.size(RX_RSR)) misled++;
		if (length <= bench.size(RX_RSR)) bench.release(at + length);
		if (length > 1502 && bench.size(RX_RSR) > 1600) bench.release(bench.word(RX_RD) + 1600);
		bench.release(bench.word(RX_WR));
	}
	expect(misled, `SEED=${seed}`).toBeGreaterThan(0);
	expect(bench.complaints, `SEED=${seed}`).toEqual([]);
});

test("the PHY takes another mode over with its reset, and tells speed and duplex", () => {
	const bench = new Bench({ lineRate: 100_000_000 });
	expect(bench.read(COMMON, PHYCFGR)).toEqual([0xbf]);
	bench.write(COMMON, PHYCFGR, 0xc0); // 10BASE-T, half duplex
	expect(bench.read(COMMON, PHYCFGR)).toEqual([0xc7]);
	bench.write(COMMON, PHYCFGR, 0x40);
	bench.write(COMMON, PHYCFGR, 0xc0);
	expect(bench.read(COMMON, PHYCFGR)).toEqual([0xc0]);
	bench.pass(2 * MS);
	expect(bench.read(COMMON, PHYCFGR)).toEqual([0xc1]);
	bench.write(COMMON, PHYCFGR, 0x70); // power down
	bench.write(COMMON, PHYCFGR, 0xf0);
	bench.pass(2 * MS);
	expect(bench.read(COMMON, PHYCFGR)).toEqual([0xf0]);
	expect(new Bench({ lineRate: 10_000_000 }).read(COMMON, PHYCFGR)).toEqual([0xbd]);
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
	bench.pass(10 * MS);
	expect(bench.sent.every((sent) => sent.length <= 1514)).toBe(true);
});
