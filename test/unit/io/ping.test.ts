// Ping: what becomes of each request, the statistics, and when it ends.

import { describe, expect, it } from "vitest";
import { PingError, PingSocket, type PingOptions, type PingReply, type PingStatistics } from "../../../src/io/ping.ts";
import { icmpOf } from "../../../src/transport/ping/sockets.ts";
import { onXS } from "../../support/env.ts";
import { icmp, ip } from "../../support/frames.ts";
import { Station } from "../../support/station.ts";
import { World } from "../../support/world.ts";
import { pair } from "./pair.ts";

interface Heard {
	replies: PingReply[];
	timeouts: number[];
	errors: PingError[];
	done: PingStatistics[];
}

/** A ping that notes what it hears. */
function heardBy(options: PingOptions): [PingOptions, Heard] {
	const heard: Heard = { replies: [], timeouts: [], errors: [], done: [] };
	return [
		{
			onReply: (reply) => void heard.replies.push(reply),
			onTimeout: (sequence) => void heard.timeouts.push(sequence),
			onError: (error) => void heard.errors.push(error),
			onDone: (statistics) => void heard.done.push(statistics),
			...options,
		},
		heard,
	];
}

function stationPing(options: PingOptions, routes = false) {
	const station = new Station([["10.0.0.1/24"], ["10.1.0.1/24"]], { sockets: { icmp: 2 } });
	if (routes) station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.0.0.254", interface: station.ports[0]!.link });
	const [all, heard] = heardBy(options);
	return { station, heard, ping: new PingSocket(station.stack, all) };
}

function replyTo(
	station: Station,
	request: { icmp?: { rest: number; payload: ArrayLike<number> } },
	source = "10.0.0.2",
	ttl = 60,
): void {
	const { rest, payload } = request.icmp!;
	station.ports[0]!.ip(icmp({ source, destination: "10.0.0.1", type: 0, rest, ttl }, payload));
}

