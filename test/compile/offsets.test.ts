// Where fields of formats lie: what is given twice or lies outside is refused (build/wire-offsets.mjs).

import { expect, it } from "vitest";
import { wrongOffers, wrongOptions } from "../../build/tcp-options.mjs";
import { wrongFormats, wrongOffsets } from "../../build/wire-offsets.mjs";
import { root } from "./native.ts";

const told = (...lines: string[]) =>
	wrongOffsets("src/wire/made.ts", lines.join("\n")).map(({ line, column, message }) => `${line}:${column} ${message}`);

it("accepts each field once, in their order, with comments between", () => {
	expect(
		told("export const HEADER = 8;", "const CODE = 1;", "/** Both. */", "export const CHECKSUM = 2;", "const REST = 7;"),
	).toEqual([]);
});

it("refuses two fields at one place", () => {
	expect(told("/** Bytes. */", "export const HEADER = 8;", "export const LENGTH = 4;", "export const CHECKSUM = 4;")).toEqual([
		"4:14 CHECKSUM begins at 4, not behind LENGTH at 4: fields stand in their order, each once",
	]);
});

it("refuses a field before the one above it", () => {
	expect(told("const LENGTH = 28;", "const TARGET = 24;", "const SENDER = 0x0e;")).toEqual([
		"3:7 SENDER begins at 14, not behind TARGET at 24: fields stand in their order, each once",
	]);
});

it("refuses a field within another, as many bytes as of that are read", () => {
	const read = "export function length(view: DataView, at: Offset) { return view.getUint16(at + LENGTH); }";
	const wide = "const word = view.getInt32(at + FIRST, true);";
	expect(told("const HEADER = 8;", "const LENGTH = 4;", "const CHECKSUM = 6;", read)).toEqual([]);
	expect(told("const HEADER = 8;", "const LENGTH = 4;", "const FLAGS = 5;", read)).toEqual([
		"3:7 FLAGS begins at 5, within LENGTH, of which 2 bytes are read from 4 on",
	]);
	expect(told("const BYTES = 8;", "const FIRST = 0;", "const NEXT = 3;", wide)[0]).toMatch(/^3:7 NEXT begins at 3, within FIRST/);
	expect(told("const HEADER = 8;", "const LENGTH = 7;", read)).toEqual([
		"2:7 LENGTH begins at 7, and 2 bytes of it are read, beyond HEADER's 8",
	]);
	// What is read beyond a place may be anything.
	expect(told("const HEADER = 8;", "const LENGTH = 4;", "const FLAGS = 5;", "view.getUint16(at + LENGTH + 2)")).toEqual([]);
});

it("refuses a field outside, from the first byte behind the format on", () => {
	expect(told("const BYTES = 48;", "const LAST = 47;")).toEqual([]);
	expect(told("const BYTES = 48;", "const BEYOND = 48;")[0]).toMatch(
		/^2:7 BEYOND begins at 48, outside of BYTES's 48 bytes: .* empty line$/,
	);
});

it("says nothing of other constants", () => {
	expect(told("const HEADER = 8;", "const CODE = 1;", "", "const PING = 8;", "const PONG = 0;", "const HEADER = 2;")).toEqual([]);
	expect(told("const HEADER = 8;", "function f() {}", "const A = 9;")).toEqual([]);
});

it("has nothing against the formats that there are", () => {
	expect(wrongFormats(root)).toEqual([]);
});

/** Of a table with these lines, and functions that know SACK and what is said besides. */
const options = (lines: string[], written = "", read = "") =>
	wrongOptions(
		[
			"export const OFFER = Object.freeze({",
			"\t/** RFC 2018. */",
			"\tsack: { kind: 4, bytes: 2, bit: 32 },",
			...lines,
			"});",
		].join("\n"),
		`export function synOptions() {\n\tOFFER.sack.bit${written};\n}\nexport function offersOf() {\n\tOFFER.sack.bit${read};\n}\n`,
	).map(({ line, message }) => `${line} ${message}`);

it("refuses an option of TCP that is not written, or not read", () => {
	const line = ["\tother: { kind: 30, bytes: 12, bit: 128 },"];
	expect(options([])).toEqual([]);
	expect(options(line, " | OFFER.other.bit", " | OFFER.other.bit")).toEqual([]);
	expect(options(line, " | OFFER.other.bit")).toEqual([
		"4 other is never read: offersOf of src/wire/tcp.ts lacks OFFER.other.bit",
	]);
	expect(options(line, "", " | OFFER.other.bit")).toEqual([
		"4 other is never written: synOptions of src/wire/tcp.ts lacks OFFER.other.bit",
	]);
});

it("refuses an option of TCP with another one's kind or bit, or one that there is no room for", () => {
	const other = (kind: number, bit: number) =>
		options([`\tother: { kind: ${kind}, bytes: 4, bit: ${bit} },`], " | OFFER.other.bit", " | OFFER.other.bit");
	expect(other(4, 16)).toEqual(["4 kind 4 of other is sack's"]);
	expect(other(9, 32)).toEqual(["4 bit 32 of other is sack's"]);
	expect(other(9, 256)).toEqual([]);
	for (const bit of [8, 48, 512]) expect(other(9, bit)).toEqual([`4 bit ${bit} of other: expected 16, 32, 64, 128 or 256`]);
	expect(options(["\tother: 9,"])).toEqual(["4 expected a line such as `sack: { kind: 4, bytes: 2, bit: 32 },`"]);
	expect(wrongOptions("", "")).not.toEqual([]);
});

it("finds nothing wrong with the options as they are", () => {
	expect(wrongOffers(root)).toEqual([]);
});
