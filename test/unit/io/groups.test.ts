// Datagrams to multicast groups, and who gets them: RFC 1112, RFC 1122 §4.1.3, RFC 3376 §3, of both families.

import { describe, expect, it } from "vitest";
import type { UDP, UDPOptions } from "../../../src/io/types.ts";
import { statusOf } from "../../../src/status/status.ts";
import { ascii, pair, text, type Pair } from "./pair.ts";

const FAMILIES = [
	{ name: "IPv4", group: "239.1.2.3", other: "239.1.2.4", here: "10.0.0.1", there: "10.0.0.2", all: "10.0.0.255" },
	{ name: "IPv6", group: "ff15::123", other: "ff15::124", here: "2001:db8::1", there: "2001:db8::2", all: "" },
];

function scene(): Pair {
	const p = pair({ sockets: { udp: 6 }, packets: 32 });
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
