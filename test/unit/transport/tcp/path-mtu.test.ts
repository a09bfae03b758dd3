// How large segments may be: RFC 1191, and those who lie about it. RFC 5927 §7.2.
import { describe, expect, test } from "vitest";
import { read16 } from "../../../support/frames.ts";
import { parseFrame } from "../../../support/parse.ts";
import { Peer, type Segment } from "./peer.ts";
import { blockOf } from "../../../support/tcb.ts";

const MINUTE = 60_000;

/** A connection that has just sent four full segments. */
function sending() {
	const peer = new Peer({ sockets: { sendBuffer: 20_000 } });
	const endpoint = peer.connected({ length: 1_000_000 });
	const sent = peer.take();
	expect(sent[0]).toMatchObject({ seq: 1, length: 1460 });
	return { peer, endpoint, sent, mss: () => blockOf(endpoint.tcb!).sndMss };
}

/** Acknowledges everything that was sent, until nothing comes for a round trip. Answers the largest segment. */
function acknowledge(peer: Peer, sent: Segment[], rounds: number): { last: Segment[]; largest: number } {
	let last = sent;
	let largest = 0;
	for (let i = 0; i < rounds; i++) {
		let end = 0;
		for (const segment of last) end = Math.max(end, segment.seq + segment.length);
		peer.send({ flags: "A", seq: 1, ack: end });
		last = peer.take().filter((segment) => segment.length > 0);
		for (const segment of last) largest = Math.max(largest, segment.length);
	}
	return { last, largest };
}

const dontFragment = (segment: Segment) => parseFrame(segment.frame).ipv4!.fragment === 0x4000;

describe("a claim of an MTU that no path has", () => {
	test.each([68, 100, 296, 551])("%i: segments do not become smaller than those of 552 bytes, but may be fragmented", (mtu) => {
		const { peer, sent, mss } = sending();
		peer.icmp(sent[0]!.frame, 3, 4, mtu);
		expect(mss()).toBe(512);
		const again = peer.take();
		expect(again[0]).toMatchObject({ seq: 1, length: 512 });
		expect(again.some(dontFragment)).toBe(false);
		// Each has a number of its own, or fragments of two would be put together. RFC 6864 §4.3.
		const numbers = again.map((segment) => read16(segment.frame, 14 + 4));
		for (let i = 1; i < numbers.length; i++) expect(numbers[i]).toBe((numbers[i - 1]! + 1) & 0xffff);
		expect(numbers.length).toBeGreaterThan(3);
	});
	test("of 552 and more: smaller segments, and none is fragmented", () => {
		const { peer, sent, mss } = sending();
		peer.icmp(sent[0]!.frame, 3, 4, 552);
		expect(mss()).toBe(512);
		expect(peer.take().every(dontFragment)).toBe(true);
	});
	test("does not make segments larger that a peer wants small", () => {
		const peer = new Peer();
		const endpoint = peer.connected({ length: 5000 }, 300);
		const [first] = peer.take().filter((segment) => segment.length > 0);
		peer.icmp(first!.frame, 3, 4, 68);
		expect(blockOf(endpoint.tcb!).sndMss).toBe(300);
		expect(dontFragment(peer.take()[0]!)).toBe(false);
		// Said once more it changes nothing, and nothing goes again.
		peer.icmp(first!.frame, 3, 4, 68);
		expect(peer.take()).toEqual([]);
	});
});

describe("a claim that what was acknowledged contradicts", () => {
	test("is not believed while what it names is acknowledged", () => {
		const { peer, sent, mss } = sending();
		const { last } = acknowledge(peer, sent, 3);
		for (let i = 0; i < 100; i++) peer.icmp(last[i % last.length]!.frame, 3, 4, 600);
		expect(peer.take()).toEqual([]);
		const { largest } = acknowledge(peer, last, 3);
		expect(mss()).toBe(1460);
		expect(largest).toBe(1460);
		// Nor later, when something else is lost.
		peer.run(1000);
		expect(mss()).toBe(1460);
	});
	test("is believed when what it names runs into a timeout", () => {
		const { peer, sent, mss } = sending();
		const { last } = acknowledge(peer, sent, 3);
		peer.icmp(last[0]!.frame, 3, 4, 1000);
		expect(mss()).toBe(1460);
		peer.run(500);
		expect(mss()).toBe(960);
		expect(peer.take()[0]).toMatchObject({ seq: last[0]!.seq, length: 960 });
	});
	test("is void when another segment runs into a timeout minutes later", () => {
		const { peer, sent } = sending();
		const { last } = acknowledge(peer, sent, 3);
		peer.icmp(last[0]!.frame, 3, 4, 1000);
		const first = acknowledge(peer, last, 1);
		expect(first.largest).toBe(1460);
		peer.run(3 * MINUTE);
		// By then it looks like a black hole; of the claim there is nothing.
		const sizes = new Set(peer.take().map(({ length }) => length));
		expect([...sizes].filter((size) => size > 0)).toEqual([1460, 1024, 512]);
	});
	test("of what is not in flight is not even noted", () => {
		const { peer, sent, mss } = sending();
		acknowledge(peer, sent, 3);
		peer.icmp(sent[0]!.frame, 3, 4, 1000);
		peer.run(700);
		expect(mss()).toBe(1460);
	});
});

