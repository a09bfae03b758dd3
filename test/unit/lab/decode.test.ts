// The packet list: what it says of packets that are known, and that it says something of any bytes. Whether each field is true, tshark says: test/interop/support/decoded.ts.

import { describe, expect, it } from "vitest";
import { decode, type Packet } from "../../../hosts/lab/decode/decode.ts";
import { LINKTYPE_ETHERNET, LINKTYPE_PPP, LINKTYPE_RAW } from "../../../src/device/pcapng.ts";
import { envNumber } from "../../support/env.ts";
import { concat, ethernet, ETHERTYPE_IPV4, ip, ipv4, SYN, tcp, udp, u16, u32 } from "../../support/frames.ts";
import type { Bytes } from "../../support/frames.ts";
import { echo6, ETHERTYPE_IPV6, icmp6, ip6, ns, REDIRECT } from "../../support/frames6.ts";
import { FrameGenerator } from "../../support/mutate.ts";
import { Prng } from "../../support/prng.ts";
import { tagged } from "../../support/vlan.ts";

const SEED = envNumber("SEED", 20261201);
const FRAMES = envNumber("FRAMES", 20_000);
const A = [2, 0, 0, 0, 0, 1];
const B = [2, 0, 0, 0, 0, 2];
const ends = { source: "192.168.77.2", destination: "192.168.77.1" };
const ends6 = { source: "fe80::1", destination: "fe80::2" };

const names = ({ layers }: Packet) => layers.map(({ name }) => name);
const line = ({ source, destination, protocol, info }: Packet) => `${source} ${destination} ${protocol} ${info}`;
const frame = (packet: Bytes, type = ETHERTYPE_IPV4) => decode(ethernet(B, A, type, packet), LINKTYPE_ETHERNET);

function valueOf({ layers }: Packet, field: string): string | undefined {
	return layers.flatMap(({ fields }) => fields).find(({ name }) => name === field)?.value;
}

