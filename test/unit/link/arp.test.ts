// ARP: asking, answering, believing. RFC 826, RFC 1122 §2.3.2, RFC 5227.

import { beforeEach, describe, expect, it } from "vitest";
import { statusOf } from "../../../src/status/status.ts";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import { ARP_REPLY, ARP_REQUEST, BROADCAST_MAC, ip, ipText } from "../../support/frames.ts";
import { Port, Station } from "../../support/station.ts";
import { macOf } from "../../support/wire.ts";

const US = "10.0.0.1";
const PEER = "10.0.0.2";

let station: Station;
let port: Port;
let socket: UdpSocket;

beforeEach(() => {
	station = new Station([["10.0.0.1/24", "10.0.0.9/24"]], { neighbors: 4, packets: 32 });
	port = station.ports[0]!;
	socket = station.stack.udp.open("", 5000, 0);
});

/** Sends a datagram with that many bytes, as a callback within a poll would. */
function send(to: string, length = 1): void {
	station.stack.poll(station.world.clock.ms);
	station.stack.udp.send(socket, to, 7, new Uint8Array(length), 0, length);
	station.world.settle();
}

describe("asking", () => {
	it("asks by broadcast, from the address in the same subnet, and sends what waited when the answer comes", () => {
		send(PEER, 5);
		const [question, packet] = port.all();
		expect(question!.destinationMac).toEqual(BROADCAST_MAC);
		expect(question!.arp).toMatchObject({ operation: ARP_REQUEST, sender: ip(US), target: ip(PEER) });
		expect(packet!.destinationMac).toEqual(Port.macOf(ip(PEER)));
		expect(packet!.udp!.payload.length).toBe(5);
		expect(station.neighbor(PEER)).toBe("reachable");
	});

	it("asks at most once a second, three times, and then gives up and counts what waited", () => {
		port.answersArp = false;
		for (let i = 0; i < 3; i++) {
			send(PEER);
			expect(port.questions().length).toBe(i === 0 ? 1 : 0);
		}
		station.world.run(990);
		expect(port.questions().length).toBe(0);
		station.world.run(20);
		expect(port.questions().length).toBe(1);
		station.world.run(1000);
		expect(port.questions().length).toBe(1);
		station.world.run(10_000);
		expect(port.questions().length).toBe(0);
		expect(station.drops("eth1").neighborUnreachable).toBe(3);
		expect(station.neighbor(PEER)).toBe("");
	});

	it("begins anew after it gave up", () => {
		port.answersArp = false;
		send(PEER);
		station.world.run(10_000);
		port.all();
		port.answersArp = true;
		send(PEER);
		expect(port.packets().length).toBe(1);
	});

	it("keeps the newest three packets for a neighbour that does not answer, and counts the others", () => {
		port.answersArp = false;
		for (let length = 1; length <= 5; length++) send(PEER, length);
		expect(station.drops("eth1").neighborQueueFull).toBe(2);
		port.arp(ARP_REPLY, PEER, US);
		expect(port.packets().map((parsed) => parsed.udp!.payload.length)).toEqual([3, 4, 5]);
	});

	it("loses no packet buffer by a neighbour that does not answer", () => {
		const free = station.stack.core.pool.free;
		port.answersArp = false;
		for (let round = 0; round < 20; round++) {
			for (let i = 2; i < 9; i++) send(`10.0.0.${i}`);
			station.world.run(5000);
		}
		expect(station.stack.core.pool.free).toBe(free);
	});
});

