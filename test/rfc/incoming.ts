// The packets that come in, made of what the script says, of both families.

import { concat, icmp, ip, onesSum, tcp, u32, udp, type Bytes } from "../support/frames.ts";
import { icmp6, ip6, ipv6 } from "../support/frames6.ts";
import { patternByte, type Flow } from "./flow.ts";
import { ACK, FIN, PSH, SYN } from "./packets.ts";
import type { IcmpPacket, ScriptPacket } from "./script.ts";
import { optionBytes } from "./tcp-options.ts";

/** Who talks with whom: texts of addresses of one family. */
export interface Ends {
	readonly six: boolean;
	readonly local: string;
	readonly remote: string;
}

/** IPv4's packet with the header that IPv6 has instead. TCP's and UDP's checksums cover the addresses. */
function sixth(four: Bytes, source: string, destination: string): Bytes {
	const header = (four[0]! & 15) * 4;
	const segment = four.slice(header);
	const protocol = four[9]!;
	const at = protocol === 17 ? 6 : 16;
	segment[at] = 0;
	segment[at + 1] = 0;
	const pseudo = concat(ip6(source), ip6(destination), u32(segment.length), u32(protocol), segment);
	const sum = ~onesSum(pseudo) & 0xffff || 0xffff;
	segment[at] = sum >> 8;
	segment[at + 1] = sum & 255;
	return ipv6({ source, destination, next: protocol, hopLimit: four[8]!, trafficClass: four[1]! }, segment);
}

/** From one end to the other; `four` makes the packet for addresses of IPv4, which are any where IPv6 goes. */
function addressed({ six, local, remote }: Ends, inwards: boolean, four: (source: number, destination: number) => Bytes): Bytes {
	const [source, destination] = inwards ? [remote, local] : [local, remote];
	return six ? sixth(four(0, 0), source, destination) : four(ip(source), ip(destination));
}

function payload(flow: Flow, seq: number, length: number): Bytes {
	const bytes = new Uint8Array(length);
	for (let i = 0; i < length; i++) bytes[i] = patternByte(seq - flow.remoteFirst + i);
	return bytes;
}

/** The packet of ours that an error quotes: with IPv4 its header and eight bytes, as RFC 792 asks for, with IPv6 as much as came. */
function quoted(packet: IcmpPacket, flow: Flow, ends: Ends): Bytes {
	const echoed = packet.echoed ?? { protocol: "tcp", seq: 0, length: 0 };
	const ports = { sourcePort: flow.localPort, destinationPort: flow.remotePort };
	const data = new Uint8Array(Math.min(echoed.length, 1000));
	const whole = addressed(ends, false, (source, destination) =>
		echoed.protocol === "udp"
			? udp({ source, destination, ttl: 63, ...ports }, data)
			: tcp({ source, destination, ttl: 63, ...ports, seq: echoed.seq + flow.localOffset, flags: ACK }, data),
	);
	return ends.six ? whole : whole.slice(0, 28);
}

function buildIcmp(packet: IcmpPacket, flow: Flow, ends: Ends): Bytes {
	const { icmpType: type, code, id = 0, mtu = 0, echoed } = packet;
	const ttl = packet.ip.ttl ?? 64;
	const tos = packet.ip.tos ?? 0;
	const asks = ends.six ? type >= 128 : type === 0 || type === 8;
	const body = asks ? payload(flow, 1, echoed?.length ?? 0) : quoted(packet, flow, ends);
	const rest = asks ? (id << 16) | 1 : mtu;
	if (!ends.six) return icmp({ source: ip(ends.remote), destination: ip(ends.local), ttl, tos, type, code, rest }, body);
	return icmp6(
		{ source: ends.remote, destination: ends.local, hopLimit: ttl, trafficClass: tos, type, code },
		concat(u32(rest), body),
	);
}

/** Flags that belong on the last of the segments that a script writes as one. */
const LAST_ONLY = PSH | FIN;

/** The segments that come in for what a script writes as one, longer than a frame: what a receiver's offload would have joined. */
export function cut(packet: ScriptPacket, flow: Flow, ends: Ends, { mtu, mss }: { mtu: number; mss: number }): ScriptPacket[] {
	if (packet.protocol !== "tcp") return [packet];
	const options = Math.ceil(optionBytes(packet.options ?? [], flow, true).length / 4) * 4;
	const room = mtu - (ends.six ? 40 : 20) - 20 - options;
	if (packet.length <= room) return [packet];
	const most = Math.min(mss, room);
	const segments: ScriptPacket[] = [];
	for (let at = 0; at < packet.length; at += most) {
		const last = at + most >= packet.length;
		const flags = last ? packet.flags : packet.flags & ~LAST_ONLY;
		segments.push({ ...packet, flags, seq: packet.seq + at, length: Math.min(most, packet.length - at) });
	}
	return segments;
}

/** The IP packet for an inbound packet of the script. */
export function build(packet: ScriptPacket, flow: Flow, ends: Ends): Bytes {
	if (packet.protocol === "icmp") return buildIcmp(packet, flow, ends);
	const ecn = typeof packet.ip.ecn === "number" ? packet.ip.ecn : 0;
	const of = { ttl: packet.ip.ttl ?? 64, tos: packet.ip.tos ?? ecn };
	const ports = { sourcePort: packet.ports?.[0] ?? flow.remotePort, destinationPort: packet.ports?.[1] ?? flow.localPort };
	if (packet.protocol === "udp") {
		const bytes = Uint8Array.from({ length: packet.length }, (_, i) => patternByte(i));
		return addressed(ends, true, (source, destination) => udp({ source, destination, ...of, ...ports }, bytes));
	}
	const since = packet.flags & SYN ? { local: 0, remote: 0 } : flow.since;
	const fields = {
		...of,
		...ports,
		seq: packet.absolute ? packet.seq : packet.seq + flow.remoteOffset + since.remote,
		ack: packet.flags & ACK ? (packet.ack ?? 0) + (flow.localKnown ? flow.localOffset + since.local : 0) : (packet.ack ?? 0),
		flags: packet.flags,
		window: packet.window ?? 65535,
		urgent: packet.urgent ?? 0,
		tcpOptions: optionBytes(packet.options ?? [], flow, (packet.flags & ACK) !== 0),
	};
	const data = payload(flow, packet.seq + (packet.flags & SYN ? 1 : since.remote), packet.length);
	return addressed(ends, true, (source, destination) => tcp({ source, destination, ...fields }, data));
}
