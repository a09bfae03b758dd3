// TCP segments of conversations as they come up, whole IP packets with right checksums, for header compression. Shares nothing with src/.

import type { Prng } from "./prng.ts";

function sum(bytes: ArrayLike<number>, from: number, to: number, initial = 0): number {
	let total = initial;
	for (let i = from; i < to; i += 2) total += (bytes[i]! << 8) | (i + 1 < to ? bytes[i + 1]! : 0);
	while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
	return total;
}

export interface Segment {
	source: number;
	destination: number;
	ports: number;
	seq: number;
	ack: number;
	flags: number;
	window: number;
	urgent: number;
	id: number;
	ttl: number;
	tos: number;
	options: number[];
	ipOptions: number[];
	data: ArrayLike<number>;
}

/** The IP packet. Lengths of options: multiples of four. */
export function segmentBytes(s: Segment): Uint8Array<ArrayBuffer> {
	const ip = 20 + s.ipOptions.length;
	const header = ip + 20 + s.options.length;
	const bytes = new Uint8Array(header + s.data.length);
	const view = new DataView(bytes.buffer);
	view.setUint8(0, 0x40 | (ip >> 2));
	view.setUint8(1, s.tos);
	view.setUint16(2, bytes.length);
	view.setUint16(4, s.id);
	view.setUint16(6, 0x4000);
	view.setUint8(8, s.ttl);
	view.setUint8(9, 6);
	view.setInt32(12, s.source);
	view.setInt32(16, s.destination);
	bytes.set(s.ipOptions, 20);
	view.setUint16(10, ~sum(bytes, 0, ip) & 0xffff);
	view.setInt32(ip, s.ports);
	view.setInt32(ip + 4, s.seq);
	view.setInt32(ip + 8, s.ack);
	view.setUint8(ip + 12, ((20 + s.options.length) >> 2) << 4);
	view.setUint8(ip + 13, s.flags);
	view.setUint16(ip + 14, s.window);
	view.setUint16(ip + 18, s.urgent);
	bytes.set(s.options, ip + 20);
	bytes.set(Array.from(s.data), header);
	const pseudo = sum(bytes, 12, 20) + 6 + (bytes.length - ip);
	view.setUint16(ip + 16, ~sum(bytes, ip, bytes.length, pseudo) & 0xffff);
	return bytes;
}

/** Whether IP and TCP checksums of the packet are right. */
export function checksumsRight(bytes: Uint8Array): boolean {
	const ip = (bytes[0]! & 15) * 4;
	const pseudo = sum(bytes, 12, 20) + 6 + (bytes.length - ip);
	return sum(bytes, 0, ip) === 0xffff && sum(bytes, ip, bytes.length, pseudo) === 0xffff;
}

/** One direction of a TCP connection. */
export class Conversation {
	readonly prng: Prng;
	readonly segment: Segment;

	constructor(prng: Prng) {
		this.prng = prng;
		this.segment = {
			source: 0x0a000001,
			destination: 0x0a000002 + prng.below(3),
			ports: (prng.between(1024, 1030) << 16) | 80,
			seq: prng.pick([prng.next(), -20]),
			ack: prng.pick([prng.next(), -300]),
			flags: 0x10,
			window: prng.below(65536),
			urgent: 0,
			id: prng.below(65536),
			ttl: 64,
			tos: 0,
			options: prng.chance(0.2) ? Array.from(prng.bytes(4 * prng.between(1, 10))) : [],
			ipOptions: prng.chance(0.1) ? Array.from(prng.bytes(4 * prng.between(1, 10))) : [],
			data: [],
		};
	}

	/** The next packet: data, acknowledgements, echoes, windows, retransmissions, and now and then something odd. */
	next(): Uint8Array<ArrayBuffer> {
		const { prng, segment } = this;
		const before = segment.data.length;
		segment.flags = 0x10 | (prng.chance(0.3) ? 8 : 0);
		segment.id = (segment.id + (prng.chance(0.8) ? 1 : prng.below(1000))) & 0xffff;
		const kind = prng.below(8);
		if (kind !== 6) segment.seq = (segment.seq + before) | 0;
		if (kind === 0 || kind === 5) segment.data = [];
		else if (kind < 5) segment.data = prng.bytes(prng.pick([1, 1, 10, 100]));
		if (kind === 1) segment.ack = (segment.ack + before) | 0;
		else if (kind === 0) segment.ack = (segment.ack + prng.pick([1, 255, 256, 536, 65535, 65536])) | 0;
		if (kind === 2 || kind === 5) segment.window = (segment.window + prng.pick([1, -777, 255, 256, 1000])) & 0xffff;
		if (prng.chance(0.03)) {
			segment.flags |= 0x20;
			segment.urgent = prng.pick([0, 1, 256, 65535]);
		}
		if (prng.chance(0.02)) segment.flags |= prng.pick([1, 2, 4, 0x40, 0x80]);
		if (prng.chance(0.02)) segment.ttl = prng.between(1, 255);
		if (prng.chance(0.02)) segment.tos = prng.below(256);
		if (prng.chance(0.05) && segment.options.length > 0) segment.options[prng.below(segment.options.length)] = prng.below(256);
		return segmentBytes(segment);
	}
}