describe("a known neighbour", () => {
	it("is asked again by unicast when it has not been heard of for 30 s, while packets still go to it", () => {
		send(PEER);
		station.world.run(31_000);
		expect(station.neighbor(PEER)).toBe("stale");
		port.all();
		port.answersArp = false;
		send(PEER);
		const [packet, question] = port.all();
		expect(packet!.udp).toBeDefined();
		expect(question!.arp!.operation).toBe(ARP_REQUEST);
		expect(question!.destinationMac).toEqual(Port.macOf(ip(PEER)));
		port.arp(ARP_REPLY, PEER, US);
		station.world.settle();
		expect(station.neighbor(PEER)).toBe("reachable");
	});

	it("is asked for by broadcast when it does not answer for itself: another may have the address now", () => {
		send(PEER);
		station.world.run(31_000);
		port.answersArp = false;
		send(PEER);
		port.all();
		station.world.run(2500);
		expect(port.questions().map((parsed) => parsed.destinationMac![0])).toEqual([2, 2]);
		station.world.run(1000);
		expect(port.questions().map((parsed) => parsed.destinationMac![0])).toEqual([255]);
		const other = macOf(0x777);
		port.arp(ARP_REPLY, PEER, US, { mac: other });
		send(PEER);
		expect(port.packets()[0]!.destinationMac).toEqual(other);
	});

	it("is forgotten when nobody uses it", () => {
		send(PEER);
		station.world.run(31_000 + 61_000);
		expect(station.neighbor(PEER)).toBe("");
	});

	it("gives way, when entries run out, to newcomers: the one idle longest first", () => {
		for (let i = 2; i <= 5; i++) {
			send(`10.0.0.${i}`);
			station.world.run(10);
		}
		send("10.0.0.2");
		station.world.run(10);
		send("10.0.0.6");
		expect([2, 3, 4, 5, 6].map((i) => station.neighbor(`10.0.0.${i}`))).toEqual([
			"reachable",
			"",
			"reachable",
			"reachable",
			"reachable",
		]);
	});
});

describe("answering", () => {
	it.each([US, "10.0.0.9"])("answers for its address %s, to the one that asked", (address) => {
		port.arp(ARP_REQUEST, PEER, address, { to: BROADCAST_MAC });
		const [reply] = port.all();
		expect(reply!.destinationMac).toEqual(Port.macOf(ip(PEER)));
		expect(reply!.arp).toMatchObject({ operation: ARP_REPLY, sender: ip(address), senderMac: macOf(1), target: ip(PEER) });
		expect(reply!.arp!.targetMac).toEqual(Port.macOf(ip(PEER)));
	});

	it("answers a probe from 0.0.0.0, and learns nothing from it", () => {
		port.arp(ARP_REQUEST, "0.0.0.0", US, { mac: macOf(9), to: BROADCAST_MAC });
		expect(port.all()[0]!.arp).toMatchObject({ operation: ARP_REPLY, sender: ip(US) });
		expect(statusOf(station.stack).neighbors).toEqual([]);
	});

	it("is silent about other addresses, and counts the question", () => {
		port.arp(ARP_REQUEST, PEER, "10.0.0.77", { to: BROADCAST_MAC });
		expect(port.all()).toEqual([]);
		expect(station.drops("eth1").arpIgnored).toBe(1);
	});

	it("announces an address when it gets it, and when the link comes back: twice, 2 s apart", () => {
		const announced = () => port.all().map((parsed) => [ipText(parsed.arp!.sender), ipText(parsed.arp!.target)]);
		station.world.run(5000);
		port.all();
		port.link.ip.insertAddress("10.0.7.1", 24);
		expect(announced()).toEqual([["10.0.7.1", "10.0.7.1"]]);
		station.world.run(1990);
		expect(announced()).toEqual([]);
		station.world.run(3000);
		expect(announced()).toEqual([["10.0.7.1", "10.0.7.1"]]);
		port.device.setLink(false);
		station.world.run(10);
		port.device.setLink(true);
		for (const ms of [10, 1990]) {
			station.world.run(ms);
			expect(port.all().map((parsed) => ipText(parsed.arp!.target))).toEqual([US, "10.0.0.9", "10.0.7.1"]);
		}
		station.world.run(10_000);
		expect(announced()).toEqual([]);
	});

	it("does not announce an address for the second time that is gone, or while the link is down", () => {
		station.world.run(5000);
		port.all();
		port.link.removeAddress(port.link.ip.insertAddress("10.0.7.1", 24));
		port.link.ip.insertAddress("10.0.8.1", 24);
		expect(port.all().length).toBe(2);
		port.device.setLink(false);
		station.world.run(5000);
		expect(port.all()).toEqual([]);
	});
});

