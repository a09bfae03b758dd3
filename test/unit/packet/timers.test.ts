// The heap of timers against a list that is searched, and on memory that makes no sense.

import { describe, expect, it } from "vitest";
import { timerDue, timerNext, timerSet } from "#codec";
import { REGISTER } from "../../../src/packet/fields.ts";
import { Timer, TimerHeap } from "../../../src/packet/timers.ts";
import { Prng } from "../../support/prng.ts";
import { ARENA, expectBoth, FREE, hostile, rounds, same, SEED, writeWords } from "../../support/twins/pair.ts";

/** Behind the registers, in memory of 1536 bytes at least, as compiled code has it. A word in front of the heap and one behind it nobody may touch. */
const GUARD = 0x5aa55aa5;
const AT = 1540;

/** A heap and its model: when each item is due. */
class Timers {
	readonly view: DataView;
	readonly due = new Map<number, number>();
	readonly #end: number;

	constructor(count: number) {
		this.#end = AT + TimerHeap.bytes + count * Timer.bytes;
		this.view = new DataView(new ArrayBuffer(this.#end + 4));
		writeWords(this.view, REGISTER.timersAt, [AT]);
		writeWords(this.view, REGISTER.timersCount, [count]);
		for (const at of [AT - 4, this.#end]) writeWords(this.view, at, [GUARD]);
	}

	/** Milliseconds until the earliest item is due, Infinity without one. */
	earliest(now: number): number {
		let least = Infinity;
		for (const due of this.due.values()) least = Math.min(least, (due - now) | 0);
		return least;
	}

	set(item: number, due: number): void {
		timerSet(this.view, item, due);
		const before = this.due.get(item);
		if (before === undefined || ((due - before) | 0) < 0) this.due.set(item, due);
	}

	/** Takes one out; false when none is due. */
	take(now: number): boolean {
		const wanted = this.earliest(now);
		const item = timerDue(this.view, now);
		if (item === -1) {
			expect(wanted).toBeGreaterThan(0);
			return false;
		}
		expect(((this.due.get(item) ?? NaN) - now) | 0, `item ${item}`).toBe(wanted);
		expect(wanted).toBeLessThanOrEqual(0);
		this.due.delete(item);
		return true;
	}

	check(now: number): void {
		const wanted = this.earliest(now);
		expect(timerNext(this.view, now)).toBe(wanted === Infinity ? -1 : Math.max(0, wanted));
		for (const at of [AT - 4, this.#end]) expect(this.view.getInt32(at, true)).toBe(GUARD);
	}
}

describe("the heap of timers", () => {
	it("gives out what is due, earliest first, as a list that is searched does", () => {
		const prng = new Prng(SEED);
		let taken = 0;
		for (let round = 0; round < 40; round++) {
			const count = prng.pick([1, 2, 3, 8, 50]);
			const timers = new Timers(count);
			// The clock wraps during many rounds.
			let now = (0x7fffffff - prng.below(20_000)) | 0;
			for (let step = 0; step < 300; step++) {
				const ahead = prng.pick([0, 1, 40, 1000, 60_000, 1 << 30]);
				if (prng.chance(0.6)) timers.set(prng.below(count), (now + prng.below(ahead + 1)) | 0);
				else {
					now = (now + prng.below(prng.pick([1, 50, 2000]) + 1)) | 0;
					while (timers.take(now)) taken++;
				}
				timers.check(now);
			}
		}
		expect(taken, `SEED=${SEED}`).toBeGreaterThan(1000);
	});

	it("takes every item there is, each once, whatever their order", () => {
		for (const order of [(i: number) => i, (i: number) => 999 - i, (i: number) => (i * 619) % 1000, () => 5]) {
			const timers = new Timers(1000);
			for (let i = 0; i < 1000; i++) timers.set(i, order(i));
			timers.check(0);
			for (let i = 0; i < 1000; i++) expect(timers.take(1000)).toBe(true);
			expect(timers.take(1000)).toBe(false);
			timers.check(1000);
		}
	});

	it("moves an item to an earlier time, never to a later one", () => {
		const timers = new Timers(2);
		timers.set(1, 500);
		timers.set(1, 900);
		expect(timerNext(timers.view, 100)).toBe(400);
		timers.set(0, 300);
		timers.set(1, 200);
		expect(timerNext(timers.view, 100)).toBe(100);
		expect([timerDue(timers.view, 199), timerDue(timers.view, 200), timerDue(timers.view, 299)]).toEqual([-1, 1, -1]);
		// Taken out, it may be set anew.
		timerSet(timers.view, 1, 900);
		expect([timerDue(timers.view, 1000), timerDue(timers.view, 1000), timerDue(timers.view, 1000)]).toEqual([0, 1, -1]);
	});

	it("refuses items that there are not", () => {
		for (const [count, item] of [
			[0, 0],
			[1, 1],
			[3, -1],
			[3, 3],
			[3, 0x7fffffff],
		] as const) {
			const timers = new Timers(count);
			expect(() => timerSet(timers.view, item, 0)).toThrow(RangeError);
			timers.check(0);
			expect(timerDue(timers.view, 0)).toBe(-1);
		}
	});

	it("ends on memory that makes no sense, with an answer or a RangeError", () => {
		expectBoth(
			rounds("timers", (prng, pair) => {
				const count = hostile(prng, prng.pick([0, 1, 7, 100, 400]));
				const at = hostile(prng, FREE + 4 * prng.below(8));
				pair.each((view) => writeWords(view, REGISTER.timersAt, [at, count]));
				if (at > 0 && at < ARENA - 4 && prng.chance(0.7)) pair.setWord(at, prng.below(count + 2));
				// As it might be but for some rows.
				if (at === FREE)
					for (let i = 0; i < 400; i++) {
						pair.setWord(at + TimerHeap.bytes + Timer.bytes * i + Timer.offsets.due, i);
						if (prng.chance(0.9)) pair.setWord(at + TimerHeap.bytes + Timer.bytes * i + Timer.offsets.item, i | ((i + 1) << 16));
					}
				const now = prng.chance(0.5) ? prng.next() : 10;
				return prng.pick([
					() => same(pair, "timerSet", ["view", hostile(prng, prng.below(Math.max(1, count))), now]),
					() => same(pair, "timerDue", ["view", now]),
					() => same(pair, "timerNext", ["view", now]),
				])();
			}),
		);
	});
});
