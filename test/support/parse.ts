// Reads frames for tests into objects, and says what is wrong with a malformed one. Independent of src/.

import { ETHERTYPE_IPV6, ICMP6 } from "./frames6.ts";
import { ETHERTYPE_VLAN, untagged } from "./vlan.ts";
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ICMP, TCP, UDP, concat, onesSum, read16, read32, u16, u32 } from "./frames.ts";

export interface ParsedArp {
	operation: number;
	senderMac: Uint8Array;
	sender: number;
	targetMac: Uint8Array;
	target: number;
}

export interface ParsedIpv4 {
	source: number;
	destination: number;
	protocol: number;
	ttl: number;
	tos: number;
	id: number;
	fragment: number;
	options: Uint8Array;
	payload: Uint8Array;
}

export interface ParsedTcp {
	sourcePort: number;
	destinationPort: number;
	seq: number;
	ack: number;
	flags: number;
	window: number;
	urgent: number;
	options: Uint8Array;
	payload: Uint8Array;
}

export interface ParsedUdp {
	sourcePort: number;
	destinationPort: number;
	payload: Uint8Array;
}

export interface ParsedIcmp {
	type: number;
	code: number;
	rest: number;
	payload: Uint8Array;
}

export interface Parsed {
	/** The first thing wrong, "" when nothing is. */
	error: string;
	destinationMac?: Uint8Array;
	sourceMac?: Uint8Array;
	etherType?: number;
	/** Of a frame with a tag: the VID. `etherType` is what stands behind the tag. */
	vid?: number;
	arp?: ParsedArp;
	ipv4?: ParsedIpv4;
	tcp?: ParsedTcp;
	udp?: ParsedUdp;
	icmp?: ParsedIcmp;
}

/** Reads an Ethernet frame. */
export function parseFrame(frame: Uint8Array): Parsed {
	if (frame.length < 14) return { error: "shorter than an Ethernet header" };
	const link = { destinationMac: frame.subarray(0, 6), sourceMac: frame.subarray(6, 12), etherType: read16(frame, 12) };
	const body = frame.subarray(14);
	if (link.etherType === ETHERTYPE_ARP) {
		if (body.length < 28) return { error: "ARP too short", ...link };
		return {
			error: read32(body, 0) === 0x00010800 && read16(body, 4) === 0x0604 ? "" : "ARP not for IPv4 over Ethernet",
			...link,
			arp: {
				operation: read16(body, 6),
				senderMac: body.subarray(8, 14),
				sender: read32(body, 14),
				targetMac: body.subarray(18, 24),
				target: read32(body, 24),
			},
		};
	}
	if (link.etherType === ETHERTYPE_VLAN) return parseTagged(frame, link);
	if (link.etherType === ETHERTYPE_IPV6) return { error: wrongOf6(body), ...link };
	if (link.etherType !== ETHERTYPE_IPV4) return { error: "unknown EtherType", ...link };
	return { ...parsePacket(body), ...link };
}

/** Reads what is behind a tag of 802.1Q; `link` is the frame's header. */
function parseTagged(frame: Uint8Array, link: Omit<Parsed, "error">): Parsed {
	if (frame.length < 18) return { error: "tag cut off", ...link };
	const type = read16(frame, 16);
	if (type === ETHERTYPE_VLAN || type === 0x88a8) return { error: "two tags", ...link };
	const vid = read16(frame, 14) & 0xfff;
	if (vid === 0xfff) return { error: "VID 4095", ...link };
	return { ...parseFrame(untagged(frame).frame), vid };
}

