// SYN cookies: who asks while there is no place gets an answer of which nothing is kept, and comes in by its acknowledgment. RFC 4987 §3.6.
import { describe, expect, test } from "vitest";
import { onXS } from "../../../support/env.ts";
import { ethernet, ip, ipv4, TCP, tcp } from "../../../support/frames.ts";
import { Prng } from "../../../support/prng.ts";
import { Station } from "../../../support/station.ts";
import { macOf } from "../../../support/wire.ts";
import { FOREIGN, LATER, cookie as cookieOf, mssOf } from "../../../../src/transport/tcp/isn.ts";
import { TcpBlock, tcpAt } from "../../../../src/packet/tcp-block.ts";
import { Acceptor } from "./endpoint.ts";
import { ACK, Crowd, CrowdPeer, Service, SYN } from "./crowd.ts";
import { Peer, REMOTE } from "./peer.ts";
import { ends, Isn } from "./sequence.ts";
import { blockOf } from "../../../support/tcb.ts";

const STEP = 65_536;
/** The MSS of each class. */
const CLASSES = Array.from({ length: 8 }, (_, found) => mssOf(found));
/** Patterns that the stack sends and expects. */
const STREAMS = { sends: 1, expects: 2 };

/** A stack with a backlog of one that is taken by somebody who never answers. */
function flooded(iss?: number, sockets = 8) {
	const peer = new Peer({ sockets: { tcp: sockets } });
	if (iss !== undefined) peer.iss = iss;
	peer.localPort = 80;
	const acceptor = new Acceptor(peer.stack, 80, 1, STREAMS);
	peer.send({ flags: "S", seq: 0, remotePort: 9 });
	peer.take();
	return { peer, acceptor };
}

/** The port's SYN is answered without a socket. */
function ask(peer: Peer, mss = 1460) {
	peer.send({ flags: "S", seq: 0, mss });
	const [answer, ...rest] = peer.take();
	expect(rest).toEqual([]);
	expect(answer).toMatchObject({ flags: "SA", ack: 1 });
	return answer!;
}

