// ICMP echo: answering pings, and sending them. RFC 792, RFC 1122 §3.2.2.6.

import { describe, expect, it } from "vitest";
import { READABLE } from "../../../src/transport/events.ts";
import { icmpOf } from "../../../src/transport/ping/sockets.ts";
import { BROADCAST_MAC, icmp, ip, ipText } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";
import { Station } from "../../support/station.ts";

const PEER = "10.0.0.2";

function stationOf(): Station {
	return new Station([["10.0.0.1/24"], ["10.1.0.1/24"]]);
}

describe("a ping to us", () => {
	it.each([0, 1, 56, 57, 1472])("with %d bytes is answered with the same", (length) => {
		const station = stationOf();
		const payload = new Prng(length).bytes(length);
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.0.0.1", type: 8, rest: 0x12345678, ttl: 3, id: 99 }, payload));
		const [reply] = station.ports[0]!.packets();
		expect(reply!.ipv4).toMatchObject({ source: ip("10.0.0.1"), destination: ip(PEER), ttl: 64 });
		expect(reply!.icmp).toMatchObject({ type: 0, code: 0, rest: 0x12345678 });
		expect(reply!.icmp!.payload).toEqual(payload);
	});

	it.each([
		["a recorded route goes on with our address", [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0], [7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0]],
		["one that is full stays", [7, 7, 8, 1, 2, 3, 4, 0], [7, 7, 8, 1, 2, 3, 4, 0]],
		["others were meant for the way here", [0x94, 4, 0, 0, 68, 8, 5, 0, 9, 9, 9, 9], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
	])("with IP options is answered, and %s: RFC 1122 §3.2.2.6", (_what, options, answered) => {
		const station = stationOf();
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.0.0.1", type: 8, options }, [1, 2, 3]));
		const [reply] = station.ports[0]!.packets();
		expect([...reply!.ipv4!.options]).toEqual(answered);
		expect([...reply!.icmp!.payload]).toEqual([1, 2, 3]);
	});

	it.each([
		["loose", 131],
		["strict", 137],
	])("with a %s source route is dropped and counted, also on its way to others: RFC 7126 §4.3, §4.4", (_name, type) => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { forwarding: true });
		const options = [1, type, 7, 4, 10, 0, 0, 9];
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.0.0.1", type: 8, options }));
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.1.0.9", type: 8, options }));
		for (const port of station.ports) expect(port.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ipSourceRoute: 2 });
	});

	it("is answered by another way once the first one is down, and no more when its address is gone", () => {
		const station = new Station([["10.0.0.1/24"], ["10.0.0.3/24"]]);
		const [one, other] = station.ports;
		const ask = (port = one) => {
			port!.ip(icmp({ source: PEER, destination: "10.0.0.1", type: 8 }));
			return [one!.packets().length, other!.packets().length];
		};
		expect([ask(), ask()]).toEqual([
			[1, 0],
			[1, 0],
		]);
		one!.device.setLink(false);
		station.world.settle();
		expect(ask(other)).toEqual([0, 1]);
		one!.device.setLink(true);
		station.world.settle();
		expect(ask()).toEqual([1, 0]);
		one!.link.removeAddress(one!.link.addresses[0]!);
		expect(ask()).toEqual([0, 0]);
	});

	it("by the interface that has the address which was asked, one after the other", () => {
		const station = stationOf();
		const [one, other] = station.ports;
		const far = "8.8.8.8";
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: one!.link, metric: 1 });
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other!.link, metric: 2 });
		for (let i = 0; i < 3; i++) {
			one!.ip(icmp({ source: far, destination: "10.0.0.1", type: 8 }));
			expect([one!.packets().length, other!.packets().length]).toEqual([1, 0]);
			other!.ip(icmp({ source: far, destination: "10.1.0.1", type: 8 }));
			expect([one!.packets().length, other!.packets().length]).toEqual([0, 1]);
		}
	});

	it("is answered from the address that was asked for, by the way that leads back", () => {
		const station = stationOf();
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.1.0.1", type: 8 }));
		const [reply] = station.ports[0]!.packets();
		expect(ipText(reply!.ipv4!.source)).toBe("10.1.0.1");
		station.ports[0]!.ip(icmp({ source: "10.1.0.77", destination: "10.1.0.1", type: 8 }));
		expect(station.ports[1]!.packets().length).toBe(1);
	});

	it.each(["10.0.0.255", "255.255.255.255"])("at %s is not answered", (destination) => {
		const station = stationOf();
		station.ports[0]!.ip(icmp({ source: PEER, destination, type: 8 }), { to: BROADCAST_MAC });
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ icmpUnhandled: 1 });
	});

	it.each([5, 13, 15, 17])("of another type, %d, is counted", (type) => {
		const station = stationOf();
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.0.0.1", type }));
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ icmpUnhandled: 1 });
	});
});

describe("an echo socket", () => {
	it("sends requests with its identifier and hears the replies to them", () => {
		const station = stationOf();
		const layer = icmpOf(station.stack);
		const socket = layer.open(0);
		const heard: number[] = [];
		socket.owner = { onEvents: (events) => void heard.push(events) };
		socket.remoteAddress = PEER;
		expect(layer.send(socket, 7, 20)).toBe(true);
		const [request] = station.ports[0]!.packets();
		expect(request!.icmp).toMatchObject({ type: 8, code: 0, rest: (socket.identifier << 16) | 7 });
		expect(request!.icmp!.payload.length).toBe(20);
		station.ports[0]!.ip(
			icmp({ source: PEER, destination: "10.0.0.1", type: 0, rest: request!.icmp!.rest, ttl: 61 }, request!.icmp!.payload),
		);
		expect(heard).toEqual([READABLE]);
		expect(socket.take()).toBe(true);
		expect(socket).toMatchObject({ type: 0, replies: 1, fromAddress: PEER, sequence: 7, bytes: 20, ttl: 61 });
		expect(socket.take()).toBe(false);
	});

	it("does not hear replies to others", () => {
		const station = stationOf();
		const socket = icmpOf(station.stack).open(0);
		station.ports[0]!.ip(icmp({ source: PEER, destination: "10.0.0.1", type: 0, rest: ((socket.identifier ^ 1) << 16) | 7 }));
		expect(socket.replies).toBe(0);
		expect(station.drops("eth1")).toEqual({ icmpUnhandled: 1 });
	});

	it("is refused beyond their number", () => {
		const station = stationOf();
		icmpOf(station.stack).open(0);
		expect(() => icmpOf(station.stack).open(0)).toThrow(/all 1 ICMP sockets are in use; raise the option "sockets\.icmp"/);
	});
});
