// HDLC and SLIP framing against frames that support/serial-frames.ts makes: what is taken, what is refused and counted, and every limit.

import { describe, expect, it } from "vitest";
import { framingReset, framingSpoil, hdlcDecode, hdlcEncode, slipDecode, slipEncode } from "#codec";
import { FramingBlock } from "../../../src/packet/framing-block.ts";
import * as hdlc from "../../../src/wire/hdlc.ts";
import * as slip from "../../../src/wire/slip.ts";
import { envNumber } from "../../support/env.ts";
import { Prng } from "../../support/prng.ts";
import { hdlcFrame, slipFrame, stuff } from "../../support/serial-frames.ts";

const SEED = envNumber("SEED", 20261124);
const LOST = -1;
/** Places in the memory. */
const STATE = 64;
const IN = 1024;
const TO = 8192;
const RING = 16384;
/** Where these lie in the FramingBlock. */
const AT = FramingBlock.offsets;

type Kind = "HDLC" | "SLIP";

/** A decoder, and what it has found: numbers of lost frames as LOST, others as protocol and bytes. */
class Decoder {
	readonly bytes = new Uint8Array(32768);
	readonly view = new DataView(this.bytes.buffer);
	readonly kind: Kind;
	max: number;

	constructor(kind: Kind, { max = 1500, accm = 0 } = {}) {
		this.kind = kind;
		this.max = max;
		this.bytes.fill(0xee, TO);
		framingReset(this.view, STATE);
		this.view.setInt32(STATE + AT.receiveAccm, accm, true);
	}

	/** Feeds the octets in spans of the lengths that `cut` answers. */
	feed(octets: ArrayLike<number>, cut = () => 1_000_000): (number | number[])[] {
		const found: (number | number[])[] = [];
		for (let at = 0; at < octets.length;) {
			const span = Array.from(octets).slice(at, at + Math.min(cut(), 6000));
			this.bytes.set(span, IN);
			at += span.length;
			let from = IN;
			while (from < IN + span.length) {
				const decode = this.kind === "HDLC" ? hdlcDecode : slipDecode;
				const taken = decode(this.view, STATE, this.view, from, IN + span.length - from, TO, this.max);
				const result = this.view.getInt32(STATE + AT.result, true);
				expect(taken).toBeGreaterThan(0);
				from += taken;
				if (result === 0) expect(from).toBe(IN + span.length);
				else if (result === LOST) found.push(LOST);
				else {
					const length = this.kind === "HDLC" ? result & 0xffff : result;
					const protocol = this.kind === "HDLC" ? [(result >> 16) & 0xffff] : [];
					found.push([...protocol, ...this.bytes.subarray(TO, TO + length)]);
				}
			}
		}
		expect(this.bytes.subarray(TO + this.max, TO + this.max + 16).every((byte) => byte === 0xee)).toBe(true);
		return found;
	}

	counts(): Record<string, number> {
		const word = (at: number) => this.view.getInt32(STATE + at, true);
		const all: Record<string, number> = {
			badFcs: word(AT.badFcs),
			aborts: word(AT.aborts),
			tooLong: word(AT.tooLong),
			tooShort: word(AT.tooShort),
			badHeader: word(AT.badHeader),
		};
		return Object.fromEntries(Object.entries(all).filter(([, count]) => count !== 0));
	}
}

const seq = (length: number, from = 0) => Array.from({ length }, (_, i) => (from + i) & 255);

