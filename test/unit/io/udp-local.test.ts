// To which address and by which interface a datagram came, and from where its answer goes: RFC 1122 §4.1.3.5 and §3.3.6.

import { describe, expect, it } from "vitest";
import { createIO, type UDPOptions } from "../../../src/io/io.ts";
import type { UDP } from "../../../src/io/types.ts";
import type { StackOptions } from "../../../src/config.ts";
import { BROADCAST_MAC, ipText, udp, type UdpFields } from "../../support/frames.ts";
import { Station, type Port } from "../../support/station.ts";
import { ascii, text } from "./pair.ts";

const FAR = "8.8.8.8";
const GROUP_MAC = new Uint8Array([1, 0, 0x5e, 0, 0, 1]);

/** Two interfaces with a default route each, the first one's is better; and a server on all addresses, port 7. */
function rig(
	options: UDPOptions = {},
	stackOptions: StackOptions = {},
	addresses: string[][] = [["10.0.0.1/24"], ["10.1.0.1/24"]],
) {
	const station = new Station(addresses, stackOptions);
	const { stack } = station;
	const [one, other] = station.ports as [Port, Port];
	if (addresses[0]!.length > 0) stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: one.link, metric: 1 });
	if (addresses[1]!.length > 0)
		stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: other.link, metric: 2 });
	const IO = createIO(stack);
	const server = new IO.UDP({ port: 7, ...options });
	return { station, stack, one, other, server, IO };
}

function datagram(fields: Partial<UdpFields>, payload = "hello") {
	return udp({ source: FAR, destination: "10.1.0.1", sourcePort: 5000, destinationPort: 7, ...fields }, ascii(payload));
}

/** What left by a port: "10.1.0.1:7 to 8.8.8.8:5000". */
function sent(port: Port): string[] {
	return port
		.packets()
		.filter((parsed) => parsed.udp !== undefined)
		.map(({ ipv4, udp }) => {
			const { sourcePort, destinationPort } = udp!;
			return `${ipText(ipv4!.source)}:${sourcePort} to ${ipText(ipv4!.destination)}:${destinationPort}`;
		});
}

/** Reads and answers all that waits. */
function echo(server: UDP): void {
	for (let request = server.read(); request !== undefined; request = server.read())
		server.write(request, request.address, request.port);
}

describe("a datagram that is read", () => {
	it("tells what it was sent to and by which interface it came, in new buffers and given ones", () => {
		const { one, other, server } = rig();
		other.ip(datagram({ source: "10.1.0.9" }));
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.255" }));
		one.ip(datagram({ source: "10.0.0.9", destination: "255.255.255.255" }), { to: BROADCAST_MAC });
		one.ip(datagram({ source: "10.0.0.9", destination: "10.1.0.1" }));
		const told = () => {
			const { address, port, localAddress, interface: link } = server.read()!;
			return [address, port, localAddress, link];
		};
		expect(told()).toEqual(["10.1.0.9", 5000, "10.1.0.1", "eth2"]);
		expect(told()).toEqual(["10.0.0.9", 5000, "10.0.0.255", "eth1"]);
		expect(told()).toEqual(["10.0.0.9", 5000, "255.255.255.255", "eth1"]);
		const buffer = new ArrayBuffer(16) as ArrayBuffer & { localAddress?: string; interface?: string };
		expect(server.read(buffer)).toBe(5);
		expect([buffer.localAddress, buffer.interface]).toEqual(["10.1.0.1", "eth1"]);
	});

	it("tells its sender though a datagram went to another peer in between, and though it is like the one before", () => {
		const { one, server } = rig();
		const like = datagram({ source: "10.0.0.9", destination: "10.0.0.1" });
		one.ip(like);
		expect(server.read()).toMatchObject({ address: "10.0.0.9", port: 5000 });
		server.write(ascii("x"), "10.0.0.8", 6000);
		one.ip(like);
		expect(server.read()).toMatchObject({ address: "10.0.0.9", port: 5000, localAddress: "10.0.0.1" });
		server.write(ascii("x"), "10.0.0.9", 6000);
		one.ip(like);
		expect(server.read()).toMatchObject({ address: "10.0.0.9", port: 5000 });
	});

	it("tells that its sender is 0.0.0.0 when it is the first one ever", () => {
		const { one, server } = rig();
		one.ip(datagram({ source: "0.0.0.0", destination: "255.255.255.255", sourcePort: 68 }), { to: BROADCAST_MAC });
		expect(server.read()).toMatchObject({ address: "0.0.0.0", port: 68, localAddress: "255.255.255.255", interface: "eth1" });
	});

	it("is each socket's own, when two read into the same buffer", () => {
		const { one, other, server, IO } = rig();
		const second = new IO.UDP({ port: 8 });
		const buffer = new ArrayBuffer(16) as ArrayBuffer & { address?: string; interface?: string };
		for (let round = 0; round < 3; round++) {
			one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.1" }));
			other.ip(datagram({ source: "10.1.0.9", destinationPort: 8 }));
			server.read(buffer);
			expect([buffer.address, buffer.interface]).toEqual(["10.0.0.9", "eth1"]);
			second.read(buffer);
			expect([buffer.address, buffer.interface]).toEqual(["10.1.0.9", "eth2"]);
		}
	});
});

