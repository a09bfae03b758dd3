// The order of a poll where it is not obvious: many interfaces, interfaces that go, devices that speak up at odd moments, owners that throw.

import { describe, expect, it } from "vitest";
import { ETHERTYPE_IPV4, ethernet, icmp, ip, tcp, TCP_ACK, udp, type Bytes } from "../../support/frames.ts";
import { statusOf } from "../../../src/status/status.ts";
import { SYN } from "../../../src/wire/tcp.ts";
import { Port, Station } from "../../support/station.ts";
import type { QueueDevice } from "../../support/wire.ts";
import type { UdpSocket } from "../../../src/transport/udp/udp.ts";

const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;

/** Interfaces with the addresses 10.1.0.1, 10.2.0.1 and so on. */
function station(count: number): Station {
	const addresses = Array.from({ length: count }, (_, i) => [`10.${i + 1}.0.1/24`]);
	return new Station(addresses, { interfaces: count + 1, routes: count + 1, neighbors: count + 1 });
}

function ends(index: number): { source: string; destination: string } {
	return { source: `10.${index + 1}.0.9`, destination: `10.${index + 1}.0.1` };
}

function datagram(index: number, destinationPort = 7): Bytes {
	return udp({ ...ends(index), sourcePort: 9, destinationPort }, [1]);
}

function frame(device: QueueDevice, packet: Bytes): Bytes {
	return ethernet(device.mac, Port.macOf(ip("10.0.0.9")), ETHERTYPE_IPV4, packet);
}

/** Puts a frame where the device finds it, and does not have the stack look. */
function inject(port: Port, packet: Bytes): void {
	port.device.inject(frame(port.device, packet));
}

/** A socket at port 7 of any interface, and what its owner is told. */
function listen({ stack }: Station, onEvents: (events: number, waiting: number) => unknown): UdpSocket {
	const socket = stack.udp.open("", 7, 0);
	socket.owner = { onEvents };
	return socket;
}

