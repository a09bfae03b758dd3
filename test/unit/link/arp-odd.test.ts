// ARP that looks odd and is right: bonds, bridges, virtual routers, proxies, routers outside of our subnets. RFC 826, "Packet Reception"; RFC 5227.

import { beforeEach, describe, expect, it } from "vitest";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";
import {
	ARP_REPLY,
	ARP_REQUEST,
	BROADCAST_MAC,
	ETHERTYPE_ARP,
	arp,
	concat,
	ethernet,
	ip,
	ipText,
	udp,
} from "../../support/frames.ts";
import { Port, Station } from "../../support/station.ts";
import { macOf } from "../../support/wire.ts";

const US = "10.0.0.1";
const SECOND = "10.0.0.9";
const OTHER_SUBNET = "172.16.5.1";
const PEER = "10.0.0.2";
/** What virtual routers have. RFC 5798 §7.3. */
const VIRTUAL = new Uint8Array([0, 0, 0x5e, 0, 1, 7]);

let station: Station;
let port: Port;
let socket: UdpSocket;

beforeEach(() => {
	station = new Station([["10.0.0.1/24", "10.0.0.9/24", "172.16.5.1/16"]], { neighbors: 4, packets: 32 });
	port = station.ports[0]!;
	port.answersArp = false;
	socket = station.stack.udp.open("", 5000, 0);
	station.world.run(3000);
	port.all();
});

function send(to: string): void {
	station.stack.poll(station.world.clock.ms);
	station.stack.udp.send(socket, to, 7, new Uint8Array(1), 0, 1);
	station.world.settle();
}

function whereTo(to: string): Uint8Array | undefined {
	port.all();
	send(to);
	return port.packets()[0]?.destinationMac;
}

describe("a hardware address that the frame does not come from", () => {
	it("is a virtual router's (VRRP, CARP, HSRP): it is found, and its questions are answered to the virtual address", () => {
		send(PEER);
		expect(port.questions().length).toBe(1);
		port.arp(ARP_REPLY, PEER, US, { mac: VIRTUAL, frameFrom: macOf(0x301) });
		expect(port.packets()[0]!.destinationMac).toEqual(VIRTUAL);
		// The other router has taken over: nothing changes.
		port.arp(ARP_REPLY, PEER, PEER, { mac: VIRTUAL, frameFrom: macOf(0x302), to: BROADCAST_MAC });
		expect(station.neighbor(PEER)).toBe("reachable");
		port.arp(ARP_REQUEST, PEER, US, { mac: VIRTUAL, frameFrom: macOf(0x302), to: BROADCAST_MAC });
		const [reply] = port.all();
		expect(reply!.destinationMac).toEqual(VIRTUAL);
		expect(reply!.arp).toMatchObject({ operation: ARP_REPLY, sender: ip(US), targetMac: VIRTUAL });
	});

	it("is a bond's (balance-alb), which spreads its peers over its ports: told by unicast to send to another port, we ask and follow", () => {
		const [first, second] = [macOf(0x401), macOf(0x402)];
		send(PEER);
		port.arp(ARP_REPLY, PEER, US, { mac: first, frameFrom: second });
		expect(whereTo(PEER)).toEqual(first);
		port.arp(ARP_REPLY, PEER, US, { mac: second, frameFrom: first });
		expect(port.questions()[0]!.destinationMac).toEqual(BROADCAST_MAC);
		port.arp(ARP_REPLY, PEER, US, { mac: second, frameFrom: first });
		station.world.run(100);
		expect(whereTo(PEER)).toEqual(second);
	});

	it("is learned from a question too, as behind some bridges and Wi-Fi relays", () => {
		port.arp(ARP_REQUEST, PEER, US, { frameFrom: macOf(0x501), to: BROADCAST_MAC });
		expect(port.all()[0]!.destinationMac).toEqual(Port.macOf(ip(PEER)));
		expect(whereTo(PEER)).toEqual(Port.macOf(ip(PEER)));
	});
});

it("a router that answers for many (proxy ARP, RFC 1027) has one hardware address for all of them", () => {
	for (const to of ["10.0.0.50", "10.0.0.51"]) {
		send(to);
		port.arp(ARP_REPLY, to, US, { mac: macOf(0x601) });
		expect(port.packets()[0]!.destinationMac).toEqual(macOf(0x601));
	}
});

it("a router outside of our subnets may ask for us, and be asked", () => {
	const gateway = "192.0.2.1";
	port.arp(ARP_REQUEST, gateway, US, { to: BROADCAST_MAC });
	expect(port.all()[0]!.arp).toMatchObject({ operation: ARP_REPLY, sender: ip(US), target: ip(gateway) });
	expect(station.neighbor(gateway)).toBe("");
	expect(station.drops("eth1").arpIgnored).toBeUndefined();
	station.stack.routes.add({ prefix: "192.0.2.1/32", interface: port.link });
	send(gateway);
	const asked = port.questions()[0]!.arp!;
	expect(asked.target).toBe(ip(gateway));
	expect([US, SECOND, OTHER_SUBNET]).toContain(ipText(asked.sender));
	port.arp(ARP_REPLY, gateway, asked.sender);
	expect(port.packets()[0]!.destinationMac).toEqual(Port.macOf(ip(gateway)));
});