describe("a SYN that is answered with a cookie", () => {
	test.each([0, 1, -1, 0x7fffffff, -0x80000000, 0x7ffffff0])(
		"comes back by its ACK, with the peer's sequence numbers from %d on",
		(iss) => {
			const { peer, acceptor } = flooded(iss);
			ask(peer);
			expect(blockOf(acceptor.listener).waiting).toBe(1);
			peer.send({ flags: "A", seq: 1, ack: 1 });
			expect(acceptor.endpoints).toHaveLength(1);
			peer.send({ flags: "AP", seq: 1, ack: 1, length: 100 });
			expect(acceptor.endpoints[0]).toMatchObject({ received: 100, wrongAt: -1 });
		},
	);
	test("comes back by its first data, when the ACK was lost, and its FIN in the same segment counts", () => {
		const { peer, acceptor } = flooded();
		ask(peer);
		peer.send({ flags: "APF", seq: 1, ack: 1, length: 700 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 700, wrongAt: -1, finished: true });
	});
	test("does not come back by its second segment: that is dropped without RST, the first comes again and all is right", () => {
		const { peer, acceptor } = flooded();
		ask(peer);
		peer.send({ flags: "AP", seq: 701, ack: 1, length: 300 });
		expect(peer.take()).toEqual([]);
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 700 });
		peer.send({ flags: "AP", seq: 701, ack: 1, length: 300 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 1000, wrongAt: -1 });
	});
	test("is as the answer with a socket: MSS, window, time to live and code point of the listener", () => {
		const { peer, acceptor } = flooded();
		peer.stack.tcp.setTtl(acceptor.listener, 7);
		peer.stack.tcp.setDscp(acceptor.listener, 46);
		const answer = ask(peer);
		expect(answer).toMatchObject({ mss: 1460, window: 5840, length: 0 });
		expect([answer.frame[14 + 8], answer.frame[14 + 1]! >> 2]).toEqual([7, 46]);
	});
	test.each([
		[0, 536],
		[1, 28],
		[100, 28],
		[216, 216],
		[535, 216],
		[536, 536],
		[1300, 1200],
		[1452, 1452],
		[1460, 1460],
		[65_535, 1460],
	])("remembers an MSS of %d as %d, never as more", (mss, kept) => {
		const { peer, acceptor } = flooded();
		ask(peer, mss);
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(blockOf(acceptor.endpoints[0]!.tcb!).sndMss).toBe(kept);
	});
	test("is answered also when the SYN and the ACK have IP options", () => {
		const { peer, acceptor } = flooded();
		const withOptions = (flags: number, seq: number, ack: number) => {
			const segment = new Uint8Array(20);
			const view = new DataView(segment.buffer);
			view.setUint16(0, peer.remotePort);
			view.setUint16(2, 80);
			view.setInt32(4, seq);
			view.setInt32(8, ack);
			view.setUint16(12, (5 << 12) | flags);
			view.setUint16(14, 5000);
			let sum = 6 + 20;
			for (const address of [ip(REMOTE), ip("10.0.0.1")]) sum += (address >>> 16) + (address & 0xffff);
			for (let i = 0; i < 20; i += 2) sum += view.getUint16(i);
			while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
			view.setUint16(16, ~sum);
			const packet = ipv4(
				{ source: REMOTE, destination: "10.0.0.1", protocol: TCP, options: [1, 1, 1, 1, 148, 4, 0, 0] },
				segment,
			);
			peer.device.inject(ethernet(macOf(1), macOf(2), 0x0800, packet));
			peer.run(0);
		};
		withOptions(2, peer.iss, 0);
		expect(peer.take()).toMatchObject([{ flags: "SA", ack: 1 }]);
		withOptions(16, (peer.iss + 1) | 0, (peer.irs + 1) | 0);
		expect(acceptor.endpoints).toHaveLength(1);
	});
	test("a half-open connection that gave way comes back in the same way", () => {
		const { peer, acceptor } = flooded(undefined, 2);
		expect(blockOf(acceptor.listener).waiting).toBe(1);
		const first = peer.irs;
		const other = ask(peer);
		peer.send({ flags: "A", seq: 1, ack: 1 }); // takes the only place
		expect(acceptor.endpoints).toHaveLength(1);
		peer.stack.tcp.abort(acceptor.endpoints[0]!.tcb!);
		peer.take();
		expect(other.rawSeq).toBe(peer.irs);
		peer.send({ flags: "A", seq: 1, rawAck: (first + 1) | 0, remotePort: 9 });
		expect(peer.take()).toEqual([]);
		expect(acceptor.endpoints).toHaveLength(2);
	});
	test("an answer from before is known, when the repeated SYN found a place in the next step of the clock", () => {
		const { peer, acceptor } = flooded();
		peer.run(60_000); // the half-open one is still there: 63 s
		peer.take();
		const early = ask(peer);
		peer.run(10_000);
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		const [late] = peer.take().filter((segment) => segment.remotePort === peer.remotePort);
		expect(late!.rawSeq).not.toBe(early.rawSeq);
		expect(blockOf(acceptor.listener).waiting).toBe(1);
		peer.send({ flags: "A", seq: 1, rawAck: (early.rawSeq + 1) | 0 });
		expect(peer.take()).toEqual([]);
		peer.irs = early.rawSeq;
		peer.send({ flags: "AP", seq: 1, ack: 1, length: 10 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 10, wrongAt: -1 });
	});
});

