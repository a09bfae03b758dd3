// The filter: rules, what holds where none matches (RFC 6092), and what it is told with.

import { describe, expect, it } from "vitest";
import { createIO } from "../../../src/io/io.ts";
import { Router, type RouterOptions } from "../../../src/service/router/router.ts";
import { Stack } from "../../../src/stack.ts";
import { icmp, ipText, ipv4, RST, SYN, TCP_ACK } from "../../support/frames.ts";
import {
	datagram,
	HOST,
	OUTSIDE,
	packetOf,
	ping,
	segment,
	sent,
	SERVER,
	testRouter,
	type TestRouter,
} from "../../support/router.ts";

/** A router that translates nothing: eth1 within, eth2 outside. */
function filterOf(filter: RouterOptions["filter"], options: RouterOptions = { outside: ["eth2"] }): TestRouter {
	const { station, lan, wan } = testRouter();
	(station.stack.router as Router).close();
	const router = new Router(station.stack, { filter: filter!, ...options });
	station.world.run(10);
	lan.all();
	wan.all();
	return { station, lan, wan, router, used: () => 0 };
}

const IN = [segment(`${SERVER}:9`, `${HOST}:80`, SYN), datagram(`${SERVER}:9`, `${HOST}:53`), ping(SERVER, HOST, 1)];

