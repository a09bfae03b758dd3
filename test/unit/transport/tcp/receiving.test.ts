// What a receiver does: delayed acknowledgments, segments out of order, the window. RFC 5681 §4.2, RFC 9293 §3.8.6.
import { describe, expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import { Acceptor } from "./endpoint.ts";
import { Peer } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

/** As if a connection were no longer new. */
const DELAYED = { tcp: { quickAcks: false } };

describe("quick acknowledgments", () => {
	test("of a new connection: each of sixteen segments by itself, then every second one, and one alone waits", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		for (let i = 0; i < 16; i++) {
			peer.send({ flags: "A", seq: 1 + 100 * i, ack: 1, length: 100 });
			expect(peer.told()).toEqual([`A 1 ack ${101 + 100 * i}`]);
		}
		peer.send({ flags: "A", seq: 1601, ack: 1, length: 100 });
		expect(peer.told()).toEqual([]);
		peer.run(100);
		expect(peer.told()).toEqual(["A 1 ack 1701"]);
		for (let i = 0; i < 2; i++) peer.send({ flags: "A", seq: 1701 + 100 * i, ack: 1, length: 100 });
		expect(peer.told()).toEqual(["A 1 ack 1901"]);
	});
	test("of one that was accepted as well", () => {
		const peer = new Peer();
		peer.accepted();
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
		expect(peer.told()).toEqual(["A 1 ack 101"]);
	});
	test("after a gap", () => {
		const peer = new Peer();
		peer.connected();
		peer.take();
		for (let i = 0; i < 20; i++) peer.send({ flags: "A", seq: 1 + 100 * i, ack: 1, length: 100 });
		peer.run(100);
		peer.take();
		peer.send({ flags: "A", seq: 2101, ack: 1, length: 100 });
		peer.send({ flags: "A", seq: 2001, ack: 1, length: 100 });
		expect(peer.told()).toEqual(["A 1 ack 2001", "A 1 ack 2201"]);
		peer.send({ flags: "A", seq: 2201, ack: 1, length: 100 });
		expect(peer.told()).toEqual(["A 1 ack 2301"]);
	});
	test("several segments that come at once have one, and what the program writes carries it", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 0 });
		peer.take();
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 10 });
		peer.take();
		peer.queue({ flags: "AP", seq: 11, ack: 1, length: 10 });
		peer.stack.tcp.write(endpoint.tcb!, new Uint8Array(5), 0, 5);
		peer.run(0);
		expect(peer.told()).toHaveLength(1);
	});
});

describe("acknowledgments", () => {
	test("one segment waits, at most 100 ms", () => {
		const peer = new Peer(DELAYED);
		peer.connected();
		peer.take();
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 10 });
		expect(peer.take()).toEqual([]);
		peer.run(100);
		expect(peer.told()).toEqual(["A 1 ack 11"]);
		peer.run(1000);
		expect(peer.take()).toEqual([]);
	});
	test("also after our FIN", () => {
		const peer = new Peer(DELAYED);
		const endpoint = peer.connected();
		peer.stack.tcp.shutdown(endpoint.tcb!);
		peer.run(0);
		peer.send({ flags: "A", seq: 1, ack: 2 });
		peer.take();
		peer.send({ flags: "AP", seq: 1, ack: 2, length: 10 });
		expect(peer.take()).toEqual([]);
		peer.run(100);
		expect(peer.told()).toEqual(["A 2 ack 11"]);
		for (let i = 0; i < 2; i++) peer.send({ flags: "AP", seq: 11 + 10 * i, ack: 2, length: 10 });
		expect(peer.told()).toEqual(["A 2 ack 31"]);
	});
	test("the second is acknowledged at once, with the first", () => {
		const peer = new Peer(DELAYED);
		peer.connected();
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1460 });
		expect(peer.take()).toEqual([]);
		peer.send({ flags: "A", seq: 1461, ack: 1, length: 1460 });
		expect(peer.told()).toEqual(["A 1 ack 2921"]);
		peer.run(1000);
		expect(peer.take()).toEqual([]);
	});
	test("the acknowledgment carries the window as it is after the program has read", () => {
		const peer = new Peer(DELAYED);
		peer.connected();
		peer.take();
		for (let i = 0; i < 4; i++) peer.queue({ flags: "A", seq: 1 + 1460 * i, ack: 1, length: 1460 });
		peer.run(0);
		const told = peer.take();
		expect(told.map((segment) => segment.window)).toEqual([5840, 5840]);
	});
	test("data to send carries them", () => {
		const peer = new Peer(DELAYED);
		const endpoint = peer.connected({ length: 0 });
		peer.take();
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 10 });
		peer.stack.tcp.write(endpoint.tcb!, new Uint8Array(5), 0, 5);
		peer.run(0);
		expect(peer.told()).toEqual(["PA 1+5 ack 11"]);
		peer.run(100);
		expect(peer.take()).toEqual([]);
	});
	test("what was acknowledged before is acknowledged again, each time", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.send({ flags: "A", seq: 501, ack: 1, length: 500 });
		expect(peer.told()).toEqual(["A 1 ack 1001", "A 1 ack 1001"]);
		expect(endpoint.received).toBe(1000);
	});
	test("what is half new is taken, and acknowledged at once", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.take();
		peer.send({ flags: "A", seq: 501, ack: 1, length: 1000 });
		expect(peer.told()).toEqual(["A 1 ack 1501"]);
		expect(endpoint).toMatchObject({ received: 1500, wrongAt: -1 });
	});
});

