// Ranges of bytes that came ahead of their turn, against a model that is a set of numbers.
import { expect, test } from "vitest";
import { Prng } from "../../../support/prng.ts";
import { PAGE_SHIFT } from "../../../../src/config.ts";
import { PAGE_BYTES, PAGE_MASK } from "../../../../src/packet/pages.ts";
import { RANGES, TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { lastAhead, storeAhead, takeAhead } from "../../../../src/transport/tcp/reassembly.ts";
import { Stack } from "../../../../src/stack.ts";

/** The window, and the ring. */
const SIZE = 64;
const RING = 2 * PAGE_BYTES;
const stack = new Stack({ sockets: { tcp: 2 } });

function ranges(model: Set<number>): number {
	let count = 0;
	for (const at of model) if (!model.has(at - 1)) count++;
	return count;
}

for (let seed = 1; seed <= 200; seed++) {
	test(`as the model, seed ${seed}`, () => {
		const prng = new Prng(seed);
		const { layout, view } = stack.core;
		const tcb = TcbBlock.of(view, layout.tcbs);
		tcb.receiveRing = RING;
		const byteAt = (at: number) => {
			const place = (tcb.rcvAt + at) % RING;
			return view.getUint8(view.getInt32(tcb.receivePages + 4 * (place >> PAGE_SHIFT), true) + (place & PAGE_MASK));
		};
		tcb.ranges = 0;
		let model = new Set<number>();
		let base = prng.next();
		tcb.rcvNxt = base;
		tcb.rcvAt = prng.below(RING);
		for (let step = 0; step < 60; step++) {
			const ahead = prng.between(1, SIZE - 1);
			const length = prng.between(1, Math.min(12, SIZE - ahead));
			for (let i = 0; i < length; i++) view.setUint8(layout.packets + i, (base + ahead + i) & 255);
			const next = new Set(model);
			for (let i = 0; i < length; i++) next.add(ahead + i);
			const fits = ranges(next) <= RANGES;
			const before = tcb.ranges;
			const stored = storeAhead(view, tcb, ahead, layout.packets, length);
			// What touches a range is always taken; what stands alone only while there is a free one.
			let touches = false;
			for (const at of model) if (at >= ahead - 1 && at <= ahead + length) touches = true;
			expect(stored).toBe(touches || before < RANGES);
			if (stored) model = next;
			expect(fits || !stored).toBe(true);
			expect(tcb.ranges).toBe(ranges(model));
			if (model.size > 0) expect((lastAhead(view, tcb) - base) | 0).toBe(Math.max(...model) + 1);
			for (const at of model) expect(byteAt(at)).toBe((base + at) & 255);
			if (prng.chance(0.3)) {
				const gap = prng.between(1, 8);
				let end = gap;
				while (model.has(end)) end++;
				expect(takeAhead(view, tcb, (base + gap) | 0)).toBe(end - gap);
				base = (base + end) | 0;
				tcb.rcvNxt = base;
				tcb.rcvAt = (tcb.rcvAt + end) % RING;
				const moved = new Set<number>();
				for (const at of model) if (at >= end) moved.add(at - end);
				model = moved;
			}
		}
	});
}
