import { describe, expect, it } from "vitest";
import { parseIpv6 } from "../../../src/address6.ts";
import {
	ADDRESS,
	commonBits,
	copyAddress,
	isNone,
	isV4,
	MAPPED_BITS,
	mixAddress,
	mixPrefix,
	sameAddress,
	samePrefix,
	setNone,
	setV4,
	setV4OrNone,
	v4Of,
} from "../../../src/packet/address.ts";
import { address, record, uint8 } from "../../../src/packet/record.ts";
import { ip } from "../../support/frames.ts";
import { Prng } from "../../support/prng.ts";

const view = new DataView(new ArrayBuffer(256));
const [A, B] = [16, 64];

/** Writes an address of either family. */
function put(at: number, text: string): void {
	for (const [i, word] of parseIpv6(text)!.entries()) view.setInt32(at + 4 * i, word);
}

function bytesAt(at: number): number[] {
	return Array.from({ length: ADDRESS }, (_, i) => view.getUint8(at + i));
}

describe("an address in memory", () => {
	it("is 16 bytes in network order, IPv4's mapped", () => {
		setV4(view, A, ip("192.0.2.1"));
		expect(bytesAt(A)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]);
		put(B, "::ffff:192.0.2.1");
		expect(sameAddress(view, A, B)).toBe(true);
		expect([v4Of(view, A), isV4(view, A), isNone(view, A)]).toEqual([ip("192.0.2.1"), true, false]);
	});

	it("is none when it is all zeros, which 0.0.0.0 is not", () => {
		setV4(view, A, 0);
		expect([v4Of(view, A), isV4(view, A), isNone(view, A)]).toEqual([0, true, false]);
		setV4OrNone(view, A, 0);
		expect([v4Of(view, A), isV4(view, A), isNone(view, A)]).toEqual([0, false, true]);
		setV4OrNone(view, A, 1);
		expect([isV4(view, A), isNone(view, A)]).toEqual([true, false]);
		setNone(view, A);
		expect(bytesAt(A)).toEqual(Array.from({ length: ADDRESS }, () => 0));
	});

	it.each(["1::", "0:1::", "0:0:1::", "0:0:0:1::", "0:0:0:0:1::", "::1:0:0", "::1:0", "::1"])(
		"is told from others by %s",
		(text) => {
			put(A, text);
			expect([isNone(view, A), isV4(view, A)]).toEqual([false, false]);
			setNone(view, B);
			expect(sameAddress(view, A, B)).toBe(false);
			copyAddress(view, B, A);
			expect(bytesAt(B)).toEqual(bytesAt(A));
		},
	);

	it("is compared and mixed as far as a prefix goes", () => {
		const prng = new Prng(20261129);
		for (let i = 0; i < 2000; i++) {
			for (let word = 0; word < 16; word += 4) view.setInt32(A + word, prng.next());
			if (prng.chance(0.5)) setV4(view, A, prng.next());
			copyAddress(view, B, A);
			// IPv4's prefixes never end before it begins.
			const bit = isV4(view, A) ? MAPPED_BITS + prng.below(32) : prng.below(128);
			view.setUint8(B + (bit >> 3), view.getUint8(B + (bit >> 3)) ^ (0x80 >> (bit & 7)));
			expect(commonBits(view, A, B), `bit ${bit}`).toBe(bit);
			for (const length of [bit, bit + 1]) {
				expect(samePrefix(view, A, B, length), `bit ${bit}, length ${length}`).toBe(length <= bit);
				expect(mixPrefix(view, 7, A, length) === mixPrefix(view, 7, B, length)).toBe(length <= bit);
			}
			expect(mixAddress(view, 7, A)).not.toBe(mixAddress(view, 7, B));
			expect(sameAddress(view, A, B)).toBe(false);
		}
		copyAddress(view, B, A);
		expect([commonBits(view, A, B), samePrefix(view, A, B, 128), mixAddress(view, 7, A)]).toEqual([
			128,
			true,
			mixAddress(view, 7, B),
		]);
	});

	it("lies at a multiple of four in a record, and is read as where it lies", () => {
		const Kind = record({ peer: address, last: uint8 });
		expect([Kind.bytes, Kind.offsets.last, Kind.of(view, 32).peer]).toEqual([17, 16, 32]);
		expect(() => record({ first: uint8, peer: address })).toThrow("field peer at 1: expected a multiple of 4");
	});
});
