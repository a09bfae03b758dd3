// Devices that move a frame while the turn goes on: what they are lent stays as it is, everything arrives in order, and no packet is lost to anybody.

import { describe, expect, it } from "vitest";
import { ETHERTYPE_IPV4, ethernet, icmp, ip, type Bytes } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import { Port, Station } from "../../support/station.ts";

const ECHO_REQUEST = 8;
const PEER = "10.2.0.9";
const OWN = "10.2.0.1";

/** eth1 has no number; eth2 has one, and moves frames in so many steps. */
function station(moves: number, packets = 12): { all: Station; port: Port; free: number } {
	const all = new Station([["10.1.0.1/24"], [`${OWN}/24`]], { packets });
	const port = all.ports[1]!;
	port.ip(icmp({ source: PEER, destination: OWN, type: ECHO_REQUEST })); // the neighbour is known from here on
	port.packets();
	const { free } = all.stack.core.pool;
	port.device.moves = moves;
	return { all, port, free };
}

/** The same with frames under way both ways, after so many polls. */
function busy(moves: number, polls: number): ReturnType<typeof station> {
	const scene = station(moves);
	const { all, port } = scene;
	const socket = all.stack.udp.open("", 7, 0);
	for (let i = 0; i < 3; i++) {
		port.device.incoming.push(request(port, i, 1000));
		all.stack.udp.send(socket, PEER, 9, new Uint8Array(500), 0, 500);
	}
	port.device.host!.notify();
	for (let i = 0; i < polls; i++) all.stack.poll(all.world.clock.now);
	return scene;
}

function request(port: Port, sequence: number, bytes = 8): Bytes {
	const packet = icmp({ source: PEER, destination: OWN, type: ECHO_REQUEST, rest: sequence }, new Uint8Array(bytes));
	return ethernet(port.device.mac, Port.macOf(ip(PEER)), ETHERTYPE_IPV4, packet);
}

const sequencesOf = (port: Port) => port.packets().map(({ icmp: reply }) => reply!.rest & 0xffff);

describe.each([1, 2, 5, 1000, 5000])("a device that is asked %i times for a frame", (moves) => {
	it("has what comes answered in its order, and gives every packet back", () => {
		const { all, port, free } = station(moves);
		const random = new Prng(moves);
		const expected: number[] = [];
		for (let i = 0; i < 200; i++) {
			expected.push(i);
			port.device.incoming.push(request(port, i, random.between(8, 1472)));
			if (random.chance(0.3)) port.device.host!.notify();
			// An echo reply that finds the queue full is dropped.
			if (port.device.incoming.length < random.between(2, 5)) continue;
			port.device.host!.notify();
			all.world.settle();
		}
		port.device.host!.notify();
		expect(sequencesOf(port)).toEqual(expected);
		expect(all.stack.core.pool.free).toBe(free);
	});

	it("does so beside one that has its frames at once", () => {
		const { all, port, free } = station(moves);
		const other = all.ports[0]!;
		for (let i = 0; i < 50; i++) {
			port.device.inject(request(port, i));
			const packet = icmp({ source: "10.1.0.9", destination: "10.1.0.1", type: ECHO_REQUEST, rest: i });
			other.device.inject(ethernet(other.device.mac, Port.macOf(ip("10.1.0.9")), ETHERTYPE_IPV4, packet));
			if (i % 3 === 2) all.world.settle();
		}
		const expected = Array.from({ length: 50 }, (_, i) => i);
		expect([sequencesOf(port), sequencesOf(other)]).toEqual([expected, expected]);
		expect(all.stack.core.pool.free).toBe(free);
	});

	it("works with as few packets as there may be", () => {
		const { all, port, free } = station(moves, 4);
		for (let i = 0; i < 30; i++) {
			port.device.inject(request(port, i));
			if (i % 3 === 0) all.world.settle();
		}
		const answered = sequencesOf(port);
		expect(answered).toEqual([...answered].sort((a, b) => a - b));
		expect(answered.length).toBeGreaterThanOrEqual(10);
		all.world.settle();
		port.device.inject(request(port, 99));
		expect(sequencesOf(port)).toEqual([99]);
		expect(all.stack.core.pool.free).toBe(free);
	});

	it("that is removed gives back what it was lent", () => {
		for (let polls = 0; polls < 6; polls++) {
			const { all, port, free } = busy(moves, polls);
			all.stack.interfaces.remove(port.link);
			all.world.settle();
			expect(all.stack.core.pool.free, `after ${polls} polls`).toBe(free);
		}
	});

	it("whose link goes down has what it was lent settled before that is somebody else's", () => {
		for (let polls = 0; polls < 6; polls++) {
			const { all, port, free } = busy(moves, polls);
			port.device.setLink(false);
			all.world.settle();
			port.device.incoming.length = 0;
			port.device.setLink(true);
			all.world.settle();
			port.packets();
			port.device.inject(request(port, 77));
			expect(sequencesOf(port), `after ${polls} polls`).toEqual([77]);
			expect(all.stack.core.pool.free, `after ${polls} polls`).toBe(free);
		}
	});
});

it("sends datagrams of a program as they were written, in their order", () => {
	const { all, port, free } = station(3, 12);
	const socket = all.stack.udp.open("", 7, 0);
	const sent: number[] = [];
	for (let i = 0; i < 100; i++) {
		all.stack.udp.send(socket, PEER, 9, Uint8Array.of(i), 0, 1);
		sent.push(i);
		if (i % 2 === 1) all.world.settle();
	}
	expect(port.packets().map((packet) => packet.udp!.payload[0])).toEqual(sent);
	expect(all.stack.core.pool.free).toBe(free);
});