describe("after ten minutes (RFC 1191 §6.3)", () => {
	function lowered(mtu: number) {
		const it = sending();
		it.peer.icmp(it.sent[0]!.frame, 3, 4, mtu);
		const { last } = acknowledge(it.peer, it.peer.take(), 20);
		// A keep-alive would end it, silence does not: everything is acknowledged, and the window closed.
		let end = 0;
		for (const segment of last) end = Math.max(end, segment.seq + segment.length);
		it.peer.send({ flags: "A", seq: 1, ack: end, window: 0 });
		for (let minutes = 0; minutes < 9; minutes++) {
			it.peer.run(MINUTE);
			it.peer.send({ flags: "A", seq: 1, ack: end, window: 0 });
		}
		it.peer.take();
		return { ...it, end };
	}
	test.each([1000, 68])("full segments are tried again: %i", (mtu) => {
		const { peer, mss, end } = lowered(mtu);
		expect(mss()).toBe(mtu === 68 ? 512 : 960);
		peer.run(MINUTE + 1000);
		peer.take();
		expect(mss()).toBe(1460);
		peer.send({ flags: "A", seq: 1, ack: end, window: 65_535 });
		const full = peer.take().filter((segment) => segment.length === 1460);
		expect(full.length).toBeGreaterThan(0);
		expect(full.every(dontFragment)).toBe(true);
	});
	test("a router that says so again is believed at once", () => {
		const { peer, mss, end } = lowered(1000);
		peer.run(MINUTE + 1000);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: end, window: 65_535 });
		const full = peer.take().filter((segment) => segment.length === 1460);
		peer.icmp(full[0]!.frame, 3, 4, 1000);
		expect(mss()).toBe(960);
		expect(peer.take()[0]).toMatchObject({ seq: full[0]!.seq, length: 960 });
	});
	test("a claim of less than what has arrived since is not", () => {
		const { peer, mss, end } = lowered(1000);
		peer.run(MINUTE + 1000);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: end, window: 65_535 });
		const full = peer.take().filter((segment) => segment.length === 1460);
		peer.icmp(full[0]!.frame, 3, 4, 600);
		expect(mss()).toBe(1460);
	});
	test("full segments that vanish without a word give way at their timeout", () => {
		const { peer, mss, end } = lowered(1000);
		peer.run(MINUTE + 1000);
		peer.take();
		peer.send({ flags: "A", seq: 1, ack: end, window: 65_535 });
		expect(peer.take().some((segment) => segment.length === 1460)).toBe(true);
		peer.world.until(() => mss() !== 1460, 70_000);
		expect(mss()).toBe(960);
	});
	test("it is not tried for a connection that took the place of one whose segments were made smaller", () => {
		const peer = new Peer({ sockets: { tcp: 1 } });
		const first = peer.connected({ length: 5000 });
		peer.icmp(peer.take().at(-1)!.frame, 3, 4, 68);
		peer.stack.tcp.abort(first.tcb!);
		peer.run(11 * MINUTE); // what is known of the way is forgotten by then, RFC 8201 §5.3
		peer.take();
		peer.remotePort = 5001;
		peer.iss = 77;
		const second = peer.connected({ length: 5000 }, 1000);
		expect(blockOf(second.tcb!).sndMss).toBe(1000);
		const sent = peer.take().filter((segment) => segment.length > 0);
		expect(sent.length).toBeGreaterThan(0);
		expect(sent.every(dontFragment)).toBe(true);
	});
});

describe("another connection to the same address", () => {
	test("begins with the segments that the first one has learned, RFC 8201 §5.2, and tries full ones ten minutes later", () => {
		const { peer, sent } = sending();
		peer.icmp(sent[0]!.frame, 3, 4, 800);
		peer.take();
		peer.remotePort = 5001;
		peer.localPort = 4001;
		const second = peer.connected({ length: 3000 });
		expect(blockOf(second.tcb!).sndMss).toBe(760);
		const first = peer.take();
		expect(first[0]!.length).toBe(760);
		acknowledge(peer, first, 4);
		peer.run(11 * MINUTE);
		expect(blockOf(second.tcb!).sndMss).toBe(1460);
	});
	test("says in its SYN what it can be sent, whatever is known of the way there: RFC 1191 §3.1", () => {
		const { peer, sent } = sending();
		peer.icmp(sent[0]!.frame, 3, 4, 800);
		peer.take();
		peer.remotePort = 5001;
		peer.localPort = 4001;
		peer.stack.tcp.listen("", 4001, 1, 0);
		peer.send({ flags: "S", seq: 0, mss: 1460 });
		expect(peer.take().find((segment) => segment.flags.includes("S"))!.mss).toBe(1460);
	});
});

describe("an interface whose MTU changes, as a lease may say", () => {
	test("makes segments smaller, and as large as before when it is over; what a router said still holds", () => {
		const { peer, sent, mss } = sending();
		const carries = (mtu: number) => {
			peer.link.mtu = mtu;
			peer.link.removeAddress(peer.link.ip.insertAddress("10.9.9.9", 24)); // the routes change
			peer.run(1);
		};
		carries(1000);
		expect(mss()).toBe(960);
		carries(1400);
		expect(mss()).toBe(1360);
		carries(1500);
		expect(mss()).toBe(1460);
		peer.icmp(sent.at(-1)!.frame, 3, 4, 800);
		expect(mss()).toBe(760);
		carries(1400);
		expect(mss()).toBe(760);
		peer.link.mtu = 1500;
	});
});