describe("HDLC, decoding", () => {
	it.each([
		["whole", [0xff, 3, 0, 0x21], 0x21],
		["without address and control", [0, 0x21], 0x21],
		["with a protocol of one octet", [0xff, 3, 0x21], 0x21],
		["with nothing but one octet", [0x21], 0x21],
		["of LCP", [0xff, 3, 0xc0, 0x21], 0xc021],
		["of LCP without address and control", [0xc0, 0x21], 0xc021],
		["of the highest protocol", [0xff, 3, 0xfe, 0xff], 0xfeff],
	])("takes a header %s", (_name, header, protocol) => {
		for (const length of [0, 1, 2, 7, 8, 9, 500, 1500]) {
			for (const accm of [0, -1]) {
				const decoder = new Decoder("HDLC");
				expect(decoder.feed(hdlcFrame(header, seq(length), accm))).toEqual([[protocol, ...seq(length)]]);
				expect(decoder.counts()).toEqual({});
			}
		}
	});

	it("takes every octet at every place in a word, plain or escaped", () => {
		const decoder = new Decoder("HDLC");
		for (let place = 0; place < 9; place++) {
			for (let octet = 0; octet < 256; octet++) {
				const information = Array.from({ length: 24 }, () => 0x41);
				information[8 + place] = octet;
				for (const accm of [0, -1]) {
					const found = decoder.feed(hdlcFrame([0x21], information, accm));
					expect(found, `octet ${octet} at ${place}`).toEqual([[0x21, ...information]]);
				}
			}
		}
	});

	it("takes what is cut anywhere", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < 50; i++) {
			const frames = [0, 1, 2].map(() => Array.from(prng.bytes(prng.below(60))));
			const stream = frames.flatMap((frame) => hdlcFrame([0xff, 3, 0, 0x21], frame, prng.pick([0, -1])));
			expect(new Decoder("HDLC").feed(stream, () => prng.between(1, 9))).toEqual(frames.map((frame) => [0x21, ...frame]));
		}
	});

	it("needs one flag between frames, and does not mind more", () => {
		const frame = hdlcFrame([0x21], seq(5, 65), 0);
		const decoder = new Decoder("HDLC");
		expect(decoder.feed([...frame, ...frame.slice(1), 0x7e, 0x7e, 0x7e, ...frame])).toEqual(
			[0, 1, 2].map(() => [0x21, ...seq(5, 65)]),
		);
		expect(decoder.counts()).toEqual({});
	});

	it("takes information of the largest length, and no octet more", () => {
		for (const max of [0, 1, 7, 8, 100, 1500]) {
			for (const over of [0, 1, 2, 3, 40]) {
				const decoder = new Decoder("HDLC", { max });
				const wanted = over === 0 ? [0x21, ...seq(max)] : LOST;
				const good = hdlcFrame([0x21], [], 0);
				expect(decoder.feed([...hdlcFrame([0xff, 3, 0, 0x21], seq(max + over), 0), ...good])).toEqual([wanted, [0x21]]);
				expect(decoder.counts()).toEqual(over === 0 ? {} : { tooLong: 1 });
			}
		}
	});

	it("loses every frame with one wrong bit", () => {
		const frame = hdlcFrame([0xff, 3, 0, 0x21], seq(30, 60), 0);
		for (let bit = 8; bit < (frame.length - 1) * 8; bit++) {
			const wrong = [...frame];
			wrong[bit >> 3]! ^= 1 << (bit & 7);
			const decoder = new Decoder("HDLC");
			const found = decoder.feed([...wrong, ...frame]);
			expect(found.at(-1)).toEqual([0x21, ...seq(30, 60)]);
			expect(
				found.slice(0, -1).every((one) => one === LOST),
				`bit ${bit}`,
			).toBe(true);
		}
	});

	it("counts a frame that was aborted", () => {
		const decoder = new Decoder("HDLC");
		expect(decoder.feed([0x7e, 0xff, 3, 0, 0x21, 1, 2, 0x7d, 0x7e, 0x7d, 0x7e, ...hdlcFrame([0x21], [9])])).toEqual([
			LOST,
			LOST,
			[0x21, 9],
		]);
		expect(decoder.counts()).toEqual({ aborts: 2 });
	});

	it("counts frames without room for an FCS as too short", () => {
		for (const body of [[0x21], [0xff], [0xff, 3], [0xff, 3, 0], [0xff, 3, 0, 0x21], [0x21, 0xff], [0, 0x21, 1]]) {
			const decoder = new Decoder("HDLC");
			expect(decoder.feed([0x7e, ...stuff(body), 0x7e])).toEqual([LOST]);
			expect(decoder.counts()).toEqual({ tooShort: 1 });
		}
	});

	it("refuses other addresses, controls, and protocols that are none", () => {
		for (const header of [
			[0xff, 0x13, 0, 0x21],
			[0xff, 3, 0, 0x20],
			[0, 0x20],
		]) {
			const decoder = new Decoder("HDLC");
			expect(decoder.feed(hdlcFrame(header, seq(20)))).toEqual([LOST]);
			expect(decoder.counts()).toEqual({ badHeader: 1 });
		}
	});

	it("drops the control characters of the map that come unescaped, even within an escape", () => {
		const accm = (1 << 0x11) | (1 << 0x13);
		const frame = hdlcFrame([0xff, 3, 0, 0x21], seq(64), accm);
		const noisy = frame.flatMap((octet) => [0x11, octet, 0x13]);
		expect(new Decoder("HDLC", { accm }).feed(noisy)).toEqual([[0x21, ...seq(64)]]);
		expect(new Decoder("HDLC", { accm: 1 << 0x11 }).feed(noisy).every((one) => one === LOST)).toBe(true);
	});

	it("loses a frame that was spoiled, once", () => {
		const decoder = new Decoder("HDLC");
		const frame = hdlcFrame([0x21], seq(10));
		expect(decoder.feed(frame.slice(0, 8))).toEqual([]);
		framingSpoil(decoder.view, STATE);
		expect(decoder.feed([...frame.slice(8), ...frame])).toEqual([LOST, [0x21, ...seq(10)]]);
		expect(decoder.counts()).toEqual({});
	});

	it("refuses places outside of the memory, and more than a length can say", () => {
		const { view } = new Decoder("HDLC");
		for (const args of [
			[-1, IN, 1, TO, 10],
			[32768 - FramingBlock.bytes + 4, IN, 1, TO, 10],
			[STATE, -1, 1, TO, 10],
			[STATE, IN, 40000, TO, 10],
			[STATE, IN, -1, TO, 10],
			[STATE, IN, 1, 32768, 1],
			[STATE, IN, 1, TO, 65536],
		] as [number, number, number, number, number][]) {
			const [state, ...rest] = args;
			expect(() => hdlcDecode(view, state, view, ...rest), String(args)).toThrow(RangeError);
		}
		expect(hdlcDecode(view, 32768 - FramingBlock.bytes, view, IN, 1, 32768, 0)).toBe(1);
	});
});