describe("a packet in the list", () => {
	it("says of a SYN what it offers", () => {
		const syn = tcp({
			...ends,
			sourcePort: 5000,
			destinationPort: 80,
			seq: 7,
			flags: SYN,
			window: 5840,
			tcpOptions: [2, 4, 5, 180, 4, 2],
		});
		const packet = frame(syn);
		expect(line(packet)).toBe("192.168.77.2 192.168.77.1 TCP 5000 → 80 SYN seq 7 win 5840 len 0 mss 1460");
		expect(names(packet)).toEqual(["eth", "ip", "tcp"]);
		expect(valueOf(packet, "tcp.checksum.status")).toBe("1");
	});

	it("shows where a field stands in the frame", () => {
		const packet = frame(udp({ ...ends, sourcePort: 9, destinationPort: 7 }, [104, 105]));
		const port = packet.layers[2]!.fields.find(({ name }) => name === "udp.dstport");
		expect(port).toMatchObject({ value: "7", at: 14 + 20 + 2, length: 2 });
		expect(line(packet)).toContain("9 → 7 len 2: hi");
	});

	it("tells a wrong checksum", () => {
		expect(valueOf(frame(udp({ ...ends, sourcePort: 9, destinationPort: 7, udpChecksum: 1 })), "udp.checksum.status")).toBe("0");
		expect(valueOf(frame(ipv4({ ...ends, checksum: 1 })), "ip.checksum.status")).toBe("0");
	});

	it("says of a fragment which bytes it has", () => {
		const rest = frame(ipv4({ ...ends, protocol: 17, fragment: 185 }, new Uint8Array(100)));
		expect(rest.info).toBe("fragment of UDP, bytes 1480 to 1579");
	});

	it("knows both families, tags and tunnels", () => {
		expect(line(frame(ns({ ...ends6, target: "fe80::9" }), ETHERTYPE_IPV6))).toBe(
			"fe80::1 fe80::2 ICMPv6 neighbor solicitation: who has fe80::9?",
		);
		const inner = echo6({ ...ends6, id: 1, seq: 2 }, [1, 2, 3]);
		const tunnel = ipv4({ ...ends, protocol: 47 }, concat(u16(0), u16(0x86dd), inner));
		const packet = decode(tagged(ethernet(B, A, ETHERTYPE_IPV4, tunnel), { vid: 5, priority: 0 }), LINKTYPE_ETHERNET);
		expect(names(packet)).toEqual(["eth", "vlan", "ip", "gre", "ipv6", "icmpv6", "data"]);
		expect(line(packet)).toBe("fe80::1 fe80::2 ICMPv6 echo request id 1 seq 2 len 3");
	});

	it("names an error by itself, and shows what it quotes", () => {
		const quoted = udp({ ...ends, sourcePort: 9, destinationPort: 7 }, [1, 2, 3, 4]);
		const error = ipv4(
			{ source: ip("192.168.77.1"), destination: ip("192.168.77.2"), protocol: 1 },
			concat([3, 3], u16(0), u32(0), quoted),
		);
		const packet = frame(error);
		expect(line(packet)).toBe("192.168.77.1 192.168.77.2 ICMP port unreachable");
		expect(names(packet)).toEqual(["eth", "ip", "icmp", "ip", "udp", "data"]);
	});

	it("shows the packet that a redirect of IPv6 is about", () => {
		const about = echo6({ source: "fe80::2", destination: "2001:db8::9", id: 1, seq: 2 }, [1, 2, 3, 4, 5, 6, 7, 8]);
		const option = concat([4, (about.length + 8) >> 3], new Uint8Array(6), about);
		const body = concat(u32(0), ip6("fe80::7"), ip6("2001:db8::9"), option);
		const packet = frame(icmp6({ ...ends6, type: REDIRECT, hopLimit: 255 }, body), ETHERTYPE_IPV6);
		expect(line(packet)).toBe("fe80::1 fe80::2 ICMPv6 redirect: 2001:db8::9 by fe80::7");
		expect(names(packet)).toEqual(["eth", "ipv6", "icmpv6", "ipv6", "icmpv6", "data"]);
	});

	it("takes PPP and bare packets apart", () => {
		const request = concat([0xff, 3, 0xc0, 0x21, 1, 7, 0, 8, 1, 4, 1, 0x28], [0, 0]);
		expect(line(decode(request, LINKTYPE_PPP))).toBe("  LCP Configure-Request 7: MRU 296");
		expect(names(decode(udp({ ...ends, sourcePort: 9, destinationPort: 7 }), LINKTYPE_RAW))).toEqual(["ip", "udp"]);
		expect(names(decode(Uint8Array.of(1, 2), 147))).toEqual(["data"]);
	});

	it("ends where bytes are missing, and says so", () => {
		const whole = ethernet(B, A, ETHERTYPE_IPV4, tcp({ ...ends, sourcePort: 1, destinationPort: 2 }, [1, 2, 3]));
		for (let length = 0; length < whole.length; length++) {
			const packet = decode(whole.subarray(0, length), LINKTYPE_ETHERNET);
			expect(names(packet).at(-1), `${length} bytes`).toBe("_ws.malformed");
		}
		expect(names(decode(whole, LINKTYPE_ETHERNET))).toEqual(["eth", "ip", "tcp", "data"]);
	});

	it("ends where layers do not", () => {
		const tags = new Uint8Array(65_000).map((_, i) => (i % 4 === 2 ? 0x81 : 0));
		const packet = decode(concat(B, A, [0x81, 0], tags), LINKTYPE_ETHERNET);
		expect(packet.layers.at(-1)!.title).toBe("Malformed: more than 100 layers");
	});
});

it("says something of any frame, within its bytes", () => {
	const prng = new Prng(SEED);
	const generator = new FrameGenerator(prng, {
		macs: [B, A],
		peerMac: A,
		locals: [ip(ends.destination)],
		peers: [ip(ends.source)],
		ports: [53, 67, 68, 123, 546, 5353, 80],
		tuples: [],
		six: { locals: ["fe80::1"], peers: ["fe80::2"], prefixes: ["2001:db8::"], tuples: [] },
	});
	for (let i = 0; i < FRAMES; i++) {
		const bytes = generator.next();
		const type = prng.pick([LINKTYPE_ETHERNET, LINKTYPE_ETHERNET, LINKTYPE_ETHERNET, LINKTYPE_PPP, LINKTYPE_RAW]);
		const { layers } = decode(type === LINKTYPE_RAW ? bytes.subarray(14) : bytes, type);
		for (const layer of layers)
			for (const { name, at, length } of layer.fields)
				if (at < 0 || at + length > bytes.length)
					expect.fail(`${name} at ${at}, ${length} bytes of ${bytes.length}, frame ${i}, SEED=${SEED}`);
	}
});
