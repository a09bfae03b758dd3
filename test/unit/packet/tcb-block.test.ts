import { expect, it } from "vitest";
import * as config from "../../../src/config.ts";
import { OFFER } from "../../../src/packet/offers.ts";
import * as block from "../../../src/packet/tcb-block.ts";

type Named = readonly (readonly [name: string, value: number])[];

const named = (exports: object, pattern: RegExp): Named =>
	Object.entries(exports as Record<string, number>).filter(([name]) => pattern.test(name));

/** Each is a power of two, and nobody else's. */
function expectApart(bits: Named): void {
	for (const [name, bit] of bits) {
		expect(Math.log2(bit) % 1, name).toBe(0);
		expect(
			bits.filter(([, other]) => other === bit).map(([each]) => each),
			name,
		).toEqual([name]);
	}
}

const OFFERS: Named = Object.entries(OFFER).map(([name, { bit }]) => [name, bit]);

it("has a bit of its own for each BIT_ of a connection", () => {
	const bits = named(block, /^BIT_/);
	expect(bits.length).toBeGreaterThan(20);
	expectApart(bits);
});

it("has a bit of its own for whatever the option `tcp` says", () => {
	const bits = [...OFFERS, ...named(config, /^(?:CONTROL_(?!PACKETS)|ANSWER_|ASK_|FAST_OPEN$)/)];
	expect(bits.length).toBeGreaterThan(7);
	expectApart(bits);
	expect(Math.min(...bits.map(([, bit]) => bit))).toBe(config.OFFER_SHIFT + 1);
});

it("keeps what both ends offer by the offers' bits, further up", () => {
	const all = config.OFFER_ALL << block.AGREED_SHIFT;
	for (const [name, bit] of OFFERS) expect(bit & config.OFFER_ALL, name).toBe(bit);
	const agreed = ["BIT_SCALE", "BIT_SACK", "BIT_STAMPS"];
	for (const [name, bit] of named(block, /^BIT_/)) expect((bit & all) !== 0, name).toBe(agreed.includes(name));
	expect(all).toBeGreaterThan(0);
});
