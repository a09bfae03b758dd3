import { expect, test } from "vitest";
import { BARRED_ADDRESSES, BARRED_MS } from "../../../../src/config.ts";
import { CORE, CoreBlock } from "../../../../src/packet/core-block.ts";
import { Stack } from "../../../../src/stack.ts";
import { bar, isBarred } from "../../../../src/transport/tcp/barred.ts";

/** The addresses that a stack has barred, at times of its clock. */
function barredAt(): { add(address: number, now: number): void; has(address: number, now: number): boolean } {
	const { view } = new Stack({ sockets: { tcp: 1 } }).core;
	const at = (now: number) => (CoreBlock.of(view, CORE).now = now);
	return {
		add(address, now) {
			at(now);
			bar(view, address);
		},
		has(address, now) {
			at(now);
			return isBarred(view, address);
		},
	};
}

test("an address is barred for a minute, whatever the clock says then, and not again when the clock has wrapped", () => {
	for (const start of [0, 1, 0x7ffffff0, -5]) {
		const barred = barredAt();
		expect(barred.has(9, start)).toBe(false);
		barred.add(9, start);
		for (const [ms, is] of [
			[0, true],
			[BARRED_MS - 1, true],
			[BARRED_MS, false],
			[0x7fffffff, false],
			[0x80001000, false],
			[0xffff0000, false],
		] as const)
			expect([ms, barred.has(9, (start + ms) | 0)]).toEqual([ms, is]);
		expect(barred.has(8, start)).toBe(false);
	}
});

test("the oldest is forgotten when more are barred than are remembered", () => {
	const barred = barredAt();
	for (let address = 1; address <= BARRED_ADDRESSES + 1; address++) barred.add(address, 0);
	expect(barred.has(1, 0)).toBe(false);
	for (let address = 2; address <= BARRED_ADDRESSES + 1; address++) expect(barred.has(address, 0)).toBe(true);
});
