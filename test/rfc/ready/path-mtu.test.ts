// IPv6 Ready Logo, Core Protocols 5.0, section 4: path MTU discovery by echo replies. RFC 8201. What routers advertise (4.1.8) is in parameters.test.ts, and hosts here send nothing long to groups (4.1.10 and 4.1.11).

import { describe, expect, it } from "vitest";
import { statusOf } from "../../../src/status/status.ts";
import { concat, read16, u32 } from "../../support/frames.ts";
import {
	ECHO_REPLY6,
	FRAGMENT,
	fragmentHeader,
	ICMP6,
	icmp6,
	ipv6,
	echo6,
	mtuOption,
	prefixOption,
	tcp6,
} from "../../support/frames6.ts";
import { Host, PREFIX, TN1, TN1_GLOBAL, TN2, TR1 } from "./ready.ts";

const MINUTE = 60_000;
const TN3 = "2001:db8:3::300";

/** An echo request of so many bytes with its IP header, in fragments where it is longer than 1,500; answered in packets of these sizes. */
function sizes(host: Host, source: string, bytes: number): number[] {
	const destination = source.startsWith("fe80") ? host.linkLocal : host.global;
	const payload = Uint8Array.from({ length: bytes - 48 }, (_, i) => i & 255);
	const whole = echo6({ source, destination }, payload);
	host.answers();
	if (bytes <= 1500) host.put(whole);
	else
		for (let at = 0; at < bytes - 40; at += 1432) {
			const part = whole.subarray(40 + at, 40 + at + 1432);
			const header = fragmentHeader(ICMP6, at, at + 1432 < bytes - 40, bytes);
			host.put(ipv6({ source, destination, next: FRAGMENT }, concat(header, part)));
		}
	const sent = host.answers();
	const parts = sent.map(({ next, payload: all }) => (next === FRAGMENT ? all.subarray(8) : all));
	const reply = concat(...parts);
	expect(reply[0]).toBe(ECHO_REPLY6);
	expect(reply.slice(8)).toEqual(payload);
	for (const [i, { next, payload: all }] of sent.entries())
		if (next === FRAGMENT) expect(read16(all, 2) & 1).toBe(i < sent.length - 1 ? 1 : 0);

	return sent.map(({ payload: all }) => all.length + 40);
}

/** A packet too big: of the reply to `target`, or a fragment of it, of `bytes`. */
function tooBig(host: Host, target: string, bytes: number, mtu: number, { source = TR1, code = 0 } = {}): void {
	const own = target.startsWith("fe80") ? host.linkLocal : host.global;
	const quoted = ipv6(
		{ source: own, destination: target, next: ICMP6, payloadLength: bytes - 40 },
		new Uint8Array(1192).fill(ECHO_REPLY6, 0, 1),
	);
	host.put(icmp6({ source, destination: own, type: 2, code }, concat(u32(mtu), quoted)));
	host.answers();
}