describe("believing", () => {
	it("remembers who asked for us, but checks it with the first packet", () => {
		port.arp(ARP_REQUEST, PEER, US, { to: BROADCAST_MAC });
		port.all();
		expect(station.neighbor(PEER)).toBe("stale");
		send(PEER);
		const frames = port.all();
		expect(frames[0]!.udp).toBeDefined();
		expect(frames[1]!.arp!.operation).toBe(ARP_REQUEST);
	});

	it("learns nothing from answers that nobody asked for", () => {
		port.arp(ARP_REPLY, PEER, US);
		station.world.settle();
		expect(station.neighbor(PEER)).toBe("");
		expect(station.drops("eth1").arpIgnored).toBe(1);
	});

	it("learns nothing from those outside of its subnets", () => {
		port.arp(ARP_REQUEST, "172.16.0.1", US, { to: BROADCAST_MAC });
		port.all();
		expect(station.neighbor("172.16.0.1")).toBe("");
	});

	it("ignores a sender whose hardware address is a group, no station's, or our own", () => {
		for (const mac of [new Uint8Array([3, 0xbf, 10, 0, 0, 2]), new Uint8Array(6), macOf(1)])
			port.arp(ARP_REQUEST, PEER, US, { mac, to: BROADCAST_MAC });
		expect(port.all()).toEqual([]);
		expect(station.neighbor(PEER)).toBe("");
		expect(station.drops("eth1").arpIgnored).toBe(3);
	});
});

describe("conflicts about our addresses", () => {
	const CLAIM = { mac: macOf(0x99), to: BROADCAST_MAC };
	/** Whom our announcements since the last call were about. */
	const announced = (): string[] =>
		port
			.all()
			.filter((parsed) => parsed.arp!.sender === parsed.arp!.target)
			.map((parsed) => ipText(parsed.arp!.sender));

	beforeEach(() => {
		station.world.run(3000);
		port.all();
	});

	it("are met by defending, at most every ten seconds, for ever: one claim a second takes nothing away", () => {
		let defences = 0;
		for (let i = 0; i < 60; i++) {
			port.arp(ARP_REQUEST, US, "10.0.0.50", CLAIM);
			station.world.run(1000);
			const defence = announced();
			expect(defence.length).toBeLessThan(2);
			defences += defence.length;
		}
		expect(defences).toBe(6);
		expect(port.link.addresses.length).toBe(2);
		expect(station.drops("eth1").addressConflict).toBe(60);
	});

	it("are met again when the last one is older than half the clock's range", () => {
		port.arp(ARP_REQUEST, US, "10.0.0.50", CLAIM);
		expect(announced()).toEqual([US]);
		station.world.run(0x80001000);
		station.stack.poll(station.world.clock.ms);
		expect(port.link.own.conflicts[0]!.agoMs).toBe(0x7fffffff);
		port.arp(ARP_REQUEST, US, "10.0.0.50", CLAIM);
		expect(announced()).toEqual([US]);
	});

	it("about one address do not use up the defence of another", () => {
		port.arp(ARP_REQUEST, US, "10.0.0.50", CLAIM);
		port.arp(ARP_REPLY, "10.0.0.9", "10.0.0.50", CLAIM);
		expect(announced()).toEqual([US, "10.0.0.9"]);
	});

	it("are shown to people: which address, who, how often, how long ago", () => {
		expect(statusOf(station.stack).interfaces[1]!.conflicts).toBeUndefined();
		for (let i = 0; i < 3; i++) port.arp(ARP_REQUEST, US, US, CLAIM);
		station.world.run(500);
		station.stack.poll(station.world.clock.ms);
		expect(statusOf(station.stack).interfaces[1]!.conflicts).toEqual([
			{ address: US, mac: "02:00:00:00:00:99", count: 3, agoMs: 500 },
		]);
	});

	it("are told to who asked for it", () => {
		const told: number[] = [];
		port.link.onConflict = (address) => void told.push(address);
		port.arp(ARP_REQUEST, US, US, CLAIM);
		expect(announced().length).toBe(1);
		expect(told).toEqual([ip(US)]);
	});
});

describe("an interface that goes down", () => {
	it("forgets its neighbours, and counts what waited for them", () => {
		port.answersArp = false;
		send(PEER);
		port.device.setLink(false);
		station.world.run(10);
		expect(station.neighbor(PEER)).toBe("");
		expect(station.drops("eth1").interfaceDown).toBe(1);
	});
});
