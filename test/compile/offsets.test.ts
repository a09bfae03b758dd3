// Where fields of formats lie: what is given twice or lies outside is refused (build/wire-offsets.mjs).

import { expect, it } from "vitest";
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
