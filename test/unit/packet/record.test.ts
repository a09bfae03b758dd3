import { describe, expect, it } from "vitest";
import { bytes, int32, record, uint16, uint8 } from "../../../src/packet/record.ts";

const Kind = record({ size: int32, port: uint16, first: uint8, second: uint8, key: bytes(6), last: uint16 });

describe("records", () => {
	it("lie one field behind the other, little-endian", () => {
		expect(Kind.bytes).toBe(16);
		expect(Kind.offsets).toEqual({ size: 0, port: 4, first: 6, second: 7, key: 8, last: 14 });
		const view = new DataView(new ArrayBuffer(40));
		const row = Kind.of(view, 8);
		row.size = -2;
		row.port = 0x12345;
		row.second = 0x1ff;
		row.last = 7;
		expect([view.getInt32(8, true), view.getUint16(12, true), view.getUint8(15), view.getUint16(22, true)]).toEqual([
			-2, 0x2345, 0xff, 7,
		]);
		expect([row.size, row.port, row.first, row.second, row.last]).toEqual([-2, 0x2345, 0, 0xff, 7]);
		expect([row.at, row.key]).toEqual([8, 16]);
	});

	it("are refused where they are not all within the view", () => {
		const view = new DataView(new ArrayBuffer(40));
		expect(Kind.of(view, 24).size).toBe(0);
		for (const at of [25, -1, 40, 0x7fffffff]) expect(() => Kind.of(view, at)).toThrow(RangeError);
	});

	it("have no field at a place that a processor cannot read, or by a name that they have already", () => {
		expect(() => record({ one: uint8, two: int32 })).toThrow("field two at 1: expected a multiple of 4");
		expect(() => record({ one: uint8, two: uint16 })).toThrow("field two at 1: expected a multiple of 2");
		expect(() => record({ at: int32 })).toThrow("field at");
		expect(() => record({ view: int32 })).toThrow("field view");
	});
});
