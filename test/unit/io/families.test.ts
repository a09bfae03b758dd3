// Which families a Listener and a UDP socket serve: "::" and no address both, "0.0.0.0" that of IPv4 alone, `ipv6Only` that of IPv6 alone.

import { describe, expect, it } from "vitest";
import { statusOf } from "../../../src/status/status.ts";
import { ascii, pair, text, type Pair } from "./pair.ts";

const SIX = "2001:db8::2";
const FOUR = "10.0.0.2";

function both(): Pair {
	const p = pair();
	p.one.stack.interfaces.find("eth0")!.addAddress("2001:db8::1/64");
	p.two.stack.interfaces.find("eth0")!.addAddress(`${SIX}/64`);
	return p;
}

const BOUND: [{ address?: string; ipv6Only?: boolean; interface?: string }, string, string[], string][] = [
	[{}, "::", [FOUR, SIX], "*"],
	[{ address: "::" }, "::", [FOUR, SIX], "*"],
	[{ address: "::", ipv6Only: false }, "::", [FOUR, SIX], "*"],
	[{ address: "::", ipv6Only: true }, "::", [SIX], "[::]"],
	[{ ipv6Only: true }, "::", [SIX], "[::]"],
	[{ address: "0.0.0.0" }, "0.0.0.0", [FOUR], "0.0.0.0"],
	[{ address: "0.0.0.0", interface: "eth0" }, "0.0.0.0", [FOUR], "0.0.0.0"],
	[{ ipv6Only: true, interface: "eth0" }, "::", [SIX], "[::]"],
	[{ address: SIX, ipv6Only: true }, SIX, [SIX], `[${SIX}]`],
];

describe("a Listener", () => {
	for (const [options, address, served, told] of BOUND)
		it(`with ${JSON.stringify(options)} serves ${served.join(" and ")}`, () => {
			const p = both();
			const listener = new p.b.Listener({ port: 80, ...options });
			const refused: string[] = [];
			for (const to of [FOUR, SIX]) new p.a.TCP({ address: to, port: 80, onError: () => refused.push(to) });
			p.world.run(1000);
			const got: string[] = [];
			for (let socket = listener.read(); socket !== undefined; socket = listener.read()) got.push(socket.localAddress!);
			expect([listener.address, got.sort()]).toEqual([address, [...served].sort()]);
			expect(refused.concat(got).sort()).toEqual([FOUR, SIX]);
			const [socket] = statusOf(p.two.stack).sockets.filter(({ state }) => state === "listen");
			expect([socket!.local, socket!.remote]).toEqual([`${told}:80`, "*:*"]);
			listener.close();
			const again = new p.b.Listener({ port: 80, ...options });
			again.close();
		});

	it("of one family stands beside that of the other, and before one of both", () => {
		const p = both();
		const four = new p.b.Listener({ port: 80, address: "0.0.0.0" });
		const six = new p.b.Listener({ port: 80, ipv6Only: true });
		const all = new p.b.Listener({ port: 80 });
		expect(() => new p.b.Listener({ port: 80, address: "0.0.0.0" })).toThrow("TCP port 80 is in use");
		expect(() => new p.b.Listener({ port: 80, address: "::", ipv6Only: true })).toThrow("TCP port 80 is in use");
		const connect = () => {
			for (const to of [FOUR, SIX]) new p.a.TCP({ address: to, port: 80 });
			p.world.run(1000);
			return [four, six, all].map((listener) => {
				try {
					return listener.read()?.localAddress;
				} catch {
					return "closed";
				}
			});
		};
		expect(connect()).toEqual([FOUR, SIX, undefined]);
		four.close();
		expect(connect()).toEqual(["closed", SIX, FOUR]);
		six.close();
		expect([connect()[2], all.read()!.localAddress].sort()).toEqual([FOUR, SIX]);
	});

	it.each([
		[{ ipv6Only: true, address: "0.0.0.0" }, RangeError, 'ipv6Only true: expected an address of IPv6 or none, not "0.0.0.0"'],
		[{ ipv6Only: true, address: FOUR }, RangeError, 'ipv6Only true: expected an address of IPv6 or none, not "10.0.0.2"'],
		[{ ipv6Only: 1 as never }, TypeError, "ipv6Only 1: expected true or false"],
	])("is refused with %j", (options, kind, message) => {
		const p = both();
		for (const make of [() => new p.b.Listener({ port: 80, ...options }), () => new p.b.UDP({ port: 80, ...options })]) {
			expect(make).toThrow(kind);
			expect(make).toThrow(message);
		}
	});

	it("of one family has a port of its own when it asks for any", () => {
		const p = both();
		const ports = [{ address: "0.0.0.0" }, { ipv6Only: true }, {}, { address: "0.0.0.0", interface: "eth0" }].map(
			(options) => new p.b.Listener(options).port,
		);
		expect(new Set(ports).size).toBe(4);
		expect(ports.every((port) => port >= 49_152 && port <= 65_535)).toBe(true);
	});
});

describe("a UDP socket", () => {
	for (const [options, address, served, told] of BOUND)
		it(`with ${JSON.stringify(options)} hears ${served.join(" and ")}`, () => {
			const p = both();
			const server = new p.b.UDP({ port: 7, ...options });
			const client = new p.a.UDP({});
			for (const to of [FOUR, SIX, FOUR, SIX]) {
				client.write(ascii(`to ${to}`), to, 7);
				p.world.run(50);
			}
			const heard: string[] = [];
			for (let data = server.read(); data !== undefined; data = server.read()) {
				heard.push(text(data).slice(3));
				server.write(data, data.address, data.port);
			}
			p.world.run(50);
			let back = 0;
			while (client.read() !== undefined) back++;
			expect([server.address, heard, back]).toEqual([
				address,
				[FOUR, SIX, FOUR, SIX].filter((to) => served.includes(to)),
				2 * served.length,
			]);
			const socket = statusOf(p.two.stack).sockets.find(({ protocol }) => protocol === "udp");
			expect(socket!.local).toBe(`${told}:7`);
			server.close();
			const again = new p.b.UDP({ port: 7, ...options });
			again.close();
		});

	it("of one family sends to no address of the other one", () => {
		const p = both();
		const four = new p.a.UDP({ address: "0.0.0.0" });
		const six = new p.a.UDP({ ipv6Only: true });
		four.write(ascii("x"), FOUR, 7);
		six.write(ascii("x"), SIX, 7);
		six.add("ff02::fb");
		four.add("224.0.0.251");
		expect(() => four.add("ff02::fb")).toThrow('group "ff02::fb": expected a group of IPv4, the only family of the socket');
		expect(() => new p.a.UDP({ ipv6Only: true, multicast: "224.0.0.251" })).toThrow(
			'multicast "224.0.0.251": expected a group of IPv6',
		);
		expect(() => four.write(ascii("x"), SIX, 7)).toThrow(
			`address "${SIX}": expected one of IPv4, as the socket is bound to "0.0.0.0"`,
		);
		expect(() => six.write(ascii("x"), FOUR, 7)).toThrow(
			`address "${FOUR}": expected one of IPv6, as the socket is bound to "::"`,
		);
	});
});