describe("a cookie", () => {
	test("is valid for a minute at least", () => {
		const { peer, acceptor } = flooded();
		const { rawSeq } = ask(peer);
		peer.run(STEP - 1);
		peer.take();
		peer.send({ flags: "A", seq: 1, rawAck: (rawSeq + 1) | 0 });
		expect(acceptor.endpoints).toHaveLength(1);
	});
	test("is void after two steps of the clock: RST", () => {
		const { peer, acceptor } = flooded();
		const { rawSeq } = ask(peer);
		peer.run(2 * STEP);
		// Somebody floods again, so that cookies are looked at.
		for (const remotePort of [9, 10]) peer.send({ flags: "S", seq: 0, remotePort });
		peer.take();
		peer.send({ flags: "A", seq: 1, rawAck: (rawSeq + 1) | 0 });
		expect(peer.take()).toMatchObject([{ flags: "R", rawSeq: (rawSeq + 1) | 0 }]);
		expect(acceptor.endpoints).toHaveLength(0);
	});
	test("of another port, address or sequence number is none", () => {
		const { peer, acceptor } = flooded();
		const { rawSeq } = ask(peer);
		const rawAck = (rawSeq + 1) | 0;
		peer.send({ flags: "A", seq: 1, rawAck, remotePort: 5001 });
		peer.send({ flags: "A", seq: 1, rawAck, source: "10.0.0.3" });
		peer.send({ flags: "A", seq: 2, rawAck });
		peer.send({ flags: "A", seq: 1, rawAck: (rawAck + 1) | 0 });
		peer.send({ flags: "SA", seq: 0, rawAck });
		expect(acceptor.endpoints).toHaveLength(0);
		peer.send({ flags: "A", seq: 1, rawAck });
		expect(acceptor.endpoints).toHaveLength(1);
	});
	test("does nothing when none is out: an old duplicate opens no connection", () => {
		const peer = new Peer();
		const endpoint = peer.accepted();
		peer.stack.tcp.abort(endpoint.tcb!);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: 1 });
		expect(peer.told()).toEqual(["R 1 ack -"]);
		expect(peer.stack.tcp.available).toBe(7);
	});
	test("is not looked for any more when the last one is older than half the clock's range", () => {
		const { peer } = flooded();
		ask(peer);
		peer.world.clock.advance(peer.world.clock.now + 0x80001000);
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 77 });
		expect(peer.take().filter((segment) => segment.remotePort === 77)).toMatchObject([{ flags: "R" }]);
		const { view } = peer.stack.core;
		expect(TcpBlock.of(view, tcpAt(view)).cookies).toBe(0);
	});
	test("cannot be guessed: none of a million guesses is right (on XS, of 20,000)", () => {
		const prng = new Prng(7);
		const isn = new Isn(() => prng.next());
		const now = 12_345_678;
		let right = 0;
		for (let i = 0; i < (onXS ? 20_000 : 1_000_000); i++)
			if (isn.recognize(now, 1, 2, (77 << 16) | 80, 1000, prng.next()) >= 0) right++;
		expect(right).toBe(0);
	});
	test("has 24 values at a time for a sequence number: three steps, eight classes", () => {
		const prng = new Prng(8);
		const isn = new Isn(() => prng.next());
		for (const now of [0, 65_535, 0x7fffffff, -0x80000000, -1, 99_999_999]) {
			const values = new Set<number>();
			for (const step of [-1, 0, 1])
				for (const mss of CLASSES) {
					const iss = isn.cookie((now + step * STEP) | 0, 1, 2, 3, 4, mss);
					expect(isn.recognize(now, 1, 2, 3, 4, iss)).toBe(CLASSES.indexOf(mss));
					values.add(iss);
				}
			expect(values.size).toBe(24);
			for (const step of [-2, 2])
				expect(isn.recognize(now, 1, 2, 3, 4, isn.cookie((now + step * STEP) | 0, 1, 2, 3, 4, 1460))).toBe(FOREIGN);
			// The peer's other segments are told from strays, and ours beyond the first number are not taken for it.
			const iss = isn.cookie(now, 1, 2, 3, 4, 1460);
			expect(isn.recognize(now, 1, 2, 3, 5000, iss)).toBe(LATER);
			for (const further of [1, 100, 2000, 5841]) expect(isn.recognize(now, 1, 2, 3, 4, (iss + further) | 0)).toBe(FOREIGN);
		}
	});
	test("grows from step to step, as RFC 6528 wants initial numbers to", () => {
		const prng = new Prng(9);
		const isn = new Isn(() => prng.next());
		let last = isn.cookie(0, 1, 2, 3, prng.next(), 1460);
		for (let now = STEP; now < 100 * STEP; now += STEP) {
			const iss = isn.cookie(now, 1, 2, 3, prng.next(), 1460);
			expect((iss - last) | 0).toBeGreaterThan(0);
			last = iss;
		}
	});
});

