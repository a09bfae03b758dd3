// Datagrams to multicast groups, and who gets them: RFC 1112, RFC 1122 §4.1.3, RFC 3376 §3, of both families.

import { describe, expect, it } from "vitest";
import { PacketSocket } from "../../../src/io/raw.ts";
import type { UDP, UDPOptions } from "../../../src/io/types.ts";
import { statusOf } from "../../../src/status/status.ts";
import { ascii, pair, text, type Pair } from "./pair.ts";

const FAMILIES = [
	{ name: "IPv4", group: "239.1.2.3", other: "239.1.2.4", here: "10.0.0.1", there: "10.0.0.2", all: "10.0.0.255" },
	{ name: "IPv6", group: "ff15::123", other: "ff15::124", here: "2001:db8::1", there: "2001:db8::2", all: "" },
];

function scene(): Pair {
	const p = pair({ sockets: { udp: 6, raw: 1 }, packets: 32 });
	p.one.stack.interfaces.find("eth0")!.addAddress("2001:db8::1/64");
	p.two.stack.interfaces.find("eth0")!.addAddress("2001:db8::2/64");
	p.world.run(2000);
	return p;
}

/** All that waits. */
function heard(socket: UDP): string[] {
	const result: string[] = [];
	for (let data = socket.read(); data !== undefined; data = socket.read())
		result.push(data.byteLength > 20 ? `${data.byteLength}` : text(data));
	return result;
}

/** What was dropped but for what ARP says. */
function drops({ two }: Pair): Record<string, number> {
	const { arpIgnored: _, ...others } = statusOf(two.stack).interfaces.find(({ name }) => name === "eth0")!.drops;
	return others;
}

describe.each(FAMILIES)("a datagram to a group of $name", ({ group, other, there, all }) => {
	/** Sockets of the second stack at one port, and what each gets of a datagram of the first one's. */
	function several(options: UDPOptions[]) {
		const p = scene();
		const told: number[] = options.map(() => 0);
		const sockets = options.map(
			(each, i) => new p.b.UDP({ port: 5000, shared: true, ...each, onReadable: () => void told[i]!++ }),
		);
		const sender = new p.a.UDP({});
		const send = (what: string, to = group) => {
			sender.write(ascii(what), to, 5000);
			p.world.run(20);
			return sockets.map(heard);
		};
		return { p, told, sockets, send };
	}

	it("reaches each socket that has joined it and is bound to its port, once: RFC 1122 §4.1.3", () => {
		const { told, send } = several([{ multicast: group }, { multicast: group, interface: "eth0" }, { multicast: group }]);
		expect(send("x")).toEqual([["x"], ["x"], ["x"]]);
		expect(told).toEqual([1, 1, 1]);
		expect(send("y")).toEqual([["y"], ["y"], ["y"]]);
	});

	it("reaches none that has joined another one, or none: RFC 3376 §3.2", () => {
		const { p, send } = several([{ multicast: group }, { multicast: other }, {}, { multicast: group, port: 5001 }]);
		expect(send("x")).toEqual([["x"], [], [], []]);
		expect(send("y", other)).toEqual([[], ["y"], [], []]);
		expect(drops(p)).toEqual({});
	});

	it("reaches a socket once that has joined on the interface and on all", () => {
		const { sockets, send } = several([{ multicast: group }, {}]);
		sockets[0]!.add(group, "eth0");
		expect(send("x")).toEqual([["x"], []]);
		sockets[0]!.remove(group);
		expect(send("x")).toEqual([["x"], []]);
		sockets[1]!.add(group, "eth0");
		sockets[0]!.remove(group, "eth0");
		expect(send("x")).toEqual([[], ["x"]]);
		sockets.pop()!.close();
		expect(send("x")).toEqual([[]]);
	});

	it("in fragments reaches each, too", () => {
		const { send } = several([{ multicast: group }, { multicast: group }, { multicast: other }]);
		expect(send("x".repeat(4000))).toEqual([["4000"], ["4000"], []]);
	});

	it("is lost for those alone that have no room, and counted when nobody has", () => {
		const { p, sockets, send } = several([{ multicast: group }, { multicast: group }]);
		const full = () => drops(p).udpQueueFull ?? 0;
		const sender = new p.a.UDP({});
		for (let i = 0; i < 20; i++) {
			sender.write(ascii("x".repeat(1400)), group, 5000);
			p.world.run(20);
			heard(sockets[1]!);
		}
		const kept = heard(sockets[0]!).length;
		expect(kept).toBeLessThan(20);
		expect(full()).toBe(0);
		expect(send("z")).toEqual([["z"], ["z"]]);
		for (let i = 0; i < 20; i++) {
			sender.write(ascii("x".repeat(1400)), group, 5000);
			p.world.run(20);
		}
		expect(full()).toBe(20 - kept);
	});

	it("reaches sockets of one family alone as those of both", () => {
		const six = group.includes(":");
		const { send } = several([{ multicast: group }, { address: "0.0.0.0" }, { ipv6Only: true }]);
		expect(send("x")).toEqual([["x"], [], []]);
		const more = several([{}, { address: six ? "::" : "0.0.0.0", ...(six && { ipv6Only: true }) }]);
		for (const socket of more.sockets) socket.add(group);
		expect(more.send("x")).toEqual([["x"], ["x"]]);
	});

	it("leaves what is for one alone to the first socket, and after it to the next", () => {
		const { sockets, send } = several([{}, {}, {}]);
		expect(send("x", there)).toEqual([["x"], [], []]);
		sockets[1]!.close();
		expect(sockets[0]!.port).toBe(5000);
		sockets[0]!.close();
		sockets.splice(0, 2);
		expect(send("y", there)).toEqual([["y"]]);
	});

	if (all !== "")
		it("goes like one for all", () => {
			const { send } = several([{}, { interface: "eth0" }, { broadcast: false }]);
			for (const to of [all, "255.255.255.255"]) expect(send("x", to)).toEqual([["x"], ["x"], []]);
		});
});

