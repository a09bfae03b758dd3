// Raw sockets and frames: who gets copies of what, what is sent, errors, ends.

import { describe, expect, it } from "vitest";
import { PacketSocket, RawSocket, type RawOptions } from "../../../src/io/raw.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import type { DatagramError } from "../../../src/io/io.ts";
import { icmp, ipv4, udp } from "../../support/frames.ts";
import { Station } from "../../support/station.ts";
import { ascii, pair, text, type Pair } from "./pair.ts";

const ONE = "2001:db8::1";
const TWO = "2001:db8::2";

function both(): Pair {
	const p = pair({ sockets: { raw: 4 } });
	p.one.stack.interfaces.find("eth0")!.addAddress(`${ONE}/64`);
	p.two.stack.interfaces.find("eth0")!.addAddress(`${TWO}/64`);
	return p;
}

function all(socket: RawSocket): string[] {
	const heard: string[] = [];
	for (let one = socket.read(); one !== undefined; one = socket.read())
		heard.push(`${text(one)} ${one.source} > ${one.destination} ttl ${one.ttl} dscp ${one.dscp} ${one.interface}`);
	return heard;
}

describe("a raw socket", () => {
	it.each([
		["10.0.0.1", "10.0.0.2"],
		[ONE, TWO],
	])("sends its protocol from %s to %s, whose raw sockets of it have a copy each, with the header's fields", (from, to) => {
		const p = both();
		const six = from.includes(":");
		const counts: number[] = [];
		const open = (options: Partial<RawOptions>) => new RawSocket(p.two.stack, { protocol: 99, ...options });
		const first = open({ onReadable: (count) => void counts.push(count) });
		const second = open({ family: six ? 6 : 4, interface: "eth0", address: to });
		const others = [open({ family: six ? 4 : 6 }), open({ protocol: 98 })];
		const client = new RawSocket(p.one.stack, { protocol: 99, ttl: 9 });
		client.write(ascii("one"), to);
		client.write(ascii("four"), to, { ttl: 77, dscp: 46, source: from, interface: "eth0" });
		client.write(new Uint8Array(0), to);
		p.world.run(2000);
		expect(counts[counts.length - 1]).toBe(3);
		const heard = [
			`one ${from} > ${to} ttl 9 dscp 0 eth0`,
			`four ${from} > ${to} ttl 77 dscp 46 eth0`,
			` ${from} > ${to} ttl 9 dscp 0 eth0`,
		];
		expect(all(first)).toEqual(heard);
		expect(all(second)).toEqual(heard);
		expect(others.map(all)).toEqual([[], []]);
		// What fits a packet, and what leaves in fragments.
		for (const length of [six ? 1460 : 1480, six ? 1461 : 1481, 3000, 5000]) {
			const data = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
			client.write(data, to);
			p.world.run(100);
			for (const socket of [first, second]) expect(new Uint8Array(socket.read()!)).toEqual(data);
		}
		// The largest, for which the other's buffer has no room, and one byte more.
		const most = six ? 6 * 1448 : 6 * 1480;
		client.write(new Uint8Array(most), to);
		expect(() => client.write(new Uint8Array(most + 1), to)).toThrow(
			new RangeError(`packet of ${most + 1} bytes: expected at most ${most}`),
		);
		p.world.run(100);
		expect(first.read()).toBe(undefined);
		client.write(ascii("five"), to);
		p.world.run(100);
		expect(first.read()!.byteLength).toBe(4);
	});

	it.each(["10.0.0.2", TWO])("hears that %s does not know its protocol, and nothing once somebody has it", (to) => {
		const p = both();
		const errors: (DatagramError | undefined)[] = [];
		const client = new RawSocket(p.one.stack, { protocol: 99, onError: (error) => void errors.push(error) });
		client.write(ascii("12345678"), to);
		p.world.run(2000);
		expect(errors).toEqual([{ kind: "protocol unreachable", address: to, port: 99, from: to, type: 3, code: 2 }]);
		const server = new RawSocket(p.two.stack, { protocol: 99 });
		client.write(ascii("23456789"), to);
		p.world.run(2000);
		expect(errors.length).toBe(1);
		server.close();
		client.write(ascii("23456789"), to);
		p.world.run(2000);
		expect(errors.length).toBe(2);
	});

	it.each([
		["10.0.0.2", 1],
		[TWO, 58],
	])("of ICMP pings %s with the checksum filled in, and sees what pings of the stack see", (to, protocol) => {
		const p = both();
		const raw = new RawSocket(p.one.stack, { protocol });
		const six = protocol === 58;
		raw.write(Uint8Array.of(six ? 128 : 8, 0, 0xff, 0xff, 0x12, 0x34, 0, 1, 5, 6), to);
		const replies: number[] = [];
		void new PingSocket(p.one.stack, { address: to, count: 1, onReply: ({ bytes }) => void replies.push(bytes) });
		p.world.run(3000);
		expect(replies).toEqual([56]);
		const seen: [number, number][] = [];
		for (let one = raw.read(); one !== undefined; one = raw.read()) {
			const bytes = new Uint8Array(one);
			if (bytes[0] === (six ? 129 : 0)) seen.push([(bytes[4]! << 8) | bytes[5]!, bytes.length]);
		}
		expect(seen.some(([identifier, length]) => identifier === 0x1234 && length === 10)).toBe(true);
		expect(seen.map(([, length]) => length).sort((a, b) => a - b)).toEqual([10, 64]);
	});

	it.each([
		["10.0.0.1", "239.1.2.3"],
		[ONE, "ff15::1234"],
	])("of the board hears what another sends from %s to the group %s, where the board is in that: RFC 1112 §6.1", (own, group) => {
		const p = both();
		const six = group.includes(":");
		const sender = new RawSocket(p.one.stack, { protocol: 99, ttl: 5, interface: "eth0", address: own });
		const hearing = new RawSocket(p.one.stack, { protocol: 99, family: six ? 6 : 4 });
		const others = [
			new RawSocket(p.one.stack, { protocol: 98 }),
			new RawSocket(p.one.stack, { protocol: 99, family: six ? 4 : 6 }),
		];
		p.world.run(2000);
		sender.write(ascii("before"), group, { source: own });
		p.world.run(100);
		expect(all(hearing)).toEqual([]);
		const member = new p.a.UDP({ port: 5000, multicast: group });
		sender.write(ascii("in it"), group, { source: own, dscp: 10 });
		p.world.run(100);
		expect(all(hearing)).toEqual([`in it ${own} > ${group} ttl 5 dscp 10 eth0`]);
		expect(others.map(all)).toEqual([[], []]);
		member.close();
		sender.write(ascii("after"), group, { source: own });
		p.world.run(100);
		expect(all(hearing)).toEqual([]);
		// What comes in afterwards is read as ever.
		new RawSocket(p.two.stack, { protocol: 99 }).write(ascii("back"), own);
		p.world.run(2000);
		expect(all(hearing).map((line) => line.split(" ")[0])).toEqual(["back"]);
	});

	it.each([
		["10.0.0.1", "239.1.2.3", 99],
		[ONE, "ff15::1234", 99],
		["10.0.0.1", "239.1.2.3", 1],
		[ONE, "ff15::1234", 58],
	])(
		"of the board hears what leaves from %s to the group %s in fragments, of protocol %i, as who is in it elsewhere",
		(own, group, protocol) => {
			const p = both();
			const family = group.includes(":") ? 6 : 4;
			const [hearing, far] = [p.one, p.two].map(({ stack }) => new RawSocket(stack, { protocol, family }));
			p.world.run(2000);
			void [new p.a.UDP({ port: 5000, multicast: group }), new p.b.UDP({ port: 5000, multicast: group })];
			const sender = new RawSocket(p.one.stack, { protocol, interface: "eth0", address: own, ttl: 5, dscp: 10 });
			const sent = Uint8Array.from({ length: 4001 }, (_, i) => i & 0x7f);
			while (hearing!.read() !== undefined); // reports
			sender.write(sent, group, { source: own });
			p.world.run(100);
			const read = [hearing, far].map((socket) => {
				for (let buffer; (buffer = socket!.read());)
					if (buffer.byteLength === sent.length) return [...new Uint8Array(buffer).subarray(4), buffer];
				return undefined;
			});
			const [here, there] = read.map((one) => one?.slice(0, -1));
			expect(here).toEqual([...sent.subarray(4)]);
			expect(there).toEqual(here);
			expect(read[0]!.at(-1)).toMatchObject({ source: own, destination: group, ttl: 5, dscp: 10 });
			// Of one piece it is as ever.
			sender.write(ascii("short and"), group, { source: own });
			p.world.run(100);
			expect(hearing!.read()!.byteLength).toBe(9);
		},
	);

	it("is not asked for ICMP with a wrong checksum, groups that nobody joined, fragments, TCP and UDP", () => {
		const station = new Station([["10.0.0.1/24"]], { sockets: { raw: 2 } });
		const ping = new RawSocket(station.stack, { protocol: 1 });
		const other = new RawSocket(station.stack, { protocol: 99 });
		const port = station.ports[0]!;
		const to = { source: "10.0.0.2", destination: "10.0.0.1" };
		port.ip(icmp({ ...to, type: 0, icmpChecksum: 1 }));
		port.ip(ipv4({ source: "10.0.0.2", destination: "224.0.0.9", protocol: 99 }, [1]));
		port.ip(ipv4({ ...to, protocol: 99, fragment: 0x2000 }, [1, 2, 3, 4, 5, 6, 7, 8]));
		port.ip(udp({ ...to, sourcePort: 1, destinationPort: 2 }));
		station.world.run(10);
		expect([ping.read(), other.read()]).toEqual([undefined, undefined]);
		for (const protocol of [6, 17])
			expect(() => new RawSocket(station.stack, { protocol })).toThrow(`protocol ${protocol}: expected none that has sockets`);
	});

	it("loses what does not fit its ring, counted, and takes the next again", () => {
		const station = new Station([["10.0.0.1/24"]], { sockets: { raw: 1, datagramBuffer: 2 } });
		const socket = new RawSocket(station.stack, { protocol: 99 });
		const send = (bytes: number) =>
			station.ports[0]!.ip(ipv4({ source: "10.0.0.2", destination: "10.0.0.1", protocol: 99 }, new Uint8Array(bytes)));
		for (let i = 0; i < 3; i++) send(700);
		expect(station.drops("eth1").udpQueueFull).toBe(1);
		for (let i = 0; i < 50; i++) {
			expect(socket.read(new Uint8Array(8))).toBe(8);
			send(700 - i);
		}
	});

	it("names what is wrong with its options, and what is scarce", () => {
		const station = new Station([["10.0.0.1/24"]], { sockets: { raw: 1 } });
		const open = (options: object) => () => new RawSocket(station.stack, options as RawOptions);
		expect(open({})).toThrow(TypeError);
		expect(open({ protocol: 256 })).toThrow("protocol 256: expected a whole number from 0 to 255");
		expect(open({ protocol: 99, family: 5 })).toThrow("family 5: expected 4 or 6");
		expect(open({ protocol: 99, family: 6, address: "10.0.0.1" })).toThrow('family 6: expected that of the address "10.0.0.1"');
		expect(open({ protocol: 99, interface: "eth7" })).toThrow('interface "eth7"');
		const socket = new RawSocket(station.stack, { protocol: 99 });
		expect(open({ protocol: 99 })).toThrow('all 1 raw sockets are in use; raise the option "sockets.raw"');
		expect(() => socket.write(ascii("a"), "10.9.9.9")).toThrow("no route to the host");
		expect(() => socket.write(ascii("a"), "10.0.0.2", { source: "10.0.0.9" })).toThrow("expected an address of this stack");
		socket.close();
		expect(() => socket.write(ascii("a"), "10.0.0.2")).toThrow(SyntaxError);
		const none = new Station([["10.0.0.1/24"]]);
		expect(() => new RawSocket(none.stack, { protocol: 99 })).toThrow('there is no raw socket; set the option "sockets.raw"');
	});

	it("ends with its interface or its address", () => {
		const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { sockets: { raw: 2 } });
		const ends: string[] = [];
		void new RawSocket(station.stack, { protocol: 99, interface: "eth2", onError: () => void ends.push("interface") });
		void new RawSocket(station.stack, { protocol: 99, address: "10.0.0.1", onError: () => void ends.push("address") });
		station.ports[0]!.link.removeAddress(station.ports[0]!.link.addresses[0]!);
		station.world.run(1);
		station.stack.interfaces.remove(station.ports[1]!.link);
		station.world.run(1);
		expect(ends).toEqual(["address", "interface"]);
	});
});