describe("places", () => {
	test("a SYN gets no answer while nobody would give way, and one when somebody does", () => {
		const peer = new Peer({ sockets: { tcp: 2 } });
		peer.localPort = 80;
		const acceptor = new Acceptor(peer.stack, 80, 4, STREAMS);
		peer.send({ flags: "S", seq: 0, remotePort: 1 });
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 1 });
		peer.take();
		peer.send({ flags: "S", seq: 0 });
		expect(peer.take()).toEqual([]);
		expect(peer.drops("tcpSocketsFull")).toBe(1);
		peer.stack.tcp.abort(acceptor.endpoints[0]!.tcb!);
		peer.take();
		peer.send({ flags: "S", seq: 0 });
		expect(peer.told()).toEqual(["SA 0 ack 1"]);
	});
	test("an ACK with a cookie that finds no place is dropped without RST, and its data comes in when there is one", () => {
		const { peer, acceptor } = flooded(undefined, 2);
		ask(peer);
		// Another one is faster.
		peer.send({ flags: "S", seq: 0, remotePort: 77 });
		const irs = peer.irs;
		peer.send({ flags: "A", seq: 1, ack: 1, remotePort: 77 });
		expect(acceptor.endpoints).toHaveLength(1);
		peer.take();
		peer.send({ flags: "S", seq: 0, mss: 1460 }); // its cookie, once more
		expect(peer.take()).toEqual([]);
		const cookie = cookieOf(
			peer.stack.core.view,
			peer.stack.core.now,
			...ends(peer.stack.core.view, ip("10.0.0.1"), ip(REMOTE)),
			(peer.remotePort << 16) | 80,
			peer.iss,
			1460,
		);
		peer.send({ flags: "AP", seq: 1, rawAck: (cookie + 1) | 0, length: 50 });
		expect(peer.take()).toEqual([]);
		expect(peer.drops("tcpSocketsFull")).toBe(2);
		peer.irs = irs;
		peer.stack.tcp.abort(acceptor.endpoints[0]!.tcb!);
		peer.take();
		peer.send({ flags: "AP", seq: 1, rawAck: (cookie + 1) | 0, length: 50 });
		expect(acceptor.endpoints[1]).toMatchObject({ received: 50, wrongAt: -1 });
	});
	test("while the backlog waits to be read, ACKs wait too, of connections with a socket and without, and nobody is sent away", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 2, 0);
		const ports = [1, 2, 3, 4];
		const first = new Map<number, number>();
		for (const remotePort of ports) {
			peer.send({ flags: "S", seq: 0, remotePort });
			first.set(remotePort, peer.irs);
		}
		peer.take();
		for (const remotePort of [3, 1, 2, 4])
			peer.send({ flags: "A", seq: 1, rawAck: (first.get(remotePort)! + 1) | 0, remotePort });
		expect(peer.stack.tcp.acceptable(listener)).toBe(2);
		expect(peer.drops("tcpBacklogFull")).toBe(2);
		expect(peer.take()).toEqual([]);
		expect([peer.stack.tcp.accept(listener)!.remotePort, peer.stack.tcp.accept(listener)!.remotePort]).toEqual([3, 1]);
		// That with a socket is asked again; that without comes with its data.
		peer.run(1000);
		expect(peer.take()).toMatchObject([{ flags: "SA", remotePort: 2 }]);
		peer.send({ flags: "A", seq: 1, rawAck: (first.get(2)! + 1) | 0, remotePort: 2 });
		peer.send({ flags: "AP", seq: 1, rawAck: (first.get(4)! + 1) | 0, remotePort: 4, length: 5 });
		expect([peer.stack.tcp.accept(listener)!.remotePort, peer.stack.tcp.accept(listener)!.remotePort]).toEqual([2, 4]);
	});
	test("a connection reopened from TIME-WAIT begins beyond the old one, again and again in one step of the clock, and is a cookie as long as it can", () => {
		const peer = new Peer();
		peer.localPort = 80;
		const acceptor = new Acceptor(peer.stack, 80, 4, STREAMS);
		let last = 0;
		for (let i = 0; i < 12; i++) {
			peer.iss = (peer.iss + 100_000) | 0;
			peer.send({ flags: "S", seq: 0, mss: 1460 });
			if (i > 0) expect((peer.irs - last) | 0).toBeGreaterThan(0);
			peer.send({ flags: "A", seq: 1, ack: 1 });
			acceptor.endpoints[i]!.close();
			peer.run(0);
			peer.send({ flags: "AF", seq: 1, ack: 2 });
			expect(acceptor.endpoints[i]!.tcb!.stateName).toBe("timeWait");
			last = (peer.irs + 2) | 0;
		}
	});
});

