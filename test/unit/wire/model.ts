// The codec once more, as naively as possible: plain arrays, one byte at a time, nothing from src/wire. It knows the layout of
// the blocks (packet/blocks.ts) and the meaning of the answers (wire/kinds.ts), as numbers of its own.

import { DROPS, type DropName } from "../../../src/packet/drops.ts";
import { onesSum, read16, read32 } from "../../support/frames.ts";
import { parsePacket } from "../../support/parse.ts";

type Application = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

function bytesOf(buffer: Application): Uint8Array {
	return ArrayBuffer.isView(buffer)
		? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
		: new Uint8Array(buffer);
}

function take(buffer: Application, at: number, length: number): number[] {
	const bytes = bytesOf(buffer);
	if (at < 0 || length < 0 || at + length > bytes.length) throw new RangeError(`${at}+${length} of ${bytes.length}`);
	return Array.from(bytes.subarray(at, at + length));
}

function put(buffer: Application, at: number, values: ArrayLike<number>): void {
	const bytes = bytesOf(buffer);
	if (at < 0 || at + values.length > bytes.length) throw new RangeError(`${at}+${values.length} of ${bytes.length}`);
	for (let i = 0; i < values.length; i++) bytes[at + i] = values[i]!;
}

/** Little-endian int32 at a byte offset. */
function word(view: DataView, at: number): number {
	const [a, b, c, d] = take(view, at, 4) as [number, number, number, number];
	return a | (b << 8) | (c << 16) | (d << 24);
}

function setWord(view: DataView, at: number, value: number): void {
	put(view, at, [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]);
}

function setBig16(view: DataView, at: number, value: number): void {
	put(view, at, [(value >> 8) & 255, value & 255]);
}

