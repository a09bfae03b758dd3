// Van Jacobson's header compression: what goes in comes out, how small it gets, what is left alone, and what follows an error.

import { describe, expect, it } from "vitest";
import { vjCompress, vjDecompress } from "#codec";
import {
	slipMark,
	slipType,
	VJ_COMPRESSED_TCP,
	VJ_IP,
	VJ_UNCOMPRESSED_TCP,
	vjBytes,
	vjReset,
	vjToss,
} from "../../../src/wire/vj.ts";
import { envNumber } from "../../support/env.ts";
import { Prng } from "../../support/prng.ts";
import { checksumsRight, Conversation, segmentBytes, type Segment } from "../../support/tcp-headers.ts";

const SEED = envNumber("SEED", 20261124);
const AT = 1024;

interface Sent {
	type: number;
	bytes: Uint8Array;
}

/** A compressor and a decompressor, each with a memory of its own. */
class Line {
	readonly #out: Uint8Array;
	readonly #in: Uint8Array;
	readonly #state: number;

	constructor(slots = 16, compressId = true, peerSlots = slots) {
		this.#state = 4096;
		this.#out = new Uint8Array(this.#state + vjBytes(slots));
		this.#in = new Uint8Array(this.#state + vjBytes(peerSlots));
		vjReset(new DataView(this.#out.buffer), this.#state, slots, compressId);
		vjReset(new DataView(this.#in.buffer), this.#state, peerSlots, compressId);
	}

	send(packet: Uint8Array): Sent {
		this.#out.set(packet, AT);
		const answer = vjCompress(new DataView(this.#out.buffer), this.#state, AT, AT + packet.length);
		return { type: answer & 3, bytes: this.#out.slice(answer >> 2, AT + packet.length) };
	}

	/** Answers the packet, or undefined. */
	receive({ type, bytes }: Sent, before = 128, behind = 128): Uint8Array | undefined {
		this.#in.set(bytes, AT);
		const end = AT + bytes.length;
		const start = vjDecompress(new DataView(this.#in.buffer), this.#state, type, AT, end, AT - before, end + behind);
		if (start < 0) return undefined;
		expect(start).toBeGreaterThanOrEqual(AT - before);
		const length = (this.#in[start + 2]! << 8) | this.#in[start + 3]!;
		if (type === VJ_COMPRESSED_TCP) expect(start + length).toBeLessThanOrEqual(end + behind);
		return this.#in.slice(start, start + length);
	}

	toss(): void {
		vjToss(new DataView(this.#in.buffer), this.#state);
	}

	pass(packet: Uint8Array): number {
		const sent = this.send(packet);
		expect(this.receive(sent)).toEqual(packet);
		return sent.type;
	}
}

function segment(changes: Partial<Segment> = {}): Segment {
	return {
		source: 0x0a000001,
		destination: 0x0a000002,
		ports: (5000 << 16) | 80,
		seq: 1000,
		ack: 2000,
		flags: 0x10,
		window: 4096,
		urgent: 0,
		id: 7,
		ttl: 64,
		tos: 0,
		options: [],
		ipOptions: [],
		data: [],
		...changes,
	};
}

/** Sends two packets, the second with these changes. Answers the second's type and how long its compressed header is. */
function second(changes: Partial<Segment>, first: Partial<Segment> = {}): { type: number; header: number } {
	const line = new Line();
	expect(line.pass(segmentBytes(segment(first)))).toBe(VJ_UNCOMPRESSED_TCP);
	const packet = segmentBytes(segment({ id: 8, ...first, ...changes }));
	const sent = line.send(packet);
	expect(line.receive(sent)).toEqual(packet);
	return { type: sent.type, header: sent.bytes.length - (changes.data ?? first.data ?? []).length };
}

const compressed = (header: number) => ({ type: VJ_COMPRESSED_TCP, header });
const DATA = new Uint8Array(100).fill(65);

describe("header compression", () => {
	it("takes three bytes for a stream of data, and for an echo", () => {
		expect(second({ data: DATA, seq: 1100 }, { data: DATA, id: 7 })).toMatchObject({ type: VJ_COMPRESSED_TCP });
		expect(second({ data: DATA, seq: 1100, id: 8 }, { data: DATA })).toEqual(compressed(3));
		expect(second({ data: [1], seq: 1001, ack: 2001, id: 8 }, { data: [2] })).toEqual(compressed(3));
	});

	it.each([
		["an acknowledgement of 1 to 255", { ack: 2255 }, 4],
		["one of 256 to 65,535", { ack: 2000 + 65535 }, 6],
		["a window", { window: 4097 }, 4],
		["a smaller window", { window: 4095 }, 6],
		["an identification", { ack: 2001, id: 9 }, 5],
		["the same identification", { ack: 2001, id: 7 }, 7],
		["urgent data", { flags: 0x30, urgent: 1, data: [1] }, 4],
		["urgent data of 0", { flags: 0x30, urgent: 0, data: [1] }, 6],
		["as much as can be", { flags: 0x18, window: 5000, ack: 3000, seq: 2000, id: 5000 }, 15],
		["PUSH", { flags: 0x18, data: [1] }, 3],
	])("takes few bytes for %s", (_name, changes, header) => {
		expect(second(changes)).toEqual(compressed(header));
	});

	it.each([
		["an acknowledgement of 65,536", { ack: 2000 + 65536 }],
		["one that goes back", { ack: 1999 }],
		["data that goes back", { seq: 999 }],
		["a retransmitted acknowledgement", {}],
		["another TTL", { ttl: 63, ack: 2001 }],
		["another TOS", { tos: 4, ack: 2001 }],
		["ECN", { flags: 0x50, ack: 2001 }],
		["options that were not there", { options: [1, 1, 1, 0], ack: 2001 }],
		["an urgent pointer without its flag", { urgent: 5, ack: 2001 }],
		["changes that look like a special case", { flags: 0x30, urgent: 1, window: 4097, seq: 1001 }],
	] as [string, Partial<Segment>][])("sends %s uncompressed", (_name, changes) => {
		expect(second(changes)).toEqual({ type: VJ_UNCOMPRESSED_TCP, header: 40 + (changes.options?.length ?? 0) });
	});

	it("sends a retransmission uncompressed, and the end of urgent data without a special case", () => {
		expect(second({}, { data: DATA }).type).toBe(VJ_UNCOMPRESSED_TCP);
		expect(second({ flags: 0x10, seq: 1100, urgent: 0 }, { flags: 0x30, data: DATA }).header).toBeGreaterThan(-97);
		const { type, header } = second({ flags: 0x10, seq: 1100, urgent: 0, data: DATA, id: 8 }, { flags: 0x30, data: DATA });
		expect([type, header]).toEqual([VJ_COMPRESSED_TCP, 4]);
	});

	it.each([
		["SYN", segmentBytes(segment({ flags: 0x12 }))],
		["FIN", segmentBytes(segment({ flags: 0x11 }))],
		["RST", segmentBytes(segment({ flags: 0x14 }))],
		["no ACK", segmentBytes(segment({ flags: 0 }))],
		["padding behind it", new Uint8Array([...segmentBytes(segment()), 0])],
		["half a header", segmentBytes(segment()).slice(0, 39)],
		["nothing", new Uint8Array(0)],
	])("leaves alone a packet with %s", (_name, packet) => {
		const line = new Line();
		expect(line.send(packet)).toEqual({ type: VJ_IP, bytes: packet });
	});

	it("leaves alone fragments, other versions and other protocols", () => {
		for (const [at, value] of [
			[6, 0x20],
			[7, 1],
			[0, 0x65],
			[9, 17],
			[0, 0x44],
		] as const) {
			const packet = segmentBytes(segment());
			packet[at] = value;
			expect(new Line().send(packet)).toEqual({ type: VJ_IP, bytes: packet });
		}
	});

	it("names the slot when it must: another connection, or always", () => {
		const packet = (ports: number, n: number) => segmentBytes(segment({ ports, ack: 2000 + n, id: 7 + n }));
		const line = new Line(2);
		line.pass(packet(1, 0));
		line.pass(packet(2, 0));
		expect(line.send(packet(1, 1)).bytes.length).toBe(5);
		expect(line.send(packet(1, 2)).bytes.length).toBe(4);
		const always = new Line(2, false);
		always.pass(packet(1, 0));
		expect(always.send(packet(1, 1)).bytes.length).toBe(5);
		expect(always.send(packet(1, 2)).bytes.length).toBe(5);
	});

	it("gives the slot that was not used for longest to a new connection", () => {
		for (const slots of [1, 2, 16, 256]) {
			const line = new Line(slots);
			const packet = (ports: number, n: number) => segmentBytes(segment({ ports, ack: 2000 + n, id: 7 + n }));
			for (let i = 0; i < slots; i++) expect(line.pass(packet(i, 0))).toBe(VJ_UNCOMPRESSED_TCP);
			expect(line.pass(packet(0, 1))).toBe(VJ_COMPRESSED_TCP);
			expect(line.pass(packet(1000, 0))).toBe(VJ_UNCOMPRESSED_TCP);
			if (slots > 2) expect(line.pass(packet(0, 2))).toBe(VJ_COMPRESSED_TCP);
			if (slots > 1) expect(line.pass(packet(1, 1))).toBe(VJ_UNCOMPRESSED_TCP);
		}
	});

	it("passes every header there is, up to 120 bytes, and moves data when there is no room before it", () => {
		const ones = Array.from({ length: 40 }, () => 1);
		for (const ipOptions of [[], ones]) {
			for (const options of [[], ones]) {
				for (const before of [0, 1, 36, 37, 128]) {
					const line = new Line();
					line.pass(segmentBytes(segment({ ipOptions, options })));
					const packet = segmentBytes(segment({ ipOptions, options, seq: 1001, id: 8, data: DATA }));
					const sent = line.send(packet);
					expect(sent.type).toBe(VJ_COMPRESSED_TCP);
					expect(line.receive(sent, before)).toEqual(packet);
				}
			}
		}
	});

	it("refuses what has not room enough, by one byte", () => {
		const packet = segmentBytes(segment({ ack: 2001, id: 8, data: [1, 2, 3] }));
		for (const missing of [0, 1]) {
			const line = new Line();
			line.pass(segmentBytes(segment()));
			const sent = line.send(packet);
			const room = packet.length - sent.bytes.length - missing;
			expect(line.receive(sent, 10, room - 10)).toEqual(missing === 0 ? packet : undefined);
		}
	});

	it("tosses what comes behind an error until a packet names its slot", () => {
		const line = new Line();
		const packet = (n: number, ports = 1) => segmentBytes(segment({ ports, ack: 2000 + n, id: 7 + n }));
		line.pass(packet(0));
		line.pass(packet(0, 2));
		line.pass(packet(1));
		line.toss();
		expect(line.receive(line.send(packet(2)))).toBe(undefined);
		expect(line.receive(line.send(packet(3)))).toBe(undefined);
		// Explicit: of another connection, and then of the first, whose numbers are wrong, which TCP's checksum tells.
		expect(line.receive(line.send(packet(1, 2)))).toEqual(packet(1, 2));
		expect(checksumsRight(line.receive(line.send(packet(4)))!)).toBe(false);
		// A retransmission goes uncompressed and mends it.
		expect(line.pass(packet(4))).toBe(VJ_UNCOMPRESSED_TCP);
		expect(line.pass(packet(5))).toBe(VJ_COMPRESSED_TCP);
	});

	it("refuses slots that it has not, slots that were never filled, and headers that break off", () => {
		const line = new Line(16, true, 4);
		for (let i = 0; i < 4; i++) line.pass(segmentBytes(segment({ ports: i })));
		expect(line.receive(line.send(segmentBytes(segment({ ports: 4 }))))).toBe(undefined);
		const receive = (type: number, ...bytes: number[]) => new Line().receive({ type, bytes: new Uint8Array(bytes) });
		expect(receive(VJ_COMPRESSED_TCP, 0x40, 3, 1, 2)).toBe(undefined);
		expect(receive(VJ_COMPRESSED_TCP)).toBe(undefined);
		expect(receive(VJ_UNCOMPRESSED_TCP, 0x45)).toBe(undefined);
		expect(receive(3, 0x45)).toBe(undefined);
		for (let length = 0; length < 15; length++) {
			const broken = new Line();
			broken.pass(segmentBytes(segment()));
			const sent = broken.send(segmentBytes(segment({ flags: 0x18, window: 5000, ack: 3000, seq: 2000, id: 5000 })));
			expect(sent.bytes.length).toBe(15);
			expect(broken.receive({ type: sent.type, bytes: sent.bytes.slice(0, length) })).toBe(undefined);
		}
	});

	it("refuses an uncompressed packet whose IP checksum is wrong", () => {
		const line = new Line();
		const sent = line.send(segmentBytes(segment()));
		sent.bytes[15]! ^= 1;
		expect(line.receive(sent)).toBe(undefined);
	});

	it("passes conversations, whatever they do", () => {
		const prng = new Prng(SEED);
		let small = 0;
		for (let i = 0; i < 20; i++) {
			const line = new Line(prng.between(1, 8), prng.chance(0.5));
			const conversations = [0, 1, 2, 3].map(() => new Conversation(prng));
			for (let n = 0; n < 60; n++) if (line.pass(prng.pick(conversations).next()) === VJ_COMPRESSED_TCP) small++;
		}
		expect(small).toBeGreaterThan(500);
	});

	it("delivers no wrong packet with right checksums when frames are lost and the line tells", () => {
		const prng = new Prng(SEED + 1);
		let passed = 0;
		for (let i = 0; i < 20; i++) {
			const line = new Line(4);
			const conversations = [0, 1].map(() => new Conversation(prng));
			const sent = new Set<string>();
			// Connection, place and data. No checksum covers TTL and identification, and numbers that were missed may add up to nothing.
			const known = (packet: Uint8Array) => {
				const tcp = (packet[0]! & 15) * 4;
				const data = tcp + (packet[tcp + 12]! >> 4) * 4;
				return [packet.slice(12, 20), packet.slice(tcp, tcp + 8), packet.slice(data)].join();
			};
			for (let n = 0; n < 100; n++) {
				const packet = prng.pick(conversations).next();
				sent.add(known(packet));
				const frame = line.send(packet);
				if (prng.chance(0.1)) {
					line.toss();
					continue;
				}
				const got = line.receive(frame);
				if (got === undefined || !checksumsRight(got)) continue;
				expect(sent.has(known(got))).toBe(true);
				passed++;
			}
		}
		expect(passed).toBeGreaterThan(500);
	});

	it("tells the types on SLIP by the first octet", () => {
		for (const [type, octet, marked] of [
			[VJ_IP, 0x45, 0x45],
			[VJ_UNCOMPRESSED_TCP, 0x45, 0x75],
			[VJ_UNCOMPRESSED_TCP, 0x4f, 0x7f],
			[VJ_COMPRESSED_TCP, 0x0b, 0x8b],
			[VJ_COMPRESSED_TCP, 0x7f, 0xff],
		] as const) {
			const view = new DataView(new ArrayBuffer(4));
			view.setUint8(1, octet);
			slipMark(view, 1, type);
			expect(view.getUint8(1)).toBe(marked);
			expect(slipType(view, 1)).toBe(type);
			if (type !== VJ_COMPRESSED_TCP) expect(view.getUint8(1)).toBe(octet);
		}
		const line = new Line();
		line.pass(segmentBytes(segment()));
		const packet = segmentBytes(segment({ ack: 2001, id: 8 }));
		const sent = line.send(packet);
		sent.bytes[0]! |= 0x80;
		expect(line.receive(sent)).toEqual(packet);
	});

	it("refuses numbers of slots that there are not, and places outside of the memory", () => {
		const view = new DataView(new ArrayBuffer(vjBytes(4)));
		for (const slots of [0, -1, 257, 5]) expect(() => vjReset(view, 0, slots, true)).toThrow(RangeError);
		expect(() => vjReset(view, 1, 4, true)).toThrow(RangeError);
		expect(() => vjCompress(view, 0, 0, 10)).toThrow(RangeError);
		vjReset(view, 0, 4, true);
		expect(() => vjCompress(view, 0, 0, vjBytes(4) + 1)).toThrow(RangeError);
		expect(() => vjDecompress(view, 0, VJ_IP, 10, 20, 11, 30)).toThrow(RangeError);
		expect(() => vjDecompress(view, 0, VJ_IP, 10, 20, 0, 19)).toThrow(RangeError);
	});
});
