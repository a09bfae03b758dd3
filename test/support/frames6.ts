// IPv6 packets as bytes, written after the RFCs and without a line of src: what tests put in, and what they make of what comes out.

import { concat, onesSum, read16, TCP, u16, u32, UDP, type Bytes } from "./frames.ts";

export const ETHERTYPE_IPV6 = 0x86dd;
export const ICMP6 = 58;
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;

export const ECHO_REQUEST6 = 128;
export const ECHO_REPLY6 = 129;
export const RS = 133;
export const RA = 134;
export const NS = 135;
export const NA = 136;
export const REDIRECT = 137;

/** The 16 bytes of an address, of which "::" may stand for zeros. */
export function ip6(text: string): number[] {
	const [head, tail] = text.split("::") as [string, string | undefined];
	const groups = (part: string) => (part === "" ? [] : part.split(":").flatMap((group) => u16(Number.parseInt(group, 16))));
	const [front, back] = [groups(head), groups(tail ?? "")];
	return [...front, ...Array.from({ length: 16 - front.length - back.length }, () => 0), ...back];
}

/** All eight groups, without a "::". */
export function ip6Text(bytes: ArrayLike<number>, at = 0): string {
	return Array.from({ length: 8 }, (_, i) => read16(bytes, at + 2 * i).toString(16)).join(":");
}

/** The same of a text. */
export function full(text: string): string {
	return ip6Text(ip6(text));
}

/** The group in which an address is asked for. */
export function solicitedNode(address: string): string {
	const [, , , , , , , , , , , , , a, b, c] = ip6(address);
	return `ff02::1:${(0xff00 | a!).toString(16)}:${((b! << 8) | c!).toString(16)}`;
}

/** Ethernet's group of an IPv6 one. */
export function groupMac(address: string): Bytes {
	return Uint8Array.from([0x33, 0x33, ...ip6(address).slice(12)]);
}

export interface Ipv6Fields {
	source: string;
	destination: string;
	next?: number;
	hopLimit?: number;
	version?: number;
	trafficClass?: number;
	label?: number;
	/** The right one when missing. */
	payloadLength?: number;
}

export function ipv6(fields: Ipv6Fields, payload: ArrayLike<number> = []): Bytes {
	const first = ((fields.version ?? 6) << 28) | ((fields.trafficClass ?? 0) << 20) | (fields.label ?? 0);
	return concat(
		u32(first),
		u16(fields.payloadLength ?? payload.length),
		[fields.next ?? NO_NEXT_HEADER, fields.hopLimit ?? 64],
		ip6(fields.source),
		ip6(fields.destination),
		payload,
	);
}

/** An extension header with options or what else it has, filled up to a multiple of eight bytes; `next` follows it. */
export function extension(next: number, body: ArrayLike<number>, length?: number): number[] {
	const size = Math.ceil((2 + body.length) / 8) * 8;
	const fill = size - 2 - body.length;
	const padding = fill === 1 ? [0] : fill === 0 ? [] : [1, fill - 2, ...Array.from({ length: fill - 2 }, () => 0)];
	return [next, length ?? size / 8 - 1, ...Array.from(body), ...padding];
}

export function fragmentHeader(next: number, offset: number, more: boolean, id: number): number[] {
	return [next, 0, ...u16((offset & ~7) | (more ? 1 : 0)), ...u32(id)];
}

function sum6(source: string, destination: string, protocol: number, segment: ArrayLike<number>): number {
	return ~onesSum(concat(ip6(source), ip6(destination), u32(segment.length), u32(protocol), segment)) & 0xffff;
}

interface Summed extends Ipv6Fields {
	/** Extension headers between, the last of which must name the protocol; the first is `first`. */
	headers?: number[];
	first?: number;
	/** The right one when missing. */
	checksum?: number;
}

function packet(fields: Summed, protocol: number, segment: Bytes, at: number): Bytes {
	const sum = fields.checksum ?? (sum6(fields.source, fields.destination, protocol, segment) || 0xffff);
	segment[at] = sum >> 8;
	segment[at + 1] = sum & 255;
	return ipv6({ ...fields, next: fields.first ?? protocol }, concat(fields.headers ?? [], segment));
}

export function icmp6(fields: Summed & { type: number; code?: number }, body: ArrayLike<number>): Bytes {
	return packet(fields, ICMP6, concat([fields.type, fields.code ?? 0, 0, 0], body), 2);
}

export function echo6(fields: Summed & { id?: number; seq?: number; type?: number }, payload: ArrayLike<number> = []): Bytes {
	return icmp6({ type: ECHO_REQUEST6, ...fields }, concat(u16(fields.id ?? 1), u16(fields.seq ?? 1), payload));
}

