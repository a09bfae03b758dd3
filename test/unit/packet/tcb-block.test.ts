import { expect, it } from "vitest";
import * as config from "../../../src/config.ts";
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

const OFFERS = named(config, /^OFFER_(?!SHIFT|ALL)/);

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
	expect(OFFERS.reduce((all, [, bit]) => all | bit, 0)).toBe(config.OFFER_ALL);
	for (const [name, bit] of OFFERS)
		expect(named(block, new RegExp(`^${name.replace("OFFER_", "BIT_")}$`))).toEqual([
			[name.replace("OFFER_", "BIT_"), bit << block.AGREED_SHIFT],
		]);
});
