// What a sender does: segments, Nagle, windows, losses, timeouts. RFC 9293 §3.7 and §3.8, 5681, 6582, 3042, 6298.
import { describe, expect, test } from "vitest";
import { Peer } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

const big = { sockets: { sendBuffer: 32_000 }, tcp: { congestion: "newreno" } } as const;

describe("segments", () => {
	test("ten at first, all full, the last of what was written with PSH. RFC 6928", () => {
		const peer = new Peer(big);
		peer.connected({ length: 100_000 });
		const sent = peer.take();
		expect(sent.map((segment) => segment.length)).toEqual(Array.from({ length: 10 }, () => 1460));
	});
	test("no longer than the peer's MSS and our MTU", () => {
		const peer = new Peer(big);
		peer.connected({ length: 100_000 }, 9000);
		expect(peer.take()[0]!.length).toBe(1460);
		const other = new Peer(big);
		other.connected({ length: 100_000 }, 700);
		expect(other.take()[0]!.length).toBe(700);
	});
	test("a small send buffer is cut in two, so that acknowledgments need not wait", () => {
		const peer = new Peer({ sockets: { sendBuffer: 1000 } });
		peer.connected({ length: 10_000 });
		expect(peer.told()).toEqual(["A 1+500 ack 1", "PA 501+500 ack 1"]);
	});
});

describe("Nagle's algorithm, as of Minshall", () => {
	function small(noDelay: boolean) {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.take();
		const { tcp } = peer.stack;
		if (noDelay) tcp.setNoDelay(endpoint.tcb!, true);
		for (let i = 0; i < 3; i++) {
			tcp.write(endpoint.tcb!, new Uint8Array(10), 0, 10);
			peer.run(1);
		}
		return peer;
	}
	test("a small segment waits while one is in flight", () => {
		const peer = small(false);
		expect(peer.told()).toEqual(["PA 1+10 ack 1"]);
		peer.send({ flags: "A", seq: 1, ack: 11 });
		expect(peer.told()).toEqual(["PA 11+20 ack 1"]);
	});
	test("unless turned off", () => {
		expect(small(true).told()).toEqual(["PA 1+10 ack 1", "PA 11+10 ack 1", "PA 21+10 ack 1"]);
	});
	test("the tail of a write goes with its full segments", () => {
		const peer = new Peer();
		peer.connected({ length: 3000 });
		expect(peer.told()).toEqual(["A 1+1460 ack 1", "A 1461+1460 ack 1", "PA 2921+80 ack 1"]);
	});
	test("a FIN does not wait", () => {
		const peer = small(false);
		peer.take();
		peer.stack.tcp.close(peer.stack.tcp.inUse()[0]!);
		peer.run(0);
		expect(peer.told()).toEqual(["FPA 11+20 ack 1"]);
	});
});