describe("a ping of a peer that answers", () => {
	it("sends `count` requests at the interval, hears each, and ends with statistics", () => {
		const { world, one } = pair({}, { delayMs: 3 });
		const [options, heard] = heardBy({ address: "10.0.0.2", count: 4, interval: 100, size: 20 });
		const ping = new PingSocket(one.stack, options);
		expect(heard.replies).toEqual([]);
		world.run(399);
		expect(heard.replies.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
		expect(heard.replies[1]).toEqual({ sequence: 2, bytes: 20, ttl: 64, ms: 6, address: "10.0.0.2", duplicate: false });
		// The first one waited for ARP, too.
		expect(heard.replies[0]!.ms).toBe(9);
		expect(heard.done).toEqual([ping.statistics]);
		expect(ping.statistics).toMatchObject({ sent: 4, received: 4, duplicates: 0, errors: 0, lost: 0, min: 6, avg: 6.75, max: 9 });
		expect(ping.statistics.mdev).toBeCloseTo(Math.sqrt((3 * 0.75 ** 2 + 2.25 ** 2) / 4), 9);
		expect(one.stack.services.list.length).toBe(0);
		expect(icmpOf(one.stack).sockets.every((socket) => !socket.open)).toBe(true);
		ping.close();
	});

	it("goes on without `count` until it is closed, past 65,535 requests (fewer on XS), and says nothing afterwards", () => {
		const { world, one } = pair();
		let last = 0;
		let wrong = 0;
		const ping: PingSocket = new PingSocket(one.stack, {
			address: "127.0.0.1",
			interval: 1,
			onReply({ sequence, duplicate }) {
				if (duplicate || sequence !== ((last + 1) & 0xffff)) wrong++;
				last = sequence;
			},
		});
		const requests = onXS ? 3000 : 66_000;
		world.run(requests);
		expect(wrong).toBe(0);
		expect(ping.statistics).toMatchObject({ lost: 0, duplicates: 0, errors: 0 });
		expect(ping.statistics.sent).toBeGreaterThan(requests - 400);
		const { sent } = ping.statistics;
		ping.close();
		world.run(100);
		expect(ping.statistics.sent).toBe(sent);
	});

	it("works whatever the clock shows: before the first poll, and when it wraps", () => {
		for (const start of [0x7fffff00, 0xffffff00, 5]) {
			const world = new World(1, start);
			const node = world.node("a");
			const [options, heard] = heardBy({ host: "127.0.0.1", count: 10, interval: 100 });
			void new PingSocket(node.stack, options);
			world.run(2000);
			expect(heard.replies.length).toBe(10);
			expect(heard.done[0]).toMatchObject({ sent: 10, received: 10, max: 0 });
		}
	});

	it("works on a stack that is frozen, as `device.stack` is", () => {
		const { world, one } = pair();
		const [options, heard] = heardBy({ address: "10.0.0.2", count: 1, interval: 100 });
		Object.freeze(one.stack);
		new PingSocket(one.stack, options);
		world.run(200);
		expect(heard.replies).toHaveLength(1);
	});

	it("may be closed by any callback", () => {
		const { world, one } = pair();
		const ping: PingSocket = new PingSocket(one.stack, {
			address: "10.0.0.2",
			interval: 10,
			count: 1,
			onReply() {
				this.close();
			},
			onDone: () => expect.fail("closed"),
		});
		world.run(1000);
		expect(ping.statistics).toMatchObject({ sent: 1, received: 1 });
	});
});

describe("a ping", () => {
	it("sends by its interface, with its TTL, code point and size", () => {
		const { station } = stationPing({ address: "10.0.0.2", interface: "eth2", ttl: 3, size: 1472, count: 1 });
		station.world.run(10);
		expect(station.ports.map((port) => port.packets().length)).toEqual([0, 0]); // 10.0.0.0/24 is not there
		const other = stationPing({ address: "10.1.0.2", interface: "eth2", ttl: 3, dscp: 46, size: 1472, count: 1 }).station;
		other.world.run(10);
		const [request] = other.ports[1]!.packets();
		expect(request!.ipv4).toMatchObject({ ttl: 3, tos: 184, source: ip("10.1.0.1"), destination: ip("10.1.0.2") });
		expect(request!.icmp!.payload.length).toBe(1472);
	});

	it("asks from the address that it is given, by the interface that has it, and from none that is not ours", () => {
		const { station } = stationPing({ address: "8.8.8.8", localAddress: "10.1.0.1", count: 1 }, true);
		station.stack.routes.add({ prefix: "0.0.0.0/0", gateway: "10.1.0.254", interface: station.ports[1]!.link, metric: 9 });
		station.world.run(10);
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(station.ports[1]!.packets()[0]!.ipv4!.source).toBe(ip("10.1.0.1"));
		expect(() => new PingSocket(station.stack, { address: "8.8.8.8", localAddress: "10.9.9.9" })).toThrow(
			/localAddress "10\.9\.9\.9": expected an address of this stack/,
		);
	});

	it("tells of requests without a reply, and counts one that comes late", () => {
		const { station, heard, ping } = stationPing({ address: "10.0.0.2", count: 2, interval: 100, timeout: 150 });
		station.world.run(10);
		const [first] = station.ports[0]!.packets();
		station.world.run(130);
		expect(heard.timeouts).toEqual([]);
		expect(ping.statistics).toMatchObject({ sent: 2, received: 0, lost: 0 });
		station.world.run(20);
		expect(heard.timeouts).toEqual([1]);
		replyTo(station, first!);
		expect(heard.replies).toMatchObject([{ sequence: 1, ms: 160, ttl: 60, duplicate: false }]);
		station.world.run(200);
		expect(heard.timeouts).toEqual([1, 2]);
		expect(heard.done).toMatchObject([{ sent: 2, received: 1, lost: 50 }]);
	});

	it("counts duplicates, and hears nobody but its target, nor numbers it has not sent", () => {
		const { station, heard, ping } = stationPing({ address: "10.0.0.2" });
		station.world.run(10);
		const [request] = station.ports[0]!.packets();
		const { rest, payload } = request!.icmp!;
		replyTo(station, request!, "10.0.0.66");
		for (const wrong of [0, 2, 0xffff]) replyTo(station, { icmp: { rest: (rest & ~0xffff) | wrong, payload } });
		expect(heard.replies).toEqual([]);
		replyTo(station, request!);
		replyTo(station, request!);
		expect(heard.replies.map(({ duplicate }) => duplicate)).toEqual([false, true]);
		expect(ping.statistics).toMatchObject({ received: 1, duplicates: 1, lost: 0 });
	});

	it("hears everybody when it asks everybody", () => {
		const { station, heard } = stationPing({ address: "10.0.0.255" });
		station.world.run(10);
		const [request] = station.ports[0]!.packets();
		for (const source of ["10.0.0.5", "10.0.0.9"]) replyTo(station, request!, source);
		expect(heard.replies.map(({ address }) => address)).toEqual(["10.0.0.5", "10.0.0.9"]);
	});

	it("hears more replies in one poll than are queued only up to the queue, and the rest is counted", () => {
		const { station, heard, ping } = stationPing({ address: "10.0.0.255" });
		station.world.run(10);
		const [request] = station.ports[0]!.packets();
		const { rest, payload } = request!.icmp!;
		const socket = icmpOf(station.stack).sockets.find(({ open }) => open)!;
		const { owner } = socket;
		socket.owner = { onEvents: () => {} }; // does not take them
		for (let i = 1; i <= 10; i++) replyTo(station, { icmp: { rest, payload } }, `10.0.0.${i + 1}`);
		expect(station.drops("eth1")).toEqual({ icmpQueueFull: 2 });
		socket.owner = owner;
		replyTo(station, { icmp: { rest, payload } }, "10.0.0.77");
		owner!.onEvents(1, 0);
		expect(heard.replies.length).toBe(8);
		expect(ping.statistics).toMatchObject({ received: 1, duplicates: 7 });
	});

	it("takes at most as many as there are sockets, and gives its own back", () => {
		const { station, ping } = stationPing({ address: "10.0.0.2" });
		const other = new PingSocket(station.stack, { address: "10.0.0.2" });
		expect(() => new PingSocket(station.stack, { address: "10.0.0.2" })).toThrow(
			/all 2 ICMP sockets are in use; raise the option "sockets\.icmp"/,
		);
		ping.close();
		other.close();
		void new PingSocket(station.stack, { address: "10.0.0.2" });
	});
});

describe("an ICMP error about a request", () => {
	/** As the router at 10.0.0.254 sends it. */
	function error(station: Station, type: number, code: number, quoted: ArrayLike<number>): void {
		station.ports[0]!.ip(icmp({ source: "10.0.0.254", destination: "10.0.0.1", type, code }, quoted));
	}

	/** The request as it was sent, from its IP header on. */
	function quoteOf(station: Station): Uint8Array {
		const [request] = station.ports[0]!.packets();
		const { rest, payload } = request!.icmp!;
		return icmp({ source: "10.0.0.1", destination: "10.9.0.9", type: 8, rest }, payload);
	}

	it.each([
		[3, 0, "10.9.0.9: network unreachable, says 10.0.0.254"],
		[3, 1, "10.9.0.9: host unreachable, says 10.0.0.254"],
		[3, 13, "10.9.0.9: prohibited, says 10.0.0.254"],
		[3, 15, "10.9.0.9: unreachable (code 15), says 10.0.0.254"],
		[11, 0, "10.9.0.9: time to live exceeded, says 10.0.0.254"],
		[12, 0, "10.9.0.9: parameter problem, says 10.0.0.254"],
	])("of type %d, code %d is told, and the next request goes out", (type, code, message) => {
		const { station, heard, ping } = stationPing({ address: "10.9.0.9", interval: 100, count: 2, timeout: 50 }, true);
		station.world.run(10);
		const quote = quoteOf(station);
		error(station, type, code, quote);
		error(station, type, code, quote); // once is enough
		expect(heard.errors.map((each) => each.message)).toEqual([message]);
		expect(heard.errors[0]).toMatchObject({ sequence: 1, address: "10.0.0.254", type, code });
		expect(heard.errors[0]).toBeInstanceOf(PingError);
		station.world.run(200);
		expect(heard.timeouts).toEqual([2]);
		expect(heard.done).toEqual([ping.statistics]);
		expect(ping.statistics).toMatchObject({ sent: 2, received: 0, errors: 1, lost: 100 });
	});

	it("is ignored when it quotes another identifier, target, number, protocol, or too little", () => {
		const { station, heard } = stationPing({ address: "10.9.0.9" }, true);
		station.world.run(10);
		const quote = quoteOf(station);
		for (const change of [24, 26, 19, 9, 20]) {
			const wrong = quote.slice();
			wrong[change]! ^= 1;
			error(station, 3, 1, wrong);
		}
		error(station, 3, 1, quote.slice(0, 27));
		const options = quote.slice();
		options[0] = 0x44; // a header of 16 bytes
		error(station, 3, 1, options);
		expect(heard.errors).toEqual([]);
		error(station, 3, 1, quote.slice(0, 28));
		expect(heard.errors.length).toBe(1);
	});

	it("is made when the target does not answer ARP", () => {
		const { station, heard } = stationPing({ address: "10.0.0.9", count: 1 });
		station.ports[0]!.answersArp = false;
		station.world.run(6000);
		expect(heard.errors.map(({ message }) => message)).toEqual(["10.0.0.9: host unreachable, says 10.0.0.1"]);
		expect(heard.done).toMatchObject([{ sent: 1, received: 0, errors: 1, lost: 100 }]);
	});

	it("is made when there is no route, for each request", () => {
		const { station, heard } = stationPing({ address: "10.9.0.9", count: 3, interval: 10 });
		station.world.run(100);
		expect(heard.errors.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
		expect(heard.errors[0]!.message).toBe("10.9.0.9: no route, or no packet buffer is free");
		expect(heard.done).toMatchObject([{ sent: 3, errors: 3, lost: 100 }]);
	});
});

describe("a ping that cannot go on", () => {
	it("is closed when its interface is removed", () => {
		const { station, heard, ping } = stationPing({ address: "10.0.0.2", interface: "eth1", interval: 50 });
		station.world.run(20);
		station.stack.interfaces.remove(station.ports[0]!.link);
		station.world.run(500);
		expect(heard.errors.map(({ message, sequence }) => [message, sequence])).toEqual([
			["10.0.0.2: its interface is gone", undefined],
		]);
		expect(ping.statistics.sent).toBe(1);
		expect(heard.done).toEqual([]);
	});

	it("is closed when its requests are more than packets may hold fragments of", () => {
		const station = new Station([["10.0.0.1/24"]], {}, [576]);
		const [options, heard] = heardBy({ address: "10.0.0.2", size: 3305 });
		void new PingSocket(station.stack, options);
		station.world.run(5000);
		expect(heard.errors.map(({ message }) => message)).toEqual(["10.0.0.2: echo of 3305 bytes: expected 0 to 3304"]);
		expect(station.ports[0]!.packets()).toEqual([]);
	});

	it("is closed when a callback throws, which is reported, and others go on", () => {
		const { world, one } = pair({ sockets: { icmp: 2 } });
		const reported: unknown[] = [];
		one.stack.events.onError = (error) => void reported.push(error);
		const [options, heard] = heardBy({ address: "10.0.0.2", interval: 10, count: 5 });
		const mistake = new Error("mine");
		const ping = new PingSocket(one.stack, {
			address: "10.0.0.2",
			interval: 10,
			onReply() {
				throw mistake;
			},
		});
		void new PingSocket(one.stack, options);
		world.run(1000);
		expect(reported).toEqual([mistake]);
		expect(ping.statistics.sent).toBe(1);
		expect(heard.done).toMatchObject([{ sent: 5, received: 5 }]);
	});
});

describe("a ping of a name", () => {
	type Asked = { host: string; onResolved(host: string, address: string): void; onError(host: string, error?: unknown): void };

	function resolver(act: (options: Asked) => void) {
		const made: object[] = [];
		let closed = 0;
		class Resolver {
			constructor(options: object) {
				made.push(options);
			}
			resolve(options: Asked): void {
				act(options);
			}
			close(): void {
				closed++;
			}
		}
		return { dns: { io: Resolver, servers: ["10.0.0.53"] }, made, closings: () => closed };
	}

	it("begins when the resolver has answered, and closes it", () => {
		let asked: Asked | undefined;
		const { dns, made, closings } = resolver((options) => (asked = options));
		const { station, heard, ping } = stationPing({ host: "board.example", dns, count: 1, timeout: 100 });
		station.world.run(1000);
		expect(asked!.host).toBe("board.example");
		expect(made).toEqual([dns]);
		expect(ping.statistics.sent).toBe(0);
		expect(ping.address).toBeUndefined();
		asked!.onResolved("board.example", "10.0.0.2");
		expect(ping.address).toBe("10.0.0.2");
		expect(closings()).toBe(1);
		station.world.run(10);
		replyTo(station, station.ports[0]!.packets()[0]!);
		expect(heard.done).toMatchObject([{ sent: 1, received: 1 }]);
	});

	it.each([
		[
			"the resolver says why",
			(asked: Asked) => asked.onError(asked.host, new Error("no such name")),
			"board.example: no such name",
		],
		["the resolver does not", (asked: Asked) => asked.onError(asked.host), "board.example: the name cannot be resolved"],
		[
			"it answers what is no address",
			(asked: Asked) => asked.onResolved(asked.host, "fe80::g"),
			"board.example: has no IP address, only fe80::g",
		],
	])("ends with an error when %s, outside of the constructor", (_name, act, message) => {
		const { dns } = resolver(act);
		const { station, heard } = stationPing({ host: "board.example", dns });
		expect(heard.errors).toEqual([]);
		station.world.run(10);
		expect(heard.errors.map((error) => [error.message, error.sequence])).toEqual([[message, undefined]]);
		expect(icmpOf(station.stack).sockets.every((socket) => !socket.open)).toBe(true);
	});

	it("takes a literal, and an answer, of either family", () => {
		const { dns } = resolver((options) => options.onResolved(options.host, "2001:db8::2"));
		expect(stationPing({ host: "board.example", dns }).ping.address).toBe("2001:db8::2");
		expect(stationPing({ host: "2001:DB8:0::2" }).ping.address).toBe("2001:db8::2");
	});

	it("that is closed meanwhile closes the resolver, and hears nothing of what comes then", () => {
		let asked: Asked | undefined;
		const { dns, closings } = resolver((options) => (asked = options));
		const { station, heard, ping } = stationPing({ host: "board.example", dns });
		ping.close();
		asked!.onResolved("board.example", "10.0.0.2");
		asked!.onError("board.example");
		station.world.run(1000);
		expect(closings()).toBe(1);
		expect(station.ports[0]!.packets()).toEqual([]);
		expect(heard.errors).toEqual([]);
	});

	it("gives its socket back when the resolver throws", () => {
		const { dns } = resolver(() => {
			throw new Error("no servers");
		});
		const station = new Station([["10.0.0.1/24"]]);
		expect(() => new PingSocket(station.stack, { host: "board.example", dns })).toThrow("no servers");
		void new PingSocket(station.stack, { host: "10.0.0.2" });
	});
});

describe("options of a ping", () => {
	it.each([
		[undefined, "options undefined: expected an object"],
		[{}, "options: expected an address or a host"],
		[{ address: "10.0.0" }, 'address "10.0.0": expected an IP address, as in "192.168.77.2"'],
		[{ host: 5 }, "host 5: expected a name or an IP address as a string"],
		[{ host: "a.example" }, 'host "a.example": expected an IP address, or dns: { io: Resolver } to look the name up'],
		[{ host: "a.example", dns: {} }, "dns.io undefined: expected the class of a resolver"],
		[{ address: "10.0.0.2", size: 65_508 }, "size 65508: expected a whole number from 0 to 65507"],
		[{ address: "10.0.0.2", size: -1 }, "size -1: expected a whole number from 0 to 65507"],
		[{ address: "10.0.0.2", interval: 0 }, "interval 0: expected a whole number from 1 to 86400000"],
		[{ address: "10.0.0.2", count: 0 }, "count 0: expected a whole number from 1 to 2147483647"],
		[{ address: "10.0.0.2", ttl: 256 }, "ttl 256: expected a whole number from 1 to 255"],
		[{ address: "10.0.0.2", dscp: 64 }, "dscp 64: expected a whole number from 0 to 63"],
		[{ address: "10.0.0.2", timeout: "1" }, 'timeout "1": expected a number from 1 to 86400000'],
		[{ address: "10.0.0.2", interval: 10, timeout: 631 }, "timeout 631: expected at most 63 intervals of 10 ms"],
		[
			{ address: "10.0.0.2", interface: "eth9" },
			'interface "eth9": expected the name of an interface of the stack, or one itself',
		],
		[{ address: "10.0.0.2", onReply: 5 }, "onReply 5: expected a function"],
	])("%j: %s", (options, message) => {
		const station = new Station([["10.0.0.1/24"]]);
		expect(() => new PingSocket(station.stack, options as PingOptions)).toThrow(message);
		// Nothing was kept.
		void new PingSocket(
			station.stack,
			Object.freeze({ address: "10.0.0.2", interval: 10, timeout: 630, unknown: true }) as PingOptions,
		);
	});
});

describe("a ping that begins before there is a network", () => {
	/** A board whose cable is plugged in later, and a peer. */
	function early(options: PingOptions) {
		const world = new World(1);
		const segment = world.segment();
		const [near, far] = [segment.port({ mac: 1 }), segment.port({ mac: 2 })];
		near.linkUp = false;
		const one = world.node("one");
		world.node("two").ethernet("eth0", far, "10.0.0.2/24");
		const link = one.ethernet("eth0", near);
		const [all, heard] = heardBy({ address: "10.0.0.2", count: 2, ...options });
		new PingSocket(one.stack, all);
		const plug = () => {
			near.linkUp = true;
			near.host!.notify();
		};
		return { world, link, heard, plug };
	}

	it("waits for the link and loses no request", () => {
		const { world, link, heard, plug } = early({});
		world.run(3000);
		link.ip.insertAddress("10.0.0.1", 24);
		world.run(1000);
		expect(heard).toEqual({ replies: [], timeouts: [], errors: [], done: [] });
		plug();
		world.run(3000);
		expect(heard.replies.map(({ sequence }) => sequence)).toEqual([1, 2]);
		expect(heard.done[0]).toMatchObject({ sent: 2, received: 2, errors: 0 });
	});

	it("waits no longer than it was told, then says why each request could not leave", () => {
		const { world, heard } = early({ networkTimeout: 500 });
		world.run(450);
		expect(heard.errors.length).toBe(0);
		world.run(3000);
		expect(heard.errors[0]!.message).toContain("no route");
		expect(heard.done.length).toBe(1);
	});

	it("does not wait where nothing is coming up", () => {
		const { world, link, heard } = early({});
		link.enabled = false;
		world.run(50);
		expect(heard.errors.length).toBe(1);
	});
});
