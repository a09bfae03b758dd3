// TCP Fast Open, RFC 7413: what a server gives, takes and refuses; what a client says, remembers and does without.
import { describe, expect, test } from "vitest";
import { createIO } from "../../../../src/io/io.ts";
import type { StackOptions } from "../../../../src/config.ts";
import { WRITABLE } from "../../../../src/packet/news.ts";
import { BIT_UNPROVEN } from "../../../../src/packet/tcb-block.ts";
import { setFastOpen } from "../../../../src/transport/tcp/tcp.ts";
import type { Tcb } from "../../../../src/transport/tcp/tcb.ts";
import { blockOf } from "../../../support/tcb.ts";
import { parseFrame } from "../../../support/parse.ts";
import { Acceptor, Endpoint, patternAt } from "./endpoint.ts";
import { Peer, REMOTE, type Segment } from "./peer.ts";

const ON: StackOptions = { tcp: { fastOpen: true, timestamps: false } };
const REQUEST = [34, 2, 1, 1];
/** Cookies change after this, and are refused after twice as long, ms. RFC 7413 §4.1.2. */
const PERIOD = 1 << 24;
const PAUSE = 900_000;

/** The cookie in the options of a segment, undefined when they have none of that kind. */
function cookieIn({ frame }: Segment, kind = 34): number[] | undefined {
	const { options } = parseFrame(frame).tcp!;
	for (let i = 0; i < options.length;) {
		if (options[i] === 0) return undefined;
		if (options[i] === 1) i++;
		else if (options[i] === kind) return [...options.subarray(i + (kind === 34 ? 2 : 4), i + options[i + 1]!)];
		else i += options[i + 1]!;
	}
	return undefined;
}

const brought = (cookie: readonly number[]) => [34, 2 + cookie.length, ...cookie, 1, 1];

/** Options in whole words. */
function padded(options: readonly number[]): number[] {
	return [...options, ...Array.from({ length: -options.length & 3 }, () => 0)];
}

/** A stack that listens at port 80, lets `most` of its connections be open early, and hands them out. */
function server(most = 4, options: StackOptions = ON) {
	const peer = new Peer({ ...options, sockets: { tcp: 8, ...options.sockets } });
	peer.localPort = 80;
	const acceptor = new Acceptor(peer.stack, 80, 4, { sends: 1, expects: 2, length: 300 });
	if (most > 0) setFastOpen(peer.stack.tcp, acceptor.listener, most);
	return { peer, acceptor };
}

let nextPort = 6000;

/** The cookie that the stack gives. */
function granted(peer: Peer, options: readonly number[] = REQUEST): number[] | undefined {
	const remotePort = nextPort++;
	peer.send({ flags: "S", mss: 1460, options: padded(options), remotePort });
	const [answer] = peer.take();
	expect(answer).toMatchObject({ flags: "SA", ack: 1, length: 0 });
	peer.send({ flags: "R", seq: 1, remotePort });
	return cookieIn(answer!, options[0]);
}

