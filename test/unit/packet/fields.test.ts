import { describe, expect, it } from "vitest";
import { ADDRESS } from "../../../src/packet/address.ts";
import * as fields from "../../../src/packet/fields.ts";

/** What is no register: the size of them all, and values that WHOSE has. */
const OTHERS = ["FIELDS", "FIELDS_BYTES", "OURS", "EVERYBODYS", "ELSEWHERE"];
/** Registers of 16 bytes, which are named by their offset; all others are named by their word. */
const ADDRESSES = ["SOURCE_ADDRESS", "DESTINATION_ADDRESS", "ASKED_ADDRESS", "NO_ADDRESS", "GIVEN_ADDRESS", "GIVEN_SOURCE"];

describe("the registers", () => {
	const owners: string[][] = Array.from({ length: fields.FIELDS }, () => []);
	for (const [name, value] of Object.entries(fields)) {
		if (typeof value !== "number" || OTHERS.includes(name)) continue;
		if (!ADDRESSES.includes(name)) (owners[value] ??= []).push(name);
		else for (let word = value / 4; word < (value + ADDRESS) / 4; word++) (owners[word] ??= []).push(name);
	}

	it("have each word for themselves", () => {
		expect(owners.filter((names) => names.length > 1)).toEqual([]);
	});

	it("lie before the CoreBlock, without a gap", () => {
		expect(owners.length).toBe(fields.FIELDS);
		expect(owners.flatMap((names, word) => (names.length === 0 ? [word] : []))).toEqual([]);
	});
});
