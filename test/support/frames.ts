// Builds and reads frames for tests, written on its own and as plainly as possible: nothing here comes from src/, so
// that a mistake there does not repeat itself here.

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const TCP_ACK = 16;
export const URG = 32;

export type Bytes = Uint8Array<ArrayBuffer>;

export function concat(...parts: ArrayLike<number>[]): Bytes {
	let length = 0;
	for (const part of parts) length += part.length;
	const result = new Uint8Array(length);
	let at = 0;
	for (const part of parts) {
		result.set(part, at);
		at += part.length;
	}
	return result;
}

export function u16(value: number): number[] {
	return [(value >> 8) & 255, value & 255];
}

export function u32(value: number): number[] {
	return [(value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function read16(bytes: ArrayLike<number>, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** An int32. */
export function read32(bytes: ArrayLike<number>, at: number): number {
	return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** "10.0.0.1" as int32. */
export function ip(text: string): number {
	const parts = text.split(".").map(Number);
	if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)))
		throw new RangeError(`address ${text}: expected a.b.c.d`);
	return read32(parts, 0);
}

export function ipText(address: number): string {
	return u32(address).join(".");
}

/** Bytes of a text; characters above 255 are not allowed. */
export function ascii(text: string): Bytes {
	const result = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) result[i] = text.charCodeAt(i);
	return result;
}

export function text(bytes: ArrayLike<number>): string {
	let result = "";
	for (let i = 0; i < bytes.length; i++) result += String.fromCharCode(bytes[i]!);
	return result;
}

export function hex(bytes: ArrayLike<number>): string {
	let result = "";
	for (let i = 0; i < bytes.length; i++)
		result += (i > 0 && i % 16 === 0 ? "\n" : i > 0 ? " " : "") + bytes[i]!.toString(16).padStart(2, "0");
	return result;
}

/** The ones' complement sum of 16-bit words, folded, not inverted; an odd last byte counts as the high half. RFC 1071. */
export function onesSum(bytes: ArrayLike<number>, initial = 0): number {
	let sum = initial;
	for (let i = 0; i < bytes.length; i += 2) {
		sum += bytes[i]! * 256 + (i + 1 < bytes.length ? bytes[i + 1]! : 0);
		while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
	}
	return sum;
}

export interface Ipv4Fields {
	source: string | number;
	destination: string | number;
	protocol?: number;
	ttl?: number;
	tos?: number;
	id?: number;
	/** Don't fragment 0x4000, more fragments 0x2000, offset in units of 8 bytes. */
	fragment?: number;
	options?: ArrayLike<number>;
	version?: number;
	/** Words; the right one when missing. */
	headerLength?: number;
	totalLength?: number;
	/** The right one when missing. */
	checksum?: number;
}

function address(value: string | number): number {
	return typeof value === "string" ? ip(value) : value;
}

export function ipv4(fields: Ipv4Fields, payload: ArrayLike<number> = []): Bytes {
	const options = fields.options ?? [];
	const words = fields.headerLength ?? 5 + Math.ceil(options.length / 4);
	const header = concat(
		[((fields.version ?? 4) << 4) | words, fields.tos ?? 0],
		u16(fields.totalLength ?? 20 + Math.ceil(options.length / 4) * 4 + payload.length),
		u16(fields.id ?? 0),
		u16(fields.fragment ?? 0x4000),
		[fields.ttl ?? 64, fields.protocol ?? UDP, 0, 0],
		u32(address(fields.source)),
		u32(address(fields.destination)),
		options,
		new Uint8Array((4 - (options.length % 4)) % 4),
	);
	const sum = fields.checksum ?? ~onesSum(header) & 0xffff;
	header[10] = sum >> 8;
	header[11] = sum & 255;
	return concat(header, payload);
}

function transportChecksum(source: number, destination: number, protocol: number, segment: Bytes): number {
	return ~onesSum(concat(u32(source), u32(destination), [0, protocol], u16(segment.length), segment, [])) & 0xffff;
}

export interface UdpFields extends Ipv4Fields {
	sourcePort: number;
	destinationPort: number;
	length?: number;
	/** 0 sends none; the right one when missing. */
	udpChecksum?: number;
}

/** An IPv4 packet with a UDP datagram. */
export function udp(fields: UdpFields, payload: ArrayLike<number> = []): Bytes {
	const datagram = concat(
		u16(fields.sourcePort),
		u16(fields.destinationPort),
		u16(fields.length ?? 8 + payload.length),
		[0, 0],
		payload,
	);
	let sum = fields.udpChecksum ?? transportChecksum(address(fields.source), address(fields.destination), UDP, datagram);
	if (fields.udpChecksum === undefined && sum === 0) sum = 0xffff;
	datagram[6] = sum >> 8;
	datagram[7] = sum & 255;
	return ipv4({ ...fields, protocol: UDP }, datagram);
}

export interface TcpFields extends Ipv4Fields {
	sourcePort: number;
	destinationPort: number;
	seq?: number;
	ack?: number;
	flags?: number;
	window?: number;
	urgent?: number;
	tcpOptions?: ArrayLike<number>;
	/** Words; the right one when missing. */
	dataOffset?: number;
	tcpChecksum?: number;
}

/** An IPv4 packet with a TCP segment. */
export function tcp(fields: TcpFields, payload: ArrayLike<number> = []): Bytes {
	const options = fields.tcpOptions ?? [];
	const padded = Math.ceil(options.length / 4) * 4;
	const segment = concat(
		u16(fields.sourcePort),
		u16(fields.destinationPort),
		u32(fields.seq ?? 0),
		u32(fields.ack ?? 0),
		[(fields.dataOffset ?? 5 + padded / 4) << 4, fields.flags ?? TCP_ACK],
		u16(fields.window ?? 65535),
		[0, 0],
		u16(fields.urgent ?? 0),
		options,
		new Uint8Array(padded - options.length),
		payload,
	);
	const sum = fields.tcpChecksum ?? transportChecksum(address(fields.source), address(fields.destination), TCP, segment);
	segment[16] = sum >> 8;
	segment[17] = sum & 255;
	return ipv4({ ...fields, protocol: TCP }, segment);
}

export interface IcmpFields extends Ipv4Fields {
	type: number;
	code?: number;
	/** The four bytes after the checksum: identifier << 16 | sequence, next-hop MTU, pointer << 24. */
	rest?: number;
	icmpChecksum?: number;
}

/** An IPv4 packet with an ICMP message. */
export function icmp(fields: IcmpFields, payload: ArrayLike<number> = []): Bytes {
	const message = concat([fields.type, fields.code ?? 0, 0, 0], u32(fields.rest ?? 0), payload);
	const sum = fields.icmpChecksum ?? ~onesSum(message) & 0xffff;
	message[2] = sum >> 8;
	message[3] = sum & 255;
	return ipv4({ ...fields, protocol: ICMP }, message);
}

export const BROADCAST_MAC: Bytes = new Uint8Array([255, 255, 255, 255, 255, 255]);

export function ethernet(
	destination: ArrayLike<number>,
	source: ArrayLike<number>,
	type: number,
	payload: ArrayLike<number>,
): Bytes {
	return concat(destination, source, u16(type), payload);
}

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

export interface ArpFields {
	operation: number;
	senderMac: ArrayLike<number>;
	sender: string | number;
	targetMac?: ArrayLike<number>;
	target: string | number;
}

/** The 28 bytes of an ARP packet for IPv4 over Ethernet. RFC 826. */
export function arp(fields: ArpFields): Bytes {
	return concat(
		[0, 1, 8, 0, 6, 4],
		u16(fields.operation),
		fields.senderMac,
		u32(address(fields.sender)),
		fields.targetMac ?? new Uint8Array(6),
		u32(address(fields.target)),
	);
}
