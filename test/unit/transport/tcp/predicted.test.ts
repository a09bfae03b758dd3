// What TCP does as predicted against another one that does it: see support/twins/pair.ts.

import { describe, expect, it } from "vitest";
import * as fields from "../../../../src/packet/fields.ts";
import { TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { Prng } from "../../../support/prng.ts";
import {
	AGAINST,
	BLOCK,
	FREE,
	hostile,
	OUTPUT,
	Pair,
	ROUNDS,
	rounds,
	same,
	SEED,
	SEQ,
	UNA,
	writeTcb,
} from "../../../support/twins/pair.ts";

const TCB = TcbBlock.offsets;
const PAYLOAD = OUTPUT + 384;

describe(`TCP as predicted against ${AGAINST}`, () => {
	it("streamIn: what is expected and what is not", () => {
		const prng = new Prng(SEED);
		const pair = new Pair(prng);
		const seen = new Set<number>();
		for (let i = 0; i < ROUNDS * 3; i++) {
			writeTcb(prng, pair, BLOCK, FREE);
			const flight = pair.views[0].getInt32(BLOCK + TCB.sndNxt, true) - UNA;
			const registers = [
				[fields.REGISTER.seq >> 2, prng.chance(0.9) ? SEQ : SEQ + prng.between(-5, 5)],
				[fields.REGISTER.ack >> 2, UNA + (prng.chance(0.9) ? prng.below(flight + 1) : prng.between(-5, flight + 5))],
				[fields.REGISTER.flagsWindow >> 2, (prng.pick([0x10, 0x10, 0x18, 0x11, 0x02, 0x30]) << 16) | prng.below(65536)],
				[fields.REGISTER.payloadAt >> 2, PAYLOAD],
				[fields.REGISTER.payloadLength >> 2, prng.chance(0.3) ? 0 : prng.below(800)],
			] as const;
			for (const [register, value] of registers) pair.setWord(register * 4, value);
			const { value } = same(pair, "streamIn", ["view", BLOCK]);
			seen.add((value as number) & 255);
			pair.words[1].set(pair.words[0]);
		}
		expect(seen.has(4)).toBe(true);
		// Every bit of the answer came up.
		expect([...seen].reduce((all, bits) => all | bits, 0)).toBe(255);
	});

	it("streamByte", () => {
		const answers = new Set<number>();
		const counts = rounds(
			"streamByte",
			(prng, pair) => {
				writeTcb(prng, pair, BLOCK, FREE);
				if (prng.chance(0.3)) pair.setWord(BLOCK + TCB.rcvQueued, 1);
				const result = same(pair, "streamByte", ["view", hostile(prng, BLOCK)]);
				if (result.error === undefined) answers.add((result.value as number) >> 8);
				return result;
			},
			ROUNDS * 2,
		);
		expect(counts.refused).toBeGreaterThan(0);
		expect([...answers].sort()).toEqual([-1, 0]);
	});

	it.each(["streamRead", "streamWrite"])("%s", (name) => {
		const answers = new Set<number>();
		const counts = rounds(
			name,
			(prng, pair) => {
				writeTcb(prng, pair, BLOCK, FREE);
				const result = same(pair, name, [
					"view",
					hostile(prng, BLOCK),
					"buffer",
					hostile(prng, prng.below(500)),
					prng.below(800),
				]);
				if (typeof result.value === "number") answers.add(result.value < 0 ? -1 : result.value >> 28);
				return result;
			},
			ROUNDS * 2,
		);
		expect(counts.refused).toBeGreaterThan(0);
		expect([...answers].sort()).toEqual(name === "streamRead" ? [0, 1, 2] : [-1, 0]);
	});
});