describe("simple security, RFC 6092", () => {
	it("lets out, and in what was asked for; nothing else, to hosts and to the board, without a word", () => {
		const { station, lan, wan } = filterOf([]);
		for (const packet of IN) wan.ip(packet);
		wan.ip(segment(`${SERVER}:9`, `${OUTSIDE}:80`, SYN));
		wan.ip(datagram(`${SERVER}:9`, `${OUTSIDE}:53`));
		wan.ip(ping(SERVER, OUTSIDE, 1));
		wan.ip(segment(`${SERVER}:9`, `${HOST}:80`, TCP_ACK));
		wan.ip(ipv4({ source: SERVER, destination: HOST, protocol: 47 }, new Uint8Array(8)));
		expect([sent(lan), sent(wan)]).toEqual([[], []]);
		expect(station.drops("eth2")).toEqual({ filtered: 8 });
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:53`));
		wan.ip(datagram(`${SERVER}:53`, `${HOST}:4000`));
		lan.ip(ping(HOST, SERVER, 7));
		wan.ip(ping(SERVER, HOST, 7, 0));
		lan.ip(segment(`${HOST}:4000`, `${SERVER}:80`, SYN));
		wan.ip(segment(`${SERVER}:80`, `${HOST}:4000`, SYN | TCP_ACK));
		expect(sent(wan)).toEqual([
			`udp ${HOST}:4000 > ${SERVER}:53`,
			`icmp 8 ${HOST} > ${SERVER} 7`,
			`tcp ${HOST}:4000 > ${SERVER}:80`,
		]);
		expect(sent(lan)).toEqual([
			`udp ${SERVER}:53 > ${HOST}:4000`,
			`icmp 0 ${SERVER} > ${HOST} 7`,
			`tcp ${SERVER}:80 > ${HOST}:4000`,
		]);
	});

	it("lets errors in about what was sent, and no others", () => {
		const { lan, wan } = filterOf([]);
		lan.ip(datagram(`${HOST}:4000`, `${SERVER}:53`));
		const quoted = packetOf(wan.packets()[0]!, 28);
		wan.ip(icmp({ source: "198.51.100.254", destination: HOST, type: 11 }, quoted));
		quoted[21] = 1;
		wan.ip(icmp({ source: "198.51.100.254", destination: HOST, type: 11 }, quoted));
		expect(sent(lan)).toEqual([`icmp 11 198.51.100.254 > ${HOST} 0`]);
	});

	it("lets in what answers the board's own, and serves within as ever", () => {
		const { station, lan, wan } = filterOf([]);
		const { UDP, Listener } = createIO(station.stack);
		const heard: string[] = [];
		const socket = new UDP({
			port: 4000,
			onReadable() {
				heard.push(this.read()!.address);
			},
		});
		socket.write(new Uint8Array(1), SERVER, 7);
		station.world.run(1);
		expect(sent(wan)).toEqual([`udp ${OUTSIDE}:4000 > ${SERVER}:7`]);
		wan.ip(datagram(`${SERVER}:7`, `${OUTSIDE}:4000`));
		wan.ip(datagram(`${SERVER}:8`, `${OUTSIDE}:4000`));
		const listener = new Listener({ port: 80 });
		lan.ip(segment(`${HOST}:4000`, "10.0.0.1:80", SYN));
		expect(sent(lan)).toEqual([`tcp 10.0.0.1:80 > ${HOST}:4000`]);
		wan.ip(segment(`${SERVER}:4000`, `${OUTSIDE}:80`, SYN));
		expect([heard, sent(wan)]).toEqual([[SERVER], []]);
		socket.close();
		listener.close();
	});
});

describe("rules", () => {
	it("decide in their order, by interface, address, protocol and port, and are counted", () => {
		const { lan, wan } = filterOf([
			{ in: "eth2", protocol: "tcp", ports: 81, action: "drop" },
			{ in: "eth2", from: "198.51.100.0/28", to: HOST, protocol: "tcp", ports: "80-82", action: "accept" },
			{ in: "eth1", out: "eth2", protocol: "udp", action: "drop" },
			{ from: "2001:db8::/32", action: "accept" },
		]);
		wan.ip(segment(`${SERVER}:1`, `${HOST}:80`, SYN));
		wan.ip(segment(`${SERVER}:1`, `${HOST}:81`, SYN));
		wan.ip(segment(`${SERVER}:1`, `${HOST}:82`, SYN));
		wan.ip(segment(`${SERVER}:1`, `${HOST}:83`, SYN));
		wan.ip(segment(`${SERVER}:1`, `${HOST}:79`, SYN));
		wan.ip(segment("198.51.100.16:1", `${HOST}:80`, SYN));
		wan.ip(segment(`${SERVER}:1`, "10.0.0.6:80", SYN));
		wan.ip(datagram(`${SERVER}:1`, `${HOST}:80`));
		expect(sent(lan)).toEqual([`tcp ${SERVER}:1 > ${HOST}:80`, `tcp ${SERVER}:1 > ${HOST}:82`]);
		lan.ip(segment(`${HOST}:80`, `${SERVER}:1`, SYN | TCP_ACK));
		lan.ip(datagram(`${HOST}:80`, `${SERVER}:1`));
		expect(sent(wan)).toEqual([`tcp ${HOST}:80 > ${SERVER}:1`]);
	});

	it("of sessions that stand are asked where there are some, and only those", () => {
		const { lan, wan } = filterOf([{ in: "eth2", protocol: "udp", ports: 4001, state: "established", action: "drop" }]);
		for (const port of [4000, 4001] as const) {
			lan.ip(datagram(`${HOST}:${port}`, `${SERVER}:7`));
			wan.ip(datagram(`${SERVER}:7`, `${HOST}:${port}`));
		}
		expect(sent(wan).length).toBe(2);
		expect(sent(lan)).toEqual([`udp ${SERVER}:7 > ${HOST}:4000`]);
	});

	it('open the board itself as "lo", and shut its own', () => {
		const { station, lan, wan } = filterOf([
			{ in: "eth2", out: "lo", protocol: "icmp", action: "accept" },
			{ in: "lo", out: "eth1", protocol: "icmp", action: "drop" },
		]);
		wan.ip(ping(SERVER, OUTSIDE, 5));
		wan.ip(ping(SERVER, HOST, 5));
		expect(sent(wan)).toEqual([`icmp 0 ${OUTSIDE} > ${SERVER} 5`]);
		lan.ip(datagram(`${HOST}:1`, `${SERVER}:2`, { ttl: 1 }));
		expect(sent(lan)).toEqual([`icmp 11 10.0.0.1 > ${HOST} 0`]);
		expect(station.drops("eth2")).toEqual({ filtered: 1 });
	});

	it("reject by a reset from whom the segment was for, RFC 9293 §3.10.7.1, or an error of ICMP, RFC 1812 §5.2.7.1", () => {
		const { station, wan } = filterOf([{ in: "eth2", action: "reject" }]);
		wan.ip(segment(`${SERVER}:9`, `${HOST}:80`, SYN, { seq: 700 }));
		wan.ip(segment(`${SERVER}:9`, `${HOST}:80`, TCP_ACK, { seq: 700, ack: 900 }));
		wan.ip(segment(`${SERVER}:9`, `${HOST}:80`, RST));
		wan.ip(datagram(`${SERVER}:9`, `${HOST}:53`));
		wan.ip(segment(`${SERVER}:9`, `${OUTSIDE}:80`, SYN));
		const answers = wan.packets();
		expect(answers.map(({ ipv4, tcp, icmp }) => [ipText(ipv4!.source), tcp?.flags, tcp?.seq, tcp?.ack, icmp?.code])).toEqual([
			[HOST, RST | TCP_ACK, 0, 701, undefined],
			[HOST, RST, 900, 0, undefined],
			[OUTSIDE, undefined, undefined, undefined, 13],
			[OUTSIDE, RST | TCP_ACK, 0, 1, undefined],
		]);
		expect(station.drops("eth2")).toEqual({ filtered: 5 });
	});

	it("cost nothing that is not there: without outside interfaces and rules all passes", () => {
		const { lan, wan } = filterOf([], {});
		for (const packet of IN) wan.ip(packet);
		expect(sent(lan).length).toBe(3);
	});
});

describe("options of a router", () => {
	const stack = () => {
		const made = testRouter();
		(made.station.stack.router as Router).close();
		return made.station.stack;
	};
	const rule = (fields: object) => () => new Router(stack(), { filter: [{ action: "drop", ...fields } as never] });

	it("are refused with their value and what to do", () => {
		for (const [make, message] of [
			[rule({ in: "eth9" }), 'filter[0].in "eth9": there is no such interface; expected lo, eth1, eth2'],
			[rule({ action: "deny" }), 'filter[0].action "deny": expected accept, drop, reject'],
			[rule({ protocol: "sctp" }), 'filter[0].protocol "sctp": expected tcp, udp, icmp, icmp6'],
			[rule({ protocol: 256 }), "filter[0].protocol 256: expected tcp, udp, icmp, icmp6 or a number from 1 to 255"],
			[rule({ protocol: "tcp", ports: 0 }), "filter[0].ports 0: expected a port, 1 to 65535"],
			[rule({ protocol: "tcp", ports: "9-8" }), 'filter[0].ports "9-8": expected the lower port first, "8-9"'],
			[rule({ protocol: "tcp", ports: "http" }), 'filter[0].ports "http": expected a port or two, such as 80 or "8000-8010"'],
			[rule({ ports: 80 }), 'filter[0].ports 80: ports are those of TCP and UDP; say "protocol": "tcp" or "udp"'],
			[rule({ from: "10.0.0.300" }), 'filter[0].from "10.0.0.300/32": expected an IP address and a prefix length'],
			[rule({ state: "old" }), 'filter[0].state "old": expected new, established'],
			[rule({ port: 80 }), "filter[0].port: there is no such field; expected in, out, from, to, protocol, ports, state, action"],
			[
				() => new Router(stack(), { filter: Array.from({ length: 9 }, () => ({ action: "drop" as const })) }),
				"filter: 9 rules, and the stack has room for 8; make it with { router: { rules: 9 } }",
			],
			[
				() => new Router(stack(), { nat: { out: "ppp0" } }),
				'nat.out "ppp0": there is no such interface; expected lo, eth1, eth2',
			],
			[
				() => new Router(stack(), { forwardPorts: [{ protocol: "tcp", port: 1, to: HOST }] }),
				"forwardPorts: they lead from the address of nat",
			],
			[
				() => new Router(stack(), { nat: { out: "eth2" }, forwardPorts: [{ protocol: "tcp", port: 1, to: "10.0.0.1" }] }),
				'forwardPorts[0].to "10.0.0.1": is the board\'s own; let it in by a rule of filter, with "out": "lo"',
			],
			[
				() =>
					new Router(stack(), {
						nat: { out: "eth2" },
						forwardPorts: [
							{ protocol: "tcp", port: 1, to: HOST },
							{ protocol: "tcp", port: 1, to: SERVER },
						],
					}),
				`forwardPorts[1].port 1: that port, or port 1 of ${SERVER}, is forwarded already`,
			],
			[() => new Router(stack(), { nats: {} } as never), "router.nats: there is no such option"],
			[
				() => new Router(new Stack({ random32: () => 1, onWake: () => {} })),
				"router.entries 0: the stack has no room for sessions",
			],
			[
				() => new Stack({ random32: () => 1, onWake: () => {}, router: { entries: 32_769 } }),
				"router.entries 32769: expected a whole number from 0 to 32768",
			],
			[
				() => new Stack({ random32: () => 1, onWake: () => {}, router: { rules: 256 } }),
				"router.rules 256: expected a whole number from 0 to 255",
			],
		] as [() => unknown, string][])
			expect(make, message).toThrow(message);
		const { station } = testRouter();
		expect(() => new Router(station.stack)).toThrow("the stack has a router already; close that one first");
	});

	it("take memory that is told beforehand: 256 sessions and 32 rules", () => {
		const bytes = Stack.bytesFor({ router: { entries: 256, rules: 32 } }) - Stack.bytesFor({});
		expect(bytes).toBe(19_424);
	});
});
