// What is known of the times at which bytes in flight were sent, RFC 8985 §5.2, and what is learned from them when they arrive.
import { describe, expect, test } from "vitest";
import { TcbBlock } from "../../../../src/packet/tcb-block.ts";
import { flightAcked, flightClear, flightSacked, flightSent, oldLost, sentAgain } from "../../../../src/transport/tcp/flight.ts";
import { roundTrip } from "../../../../src/transport/tcp/hystart.ts";
import { cameLate, neededNot, overtakenCame } from "../../../../src/transport/tcp/rack.ts";
import { recoverBy } from "../../../../src/transport/tcp/recovery.ts";
import { Peer } from "./peer.ts";

const MSS = 1000;
const FOREVER = 0x7fffffff;

/** A connection with round trips of 200 ms and nothing in flight. */
function scene() {
	const tcb = new Peer().connected().tcb!;
	const block = TcbBlock.of(tcb.view, tcb.block);
	flightClear(block);
	block.srtt = 200 << 3;
	block.sndMss = MSS;
	block.minRtt = FOREVER;
	block.rackAt = -1;
	const una = block.sndUna;
	/** So many segments go at that time. */
	const send = (segments: number, now: number) => {
		block.sndMax = (block.sndMax + segments * MSS) | 0;
		flightSent(tcb.view, block, block.sndMax, now);
	};
	const acked = (segments: number, now: number) => {
		flightAcked(tcb.view, block, block.sndUna, (una + segments * MSS) | 0, now);
		block.sndUna = (una + segments * MSS) | 0;
	};
	const sacked = (from: number, to: number, now: number) =>
		flightSacked(tcb.view, block, (una + from * MSS) | 0, (una + to * MSS) | 0, now);
	return { view: tcb.view, block, send, acked, sacked };
}

describe("what is sent", () => {
	test("at times within an eighth of a round trip is one run, beyond that the next", () => {
		const { block, send } = scene();
		send(1, 0);
		send(1, 25);
		expect(block.runCount).toBe(1);
		send(1, 26);
		expect(block.runCount).toBe(2);
	});
	test("and acknowledged up to where a run begins says nothing of that run", () => {
		const { block, send, acked } = scene();
		send(1, 0);
		send(1, 150);
		acked(1, 200);
		expect(block.minRtt).toBe(200);
		expect(block.rackAt).toBe(0);
		acked(2, 350);
		expect(block.minRtt).toBe(200);
		expect(block.rackAt).toBe(150);
	});
	test("over some time went evenly, for all that is known of its parts; a part is lost no sooner than its last would be", () => {
		const { view, block, send, sacked } = scene();
		send(2, 0);
		send(2, 20);
		sacked(2, 4, 220);
		expect(block.minRtt).toBe(210);
		expect(block.rackAt).toBe(10);
		expect(oldLost(view, block, block.rackRtt, 219)).toBe(1);
		expect(block.lostBytes).toBe(0);
		expect(oldLost(view, block, block.rackRtt, 220)).toBe(-1);
		expect(block.lostBytes).toBe(2 * MSS);
	});
	test("again in the millisecond of what has arrived may have gone after it, and is waited for another quarter of a round trip", () => {
		const { view, block, send, sacked } = scene();
		send(1, 0);
		send(1, 100);
		sacked(1, 2, 300);
		expect(oldLost(view, block, block.rackRtt, 300)).toBe(-1);
		send(1, 300);
		sentAgain(view, block, 0, MSS, 300);
		sacked(2, 3, 500);
		expect(block).toMatchObject({ rackAt: 300, rackRtt: 200, lostBytes: 0 });
		expect(oldLost(view, block, block.rackRtt, 500)).toBe(50);
		expect(oldLost(view, block, block.rackRtt, 549)).toBe(1);
		expect(block.lostBytes).toBe(0);
		expect(oldLost(view, block, block.rackRtt, 550)).toBe(-1);
		expect(block.lostBytes).toBe(MSS);
	});
	test("again is not overtaken by what was sent before it, however many runs there are", () => {
		const { view, block, send, sacked } = scene();
		for (let i = 0; i < 9; i++) send(1, 30 * i);
		sacked(4, 8, 260);
		expect(oldLost(view, block, 0, 260)).toBe(-1);
		sentAgain(view, block, 0, MSS, 260);
		for (let i = 9; i < 20; i++) send(1, 30 * i);
		sacked(8, 9, 460);
		expect(oldLost(view, block, block.rackRtt, 460)).toBe(-1);
		expect(block.lostBytes).toBe(3 * MSS);
	});
});

describe("a round of slow start (RFC 9406 §4.2)", () => {
	test("begins with the first segment that was sent in it", () => {
		const { block } = scene();
		block.roundEnd = 10 * MSS;
		block.sndNxt = 30 * MSS;
		block.roundLeast = 212;
		roundTrip(block, 10 * MSS, 260);
		expect(block.roundLeast).toBe(212);
		roundTrip(block, 12 * MSS, 213);
		roundTrip(block, 14 * MSS, 240);
		expect(block).toMatchObject({ roundBefore: 212, roundLeast: 213, roundSamples: 2, roundEnd: 30 * MSS });
	});
});

describe("what came late and not lost", () => {
	test("makes the wait twice as long as it was late, and a duplicate a quarter of a round trip longer", () => {
		const { block } = scene();
		block.minRtt = 40;
		block.rackRtt = 50;
		cameLate(block, 1000, 1200);
		expect(block.reoSteps).toBe(32);
		expect(block.reoKept).toBe(16);
		block.reoRound = block.sndUna;
		neededNot(block);
		expect(block.reoSteps).toBe(33);
	});
	test("is measured where it cost nothing, too: by the echo of what went once and others had overtaken", () => {
		const { view, block, send, sacked } = scene();
		send(1, 0);
		send(1, 100);
		sacked(1, 2, 300);
		for (const [echo, steps] of [
			[1, 1],
			[0, 6],
		] as const) {
			block.tsEcho = (block.tsOffset + echo) | 0;
			overtakenCame(view, block, 340);
			expect(block.reoSteps).toBe(steps);
		}
	});
	test("says nothing when it went again: whichever of them it was is asked elsewhere", () => {
		const { view, block, send, sacked } = scene();
		send(1, 0);
		send(1, 100);
		sacked(1, 2, 300);
		oldLost(view, block, block.rackRtt, 300);
		sentAgain(view, block, 0, MSS, 300);
		block.tsEcho = (block.tsOffset + 300) | 0;
		overtakenCame(view, block, 500);
		expect(block.reoSteps).toBe(1);
	});
	test("never makes it shorter, nor longer than 255 quarters", () => {
		const { block } = scene();
		block.minRtt = 40;
		block.rackRtt = 50;
		block.reoSteps = 9;
		cameLate(block, 1000, 1020);
		expect(block.reoSteps).toBe(9);
		cameLate(block, 0, 1_000_000);
		expect(block.reoSteps).toBe(255);
	});
});

test("a recovery ends with the window at the threshold, also where the peer's window kept it below. RFC 6582 §3.2", () => {
	const { view, block } = scene();
	block.recovering = 1;
	block.recover = block.sndUna;
	block.cwnd = 3 * MSS;
	block.ssthresh = 40 * MSS;
	recoverBy(view, block, MSS, true);
	expect(block.recovering).toBe(0);
	expect(block.cwnd).toBe(40 * MSS);
});
