// Echo requests that are longer than a packet, and replies that are longer than their path carries: RFC 1122 §3.2.2.6, RFC 4443 §4.

import { describe, expect, it } from "vitest";
import { PingSocket } from "../../../src/io/ping.ts";
import { statusOf } from "../../../src/status/status.ts";
import { concat, icmp, ICMP, ipText, ipv4, onesSum, read16, read32, u32, type Bytes } from "../../support/frames.ts";
import { ECHO_REPLY6, echo6, FRAGMENT, fragmentHeader, ICMP6, icmp6, ip6, ipv6 } from "../../support/frames6.ts";
import { Station } from "../../support/station.ts";
import { Station6 } from "../../support/station6.ts";

const MORE = 0x2000;
const OWN = "10.0.0.1";
const PEER = "10.0.0.2";
const OWN6 = "2001:db8::1";
const PEER6 = "2001:db8::2";

/** A fragment of a reply, or all of it. */
interface Piece {
	at: number;
	more: boolean;
	id: number;
	bytes: Uint8Array;
	/** Of the IP packet. */
	size: number;
}

function content(length: number): Uint8Array {
	return Uint8Array.from({ length }, (_, i) => (i * 11 + (i >> 8)) & 255);
}

class Host {
	readonly station4: Station | undefined;
	readonly station6: Station6 | undefined;
	readonly stack;

	constructor(
		readonly six: boolean,
		options = {},
	) {
		if (six) this.station6 = new Station6([`${OWN6}/64`], options);
		else this.station4 = new Station([[`${OWN}/24`]], options);
		this.stack = (this.station4 ?? this.station6!.node).stack;
		this.ask(10);
		this.sent();
	}

	put(packet: Bytes): void {
		if (this.six) this.station6!.ip(packet);
		else this.station4!.ports[0]!.ip(packet);
	}

	/** An echo request with so many bytes of payload comes in fragments of `size` bytes of it. */
	ask(length: number, size = this.six ? 1448 : 1480, { id = 7, broken = false, order = (parts: Bytes[]) => parts } = {}): void {
		const payload = content(length);
		const message = this.six
			? echo6({ source: PEER6, destination: OWN6, id: 3, seq: 4 }, payload).slice(40)
			: icmp({ source: PEER, destination: OWN, type: 8, rest: 0x30004 }, payload).slice(20);
		if (broken) message[20]! ^= 1;
		const parts: Bytes[] = [];
		for (let at = 0; at < message.length; at += size) {
			const bytes = message.subarray(at, at + size);
			const more = at + size < message.length;
			if (this.six)
				parts.push(
					ipv6({ source: PEER6, destination: OWN6, next: FRAGMENT }, concat(fragmentHeader(ICMP6, at, more, id), bytes)),
				);
			else
				parts.push(ipv4({ source: PEER, destination: OWN, protocol: ICMP, id, fragment: (more ? MORE : 0) | (at >> 3) }, bytes));
		}
		for (const part of order(parts)) this.put(part);
	}

	sent(): Piece[] {
		if (this.six)
			return this.station6!.packets().map(({ next, payload }) =>
				next === FRAGMENT
					? {
							at: read16(payload, 2) & 0xfff8,
							more: (payload[3]! & 1) !== 0,
							id: read32(payload, 4),
							bytes: payload.slice(8),
							size: payload.length + 40,
						}
					: { at: 0, more: false, id: 0, bytes: payload.slice(), size: payload.length + 40 },
			);
		return this.station4!.ports[0]!.packets().map(({ ipv4 }) => {
			expect(ipText(ipv4!.destination)).toBe(PEER);
			const { fragment, id, payload } = ipv4!;
			const size = payload.length + 20 + ipv4!.options.length;
			return { at: (fragment & 0x1fff) * 8, more: (fragment & MORE) !== 0, id, bytes: payload.slice(), size };
		});
	}

	/** The fragments make a message with so many bytes of payload and a right checksum, and each fits the MTU. */
	whole(sent: Piece[], length: number, mtu = 1500): Uint8Array {
		let place = 0;
		for (const piece of sent) {
			expect(piece.at).toBe(place);
			expect(piece.id).toBe(sent[0]!.id);
			expect(piece.size).toBeLessThanOrEqual(mtu);
			place += piece.bytes.length;
			expect(piece.more).toBe(place < length + 8);
		}
		const message = concat(...sent.map(({ bytes }) => bytes));
		expect(message.length).toBe(length + 8);
		const pseudo = this.six ? concat(ip6(OWN6), ip6(PEER6), u32(message.length), u32(ICMP6)) : [];
		expect(onesSum(concat(pseudo, message)) & 0xffff).toBe(0xffff);
		return message;
	}