describe("a server", () => {
	test("gives a cookie to who asks, the same each time, and none to who does not", () => {
		const { peer } = server();
		const cookie = granted(peer);
		expect(cookie).toHaveLength(8);
		expect(granted(peer)).toEqual(cookie);
		expect(granted(peer, [])).toBeUndefined();
	});

	test("says nothing of it at a listener that was not asked for it, nor in a stack that was not", () => {
		expect(granted(server(0).peer)).toBeUndefined();
		const { peer, acceptor } = server(0, {});
		expect(granted(peer)).toBeUndefined();
		expect(peer.stack.core.layout.fastOpen).toBe(0);
		expect(acceptor.endpoints).toHaveLength(0);
	});

	test("hands the data of a SYN with its cookie on, and its program answers, before the handshake is done", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 100 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 100, wrongAt: -1, connected: true });
		const [syn, data, ...rest] = peer.take();
		expect(rest).toEqual([]);
		expect(syn).toMatchObject({ flags: "SA", seq: 0, ack: 101, length: 0 });
		expect(cookieIn(syn!)).toBeUndefined();
		expect(data).toMatchObject({ flags: "PA", seq: 1, ack: 101, length: 300 });
		const tcb = acceptor.endpoints[0]!.tcb!;
		expect(blockOf(tcb).bits & BIT_UNPROVEN).not.toBe(0);
		peer.send({ flags: "A", seq: 101, ack: 1 });
		expect(blockOf(tcb).bits & BIT_UNPROVEN).toBe(0);
		peer.send({ flags: "PA", seq: 101, ack: 301, length: 50 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 150, wrongAt: -1 });
		expect(tcb.stateName).toBe("established");
	});

	test.each([
		["another's", (cookie: number[]) => [...cookie.slice(0, 7), cookie[7]! ^ 1]],
		["too short", (cookie: number[]) => cookie.slice(0, 6)],
		["too long", (cookie: number[]) => [...cookie, 0, 0]],
	])("does not take data with a cookie that is %s: the SYN alone is acknowledged, with a right one", (_name, spoil) => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: padded(brought(spoil(cookie))), length: 100 });
		const [answer] = peer.take();
		expect(answer).toMatchObject({ flags: "SA", ack: 1 });
		expect(cookieIn(answer!)).toEqual(cookie);
		expect(acceptor.endpoints).toHaveLength(0);
		// The data comes again, and all is as ever.
		peer.send({ flags: "PA", seq: 1, ack: 1, length: 100 });
		expect(acceptor.endpoints[0]).toMatchObject({ received: 100, wrongAt: -1 });
	});

	test("takes a cookie of the period before, renews it, and refuses one that is older", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.run(PERIOD);
		const remotePort = nextPort++;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10, remotePort });
		const [answer] = peer.take();
		expect(answer).toMatchObject({ flags: "SA", ack: 11 });
		const fresh = cookieIn(answer!)!;
		expect(fresh).not.toEqual(cookie);
		peer.send({ flags: "R", seq: 11, remotePort });
		peer.run(PERIOD);
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		expect(peer.take()[0]).toMatchObject({ flags: "SA", ack: 1 });
		peer.send({ flags: "S", mss: 1460, options: brought(fresh), length: 10, remotePort: nextPort++ });
		expect(peer.take()[0]).toMatchObject({ flags: "SA", ack: 11 });
		expect(acceptor.endpoints.length).toBe(2);
	});

	test("knows the option's older number, and answers by it", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer, [254, 4, 0xf9, 0x89])!;
		expect(cookie).toHaveLength(8);
		peer.send({ flags: "S", mss: 1460, options: [254, 12, 0xf9, 0x89, ...cookie], length: 10 });
		expect(acceptor.endpoints[0]!.received).toBe(10);
		peer.take();
		// An experiment of somebody else's.
		expect(granted(peer, [254, 4, 0xf9, 0x88])).toBeUndefined();
	});

	test("lets as many be open early as its listener says; the next begins as others do, and one that is done makes room", () => {
		const { peer, acceptor } = server(2);
		const cookie = granted(peer)!;
		const opened = (remotePort: number) => {
			peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10, remotePort });
			return peer.take()[0]!;
		};
		const irs = [7001, 7002].map((port) => {
			expect(opened(port).ack).toBe(11);
			return peer.irs;
		});
		const third = opened(7003);
		expect([third.ack, cookieIn(third)]).toEqual([1, undefined]);
		peer.irs = irs[0]!;
		peer.send({ flags: "A", seq: 11, ack: 1, remotePort: 7001 });
		expect(opened(7004).ack).toBe(11);
		expect(opened(7005).ack).toBe(1);
		expect(acceptor.endpoints).toHaveLength(3);
	});

	test("answers with a cookie of the other kind, and nothing of this one, where there is no place", () => {
		const { peer } = server(4);
		const cookie = granted(peer)!;
		for (let i = 0; i < 4; i++) peer.send({ flags: "S", mss: 1460, remotePort: 9000 + i });
		peer.take();
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		const [answer] = peer.take();
		expect(answer).toMatchObject({ flags: "SA", ack: 1 });
		expect(cookieIn(answer!)).toBeUndefined();
		expect(peer.drops("tcpCookie")).toBe(1);
	});

	test("is not thrown out while it waits to be read, as half-open ones are", () => {
		const peer = new Peer({ ...ON, sockets: { tcp: 3 } });
		peer.localPort = 80;
		const listener = peer.stack.tcp.listen("", 80, 2, 0);
		setFastOpen(peer.stack.tcp, listener, 2);
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		peer.take();
		peer.send({ flags: "S", mss: 1460, remotePort: 9001 });
		const [answer] = peer.take();
		expect(answer).toMatchObject({ flags: "SA" });
		peer.stack.tcp.connect(REMOTE, 9);
		expect(() => peer.stack.tcp.connect(REMOTE, 10)).toThrow("in use");
		const read = peer.stack.tcp.accept(listener);
		expect(read?.pending).toBe(10);
	});

	test("sends its SYN again until it is acknowledged, its data not before; gives up after 63 s", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		peer.take();
		peer.run(1000);
		expect(peer.told()).toEqual(["SA 0 ack 11"]);
		peer.run(2000);
		expect(peer.told()).toEqual(["SA 0 ack 11"]);
		peer.run(61_000);
		expect(peer.told().at(-1)).toMatch(/^RA 301/);
		expect(acceptor.endpoints[0]!.error).toBe("timeout");
	});

	test("answers the peer's SYN, which comes again, and goes on when its SYN was lost", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		peer.take();
		peer.send({ flags: "S", mss: 1460 });
		expect(peer.told()).toEqual(["SA 0 ack 11"]);
		peer.send({ flags: "A", seq: 11, ack: 1 });
		peer.run(1500);
		expect(peer.told()[0]).toBe("PA 1+300 ack 11");
		peer.send({ flags: "A", seq: 11, ack: 301 });
		expect(acceptor.endpoints[0]!.tcb!.sndUsed).toBe(0);
	});

	test.each([
		[-1, true],
		[0, true],
		[1, false],
		[301, false],
		[302, true],
	])("an acknowledgment of %d refuses the connection: %s", (ack, refused) => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 10 });
		peer.take();
		peer.send({ flags: "A", seq: 11, ack });
		expect(peer.take().some(({ flags }) => flags === "R")).toBe(refused);
		expect((blockOf(acceptor.endpoints[0]!.tcb!).bits & BIT_UNPROVEN) !== 0).toBe(refused);
	});

	test("is open by a SYN with a cookie and no data, and may speak first", () => {
		const { peer, acceptor } = server();
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie) });
		expect(peer.told()).toEqual(["SA 0 ack 1", "PA 1+300 ack 1"]);
		expect(acceptor.endpoints[0]).toMatchObject({ received: 0, connected: true });
	});

	test("takes of a SYN as much as its window says, and the rest when it comes again", () => {
		const peer = new Peer({ ...ON, sockets: { receiveBuffer: 1000 } });
		peer.localPort = 80;
		setFastOpen(peer.stack.tcp, peer.stack.tcp.listen("", 80, 2, 0), 1);
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 1400 });
		expect(peer.take()[0]).toMatchObject({ flags: "SA", ack: 1001, window: 0 });
	});
});