/** What is wrong with an IPv6 packet, "" when nothing is; what stands behind extension headers is not looked at. */
function wrongOf6(bytes: Uint8Array): string {
	if (bytes.length < 40) return "shorter than an IPv6 header";
	if (bytes[0]! >> 4 !== 6) return `IP version ${bytes[0]! >> 4}`;
	const length = read16(bytes, 4);
	if (length > bytes.length - 40) return `IPv6 payload length ${length} of ${bytes.length - 40} bytes`;
	if (bytes[8] === 0xff) return "IPv6 source is a group";
	const protocol = bytes[6]!;
	const least = protocol === TCP ? 20 : protocol === UDP || protocol === ICMP6 ? 8 : 0;
	if (least === 0) return "";
	if (length < least) return `${length} bytes of protocol ${protocol}`;
	const sum = onesSum(concat(bytes.subarray(8, 40), u32(length), u32(protocol), bytes.subarray(40, 40 + length)));
	return sum === 0xffff ? "" : `checksum of protocol ${protocol}`;
}

/** Reads an IPv4 packet. Bytes after the total length are padding. */
export function parsePacket(bytes: Uint8Array): Parsed {
	if (bytes.length < 20) return { error: "shorter than an IPv4 header" };
	if (bytes[0]! >> 4 !== 4) return { error: `IP version ${bytes[0]! >> 4}` };
	const headerLength = (bytes[0]! & 15) * 4;
	const totalLength = read16(bytes, 2);
	if (headerLength < 20 || headerLength > totalLength) return { error: `IPv4 header length ${headerLength}` };
	if (totalLength > bytes.length) return { error: `IPv4 total length ${totalLength} of ${bytes.length} bytes` };
	if (onesSum(bytes.subarray(0, headerLength)) !== 0xffff) return { error: "IPv4 header checksum" };
	const ipv4: ParsedIpv4 = {
		source: read32(bytes, 12),
		destination: read32(bytes, 16),
		protocol: bytes[9]!,
		ttl: bytes[8]!,
		tos: bytes[1]!,
		id: read16(bytes, 4),
		fragment: read16(bytes, 6),
		options: bytes.subarray(20, headerLength),
		payload: bytes.subarray(headerLength, totalLength),
	};
	const body = ipv4.payload;
	if ((ipv4.fragment & 0x1fff) !== 0 || (ipv4.fragment & 0x2000) !== 0) return { error: "", ipv4 };
	const pseudo = concat(u32(ipv4.source), u32(ipv4.destination), [0, ipv4.protocol], u16(body.length));
	const sum = onesSum(body, onesSum(pseudo));
	if (ipv4.protocol === TCP) {
		const offset = body.length >= 20 ? (body[12]! >> 4) * 4 : 0;
		if (offset < 20 || offset > body.length) return { error: "TCP header length", ipv4 };
		const tcp: ParsedTcp = {
			sourcePort: read16(body, 0),
			destinationPort: read16(body, 2),
			seq: read32(body, 4),
			ack: read32(body, 8),
			flags: body[13]!,
			window: read16(body, 14),
			urgent: read16(body, 18),
			options: body.subarray(20, offset),
			payload: body.subarray(offset),
		};
		return { error: sum === 0xffff ? "" : "TCP checksum", ipv4, tcp };
	}
	if (ipv4.protocol === UDP) {
		if (body.length < 8) return { error: "UDP header length", ipv4 };
		const length = read16(body, 4);
		if (length < 8 || length > body.length) return { error: `UDP length ${length} of ${body.length}`, ipv4 };
		const datagram = body.subarray(0, length);
		const udp: ParsedUdp = { sourcePort: read16(body, 0), destinationPort: read16(body, 2), payload: datagram.subarray(8) };
		if (read16(body, 6) === 0) return { error: "", ipv4, udp };
		const udpSum = onesSum(datagram, onesSum(concat(u32(ipv4.source), u32(ipv4.destination), [0, UDP], u16(length))));
		return { error: udpSum === 0xffff ? "" : "UDP checksum", ipv4, udp };
	}
	if (ipv4.protocol === ICMP) {
		if (body.length < 8) return { error: "ICMP header length", ipv4 };
		const icmp: ParsedIcmp = { type: body[0]!, code: body[1]!, rest: read32(body, 4), payload: body.subarray(8) };
		return { error: onesSum(body) === 0xffff ? "" : "ICMP checksum", ipv4, icmp };
	}
	return { error: "", ipv4 };
}