describe("out of order", () => {
	test("each segment gets an acknowledgment of its own at once, and the one that closes the gap too", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.take();
		peer.queue({ flags: "A", seq: 1001, ack: 1, length: 1000 });
		peer.queue({ flags: "A", seq: 2001, ack: 1, length: 1000 });
		peer.queue({ flags: "A", seq: 3001, ack: 1, length: 1000 });
		peer.run(0);
		expect(peer.told()).toEqual(["A 1 ack 1", "A 1 ack 1", "A 1 ack 1"]);
		expect(endpoint.received).toBe(0);
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		expect(peer.told()).toEqual(["A 1 ack 4001"]);
		expect(endpoint).toMatchObject({ received: 4000, wrongAt: -1 });
	});
	test("more gaps than there are ranges: dropped, counted, and sent again", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		for (let seq = 101; seq < 2000; seq += 200) peer.send({ flags: "A", seq, ack: 1, length: 100 });
		expect(peer.drops("tcpReassemblyFull")).toBe(2);
		for (let seq = 1; seq < 2001; seq += 100) peer.send({ flags: "A", seq, ack: 1, length: 100 });
		expect(endpoint).toMatchObject({ received: 2000, wrongAt: -1 });
	});
	test("a FIN ahead of its data waits for it", () => {
		const peer = new Peer();
		const endpoint = peer.connected();
		peer.take();
		peer.send({ flags: "AF", seq: 101, ack: 1, length: 50 });
		expect(peer.told()).toEqual(["A 1 ack 1"]);
		expect(endpoint.finished).toBe(false);
		peer.send({ flags: "A", seq: 1, ack: 1, length: 100 });
		expect(endpoint).toMatchObject({ received: 150, finished: true, wrongAt: -1 });
		expect(peer.told()[0]).toBe("A 1 ack 152");
	});
	test("data beyond the window is cut off", () => {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		const endpoint = peer.connected({ paused: true });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1400 });
		expect(endpoint.tcb!.pending).toBe(1000);
		endpoint.resume();
		expect(endpoint).toMatchObject({ received: 1000, wrongAt: -1 });
	});
	for (let seed = 1; seed <= 20; seed++) {
		test(`pieces in any order, overlapping and repeated, seed ${seed}`, () => {
			const prng = new Prng(seed);
			const peer = new Peer({ sockets: { receiveBuffer: 3000 } }, seed);
			peer.iss = prng.next();
			const endpoint = peer.connected();
			const total = 8000;
			let acked = 0;
			for (let step = 0; step < 20_000 && acked < total; step++) {
				const seq = 1 + acked + prng.between(-200, 2900);
				const length = Math.min(prng.between(1, 600), total + 1 - seq);
				if (length > 0) peer.queue({ flags: "A", seq, ack: 1, length });
				if (prng.chance(0.3)) peer.run(prng.below(3));
				for (const segment of peer.take()) acked = Math.max(acked, segment.ack - 1);
			}
			expect({ seed, received: endpoint.received, wrongAt: endpoint.wrongAt }).toEqual({ seed, received: total, wrongAt: -1 });
		});
	}
});

