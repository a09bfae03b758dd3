// The codec once more, as naively as possible: plain arrays, one byte at a time, nothing from src/wire (what comes in: model-input.ts;
// what TCP and UDP do as predicted: model-sockets.ts). It knows the layout of
// the blocks from the records that declare them (packet/).

import { REGISTER } from "../../../src/packet/fields.ts";
import { FlowEntry, FlowTable } from "../../../src/packet/flow-table.ts";
import { InterfaceBlock } from "../../../src/packet/interface-block.ts";
import { OwnEntry, OwnTable } from "../../../src/packet/own-table.ts";
import { PathBlock } from "../../../src/packet/path-block.ts";
import { RouteEntry, RouteRow, RouteTable } from "../../../src/packet/route-table.ts";
import { TcbBlock } from "../../../src/packet/tcb-block.ts";
import { onesSum, read16, read32 } from "../frames.ts";

const INTERFACE = InterfaceBlock.offsets;
const PATH = PathBlock.offsets;
const TCB = TcbBlock.offsets;

export type Application = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

function bytesOf(buffer: Application): Uint8Array {
	return ArrayBuffer.isView(buffer)
		? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
		: new Uint8Array(buffer);
}

export function take(buffer: Application, at: number, length: number): number[] {
	const bytes = bytesOf(buffer);
	if (at < 0 || length < 0 || at + length > bytes.length) throw new RangeError(`${at}+${length} of ${bytes.length}`);
	return Array.from(bytes.subarray(at, at + length));
}

export function put(buffer: Application, at: number, values: ArrayLike<number>): void {
	const bytes = bytesOf(buffer);
	if (at < 0 || at + values.length > bytes.length) throw new RangeError(`${at}+${values.length} of ${bytes.length}`);
	for (let i = 0; i < values.length; i++) bytes[at + i] = values[i]!;
}

/** Little-endian int32 at a byte offset. */
export function word(view: DataView, at: number): number {
	const [a, b, c, d] = take(view, at, 4) as [number, number, number, number];
	return a | (b << 8) | (c << 16) | (d << 24);
}

export function setWord(view: DataView, at: number, value: number): void {
	put(view, at, [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255]);
}

export function setBig16(view: DataView, at: number, value: number): void {
	put(view, at, [(value >> 8) & 255, value & 255]);
}

