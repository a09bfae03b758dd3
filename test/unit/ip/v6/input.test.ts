// IPv6 packets come in: headers, extension headers, echo, errors. RFC 8200, RFC 4443.

import { describe, expect, it } from "vitest";
import { RECEIVE_CHECKED, TRANSMIT_CHECKSUM } from "../../../../src/device/device.ts";
import { BROADCAST_MAC, SYN, concat, read32, type Bytes } from "../../../support/frames.ts";
import {
	DESTINATION_OPTIONS,
	ECHO_REPLY6,
	HOP_BY_HOP,
	ICMP6,
	NO_NEXT_HEADER,
	ROUTING,
	echo6,
	extension,
	fragmentHeader,
	full,
	icmp6,
	ipv6,
	tcp6,
	udp6,
} from "../../../support/frames6.ts";
import { Station6 } from "../../../support/station6.ts";

const OWN = "2001:db8::2";
const PEER = "2001:db8::1";
const station = () => new Station6([`${OWN}/64`, "fe80::2/64"]);
const from = { source: PEER, destination: OWN };

/** Type and code of the one ICMPv6 message that was sent, its second word, and the packet that it quotes. */
function told(s: Station6): { type: number; code: number; rest: number; quoted: Uint8Array } {
	const [one, ...more] = s.packets();
	expect(more).toEqual([]);
	expect(one).toMatchObject({ next: ICMP6, source: full(OWN), destination: full(PEER), hopLimit: 64 });
	const { payload } = one!;
	return { type: payload[0]!, code: payload[1]!, rest: read32(payload, 4), quoted: payload.subarray(8) };
}

describe("an echo request", () => {
	it.each([0, 1, 56, 57, 1452])("of %i bytes is answered, as soon as the neighbour is known", (size) => {
		const s = station();
		const payload = Uint8Array.from({ length: size }, (_, i) => i & 255);
		s.ip(echo6({ ...from, id: 77, seq: 9 }, payload));
		const [reply] = s.packets();
		expect(reply).toMatchObject({ source: full(OWN), destination: full(PEER), hopLimit: 64, next: ICMP6 });
		expect([...reply!.payload.subarray(0, 2), ...reply!.payload.subarray(4)]).toEqual([ECHO_REPLY6, 0, 0, 77, 0, 9, ...payload]);
		expect(reply!.to).toEqual(Station6.macOf(PEER));
		expect(s.drops).toEqual({});
	});

	it("to a link-local address is answered from it", () => {
		const s = station();
		s.ip(echo6({ source: "fe80::9", destination: "fe80::2" }));
		expect(s.packets()).toMatchObject([{ source: full("fe80::2"), destination: full("fe80::9") }]);
	});

	it("to all nodes is answered from an address of ours in the asker's scope", () => {
		const s = station();
		s.ip(echo6({ source: "fe80::9", destination: "ff02::1" }));
		s.ip(echo6({ source: PEER, destination: "ff02::1" }));
		expect(s.packets()).toMatchObject([
			{ source: full("fe80::2"), destination: full("fe80::9") },
			{ source: full(OWN), destination: full(PEER) },
		]);
	});

	it("with extension headers is answered without them", () => {
		const s = station();
		const headers = [...extension(DESTINATION_OPTIONS, []), ...extension(ICMP6, [0x3e, 1, 7])];
		s.ip(echo6({ ...from, first: HOP_BY_HOP, headers, seq: 5 }, [1, 2, 3]));
		const [reply] = s.packets();
		expect(reply).toMatchObject({ next: ICMP6, source: full(OWN) });
		expect([...reply!.payload.subarray(4)]).toEqual([0, 1, 0, 5, 1, 2, 3]);
	});

	it("in a packet that is a fragment and whole is answered, RFC 6946", () => {
		const s = station();
		s.ip(echo6({ ...from, first: 44, headers: fragmentHeader(ICMP6, 0, false, 7) }));
		expect(s.packets().length).toBe(1);
		s.ip(echo6({ ...from, first: 44, headers: fragmentHeader(ICMP6, 0, true, 7) }));
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual({});
	});

	it("with a wrong checksum is counted", () => {
		const s = station();
		s.ip(echo6({ ...from, checksum: 1 }));
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual({ icmpChecksum: 1 });
	});
});