/** Encodes into a ring of 4,096 bytes from `offset` on; answers what was written, or undefined when it did not fit. */
function encoded(
	kind: Kind,
	bytes: ArrayLike<number>,
	{ offset = 0, room = 4096, protocol = 0x21, accm = 0, flags = 0, size = 4096 } = {},
): number[] | undefined {
	const memory = new Uint8Array(32768).fill(0xee);
	const view = new DataView(memory.buffer);
	memory.set(bytes, IN);
	const end = IN + bytes.length;
	const used =
		kind === "HDLC"
			? hdlcEncode(view, IN, end, view, RING, size, offset, room, protocol, accm, flags)
			: slipEncode(view, IN, end, view, RING, size, offset, room, flags);
	expect(memory.subarray(RING - 16, RING).every((byte) => byte === 0xee)).toBe(true);
	expect(memory.subarray(RING + size, RING + size + 16).every((byte) => byte === 0xee)).toBe(true);
	const beyond = Math.min(size, room);
	for (let i = beyond; i < size; i++)
		if (memory[RING + ((offset + i) & (size - 1))] !== 0xee) expect.fail(`byte ${i} beyond the room`);
	return used === 0 ? undefined : Array.from({ length: used }, (_, i) => memory[RING + ((offset + i) & (size - 1))]!);
}

describe("HDLC, encoding", () => {
	it("escapes flag, escape and the characters of the map, at every place in a word", () => {
		for (const accm of [0, -1, 1 << 0x11, 1 << 31]) {
			for (let place = 0; place < 9; place++) {
				for (let octet = 0; octet < 256; octet++) {
					const information = Array.from({ length: 24 }, () => 0x41);
					information[8 + place] = octet;
					const wanted = hdlcFrame([0xff, 3, 0, 0x21], information, accm);
					expect(encoded("HDLC", information, { accm, offset: octet, size: 128, room: 128 })).toEqual(wanted);
				}
			}
		}
	});

	it.each([
		["nothing", 0, [0xff, 3, 0, 0x21]],
		["address and control", hdlc.NO_ADDRESS, [0, 0x21]],
		["the protocol", hdlc.NO_PROTOCOL_HIGH, [0xff, 3, 0x21]],
		["both", hdlc.NO_ADDRESS | hdlc.NO_PROTOCOL_HIGH, [0x21]],
	])("compresses %s", (_name, flags, header) => {
		expect(encoded("HDLC", seq(50), { flags })).toEqual(hdlcFrame(header, seq(50), 0));
		expect(encoded("HDLC", seq(50), { flags: flags | hdlc.NO_OPENING_FLAG })).toEqual(hdlcFrame(header, seq(50), 0).slice(1));
		const long = [...header.slice(0, flags & hdlc.NO_ADDRESS ? 0 : 2), 0x80, 0x57];
		expect(encoded("HDLC", [], { flags, protocol: 0x8057 })).toEqual(hdlcFrame(long, [], 0));
		expect(encoded("HDLC", seq(50), { flags, protocol: 0xc021 })).toEqual(hdlcFrame([0xff, 3, 0xc0, 0x21], seq(50), -1));
	});

	it("fits exactly or not at all, wherever the ring ends", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < 400; i++) {
			const information = Array.from(prng.bytes(prng.below(100)));
			const accm = prng.pick([0, -1]);
			const wanted = hdlcFrame([0xff, 3, 0, 0x21], information, accm);
			const offset = prng.next();
			expect(encoded("HDLC", information, { accm, offset, size: 256, room: wanted.length })).toEqual(wanted);
			expect(encoded("HDLC", information, { accm, offset, size: 256, room: wanted.length - 1 })).toBe(undefined);
			expect(encoded("HDLC", information, { accm, offset, size: 256, room: prng.below(wanted.length) })).toBe(undefined);
		}
	});

	it("refuses rings that are none", () => {
		const view = new DataView(new ArrayBuffer(2048));
		for (const [ring, size, room] of [
			[0, 0, 0],
			[0, 100, 100],
			[0, 128, 129],
			[0, 128, -1],
			[-1, 128, 128],
			[1924, 128, 128],
		] as const) {
			expect(() => hdlcEncode(view, 0, 1, view, ring, size, 0, room, 0x21, 0, 0)).toThrow(RangeError);
			expect(() => slipEncode(view, 0, 1, view, ring, size, 0, room, 0)).toThrow(RangeError);
		}
		expect(() => hdlcEncode(view, 2000, 2049, view, 0, 128, 0, 128, 0x21, 0, 0)).toThrow(RangeError);
		expect(() => slipEncode(view, 2, 1, view, 0, 128, 0, 128, 0)).toThrow(RangeError);
	});
});