export function setBig32(view: DataView, at: number, value: number): void {
	put(view, at, [(value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
}

export function addCounter(view: DataView, at: number, value: number): void {
	let carry = value;
	for (let i = 0; i < 8; i++) {
		const sum = take(view, at + i, 1)[0]! + (carry % 256);
		put(view, at + i, [sum & 255]);
		carry = Math.floor(carry / 256) + (sum >> 8);
	}
}

export function checksum(view: DataView, at: number, end: number, initial: number): number {
	return onesSum([...take(view, at, end - at), ...((end - at) % 2 ? [0] : []), 0, 0], initial);
}

/** Murmur3's mixing of words, in numbers that never end. */
function mixed(seed: number, words: readonly number[]): number {
	const word32 = (value: bigint) => value & 0xffffffffn;
	let hash = BigInt(seed >>> 0);
	for (const word of words) {
		hash = word32((hash ^ BigInt(word >>> 0)) * 0x85ebca6bn);
		hash = word32((hash ^ (hash >> 13n)) * 0xc2b2ae35n);
	}
	return Number(BigInt.asIntN(32, hash ^ (hash >> 16n)));
}

const FLOWS = FlowTable.offsets;
const FLOW = FlowEntry.offsets;
const ANY = "0".repeat(128);

/** What an address is mixed into a hash as: of IPv4 the last word alone. */
function addressWords(view: DataView, at: number): number[] {
	const words = [0, 4, 8, 12].map((place) => word(view, at + place));
	return bitsOf(view, at, 96) === "0".repeat(80) + "1".repeat(16) ? words.slice(3) : words;
}

export function flowEntry(view: DataView, table: number, local: number, remote: number, ports: number, meta: number): number {
	take(view, table, FlowTable.bytes);
	const mask = word(view, table + FLOWS.mask);
	const ends = [bitsOf(view, local, 128), bitsOf(view, remote, 128)];
	const words = [local, remote].flatMap((at, i) => (ends[i] === ANY ? [] : addressWords(view, at)));
	for (let i = mixed(word(view, table + FLOWS.seed), [...words, ports, meta]) & mask; ; i = (i + 1) & mask) {
		const entry = table + FlowTable.bytes + FlowEntry.bytes * i;
		take(view, entry, FlowEntry.bytes);
		if (word(view, entry + FLOW.meta) === 0) return entry;
		const same = [FLOW.local, FLOW.remote].every((at, n) => bitsOf(view, entry + at, 128) === ends[n]);
		if (same && word(view, entry + FLOW.ports) === ports && word(view, entry + FLOW.meta) === meta) return entry;
	}
}

/** The first bits of an address, as text of noughts and ones. */
function bitsOf(view: DataView, at: number, length: number): string {
	return take(view, at, 16)
		.map((byte) => byte.toString(2).padStart(8, "0"))
		.join("")
		.slice(0, length);
}

/** What the first bits of an address are mixed into a hash as: of IPv4 the last word alone. */
function prefixWords(view: DataView, at: number, length: number): number[] {
	const whole = bitsOf(view, at, length).padEnd(128, "0");
	const words = [0, 32, 64, 96].map((first) => Number.parseInt(whole.slice(first, first + 32), 2) | 0);
	return bitsOf(view, at, 96) === "0".repeat(80) + "1".repeat(16) ? words.slice(3) : words;
}

const ROUTES = RouteTable.offsets;
const ROUTE = RouteEntry.offsets;
const PREFIX = RouteRow.offsets.prefix;

/** The row of the route with that index. */
function routeRow(view: DataView, table: number, index: number): number {
	return word(view, table + ROUTES.rows) + RouteRow.bytes * index;
}

export function routeEntry(view: DataView, table: number, address: number, key: number): number {
	take(view, table, RouteTable.bytes);
	const mask = word(view, table + ROUTES.mask);
	const length = (key & 255) - 1;
	const hash = mixed(word(view, table + ROUTES.seed), [...prefixWords(view, address, length), key]);
	for (let i = hash & mask; ; i = (i + 1) & mask) {
		const entry = table + RouteTable.bytes + RouteEntry.bytes * i;
		take(view, entry, RouteEntry.bytes);
		const its = word(view, entry + ROUTE.key);
		if (its === 0) return entry;
		if (its !== key) continue;
		const row = routeRow(view, table, word(view, entry + ROUTE.index));
		take(view, row, RouteRow.bytes);
		if (bitsOf(view, row + PREFIX, length) === bitsOf(view, address, length)) return entry;
	}
}

/** What the table of our own addresses says: all of its entries, addresses before broadcast addresses, interface by interface. */
export function ownAddresses(view: DataView): { bits: string; address: number; slot: number; group: boolean; value: number }[] {
	const table = word(view, REGISTER.ownAt);
	const entries = [];
	for (let i = 0; i <= (word(view, table + OwnTable.offsets.mask) & 0xffff); i++) {
		const at = table + OwnTable.bytes + OwnEntry.bytes * i;
		const value = word(view, at + OwnEntry.offsets.value);
		if (value === 0) continue;
		const its = at + OwnEntry.offsets.address;
		const address = read32(take(view, its, 16), 12);
		entries.push({ bits: bitsOf(view, its, 128), address, slot: value >>> 24, group: (value & 16) !== 0, value });
	}
	return entries.sort((a, b) => Number(a.group) - Number(b.group) || a.slot - b.slot);
}

export function ownFind(view: DataView, address: number, slot: number): number {
	const bits = bitsOf(view, address, 128);
	const found = ownAddresses(view).find((entry) => entry.bits === bits && (slot === 0 || entry.slot === slot));
	return found?.value ?? 0;
}

/** Every entry of the table is looked at; the first key that is there wins, and is noted with what it was looked for. */
export function flowFind(view: DataView, table: number, meta: number): number {
	const remote = bitsOf(view, REGISTER.source, 128);
	const local = bitsOf(view, REGISTER.destination, 128);
	const ports = word(view, REGISTER.ports);
	const entries = [];
	for (let i = 0; i <= word(view, table + FLOWS.mask); i++) {
		const entry = table + FlowTable.bytes + FlowEntry.bytes * i;
		const [itsLocal, itsRemote] = [bitsOf(view, entry + FLOW.local, 128), bitsOf(view, entry + FLOW.remote, 128)];
		const [itsPorts, its, value] = [FLOW.ports, FLOW.meta, FLOW.value].map((at) => word(view, entry + at));
		entries.push([itsLocal, itsRemote, itsPorts, its, value!] as const);
	}
	const port = ports & 0xffff;
	const protocol = meta & 255;
	const keys = [
		[local, remote, ports, protocol],
		[local, remote, ports, meta],
		[local, ANY, port, meta],
		[ANY, ANY, port, meta],
		[local, ANY, port, protocol],
		[ANY, ANY, port, protocol],
		[ANY, ANY, 0, meta],
	];
	for (const key of keys) {
		const found = entries.find((entry) => entry[3] !== 0 && key.every((value, i) => entry[i] === value));
		if (!found) continue;
		const last = table + FLOWS.last;
		put(view, last + FLOW.local, take(view, REGISTER.destination, 16));
		put(view, last + FLOW.remote, take(view, REGISTER.source, 16));
		setWord(view, last + FLOW.ports, ports);
		setWord(view, last + FLOW.meta, meta);
		setWord(view, last + FLOW.value, found[4]);
		return found[4];
	}
	return -1;
}

export function routeFind(view: DataView, table: number, address: number, slot: number): number {
	let best = -1;
	let longest = -1;
	for (let i = 0; i <= word(view, table + ROUTES.mask); i++) {
		const entry = table + RouteTable.bytes + RouteEntry.bytes * i;
		const key = word(view, entry + ROUTE.key);
		const length = (key & 255) - 1;
		if (key === 0 || key >> 8 !== slot || length <= longest) continue;
		const index = word(view, entry + ROUTE.index);
		const prefix = routeRow(view, table, index) + PREFIX;
		if (bitsOf(view, prefix, length) !== bitsOf(view, address, length)) continue;
		// All of IPv4 is part of IPv6's address space, but not of what its routes lead to.
		if (length < 96 && prefixWords(view, address, 128).length === 1) continue;
		best = index;
		longest = length;
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
	put(view, at, [0x45, (ttl >> 16) & 255, total >> 8, total & 255, 0, 0, 0x40, 0, ttl & 255, protocol, 0, 0]);
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
	const template = tcb + TCB.template;
	const ipHeader = word(view, tcb + TCB.ipHeader);
	const optionBytes = word(view, tcb + TCB.optionsLength);
	const pages = word(view, tcb + TCB.sendPages);
	const ring = word(view, tcb + TCB.sendRing);
	const data = [];
	for (let i = 0; i < length; i++) {
		const byte = (offset + i) % ring;
		data.push(take(view, word(view, pages + 4 * (byte >> 9)) + (byte & 511), 1)[0]!);
	}
	const segment = [...take(view, template + ipHeader, 4)];
	for (const value of [seq, ack]) segment.push((value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);
	segment.push(((20 + optionBytes) / 4) << 4, (flagsWindow >> 16) & 255, (flagsWindow >> 8) & 255, flagsWindow & 255, 0, 0, 0, 0);
	segment.push(...take(view, tcb + TCB.options, optionBytes), ...data);
	const total = ipHeader + segment.length;
	put(view, at, [...take(view, template, ipHeader), ...segment]);
	const [high, low, fragment] = take(view, template + 4, 3);
	const id = (high! * 256 + low! + 1) & 0xffff;
	if ((fragment! & 64) === 0 && ipHeader === 20) put(view, template + 4, [id >> 8, id & 255]);
	setBig16(view, at + 2, total);
	if (word(view, tcb + TCB.noChecksum) === 0) {
		checksumAt(view, at + 10, at, at + ipHeader);
		checksumAt(view, at + ipHeader + 16, at + ipHeader, at + total, pseudoSum(view, at, 6, segment.length));
	}
	return at + total;
}

export function udpBuild(
	view: DataView,
	at: number,
	path: number,
	ports: number,
	data: Application,
	dataAt: number,
	length: number,
): number {
	const payload = take(data, dataAt, length);
	const ipHeader = word(view, path + PATH.ipHeader);
	const [ttl, label] = [word(view, path + PATH.ttl), word(view, path + PATH.label)];
	const [source, destination] = [take(view, path + PATH.source, 16), take(view, path + PATH.destination, 16)];
	if (ipHeader === 40) {
		const first = [0x60 | ((ttl >> 20) & 15), ((ttl >> 12) & 0xf0) | ((label >> 16) & 15), (label >> 8) & 255, label & 255];
		put(view, at, [...first, (8 + length) >> 8, (8 + length) & 255, 17, ttl & 255, ...source, ...destination]);
	} else ipv4Build(view, at, big32(source, 12), big32(destination, 12), 17, ttl, 28 + length);
	const udp = at + (ipHeader === 40 ? 40 : 20);
	setBig32(view, udp, ports);
	setBig16(view, udp + 4, 8 + length);
	setBig16(view, udp + 6, 0);
	put(view, udp + 8, payload);
	const pseudo =
		ipHeader === 40
			? onesSum([...source, ...destination, 0, 17, (8 + length) >> 8, (8 + length) & 255])
			: pseudoSum(view, at, 17, 8 + length);
	if (!(ttl & 0x100) && checksumAt(view, udp + 6, udp, udp + 8 + length, pseudo) === 0) setBig16(view, udp + 6, 0xffff);
	return udp + 8 + length;
}

function big32(bytes: ArrayLike<number>, at: number): number {
	return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** A request's options as its reply has them: a recorded route goes on with our address, the others are NOPs. */
function answered(options: number[], own: number): number[] {
	const out: number[] = [];
	while (options.length > 0 && options[0] !== 0) {
		const said = options[0] === 1 ? 1 : (options[1] ?? 0);
		const option = options.splice(0, options[0] !== 1 && (said < 2 || said > options.length) ? options.length : said);
		const route = option[0] === 7 && option.length >= 3;
		const at = option[2]! - 1;
		if (route && at >= 3 && at + 4 <= option.length) {
			for (const [i, shift] of [24, 16, 8, 0].entries()) option[at + i] = (own >> shift) & 255;
			option[2] = at + 5;
		}
		out.push(...(route ? option : option.map(() => 1)));
	}
	return [...out, ...options];
}

export function icmpEchoReply(view: DataView, at: number): void {
	const source = read32(take(view, at + 16, 4), 0);
	const header = (take(view, at, 1)[0]! & 15) * 4;
	const end = at + read16(take(view, at + 2, 2), 0);
	put(view, at + 16, take(view, at + 12, 4));
	setBig32(view, at + 12, source);
	put(view, at + 8, [64]);
	put(view, at + 20, answered([...take(view, at + 20, header - 20)], source));
	checksumAt(view, at + 10, at, at + header);
	const right = onesSum(take(view, at + header, end - at - header)) === 0xffff;
	put(view, at + header, [0]);
	// What the device let pass with a wrong checksum leaves with one that is as wrong. RFC 1624.
	if (right) checksumAt(view, at + header + 2, at + header, end);
	else setBig16(view, at + header + 2, onesSum([8, 0, ...take(view, at + header + 2, 2)]));
}

export function ttlDecrement(view: DataView, at: number): void {
	put(view, at + 8, [(take(view, at + 8, 1)[0]! - 1) & 255]);
	checksumAt(view, at + 10, at, at + (take(view, at, 1)[0]! & 15) * 4);
}

export function countSent(view: DataView, at: number, end: number, block: number): void {
	take(view, block, InterfaceBlock.bytes);
	take(view, at, end - at);
	addCounter(view, block + INTERFACE.txPackets, 1);
	addCounter(view, block + INTERFACE.txBytes, end - at);
}

export function ethernetHeader(view: DataView, at: number, prepared: number, block: number, end: number): number {
	put(view, at - 14, take(view, prepared, 14));
	countSent(view, at - 14, end, block);
	return at - 14;
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

/** HalfSipHash-2-4 of twelve bytes, as its authors describe SipHash: words of 32 bits, rounds over the four words of the state. */
export function halfSipHash(k0: number, k1: number, ...message: number[]): number {
	const word32 = (value: bigint) => value & 0xffffffffn;
	const rotate = (value: bigint, by: bigint) => word32((value << by) | (value >> (32n - by)));
	const big = (value: number) => BigInt(value >>> 0);
	let [a, b, c, d] = [big(k0), big(k1), 0x6c796765n ^ big(k0), 0x74656462n ^ big(k1)];
	const rounds = (count: number) => {
		for (let i = 0; i < count; i++) {
			a = word32(a + b);
			b = rotate(b, 5n) ^ a;
			a = rotate(a, 16n);
			c = word32(c + d);
			d = rotate(d, 8n) ^ c;
			a = word32(a + d);
			d = rotate(d, 7n) ^ a;
			c = word32(c + b);
			b = rotate(b, 13n) ^ c;
			c = rotate(c, 16n);
		}
	};
	// The last word carries the message's length in its highest byte.
	for (const word of [...message.map(big), BigInt(4 * message.length) << 24n]) {
		d ^= word;
		rounds(2);
		a ^= word;
	}
	c ^= 0xffn;
	rounds(4);
	return Number(b ^ d) | 0;
}