describe("a shared port", () => {
	it("is one of those sockets alone that say so", () => {
		const { b } = scene();
		const first = new b.UDP({ port: 5000, shared: true });
		expect(() => new b.UDP({ port: 5000 })).toThrow("UDP port 5000 is in use");
		const second = new b.UDP({ port: 5000, shared: true });
		first.close();
		expect(() => new b.UDP({ port: 5000 })).toThrow("UDP port 5000 is in use");
		second.close();
		const alone = new b.UDP({ port: 5000 });
		expect(() => new b.UDP({ port: 5000, shared: true })).toThrow("UDP port 5000 is in use");
		alone.close();
		expect(() => new b.UDP({ shared: 1 as never })).toThrow("shared 1: expected true or false");
	});
});

describe.each(FAMILIES)("what is sent to a group of $name", ({ group, here }) => {
	/** Hop limits of the frames for groups that leave. */
	function listening(options: UDPOptions = {}) {
		const p = scene();
		const hops: number[] = [];
		const link = p.one.stack.interfaces.find("eth0")!;
		const capture = new PacketSocket(p.one.stack, { interface: "eth0" });
		const member = new p.a.UDP({ port: 5000, multicast: group });
		const sender = new p.a.UDP({ port: 5001, ...options });
		const send = (what: string, to = group) => {
			sender.write(ascii(what), to, 5000);
			p.world.run(20);
			for (let frame = capture.read(); frame !== undefined; frame = capture.read()) {
				const bytes = new Uint8Array(frame);
				const six = bytes[12] === 0x86;
				if (bytes[six ? 20 : 23] === 17) hops.push(bytes[six ? 21 : 22]!);
			}
			return heard(member);
		};
		return { p, hops, link, member, sender, send };
	}

	it("reaches the sockets of the board that have joined it where it leaves: RFC 1112 §6.1", () => {
		const { p, member, sender, send, hops } = listening();
		const there = new p.b.UDP({ port: 5000, multicast: group });
		expect([send("x"), heard(there), hops]).toEqual([["x"], ["x"], [1]]);
		sender.write(ascii("y"), group, 5000);
		p.world.run(20);
		const data = member.read()!;
		expect([data.address, data.port, data.localAddress, data.interface]).toEqual([here, 5001, group, "eth0"]);
		member.write(ascii("answer"), data.address, data.port, data);
		p.world.run(20);
		expect(heard(sender)).toEqual(["answer"]);
	});

	it("reaches the one that sends it, when that has joined", () => {
		const { p, member } = listening();
		let told = 0;
		const self = new p.a.UDP({ port: 5002, multicast: group, onReadable: () => void told++ });
		self.write(ascii("x"), group, 5002);
		p.world.run(20);
		expect([heard(self), heard(member), told]).toEqual([["x"], [], 1]);
	});

	it("does so in fragments, and they leave unharmed", () => {
		const { p, send } = listening();
		const there = new p.b.UDP({ port: 5000, multicast: group });
		const long = "0123456789".repeat(400);
		expect([send(long), heard(there)]).toEqual([["4000"], ["4000"]]);
		const again = new p.b.UDP({ port: 5001, multicast: group });
		const self = new p.a.UDP({ port: 5003, multicast: group });
		self.write(ascii(long), group, 5001);
		p.world.run(20);
		expect(text(again.read())).toBe(long);
	});

	it("does not with multicastLoop: false", () => {
		const { p, send } = listening({ multicastLoop: false });
		const there = new p.b.UDP({ port: 5000, multicast: group });
		expect([send("x"), heard(there)]).toEqual([[], ["x"]]);
	});

	it("has the time to live of multicastTtl, else of ttl, else 1", () => {
		for (const [options, wanted] of [
			[{}, 1],
			[{ ttl: 9 }, 9],
			[{ multicastTtl: 4 }, 4],
			[{ ttl: 9, multicastTtl: 255 }, 255],
		] as const) {
			const { p, send, hops } = listening(options);
			expect(send("x")).toEqual(["x"]);
			send("y", p.two.stack.interfaces.find("eth0")!.addresses[0]!.address);
			send("z");
			expect(hops).toEqual([wanted, "ttl" in options ? options.ttl : 64, wanted]);
		}
	});

	it("does not leave with multicastTtl: 0, nor by a scope nearer than the link's: RFC 1112 §6.1, RFC 4291 §2.7", () => {
		const { p, send, hops, member } = listening({ multicastTtl: 0 });
		const there = new p.b.UDP({ port: 5000, multicast: group });
		expect([send("x"), heard(there), hops]).toEqual([["x"], [], []]);
		if (!group.includes(":")) return;
		member.add("ff01::7");
		const sender = new p.a.UDP({});
		sender.write(ascii("near"), "ff01::7", 5000);
		p.world.run(20);
		expect([heard(member), hops]).toEqual([["near"], []]);
	});

	it("goes without a buffer as well as with one", () => {
		const { p, send } = listening();
		const { pool } = p.one.stack.core;
		const taken: number[] = [];
		for (let packet = pool.acquire(); packet >= 0; packet = pool.acquire()) taken.push(packet);
		expect(() => send("x")).not.toThrow();
		for (const packet of taken) pool.release(packet);
		heardAll(send);
		expect(send("y")).toEqual(["y"]);
	});
});

/** What a shortage has left behind. */
function heardAll(send: (what: string) => string[]): void {
	for (let i = 0; i < 3; i++) send("-");
}

describe("options for groups", () => {
	it.each([
		[{ multicastTtl: 256 }, "multicastTtl 256: expected a whole number from 0 to 255"],
		[{ multicastTtl: "1" }, 'multicastTtl "1": expected a number from 0 to 255'],
		[{ multicastLoop: 0 }, "multicastLoop 0: expected true or false"],
	])("%j is refused", (options, message) => {
		const { a } = scene();
		expect(() => new a.UDP(options as never)).toThrow(message);
	});
});