it.each([US, SECOND, OTHER_SUBNET])("each of several addresses is answered for: %s", (address) => {
	port.arp(ARP_REQUEST, PEER, address, { to: BROADCAST_MAC });
	expect(port.all()[0]!.arp).toMatchObject({ operation: ARP_REPLY, sender: ip(address), senderMac: macOf(1) });
});

it("the address in the subnet of the one asked for is the one that asks", () => {
	for (const [to, from] of [
		["172.16.9.9", OTHER_SUBNET],
		["10.0.0.77", US],
	]) {
		send(to!);
		expect(ipText(port.questions()[0]!.arp!.sender)).toBe(from);
	}
});

it("a question with a target hardware address, and one by unicast (a re-check), are answered", () => {
	port.arp(ARP_REQUEST, PEER, US, { targetMac: macOf(0x777), to: BROADCAST_MAC });
	port.arp(ARP_REQUEST, PEER, US, { targetMac: macOf(1) });
	expect(port.all().map((parsed) => parsed.arp!.operation)).toEqual([ARP_REPLY, ARP_REPLY]);
});

it("padding and what lies behind the packet do not matter", () => {
	const body = arp({ operation: ARP_REQUEST, senderMac: Port.macOf(ip(PEER)), sender: PEER, target: US });
	for (const padding of [new Uint8Array(18), new Uint8Array(400).fill(0xff)])
		port.device.inject(ethernet(BROADCAST_MAC, Port.macOf(ip(PEER)), ETHERTYPE_ARP, concat(body, padding)));
	expect(port.all().map((parsed) => parsed.arp!.operation)).toEqual([ARP_REPLY, ARP_REPLY]);
});

describe("an answer", () => {
	it.each([
		["by broadcast, as RFC 5227 §2.6 has it", US, BROADCAST_MAC],
		["without our address in it", "0.0.0.0", undefined],
	])("may come %s", (_how, target, to) => {
		send(PEER);
		port.arp(ARP_REPLY, PEER, target, to ? { to } : {});
		expect(port.packets()[0]!.destinationMac).toEqual(Port.macOf(ip(PEER)));
	});

	it("is any word of the one asked for: its own question or announcement", () => {
		send(PEER);
		port.arp(ARP_REQUEST, PEER, PEER, { to: BROADCAST_MAC });
		expect(port.packets()[0]!.destinationMac).toEqual(Port.macOf(ip(PEER)));
	});

	it("to a check by unicast by broadcast confirms the neighbour", () => {
		send(PEER);
		port.arp(ARP_REPLY, PEER, US);
		station.world.run(31_000);
		send(PEER);
		expect(station.neighbor(PEER)).toBe("probe");
		port.arp(ARP_REPLY, PEER, US, { to: BROADCAST_MAC });
		station.world.settle();
		expect(station.neighbor(PEER)).toBe("reachable");
	});
});

it("a cluster with a group as its hardware address (NLB in multicast mode) is not believed: RFC 1812 §3.3.2", () => {
	send(PEER);
	port.arp(ARP_REPLY, PEER, US, { mac: new Uint8Array([3, 0xbf, 10, 0, 0, 2]), frameFrom: macOf(0x701) });
	expect(port.packets()).toEqual([]);
	expect(station.neighbor(PEER)).toBe("incomplete");
	// Its unicast mode is: the frames come from another address than it says.
	port.arp(ARP_REPLY, PEER, US, { mac: new Uint8Array([2, 0xbf, 10, 0, 0, 2]), frameFrom: macOf(0x701) });
	expect(port.packets()[0]!.destinationMac).toEqual(new Uint8Array([2, 0xbf, 10, 0, 0, 2]));
});

it("an interface without address asks nobody: nothing but a probe comes from 0.0.0.0", () => {
	station = new Station([["10.1.0.1/24"], []], { forwarding: true });
	const [from, unnumbered] = station.ports as [Port, Port];
	unnumbered.answersArp = false;
	station.stack.routes.add({ prefix: "10.0.0.0/24", interface: unnumbered.link });
	const forwarded = () => {
		from.ip(udp({ source: "10.1.0.7", destination: PEER, sourcePort: 1, destinationPort: 2 }, [1]));
		station.world.run(1000);
	};
	for (let i = 0; i < 5; i++) forwarded();
	expect(unnumbered.all()).toEqual([]);
	expect(station.neighbor(PEER)).toBe("");
	unnumbered.link.probe(ip(PEER));
	expect(unnumbered.all()[0]!.arp).toMatchObject({ operation: ARP_REQUEST, sender: 0, target: ip(PEER) });
	unnumbered.link.probed = 0;
	unnumbered.link.ip.insertAddress(US, 24);
	forwarded();
	expect(unnumbered.questions()[0]!.arp).toMatchObject({ sender: ip(US), target: ip(PEER) });
});

it("an address that goes while a neighbour is asked for: nothing is asked from 0.0.0.0", () => {
	send(PEER);
	while (port.link.addresses.length > 0) port.link.removeAddress(port.link.addresses[0]!);
	port.all();
	station.world.run(10_000);
	expect(port.all().filter((parsed) => parsed.arp)).toEqual([]);
});
