// IPv6 Ready Logo, Core Protocols 5.0, section 2.2 for hosts: routers and prefixes (RFC 4861 §6); redirects.test.ts has 2.2.10 and 2.3.

import { describe, expect, it } from "vitest";
import { concat, u16, u32, type Bytes } from "../../support/frames.ts";
import { full, icmp6, ICMP6, ipv6, linkOption, ns, prefixOption, ra, RA, RS } from "../../support/frames6.ts";
import { Station6, type Sent6 } from "../../support/station6.ts";
import { macOf } from "../../support/wire.ts";
import { Host, PREFIX, TN1, TN2, TR1, TR2 } from "./ready.ts";

const isSolicitation = ({ next, payload }: Sent6) => next === ICMP6 && payload[0] === RS;
const text = (mac: ArrayLike<number>) => Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");

describe("v6LC.2.2 routers", () => {
	it("2.2.1 Router Solicitations: three, four seconds apart, and then fewer (RFC 7559)", () => {
		const host = new Host();
		const times: number[] = [];
		for (let ms = 0; ms < 16_000; ms += 100) {
			host.run(100);
			for (const sent of host.sent().filter(isSolicitation)) {
				times.push(ms);
				expect(sent).toMatchObject({ destination: full("ff02::2"), hopLimit: 255 });
			}
		}
		expect(times.length).toBeGreaterThanOrEqual(2);
		expect(times[1]! - times[0]!).toBeGreaterThan(3500);
		expect(times[1]! - times[0]!).toBeLessThan(4500);
	});

	it("2.2.2 Router Solicitations, Solicited Router Advertisement: answered, it asks no more", () => {
		const host = new Host();
		for (let i = 0; i < 100 && !host.sent().some(isSolicitation); i++) host.run(100);
		host.advertise();
		host.run(15_000);
		expect(host.sent().filter(isSolicitation)).toEqual([]);
	});

	it("2.2.3 Host Ignores Router Solicitations", () => {
		const host = Host.ready();
		const asks = (source: string, options: number[]) =>
			icmp6({ source, destination: "ff02::2", hopLimit: 255, type: RS }, concat(u32(0), options));
		host.put(asks(TN1, linkOption(1, Station6.macOf(TN1))));
		host.put(asks("::", []));
		expect(host.answers()).toEqual([]);
		expect(host.neighbor(TN1)).toBe("none"); // a host does not take part
	});

	it("2.2.11 Router Advertisement Processing, Validity", () => {
		const host = new Host();
		host.started();
		const says = { source: TR1, destination: "ff02::1", lifetime: 1800 };
		const options = prefixOption(PREFIX);
		const refused: Bytes[] = [
			ra({ ...says, source: "2001:db8:1::1" }, options), // A: not from an address of the link
			ra({ ...says, hopLimit: 254 }, options), // B
			ra({ ...says, checksum: 0x1234 }, options), // C
			icmp6({ ...says, hopLimit: 255, type: RA, code: 1 }, ra(says, options).subarray(44)), // D
			ipv6({ ...says, hopLimit: 255, next: ICMP6 }, ra(says).subarray(40, 54)), // E: 14 bytes
			ra(says, [1, 0, ...Station6.macOf(TR1), ...options]), // F: an option of length 0
		];
		for (const packet of refused) host.put(packet);
		host.run(3000);
		expect(host.auto.state.routers).toEqual([]);
		expect(host.auto.state.addresses.length).toBe(1);
	});

	it("2.2.12 Router Advertisement Processing, Router Lifetime", () => {
		const host = Host.ready();
		host.replies(host.ping({ source: TN2 }), 1);
		host.advertise({ lifetime: 0 });
		host.run(500);
		expect(host.auto.state.routers).toEqual([]);
		expect(host.ping({ source: TN2 })).toEqual([]);
		host.advertise({ lifetime: 10 });
		host.run(9000);
		host.replies(host.ping({ source: TN2 }), 1);
		host.run(2000);
		expect(host.ping({ source: TN2 })).toEqual([]);
	});

	it("2.2.14 to 2.2.17 Router Advertisement Processing, Neighbor Cache, with the router's hardware address", () => {
		const other = macOf(0x4242);
		const host = new Host();
		host.started();
		host.advertise(); // none before
		expect(host.neighbor(TR1)).toBe("stale");
		host.replies(host.ping({ source: TR1 }), 1);
		host.run(6000); // asked and answered
		expect(host.neighbor(TR1)).toBe("reachable");
		host.advertise(); // the same
		expect(host.neighbor(TR1)).toBe("reachable");
		host.put(ra({ source: TR1, destination: "ff02::1", lifetime: 1800 }, linkOption(1, other)), other); // another
		expect(host.neighbor(TR1)).toBe("stale");
		expect(host.macOfNeighbor(TR1)).toBe(text(other));
		host.put(ra({ source: TR1, destination: "ff02::1", lifetime: 1800 })); // none
		expect(host.macOfNeighbor(TR1)).toBe(text(other));
	});
});

it("a solicitation of discovery in a fragment is dropped, too (RFC 6980)", () => {
	const host = Host.ready();
	for (const packet of [ns(host.asks()), ra({ source: TR2, destination: "ff02::1", lifetime: 1800 })]) {
		const fragment = [ICMP6, 0, ...u16(0), ...u32(1)];
		const ends = { source: packet[40] === RA ? TR2 : TN1, destination: packet[40] === RA ? "ff02::1" : host.linkLocal };
		host.put(ipv6({ ...ends, hopLimit: 255, next: 44 }, concat(fragment, packet.subarray(40))));
	}
	host.run(500);
	expect(host.advertisements()).toEqual([]);
	expect(host.auto.state.routers).toEqual([TR1]);
});