/** A stack that connects to us with Fast Open, and writes `length` bytes at once. */
function client(peer: Peer, length: number, close = false): { tcb: Tcb; endpoint: Endpoint; sent: Segment[] } {
	const endpoint = new Endpoint(peer.stack, { sends: 1, expects: 2, length });
	const tcb = peer.stack.tcp.connect(REMOTE, peer.remotePort);
	peer.localPort = tcb.localPort;
	setFastOpen(peer.stack.tcp, tcb, 1);
	endpoint.own(tcb);
	endpoint.onEvents(WRITABLE);
	if (close) endpoint.close();
	peer.run(1);
	return { tcb, endpoint, sent: peer.take() };
}

const COOKIE = [1, 2, 3, 4, 5, 6, 7, 8];
const gives = (cookie: readonly number[]) => padded([34, 2 + cookie.length, ...cookie]);

/** A stack that has that cookie of ours. */
function acquainted(options: StackOptions = ON, cookie: readonly number[] = COOKIE, mss = 1460): Peer {
	const peer = new Peer(options);
	const { tcb, sent } = client(peer, 0);
	expect(cookieIn(sent[0]!)).toEqual([]);
	peer.send({ flags: "SA", ack: 1, mss, options: gives(cookie) });
	peer.stack.tcp.abort(tcb);
	peer.take();
	return peer;
}

