// Texts and numbers as bytes: the kernel against its twin, and what comes out against the language's own.

import { describe, expect, it } from "vitest";
import { asciiPut } from "#codec";
import * as twin from "../../../src/wire/kernels/ascii.ts";
import { jsonPut, numberPut, textPut } from "../../../src/wire/text.ts";
import { Prng } from "../../support/prng.ts";

type Put<T> = (bytes: Uint8Array, at: number, end: number, value: T) => number;

/** What it puts, and answers. */
function putting<T>(put: Put<T>, at: number, end: number, value: T): { answer: number; bytes: number[]; text: string } {
	const bytes = new Uint8Array(64).fill(1);
	const answer = put(bytes, at, end, value);
	// Nothing beside.
	for (let i = 0; i < 64; i++) if ((i < at || i >= end) && bytes[i] !== 1) throw new Error(`byte ${i} was written`);
	const stop = answer < 0 ? ~answer : answer;
	return { answer, bytes: [...bytes], text: String.fromCharCode(...bytes.subarray(at, Math.max(at, stop))) };
}

const ALPHABET = ["a", "Z", " ", '"', "\\", "\n", "\u0000", "\u007f", "é", "€", "\u{1f600}", "~"];
const PLAIN = ["a", "Z", " ", "~", "0"];
/** Halves of a surrogate pair: two that meet are one character to JSON, and to some engines. */
const HALVES = [...ALPHABET, "\ud83d", "\ude00"];

function randomText(prng: Prng, alphabet = ALPHABET): string {
	let text = "";
	for (let left = prng.below(12); left > 0; left--) text += alphabet[prng.below(alphabet.length)]!;
	return text;
}

describe("bytes of texts and numbers", () => {
	it("are the same in both twins, whatever the text and the room", () => {
		const prng = new Prng(3);
		let refused = 0;
		for (let i = 0; i < 4000; i++) {
			const at = prng.below(20);
			const end = at + prng.below(20);
			const value = randomText(prng, prng.chance(0.5) ? HALVES : PLAIN);
			const json = prng.chance(0.5);
			const [one, other] = [asciiPut, twin.asciiPut].map((put) =>
				putting((bytes, from, to, text: string) => put(bytes, from, to, json, text), at, end, value),
			);
			expect(one!.answer).toBe(other!.answer);
			if (one!.answer >= 0) expect(one!.text).toBe(value);
			else refused++;
		}
		expect(refused).toBeGreaterThan(500);
		expect(refused).toBeLessThan(3500);
	});

	it("are the text's, with ? for what is not ASCII", () => {
		const prng = new Prng(5);
		for (let i = 0; i < 2000; i++) {
			const value = randomText(prng);
			const wanted = [...value].map((character) => (character > "\u0000" && character < "\u0080" ? character : "?")).join("");
			const room = prng.below(20);
			const { answer, text } = putting(textPut, 3, 3 + room, value);
			expect(answer).toBe(wanted.length <= room ? 3 + wanted.length : -1);
			if (answer >= 0) expect(text).toBe(wanted);
		}
	});

	it("are JSON that reads as the text, or as its beginning", () => {
		const prng = new Prng(4);
		for (let i = 0; i < 1000; i++) {
			const value = randomText(prng);
			const { answer, text } = putting(jsonPut, 1, 3 + prng.below(60), value);
			const read = JSON.parse(text);
			if (answer >= 0) expect(read).toBe(value);
			else expect(value.startsWith(read)).toBe(true);
		}
	});

	it.each([0, 1, 9, 10, 255, -1, -10, 65_535, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 1 - 2 ** 53])(
		"are the digits of %d",
		(value) => {
			expect(putting(numberPut, 3, 40, value).text).toBe(String(value));
			const digits = String(value).length;
			expect(putting(numberPut, 3, 3 + digits, value).answer).toBe(3 + digits);
			expect(putting(numberPut, 3, 2 + digits, value).answer).toBe(-1);
		},
	);

	it.each([NaN, Infinity, 2 ** 60, -0, 0.5, -0.5])("are 0 for %d", (value) => {
		expect(putting(numberPut, 0, 5, value).text).toBe("0");
	});

	it("refuses positions outside the buffer", () => {
		const bytes = new Uint8Array(8);
		const plain: Put<string> = (view, at, end, text) => asciiPut(view, at, end, false, text);
		for (const put of [plain, textPut, jsonPut]) {
			expect(() => put(bytes, -1, 4, "a")).toThrow(RangeError);
			expect(() => put(bytes, 5, 4, "a")).toThrow(RangeError);
			expect(() => put(bytes, 0, 9, "a")).toThrow(RangeError);
		}
		expect(() => numberPut(bytes, 0, 9, 1)).toThrow(RangeError);
		expect(() => jsonPut(bytes, 0, 1, "a")).toThrow(RangeError);
	});
});