describe("the window", () => {
	test("closes as data waits, and is announced when it opens by half", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ paused: true });
		peer.take();
		for (let i = 0; i < 4; i++) peer.queue({ flags: "A", seq: 1 + 1460 * i, ack: 1, length: 1460 });
		peer.run(0);
		expect(peer.take().at(-1)).toMatchObject({ ack: 5841, window: 0 });
		const { tcp } = peer.stack;
		tcp.read(endpoint.tcb!, new Uint8Array(1000), 0, 1000);
		peer.run(1);
		expect(peer.take()).toEqual([]);
		tcp.read(endpoint.tcb!, new Uint8Array(2000), 0, 2000);
		peer.run(1);
		expect(peer.take()).toMatchObject([{ flags: "A", ack: 5841, window: 3000 }]);
	});
	test("its right edge never goes back, and it does not open by less than a segment (silly window syndrome)", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ paused: true });
		let edge = 1 + 5840;
		let seq = 1;
		for (let i = 0; i < 200; i++) {
			if (seq + 100 <= edge) {
				peer.send({ flags: "A", seq, ack: 1, length: 100 });
				seq += 100;
			}
			peer.stack.tcp.read(endpoint.tcb!, new Uint8Array(70), 0, 70);
			peer.run(50);
			for (const segment of peer.take()) {
				const right = segment.ack + segment.window;
				expect(right).toBeGreaterThanOrEqual(edge);
				if (right > edge) expect(right - edge).toBeGreaterThanOrEqual(1460);
				edge = right;
			}
		}
	});
	test("a probe of a closed window is answered, and its byte not taken", () => {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		const endpoint = peer.connected({ paused: true });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.take();
		peer.send({ flags: "A", seq: 1001, ack: 1, length: 1 });
		expect(peer.take()).toMatchObject([{ flags: "A", ack: 1001, window: 0 }]);
		endpoint.resume();
		peer.run(0);
		expect(peer.take()).toMatchObject([{ ack: 1001, window: 1000 }]);
	});
	test("a closed window still takes acknowledgments that come with data", () => {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		const endpoint = peer.connected({ paused: true, length: 500 });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.send({ flags: "A", seq: 1001, ack: 501, length: 1 });
		expect(blockOf(endpoint.tcb!).sndUna).toBe(blockOf(endpoint.tcb!).sndMax);
	});
	test("a FIN needs no room", () => {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		const endpoint = peer.connected({ paused: true });
		peer.send({ flags: "A", seq: 1, ack: 1, length: 1000 });
		peer.send({ flags: "AF", seq: 1001, ack: 1 });
		expect(endpoint.tcb!.stateName).toBe("closeWait");
		expect(endpoint.finished).toBe(false);
		endpoint.resume();
		peer.run(0);
		expect(endpoint.finished).toBe(true);
	});
});

describe("what came twice", () => {
	/** Options of what the stack says, as bytes. */
	const options = (peer: Peer) => peer.take().map(({ frame }) => Array.from(frame.subarray(54, 34 + (frame[46]! >> 4) * 4)));
	const withSack = { mss: 1000, options: [4, 2, 0, 0] };
	function full() {
		const peer = new Peer({ sockets: { receiveBuffer: 1000 } });
		const acceptor = new Acceptor(peer.stack, 80, 4, { sends: 1, expects: 2, paused: true });
		peer.localPort = 80;
		peer.send({ flags: "S", ...withSack });
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1 });
		peer.send({ flags: "PA", seq: 1, ack: 1, length: 1000 });
		peer.run(100);
		peer.take();
		expect(acceptor.endpoints[0]!.tcb!.pending).toBe(1000);
		return peer;
	}
	test("is told of once. RFC 2883 §4", () => {
		const peer = full();
		peer.send({ flags: "PA", seq: 501, ack: 1, length: 500 });
		const told = options(peer)[0]!;
		expect(told.slice(0, 4)).toEqual([1, 1, 5, 10]);
		const edge = (at: number) =>
			(((told[at]! << 24) | (told[at + 1]! << 16) | (told[at + 2]! << 8) | told[at + 3]!) - peer.iss) | 0;
		expect([edge(4), edge(8)]).toEqual([501, 1001]);
		peer.run(500);
		peer.send({ flags: "PA", seq: 1001, ack: 1, length: 1 });
		expect(options(peer)).toEqual([[]]);
	});
	test("is not what a closed window does not let in", () => {
		const peer = full();
		peer.send({ flags: "PA", seq: 1001, ack: 1, length: 1 });
		expect(options(peer)).toEqual([[]]);
	});
});
