// Packets that the stack sent, read from their frames, of both families in one form.

import { read16, read32, ICMP, ipText, TCP, UDP } from "../support/frames.ts";
import { ETHERTYPE_IPV6, FRAGMENT, ICMP6, full, ip6Text, parse6 } from "../support/frames6.ts";
import { parseFrame, type ParsedTcp } from "../support/parse.ts";

export interface Outgoing {
	/** The first thing wrong, "" when nothing is. */
	readonly error: string;
	readonly source: string;
	readonly destination: string;
	readonly ttl: number;
	readonly tos: number;
	readonly protocol: number;
	readonly tcp?: ParsedTcp;
	readonly udp?: { readonly sourcePort: number; readonly destinationPort: number; readonly payload: Uint8Array };
	readonly icmp?: { readonly type: number; readonly code: number; readonly rest: number; readonly payload: Uint8Array };
}

/** An address as `Outgoing` writes it. */
export function canonical(address: string): string {
	return address.includes(":") ? full(address) : address;
}

/** Reads a frame with an IP packet. */
export function outgoing(frame: Uint8Array): Outgoing {
	if (read16(frame, 12) === ETHERTYPE_IPV6) return outgoing6(frame.subarray(14));
	const { error, ipv4, tcp, udp, icmp } = parseFrame(frame);
	const { source = 0, destination = 0, ttl = 0, tos = 0, protocol = 0 } = ipv4 ?? {};
	const base = { error, source: ipText(source), destination: ipText(destination), ttl, tos, protocol };
	return tcp ? { ...base, tcp } : udp ? { ...base, udp } : icmp ? { ...base, icmp } : base;
}

function outgoing6(bytes: Uint8Array): Outgoing {
	const { source, destination, hopLimit, trafficClass, next, payload, sumRight } = parse6(bytes);
	const protocol = next === ICMP6 ? ICMP : next;
	const base = { error: "", source, destination, ttl: hopLimit, tos: trafficClass, protocol };
	if (next === FRAGMENT) return base;
	const error = sumRight ? "" : `${next === TCP ? "TCP" : next === UDP ? "UDP" : "ICMPv6"} checksum`;
	if (next === TCP) return { ...base, error: error || wrongOfTcp(payload), tcp: readTcp(payload) };
	if (next === UDP)
		return {
			...base,
			error,
			udp: { sourcePort: read16(payload, 0), destinationPort: read16(payload, 2), payload: payload.subarray(8) },
		};
	if (next !== ICMP6) return base;
	return {
		...base,
		error,
		icmp: { type: payload[0]!, code: payload[1]!, rest: read32(payload, 4), payload: payload.subarray(8) },
	};
}

function wrongOfTcp(segment: Uint8Array): string {
	const offset = segment.length >= 20 ? (segment[12]! >> 4) * 4 : 0;
	return offset < 20 || offset > segment.length ? "TCP header length" : "";
}

function readTcp(segment: Uint8Array): ParsedTcp {
	const offset = (segment[12]! >> 4) * 4;
	return {
		sourcePort: read16(segment, 0),
		destinationPort: read16(segment, 2),
		seq: read32(segment, 4),
		ack: read32(segment, 8),
		flags: segment[13]!,
		window: read16(segment, 14),
		urgent: read16(segment, 18),
		options: segment.subarray(20, offset),
		payload: segment.subarray(offset),
	};
}

/** The address that a neighbour solicitation asks for, "" when the frame is none, or of duplicate address detection. */
export function solicited(frame: Uint8Array): { target: string; asker: string } | undefined {
	if (read16(frame, 12) !== ETHERTYPE_IPV6 || frame[20] !== ICMP6 || frame[54] !== 135) return undefined;
	return { target: ip6Text(frame, 62), asker: ip6Text(frame, 22) };
}
