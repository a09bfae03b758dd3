// Who has a neighbour's address when another station claims it: everybody is asked, and the answers decide. Forged ARP redirects nothing
// while the neighbour answers; a true move is followed within ARP_ANSWER_MS.

import { beforeEach, describe, expect, it } from "vitest";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import { ARP_REPLY, ARP_REQUEST, BROADCAST_MAC, ip } from "../../support/frames.ts";
import type { Parsed } from "../../support/parse.ts";
import { Port, Station } from "../../support/station.ts";
import { macOf } from "../../support/wire.ts";

const US = "10.0.0.1";
const PEER = "10.0.0.9";
const OLD = Port.macOf(ip(PEER));
const NEW = macOf(0x99);
/** Gratuitous ARP, a request: 10.0.0.9 is at 02:00:00:00:00:99. */
const MOVED = new Uint8Array(
	(
		"ff ff ff ff ff ff 02 00 00 00 00 99 08 06 00 01 08 00 06 04 00 01 " +
		"02 00 00 00 00 99 0a 00 00 09 00 00 00 00 00 00 0a 00 00 09"
	)
		.split(" ")
		.map((octet) => parseInt(octet, 16)),
);

let station: Station;
let port: Port;
let socket: UdpSocket;

beforeEach(() => {
	station = new Station([["10.0.0.1/24"]], { neighbors: 4, packets: 32 });
	port = station.ports[0]!;
	socket = station.stack.udp.open("", 5000, 0);
	station.world.run(3000);
	send();
	port.answersArp = false;
	port.all();
});

function send(to = PEER): void {
	station.stack.poll(station.world.clock.ms);
	station.stack.udp.send(socket, to, 7, new Uint8Array(1), 0, 1);
	station.world.settle();
}

/** Where a datagram goes now. */
function whereTo(to = PEER): Uint8Array {
	port.all();
	send(to);
	return port.packets()[0]!.destinationMac!;
}

function questions(): Parsed[] {
	return port.questions();
}

const moved = (): void => port.device.inject(MOVED);
const answer = (mac: Uint8Array): void => port.arp(ARP_REPLY, PEER, US, { mac });