	/** The same of a reply. */
	replied(sent: Piece[], length: number, mtu = 1500): void {
		const message = this.whole(sent, length, mtu);
		expect(message[0]).toBe(this.six ? ECHO_REPLY6 : 0);
		expect(read32(message, 4)).toBe(0x30004);
		expect(message.slice(8)).toEqual(content(length));
	}

	/** Sends a request of `size` bytes. Answers its fragments, and what the ping hears. */
	ping(size: number): { sent: Piece[]; heard: string[] } {
		const heard: string[] = [];
		new PingSocket(this.stack, {
			address: this.six ? PEER6 : PEER,
			size,
			count: 1,
			onReply: ({ sequence, bytes, ttl }) => void heard.push(`reply ${sequence}, ${bytes} bytes, ttl ${ttl}`),
			onTimeout: (sequence) => void heard.push(`none to ${sequence}`),
			onError: ({ message }) => void heard.push(message),
		});
		this.run(1);
		return { sent: this.sent(), heard };
	}

	run(ms: number): void {
		(this.station4 ?? this.station6)!.world.run(ms);
	}

	/** The reply to a request that was sent comes in fragments of `size` bytes. */
	reply(message: Uint8Array, size: number, broken = false): void {
		const { rest, payload } = { rest: read32(message, 4), payload: message.slice(8) };
		const whole = this.six
			? icmp6({ source: PEER6, destination: OWN6, type: ECHO_REPLY6 }, concat(u32(rest), payload)).slice(40)
			: icmp({ source: PEER, destination: OWN, type: 0, rest }, payload).slice(20);
		if (broken) whole[20]! ^= 1;
		for (let at = 0; at < whole.length; at += size) {
			const bytes = whole.subarray(at, at + size);
			const more = at + size < whole.length;
			const six = () =>
				ipv6({ source: PEER6, destination: OWN6, next: FRAGMENT }, concat(fragmentHeader(ICMP6, at, more, 9), bytes));
			const fragment = (more ? MORE : 0) | (at >> 3);
			this.put(this.six ? six() : ipv4({ source: PEER, destination: OWN, protocol: ICMP, id: 9, fragment }, bytes));
		}
	}

	drops(): Record<string, number> {
		const name = this.six ? "eth0" : "eth1";
		return statusOf(this.stack).interfaces.find((link) => link.name === name)!.drops;
	}
}

describe.each([
	["IPv4", false],
	["IPv6", true],
])("an echo request by %s", (_family, six) => {
	it("that is longer than a packet is answered in fragments", () => {
		const host = new Host(six);
		const { free } = host.stack.core.pool;
		for (const length of [1400, 1440, 1441, 1452, 1453, 1456, 1464, 1472, 1473, 1476, 1480, 1481, 2000, 3000, 5000, 8500])
			for (const size of [1480, 1448, 1400, 1232, 552, 8]) {
				if ((six && size === 1480) || (size < 1448 && length > 5000)) continue;
				host.ask(length, size);
				host.replied(host.sent(), length);
			}
		expect(host.drops()).toEqual({});
		expect(host.stack.core.pool.free).toBe(free);
	});

	it("is answered though its fragments come in any order", () => {
		const host = new Host(six);
		host.ask(5000, 1232, { order: (parts) => parts.reverse() });
		host.replied(host.sent(), 5000);
		host.ask(5000, 1232, { order: ([a, b, ...rest]) => [b!, a!, ...rest] });
		host.replied(host.sent(), 5000);
	});

	it("with a wrong checksum, or longer than there are packets for, is not answered, and no packet is lost", () => {
		const host = new Host(six);
		const { free } = host.stack.core.pool;
		host.ask(3000, 1448, { broken: true });
		expect(host.sent()).toEqual([]);
		expect(host.drops()).toEqual({ icmpChecksum: 1 });
		host.ask(12_000, 1448, { id: 8 });
		expect(host.sent()).toEqual([]);
		(host.station4 ?? host.station6)!.world.run(70_000);
		host.sent();
		(host.station4 ?? host.station6)!.world.run(70_000);
		expect(host.stack.core.pool.free).toBe(free);
		host.ask(3000);
		host.replied(host.sent(), 3000);
	});

	it("is answered in smaller fragments where a router says what the path carries", () => {
		const host = new Host(six);
		host.ask(1400);
		const [whole] = host.sent();
		const mtu = six ? 1280 : 600;
		const quoted = six
			? ipv6({ source: OWN6, destination: PEER6, next: ICMP6, payloadLength: 1408 }, whole!.bytes.subarray(0, 1000))
			: ipv4({ source: OWN, destination: PEER, protocol: ICMP, totalLength: 1428 }, whole!.bytes.subarray(0, 100));
		if (six) host.put(icmp6({ source: PEER6, destination: OWN6, type: 2 }, concat(u32(mtu), quoted)));
		else host.put(icmp({ source: PEER, destination: OWN, type: 3, code: 4, rest: mtu }, quoted));
		for (const length of [10, 1000, 1400, 3000]) {
			host.ask(length);
			host.replied(host.sent(), length, mtu);
		}
		host.put(
			six
				? echo6({ source: PEER6, destination: OWN6, id: 3, seq: 4 }, content(1400))
				: icmp({ source: PEER, destination: OWN, type: 8, rest: 0x30004 }, content(1400)),
		);
		const sent = host.sent();
		expect(sent.length).toBeGreaterThan(1);
		host.replied(sent, 1400, mtu);
	});

	it("for which packets are too few is counted", () => {
		const host = new Host(six, { packets: 9 });
		const { free } = host.stack.core.pool;
		for (let length = 1500; length < 6000; length += 100) {
			host.ask(length, 1448, { id: length });
			host.sent();
		}
		(host.station4 ?? host.station6)!.world.run(140_000);
		expect(host.stack.core.pool.free).toBe(free);
		host.ask(1400);
		host.replied(host.sent(), 1400);
	});
});