function checkBytes({ payload, seq }: Segment, length: number): void {
	expect(payload).toHaveLength(length);
	for (let i = 0; i < length; i++) expect(payload[i]).toBe(patternAt(1, Math.max(seq - 1, 0) + i));
}

describe("a client", () => {
	test("asks for a cookie, and what was written waits until the connection stands", () => {
		const peer = new Peer(ON);
		const { sent } = client(peer, 100);
		expect(sent).toMatchObject([{ flags: "S", length: 0 }]);
		expect(cookieIn(sent[0]!)).toEqual([]);
		peer.send({ flags: "SA", ack: 1, mss: 1460, options: gives(COOKIE) });
		const [data] = peer.take();
		expect(data).toMatchObject({ flags: "PA", seq: 1 });
		checkBytes(data!, 100);
	});

	test("sends what was written with the SYN, once it has a cookie", () => {
		const peer = acquainted();
		const { tcb, endpoint, sent } = client(peer, 100);
		expect(sent).toMatchObject([{ flags: "S" }]);
		expect(cookieIn(sent[0]!)).toEqual(COOKIE);
		checkBytes(sent[0]!, 100);
		peer.send({ flags: "SA", ack: 101, mss: 1460 });
		expect(peer.told()).toEqual(["A 101 ack 1"]);
		expect(tcb.sndUsed).toBe(0);
		expect(endpoint.connected).toBe(true);
		peer.send({ flags: "PA", seq: 1, ack: 101, length: 40 });
		expect(endpoint).toMatchObject({ received: 40, wrongAt: -1 });
	});

	test.each([
		[1460, 1420],
		[940, 900],
		[0, 496],
		[30, 0],
		[65_535, 1420],
	])("with an MSS of %d before, %d bytes go with the SYN, the rest when it is answered", (mss, most) => {
		const peer = acquainted(ON, COOKIE, mss);
		const { sent, endpoint } = client(peer, 4000);
		checkBytes(sent[0]!, most);
		expect(endpoint.written).toBe(4000);
		peer.send({ flags: "SA", ack: 1 + most, mss: 1460 });
		const rest = peer.take();
		expect(rest[0]).toMatchObject({ seq: 1 + most });
		for (const each of rest) checkBytes(each, each.length);
		expect(rest.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThanOrEqual(Math.min(4000 - most, 2920));
	});

	test.each([0, 1, 50, 99, 100])("sends at once what of 100 bytes is not acknowledged: %d are", (taken) => {
		const peer = acquainted();
		client(peer, 100);
		peer.send({ flags: "SA", ack: 1 + taken, mss: 1460 });
		const [first] = peer.take();
		if (taken === 100) expect(first).toMatchObject({ flags: "A", length: 0 });
		else {
			expect(first).toMatchObject({ flags: "PA", seq: 1 + taken });
			checkBytes(first!, 100 - taken);
		}
	});

	test.each([0, 102])("refuses an answer that acknowledges %d of what 101 numbers are", (ack) => {
		const peer = acquainted();
		const { tcb } = client(peer, 100);
		peer.send({ flags: "SA", ack, mss: 1460 });
		expect(peer.take()).toMatchObject([{ flags: "R" }]);
		expect(tcb.stateName).toBe("synSent");
	});

	test.each([
		[3, false],
		[4, true],
		[5, false],
		[15, false],
		[16, true],
		[17, false],
		[18, false],
	])("keeps a cookie of %d bytes: %s", (bytes, kept) => {
		const cookie = Array.from({ length: bytes }, (_, i) => i + 1);
		const peer = new Peer({ tcp: { fastOpen: true } });
		const { tcb } = client(peer, 0);
		peer.send({ flags: "SA", ack: 1, mss: 1460, options: gives(cookie) });
		peer.stack.tcp.abort(tcb);
		peer.take();
		const { sent } = client(peer, 10);
		expect(cookieIn(sent[0]!)).toEqual(kept ? cookie : undefined);
		expect(sent[0]!.length).toBe(kept ? 10 : 0);
	});

	test("goes on without option and data after a timeout, and leaves that server alone for a quarter of an hour", () => {
		const peer = acquainted();
		const { endpoint } = client(peer, 100);
		peer.run(1000);
		const [again] = peer.take();
		expect(again).toMatchObject({ flags: "S", seq: 0, length: 0 });
		expect(cookieIn(again!)).toBeUndefined();
		peer.send({ flags: "SA", ack: 1, mss: 1460 });
		checkBytes(peer.take()[0]!, 100);
		endpoint.close();
		peer.send({ flags: "R", seq: 1 });
		const plain = client(peer, 100);
		expect([plain.sent[0]!.length, cookieIn(plain.sent[0]!)]).toEqual([0, undefined]);
		peer.stack.tcp.abort(plain.tcb);
		peer.run(PAUSE);
		peer.take();
		expect(cookieIn(client(peer, 100).sent[0]!)).toEqual(COOKIE);
	});

	test("takes a late answer to the SYN with data, and then knows that it came", () => {
		const peer = acquainted();
		const { tcb } = client(peer, 100);
		peer.run(1000);
		peer.take();
		peer.send({ flags: "SA", ack: 101, mss: 1460 });
		expect(peer.told()).toEqual(["A 101 ack 1"]);
		peer.stack.tcp.abort(tcb);
		peer.take();
		expect(client(peer, 100).sent[0]!.length).toBe(100);
	});

	test("one request that is lost may be chance; after two in a row it does not ask", () => {
		const peer = new Peer(ON);
		for (const asked of [true, true, false]) {
			const { tcb, sent } = client(peer, 0);
			expect(cookieIn(sent[0]!)).toEqual(asked ? [] : undefined);
			peer.run(1000);
			peer.send({ flags: "SA", ack: 1, mss: 1460 });
			peer.stack.tcp.abort(tcb);
			peer.take();
		}
	});

	test("keeps eight cookies; that of the server which was not used for longest goes", () => {
		const peer = new Peer({ ...ON, sockets: { tcp: 2 } });
		const servers = Array.from({ length: 9 }, (_, i) => `192.0.2.${i + 1}`);
		peer.stack.routes.add({ prefix: "0.0.0.0/0", gateway: REMOTE, interface: peer.link });
		const to = (address: string, length: number) => {
			const tcb = peer.stack.tcp.connect(address, 80);
			setFastOpen(peer.stack.tcp, tcb, 1);
			peer.stack.tcp.write(tcb, new Uint8Array(length), 0, length);
			peer.run(1);
			const [syn] = peer.take();
			peer.send({
				flags: "SA",
				ack: 1 + syn!.length,
				mss: 1460,
				options: gives([9, 9, 9, 9]),
				source: address,
				localPort: tcb.localPort,
				remotePort: 80,
			});
			peer.stack.tcp.abort(tcb);
			peer.take();
			peer.run(1);
			return syn!.length;
		};
		for (const each of servers.slice(0, 8)) expect(to(each, 5)).toBe(0);
		expect(to(servers[0]!, 5)).toBe(5);
		expect(to(servers[8]!, 5)).toBe(0);
		expect(servers.slice(2).map((each) => to(each, 5))).toEqual([5, 5, 5, 5, 5, 5, 5]);
		expect([to(servers[0]!, 5), to(servers[1]!, 5)]).toEqual([5, 0]);
	});

	test("goes again without data, at once, when a router finds the SYN too big, and not as big the next time", () => {
		const peer = acquainted();
		const { sent, tcb } = client(peer, 2000);
		expect(sent[0]!.length).toBe(1420);
		peer.icmp(sent[0]!.frame, 3, 4, 1000);
		const [again] = peer.take();
		expect(again).toMatchObject({ flags: "S", seq: 0, length: 0 });
		expect(cookieIn(again!)).toBeUndefined();
		peer.send({ flags: "SA", ack: 1, mss: 1460 });
		for (const each of peer.take()) checkBytes(each, each.length);
		peer.stack.tcp.abort(tcb);
		peer.take();
		expect(client(peer, 2000).sent[0]!.length).toBe(1000 - 40 - 40);
	});

	test("closes after what was written early, whether it went with the SYN or not", () => {
		for (const taken of [100, 0]) {
			const peer = acquainted();
			const { sent } = client(peer, 100, true);
			expect(sent[0]!.length).toBe(100);
			peer.send({ flags: "SA", ack: 1 + taken, mss: 1460 });
			const end = peer.take().at(-1)!;
			expect(end.flags).toContain("F");
			expect(end.seq + end.length).toBe(101);
		}
	});

	test("takes data, and a FIN, that come with the peer's SYN", () => {
		const peer = acquainted();
		const { endpoint } = client(peer, 100);
		peer.send({ flags: "SAF", seq: 0, ack: 101, mss: 1460, length: 0 });
		expect(peer.take().at(-1)).toMatchObject({ ack: 2 });
		expect(endpoint.finished).toBe(true);
	});
});

describe("applications", () => {
	function sockets(options: StackOptions) {
		const peer = new Peer(options);
		return { peer, ...createIO(peer.stack) };
	}

	test("write at once where they ask for it, and not otherwise", () => {
		const { peer, TCP } = sockets(ON);
		const plain = new TCP({ address: REMOTE, port: 80 });
		expect(() => plain.write(new Uint8Array(3))).toThrow("not connected");
		const socket = new TCP({ address: REMOTE, port: 80, fastOpen: true });
		expect(socket.write(new Uint8Array(100))).toBeGreaterThan(1000);
		expect(() => socket.write(new Uint8Array(60_000))).toThrow("expected at most");
		peer.run(1);
		expect(
			peer
				.take()
				.filter(({ flags }) => flags === "S")
				.map((syn) => cookieIn(syn)),
		).toEqual([[], undefined]);
	});

	test("hear what is wrong", () => {
		const off = sockets({});
		expect(() => new off.TCP({ address: REMOTE, port: 80, fastOpen: true })).toThrow(
			'fastOpen true: expected the option "tcp": {"fastOpen": true}',
		);
		expect(() => new off.Listener({ port: 80, fastOpen: 2 })).toThrow("fastOpen 2");
		expect(new off.TCP({ address: REMOTE, port: 80, fastOpen: false }).localPort).toBeGreaterThan(0);
		const { Listener, TCP } = sockets(ON);
		expect(() => new Listener({ port: 80, backlog: 3, fastOpen: 4 })).toThrow("fastOpen 4: expected a whole number from 0 to 3");
		expect(() => new TCP({ address: REMOTE, port: 80, fastOpen: "yes" as unknown as boolean })).toThrow("fastOpen");
		expect(() => new Peer({ tcp: { fastOpen: 1 as unknown as boolean } })).toThrow("tcp.fastOpen 1: expected true or false");
	});

	test("read what a SYN brought", () => {
		const { peer, Listener } = sockets(ON);
		peer.localPort = 80;
		let got = 0;
		const listener = new Listener({
			port: 80,
			fastOpen: true,
			onReadable() {
				got = (listener.read()!.read() as ArrayBuffer).byteLength;
			},
		});
		const cookie = granted(peer)!;
		peer.send({ flags: "S", mss: 1460, options: brought(cookie), length: 77 });
		expect(got).toBe(77);
	});
});
