// IPv6 Ready Logo, Core Protocols 5.0, section 5: RFC 4443 for hosts, and 4.1 where it is about pings. 5.1.4 (packet too big), 5.1.5 A and B (hop limit exceeded) and 5.1.13 are for
// routers; time exceeded and 5.1.6 are in fragments.test.ts.

import { describe, expect, it } from "vitest";
import { concat, read16, read32, u16, u32 } from "../../support/frames.ts";
import { echo6, full, icmp6, ICMP6, ipv6, udp6 } from "../../support/frames6.ts";
import { PingSocket } from "../../../src/io/ping.ts";
import { Host, PARAMETER_PROBLEM, TN1, TN1_GLOBAL, TN2, UNREACHABLE } from "./ready.ts";

const CLOSED = { sourcePort: 5000, destinationPort: 9000 };

describe("v6LC.5.1 messages", () => {
	it("5.1.1 Transmitting Echo Requests", () => {
		const host = Host.ready();
		for (const to of [TN1, TN1_GLOBAL]) {
			const replies: number[] = [];
			void new PingSocket(host.station.node.stack, {
				address: to,
				count: 1,
				size: 40,
				onReply: (reply: { bytes: number }) => replies.push(reply.bytes),
			} as never);
			host.run(100);
			const sent = host.answers();
			expect(sent).toMatchObject([{ destination: full(to), next: ICMP6 }]);
			const { payload } = sent[0]!;
			expect([...payload.subarray(0, 2)]).toEqual([128, 0]);
			host.put(
				echo6(
					{
						source: to,
						destination: to === TN1 ? host.linkLocal : host.global,
						type: 129,
						id: read16(payload, 4),
						seq: read16(payload, 6),
					},
					payload.subarray(8),
				),
			);
			host.run(100);
			expect(replies.length).toBe(1);
		}
	});

	it("5.1.2 Replying to Echo Requests", () => {
		const host = Host.ready();
		const payload = Uint8Array.from({ length: 56 }, (_, i) => i);
		for (const source of [TN1, TN1_GLOBAL, TN2]) {
			const [reply, ...more] = host.ping({ source, id: 0x1234, seq: 7 }, payload);
			expect(more).toEqual([]);
			expect(reply).toMatchObject({ source: full(source === TN1 ? host.linkLocal : host.global), destination: full(source) });
			expect([...reply!.payload.subarray(0, 2), ...reply!.payload.subarray(4)]).toEqual([
				129,
				0,
				...u16(0x1234),
				...u16(7),
				...payload,
			]);
		}
		host.replies(host.ping({ destination: "ff02::1" }), 1); // to a group: from an address of ours
	});

	it("5.1.3 Destination Unreachable Message Generation: no listener at the port", () => {
		const host = Host.ready();
		for (const source of [TN1, TN1_GLOBAL]) {
			const packet = udp6({ source, destination: source === TN1 ? host.linkLocal : host.global, ...CLOSED }, [1, 2, 3]);
			host.put(packet);
			const sent = host.answers();
			host.error(sent, UNREACHABLE, 4);
			expect([...sent[0]!.payload.subarray(8)]).toEqual([...packet]); // it quotes as much as fits
			host.run(1000);
		}
	});

	it("errors fit 1280 bytes", () => {
		const host = Host.ready();
		host.put(udp6({ source: TN1, destination: host.linkLocal, ...CLOSED }, new Uint8Array(1440)));
		expect(host.answers().map(({ payload }) => payload.length)).toEqual([1240]);
	});

	it("5.1.7 Unrecognized Next Header (Parameter Problem Generation)", () => {
		const host = Host.ready();
		host.put(ipv6({ source: TN1, destination: host.linkLocal, next: 253 }, new Uint8Array(8)));
		host.error(host.answers(), PARAMETER_PROBLEM, 1, 6);
	});

	it("5.1.8 Unknown Informational Message Type", () => {
		const host = Host.ready();
		host.put(icmp6({ source: TN1, destination: host.linkLocal, type: 254 }, u32(0)));
		expect(host.answers()).toEqual([]);
		host.alive();
	});

	it("5.1.9 Error Condition With ICMPv6 Error Message: none is answered by another", () => {
		const host = Host.ready();
		const quoted = echo6({ source: host.linkLocal, destination: TN1 });
		for (const type of [1, 2, 3, 4, 100, 127])
			for (const next of [undefined, 253]) {
				const headers = next === undefined ? {} : { first: 60, headers: [ICMP6, 0, 0x87, 4, 0, 0, 0, 0] };
				host.put(icmp6({ source: TN1, destination: host.linkLocal, type, ...headers }, concat(u32(0), quoted)));
				expect(host.answers()).toEqual([]);
			}
	});

	it("5.1.10 Error Condition With Multicast Destination", () => {
		const host = Host.ready();
		host.put(udp6({ source: TN1, destination: "ff02::1", ...CLOSED }, [1]));
		expect(host.answers()).toEqual([]);
	});

	it("5.1.11, 5.1.12 Error Condition With Non-Unique Source: none, and a group", () => {
		const host = Host.ready();
		for (const source of ["::", "ff02::1", "::1"]) {
			host.put(udp6({ source, destination: host.linkLocal, ...CLOSED }, [1]));
			expect(host.answers(), source).toEqual([]);
		}
	});
});

describe("v6LC.4.1 the path's MTU", () => {
	it("4.1.1 Confirm Ping", () => {
		const host = Host.ready();
		for (const size of [64, 1280, 1500]) {
			const sent = host.ping({ source: TN2 }, new Uint8Array(size - 48));
			host.replies(sent, 1);
			expect(sent[0]!.payload.length).toBe(size - 40);
		}
	});

	it("a word of less than 1280 is not believed (RFC 8201 §4)", () => {
		const host = Host.ready();
		const [reply] = host.ping({ source: TN2 }, new Uint8Array(1000));
		const quoted = ipv6({ source: host.global, destination: TN2, next: ICMP6 }, reply!.payload);
		host.put(icmp6({ source: TN2, destination: host.global, type: 2 }, concat(u32(600), quoted.subarray(0, 1000))));
		const sent = host.ping({ source: TN2 }, new Uint8Array(1000));
		host.replies(sent, 1);
		expect(read32(sent[0]!.payload, 4)).toBe(read32(reply!.payload, 4));
	});
});