describe("SLIP", () => {
	it("takes every byte at every place in a word", () => {
		const decoder = new Decoder("SLIP");
		for (let place = 0; place < 9; place++) {
			for (let byte = 0; byte < 256; byte++) {
				const packet = Array.from({ length: 24 }, () => 0x41);
				packet[8 + place] = byte;
				expect(decoder.feed(slipFrame(packet)), `byte ${byte} at ${place}`).toEqual([packet]);
				expect(encoded("SLIP", packet, { offset: byte, size: 64, room: 64 })).toEqual(slipFrame(packet));
			}
		}
		expect(decoder.counts()).toEqual({});
	});

	it("takes what is cut anywhere, and skips what is empty", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < 50; i++) {
			const packets = [0, 1, 2].map(() => Array.from(prng.bytes(prng.between(1, 60)), (byte) => (byte & 3 ? byte : 0xc0)));
			const stream = packets.flatMap((packet) => [...slipFrame(packet), 0xc0]);
			expect(new Decoder("SLIP").feed(stream, () => prng.between(1, 9))).toEqual(packets);
		}
	});

	it("takes packets of the largest length, and no byte more", () => {
		for (const max of [1, 7, 8, 100, 1500]) {
			for (const over of [0, 1, 2, 40]) {
				const decoder = new Decoder("SLIP", { max });
				const wanted = over === 0 ? seq(max, 1) : LOST;
				expect(decoder.feed([...slipFrame(seq(max + over, 1)), ...slipFrame([5])])).toEqual([wanted, [5]]);
				expect(decoder.counts()).toEqual(over === 0 ? {} : { tooLong: 1 });
			}
		}
	});

	it("leaves alone a byte that has no business behind ESC, as RFC 1055 suggests", () => {
		expect(new Decoder("SLIP").feed([0xc0, 1, 0xdb, 2, 0xdb, 0xdb, 3, 0xc0])).toEqual([[1, 2, 0xdb, 3]]);
	});

	it("loses the packet that ends within an escape, and not the next", () => {
		const decoder = new Decoder("SLIP");
		expect(decoder.feed([0xc0, 1, 2, 0xdb, 0xc0, 3, 0xc0])).toEqual([LOST, [3]]);
		expect(decoder.counts()).toEqual({ aborts: 1 });
	});

	it("loses a packet that was spoiled, once", () => {
		const decoder = new Decoder("SLIP");
		expect(decoder.feed([0xc0, 1, 2])).toEqual([]);
		framingSpoil(decoder.view, STATE);
		expect(decoder.feed([4, 0xc0, 5, 0xc0])).toEqual([LOST, [5]]);
	});

	it("fits exactly or not at all, wherever the ring ends", () => {
		const prng = new Prng(SEED);
		for (let i = 0; i < 400; i++) {
			const packet = Array.from(prng.bytes(prng.below(100)), (byte) => (byte & 7 ? byte : 0xdb));
			const wanted = slipFrame(packet);
			const offset = prng.next();
			const bare = { flags: slip.NO_FIRST_END, offset, size: 256 };
			expect(encoded("SLIP", packet, { offset, size: 256, room: wanted.length })).toEqual(wanted);
			expect(encoded("SLIP", packet, { ...bare, room: wanted.length - 1 })).toEqual(wanted.slice(1));
			expect(encoded("SLIP", packet, { offset, size: 256, room: wanted.length - 1 })).toBe(undefined);
			expect(encoded("SLIP", packet, { offset, size: 256, room: prng.below(wanted.length) })).toBe(undefined);
		}
	});
});