describe.each([
	["IPv4", false, 8880],
	["IPv6", true, 8688],
])("a ping by %s", (_family, six, most) => {
	it("that is longer than its path carries goes in fragments, and its reply is heard", () => {
		const host = new Host(six);
		const { free } = host.stack.core.pool;
		for (const size of [1452, 1453, 1460, 1472, 1473, 1480, 1481, 3000, 5000, most - 8]) {
			const { sent, heard } = host.ping(size);
			expect(sent.length).toBe(size > (six ? 1452 : 1472) ? Math.ceil((size + 8) / (six ? 1448 : 1480)) : 1);
			const message = host.whole(sent, size);
			expect(message[0]).toBe(six ? 128 : 8);
			expect([...message.subarray(8)]).toEqual(Array.from({ length: size }, (_, i) => i & 255));
			host.reply(message, six ? 1448 : 1480);
			host.run(1);
			expect(heard).toEqual([`reply 1, ${size} bytes, ttl 64`]);
		}
		expect(host.drops()).toEqual({});
		expect(host.stack.core.pool.free).toBe(free);
	});

	it("is not answered by a damaged reply, nor by one to another", () => {
		const host = new Host(six);
		const { sent, heard } = host.ping(3000);
		const message = host.whole(sent, 3000);
		host.reply(message, 1448, true);
		message[4]! ^= 1;
		host.reply(message, 1448);
		host.run(6000);
		expect(heard).toEqual(["none to 1"]);
		expect(host.drops()).toEqual({ icmpChecksum: 1, icmpUnhandled: 1 });
	});

	it("of more than there may be fragments ends, and says how much there may be", () => {
		const host = new Host(six);
		const { sent, heard } = host.ping(most - 7);
		expect(sent).toEqual([]);
		expect(heard).toEqual([`${six ? PEER6 : PEER}: echo of ${most - 7} bytes: expected 0 to ${most - 8}`]);
	});

	it("for which packets are too few is told of, and leaves none behind", () => {
		const host = new Host(six, { packets: 16 });
		const { pool } = host.stack.core;
		const taken: number[] = [];
		while (pool.free > 6) taken.push(pool.acquire());
		const { free } = pool;
		const { sent, heard } = host.ping(8000);
		expect(sent).toEqual([]);
		expect(heard).toEqual([`${six ? PEER6 : PEER}: no route, or no packet buffer is free`]);
		expect(pool.free).toBe(free);
		expect(host.drops()).toEqual({ noPacketBuffer: 1 });
		for (const packet of taken) pool.release(packet);
	});
});

it("to all, in fragments, is not answered by IPv4: RFC 1122 §3.2.2.6", () => {
	const host = new Host(false);
	const message = icmp({ source: PEER, destination: "10.0.0.255", type: 8, rest: 1 }, content(3000)).slice(20);
	for (const at of [0, 1480, 2960]) {
		const bytes = message.subarray(at, at + 1480);
		const fragment = (at + 1480 < message.length ? MORE : 0) | (at >> 3);
		host.station4!.ports[0]!.ip(ipv4({ source: PEER, destination: "10.0.0.255", protocol: ICMP, id: 5, fragment }, bytes), {
			to: new Uint8Array([255, 255, 255, 255, 255, 255]),
		});
	}
	expect(host.sent()).toEqual([]);
	expect(host.drops()).toEqual({ icmpUnhandled: 1 });
});
