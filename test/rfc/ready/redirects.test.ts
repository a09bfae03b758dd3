// IPv6 Ready Logo, Core Protocols 5.0, section 2.3 for hosts: redirects (RFC 4861 §8); and 2.2.10, another router in place of one that is gone, its own prefixes too (RFC 4191).

import { describe, expect, it } from "vitest";
import { concat, u16, u32, type Bytes } from "../../support/frames.ts";
import { echo6, icmp6, ICMP6, ip6, ipv6, linkOption, REDIRECT } from "../../support/frames6.ts";
import { Station6 } from "../../support/station6.ts";
import { Host, TN2, TR1, TR2 } from "./ready.ts";

const text = (mac: ArrayLike<number>) => Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
const mac = (address: string) => text(Station6.macOf(address));

function naOf(host: Host, target: string): Bytes {
	const body = concat([0xe0, 0, 0, 0], ip6(target), linkOption(2, Station6.macOf(target)));
	return icmp6({ source: target, destination: host.linkLocal, hopLimit: 255, type: 136 }, body);
}

/** A redirect for `destination`: `target` is nearer. */
function redirect(
	host: Host,
	{
		target = TR2,
		destination = TN2,
		source = TR1,
		hopLimit = 255,
		code = 0,
		checksum,
		options = linkOption(2, Station6.macOf(TR2)),
		length,
	}: {
		target?: string;
		destination?: string;
		source?: string;
		hopLimit?: number;
		code?: number;
		checksum?: number;
		options?: number[];
		length?: number;
	} = {},
): Bytes {
	const fields = { source, destination: host.global, hopLimit, code, ...(checksum === undefined ? {} : { checksum }) };
	const whole = icmp6({ ...fields, type: REDIRECT }, concat(u32(0), ip6(target), ip6(destination), options));
	return length === undefined ? whole : ipv6({ ...fields, next: ICMP6 }, whole.subarray(40, 40 + length));
}

describe("v6LC.2.3 redirects", () => {
	/** Where a reply to TN2 goes. */
	const way = (host: Host) => host.ping({ source: TN2 }).map(({ to }) => text(to));

	it("2.3.1, 2.3.4 Redirected to Alternate Router: Valid", () => {
		const host = Host.ready();
		expect(way(host)).toEqual([mac(TR1)]);
		host.put(redirect(host));
		expect(way(host)).toEqual([mac(TR2)]);
	});

	it("2.3.1 Redirected On-link: Valid", () => {
		const host = Host.ready();
		expect(way(host)).toEqual([mac(TR1)]);
		host.put(redirect(host, { target: TN2, options: linkOption(2, Station6.macOf(TN2)) }));
		expect(way(host)).toEqual([mac(TN2)]);
	});

	it("2.3.3, 2.3.6 Redirected: Invalid", () => {
		const host = Host.ready();
		expect(way(host)).toEqual([mac(TR1)]);
		for (const packet of [
			redirect(host, { source: "2001:db8:1::1" }), // A: not from an address of the link
			redirect(host, { source: TR2 }), // B: not from the router that is used
			redirect(host, { hopLimit: 254 }),
			redirect(host, { checksum: 0x1234 }),
			redirect(host, { code: 1 }),
			redirect(host, { destination: "ff0e::1" }), // of a group
			redirect(host, { target: "2001:db8:3::7" }), // neither a router's address of the link nor the destination
			redirect(host, { length: 39 }),
			redirect(host, { options: [2, 0, 0, 0, 0, 0, 0, 0] }), // an option of length 0
		]) {
			host.put(packet);
			expect(way(host)).toEqual([mac(TR1)]);
		}
	});

	it("2.3.7 Redirected Twice", () => {
		const host = Host.ready();
		way(host);
		host.put(redirect(host));
		expect(way(host)).toEqual([mac(TR2)]);
		host.put(redirect(host, { source: TR2, target: TR1, options: linkOption(2, Station6.macOf(TR1)) }));
		expect(way(host)).toEqual([mac(TR1)]);
	});

	it("2.3.10 to 2.3.14 Redirect: Neighbor Cache Updated", () => {
		const host = Host.ready();
		way(host);
		host.put(redirect(host));
		expect(host.neighbor(TR2)).toBe("stale");
		expect(host.macOfNeighbor(TR2)).toBe(mac(TR2));
	});

	it("2.3.19 Fragment Header in Redirect: dropped (RFC 6980)", () => {
		const host = Host.ready();
		way(host);
		const whole = redirect(host);
		const fragment = [ICMP6, 0, ...u16(0), ...u32(1)];
		host.put(ipv6({ source: TR1, destination: host.global, hopLimit: 255, next: 44 }, concat(fragment, whole.subarray(40))));
		expect(way(host)).toEqual([mac(TR1)]);
	});
});

describe("v6LC.2.2.10", () => {
	it("Default Router Switch", () => {
		const host = Host.ready();
		host.advertise({ source: TR2 });
		host.run(500);
		host.ping({ source: TN2 });
		// TR1 is silent from here.
		host.station.answers = false;
		for (let s = 0; s < 20; s++) {
			host.run(1000);
			host.put(echo6({ source: TN2, destination: host.global }));
			if (host.solicitations(TR2).length > 0) host.put(naOf(host, TR2));
		}
		host.sent();
		expect(host.ping({ source: TN2 }).map(({ to }) => text(to))).toEqual([mac(TR2)]);
		// TR1 is back, and says so.
		host.station.answers = true;
		host.advertise();
		host.run(500);
		host.replies(host.ping({ source: TR1 }), 1);
		host.replies(host.ping({ source: TN2 }), 1);
	});

	it("a router's own prefix goes by the default one while that router is silent: RFC 4191 §3.2", () => {
		const host = Host.ready();
		const route = [24, 2, 48, 0, ...u32(600), ...ip6("2001:db8:2::").slice(0, 8)];
		const hop = () => host.station.node.stack.ip.wayTo(TN2).nextHop;
		host.advertise({ source: TR2, lifetime: 0, options: route });
		host.run(500);
		expect(hop()).toBe(TR2);
		// TR2 is silent from here.
		host.station.answers = false;
		for (let s = 0; s < 20; s++) {
			host.run(1000);
			host.put(echo6({ source: TN2, destination: host.global }));
			if (host.solicitations(TR1).length > 0) host.put(naOf(host, TR1));
		}
		host.sent();
		expect(host.ping({ source: TN2 }).map(({ to }) => text(to))).toEqual([mac(TR1)]);
		// TR2 says its prefix again.
		host.station.answers = true;
		host.advertise({ source: TR2, lifetime: 0, options: route });
		host.run(500);
		expect(hop()).toBe(TR2);
		// TR1 is no default router any more: what is left is tried, answer or not.
		host.advertise({ lifetime: 0 });
		host.station.answers = false;
		for (let s = 0; s < 20; s++) {
			host.run(1000);
			host.put(echo6({ source: TN2, destination: host.global }));
		}
		expect(hop()).toBe(TR2);
	});
});
