// Names, records and queries of RFC 1035, as they should be and as they should not.

import { describe, expect, it } from "vitest";
import * as dns from "../../../src/wire/dns.ts";
import { a, message, name, pointer, readQuery } from "../../support/dns.ts";
import { concat } from "../../support/frames.ts";

/** A message with `bytes` behind its header, at an odd place in memory, and others around it. */
function behindHeader(bytes: ArrayLike<number>): { view: DataView; at: number; end: number } {
	const at = 5;
	const all = concat(new Uint8Array(at).fill(0x41), new Uint8Array(12), bytes, new Uint8Array(40).fill(1));
	return { view: new DataView(all.buffer), at, end: at + 12 + bytes.length };
}

function read(bytes: ArrayLike<number>, from = 12): string | undefined {
	const { view, at, end } = behindHeader(bytes);
	return dns.readName(view, at, end, at + from);
}

function is(bytes: ArrayLike<number>, text: string, from = 12): boolean {
	const { view, at, end } = behindHeader(bytes);
	return dns.nameIs(view, at, end, at + from, text);
}

const LONG = "x".repeat(63);

describe("a name", () => {
	it.each([
		["", ""],
		["a", "a"],
		["www.Example.TEST", "www.example.test"],
		[`${LONG}.${LONG}.${LONG}.${"y".repeat(61)}`, `${LONG}.${LONG}.${LONG}.${"y".repeat(61)}`],
	])("%j is read and known again", (text, lower) => {
		expect(read(name(text))).toBe(lower);
		expect(is(name(text), lower)).toBe(true);
		expect(is(name(text), `${lower}x`)).toBe(false);
		expect(is(name(text), lower === "" ? "x" : lower.slice(1))).toBe(false);
	});

	it("is not longer than 255 octets", () => {
		const bytes = name(`${LONG}.${LONG}.${LONG}.${"y".repeat(62)}`);
		expect(bytes.length).toBe(256);
		expect(read(bytes)).toBeUndefined();
		const { view, end, at } = behindHeader(bytes);
		expect(dns.nameEnd(view, end, at + 12)).toBe(-1);
	});

	it("may go on elsewhere, before it", () => {
		const bytes = [...name("example.test"), 3, 0x77, 0x77, 0x77, ...pointer(12), ...pointer(26)];
		expect(read(bytes, 26)).toBe("www.example.test");
		expect(read(bytes, 32)).toBe("www.example.test");
		expect(is(bytes, "www.example.test", 32)).toBe(true);
		expect(is(bytes, "www.example.tesu", 32)).toBe(false);
		const { view, at, end } = behindHeader(bytes);
		expect(dns.nameEnd(view, end, at + 26)).toBe(at + 32);
		expect(dns.nameEnd(view, end, at + 32)).toBe(at + 34);
	});

	it.each([
		["a pointer to itself", pointer(12), 12],
		["a pointer forward", [...pointer(14), ...name("a")], 12],
		["a pointer into its own part", [1, 0x61, ...pointer(12)], 12],
		["two pointers in a circle", [...pointer(14), ...pointer(12)], 14],
		["a pointer into the header", pointer(2), 12],
		["a pointer outside", pointer(0x3fff), 12],
		["half a pointer", [0xc0], 12],
		["a label of a reserved kind", [0x40, 1, 0], 12],
		["another", [0x80, 1, 0], 12],
		["a label that is cut", [5, 0x61, 0x62], 12],
		["no end", [1, 0x61], 12],
		["nothing", [], 12],
	])("is not read when it has %s", (_what, bytes, from) => {
		expect(read(bytes, from)).toBeUndefined();
		expect(is(bytes, "a", from)).toBe(false);
		expect(is(bytes, "", from)).toBe(false);
	});

	it("is not longer than 255 octets by pointers either", () => {
		// Each part of 60 octets points to the one before.
		const bytes: number[] = [...name("x".repeat(59))];
		let last = 12;
		for (let i = 0; i < 5; i++) {
			const at = 12 + bytes.length;
			bytes.push(59, ...Array.from({ length: 59 }, () => 0x78), ...pointer(last));
			last = at;
			const text = read(bytes, at);
			if (i < 3) expect(text!.length).toBe(59 + (i + 1) * 60);
			else expect(text).toBeUndefined();
		}
	});

	it("keeps a dot within a label apart from one between two", () => {
		const bytes = [3, 0x61, 0x2e, 0x62, 0];
		expect(read(bytes)).toBe("a\\046b");
		expect(is(bytes, "a.b")).toBe(false);
		expect(read([2, 0, 0xff, 0])).toBe("\\000\\255");
	});
});

