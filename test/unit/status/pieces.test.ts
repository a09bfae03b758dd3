import { ipText } from "../../support/frames.ts";
import { describe, expect, it } from "vitest";
import { JsonPieces, PIECE_BYTES, membersOf } from "../../../src/status/pieces.ts";
import type { JsonWriter } from "../../../src/status/json.ts";
import { STATUS, statusOf } from "../../../src/status/status.ts";
import { LoopbackDevice } from "../../../src/device/loopback.ts";
import { LoopbackInterface } from "../../../src/link/loopback.ts";
import { connected, pair } from "../io/pair.ts";

/** All that is told, in pieces of at most `size` bytes; `between` is called after each. */
function tell(
	pieces: JsonPieces,
	size: number,
	between: (piece: number) => void = () => {},
): { text: string; most: number; count: number } {
	const bytes = new Uint8Array(size + 6);
	let text = "";
	let most = 0;
	for (let count = 0; ; count++) {
		const end = pieces.put(bytes, 3, 3 + size);
		if (end === 3) return { text, most, count };
		if (bytes[0] !== 0 || bytes[size + 3] !== 0) throw new Error("bytes beside the piece were written");
		most = Math.max(most, end - 3);
		for (let i = 3; i < end; i++) text += String.fromCharCode(bytes[i]!);
		between(count);
	}
}

describe("a status in pieces", () => {
	it("is what status() answers, however large the pieces are", () => {
		const p = pair();
		connected(p);
		const { stack } = p.two;
		const whole = statusOf(stack);
		for (const size of [PIECE_BYTES, 449, 505, 700, 4000, 20_000]) {
			const { text, most } = tell(new JsonPieces(STATUS, stack), size);
			expect(JSON.parse(text)).toEqual(whole);
			expect(most).toBeLessThanOrEqual(size);
		}
		expect(whole.sockets.map(({ state }) => state)).toEqual(["listen", "established"]);
	});

	it("begins anew when it is reset, told to the end or not", () => {
		const { stack } = pair().two;
		const pieces = new JsonPieces(STATUS, stack);
		const first = tell(pieces, 500).text;
		expect(tell(pieces, 500).text).toBe("");
		pieces.reset();
		pieces.put(new Uint8Array(500), 0, 500);
		pieces.reset();
		expect(tell(pieces, 500).text).toBe(first);
	});

	it("is the same with a bound of steps, in pieces of a few values that are never empty before the end", () => {
		const { stack } = pair().two;
		const bytes = new Uint8Array(PIECE_BYTES);
		for (const steps of [1, 2, 5]) {
			const pieces = new JsonPieces(STATUS, stack);
			let text = "";
			for (let end = pieces.put(bytes, 0, PIECE_BYTES, steps); end > 0; end = pieces.put(bytes, 0, PIECE_BYTES, steps)) {
				expect(end).toBeLessThan(60 * steps);
				for (let i = 0; i < end; i++) text += String.fromCharCode(bytes[i]!);
			}
			expect(JSON.parse(text)).toEqual(statusOf(stack));
			expect(JSON.parse(text).version).toBe(JSON.parse(text).versionAfter);
		}
	});

	it("is the same appended a value at a time, in buffers that are filled until the next one does not fit", () => {
		const { stack } = pair().two;
		const pieces = new JsonPieces(STATUS, stack);
		const bytes = new Uint8Array(PIECE_BYTES);
		let text = "";
		for (let at = 0, end = 0; ; at = end) {
			end = pieces.append(bytes, at, bytes.length, 1);
			if (end > at) continue;
			if (at === 0) break;
			for (let i = 0; i < at; i++) text += String.fromCharCode(bytes[i]!);
			end = 0;
		}
		expect(JSON.parse(text)).toEqual(statusOf(stack));
	});

	it("refuses names that JSON would have to escape", () => {
		for (const name of ['"', "\\", "\n", "\u00e9"])
			expect(() => membersOf({ [name]: { write: (out: JsonWriter) => out.null() } })).toThrow("expected ASCII");
	});

	it("stays JSON when interfaces, routes, neighbours and sockets come and go between the pieces, and says so", () => {
		let changed = 0;
		for (let seed = 0; seed < 12; seed++) {
			const p = pair({}, {}, seed + 1);
			const { client } = connected(p);
			const { stack } = p.two;
			const added: LoopbackInterface[] = [];
			const { text, count } = tell(new JsonPieces(STATUS, stack), PIECE_BYTES, (piece) => {
				if ((piece + seed) % 3 === 0) {
					const link = new LoopbackInterface(`x${piece}`, new LoopbackDevice());
					added.push(link);
					if (stack.interfaces.list.length < 4)
						stack.interfaces.add(link).ip.insertAddress(ipText(0x0a800001 + (piece << 8)), 24);
				} else if ((piece + seed) % 3 === 1) {
					const last = stack.interfaces.list[stack.interfaces.list.length - 1]!;
					if (last.name.startsWith("x")) stack.interfaces.remove(last);
				} else if (piece === seed % 5) {
					client.close();
					stack.interfaces.remove(stack.interfaces.find("eth0")!);
				}
				p.world.run(100);
			});
			expect(count).toBeGreaterThan(2);
			const status = JSON.parse(text);
			expect(Object.keys(status)).toEqual(["version", "interfaces", "routes", "versionAfter", "neighbors", "sockets", "memory"]);
			if (status.version !== status.versionAfter) changed++;
		}
		expect(changed).toBeGreaterThan(3);
	});

	it("cuts texts that are too long, and escapes what must be", () => {
		const told = membersOf<{ a: 1; b: 1 }, undefined>({
			a: { write: (out) => out.text("x".repeat(1000)) },
			b: { write: (out) => out.text('"\\\n\u2603') },
		});
		const { a, b } = JSON.parse(tell(new JsonPieces(told, undefined), PIECE_BYTES).text);
		expect(a.length).toBeGreaterThan(390);
		expect(b).toBe('"\\\n\u2603');
	});

	it("asks for room for the longest value", () => {
		const pieces = new JsonPieces(STATUS, pair().one.stack);
		expect(() => pieces.put(new Uint8Array(400), 0, 400)).toThrow("bytes 0 to 400: expected room for 448");
	});
});