export function udp6(fields: Summed & { sourcePort: number; destinationPort: number }, payload: ArrayLike<number> = []): Bytes {
	const datagram = concat(u16(fields.sourcePort), u16(fields.destinationPort), u16(8 + payload.length), [0, 0], payload);
	return packet(fields, UDP, datagram, 6);
}

export function tcp6(
	fields: Summed & { sourcePort: number; destinationPort: number; seq: number; ack?: number; flags: number; window?: number },
	payload: ArrayLike<number> = [],
): Bytes {
	const segment = concat(
		u16(fields.sourcePort),
		u16(fields.destinationPort),
		u32(fields.seq),
		u32(fields.ack ?? 0),
		[0x50, fields.flags],
		u16(fields.window ?? 8192),
		[0, 0, 0, 0],
		payload,
	);
	return packet(fields, TCP, segment, 16);
}

/** An option of neighbour discovery with a hardware address. */
export function linkOption(type: 1 | 2, mac: ArrayLike<number>): number[] {
	return [type, 1, ...Array.from(mac)];
}

/** Neighbour discovery's have the hop limit 255 unless told. */
export function ns(fields: Omit<Summed, "next"> & { target: string; code?: number }, options: number[] = []): Bytes {
	return icmp6({ hopLimit: 255, ...fields, type: NS }, concat(u32(0), ip6(fields.target), options));
}

export function na(
	fields: Omit<Summed, "next"> & { target: string; router?: boolean; solicited?: boolean; override?: boolean; code?: number },
	options: number[] = [],
): Bytes {
	const flags = (fields.router ? 0x80 : 0) | (fields.solicited ? 0x40 : 0) | (fields.override ? 0x20 : 0);
	return icmp6({ hopLimit: 255, ...fields, type: NA }, concat([flags, 0, 0, 0], ip6(fields.target), options));
}

export function ra(
	fields: Omit<Summed, "next"> & {
		lifetime: number;
		hopLimitSaid?: number;
		flags?: number;
		reachable?: number;
		retrans?: number;
	},
	options: number[] = [],
): Bytes {
	const said = [fields.hopLimitSaid ?? 64, fields.flags ?? 0, ...u16(fields.lifetime)];
	return icmp6(
		{ hopLimit: 255, ...fields, type: RA },
		concat(said, u32(fields.reachable ?? 0), u32(fields.retrans ?? 0), options),
	);
}

/** An option of advertisements: prefix information, RFC 4861 §4.6.2. `flags`: on the link, for addresses. */
export function prefixOption(prefix: string, { valid = 86_400, preferred = 14_400, flags = 0xc0, length = 64 } = {}): number[] {
	return [3, 4, length, flags, ...u32(valid), ...u32(preferred), 0, 0, 0, 0, ...ip6(prefix)];
}

/** The same: the largest packet on the link, RFC 4861 §4.6.4. */
export function mtuOption(mtu: number): number[] {
	return [5, 1, 0, 0, ...u32(mtu)];
}

/** The same: domains, RFC 8106 §5.2. */
export function domainOption(lifetime: number, ...names: string[]): number[] {
	const labels = names.flatMap((name) => [
		...name.split(".").flatMap((label) => [label.length, ...Array.from(label, (c) => c.charCodeAt(0))]),
		0,
	]);
	while (labels.length % 8 !== 0) labels.push(0);
	return [31, 1 + labels.length / 8, 0, 0, ...u32(lifetime), ...labels];
}

/** What an IPv6 packet says. */
export interface Parsed6 {
	source: string;
	destination: string;
	hopLimit: number;
	trafficClass: number;
	label: number;
	next: number;
	/** Behind the IPv6 header. */
	payload: Uint8Array;
	/** ICMPv6, UDP and TCP: whether the checksum is right. Of fragments nobody knows. */
	sumRight: boolean;
}

export function parse6(bytes: Uint8Array): Parsed6 {
	if (bytes[0]! >> 4 !== 6) throw new Error(`version ${bytes[0]! >> 4}: expected 6`);
	const length = read16(bytes, 4);
	if (bytes.length < 40 + length) throw new Error(`payload of ${length} bytes in ${bytes.length - 40}`);
	const payload = bytes.subarray(40, 40 + length);
	const next = bytes[6]!;
	const pseudo = concat(bytes.subarray(8, 40), u32(length), u32(next), payload);
	return {
		source: ip6Text(bytes, 8),
		destination: ip6Text(bytes, 24),
		hopLimit: bytes[7]!,
		trafficClass: (read16(bytes, 0) >> 4) & 255,
		label: ((bytes[1]! & 15) << 16) | read16(bytes, 2),
		next,
		payload,
		sumRight: next === FRAGMENT || (onesSum(pseudo) & 0xffff) === 0xffff,
	};
}