describe("the peer's window", () => {
	test("bounds what is in flight", () => {
		const peer = new Peer(big);
		peer.window = 4000;
		peer.connected({ length: 100_000 });
		const lengths = peer.take().map((segment) => segment.length);
		expect(lengths).toEqual([1460, 1460]);
		peer.send({ flags: "A", seq: 1, ack: 2921 });
		expect(peer.take().map((segment) => segment.length)).toEqual([1460, 1460]);
	});
	test("a small one is filled, since a full segment never fits", () => {
		const peer = new Peer(big);
		peer.window = 600;
		peer.connected({ length: 100_000 });
		expect(peer.told()).toEqual(["A 1+600 ack 1"]);
	});
	test("half of the largest is worth a segment, less is not (silly window syndrome)", () => {
		const peer = new Peer(big);
		peer.window = 1400;
		peer.connected({ length: 100_000 });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1401, window: 600 });
		expect(peer.take()).toEqual([]);
		peer.send({ flags: "A", seq: 1, ack: 1401, window: 700 });
		expect(peer.told()).toEqual(["A 1401+700 ack 1"]);
	});
	test("too small for long, what fits goes by the timer", () => {
		const peer = new Peer(big);
		peer.window = 1400;
		peer.connected({ length: 100_000 });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1401, window: 600 });
		peer.run(1500);
		expect(peer.told()[0]).toBe("PA 1401+600 ack 1");
	});
	test("a closed one is probed with one byte, ever more rarely, and for as long as it is confirmed", () => {
		const peer = new Peer(big);
		peer.window = 1000;
		const endpoint = peer.connected({ length: 10_000 });
		peer.take();
		peer.window = 0;
		peer.send({ flags: "A", seq: 1, ack: 1001 });
		const times: number[] = [];
		for (let i = 0; i < 600; i++) {
			peer.run(1000);
			for (const segment of peer.take()) {
				expect(segment).toMatchObject({ seq: 1001, length: 1 });
				times.push(segment.at);
				peer.send({ flags: "A", seq: 1, ack: 1001, window: 0 });
			}
		}
		expect(times.length).toBeGreaterThan(10);
		// The first eight double; the later ones come at least three times in two minutes.
		for (let i = 2; i < 8; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1.9 * (times[i - 1]! - times[i - 2]!));
		expect(times.at(-1)! - times.at(-2)!).toBeLessThanOrEqual(60_000);
		expect(endpoint.error).toBe("");
		peer.send({ flags: "A", seq: 1, ack: 1001, window: 5000 });
		expect(peer.take()[0]).toMatchObject({ seq: 1001, length: 1460 });
	});
	test("a probe's byte that was taken is not sent again", () => {
		const peer = new Peer(big);
		peer.window = 1000;
		peer.connected({ length: 10_000 });
		peer.send({ flags: "A", seq: 1, ack: 1001, window: 0 });
		peer.run(1500);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1002, window: 5000 });
		expect(peer.take()[0]).toMatchObject({ seq: 1002, length: 1460 });
	});
	test("a closed one that nobody confirms ends the connection at the user timeout", () => {
		const peer = new Peer(big);
		peer.window = 1000;
		const endpoint = peer.connected({ length: 10_000 });
		peer.send({ flags: "A", seq: 1, ack: 1001, window: 0 });
		peer.run(99_000);
		expect(endpoint.error).toBe("");
		peer.run(3000);
		expect(endpoint.error).toBe("timeout");
	});
	test("an older segment does not bring an older window. SND.WL1, SND.WL2", () => {
		const peer = new Peer(big);
		peer.window = 3000;
		const endpoint = peer.connected({ length: 0 });
		peer.send({ flags: "A", seq: 101, ack: 1, length: 100, window: 2000 });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100, window: 9999 });
		expect(blockOf(endpoint.tcb!).sndWnd).toBe(2000);
	});
});

