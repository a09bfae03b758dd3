// Datagrams that come in fragments, of both families. RFC 791, 815, 1858, 3128, 5722, 8200 §4.5.

import { describe, expect, it } from "vitest";
import { NEIGHBOR_QUEUE } from "../../../src/config.ts";
import { statusOf } from "../../../src/status/status.ts";
import { envNumber } from "../../support/env.ts";
import { ethernet, ETHERTYPE_IPV4, ipv4, read32, udp, type Bytes } from "../../support/frames.ts";
import { ETHERTYPE_IPV6, FRAGMENT, fragmentHeader, ipv6, udp6 } from "../../support/frames6.ts";
import { Prng } from "../../support/prng.ts";
import { macOf, type QueueDevice } from "../../support/wire.ts";
import { World, type Node } from "../../support/world.ts";

const SEED = envNumber("SEED", 20261130);
const MORE = 0x2000;
const OWN = "2001:db8::1";
const PEER = "2001:db8::2";

/** One fragment: its place in the datagram, its bytes, and whether more follow. */
interface Part {
	at: number;
	bytes: Uint8Array;
	more: boolean;
}

/** A datagram's bytes behind the IP header, in parts of `size`. */
function parts(datagram: Uint8Array, size: number): Part[] {
	const all: Part[] = [];
	for (let at = 0; at < datagram.length; at += size)
		all.push({ at, bytes: datagram.slice(at, at + size), more: at + size < datagram.length });
	return all;
}

function content(length: number, seed = 1): Uint8Array {
	return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + seed) & 255);
}

class Station {
	readonly world = new World(7);
	readonly node: Node;
	readonly device: QueueDevice;
	readonly sent: Uint8Array[] = [];
	readonly got: Uint8Array[] = [];
	readonly free: number;

	constructor(
		readonly six: boolean,
		{ packets = 16, numbered = true } = {},
	) {
		this.node = this.world.node("a", { packets, sockets: { datagramBuffer: 65535 } });
		this.device = this.world.device({ mac: macOf(1), numbered });
		this.device.onSend = (frame) => this.sent.push(frame.slice());
		const link = this.node.ethernet("eth0", this.device, "10.0.0.1/24");
		link.addAddress(`${OWN}/64`);
		const { udp: sockets } = this.node.stack;
		const socket = sockets.open("", 7, 0);
		socket.owner = {
			onEvents: () => {
				for (let length = sockets.next(socket); length >= 0; length = sockets.next(socket)) {
					const buffer = new Uint8Array(length);
					sockets.read(socket, buffer, 0, length);
					this.got.push(buffer);
				}
				return 0;
			},
		} as never;
		this.world.run(3000);
		this.sent.length = 0;
		this.free = this.node.stack.core.pool.free;
	}

	/** The UDP datagram, header and all. */
	datagram(payload: Uint8Array, port = 7): Uint8Array {
		if (this.six) return udp6({ source: PEER, destination: OWN, sourcePort: 9, destinationPort: port }, payload).slice(40);
		return udp({ source: "10.0.0.2", destination: "10.0.0.1", sourcePort: 9, destinationPort: port }, payload).slice(20);
	}

	packet({ at, bytes, more }: Part, id: number, protocol = 17): Bytes {
		if (this.six)
			return ipv6({ source: PEER, destination: OWN, next: FRAGMENT }, [...fragmentHeader(protocol, at, more, id), ...bytes]);
		const fields = { source: "10.0.0.2", destination: "10.0.0.1", protocol, id, fragment: (more ? MORE : 0) | (at >> 3) };
		return ipv4(fields, bytes);
	}

	put(part: Part, id = 1, protocol = 17): void {
		const type = this.six ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
		this.device.inject(ethernet(macOf(1), macOf(2), type, this.packet(part, id, protocol)));
		this.world.settle();
	}

	get drops(): Record<string, number> {
		return statusOf(this.node.stack).interfaces.find((one) => one.name === "eth0")!.drops;
	}

	/** All that waits is given up: fragments, and errors for the peer, whose address nobody tells here. */
	calm(): void {
		this.world.run(70_000);
	}

	/** Packets that are not in the pool, compared with the beginning. */
	get kept(): number {
		return this.free - this.node.stack.core.pool.free;
	}
}