function setBig32(view: DataView, at: number, value: number): void {
	put(view, at, [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
}

function addCounter(view: DataView, at: number, value: number): void {
	let carry = value;
	for (let i = 0; i < 8; i++) {
		const sum = take(view, at + i, 1)[0]! + (carry % 256);
		put(view, at + i, [sum & 255]);
		carry = Math.floor(carry / 256) + (sum >> 8);
	}
}

function drop(name: DropName): number {
	return -1 - DROPS.indexOf(name);
}

const KINDS = { arp: 1, tcp: 2, udp: 3, icmp: 4, other: 5, fragment: 6, transit: 7, group: 16 };

function answer(kind: number, group: boolean, offset: number, length: number): number {
	return kind | (group ? KINDS.group : 0) | (offset << 8) | (length << 16);
}

interface InterfaceModel {
	readonly mac: number[];
	readonly ethernet: boolean;
	readonly checked: boolean;
	readonly loopback: boolean;
	readonly any: boolean;
	readonly addresses: { readonly address: number; readonly mask: number }[];
}

function readInterface(view: DataView, block: number): InterfaceModel {
	const flags = word(view, block + 8);
	const addresses = [];
	for (let i = 0; i < word(view, block + 60); i++)
		addresses.push({ address: word(view, block + 64 + 8 * i), mask: word(view, block + 68 + 8 * i) });
	return {
		mac: take(view, block, 6),
		ethernet: (flags & 1) !== 0,
		checked: (flags & 2) !== 0,
		loopback: (flags & 4) !== 0,
		any: (flags & 8) !== 0,
		addresses,
	};
}

const highest = (address: number) => address >>> 24;

/** Whether the address is this interface's, everybody's, or somebody else's. */
function whose(iface: InterfaceModel, address: number): "local" | "group" | "elsewhere" {
	for (const own of iface.addresses) {
		if (own.address === address) return "local";
		const hostBits = ~own.mask;
		if (hostBits >>> 0 > 1 && address === (own.address | hostBits)) return "group";
	}
	if (address === -1 || (highest(address) >= 224 && highest(address) < 240)) return "group";
	if (iface.loopback && highest(address) === 127) return "local";
	return iface.any ? "local" : "elsewhere";
}

function sourceIsBad(iface: InterfaceModel, source: number): boolean {
	if (highest(source) >= 224) return true;
	if (iface.loopback) return false;
	return highest(source) === 127 || iface.addresses.some((own) => own.address === source);
}

export function checksum(view: DataView, at: number, end: number, initial: number): number {
	return onesSum([...take(view, at, end - at), ...((end - at) % 2 ? [0] : []), 0, 0], initial);
}

export function decode(view: DataView, at: number, end: number, block: number): number {
	const iface = readInterface(view, block);
	addCounter(view, block + 12, 1);
	addCounter(view, block + 20, end - at);
	const frame = take(view, at, end - at);
	if (!iface.ethernet) return decodeIp(view, iface, frame, at, 0, false);
	if (frame.length < 14) return drop("truncated");
	const group = (frame[0]! & 1) !== 0;
	if (!group && iface.mac.some((byte, i) => frame[i] !== byte)) return drop("notForUs");
	const type = read16(frame, 12);
	if (type === 0x0800) return decodeIp(view, iface, frame, at, 14, group);
	if (type !== 0x0806) return drop("unknownEtherType");
	const arp = frame.slice(14);
	const known = arp.length >= 28 && read32(arp, 0) === 0x00010800 && read16(arp, 4) === 0x0604;
	if (!known || (read16(arp, 6) !== 1 && read16(arp, 6) !== 2)) return drop("arpMalformed");
	return answer(KINDS.arp, group, 14, 28);
}

function decodeIp(view: DataView, iface: InterfaceModel, frame: number[], at: number, skip: number, linkGroup: boolean): number {
	const packet = frame.slice(skip);
	const parsed = parsePacket(new Uint8Array(packet));
	const header = ((packet[0] ?? 0) & 15) * 4;
	if (!parsed.ipv4) {
		// A device that checked the checksum is believed.
		if (parsed.error !== "IPv4 header checksum") return drop("ipv4Malformed");
		if (!iface.checked) return drop("ipv4Checksum");
	}
	const total = read16(packet, 2);
	const source = read32(packet, 12);
	const destination = read32(packet, 16);
	if (sourceIsBad(iface, source)) return drop("ipv4BadSource");
	const where = whose(iface, destination);
	const start = at + skip;
	for (const [index, value] of [
		[0, source],
		[1, destination],
		[6, start],
		[7, start + total],
		[8, start + header],
		[9, read16(packet, 8)],
	] as const)
		setWord(view, index * 4, value);
	if (where === "elsewhere") return answer(KINDS.transit, linkGroup, skip, total);
	return transport(view, packet.slice(0, total), skip, iface.checked, linkGroup || where === "group");
}

export function decodeTransport(view: DataView, at: number, end: number, checked: number, group: number): number {
	const packet = take(view, at, end - at);
	const header = ((packet[0] ?? 0) & 15) * 4;
	const valid =
		packet.length >= 20 &&
		packet[0]! >> 4 === 4 &&
		header >= 20 &&
		read16(packet, 2) >= header &&
		read16(packet, 2) <= packet.length;
	if (!valid) return drop("ipv4Malformed");
	return transport(view, packet, 0, checked !== 0, (group & KINDS.group) !== 0);
}

/** `packet` begins `skip` bytes after what the answer's offset counts from. */
function transport(view: DataView, packet: number[], skip: number, checked: boolean, group: boolean): number {
	const header = (packet[0]! & 15) * 4;
	const body = packet.slice(header);
	const protocol = packet[9]!;
	const fragment = read16(packet, 6) & 0x3fff;
	if (fragment !== 0) return answer(KINDS.fragment, group, skip + header, body.length);
	const pseudo = (length: number) => [...packet.slice(12, 20), 0, protocol, length >> 8, length & 255];
	if (protocol === 6) {
		const offset = body.length >= 20 ? (body[12]! >> 4) * 4 : 0;
		if (offset < 20 || offset > body.length) return drop("tcpMalformed");
		if (!checked && onesSum([...pseudo(body.length), ...body]) !== 0xffff) return drop("tcpChecksum");
		setWord(view, 8, read32(body, 0));
		setWord(view, 12, read32(body, 4));
		setWord(view, 16, read32(body, 8));
		setWord(view, 20, (body[13]! << 16) | read16(body, 14));
		return answer(KINDS.tcp, group, skip + header + offset, body.length - offset);
	}
	if (protocol === 17) {
		const length = body.length >= 8 ? read16(body, 4) : 0;
		if (length < 8 || length > body.length) return drop("udpMalformed");
		if (!checked && read16(body, 6) !== 0 && onesSum([...pseudo(length), ...body.slice(0, length)]) !== 0xffff)
			return drop("udpChecksum");
		setWord(view, 8, read32(body, 0));
		return answer(KINDS.udp, group, skip + header + 8, length - 8);
	}
	if (protocol === 1) {
		if (body.length < 8) return drop("icmpMalformed");
		if (!checked && onesSum(body) !== 0xffff) return drop("icmpChecksum");
		setWord(view, 8, read32(body, 4));
		return answer(KINDS.icmp, group, skip + header, body.length);
	}
	return answer(KINDS.other, group, skip + header, body.length);
}

/** Every entry of the table is looked at; the first key that is there wins. */
export function flowFind(view: DataView, table: number, meta: number): number {
	const source = word(view, 0);
	const local = word(view, 4);
	const ports = word(view, 8);
	const entries = [];
	for (let i = 0; i <= word(view, table); i++) {
		const entry = table + 16 + 20 * i;
		entries.push([0, 4, 8, 12, 16].map((field) => word(view, entry + field)));
	}
	const port = ports & 0xffff;
	const protocol = meta & 255;
	const keys = [
		[local, source, ports, protocol],
		[local, source, ports, meta],
		[local, 0, port, meta],
		[0, 0, port, meta],
		[local, 0, port, protocol],
		[0, 0, port, protocol],
		[0, 0, 0, meta],
	];
	for (const key of keys) {
		const found = entries.find((entry) => entry[3] !== 0 && key.every((value, i) => entry[i] === value));
		if (found) return found[4]!;
	}
	return -1;
}

export function routeFind(view: DataView, table: number, address: number, slot: number): number {
	let best = -1;
	let longest = 0;
	for (let i = 0; i <= word(view, table); i++) {
		const entry = table + 16 + 12 * i;
		const key = word(view, entry + 4);
		const length = (key & 255) - 1;
		if (key === 0 || key >> 8 !== slot || length + 1 <= longest) continue;
		const shift = 32 - length;
		if (length > 0 && address >>> shift !== word(view, entry) >>> shift && !(length === 32 && address === word(view, entry)))
			continue;
		if (length === 32 && address !== word(view, entry)) continue;
		best = word(view, entry + 8);
		longest = length + 1;
	}
	return best;
}

function checksumAt(view: DataView, at: number, from: number, to: number, initial = 0): number {
	setBig16(view, at, 0);
	const sum = ~onesSum(take(view, from, to - from), initial) & 0xffff;
	setBig16(view, at, sum);
	return sum;
}

function pseudoSum(view: DataView, ip: number, protocol: number, length: number): number {
	return onesSum([...take(view, ip + 12, 8), 0, protocol, length >> 8, length & 255]);
}

export function ipv4Build(
	view: DataView,
	at: number,
	source: number,
	destination: number,
	protocol: number,
	ttl: number,
	total: number,
): void {
	put(view, at, [0x45, 0, total >> 8, total & 255, 0, 0, 0x40, 0, ttl & 255, protocol, 0, 0]);
	setBig32(view, at + 12, source);
	setBig32(view, at + 16, destination);
	if (!(ttl & 0x100)) checksumAt(view, at + 10, at, at + 20);
}

export function tcpBuild(
	view: DataView,
	at: number,
	tcb: number,
	seq: number,
	ack: number,
	flagsWindow: number,
	offset: number,
	length: number,
): number {
	const ipHeader = word(view, tcb + 116);
	const optionBytes = word(view, tcb + 104);
	const ring = word(view, tcb + 108);
	const size = word(view, tcb + 112);
	const data = [];
	if (length !== 0) ringCheck(view, ring, size, offset, length);
	for (let i = 0; i < length; i++) data.push(take(view, ring + ((offset + i) % size), 1)[0]!);
	const segment = [...take(view, tcb + ipHeader, 4)];
	for (const value of [seq, ack]) segment.push((value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);
	segment.push(((20 + optionBytes) / 4) << 4, (flagsWindow >> 16) & 255, (flagsWindow >> 8) & 255, flagsWindow & 255, 0, 0, 0, 0);
	segment.push(...take(view, tcb + 64, optionBytes), ...data);
	const total = ipHeader + segment.length;
	put(view, at, [...take(view, tcb, ipHeader), ...segment]);
	setBig16(view, at + 2, total);
	if (word(view, tcb + 120) === 0) {
		checksumAt(view, at + 10, at, at + ipHeader);
		checksumAt(view, at + ipHeader + 16, at + ipHeader, at + total, pseudoSum(view, at, 6, segment.length));
	}
	return at + total;
}

export function udpBuild(
	view: DataView,
	at: number,
	source: number,
	destination: number,
	ports: number,
	ttl: number,
	data: Application,
	dataAt: number,
	length: number,
): number {
	const payload = take(data, dataAt, length);
	ipv4Build(view, at, source, destination, 17, ttl, 28 + length);
	setBig32(view, at + 20, ports);
	setBig16(view, at + 24, 8 + length);
	setBig16(view, at + 26, 0);
	put(view, at + 28, payload);
	if (!(ttl & 0x100) && checksumAt(view, at + 26, at + 20, at + 28 + length, pseudoSum(view, at, 17, 8 + length)) === 0)
		setBig16(view, at + 26, 0xffff);
	return at + 28 + length;
}

export function icmpEchoReply(view: DataView, at: number, source: number): void {
	const header = (take(view, at, 1)[0]! & 15) * 4;
	const end = at + read16(take(view, at + 2, 2), 0);
	put(view, at + 16, take(view, at + 12, 4));
	setBig32(view, at + 12, source);
	put(view, at + 8, [64]);
	checksumAt(view, at + 10, at, at + header);
	put(view, at + header, [0]);
	checksumAt(view, at + header + 2, at + header, end);
}

export function ttlDecrement(view: DataView, at: number): void {
	put(view, at + 8, [(take(view, at + 8, 1)[0]! - 1) & 255]);
	checksumAt(view, at + 10, at, at + (take(view, at, 1)[0]! & 15) * 4);
}

export function countSent(view: DataView, at: number, end: number, block: number): void {
	addCounter(view, block + 28, 1);
	addCounter(view, block + 36, end - at);
}

export function ethernetHeader(view: DataView, at: number, prepared: number, block: number, end: number): void {
	put(view, at, take(view, prepared, 14));
	countSent(view, at, end, block);
}

export function copy(view: DataView, to: number, from: number, length: number): void {
	put(view, to, take(view, from, length));
}

export function copyOut(view: DataView, at: number, buffer: Application, start: number, length: number): void {
	put(buffer, start, take(view, at, length));
}

export function copyIn(view: DataView, at: number, buffer: Application, start: number, length: number): void {
	put(view, at, take(buffer, start, length));
}

function ringCheck(view: DataView, ring: number, size: number, offset: number, length: number): void {
	take(view, ring, size);
	if (offset < 0 || offset >= size || length < 0 || length > size)
		throw new RangeError(`${length} bytes at ${offset} of a ring of ${size}`);
}

function toRing(view: DataView, ring: number, size: number, offset: number, values: number[]): void {
	ringCheck(view, ring, size, offset, values.length);
	for (const [i, value] of values.entries()) put(view, ring + ((offset + i) % size), [value]);
}

export function ringPut(view: DataView, ring: number, size: number, offset: number, from: number, length: number): void {
	ringCheck(view, ring, size, offset, length);
	toRing(view, ring, size, offset, take(view, from, length));
}

export function ringWrite(
	view: DataView,
	ring: number,
	size: number,
	offset: number,
	buffer: Application,
	start: number,
	length: number,
): void {
	ringCheck(view, ring, size, offset, length);
	toRing(view, ring, size, offset, take(buffer, start, length));
}

export function ringRead(
	view: DataView,
	ring: number,
	size: number,
	offset: number,
	buffer: Application,
	start: number,
	length: number,
): void {
	ringCheck(view, ring, size, offset, length);
	const values = [];
	for (let i = 0; i < length; i++) values.push(take(view, ring + ((offset + i) % size), 1)[0]!);
	put(buffer, start, values);
}