describe("v6LC.4.1 path MTU discovery", () => {
	it("4.1.1 Confirm Ping", () => {
		const host = Host.ready();
		for (const bytes of [64, 1280, 1500]) expect(sizes(host, TN1, bytes)).toEqual([bytes]);
	});

	it("4.1.2 Stored PMTU: of each destination its own", () => {
		const host = Host.ready();
		for (const each of [TN1_GLOBAL, TN2, TN3]) expect(sizes(host, each, 1500)).toEqual([1500]);
		tooBig(host, TN2, 1500, 1400);
		tooBig(host, TN3, 1500, 1280);
		expect(sizes(host, TN1_GLOBAL, 1500)).toEqual([1500]);
		expect(sizes(host, TN2, 1500)).toEqual([1400, 156]);
		expect(sizes(host, TN3, 1500)).toEqual([1280, 276]);
	});

	it("4.1.3 Non-zero ICMPv6 Code", () => {
		const host = Host.ready();
		sizes(host, TN2, 1500);
		tooBig(host, TN2, 1500, 1280, { code: 0xff });
		expect(sizes(host, TN2, 1500)).toEqual([1280, 276]);
	});

	it.each([TN1, TN1_GLOBAL])("4.1.4 Reduce PMTU On-link: %s", (target) => {
		const host = Host.ready();
		sizes(host, target, 1500);
		tooBig(host, target, 1500, 1280, { source: target });
		expect(sizes(host, target, 1500)).toEqual([1280, 276]);
	});

	it("4.1.5 Reduce PMTU Off-link", () => {
		const host = Host.ready();
		sizes(host, TN2, 1500);
		tooBig(host, TN2, 1500, 1400);
		expect(sizes(host, TN2, 1500)).toEqual([1400, 156]);
		tooBig(host, TN2, 1400, 1280);
		expect(sizes(host, TN2, 1500)).toEqual([1280, 276]);
		expect(sizes(host, TN2, 1280)).toEqual([1280]);
	});

	it("4.1.6 Receiving MTU Below IPv6 Minimum Link MTU", () => {
		const host = Host.ready();
		sizes(host, TN2, 1500);
		tooBig(host, TN2, 1500, 56);
		expect(sizes(host, TN2, 1500)).toEqual([1500]);
		expect(sizes(host, TN2, 1280)).toEqual([1280]);
	});

	it("4.1.7 Increase Estimate: what says more is no news", () => {
		const host = Host.ready();
		sizes(host, TN2, 1500);
		tooBig(host, TN2, 1500, 1304);
		expect(sizes(host, TN2, 1500)).toEqual([1304, 252]);
		for (const mtu of [1500, 0x10000, 0x1f0000]) {
			tooBig(host, TN2, 1304, mtu);
			expect(sizes(host, TN2, 1500)).toEqual([1304, 252]);
		}
	});

	it("4.1.9 Checking for Increase in PMTU: after five minutes at the least, and here ten", () => {
		const host = Host.ready();
		sizes(host, TN2, 1500);
		tooBig(host, TN2, 1500, 1304);
		for (let minutes = 0; minutes < 9; minutes++) {
			host.run(MINUTE);
			expect(sizes(host, TN2, 1500)).toEqual([1304, 252]);
			host.advertise();
		}
		host.run(MINUTE);
		expect(sizes(host, TN2, 1500)).toEqual([1500]);
		tooBig(host, TN2, 1500, 1304);
		expect(sizes(host, TN2, 1500)).toEqual([1304, 252]);
	});

	it("a request that comes in fragments is answered in such as the path carries", () => {
		const host = Host.ready();
		expect(sizes(host, TN2, 3000)).toEqual([1480, 1480, 144]);
		tooBig(host, TN2, 1480, 1280);
		const sent = sizes(host, TN2, 3000);
		expect(Math.max(...sent)).toBeLessThanOrEqual(1280);
	});
});

describe("what routers advertise, RFC 4861 §6.3.4, beside what was said of paths", () => {
	it("goes on to count for all destinations while something is known of one of them", () => {
		const host = Host.ready();
		host.advertise({ options: [...prefixOption(PREFIX), ...mtuOption(1300)] });
		host.run(100);
		expect(sizes(host, TN3, 1500)).toEqual([1296, 260]);
		tooBig(host, TN2, 1500, 1280);
		host.advertise({ options: [...prefixOption(PREFIX), ...mtuOption(1304)] });
		host.run(100);
		expect(sizes(host, TN3, 1500)).toEqual([1304, 252]);
		expect(sizes(host, TN2, 1500)).toEqual([1280, 276]);
	});

	it("is what our MSS is made of, with a socket and with a cookie", () => {
		const host = Host.ready();
		const { stack } = host.station.node;
		host.advertise({ options: [...prefixOption(PREFIX), ...mtuOption(1280)] });
		host.run(100);
		stack.tcp.listen("::", 80, 1, 0);
		host.answers();
		for (const sourcePort of [1000, 1001, 1002]) {
			host.put(tcp6({ source: TN2, destination: host.global, sourcePort, destinationPort: 80, seq: 100, flags: 2 }));
			const [answer] = host.answers();
			expect([...answer!.payload.subarray(20, 24)]).toEqual([2, 4, 1220 >> 8, 1220 & 255]);
		}
		expect(statusOf(stack).interfaces.find(({ name }) => name === "eth0")!.drops["tcpCookie"]).toBeGreaterThan(0);
	});
});