describe("a Packet", () => {
	it("sees the frames of its interface both ways, and sends some", () => {
		const p = both();
		const taps = [p.one, p.two].map(({ stack }) => new PacketSocket(stack, { interface: "eth0" }));
		const client = new p.a.UDP({ port: 1234 });
		const server = new p.b.UDP({ port: 53 });
		client.write(ascii("hello"), "10.0.0.2", 53);
		p.world.run(2000);
		const seen = taps.map((tap) => {
			const frames: [boolean, string][] = [];
			for (let frame = tap.read(); frame !== undefined; frame = tap.read())
				frames.push([frame.outgoing, Array.from(new Uint8Array(frame)).join()]);
			return frames.filter(([, bytes]) => bytes.split(",").slice(12, 14).join() === "8,0");
		});
		expect(seen[0]!.map(([outgoing]) => outgoing)).toEqual([true]);
		expect(seen[1]).toEqual(seen[0]!.map(([outgoing, bytes]) => [!outgoing, bytes]));
		expect(text(server.read())).toBe("hello");
		// The same frame once more.
		taps[0]!.write(Uint8Array.from(seen[0]![0]![1].split(",").map(Number)));
		p.world.run(10);
		expect(text(server.read())).toBe("hello");
		expect(taps[0]!.read()!.outgoing).toBe(true);
		expect(() => taps[0]!.write(new Uint8Array(1515))).toThrow("packet of 1515 bytes: expected at most 1514");
		taps[0]!.close();
		client.write(ascii("more"), "10.0.0.2", 53);
		p.world.run(10);
		expect(text(server.read())).toBe("more");
	});

	it("two of one interface, of which one is closed: the other sees on", () => {
		const p = both();
		const first = new PacketSocket(p.one.stack, { interface: "eth0" });
		const second = new PacketSocket(p.one.stack, { interface: "eth0" });
		first.close();
		new p.a.UDP({}).write(ascii("hello"), "10.0.0.2", 53);
		p.world.run(2000);
		expect(second.read()).toBeDefined();
	});
});