describe("an answer to the last sender", () => {
	it("comes from the address that was asked, by its interface", () => {
		const { one, other, server } = rig();
		for (let round = 0; round < 3; round++) {
			other.ip(datagram({}));
			echo(server);
			expect([sent(one), sent(other)]).toEqual([[], [`10.1.0.1:7 to ${FAR}:5000`]]);
			one.ip(datagram({ destination: "10.0.0.1" }));
			echo(server);
			expect([sent(one), sent(other)]).toEqual([[`10.0.0.1:7 to ${FAR}:5000`], []]);
		}
	});

	it("comes from that of several addresses of the interface, and of the other interface when it was asked", () => {
		const { one, server } = rig({}, {}, [["10.0.0.1/24", "10.0.0.2/24"], ["10.1.0.1/24"]]);
		for (const asked of ["10.0.0.2", "10.0.0.1", "10.1.0.1"]) {
			one.ip(datagram({ source: "10.0.0.9", destination: asked }));
			echo(server);
			expect(sent(one)).toEqual([`${asked}:7 to 10.0.0.9:5000`]);
		}
	});

	it("to a broadcast comes from an address of the interface that it came by", () => {
		const { one, other, server } = rig();
		other.ip(datagram({ destination: "255.255.255.255" }), { to: BROADCAST_MAC });
		echo(server);
		expect([sent(one), sent(other)]).toEqual([[], [`10.1.0.1:7 to ${FAR}:5000`]]);
		other.ip(datagram({ source: "10.1.0.9", destination: "10.1.0.255" }));
		echo(server);
		expect(sent(other)).toEqual(["10.1.0.1:7 to 10.1.0.9:5000"]);
	});

	it("is dropped and counted when there is no way back: strangers choose what they call themselves", () => {
		const { station, stack, other, server } = rig();
		while (stack.routes.list.some((route) => route.length === 0))
			stack.routes.remove(stack.routes.list.find((route) => route.length === 0)!);
		other.ip(datagram({}));
		expect(() => echo(server)).not.toThrow();
		other.ip(datagram({ source: "0.0.0.0", destination: "255.255.255.255" }), { to: BROADCAST_MAC });
		expect(() => echo(server)).not.toThrow();
		expect(sent(other)).toEqual([]);
		expect(station.drops("lo")).toEqual({ noRoute: 2 });
		expect(() => server.write(ascii("x"), "9.9.9.9", 7)).toThrow("no route to the host");
	});

	it("goes by another interface once that one is down, or its address gone", () => {
		const { station, one, other, server } = rig();
		other.ip(datagram({}));
		echo(server);
		expect(sent(other)).toHaveLength(1);
		other.device.setLink(false);
		station.world.settle();
		server.write(ascii("x"), FAR, 5000);
		expect(sent(one)).toEqual([`10.0.0.1:7 to ${FAR}:5000`]);
		other.device.setLink(true);
		station.world.settle();
		other.link.removeAddress(other.link.addresses[0]!);
		server.write(ascii("x"), FAR, 5000);
		expect(sent(one)).toEqual([`10.0.0.1:7 to ${FAR}:5000`]);
	});
});

