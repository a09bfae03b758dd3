// IPv6 Ready Logo, Core Protocols 5.0, section 1.3 and what else is about fragments: RFC 8200 §4.5, RFC 5722, RFC 4443.

import { describe, expect, it } from "vitest";
import { concat, read16, type Bytes } from "../../support/frames.ts";
import {
	DESTINATION_OPTIONS,
	echo6,
	ECHO_REPLY6,
	extension,
	FRAGMENT,
	fragmentHeader,
	ICMP6,
	ipv6,
} from "../../support/frames6.ts";
import { Host, PARAMETER_PROBLEM, TIME_EXCEEDED, TN1, TN1_GLOBAL } from "./ready.ts";

/** An option whose first bits ask for an error. */
const TELL = 0x87;

describe("what is wrong with fragments is told", () => {
	it("1.2.4 Extension Header Processing Order", () => {
		const host = Host.ready();
		const wrongOptions = (next: number) => extension(next, [TELL, 4, 0, 0, 0, 0]);
		const rightOptions = (next: number) => extension(next, [1, 4, 0, 0, 0, 0]);
		const wrongFragment = (next: number) => fragmentHeader(next, 0, true, 135);
		const rightFragment = (next: number) => fragmentHeader(next, 0, false, 136);
		const odd = [1, 2, 3, 4, 5];
		const error = (first: number, headers: number[], code: number, pointer: number) => {
			host.error(host.ping({ first, headers }, odd), PARAMETER_PROBLEM, code, pointer);
			host.run(1000);
		};
		// A and B: options before the fragment header; what is wrong with either is told, what stands first at first.
		error(DESTINATION_OPTIONS, [...wrongOptions(FRAGMENT), ...wrongFragment(ICMP6)], 2, 42);
		error(DESTINATION_OPTIONS, [...rightOptions(FRAGMENT), ...wrongFragment(ICMP6)], 0, 4);
		// C and D: the fragment header first.
		error(FRAGMENT, [...wrongFragment(DESTINATION_OPTIONS), ...wrongOptions(ICMP6)], 0, 4);
		error(FRAGMENT, [...rightFragment(DESTINATION_OPTIONS), ...wrongOptions(ICMP6)], 2, 50);
	});

	it("5.1.6 Erroneous Header Field (Parameter Problem Generation)", () => {
		const host = Host.ready();
		host.error(host.ping({ first: FRAGMENT, headers: fragmentHeader(ICMP6, 0, true, 1) }, [1, 2, 3]), PARAMETER_PROBLEM, 0, 4);
	});
});

/** An echo request of 8 + 80 bytes in three fragments, of which fields may differ. */
interface Piece {
	source?: string;
	destination?: string;
	id?: number;
}

function fragments(host: Host, source: string, ...differ: Piece[]): Bytes[] {
	const destination = source.startsWith("fe80") ? host.linkLocal : host.global;
	const whole = echo6({ source, destination }, new Uint8Array(80)).subarray(40);
	return [0, 32, 64].map((offset, index) => {
		const { id = 137, ...ends } = differ[index] ?? {};
		const bytes = whole.subarray(offset, offset + 32);
		const header = fragmentHeader(ICMP6, offset, offset + 32 < whole.length, id);
		return ipv6({ source, destination, ...ends, next: FRAGMENT }, concat(header, bytes));
	});
}

describe("v6LC.1.3 fragmentation", () => {
	const put = (host: Host, packets: Bytes[]) => {
		host.answers();
		for (const packet of packets) host.put(packet);
		return host.answers();
	};

	it("1.3.1 Fragment Reassembly", () => {
		const host = Host.ready();
		host.replies(put(host, fragments(host, TN1)), 1); // A
		host.replies(put(host, fragments(host, TN1).reverse()), 1); // B
		expect(put(host, fragments(host, TN1, {}, { id: 138 }))).toEqual([]); // C
		expect(put(host, fragments(host, TN1_GLOBAL, {}, { source: "2001:db8:1::101" }))).toEqual([]); // D
		expect(put(host, fragments(host, TN1_GLOBAL, {}, { destination: host.linkLocal }))).toEqual([]); // E
	});

	it("1.3.1 Fragment Reassembly: of 1,500 bytes", () => {
		const host = Host.ready();
		const whole = echo6({ source: TN1, destination: host.linkLocal }, new Uint8Array(1452)).subarray(40);
		const parts = [0, 1216].map((offset) =>
			ipv6(
				{ source: TN1, destination: host.linkLocal, next: FRAGMENT },
				concat(fragmentHeader(ICMP6, offset, offset === 0, 9), whole.subarray(offset, offset === 0 ? 1216 : undefined)),
			),
		);
		const sent = put(host, parts);
		host.replies(sent, 1);
		expect(sent[0]!.payload.length).toBe(1460);
	});

	it("1.3.2 Reassembly Time Exceeded", () => {
		const host = Host.ready();
		const [first, second, third] = fragments(host, TN1) as [Bytes, Bytes, Bytes];
		put(host, [first, second]);
		host.run(55_000);
		host.replies(put(host, [third]), 1); // A
		for (const source of [TN1, TN1_GLOBAL]) {
			put(host, fragments(host, source, { id: 140 }, { id: 140 }).slice(0, 2)); // B, C
			host.run(58_000);
			expect(host.answers()).toEqual([]);
			host.run(4000);
			host.error(host.answers(), TIME_EXCEEDED, 1);
		}
		put(host, [second, third]); // D: no first fragment, nothing to quote
		host.run(65_000);
		expect(host.answers()).toEqual([]);
	});

	it("1.3.3 Fragment Header M-Bit Set, Payload Length Invalid", () => {
		const host = Host.ready();
		const sent = host.ping({ first: FRAGMENT, headers: fragmentHeader(ICMP6, 0, true, 5) }, new Uint8Array(5));
		host.error(sent, PARAMETER_PROBLEM, 0, 4);
	});

	it("1.3.4 Stub Fragment Header", () => {
		const host = Host.ready();
		const sent = host.ping({ first: FRAGMENT, headers: fragmentHeader(ICMP6, 0, false, 5) });
		host.replies(sent, 1);
		expect(sent[0]!.payload[0]).toBe(ECHO_REPLY6);
	});

	it("fragments that overlap, and what comes after them, are dropped (RFC 5722)", () => {
		const host = Host.ready();
		const [first, second, third] = fragments(host, TN1) as [Bytes, Bytes, Bytes];
		const over = second.slice();
		over[43] = (24 & 0xf8) | 1; // at 24, into the first
		expect(read16(over, 42)).toBe(25);
		expect(put(host, [first, over, second, third])).toEqual([]);
		host.replies(put(host, fragments(host, TN1, { id: 1 }, { id: 1 }, { id: 1 })), 1);
	});
});