describe("a device that sees to checksums of IPv4", () => {
	it("leaves those of IPv6 to the stack, both ways", () => {
		const s = new Station6([`${OWN}/64`], {}, RECEIVE_CHECKED | TRANSMIT_CHECKSUM);
		s.node.stack.tcp.listen("", 80, 1, 0);
		s.ip(echo6({ ...from, checksum: 1 }));
		s.ip(udp6({ ...from, sourcePort: 9, destinationPort: 9999, checksum: 1 }));
		s.ip(tcp6({ ...from, sourcePort: 9, destinationPort: 80, seq: 1, flags: SYN, checksum: 1 }));
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual({ icmpChecksum: 1, udpChecksum: 1, tcpChecksum: 1 });
		// The station looks at every checksum that comes out.
		s.ip(tcp6({ ...from, sourcePort: 9, destinationPort: 80, seq: 1, flags: SYN }));
		s.ip(tcp6({ ...from, sourcePort: 9, destinationPort: 81, seq: 1, flags: SYN }));
		s.ip(udp6({ ...from, sourcePort: 9, destinationPort: 9999 }));
		expect(s.packets().map(({ next }) => next)).toEqual([6, 6, ICMP6]);
	});
});

it("a datagram without a checksum is none: RFC 8200 §8.1", () => {
	const s = station();
	const packet = udp6({ ...from, sourcePort: 9, destinationPort: 9999 }, [0, 0]);
	packet[46] = packet[47] = 0;
	s.ip(packet);
	expect(s.packets()).toEqual([]);
	expect(s.drops).toEqual({ udpChecksum: 1 });
});

it("what goes to a group of the link comes from the address of the link: RFC 6724 §5", () => {
	const s = station();
	expect([s.node.stack.ip.wayTo("ff02::fb", s.link.slot).source, s.node.stack.ip.wayTo("ff05::fb", s.link.slot).source]).toEqual([
		"fe80::2",
		OWN,
	]);
});

describe("what is nobody's, or cannot be", () => {
	const bad: [string, Bytes, Record<string, number>][] = [
		["version 5", echo6({ ...from, version: 5 }), { ipMalformed: 1 }],
		["more payload than there is", echo6({ ...from, payloadLength: 9 }), { ipMalformed: 1 }],
		["39 bytes", echo6(from).subarray(0, 39) as Bytes, { ipMalformed: 1 }],
		["a group as source", echo6({ ...from, source: "ff02::1" }), { ipBadSource: 1 }],
		["our own address as source", echo6({ ...from, source: OWN }), { ipBadSource: 1 }],
		["::1 as source", echo6({ ...from, source: "::1" }), { ipBadSource: 1 }],
		["::1 as destination", echo6({ ...from, destination: "::1" }), { ipBadSource: 1 }],
		["an IPv4 address as source", echo6({ ...from, source: "::ffff:a00:1" }), { ipBadSource: 1 }],
		["an IPv4 address as destination", echo6({ ...from, destination: "::ffff:a00:1" }), { ipBadSource: 1 }],
		["somebody else's address", echo6({ ...from, destination: "2001:db8::3" }), { ipNotLocal: 1 }],
		["a group that we are not in", echo6({ ...from, destination: "ff02::99" }), { ipNotLocal: 1 }],
		["another one's solicited-node group", echo6({ ...from, destination: "ff02::1:ff00:3" }), { ipNotLocal: 1 }],
		["a group of the interface's scope", echo6({ ...from, destination: "ff01::1" }), { ipNotLocal: 1 }],
		["nothing behind its headers", ipv6({ ...from, next: NO_NEXT_HEADER }, [1, 2, 3]), { unknownProtocol: 1 }],
	];
	it.each(bad)("%s", (_, packet, drops) => {
		const s = station();
		s.ip(packet);
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual(drops);
	});
});