describe("write", () => {
	it("goes from the address and by the interface that are given, and others are not moved by that", () => {
		const { one, other, server } = rig();
		server.write(ascii("x"), FAR, 9, { localAddress: "10.1.0.1" });
		expect([sent(one), sent(other)]).toEqual([[], [`10.1.0.1:7 to ${FAR}:9`]]);
		server.write(ascii("x"), FAR, 9);
		expect([sent(one), sent(other)]).toEqual([[`10.0.0.1:7 to ${FAR}:9`], []]);
		server.write(ascii("x"), FAR, 9, { interface: "eth2" });
		server.write(FAR, 9, ascii("x"), { interface: other.link });
		expect([sent(one), sent(other)]).toEqual([[], [`10.1.0.1:7 to ${FAR}:9`, `10.1.0.1:7 to ${FAR}:9`]]);
		server.write(ascii("x"), "255.255.255.255", 9, { interface: "eth2" });
		expect([sent(one), sent(other)]).toEqual([[], ["10.1.0.1:7 to 255.255.255.255:9"]]);
	});

	it("takes the datagram that it answers, also one that is not the last", () => {
		const { one, other, server } = rig();
		other.ip(datagram({}));
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.1" }));
		other.ip(datagram({ source: "10.1.0.9", destination: "255.255.255.255" }), { to: BROADCAST_MAC });
		const requests = [server.read()!, server.read()!, server.read()!];
		for (const request of requests) server.write(ascii("yes"), request.address, request.port, request);
		expect(sent(one)).toEqual(["10.0.0.1:7 to 10.0.0.9:5000"]);
		expect(sent(other)).toEqual([`10.1.0.1:7 to ${FAR}:5000`, "10.1.0.1:7 to 10.1.0.9:5000"]);
		other.ip(datagram({}, "again"));
		expect(text(server.read())).toBe("again");
		server.write(ascii("x"), FAR, 5000);
		expect(sent(other)).toEqual([`10.1.0.1:7 to ${FAR}:5000`]);
	});

	it("refuses what is not ours", () => {
		const { server, IO } = rig();
		const write = (from: object) => () => server.write(ascii("x"), FAR, 9, from);
		expect(write({ localAddress: "10.9.9.9" })).toThrow(/localAddress "10\.9\.9\.9": expected an address of this stack/);
		expect(write({ localAddress: 7 })).toThrow(/localAddress 7: expected an IP address/);
		expect(write({ interface: "eth9" })).toThrow(/interface "eth9": expected the name of an interface/);
		const bound = new IO.UDP({ port: 9, interface: "eth1" });
		expect(() => bound.write(ascii("x"), FAR, 9, { interface: "eth2" })).toThrow(
			/interface "eth2": expected that which the socket is bound to/,
		);
		const local = new IO.UDP({ port: 10, address: "10.0.0.1" });
		expect(() => local.write(ascii("x"), FAR, 9, { localAddress: "10.1.0.1" })).toThrow(/localAddress "10\.1\.0\.1"/);
	});

	it("throws while there is no address, naming the interface and what to do; nothing leaves from 0.0.0.0", () => {
		const { station, one, other, server, IO } = rig({}, {}, [[], []]);
		station.stack.routes.add({ prefix: "0.0.0.0/0", interface: one.link });
		const bound = new IO.UDP({ port: 9, interface: "eth2" });
		const remedy = (name: string) => `${name} has no address yet: write again when it has one, or give it one`;
		expect(() => server.write(ascii("x"), FAR, 9)).toThrow(remedy("eth1"));
		expect(() => bound.write(ascii("x"), "255.255.255.255", 9)).toThrow(remedy("eth2"));
		station.world.run(5000);
		for (const port of [one, other]) expect(port.all()).toEqual([]);
		one.link.ip.insertAddress("10.0.0.1", 24);
		server.write(ascii("x"), FAR, 9);
		expect(sent(one)).toEqual([`10.0.0.1:7 to ${FAR}:9`]);
	});
});