describe("a claim that nobody asked for", () => {
	it.each([
		["gratuitous request", moved],
		["gratuitous reply by broadcast", () => port.arp(ARP_REPLY, PEER, PEER, { mac: NEW, to: BROADCAST_MAC })],
		["question for us", () => port.arp(ARP_REQUEST, PEER, US, { mac: NEW, to: BROADCAST_MAC })],
		["reply to us", () => answer(NEW)],
	])("starts one question by broadcast, while packets go to the one known: %s", (_what, claim) => {
		for (let i = 0; i < 5; i++) claim();
		const asked = questions().filter((parsed) => parsed.arp!.operation === ARP_REQUEST);
		expect(asked.length).toBe(1);
		expect(asked[0]!.destinationMac).toEqual(BROADCAST_MAC);
		expect(asked[0]!.arp).toMatchObject({ sender: ip(US), target: ip(PEER) });
		expect(whereTo()).toEqual(OLD);
		expect(station.neighbor(PEER)).toBe("contested");
	});

	it("changes nothing when the one known answers", () => {
		moved();
		questions();
		answer(OLD);
		expect(whereTo()).toEqual(OLD);
		expect(station.neighbor(PEER)).toBe("reachable");
		expect(station.drops("eth1").neighborConflict).toBeUndefined();
	});

	it("is a move when only the new one answers: it is followed after 100 ms", () => {
		moved();
		questions();
		answer(NEW);
		expect(whereTo()).toEqual(OLD);
		station.world.run(99);
		expect(whereTo()).toEqual(OLD);
		station.world.run(1);
		expect(whereTo()).toEqual(NEW);
		expect(station.neighbor(PEER)).toBe("reachable");
	});

	it("is followed at once when the new one answers later than the old one should have", () => {
		moved();
		questions();
		station.world.run(300);
		answer(NEW);
		expect(whereTo()).toEqual(NEW);
	});

	it.each([
		["before", [NEW, OLD]],
		["after", [OLD, NEW]],
	])("changes nothing when another answers %s the one known, and is counted", (_when, answers) => {
		moved();
		questions();
		for (const mac of answers) answer(mac);
		station.world.run(2000);
		expect(whereTo()).toEqual(OLD);
		expect(station.drops("eth1").neighborConflict).toBe(1);
	});

	it("is taken back when the one known answers within a second after all", () => {
		moved();
		questions();
		answer(NEW);
		station.world.run(100);
		expect(whereTo()).toEqual(NEW);
		station.world.run(500);
		answer(OLD);
		expect(whereTo()).toEqual(OLD);
		expect(station.drops("eth1").neighborConflict).toBe(1);
		// Somebody may have said so in its name: everybody is asked again.
		station.world.run(400);
		expect(questions().length).toBe(1);
		answer(NEW);
		station.world.run(100);
		expect(whereTo()).toEqual(NEW);
	});

	it("is asked about also when the last question is older than half the clock's range", () => {
		moved();
		questions();
		answer(OLD);
		station.world.clock.advance(station.world.clock.now + 0x80001000);
		moved();
		expect(questions().length).toBe(1);
		answer(NEW);
		station.world.run(100);
		expect(whereTo()).toEqual(NEW);
	});

	it("changes nothing when nobody answers, after three questions; the next packet checks the one known", () => {
		moved();
		station.world.run(5000);
		expect(questions().map((parsed) => parsed.destinationMac)).toEqual([BROADCAST_MAC, BROADCAST_MAC, BROADCAST_MAC]);
		expect(station.neighbor(PEER)).toBe("stale");
		send();
		const [packet, question] = port.all();
		expect(packet!.destinationMac).toEqual(OLD);
		expect(question!.destinationMac).toEqual(OLD);
	});

	it("is asked about once a second at most, and not forgotten meanwhile", () => {
		moved();
		questions();
		answer(OLD);
		station.world.run(200);
		moved(); // now it is true
		expect(questions()).toEqual([]);
		station.world.run(790);
		expect(questions()).toEqual([]);
		station.world.run(20);
		expect(questions().length).toBe(1);
		answer(NEW);
		station.world.run(100);
		expect(whereTo()).toEqual(NEW);
	});

	it("of a neighbour that is being checked is not taken for its answer", () => {
		station.world.run(31_000);
		send();
		expect(station.neighbor(PEER)).toBe("probe");
		port.all();
		answer(NEW);
		expect(questions()[0]!.destinationMac).toEqual(BROADCAST_MAC);
		answer(OLD);
		expect(whereTo()).toEqual(OLD);
	});
});

it("a stream of forged replies never redirects a packet while the neighbour answers", () => {
	port.answersArp = true;
	for (let ms = 0; ms < 120_000; ms += 50) {
		answer(NEW);
		station.world.run(50);
		send();
	}
	const frames = port.all();
	const packets = frames.filter((parsed) => parsed.udp);
	expect(packets.length).toBe(2400);
	expect(packets.filter((parsed) => parsed.destinationMac!.join() !== OLD.join())).toEqual([]);
	expect(frames.filter((parsed) => parsed.arp).length).toBeLessThan(125);
});

it("a forger who answers our questions too, and first, gets nothing while the neighbour answers within 100 ms", () => {
	for (let round = 0; round < 50; round++) {
		answer(NEW);
		answer(NEW);
		send();
		station.world.run(90);
		send();
		answer(OLD);
		station.world.run(1910);
		send();
	}
	const packets = port.packets();
	expect(packets.length).toBe(150);
	expect(packets.filter((parsed) => parsed.destinationMac!.join() !== OLD.join())).toEqual([]);
});

it("answers to a question for an unknown neighbour: the first is taken, and one that differs asks again", () => {
	send("10.0.0.8");
	const first = macOf(0x81);
	const second = macOf(0x82);
	port.arp(ARP_REPLY, "10.0.0.8", US, { mac: first });
	expect(port.packets()[0]!.destinationMac).toEqual(first);
	port.arp(ARP_REPLY, "10.0.0.8", US, { mac: second });
	expect(questions()[0]!.destinationMac).toEqual(BROADCAST_MAC);
	for (const mac of [second, first]) port.arp(ARP_REPLY, "10.0.0.8", US, { mac });
	expect(whereTo("10.0.0.8")).toEqual(first);
	expect(station.drops("eth1").neighborConflict).toBe(1);
});