describe("a flood of 1,000 SYNs a second, and 100 ms to honest clients", () => {
	test.each([
		[{ tcp: 8 }, 8],
		[{ tcp: 8 }, 1],
		[{ tcp: 3 }, 8],
	])("%j, backlog %d: 20 of 20 get in, and none gets a RST", (sockets, backlog) => {
		const crowd = new Crowd({ sockets }, 100, 1, STEP - 5000);
		new Service(crowd, { backlog });
		crowd.flood(1000, 12_000);
		crowd.world.run(500);
		const honest: CrowdPeer[] = [];
		for (let i = 0; i < 20; i++) {
			honest.push(new CrowdPeer(crowd, i, { request: i % 3 === 0 ? 1000 : 100 }));
			crowd.world.run(500);
		}
		crowd.world.run(1000);
		expect(honest.filter((peer) => peer.served && peer.received === 2000).length).toBe(20);
		expect(Math.max(...honest.map((peer) => peer.took))).toBeLessThan(1000);
		const flooders = [...crowd.resets.keys()].filter((key) => key.startsWith("c6336"));
		expect(flooders).toEqual([]);
		expect(crowd.drops("tcpCookie")).toBeGreaterThan(5000);
	});
});

describe("several interfaces", () => {
	test("who asks by one is answered by it, with or without a socket, also by a listener that is bound to it", () => {
		for (const bound of [false, true]) {
			const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { sockets: { tcp: 4 } });
			const [eth0, eth1] = [station.ports[0]!, station.ports[1]!];
			const { tcp: own } = station.stack;
			const listener = own.listen("", 80, 1, bound ? eth1.link.slot : 0);
			const ask = (sourcePort: number, flags: number, seq: number, ack = 0) =>
				eth1.ip(tcp({ source: "10.1.0.9", destination: "10.1.0.1", sourcePort, destinationPort: 80, seq, ack, flags }));
			ask(1, SYN, 100);
			ask(2, SYN, 200);
			const answers = eth1.packets().map((packet) => packet.tcp!);
			expect(answers.map((answer) => [answer.flags, answer.destinationPort, answer.ack])).toEqual([
				[SYN | ACK, 1, 101],
				[SYN | ACK, 2, 201],
			]);
			ask(2, ACK, 201, (answers[1]!.seq + 1) | 0);
			expect(own.accept(listener)).toMatchObject({ remotePort: 2, localAddress: "10.1.0.1", stateName: "established" });
			expect(eth0.packets()).toEqual([]);
			expect(eth1.packets()).toEqual([]);
		}
	});
});
