// Chance: ChaCha20 beside RFC 8439's values, the key that is made of a host's bits, and what is drawn. On Node as TypeScript, on XS compiled.

import { describe, expect, it } from "vitest";
import { chachaBlock, chance32, chanceSeed, rawProblem } from "#codec";
import { CHACHA } from "../../../src/packet/chacha.ts";
import { KEY, RAW_BYTES, STUCK, UNEVEN } from "../../../src/packet/chance.ts";
import { CHANCE, CHANCE_END, ChanceBlock } from "../../../src/packet/chance-block.ts";
import { Prng } from "../../support/prng.ts";

const STATE = 2048;
const BLOCK = 2112;
const RAW = 3072;

function arena(): DataView {
	return new DataView(new ArrayBuffer(4096));
}

/** A state as RFC 8439 §2.3 has it. */
function state(key: number[], counter: number, nonce: number[]): DataView {
	const view = arena();
	const constants = [..."expand 32-byte k"].map((character) => character.charCodeAt(0));
	for (const [i, byte] of [...constants, ...key, counter, 0, 0, 0, ...nonce].entries()) view.setUint8(STATE + i, byte);
	return view;
}

function hex(view: DataView, at: number, length: number): string {
	return Array.from({ length }, (_, i) =>
		view
			.getUint8(at + i)
			.toString(16)
			.padStart(2, "0"),
	).join("");
}

const zeros = (count: number) => Array.from({ length: count }, () => 0);

describe("chachaBlock", () => {
	it.each([
		[
			"§2.3.2",
			Array.from({ length: 32 }, (_, i) => i),
			1,
			[0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0],
			"10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
		],
		[
			"A.1 #1",
			zeros(32),
			0,
			zeros(12),
			"76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
		],
		[
			"A.1 #3",
			[...zeros(31), 1],
			1,
			zeros(12),
			"3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
		],
	])("makes the block of RFC 8439 %s", (_where, key, counter, nonce, block) => {
		const view = state(key, counter, nonce);
		const before = hex(view, STATE, CHACHA);
		chachaBlock(view, STATE, BLOCK);
		expect(hex(view, BLOCK, CHACHA)).toBe(block);
		expect(hex(view, STATE, CHACHA)).toBe(before);
	});

	it("refuses places outside of memory", () => {
		expect(() => chachaBlock(arena(), 4096 - 60, BLOCK)).toThrow(RangeError);
		expect(() => chachaBlock(arena(), STATE, 4096)).toThrow(RangeError);
	});
});

function filled(seed: number): DataView {
	const view = arena();
	for (const [i, byte] of new Prng(seed).bytes(RAW_BYTES).entries()) view.setUint8(RAW + i, byte);
	return view;
}

describe("chance32", () => {
	it("draws what the key says, and each word once", () => {
		const view = filled(1);
		expect(chanceSeed(view, RAW)).toBe(true);
		const drawn = Array.from({ length: 1000 }, () => chance32(view));
		expect(new Set(drawn).size).toBeGreaterThan(998);
		const again = filled(1);
		chanceSeed(again, RAW);
		expect(Array.from({ length: 1000 }, () => chance32(again))).toEqual(drawn);
	});

	it("draws the second half of a block, whose first half is the next key", () => {
		const view = filled(2);
		chanceSeed(view, RAW);
		for (let i = 0; i < 8; i++) chance32(view);
		const key = hex(view, CHANCE + ChanceBlock.offsets.key, KEY);
		const byHand = state(
			key.match(/../g)!.map((byte) => Number.parseInt(byte, 16)),
			0,
			zeros(12),
		);
		chachaBlock(byHand, STATE, BLOCK);
		// The last word first.
		const words = Array.from({ length: 8 }, (_, i) => byHand.getInt32(BLOCK + KEY + 28 - 4 * i, true));
		expect(Array.from({ length: 8 }, () => chance32(view))).toEqual(words);
		expect(hex(view, CHANCE + ChanceBlock.offsets.key, KEY)).toBe(hex(byHand, BLOCK, KEY));
	});

	it("leaves nothing of what it drew in memory", () => {
		const view = filled(3);
		chanceSeed(view, RAW);
		for (let i = 0; i < 20; i++) {
			const word = chance32(view);
			for (let at = CHANCE; at < CHANCE_END; at += 4) expect(view.getInt32(at, true) === word).toBe(false);
		}
	});

	it("has another key for every bit of the source", () => {
		const keyOf = (view: DataView) => {
			expect(chanceSeed(view, RAW)).toBe(true);
			return hex(view, CHANCE + ChanceBlock.offsets.key, KEY);
		};
		const keys = new Set([keyOf(filled(4))]);
		for (let bit = 0; bit < RAW_BYTES * 8; bit += 7) {
			const view = filled(4);
			view.setUint8(RAW + (bit >> 3), view.getUint8(RAW + (bit >> 3)) ^ (1 << (bit & 7)));
			keys.add(keyOf(view));
		}
		expect(keys.size).toBe(1 + Math.ceil((RAW_BYTES * 8) / 7));
	});
});

describe("rawProblem", () => {
	it("finds a source that is stuck or nearly so, and no other", () => {
		for (let seed = 1; seed < 50; seed++) expect(rawProblem(filled(seed), RAW)).toBe(0);
		expect(rawProblem(arena(), RAW)).toBe(STUCK);
		const view = arena();
		for (let i = 0; i < RAW_BYTES; i++) view.setUint8(RAW + i, i % 20 === 0 ? 0xfe : 0xff);
		expect(rawProblem(view, RAW)).toBe(UNEVEN);
	});
});