describe("an error is told", () => {
	it("of a port that nobody has, with as much of the packet as 1,280 bytes have room for", () => {
		const s = station();
		const packet = udp6({ ...from, sourcePort: 9, destinationPort: 9999 }, new Uint8Array(1400).fill(7));
		s.ip(packet);
		const { type, code, rest, quoted } = told(s);
		expect([type, code, rest]).toEqual([1, 4, 0]);
		expect(quoted).toEqual(packet.subarray(0, 1232));
	});

	it("of a protocol that is not known, and where that is said", () => {
		const s = station();
		s.ip(ipv6({ ...from, next: 253 }, [1, 2, 3, 4]));
		expect(told(s)).toMatchObject({ type: 4, code: 1, rest: 6 });
		s.world.run(1000);
		s.ip(ipv6({ ...from, next: DESTINATION_OPTIONS }, concat(extension(253, []), [1])));
		expect(told(s)).toMatchObject({ type: 4, code: 1, rest: 40 });
	});

	it("of hop-by-hop options that are not the first", () => {
		const s = station();
		s.ip(ipv6({ ...from, next: DESTINATION_OPTIONS }, concat(extension(HOP_BY_HOP, []), extension(NO_NEXT_HEADER, []))));
		expect(told(s)).toMatchObject({ type: 4, code: 1, rest: 40 });
		expect(s.drops).toEqual({ ipUnknownHeader: 1 });
	});

	it.each([0, 2, 33])("of a routing header of type %i that asks for more, RFC 5095", (kind) => {
		const s = station();
		s.ip(ipv6({ ...from, next: ROUTING }, extension(NO_NEXT_HEADER, [kind, 1, 0, 0, 0, 0])));
		expect(told(s)).toMatchObject({ type: 4, code: 0, rest: 42 });
		s.world.run(1000);
		s.ip(echo6({ ...from, first: ROUTING, headers: extension(ICMP6, [kind, 0, 0, 0, 0, 0]) }));
		expect(s.packets().map(({ next, payload }) => [next, payload[0]])).toEqual([[ICMP6, ECHO_REPLY6]]);
	});

	const options: [string, number, string, boolean][] = [
		["discards one of 01", 0x40, OWN, false],
		["tells of one of 10", 0x80, OWN, true],
		["tells of one of 11", 0xc0, OWN, true],
		["tells of one of 10 to a group", 0x80, "ff02::1", true],
		["does not tell of one of 11 to a group", 0xc0, "ff02::1", false],
	];
	it.each(options)("of an unknown option as its bits say: %s", (_, bits, destination, tells) => {
		for (const header of [HOP_BY_HOP, DESTINATION_OPTIONS]) {
			const s = station();
			s.ip(echo6({ source: PEER, destination, first: header, headers: extension(ICMP6, [1, 0, bits | 0x1e, 0]) }));
			if (tells) expect(told(s)).toMatchObject({ type: 4, code: 2, rest: 44 });
			else expect(s.packets()).toEqual([]);
			expect(s.drops).toEqual({ ipUnknownOption: 1 });
		}
	});

	it("of nothing that is itself an error, comes from nowhere, or went to a group", () => {
		const s = station();
		s.ip(icmp6({ ...from, type: 100, first: DESTINATION_OPTIONS, headers: extension(ICMP6, []) }, [0, 0, 0, 0]));
		s.ip(icmp6({ ...from, type: 1, first: DESTINATION_OPTIONS, headers: extension(ICMP6, [0x9e, 0]) }, [0, 0, 0, 0]));
		// What is nobody's business of ours, in a frame for us or for all.
		const others = { source: PEER, destination: "2001:db8::77", first: HOP_BY_HOP, headers: extension(ICMP6, [0x9e, 0]) };
		s.ip(echo6(others));
		s.ip(echo6(others), { to: BROADCAST_MAC });
		s.ip(udp6({ source: "::", destination: OWN, sourcePort: 9, destinationPort: 9999 }));
		s.ip(udp6({ source: PEER, destination: "ff02::1", sourcePort: 9, destinationPort: 9999 }));
		s.ip(ipv6({ source: PEER, destination: "ff02::1", next: 253 }, [1]));
		expect(s.packets()).toEqual([]);
		expect(s.drops).toEqual({ icmpUnhandled: 1, ipUnknownOption: 1, ipNotLocal: 2, udpNoSocket: 2, unknownProtocol: 1 });
	});

	it("not more often than others", () => {
		const s = station();
		for (let i = 0; i < 200; i++) s.ip(udp6({ ...from, sourcePort: 9, destinationPort: 9999 }));
		expect(s.packets().length).toBeLessThan(20);
		expect(s.drops["icmpRateLimited"]).toBeGreaterThan(180);
	});
});
