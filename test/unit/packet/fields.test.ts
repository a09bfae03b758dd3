import { describe, expect, it } from "vitest";
import { ADDRESS } from "../../../src/packet/address.ts";
import { CORE } from "../../../src/packet/core-block.ts";
import * as fields from "../../../src/packet/fields.ts";

/** Of 16 bytes; all others are words. */
const ADDRESSES = ["source", "destination", "asked", "none", "given", "givenSource"];

describe("the registers", () => {
	const owners: string[][] = Array.from({ length: fields.FIELDS_BYTES / 4 }, () => []);
	for (const [name, at] of Object.entries(fields.REGISTER))
		for (let word = at / 4; word < (at + (ADDRESSES.includes(name) ? ADDRESS : 4)) / 4; word++) (owners[word] ??= []).push(name);

	it("have each word for themselves", () => {
		expect(owners.filter((names) => names.length > 1)).toEqual([]);
	});

	it("lie before the CoreBlock, without a gap", () => {
		expect(owners.length).toBe(CORE / 4);
		expect(owners.flatMap((names, word) => (names.length === 0 ? [word] : []))).toEqual([]);
	});

	it("of addresses have each a name of its own", () => {
		const named = Object.entries(fields).flatMap(([name, at]) => (/_ADDRESS$|_SOURCE$/.test(name) ? [at] : []));
		expect(named.sort()).toEqual(ADDRESSES.map((name) => fields.REGISTER[name as "source"]).sort());
	});
});