describe.each([
	["IPv4", false],
	["IPv6", true],
])("fragments of %s", (_family, six) => {
	it("in order, reversed and shuffled make their datagram, whatever their sizes are", () => {
		const s = new Station(six);
		const prng = new Prng(SEED);
		let id = 1;
		for (const length of [100, 1473, 1600, 3000, 5000, 8000])
			for (const size of [1448, 1232, 552]) {
				const seed = id;
				const all = parts(s.datagram(content(length, seed)), size);
				// More short ones than that do not fit fragments' share of 16 packets.
				if (all.length < 2 || all.length > 12) continue;
				const orders = [all];
				// Those that come before their turn take a packet each.
				if (all.length <= 6)
					orders.push(
						[...all].reverse(),
						[...all].sort(() => prng.next()),
					);
				for (const order of orders) {
					for (const part of order) s.put(part, id);
					expect(s.got.splice(0), `${length} bytes by ${size}`).toEqual([content(length, seed)]);
					id++;
				}
			}
		expect(s.drops).toEqual({});
		expect(s.kept).toBe(0);
	});

	it("as short as can be take little memory, as they go behind one another", () => {
		const s = new Station(six);
		for (const part of parts(s.datagram(content(4000)), 8)) s.put(part);
		expect(s.got.splice(0)).toEqual([content(4000)]);
		expect(s.kept).toBe(0);
	});

	it("that come twice do no harm, RFC 8200 §4.5", () => {
		const s = new Station(six);
		for (const part of parts(s.datagram(content(4000)), 1448)) {
			s.put(part);
			if (part.more) s.put(part);
		}
		expect(s.got.splice(0)).toEqual([content(4000)]);
		expect(s.drops).toEqual({ ipFragment: 2 });
	});

	it("that overlap end their datagram, RFC 5722", () => {
		for (const change of [-8, 8]) {
			const s = new Station(six);
			const [first, second, third] = parts(s.datagram(content(4000)), 1448);
			s.put(first!);
			s.put(third!);
			s.put(change < 0 ? { ...second!, at: second!.at - 8 } : { ...second!, bytes: content(1456) });
			expect(s.drops).toEqual({ ipFragment: 1, ipFragmentOverlap: 2 });
			expect(s.kept).toBe(0);
			s.put(second!);
			expect(s.got).toEqual([]);
		}
	});

	it("behind the last one, or a second last one, end their datagram", () => {
		const s = new Station(six);
		const [first, , third] = parts(s.datagram(content(4000)), 1448);
		s.put(third!);
		s.put({ at: 8000, bytes: content(64), more: true });
		expect(s.drops).toEqual({ ipFragment: 1, ipFragmentOverlap: 1 });
		s.put(first!);
		s.put({ at: 4000, bytes: content(64), more: false });
		s.put({ at: 2000, bytes: content(64), more: false });
		expect(s.drops).toEqual({ ipFragment: 2, ipFragmentOverlap: 3 });
		expect(s.kept).toBe(0);
	});

	it("of other datagrams are told apart", () => {
		const s = new Station(six);
		const [a, b] = [1, 2].map((seed) => parts(s.datagram(content(2000, seed)), 1448));
		s.put(a![0]!, 1);
		s.put(b![0]!, 2);
		s.put(a![1]!, 1);
		s.put(b![1]!, 2);
		expect(s.got.splice(0)).toEqual([content(2000, 1), content(2000, 2)]);
	});

	it("whose rest does not come are given up after a minute, and the sender of the first one is told", () => {
		const s = new Station(six);
		const [first, second] = parts(s.datagram(content(2000)), 1448);
		s.put(first!, 1);
		s.put(second!, 2);
		s.world.run(59_000);
		expect(s.kept).toBe(2);
		s.sent.length = 0;
		s.world.run(2000);
		expect(s.kept).toBeLessThanOrEqual(1);
		expect(s.drops).toEqual({ ipFragmentTime: 2 });
		s.calm();
		const errors = s.sent.filter((frame) =>
			six ? frame[20] === 58 && frame[54] === 3 && frame[55] === 1 : frame[23] === 1 && frame[34] === 11 && frame[35] === 1,
		);
		// Nobody answers for the peer here: the error waits for its address.
		expect(errors.length + s.sent.length).toBeGreaterThan(0);
	});

	it("that cannot be are counted", () => {
		const s = new Station(six);
		s.put({ at: 0, bytes: content(65), more: true });
		s.put({ at: 65_528, bytes: content(64), more: false });
		s.put({ at: 0, bytes: content(8), more: true }, 1, 6); // RFC 1858
		if (!six) s.put({ at: 8, bytes: content(64), more: true }, 1, 6); // RFC 3128
		s.put({ at: 8, bytes: content(0), more: true });
		expect(s.drops).toEqual({ ipFragment: six ? 4 : 5 });
		s.calm();
		expect(s.kept).toBe(0);
	});

	it("with a wrong checksum of the whole are not delivered", () => {
		const s = new Station(six);
		for (const length of [1000, 4000]) {
			const datagram = s.datagram(content(length));
			datagram[900]! ^= 1;
			for (const part of parts(datagram, 552)) s.put(part, length);
		}
		expect(s.got).toEqual([]);
		expect(s.drops).toEqual({ udpChecksum: 2 });
		expect(s.kept).toBe(0);
	});

	it("flooding with first ones keep no honest datagram out, and no more than their share of packets", () => {
		const s = new Station(six);
		const most = s.node.stack.core.limits.packets;
		let id = 1;
		for (let round = 0; round < 200; round++) {
			for (let i = 0; i < 20; i++) s.put({ at: 0, bytes: content(1448), more: true }, id++);
			const honest = id++;
			for (const part of parts(s.datagram(content(4000, round)), 1448)) {
				s.put(part, honest);
				s.put({ at: 0, bytes: content(1448), more: true }, id++);
			}
			expect(s.got.splice(0)).toEqual([content(4000, round)]);
			expect(s.kept).toBeLessThanOrEqual(((most * 3) >> 3) + NEIGHBOR_QUEUE);
		}
		s.calm();
		expect(s.kept).toBe(0);
	});

	it(`at random, overlapping or not, leave no packet behind (SEED=${SEED})`, () => {
		const s = new Station(six);
		const prng = new Prng(SEED);
		const count = envNumber("FRAGMENTS", 4000);
		for (let i = 0; i < count; i++) {
			const at = prng.below(40) * 64;
			const bytes = content(prng.chance(0.8) ? 64 * prng.between(1, 20) : prng.below(1400));
			s.put({ at, bytes, more: prng.chance(0.7) }, prng.below(6), prng.chance(0.8) ? 17 : prng.pick([1, 6, 58, 44, 50]));
			if (prng.chance(0.01)) s.world.run(prng.below(20_000));
			expect(s.kept).toBeLessThanOrEqual(6 + NEIGHBOR_QUEUE);
		}
		const honest = parts(s.datagram(content(3000)), 1448);
		for (const part of honest) s.put(part, 77);
		expect(s.got.splice(-1)).toEqual([content(3000)]);
		s.calm();
		expect(s.kept).toBe(0);
		expect(read32(s.device.mac, 0)).toBe(read32(macOf(1), 0));
	});
});

