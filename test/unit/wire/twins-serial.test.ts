// Framing and header compression against the other codec: see twins.test.ts and support/twins/pair.ts. On Node there is but one, and this looks for exceptions.

import { describe, expect, it } from "vitest";
import { FramingBlock } from "../../../src/packet/framing-block.ts";
import { framingReset } from "../../../src/wire/framing.ts";
import { vjBytes, vjReset } from "../../../src/wire/vj.ts";
import type { Prng } from "../../support/prng.ts";
import { hdlcFrame, slipFrame } from "../../support/serial-frames.ts";
import { Conversation } from "../../support/tcp-headers.ts";
import { AGAINST, ARENA, expectBoth, FREE, hostile, OUTPUT, type Pair, ROUNDS, rounds, same } from "../../support/twins/pair.ts";

const STATE = 256;

/** Octets that framing looks at, among others. */
function octets(prng: Prng, length: number): number[] {
	const often = [0x7e, 0x7d, 0xc0, 0xdb, 0xdc, 0xdd, 0x11, 0xff, 3, 0x21, 0, 0x7f, 0x5e];
	const share = prng.pick([0, 0.02, 0.5]);
	return Array.from({ length }, () => (prng.chance(share) ? prng.pick(often) : prng.below(256)));
}

/** Runs a decoder over a stream that is cut at random. */
function decodeStream(prng: Prng, pair: Pair, name: "hdlcDecode" | "slipDecode", state: number, stream: readonly number[]) {
	let outcome = {};
	const max = hostile(prng, prng.pick([0, 1, 20, 200, 700]));
	for (let at = 0; at < stream.length;) {
		const span = stream.slice(at, at + prng.pick([1, 7, 50, 400]));
		at += span.length;
		pair.put(OUTPUT, span);
		for (let from = 0; from < span.length;) {
			const result = same(pair, name, ["view", hostile(prng, state), "view", OUTPUT + from, span.length - from, FREE, max]);
			outcome = result;
			if (result.error !== undefined) return result;
			from += Math.max(1, result.value as number);
		}
	}
	return outcome;
}

describe(`framing against ${AGAINST}`, () => {
	it.each(["hdlcDecode", "slipDecode"] as const)("%s", (name) => {
		const counts = rounds(name, (prng, pair) => {
			const state = STATE + 4 * prng.below(8);
			// Most begin at the beginning, some in a state that nobody made.
			if (prng.chance(0.9)) pair.put(state, new Uint8Array(FramingBlock.bytes));
			pair.each((view) => framingReset(view, state));
			if (name === "hdlcDecode")
				pair.setWord(state + FramingBlock.offsets.receiveAccm, prng.pick([0, -1, 0x000a0000, prng.next()]));
			const stream: number[] = [];
			for (let n = prng.below(4); n >= 0; n--) {
				const bytes = octets(prng, prng.below(300));
				const header = prng.pick([[0xff, 3, 0, 0x21], [0x21], [0xff, 3, 0xc0, 0x21], [0xff], [0, 0x20]]);
				if (name === "slipDecode") stream.push(...slipFrame(bytes));
				else stream.push(...hdlcFrame(header, bytes, prng.pick([0, -1])));
			}
			for (let n = prng.below(3); n > 0; n--)
				stream[prng.below(stream.length)] = prng.pick([0x7e, 0x7d, 0xc0, 0xdb, prng.below(256)]);
			return decodeStream(prng, pair, name, state, prng.chance(0.2) ? octets(prng, 300) : stream);
		});
		expectBoth(counts);
	});

	it.each(["hdlcEncode", "slipEncode"] as const)("%s", (name) => {
		const counts = rounds(name, (prng, pair) => {
			const length = prng.below(400);
			pair.put(OUTPUT, octets(prng, length));
			const size = 1 << prng.between(5, 10);
			// Bytes beyond the room are compared too.
			const room = prng.chance(0.5) ? size : prng.below(size + 1);
			const ring = ["view", hostile(prng, FREE), hostile(prng, size), prng.next(), hostile(prng, room)];
			const args = ["view", hostile(prng, OUTPUT), OUTPUT + length, ...ring];
			if (name === "slipEncode") return same(pair, name, [...args, prng.below(8)]);
			const protocol = prng.pick([0x21, 0xc021, 0x8021, 0x2d, prng.below(65536)]);
			return same(pair, name, [...args, protocol, prng.pick([0, -1, 0x000a0000, prng.next()]), prng.below(8)]);
		});
		expectBoth(counts);
	});
});

describe(`header compression against ${AGAINST}`, () => {
	const COMPRESSOR = 256;
	const DECOMPRESSOR = 256 + 1024;

	it("of conversations, with faults on the way", () => {
		let compressed = 0;
		const counts = rounds("vj", (prng, pair) => {
			const slots = prng.between(1, 7);
			expect(vjBytes(7)).toBeLessThan(1024);
			for (const state of [COMPRESSOR, DECOMPRESSOR]) pair.each((view) => vjReset(view, state, slots, prng.seed % 2 === 0));
			const conversations = [0, 1, 2].map(() => new Conversation(prng));
			let outcome = {};
			for (let n = 0; n < 12; n++) {
				const packet = prng.pick(conversations).next();
				if (prng.chance(0.05)) packet[prng.below(Math.min(40, packet.length))] = prng.below(256);
				const at = OUTPUT + prng.below(8);
				pair.put(at, packet);
				const result = same(pair, "vjCompress", ["view", hostile(prng, COMPRESSOR), hostile(prng, at), at + packet.length]);
				if (result.error !== undefined) return result;
				const type = prng.chance(0.98) ? (result.value as number) & 3 : prng.below(5);
				const from = (result.value as number) >> 2;
				if (type === 2) compressed++;
				if (prng.chance(0.05)) continue;
				if (prng.chance(0.05)) pair.put(from + prng.below(8), [prng.below(256)]);
				const end = at + packet.length - (prng.chance(0.03) ? prng.below(packet.length) : 0);
				const low = hostile(prng, from - prng.pick([0, 30, 64]));
				const high = hostile(prng, end + prng.pick([0, 30, 64]));
				outcome = same(pair, "vjDecompress", ["view", hostile(prng, DECOMPRESSOR), type, from, Math.max(from, end), low, high]);
			}
			return outcome;
		});
		expectBoth(counts);
		expect(compressed).toBeGreaterThan(ROUNDS);
	});

	it("with state that nobody made", () => {
		rounds("vjDecompress", (prng, pair) => {
			pair.put(COMPRESSOR, prng.bytes(1024));
			pair.setWord(COMPRESSOR, prng.between(1, 7));
			pair.setWord(COMPRESSOR + 4, prng.between(-1, 8));
			const bytes = prng.bytes(prng.below(80));
			pair.put(OUTPUT, bytes);
			const range = [OUTPUT - 100, ARENA];
			if (prng.chance(0.5)) same(pair, "vjCompress", ["view", COMPRESSOR, OUTPUT, OUTPUT + bytes.length]);
			return same(pair, "vjDecompress", ["view", COMPRESSOR, prng.below(4), OUTPUT, OUTPUT + bytes.length, ...range]);
		});
	});
});
