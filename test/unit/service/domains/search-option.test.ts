// Option 119: RFC 3397.

import { describe, expect, it } from "vitest";
import { searchNames } from "../../../../src/service/domains/search-option.ts";
import * as dns from "../../../support/dns.ts";
import { Prng } from "../../../support/prng.ts";

const read = (...bytes: number[]) => searchNames(Uint8Array.from(bytes), 8);

describe("a list of domains", () => {
	it("is read as RFC 3397 §2 has it: eng.apple.com and marketing.apple.com", () => {
		const text = [3, ..."eng"].concat([5, ..."apple"], [3, ..."com"]);
		const first = text.map((each) => (typeof each === "number" ? each : each.charCodeAt(0)));
		const second = [9, ...[..."marketing"].map((letter) => letter.charCodeAt(0)), 0xc0, 0x04];
		expect(read(...first, 0, ...second)).toEqual(["eng.apple.com", "marketing.apple.com"]);
	});

	it("may have capitals, and names that no host has, which are left out", () => {
		expect(read(...dns.name("A.Example"), 3, 97, 32, 98, 0, ...dns.name("b.example"), 0)).toEqual(["a.example", "b.example"]);
	});

	it("has so many at most", () => {
		const many = Array.from({ length: 9 }, (_, i) => dns.name(`a${i}`)).flat();
		expect(searchNames(Uint8Array.from(many), 8).length).toBe(8);
	});

	it.each([
		["nothing", []],
		["a label that is cut", [5, 97, 98]],
		["no end", [1, 97]],
		["a pointer to itself", [0xc0, 0]],
		["a pointer that is cut", [0xc0]],
		["a pointer forwards", [0xc0, 2, 1, 97, 0]],
		["a circle", [1, 97, 0xc0, 0]],
		["a reserved kind of label", [0x40, 97, 0]],
		["255 octets and more", [...Array.from({ length: 4 }, () => [63, ...Array<number>(63).fill(97)]).flat(), 0]],
	])("that is %s has none", (_what, bytes) => {
		expect(read(...bytes)).toEqual([]);
	});

	it("comes to an end, whatever it is", () => {
		const prng = new Prng(20261130);
		for (let i = 0; i < 20_000; i++) {
			const bytes = prng.bytes(prng.below(200));
			if (prng.chance(0.7))
				for (let k = 0; k < bytes.length; k++) if (prng.chance(0.6)) bytes[k] = prng.pick([0, 1, 2, 97, 0xc0, 1]);
			for (const name of searchNames(bytes, 8)) expect(name).toMatch(/^[a-z0-9_.-]{1,254}$/);
		}
	});
});