describe("datagrams that are longer than their path carries", () => {
	it("leave in fragments, to a neighbour and to ourselves, by both families", () => {
		const world = new World(3);
		const segment = world.segment();
		const nodes = ["a", "b"].map((name, i) => {
			const node = world.node(name, { sockets: { datagramBuffer: 65_535 } });
			const link = node.ethernet("eth0", segment.port({ mac: macOf(i + 1), numbered: true }), `10.0.0.${i + 1}/24`);
			link.addAddress(`2001:db8::${i + 1}/64`);
			return node;
		});
		world.run(3000);
		const [a, b] = nodes.map((node) => node.stack.udp);
		const free = nodes.map((node) => node.stack.core.pool.free);
		for (const [from, to, own] of [
			["", "10.0.0.2", false],
			["", "2001:db8::2", false],
			["", "10.0.0.1", true],
			["", "2001:db8::1", true],
		] as const) {
			const receiver = own ? a! : b!;
			const socket = receiver.open("", 7, 0);
			const client = a!.open(from, 0, 0);
			a!.send(client, to, 7, content(1), 0, 1); // whose address is not known is asked for it
			world.run(100);
			receiver.read(socket, new Uint8Array(1), 0, 1);
			for (const length of [1472, 1473, 1500, 3000, 8000]) {
				const data = content(length, length);
				a!.send(client, to, 7, data, 0, length);
				world.run(100);
				const got = new Uint8Array(length);
				expect(receiver.next(socket), `${to}: ${length} bytes`).toBe(length);
				receiver.read(socket, got, 0, length);
				expect(got).toEqual(data);
			}
			receiver.close(socket);
			a!.close(client);
		}
		world.run(5000);
		expect(nodes.map((node) => node.stack.core.pool.free)).toEqual(free);
	});
});
