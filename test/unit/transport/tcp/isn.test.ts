// RFC 6528: initial sequence numbers.
import { describe, expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import { halfSipHash, halfSipHash4 } from "#codec";
import { halfSipHash as twin, halfSipHash4 as twin4 } from "../../../../src/wire/hash.ts";
import { Isn } from "./sequence.ts";

describe("HalfSipHash-2-4", () => {
	test("gives the reference implementation's value for the bytes 0 to 11", () => {
		// vectors_hsip32[12] is 57 f0 87 2f.
		expect(halfSipHash(0x03020100, 0x07060504, 0x03020100, 0x07060504, 0x0b0a0908) >>> 0).toBe(0x2f87f057);
	});
	test("and for the bytes 0 to 15", () => {
		// vectors_hsip32[16] is d9 b5 ac 84.
		expect(halfSipHash4(0x03020100, 0x07060504, 0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c) >>> 0).toBe(0x84acb5d9);
	});
});

test("HalfSipHash in C is as its twin", () => {
	const prng = new Prng(1);
	for (let i = 0; i < 1000; i++) {
		const words = [prng.next(), prng.next(), prng.next(), prng.next(), prng.next()] as const;
		expect(halfSipHash(...words)).toBe(twin(...words));
		expect(halfSipHash4(...words, i)).toBe(twin4(...words, i));
	}
});

describe("initial sequence numbers", () => {
	const prng = new Prng(1);
	const isn = new Isn(() => prng.next());
	test("grow with a clock of 4 µs for the same connection", () => {
		const first = isn.next(1000, 1, 2, 3);
		expect((isn.next(1001, 1, 2, 3) - first) | 0).toBe(250);
		expect((isn.next(5000, 1, 2, 3) - first) | 0).toBe(1_000_000);
	});
	test("of different connections have nothing in common", () => {
		const seen = new Set<number>();
		for (let port = 0; port < 1000; port++) seen.add(isn.next(1000, 1, 2, (80 << 16) | port) >>> 16);
		expect(seen.size).toBeGreaterThan(950);
	});
	test("know an address of IPv6 by all of its bits, in a way that strangers cannot foretell, and one of IPv4 by its own", () => {
		const words = new Set<number>();
		for (let bit = 0; bit < 128; bit++)
			words.add(isn.word(Array.from({ length: 8 }, (_, i) => 0x2001 + i + (i === bit >> 4 ? 1 << (bit & 15) : 0))));
		expect(words.size).toBe(128);
		const one = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];
		expect(isn.word(one)).toBe(isn.word(one));
		expect(new Isn(() => prng.next()).word(one)).not.toBe(isn.word(one));
		expect(isn.word(0x0a000001)).toBe(0x0a000001);
	});
	test("differ from one start to the next", () => {
		expect(new Isn(() => prng.next()).next(0, 1, 2, 3)).not.toBe(isn.next(0, 1, 2, 3));
	});
});