describe("losses", () => {
	function flying() {
		const peer = new Peer(big);
		const endpoint = peer.connected({ length: 100_000 });
		peer.take();
		return { peer, tcb: endpoint.tcb!, endpoint };
	}
	const duplicate = { flags: "A", seq: 1, ack: 1 };
	test("the first two duplicate acknowledgments let new segments out. RFC 3042", () => {
		const { peer } = flying();
		peer.send(duplicate);
		expect(peer.told()).toEqual(["A 14601+1460 ack 1"]);
		peer.send(duplicate);
		expect(peer.told()).toEqual(["A 16061+1460 ack 1"]);
	});
	test("the third brings the lost segment at once, and halves what is in flight. RFC 5681 §3.2", () => {
		const { peer, tcb } = flying();
		peer.send(duplicate);
		peer.send(duplicate);
		peer.take();
		peer.send(duplicate);
		expect(peer.told()).toEqual(["A 1+1460 ack 1"]);
		expect(blockOf(tcb).ssthresh).toBe((12 * 1460) / 2);
		expect(blockOf(tcb).cwnd).toBe(9 * 1460);
	});
	test("with data they are none, nor with another window", () => {
		const { peer } = flying();
		for (let i = 0; i < 5; i++) peer.send({ flags: "A", seq: 1 + i, ack: 1, length: 1 });
		for (let i = 0; i < 5; i++) peer.send({ flags: "A", seq: 6, ack: 1, window: 60_000 + i });
		expect(peer.take().filter((segment) => segment.seq === 1)).toEqual([]);
	});
	test("a partial acknowledgment brings the next lost one; the full one ends recovery. RFC 6582", () => {
		const { peer, tcb, endpoint } = flying();
		for (let i = 0; i < 3; i++) peer.send(duplicate);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1 + 3 * 1460 });
		expect(peer.told()[0]).toBe("A 4381+1460 ack 1");
		expect(blockOf(tcb).recovering).toBe(1);
		peer.send({ flags: "A", seq: 1, ack: (blockOf(endpoint.tcb!).sndMax - blockOf(tcb).iss) | 0 });
		expect(blockOf(tcb).recovering).toBe(0);
		expect(blockOf(tcb).cwnd).toBeLessThanOrEqual(blockOf(tcb).ssthresh + 1460);
		expect(blockOf(tcb).dupAcks).toBe(0);
	});
	test("a timeout sends the first again, then everything as acknowledgments come; the timeout doubles. RFC 6298 §5", () => {
		const { peer, tcb } = flying();
		peer.run(10_000);
		const sent = peer.take();
		expect(sent.every((segment) => segment.seq === 1)).toBe(true);
		// From the third on it may be a black hole: RFC 4821.
		expect(sent.slice(0, 4).map(({ length }) => length)).toEqual([1460, 1460, 1024, 512]);
		const times = sent.map((segment) => segment.at);
		for (let i = 2; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(2 * (times[i - 1]! - times[i - 2]!));
		expect(blockOf(tcb).cwnd).toBe(512);
		expect(blockOf(tcb).ssthresh).toBe(5 * 1460);
		peer.send({ flags: "A", seq: 1, ack: 513 });
		expect(peer.told()).toEqual(["A 513+512 ack 1", "A 1025+512 ack 1"]);
	});
	test.each([
		[undefined, 200],
		["short", 200],
		["standard", 1000],
	] as const)("the option `timeout` says the least of a timeout: %s, %i ms. RFC 6298 §2.4", (timeout, least) => {
		const peer = new Peer({ tcp: timeout === undefined ? {} : { timeout } });
		peer.connected({ length: 100 });
		const [first] = peer.take();
		peer.run(4 * least);
		const again = peer.take();
		expect(again.map(({ seq, length }) => `${seq}+${length}`)).toEqual(["1+100", "1+100"]);
		const waits = again.map(({ at }, i) => at - [first, ...again][i]!.at);
		expect(waits[0]).toBeGreaterThanOrEqual(least);
		expect(waits[0]).toBeLessThanOrEqual(least + 5);
		expect(waits[1]).toBe(2 * waits[0]!);
	});
	test("what turns out to have arrived is not sent again", () => {
		const { peer } = flying();
		peer.run(1000);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 14_601 });
		expect(peer.take()[0]).toMatchObject({ seq: 14_601 });
	});
	test("duplicates of what goes again after a timeout prove nothing. RFC 6582 §3.2", () => {
		const { peer, tcb } = flying();
		peer.run(1000);
		peer.take();
		for (let i = 0; i < 6; i++) peer.send(duplicate);
		expect(blockOf(tcb).recovering).toBe(0);
		expect(peer.take().filter((segment) => segment.seq === 1)).toEqual([]);
	});
	test("what was sent twice is not timed (Karn)", () => {
		const { peer, tcb } = flying();
		const before = blockOf(tcb).srtt;
		peer.run(700);
		peer.send({ flags: "A", seq: 1, ack: 1461 });
		expect(blockOf(tcb).srtt).toBe(before);
	});
	test("slow start, then one segment more for each window", () => {
		const { peer, tcb } = flying();
		peer.send({ flags: "A", seq: 1, ack: 2921 });
		expect(blockOf(tcb).cwnd).toBe(11 * 1460);
		blockOf(tcb).ssthresh = 11 * 1460;
		for (let i = 1; i <= 11; i++) peer.send({ flags: "A", seq: 1, ack: 2921 + i * 1460 });
		expect(blockOf(tcb).cwnd).toBe(12 * 1460);
	});
	test("after silence the window begins anew. RFC 5681 §4.1", () => {
		const peer = new Peer({ sockets: { sendBuffer: 60_000 } });
		const endpoint = peer.connected({ length: 0 });
		const tcb = endpoint.tcb!;
		blockOf(tcb).cwnd = 40_000;
		peer.run(10_000);
		peer.stack.tcp.write(tcb, new Uint8Array(30_000), 0, 30_000);
		peer.run(0);
		expect(peer.take().filter((segment) => segment.length > 0)).toHaveLength(10);
	});
	test("silence to data ends the connection at the user timeout, and the peer is told", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 1000 });
		peer.run(99_000);
		expect(endpoint.error).toBe("");
		peer.take();
		peer.run(2000);
		expect(endpoint.error).toBe("timeout");
		expect(peer.take().at(-1)!.flags).toBe("RA");
		const impatient = new Peer();
		const other = impatient.connected({ length: 0 });
		blockOf(other.tcb!).userTimeout = 5000;
		impatient.stack.tcp.write(other.tcb!, new Uint8Array(10), 0, 10);
		impatient.run(5100);
		expect(other.error).toBe("timeout");
	});
});