describe("a poll", () => {
	it("serves each of 63 interfaces", () => {
		const all = station(63);
		for (const [i, port] of all.ports.entries()) port.ip(icmp({ ...ends(i), type: ECHO_REQUEST }));
		expect(all.ports.map((port) => port.packets().map((packet) => packet.icmp!.type))).toEqual(
			Array.from({ length: 63 }, () => [ECHO_REPLY]),
		);
	});

	it("takes frames from a device that gives notice while it is asked, and has none then", () => {
		const all = station(1);
		const [port] = all.ports;
		let heard = 0;
		listen(all, (_events, waiting) => (heard = waiting));
		let late: Bytes | undefined = datagram(0);
		port!.device.onReceive = (_at, length) => {
			if (length !== 0 || late === undefined) return;
			const packet = late;
			late = undefined;
			inject(port!, packet);
		};
		port!.device.host!.notify();
		all.world.settle();
		expect([late, heard]).toEqual([undefined, 1]);
	});

	it("asks a device at once that says that what it sent may have been answered, and goes on as long as it is", () => {
		const all = station(2);
		const { node, ports, stack } = all;
		const { device } = ports[1]!;
		const socket = listen(all, () => {
			const data = new Uint8Array(8);
			while (stack.udp.read(socket, data, 0, 8) >= 0) stack.udp.send(socket, ends(1).source, 9, data, 0, 1);
		});
		ports[1]!.ip(datagram(1)); // the neighbour is known from here on
		const before = node.polls;
		let left = 5;
		device.answers = true;
		device.onSend = () => {
			if (left-- > 0) device.incoming.push(frame(device, datagram(1))); // without a notice
		};
		ports[1]!.ip(datagram(1));
		// Only devices in C can say so, which this one is not on XS: there it would have to give notice.
		expect([left, device.incoming.length, node.polls - before]).toEqual(device.native !== 0 ? [-1, 0, 1] : [4, 1, 1]);
	});

	it("goes on when an owner removes interfaces whose frames wait, also that which it hears from", () => {
		const all = station(40);
		const { stack, ports } = all;
		const heard: string[] = [];
		const socket = listen(all, () => {
			const into = new Uint8Array(8);
			while (stack.udp.read(socket, into, 0, 8) >= 0) heard.push(stack.interfaces.at(socket.fromSlot)?.name ?? "gone");
			for (const name of ["eth1", "eth36"]) {
				const link = stack.interfaces.find(name);
				if (link !== undefined) stack.interfaces.remove(link);
			}
		});
		inject(ports[0]!, datagram(0));
		all.world.settle();
		for (const index of [35, 38]) inject(ports[index]!, datagram(index));
		all.world.settle();
		expect(heard).toEqual(["eth1", "eth39"]);
		expect(ports.map(({ device }) => device.closed).flatMap((closed, i) => (closed ? [i] : []))).toEqual([0, 35]);
	});

	it("that an exception leaves has served the others", () => {
		const all = station(1);
		const [port] = all.ports;
		const { stack, world } = all;
		const fault = new Error("an owner's");
		const thrower = stack.udp.open("", 8, 0);
		thrower.owner = {
			onEvents() {
				throw fault;
			},
		};
		const heard: number[] = [];
		listen(all, (_events, waiting) => heard.push(waiting));
		world.settle();
		heard.length = 0;
		inject(port!, datagram(0, 8));
		inject(port!, datagram(0));
		expect(() => stack.poll(world.clock.ms)).toThrow(fault);
		expect([heard, stack.core.awake]).toEqual([[1], false]);
		stack.poll(world.clock.ms);
		expect(heard).toEqual([1]);
	});

	it("sends all that the congestion window lets go, by a device in TypeScript, though no more than eight packets wait for one", () => {
		const { stack, world, ports } = new Station([["10.1.0.1/24"]], { packets: 32, sockets: { sendBuffer: 20_000 } });
		const [port] = ports;
		const tcb = stack.tcp.connect("10.1.0.9", 80);
		world.settle();
		const [syn] = port!.packets();
		const { seq, sourcePort } = syn!.tcp!;
		const options = [2, 4, 5, 0xb4]; // an MSS of 1,460
		port!.ip(
			tcp({
				...ends(0),
				sourcePort: 80,
				destinationPort: sourcePort,
				flags: SYN | TCP_ACK,
				seq: 1000,
				ack: seq + 1,
				window: 65_535,
				tcpOptions: options,
			}),
		);
		port!.packets();
		stack.tcp.write(tcb, new Uint8Array(20_000), 0, 20_000);
		stack.poll(world.clock.ms);
		expect(port!.packets().map((packet) => packet.tcp!.payload.length)).toEqual(Array(10).fill(1460)); // RFC 6928
		expect(Object.keys(statusOf(stack).interfaces[1]!.drops)).toEqual([]);
	});

	it("acknowledges all that is due at once, by a device in TypeScript, though no more than eight packets wait for one", () => {
		const COUNT = 20;
		const { stack, world, ports } = new Station([["10.1.0.1/24"]], {
			packets: 32,
			sockets: { tcp: COUNT },
			tcp: { quickAcks: false },
		});
		const [port] = ports;
		const tcbs = Array.from({ length: COUNT }, () => {
			const tcb = stack.tcp.connect("10.1.0.9", 80);
			world.settle(); // one after the other: few packets wait for a neighbour
			return tcb;
		});
		for (const { tcp: syn } of port!.packets()) {
			const segment = { ...ends(0), sourcePort: 80, destinationPort: syn!.sourcePort, ack: syn!.seq + 1, window: 65_535 };
			port!.ip(tcp({ ...segment, flags: SYN | TCP_ACK, seq: 1000 }));
			port!.ip(tcp({ ...segment, flags: TCP_ACK, seq: 1001 }, [1]));
		}
		expect(tcbs.map((tcb) => stack.tcp.readable(tcb))).toEqual(Array(COUNT).fill(1));
		port!.packets();
		world.run(100);
		expect(port!.packets().map((packet) => packet.tcp!.ack)).toEqual(Array(COUNT).fill(1002));
		expect(Object.keys(statusOf(stack).interfaces[1]!.drops)).toEqual([]);
	});
});
