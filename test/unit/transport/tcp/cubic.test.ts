// CUBIC's numbers, RFC 9438: what a window is reduced to, and how it comes back. Windows may have megabytes.
import { expect, test } from "vitest";
import { avoid, cubicBegins, cubicReduced } from "../../../../src/transport/tcp/cubic.ts";
import { blockOf } from "../../../support/tcb.ts";
import { Peer } from "./peer.ts";

const WINDOWS = [14_600, 65_535, 1_000_000, 16_777_216, 33_554_432];

/** The block of a connection whose window is that. */
function withWindow(cwnd: number) {
	const block = blockOf(new Peer().connected().tcb!);
	cubicBegins(block);
	block.cwnd = cwnd;
	return block;
}

test.each(WINDOWS)("a window of %d is reduced to seven tenths, and what it was is remembered. §4.6, §4.7", (cwnd) => {
	const block = withWindow(cwnd);
	const reduced = cubicReduced(block);
	expect(reduced / cwnd).toBeCloseTo(0.7, 2);
	expect(block.cubicMax).toBe(cwnd);
	block.cwnd = reduced;
	cubicReduced(block);
	expect(block.cubicMax / reduced).toBeCloseTo(0.85, 2);
});

test.each(WINDOWS)("reduced from %d it grows, and never shrinks", (cwnd) => {
	const block = withWindow(cwnd);
	block.cwnd = cubicReduced(block);
	let before = block.cwnd;
	for (let now = 1000; now < 11_000; now += 100) {
		avoid(block, before, now);
		expect(block.cwnd).toBeGreaterThanOrEqual(before);
		before = block.cwnd;
	}
	expect(before).toBeGreaterThan(cwnd * 0.7);
});

test("less than a segment below what it was counts as reached: no fast convergence. §4.7", () => {
	const block = withWindow(65_535);
	block.cubicMax = 65_535 + block.sndMss - 1;
	cubicReduced(block);
	expect(block.cubicMax).toBe(65_535);
	block.cwnd = 65_535;
	block.cubicMax = 65_535 + block.sndMss;
	cubicReduced(block);
	expect(block.cubicMax / 65_535).toBeCloseTo(0.85, 2);
});
