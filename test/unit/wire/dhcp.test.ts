// The DHCP message: what is whole, what options it has, and what is built. RFC 2131 §2, 2132, 3396.

import { describe, expect, it } from "vitest";
import * as dhcp from "../../../src/wire/dhcp.ts";
import { encode, reply } from "../../support/dhcp.ts";
import { ascii, concat } from "../../support/frames.ts";

const MAC = new Uint8Array([2, 0, 0, 0, 0, 1]);

function message(fields: object = {}): Uint8Array {
	return reply({ type: 5, xid: 0x12345678, chaddr: MAC, yiaddr: "10.0.0.5", options: [], ...fields });
}

/** The message at an odd place in a larger buffer, with bytes around it that are none of its. */
function placed(bytes: Uint8Array): [DataView, number, number] {
	const all = concat([9, 9, 9], bytes, [53, 1, 2]);
	return [new DataView(all.buffer), 3, 3 + bytes.length];
}

const valid = (bytes: Uint8Array): boolean => dhcp.valid(...placed(bytes));
const options = (bytes: Uint8Array): [number, number[]][] =>
	[...dhcp.options(...placed(bytes))].map(([code, value]) => [code, [...value]]);

describe("a message", () => {
	it("is whole with END, without it, and with padding", () => {
		expect(valid(message())).toBe(true);
		expect(valid(message({ raw: [53, 1, 5] }))).toBe(true);
		expect(valid(message({ raw: [0, 0, 53, 1, 5, 0, 255, 0, 0, 7] }))).toBe(true);
		expect(valid(message({ raw: [] }))).toBe(true);
	});

	it.each([
		["shorter than its fixed part", message({ raw: [] }).slice(0, 239)],
		["without the cookie", message({ magic: 0 })],
		["with an option one byte too long", message({ raw: [53, 2, 5] })],
		["with a code and no length", message({ raw: [53, 1, 5, 6] })],
		["of 255 bytes that are not there", message({ raw: [43, 255] })],
		["with a bad option in `file`", message({ options: [[52, [1]]], file: concat(new Uint8Array(126), [6, 4]) })],
		["with a bad option in `sname`", message({ options: [[52, [2]]], sname: concat(new Uint8Array(63), [6]) })],
	])("is not %s", (_what, bytes) => {
		expect(valid(bytes)).toBe(false);
	});

	it.each([dhcp.HTYPE, dhcp.HLEN])("is not one for other hardware (byte %d)", (at) => {
		const bytes = message();
		bytes[at] = 16;
		expect(valid(bytes)).toBe(false);
	});

	it("may have anything in `file` and `sname` when those have no options", () => {
		expect(valid(message({ file: ascii("boot.img"), sname: ascii("server") }))).toBe(true);
		expect(options(message({ file: encode([[6, [1, 2, 3, 4]]]) }))).toEqual([[53, [5]]]);
	});

	it("has options in three places, whose pieces are joined in the order of RFC 3396", () => {
		const bytes = message({
			options: [
				[52, [3]],
				[15, [1]],
				[15, [2]],
			],
			file: encode([[15, [3]]]),
			sname: encode([
				[15, [4]],
				[52, [1]],
			]),
		});
		expect(options(bytes).find(([code]) => code === 15)).toEqual([15, [1, 2, 3, 4]]);
	});

	it("has no option after END", () => {
		expect(options(message({ raw: [53, 1, 5, 255, 6, 4, 1, 2, 3, 4] }))).toEqual([[53, [5]]]);
	});

	it("of many pieces of one option is joined in bounded time", () => {
		const raw = Array.from({ length: 150 }, () => [15, 1, 7]).flat();
		expect(options(message({ raw }))[0]![1].length).toBe(150);
	});
});

describe("building", () => {
	it("makes the message that is meant, whatever was there before", () => {
		const view = new DataView(new Uint8Array(400).fill(0xaa).buffer);
		let at = dhcp.begin(view, 0, dhcp.BOOTREQUEST, -2, MAC);
		expect(at).toBe(240);
		at = dhcp.addByte(view, at, dhcp.MESSAGE_TYPE, dhcp.DISCOVER);
		at = dhcp.addShort(view, at, dhcp.MESSAGE_SIZE, 576);
		at = dhcp.addWord(view, at, dhcp.REQUESTED_ADDRESS, 0x0a000005);
		at = dhcp.addBytes(view, at, dhcp.CLIENT_ID, [1, 2, 3]);
		expect(dhcp.finish(view, 0, at)).toBe(300);
		expect(dhcp.valid(view, 0, 300)).toBe(true);
		expect([dhcp.op(view, 0), dhcp.xid(view, 0), dhcp.yiaddr(view, 0)]).toEqual([1, -2, 0]);
		expect(dhcp.isFor(view, 0, MAC)).toBe(true);
		expect(dhcp.isFor(view, 0, new Uint8Array([2, 0, 0, 0, 0, 2]))).toBe(false);
		expect([...dhcp.options(view, 0, 300)].map(([code, value]) => [code, [...value]])).toEqual([
			[53, [1]],
			[57, [2, 64]],
			[50, [10, 0, 0, 5]],
			[61, [1, 2, 3]],
		]);
		for (let i = 44; i < 236; i++) expect(view.getUint8(i)).toBe(0);
	});

	it("is not cut to 300 bytes when it has more", () => {
		const view = new DataView(new ArrayBuffer(600));
		const at = dhcp.addBytes(view, dhcp.begin(view, 0, 1, 1, MAC), 61, new Uint8Array(255));
		expect(dhcp.finish(view, 0, at)).toBe(240 + 257 + 1);
	});
});