describe("a record", () => {
	it("says where it ends, and what it is", () => {
		const bytes = a("192.0.2.7", { owner: "a.test", ttl: 3600, class: 0x8001 });
		const { view, at, end } = behindHeader(bytes);
		expect(dns.recordEnd(view, end, at + 12)).toBe(end);
		const head = dns.nameEnd(view, end, at + 12);
		expect([dns.recordType(view, head), dns.recordClass(view, head), dns.recordTtl(view, head)]).toEqual([1, 1, 3600]);
		expect(view.getInt32(dns.recordData(head))).toBe(0xc0000207 | 0);
	});

	it("holds no time when its TTL has the highest bit: RFC 2181 §8", () => {
		const { view, end, at } = behindHeader(a("192.0.2.7", { owner: "", ttl: 2 ** 31 }));
		expect(dns.recordTtl(view, dns.nameEnd(view, end, at + 12))).toBe(0);
	});

	it("is none when it is cut anywhere, or says it is longer", () => {
		const bytes = a("192.0.2.7", { owner: "a.test" });
		for (let length = 0; length < bytes.length; length++) {
			const { view, at, end } = behindHeader(bytes.slice(0, length));
			expect(dns.recordEnd(view, end, at + 12)).toBe(-1);
		}
		const { view, at, end } = behindHeader(a("192.0.2.7", { owner: "a.test", length: 5 }));
		expect(dns.recordEnd(view, end, at + 12)).toBe(-1);
	});
});

describe("a query", () => {
	const LONGEST = `${LONG}.${LONG}.${LONG}.${"y".repeat(61)}`;

	it.each(["a", "www.example.test", LONGEST])("for %s is as RFC 1035 has it", (text) => {
		const view = new DataView(new ArrayBuffer(dns.MAX_QUERY + 3));
		const end = dns.writeQuery(view, 3, 0xbeef, text, dns.TYPE_AAAA);
		const query = readQuery(new Uint8Array(view.buffer, 3, end - 3));
		expect([query.id, query.flags, query.name, query.type]).toEqual([0xbeef, 0x0100, text, 28]);
	});

	it("has letters in random case when that is wanted, and an answer must have the same", () => {
		const view = new DataView(new ArrayBuffer(dns.MAX_QUERY));
		const end = dns.writeQuery(view, 0, 1, "abcdefghijklmnopqrstuvwxyz-0123456789.abcdefghijkl", dns.TYPE_A);
		const bits = [0x55555555, 0x0f];
		dns.mixCase(view, 0, end, () => bits.shift()!);
		const { name: mixed, question } = readQuery(new Uint8Array(view.buffer, 0, end));
		expect(mixed).toBe("AbCdEfGhIjKlMnOpQrStUvWxYz-0123456789.AbCdEfGHIJkl");
		const same = message({ id: 1, question });
		const lower = message({ id: 1, question: question.map((octet) => (octet > 64 && octet < 91 ? octet + 32 : octet)) });
		const fits = (bytes: Uint8Array, exact: boolean) =>
			dns.sameQuestion(new DataView(bytes.buffer), 0, bytes.length, view, 0, end, exact);
		expect([fits(same, true), fits(same, false), fits(lower, true), fits(lower, false)]).toEqual([true, true, false, true]);
		expect(fits(same.subarray(0, same.length - 1), false)).toBe(false);
	});
});
