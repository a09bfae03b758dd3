// Peers and strangers that use congestion control, timestamps and SACK against us: what they gain is bounded. Savage et al., "TCP Congestion Control with a Misbehaving Receiver" (1999);
// RFC 5681 §3.2, RFC 3465, RFC 2018 §8, RFC 7323 §5 and §7.
import { describe, expect, test } from "vitest";
import { tcpInfo } from "../../../../src/transport/tcp/info.ts";
import { blockOf } from "../../../support/tcb.ts";
import { Peer } from "./peer.ts";

const MSS = 1000;
const LARGE = { sockets: { sendBuffer: 200_000, receiveBuffer: 60_000 } };
const word = (value: number) => [(value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const stamps = (value: number, echo: number) => [1, 1, 8, 10, ...word(value), ...word(echo)];

/** A connection of the stack's that has as much to send as it can, with SACK or timestamps where the peer answers so. */
function sender(options: { sack?: boolean; congestion?: "cubic" | "newreno"; window?: number } = {}) {
	const peer = new Peer({ ...LARGE, tcp: { congestion: options.congestion ?? "newreno", windowScale: false } });
	if (options.window !== undefined) peer.window = options.window;
	const tcb = peer.stack.tcp.connect("10.0.0.2", peer.remotePort);
	peer.localPort = tcb.localPort;
	peer.run(0);
	peer.take();
	peer.send({ flags: "SA", seq: 0, ack: 1, mss: MSS, options: options.sack ? [4, 2, 0, 0] : [] });
	peer.take();
	expect(tcpInfo(tcb).options).toEqual(options.sack ? ["sack"] : []);
	peer.stack.tcp.write(tcb, new Uint8Array(200_000).fill(7), 0, 200_000);
	return { peer, tcb, sent: () => peer.take().reduce((bytes, { length }) => bytes + length, 0) };
}

describe("acknowledgments in pieces", () => {
	test.each([false, true])("in slow start open the window by the bytes that they acknowledge, no more; sack: %s", (sack) => {
		const { peer, tcb, sent } = sender({ sack });
		expect(sent()).toBe(10 * MSS);
		const before = tcpInfo(tcb).congestionWindow;
		let more = 0;
		for (let ack = 2; ack <= 1 + MSS; ack += 3) {
			peer.send({ flags: "A", seq: 1, ack });
			more += sent();
		}
		const acked = tcpInfo(tcb).delivered;
		expect(acked).toBeGreaterThan(MSS - 4);
		expect(tcpInfo(tcb).congestionWindow).toBeLessThanOrEqual(before + acked);
		expect(more).toBeLessThanOrEqual(2 * acked + MSS);
	});
	test("in congestion avoidance as well", () => {
		const { peer, tcb, sent } = sender();
		sent();
		blockOf(tcb).ssthresh = 5 * MSS;
		const before = tcpInfo(tcb).congestionWindow;
		for (let ack = 2; ack <= 1 + 5 * MSS; ack += 7) peer.send({ flags: "A", seq: 1, ack });
		expect(tcpInfo(tcb).congestionWindow).toBeLessThanOrEqual(before + MSS);
	});
});

describe("acknowledgments of what nobody sent", () => {
	test.each([1, 70_000, 0x7fff0000])("are answered, now and then, and open nothing: %i beyond", (beyond) => {
		const { peer, tcb, sent } = sender();
		sent();
		const before = tcpInfo(tcb);
		let answers = 0;
		for (let i = 0; i < 100; i++) {
			peer.send({ flags: "A", seq: 1, ack: (10 * MSS + 1 + beyond + i) | 0 });
			const out = peer.take();
			expect(out.every(({ length }) => length === 0)).toBe(true);
			answers += out.length;
		}
		expect(answers).toBeLessThan(12);
		expect(tcpInfo(tcb)).toEqual(before);
	});
	test("ahead of the data, which is lost, end no transfer: what they claimed is not sent again, but nothing else breaks", () => {
		// The receiver harms itself alone: RFC 5681 §7.
		const { peer, tcb, sent } = sender();
		let total = 0;
		for (let i = 0; i < 400 && total < 200_000; i++) {
			total += sent();
			peer.send({ flags: "A", seq: 1, ack: 1 + total });
		}
		expect(total).toBe(200_000);
		expect(tcpInfo(tcb)).toMatchObject({ inFlight: 0, recovery: "open", delivered: 200_000 });
	});
});

describe("duplicate acknowledgments out of the air", () => {
	test.each(["cubic", "newreno"] as const)("do not let more out than the segments that they could be of; %s", (congestion) => {
		const { peer, tcb, sent } = sender({ congestion });
		expect(sent()).toBe(10 * MSS);
		let more = 0;
		for (let i = 0; i < 1000; i++) peer.queue({ flags: "A", seq: 1, ack: 1 });
		peer.run(0);
		more += sent();
		// Limited transmit, the lost segment, and one for each that could have arrived.
		expect(more).toBeLessThanOrEqual(12 * MSS);
		expect(tcpInfo(tcb).congestionWindow).toBeLessThanOrEqual(12 * MSS);
	});
});

describe("SACK that lies", () => {
	const block = (peer: Peer, start: number, end: number) => [
		1,
		1,
		5,
		10,
		...word((peer.irs + start) | 0),
		...word((peer.irs + end) | 0),
	];

	test("what was told of and is taken back goes again after a timeout. RFC 2018 §8", () => {
		const { peer, tcb, sent } = sender({ sack: true });
		expect(sent()).toBe(10 * MSS);
		peer.send({ flags: "A", seq: 1, ack: 1, options: block(peer, 1 + MSS, 1 + 10 * MSS) });
		peer.take();
		expect(tcpInfo(tcb).sacked).toBe(9 * MSS);
		// It takes the first and has nothing else any more.
		const got = new Set<number>();
		let ack = 1;
		for (let i = 0; i < 60 && ack < 1 + 10 * MSS; i++) {
			peer.run(1000);
			for (const { seq, length } of peer.take()) for (let at = seq; at < seq + length; at += MSS) got.add(at);
			while (got.has(ack)) ack += MSS;
			peer.send({ flags: "A", seq: 1, ack });
		}
		expect(ack).toBeGreaterThanOrEqual(1 + 10 * MSS);
	});
	test.each([
		["beyond what was sent", 1 + 20 * MSS, 1 + 21 * MSS],
		["of what is acknowledged already", -5000, -1000],
		["over everything and more", -1000, 1 + 400 * MSS],
		["that is empty", 1 + MSS, 1 + MSS],
		["that ends before it begins", 1 + 5 * MSS, 1 + 2 * MSS],
		["half the numbers long", 1 + MSS, (1 + MSS + 0x7fffffff) | 0],
	])("a block %s is of no use", (_what, start, end) => {
		const { peer, tcb, sent } = sender({ sack: true });
		sent();
		for (let i = 0; i < 50; i++) peer.send({ flags: "A", seq: 1, ack: 1, options: block(peer, start, end) });
		expect(tcpInfo(tcb)).toMatchObject({ sacked: 0, lost: 0, recovery: "open", congestionWindow: 10 * MSS });
		expect(sent()).toBe(0);
	});
	test("blocks that overlap count once", () => {
		const { peer, tcb, sent } = sender({ sack: true });
		sent();
		const edges = [2, 6, 3, 5, 2, 4, 5, 7].map((n) => word((peer.irs + 1 + n * MSS) | 0)).flat();
		peer.send({ flags: "A", seq: 1, ack: 1, options: [1, 1, 5, 34, ...edges] });
		expect(tcpInfo(tcb).sacked).toBe(5 * MSS);
	});
});

describe("timestamps", () => {
	/** A connection with them, whose peer's first one is `first`. */
	function stamped(first: number) {
		const peer = new Peer(LARGE);
		const tcb = peer.stack.tcp.connect("10.0.0.2", peer.remotePort);
		peer.localPort = tcb.localPort;
		peer.run(0);
		peer.take();
		let echo = 0;
		const heard = () => {
			const out = peer.take();
			const last = out.at(-1);
			if (last === undefined) return undefined;
			const view = new DataView(last.frame.buffer, last.frame.byteOffset);
			echo = view.getInt32(14 + 40 + 4);
			return { ack: last.ack, echoes: view.getInt32(14 + 40 + 8) >>> 0 };
		};
		peer.send({ flags: "SA", seq: 0, ack: 1, mss: MSS, options: stamps(first, blockOf(tcb).tsOffset) });
		heard();
		expect(tcpInfo(tcb).options).toEqual(["timestamps"]);
		const data = (seq: number, value: number, length = 100) => {
			peer.send({ flags: "PA", seq, ack: 1, length, options: stamps(value, echo) });
			peer.run(100);
			return heard();
		};
		return { peer, tcb, data };
	}

	test.each([0, 1, 0x7ffffffe, 0xfffffffe])("from %i on are right past their end and past half of their range", (first) => {
		const { tcb, data } = stamped(first);
		let seq = 1;
		for (let i = 0; i < 5; i++, seq += 100)
			expect(data(seq, (first + i) | 0)).toEqual({ ack: seq + 100, echoes: (first + i) >>> 0 });
		expect(tcpInfo(tcb).received).toBe(500);
		// And one of before is old.
		expect(data(seq, (first + 3) | 0)).toEqual({ ack: seq, echoes: (first + 4) >>> 0 });
		expect(tcpInfo(tcb).received).toBe(500);
	});
	test("always 0 are as good as any", () => {
		const { tcb, data } = stamped(0);
		for (let i = 0; i < 5; i++) expect(data(1 + 100 * i, 0)).toEqual({ ack: 101 + 100 * i, echoes: 0 });
		expect(tcpInfo(tcb).received).toBe(500);
	});
	test.each([
		["outside of the window", 1_000_000, 100],
		["before it", -2000, 100],
		["ahead of its turn", 5001, 100],
		["that acknowledges nothing that was sent", 1, 0],
	])("of a stranger's segment %s are not remembered: what is honest is not old afterwards", (_what, seq, length) => {
		const { peer, tcb, data } = stamped(1000);
		expect(data(1, 1001)).toEqual({ ack: 101, echoes: 1001 });
		const ack = length === 0 ? 999_999 : 1;
		for (const value of [0x40000000, 0x7ffff000])
			peer.send({ flags: "A", seq: length === 0 ? 101 : seq, ack, length, options: stamps(value, 0) });
		peer.run(1000);
		peer.take();
		expect(data(101, 1002)?.ack).toBeGreaterThanOrEqual(201);
		expect(tcpInfo(tcb).received).toBeGreaterThanOrEqual(200);
	});
	test("that are old stop neither resets nor what comes after 24 days of silence", () => {
		const { peer, tcb, data } = stamped(1000);
		expect(data(1, 1001)?.ack).toBe(101);
		peer.run(24 * 86_400_000 + 1000);
		expect(data(101, 5)?.ack).toBe(201);
		peer.send({ flags: "R", seq: 201, options: stamps(1, 0) });
		expect(tcb.error).toBe("reset");
	});
});
