// A chip that does not answer when a board starts: told once, and once more when it has come; then nobody looks any more.

import { describe, expect, it } from "vitest";
import { openPatiently } from "../../../hosts/patience.ts";

/** A board's timers, and a chip that is there or not. */
class Bench {
	readonly said: string[] = [];
	readonly running = new Set<() => void>();
	readonly timers = {
		repeat: (callback: () => void, ms: number): (() => void) => {
			expect(ms).toBe(250);
			this.running.add(callback);
			return callback;
		},
		clear: (timer: () => void): void => {
			expect(this.running.delete(timer)).toBe(true);
		},
	};

	open(chip: { present: boolean; closed: boolean }): unknown {
		return openPatiently(
			"eth0",
			({ onAbsent }) => {
				if (!chip.present) onAbsent("no W5500 answers on bus 0, select 17");
				return chip;
			},
			this.timers,
			(line) => this.said.push(line),
		);
	}

	look(times = 1): void {
		for (let i = 0; i < times; i++) for (const callback of this.running) callback();
	}
}

describe("a chip that is absent when the board starts", () => {
	it("is told once, and once more when it has come", () => {
		const bench = new Bench();
		const chip = { present: false, closed: false };
		expect(bench.open(chip)).toBe(chip);
		bench.look(100);
		expect(bench.said).toEqual(["eth0: no W5500 answers on bus 0, select 17; it is looked for"]);
		chip.present = true;
		bench.look();
		expect(bench.said.slice(1)).toEqual(["eth0: the chip answers"]);
		expect(bench.running.size).toBe(0);
		// Pulled later, it is a matter of the link.
		chip.present = false;
		bench.look(10);
		expect(bench.said).toHaveLength(2);
	});

	it("is looked for no more when its driver was closed meanwhile, and nothing is told of it", () => {
		const bench = new Bench();
		const chip = { present: false, closed: false };
		bench.open(chip);
		chip.closed = true;
		bench.look();
		expect(bench.running.size).toBe(0);
		expect(bench.said).toHaveLength(1);
	});

	it("takes no timer where it is there, and none where its driver throws", () => {
		const bench = new Bench();
		bench.open({ present: true, closed: false });
		const open = (): unknown => {
			throw new RangeError("select 40: expected 0 to 29");
		};
		expect(() => openPatiently("eth0", open, bench.timers, (line) => bench.said.push(line))).toThrow("select 40");
		expect(bench.running.size).toBe(0);
		expect(bench.said).toEqual([]);
	});
});
