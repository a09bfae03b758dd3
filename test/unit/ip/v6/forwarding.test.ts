// IPv6 packets for somebody else are sent on by the rules of IPv4's, ../forwarding.test.ts: RFC 8200 §3, §5, RFC 4443 §3, RFC 4861 §7.2.2, RFC 3704.

import { describe, expect, it } from "vitest";
import { NEIGHBOR_QUEUE } from "../../../../src/config.ts";
import { DESTINATION_OPTIONS, echo6, extension, full, udp6 } from "../../../support/frames6.ts";
import { FAR, HOST, RIGHT, Router6 } from "../../../support/router6.ts";

const datagram = (fields: object = {}, length = 10) =>
	udp6({ source: HOST, destination: FAR, sourcePort: 5, destinationPort: 6, ...fields }, new Uint8Array(length));

describe("a router of IPv6", () => {
	it("sends on, with one less to live and the rest as it was, extension headers too", () => {
		const router = new Router6();
		const headers = extension(17, [0x1e, 2, 1, 2]);
		for (const packet of [
			datagram({ hopLimit: 9, trafficClass: 0x2c, label: 0x12345 }),
			datagram({ headers, first: DESTINATION_OPTIONS }),
			echo6({ source: HOST, destination: FAR }, new Uint8Array(1452)),
		]) {
			const expected = Uint8Array.from(packet);
			expected[7]!--;
			router.s.ip(packet);
			expect(router.right().map(({ bytes }) => [...bytes])).toEqual([[...expected]]);
		}
		expect(router.left()).toEqual([]);
	});

	it("tells the sender when the hop limit has run out, when there is no route, and what the next link carries: 1280", () => {
		const router = new Router6({}, 1280);
		const to = `to ${full(HOST)}`;
		router.s.ip(datagram({ hopLimit: 1 }));
		router.s.ip(datagram({ hopLimit: 0 }));
		expect(router.left()).toEqual([`3 0 0 ${to}`, `3 0 0 ${to}`]);
		router.s.ip(datagram({ destination: "2001:db8:c::1" }));
		expect(router.left()).toEqual([`1 0 0 ${to}`]);
		router.s.ip(datagram({}, 1280 - 47));
		expect(router.left()).toEqual([`2 0 1280 ${to}`]);
		expect(router.right()).toEqual([]);
		router.s.ip(datagram({}, 1280 - 48));
		expect(router.right().length).toBe(1);
		expect(router.drops("eth0")).toEqual({ ttlExpired: 2, noRoute: 1, tooBig: 1 });
	});

	it("sends nothing on that is of one link: RFC 4007 §9; who sends from such an address is told: RFC 4443 §3.1", () => {
		const router = new Router6();
		router.s.ip(datagram({ source: "fe80::5" }));
		expect(router.left()).toEqual([`1 2 0 to ${full("fe80::5")}`]);
		router.s.ip(datagram({ destination: "fe80::7" }));
		router.s.ip(datagram({ destination: "::1" }));
		router.s.ip(datagram({ destination: "ff15::1234" }));
		router.s.ip(datagram({ source: "ff15::1" }));
		router.s.ip(datagram({ source: "::" }));
		expect(router.right()).toEqual([]);
		expect(router.left()).toEqual([]);
	});

	it("with the reverse path filter drops what comes by another way than the answer would go: RFC 3704", () => {
		const router = new Router6({ reversePathFilter: true });
		router.s.ip(datagram({ source: "2001:db8:b::9", destination: "2001:db8:b::7" }));
		router.s.ip(datagram({ source: "2001:db8:c::9" }));
		expect(router.right()).toEqual([]);
		router.s.ip(datagram());
		expect(router.right().length).toBe(1);
	});

	it("keeps the newest few for a neighbour that has not answered yet, and sends those when it has", () => {
		const router = new Router6();
		router.answers = false;
		const { stack } = router.s.node;
		const { free } = stack.core.pool;
		for (let i = 0; i < 20; i++) router.s.ip(datagram({ sourcePort: 100 + i }));
		expect(free - stack.core.pool.free).toBe(NEIGHBOR_QUEUE);
		expect(stack.interfaces.neighbors.waiting).toBe(NEIGHBOR_QUEUE);
		expect(router.right()).toEqual([]);
		router.answer(FAR);
		expect(router.right().map(({ payload }) => (payload[0]! << 8) | payload[1]!)).toEqual([117, 118, 119]);
		expect(stack.core.pool.free).toBe(free);
	});

	it("is not stopped by what waits for absent neighbours, and tells senders when they do not answer", () => {
		const router = new Router6({ packets: 8, neighbors: 8 });
		router.answers = false;
		const { stack } = router.s.node;
		const { free } = stack.core.pool;
		for (let i = 0; i < 200; i++) {
			router.s.ip(datagram({ destination: `2001:db8:b::${(0x1000 + i).toString(16)}` }));
			expect(stack.core.pool.available).toBeGreaterThan(0);
			router.s.world.run(10);
		}
		router.s.world.run(5000);
		expect(router.left().filter((line) => line === `1 3 0 to ${full(HOST)}`).length).toBeGreaterThan(2);
		expect(stack.core.pool.free).toBe(free);
		router.answers = true;
		router.s.ip(datagram());
		router.s.world.run(10);
		expect(router.right().length).toBe(1);
	});

	it("tells that a neighbour does not answer, whatever came for groups meanwhile", () => {
		const router = new Router6();
		router.answers = false;
		router.s.ip(datagram());
		router.s.world.run(2500);
		router.s.ip(udp6({ source: "fe80::5", destination: "ff02::fb", sourcePort: 5353, destinationPort: 5353 }, [1]));
		router.s.world.run(2500);
		expect(router.left()).toEqual([`1 3 0 to ${full(HOST)}`]);
	});

	it("keeps nothing of a thousand packets, and asks nobody twice", () => {
		const router = new Router6();
		const { pool } = router.s.node.stack.core;
		const { free } = pool;
		for (let i = 0; i < 1000; i++) router.s.ip(datagram({ sourcePort: i }));
		expect(router.right().length).toBe(1000);
		expect(pool.free).toBe(free);
	});
});

describe("a host with IPv6", () => {
	it("does not forward, and counts what was not for it", () => {
		const router = new Router6({ forwarding: false });
		router.s.ip(datagram());
		expect([router.right(), router.left()]).toEqual([[], []]);
		expect(router.drops("eth0")).toEqual({ ipNotLocal: 1 });
	});

	it("takes packets for an address of another interface by the weak model, and by the strong one does not", () => {
		for (const strongHost of [false, true]) {
			const router = new Router6({ forwarding: false, strongHost });
			router.s.ip(echo6({ source: HOST, destination: RIGHT }, [1, 2]));
			expect(router.left().map((line) => line.split(" ")[0])).toEqual(strongHost ? [] : ["129"]);
		}
	});
});