describe("a broadcast to 255.255.255.255", () => {
	it("leaves by one interface: where the default route leads, or the first that has an address", () => {
		const { station, stack, one, other, server } = rig();
		server.write(ascii("x"), "255.255.255.255", 9);
		expect([sent(one), sent(other)]).toEqual([["10.0.0.1:7 to 255.255.255.255:9"], []]);
		for (const route of stack.routes.list.filter((each) => each.length === 0)) stack.routes.remove(route);
		one.device.setLink(false);
		station.world.settle();
		server.write(ascii("x"), "255.255.255.255", 9);
		expect(sent(other)).toEqual(["10.1.0.1:7 to 255.255.255.255:9"]);
	});

	it('leaves by all that are up and have an address with broadcast: "all", from an address of each', () => {
		const { station, one, other, server } = rig({ broadcast: "all" });
		server.write(ascii("x"), "255.255.255.255", 9);
		server.write(ascii("x"), "10.0.0.255", 9);
		expect(sent(one)).toEqual(["10.0.0.1:7 to 255.255.255.255:9", "10.0.0.1:7 to 10.0.0.255:9"]);
		expect(sent(other)).toEqual(["10.1.0.1:7 to 255.255.255.255:9"]);
		for (const port of [one, other]) port.device.setLink(false);
		station.world.settle();
		expect(() => server.write(ascii("x"), "255.255.255.255", 9)).toThrow("no route to the host: eth1 is down");
	});

	it("is not heard with broadcast: false, nor a group, and that is counted", () => {
		const { station, one, server } = rig({ broadcast: false });
		one.ip(datagram({ source: "10.0.0.9", destination: "255.255.255.255" }), { to: BROADCAST_MAC });
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.255" }), { to: BROADCAST_MAC });
		new (createIO(station.stack).UDP)({ port: 8, multicast: "224.0.0.1" });
		one.ip(datagram({ source: "10.0.0.9", destination: "224.0.0.1" }), { to: GROUP_MAC });
		expect(server.read()).toBeUndefined();
		expect(station.drops("eth1")).toEqual({ udpGroup: 3 });
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.1" }));
		expect(server.read()).toMatchObject({ localAddress: "10.0.0.1" });
		expect(() => server.add("224.0.0.1")).toThrow(/group "224\.0\.0\.1": with broadcast: false/);
	});

	it("takes no other values of the option", () => {
		const { IO } = rig();
		expect(() => new IO.UDP({ broadcast: "some" as never })).toThrow(/broadcast "some": expected true, false or "all"/);
		expect(() => new IO.UDP({ broadcast: "all", interface: "eth1" })).toThrow(/broadcast "all"/);
		expect(() => new IO.UDP({ broadcast: false, multicast: "224.0.0.1" })).toThrow(/broadcast false/);
		expect(() => new IO.UDP({ port: 20 })).not.toThrow();
	});
});

describe("a datagram for one, in a frame for many", () => {
	it.each([
		["broadcast", BROADCAST_MAC],
		["multicast", GROUP_MAC],
	])("(%s) is dropped and counted: RFC 1122 §3.3.6, CVE-1999-0514", (_name, to) => {
		const { station, one, server } = rig();
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.1" }), { to });
		one.ip(datagram({ source: "10.0.0.9", destination: "10.1.0.1" }), { to }); // the other interface's
		one.ip(datagram({ source: "10.0.0.9", destination: "10.0.0.1", destinationPort: 999 }), { to });
		expect(server.read()).toBeUndefined();
		expect(one.all()).toEqual([]);
		expect(station.drops("eth1")).toEqual({ ipLinkBroadcast: 3 });
	});
});

describe("a datagram from where nobody can be", () => {
	it.each([
		"0.0.0.1",
		"0.1.2.3",
		"127.0.0.1",
		"224.0.0.1",
		"240.0.0.1",
		"255.255.255.255",
		"10.0.0.1",
		"10.1.0.1",
		"10.0.0.255",
		"10.1.0.255",
	])("(%s) is dropped and counted", (source) => {
		const { station, one, server } = rig();
		one.ip(datagram({ source, destination: "10.0.0.1" }));
		expect(server.read()).toBeUndefined();
		expect(station.drops("eth1")).toEqual({ ipBadSource: 1 });
	});
});
