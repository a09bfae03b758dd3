// IPv6 Ready Logo, Core Protocols 5.0, sections 1.1 and 1.2: RFC 8200; fragments.test.ts has 1.2.4 and 1.3. Cases for routers alone are left out: 1.1.3, 1.1.9, 1.1.10, 1.2.7, 1.2.10.

import { describe, expect, it } from "vitest";
import { concat, type Bytes } from "../../support/frames.ts";
import { DESTINATION_OPTIONS, extension, HOP_BY_HOP, ICMP6, ipv6, NO_NEXT_HEADER, ROUTING } from "../../support/frames6.ts";
import { Host, PARAMETER_PROBLEM, TN1, TR1 } from "./ready.ts";

/** A header that no RFC gives a meaning. */
const UNKNOWN = 253;
/** Its first bits say: skip, drop, tell, tell unless it went to a group (RFC 8200 §4.2). */
const [SKIP, DROP, TELL, TELL_UNICAST] = [0x07, 0x47, 0x87, 0xc7];

describe("v6LC.1.1 the header", () => {
	it.each([0, 4, 5, 7, 15])("1.1.1 Version Field: %i", (version) => {
		const host = Host.ready();
		expect(host.ping({ version })).toEqual([]);
		host.alive();
	});

	it("1.1.2 Traffic Class Non-Zero", () => {
		const host = Host.ready();
		const sent = host.ping({ trafficClass: 32 });
		host.replies(sent, 1);
	});

	it("1.1.4 Flow Label Non-Zero", () => {
		const host = Host.ready();
		host.replies(host.ping({ label: 0x34567 }), 1);
	});

	it("1.1.5 Payload Length: odd", () => {
		const host = Host.ready();
		host.replies(host.ping({}, new Uint8Array(5)), 1);
		host.replies(host.ping({}, new Uint8Array(6)), 1);
	});

	it("1.1.6 No Next Header after IPv6 Header", () => {
		const host = Host.ready();
		host.put(ipv6({ source: TN1, destination: host.linkLocal, next: NO_NEXT_HEADER }, echo6Body()));
		expect(host.answers()).toEqual([]);
	});

	it("1.1.7 Unrecognized Next Header", () => {
		const host = Host.ready();
		host.put(ipv6({ source: TN1, destination: host.linkLocal, next: UNKNOWN }, new Uint8Array(16)));
		host.error(host.answers(), PARAMETER_PROBLEM, 1, 6);
		host.alive();
	});

	it("1.1.8 Hop Limit Zero - End Node", () => {
		const host = Host.ready();
		const sent = host.ping({ hopLimit: 0 });
		host.replies(sent, 1);
		expect(sent[0]!.hopLimit).toBeGreaterThan(0);
	});
});

function echo6Body(): Bytes {
	return Uint8Array.from([128, 0, 0, 0, 0, 1, 0, 1]);
}

describe("v6LC.1.2 extension headers", () => {
	it("1.2.1 Next Header Zero, in an extension header", () => {
		const host = Host.ready();
		const sent = host.ping({ first: HOP_BY_HOP, headers: extension(0, [1, 4, 0, 0, 0, 0]) });
		host.error(sent, PARAMETER_PROBLEM, 1, 40);
	});

	it("1.2.2 No Next Header After Extension Header", () => {
		const host = Host.ready();
		const headers = extension(NO_NEXT_HEADER, [1, 4, 0, 0, 0, 0]);
		host.put(ipv6({ source: TN1, destination: host.linkLocal, next: DESTINATION_OPTIONS }, concat(headers, echo6Body())));
		expect(host.answers()).toEqual([]);
	});

	it("1.2.3 Unrecognized Next Header in Extension Header - End Node", () => {
		const host = Host.ready();
		for (const next of [143, UNKNOWN]) {
			const headers = extension(next, [1, 4, 0, 0, 0, 0]);
			host.put(ipv6({ source: TN1, destination: host.linkLocal, next: DESTINATION_OPTIONS }, concat(headers, echo6Body())));
			host.error(host.answers(), PARAMETER_PROBLEM, 1, 40);
			host.run(1000);
		}
	});

	it("1.2.5 Option Processing Order", () => {
		const host = Host.ready();
		const options = (...types: number[]) => types.flatMap((type) => [type, 2, 0, 0]);
		const ping = (...types: number[]) => host.ping({ first: DESTINATION_OPTIONS, headers: extension(ICMP6, options(...types)) });
		expect(ping(SKIP, DROP, TELL, TELL_UNICAST)).toEqual([]);
		host.error(ping(SKIP, TELL, DROP, TELL_UNICAST), PARAMETER_PROBLEM, 2, 46);
		host.run(1000);
		host.error(ping(SKIP, TELL_UNICAST, TELL, DROP), PARAMETER_PROBLEM, 2, 46);
	});

	const places: [string, number][] = [
		["1.2.6 Options Processing, Hop-by-Hop Options Header - End Node", HOP_BY_HOP],
		["1.2.8 Options Processing, Destination Options Header", DESTINATION_OPTIONS],
	];
	it.each(places)("%s", (_name, first) => {
		const host = Host.ready();
		const ping = (options: number[], destination = host.linkLocal) => {
			host.run(1000);
			return host.ping({ first, headers: extension(ICMP6, options), destination });
		};
		host.replies(ping([0, 0, 0, 0, 0, 0]), 1); // A: Pad1
		host.replies(ping([1, 4, 0, 0, 0, 0]), 1); // B: PadN
		host.replies(ping([SKIP, 4, 0, 0, 0, 0]), 1); // C
		expect(ping([DROP, 4, 0, 0, 0, 0])).toEqual([]); // D
		host.error(ping([TELL, 4, 0, 0, 0, 0]), PARAMETER_PROBLEM, 2, 42); // E
		host.error(ping([TELL_UNICAST, 4, 0, 0, 0, 0]), PARAMETER_PROBLEM, 2, 42); // F
		host.error(ping([TELL, 4, 0, 0, 0, 0], "ff02::1"), PARAMETER_PROBLEM, 2, 42); // G
		expect(ping([TELL_UNICAST, 4, 0, 0, 0, 0], "ff02::1")).toEqual([]); // H
	});

	it("1.2.9 Unrecognized Routing Type - End Node", () => {
		const host = Host.ready();
		const routed = (type: number, left: number) => {
			host.run(1000);
			return host.ping({ first: ROUTING, headers: extension(ICMP6, [type, left, 0, 0, 0, 0]) });
		};
		host.replies(routed(33, 0), 1); // A
		host.error(routed(33, 1), PARAMETER_PROBLEM, 0, 42); // B
		host.error(routed(0, 1), PARAMETER_PROBLEM, 0, 42); // RFC 5095
	});
});

it("the host is there at the end", () => {
	const host = Host.ready();
	host.replies(host.ping({ source: TR1 }), 1);
});
