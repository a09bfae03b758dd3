// What is in flight, in order: runs of bytes that were sent at about the same time and fared alike. It is what RFC 8985 keeps of each segment, in fixed memory: while there are too many runs
// some are joined, and what a peer says beyond that is not noted. Without SACK there are runs while something is lost, and none else.

import type { Offset } from "../../packet/numbers.ts";
import { Run, RUNS, type TcbBlock } from "../../packet/tcb-block.ts";
import { delivered } from "./delivered.ts";
import { roundTrip } from "./hystart.ts";
import { ratio } from "./ratio.ts";

/** Bits of a run: the peer has it; it is taken for lost, and not sent again since; it was sent more than once. */
export const SACKED = 1;
export const LOST = 2;
export const AGAIN = 4;

/** With so many runs what is sent joins the last one, so that there is room for what the peer says. */
const MOST_SENT = 10;
const MOST_SPREAD = 0xffff;

function runAt(tcb: TcbBlock, index: number): Offset {
	return (tcb.runs + Math.imul((tcb.runFirst + index) & (RUNS - 1), Run.bytes)) & 0x3fffffff;
}

/** The sequence number that a run begins with. */
export function runStart(view: DataView, tcb: TcbBlock, index: number): number {
	return index === 0 ? tcb.sndUna : Run.of(view, runAt(tcb, (index - 1) | 0)).end;
}

/** What follows it. */
export function runEnd(view: DataView, tcb: TcbBlock, index: number): number {
	return Run.of(view, runAt(tcb, index)).end;
}

/** How far apart the first and the last of a run are sent, ms: an eighth of a round trip at most, so that there are fewer of them than MOST_SENT. */
function near(tcb: TcbBlock): number {
	return tcb.srtt >> 6;
}

/** When the first of a run was sent. What is known of a part of it is that it was not sent before, nor after `time`. */
function sentFirst(run: Run): number {
	return (run.time - run.spread) | 0;
}

/** A run goes on until `now`. */
function extend(run: Run, first: number, now: number): void {
	run.time = now;
	run.spread = Math.min((now - first) | 0, MOST_SPREAD);
}

function copyRun(view: DataView, tcb: TcbBlock, to: number, from: number): void {
	const target = Run.of(view, runAt(tcb, to));
	const source = Run.of(view, runAt(tcb, from));
	target.end = source.end;
	target.time = source.time;
	target.spread = source.spread;
	target.bits = source.bits;
}

/** Run `index` is part of the one behind it from now on. */
function joinNext(view: DataView, tcb: TcbBlock, index: number): void {
	const count = (tcb.runCount - 1) | 0;
	tcb.runCount = count;
	for (let i = index; i < count; i = (i + 1) | 0) copyRun(view, tcb, i, (i + 1) | 0);
}

/** Runs next to each other that fare alike become one: what the peer has, and what is lost. */
function joinAlike(view: DataView, tcb: TcbBlock): void {
	let i = 0;
	while (((i + 1) | 0) < tcb.runCount) {
		const bits = Run.of(view, runAt(tcb, i)).bits;
		if ((bits & (SACKED | LOST)) !== 0 && bits === Run.of(view, runAt(tcb, (i + 1) | 0)).bits) joinNext(view, tcb, i);
		else i = (i + 1) | 0;
	}
}

/** Nothing is in flight. */
export function flightClear(tcb: TcbBlock): void {
	tcb.runCount = 0;
	tcb.sackedBytes = 0;
	tcb.lostBytes = 0;
}

/** Whether there is room for a note of what is sent next. */
export function flightHasRoom(view: DataView, tcb: TcbBlock): boolean {
	return tcb.runCount < RUNS || Run.of(view, runAt(tcb, RUNS - 1)).bits === 0;
}

/** What follows up to `end` has been sent, at `now`. */
export function flightSent(view: DataView, tcb: TcbBlock, end: number, now: number): void {
	const count = tcb.runCount;
	if (count !== 0) {
		const last = Run.of(view, runAt(tcb, (count - 1) | 0));
		if (((end - last.end) | 0) <= 0) return;
		// What is sent after something went again is younger than that: it is a run of its own.
		const first = sentFirst(last);
		const early = ((now - first) | 0) > (last.end === tcb.againAt ? 0 : near(tcb));
		if (last.bits === 0 && (!early || count >= MOST_SENT)) {
			extend(last, first, now);
			last.end = end;
			return;
		}
	}
	if (count === RUNS) return;
	const run = Run.of(view, runAt(tcb, count));
	run.end = end;
	run.time = now;
	run.spread = 0;
	run.bits = 0;
	tcb.runCount = (count + 1) | 0;
}

/** What was not noted before, all that is in flight, is from now on. */
export function flightBegin(view: DataView, tcb: TcbBlock): void {
	if (tcb.runCount === 0 && tcb.sndMax !== tcb.sndUna) flightSent(view, tcb, tcb.sndMax, tcb.sentAt);
}

/** About when the last before `reach` of a run was sent that begins at `start`, as if all had gone evenly; from then on the rest of it. */
function sentAbout(run: Run, start: number, reach: number): number {
	const at = (sentFirst(run) + ratio(run.spread, (reach - start) | 0, (run.end - start) | 0)) | 0;
	run.spread = (run.time - at) & MOST_SPREAD;
	return at;
}

/** All from `una` to `ack` is acknowledged. Called before SND.UNA moves, or when nothing is lost or ahead of its turn. */
export function flightAcked(view: DataView, tcb: TcbBlock, una: number, ack: number, now: number): void {
	let start = una;
	let count = tcb.runCount;
	while (count > 0) {
		const run = Run.of(view, runAt(tcb, 0));
		const end = run.end;
		const bits = run.bits;
		const whole = ((end - ack) | 0) <= 0;
		const reach = whole ? end : ack;
		const bytes = (reach - start) | 0;
		if ((bits & SACKED) !== 0) tcb.sackedBytes = (tcb.sackedBytes - bytes) | 0;
		else {
			if ((bits & LOST) !== 0) tcb.lostBytes = (tcb.lostBytes - bytes) | 0;
			delivered(tcb, sentFirst(run), reach, (bits & AGAIN) !== 0, true, now);
			if (bits === 0 && tcb.cwnd < tcb.ssthresh) roundTrip(tcb, reach, (now - sentAbout(run, start, reach)) | 0);
		}
		if (!whole) break;
		start = end;
		tcb.runFirst = (tcb.runFirst + 1) & (RUNS - 1);
		count = (count - 1) | 0;
		if (end === ack) break; // of the next one nothing is
	}
	tcb.runCount = count;
}

/** The number of the run that begins at `seq`, which may be one more than there are; a run is cut in two for it. -1: there is no room for that. */
function boundary(view: DataView, tcb: TcbBlock, seq: number): number {
	const count = tcb.runCount;
	let i = 0;
	while (i < count && ((runEnd(view, tcb, i) - seq) | 0) <= 0) i = (i + 1) | 0;
	if (i === count || ((runStart(view, tcb, i) - seq) | 0) >= 0) return i;
	if (count === RUNS) return -1;
	tcb.runCount = (count + 1) | 0;
	for (let n = count; n > i; n = (n - 1) | 0) copyRun(view, tcb, n, (n - 1) | 0);
	copyRun(view, tcb, (i + 1) | 0, i);
	const low = Run.of(view, runAt(tcb, i));
	const first = sentFirst(low);
	const at = sentAbout(Run.of(view, runAt(tcb, (i + 1) | 0)), runStart(view, tcb, i), seq);
	low.end = seq;
	extend(low, first, at);
	return (i + 1) | 0;
}

/** The peer has bytes `start` to `end`, which are in flight. Answers how many are news. */
export function flightSacked(view: DataView, tcb: TcbBlock, start: number, end: number, now: number): number {
	const from = boundary(view, tcb, start);
	const to = from < 0 ? -1 : boundary(view, tcb, end);
	let fresh = 0;
	for (let i = from; i < to; i = (i + 1) | 0) {
		const run = Run.of(view, runAt(tcb, i));
		const bits = run.bits;
		if ((bits & SACKED) !== 0) continue;
		const first = runStart(view, tcb, i);
		const bytes = (run.end - first) | 0;
		if ((bits & LOST) !== 0) tcb.lostBytes = (tcb.lostBytes - bytes) | 0;
		delivered(tcb, sentFirst(run), run.end, (bits & AGAIN) !== 0, false, now);
		run.bits = SACKED;
		fresh = (fresh + bytes) | 0;
	}
	tcb.sackedBytes = (tcb.sackedBytes + fresh) | 0;
	joinAlike(view, tcb);
	return fresh;
}

/** Run `index` is lost. */
function lose(view: DataView, tcb: TcbBlock, index: number): void {
	const start = runStart(view, tcb, index);
	const run = Run.of(view, runAt(tcb, index));
	tcb.lostBytes = (tcb.lostBytes + run.end - start) | 0;
	run.bits = (run.bits & AGAIN) | LOST;
}

/** The first `length` bytes in flight are lost, unless that is known, or they went again. */
export function firstLost(view: DataView, tcb: TcbBlock, length: number): void {
	flightBegin(view, tcb);
	if (tcb.runCount === 0) return;
	boundary(view, tcb, (tcb.sndUna + length) | 0);
	if (Run.of(view, runAt(tcb, 0)).bits === 0) lose(view, tcb, 0);
}

/** All that the peer has not is lost; and what it said that it has is forgotten when it has not even what comes next: RFC 2018 §8. */
export function allLost(view: DataView, tcb: TcbBlock): void {
	flightBegin(view, tcb);
	const reneged = tcb.runCount !== 0 && (Run.of(view, runAt(tcb, 0)).bits & SACKED) !== 0;
	tcb.lostBytes = 0;
	if (reneged) tcb.sackedBytes = 0;
	for (let i = 0; i < tcb.runCount; i = (i + 1) | 0) {
		const run = Run.of(view, runAt(tcb, i));
		const bits = run.bits;
		if (!reneged && (bits & SACKED) !== 0) continue;
		run.bits = 0;
		lose(view, tcb, i);
	}
	joinAlike(view, tcb);
}

/** Nothing is lost after all. */
export function noneLost(view: DataView, tcb: TcbBlock): void {
	for (let i = 0; i < tcb.runCount; i = (i + 1) | 0) {
		const run = Run.of(view, runAt(tcb, i));
		run.bits = run.bits & ~LOST;
	}
	tcb.lostBytes = 0;
}

/** Of what is neither known to have arrived nor lost and was sent before what was delivered last, all that was sent so long ago is lost; `age`, ms. Answers how long it is, at most, until the rest of that is so old; -1: there is none. RFC 8985 §6.2, step 5. */
export function oldLost(view: DataView, tcb: TcbBlock, age: number, now: number): number {
	let wait = -1;
	const at = tcb.rackAt;
	for (let i = 0; i < tcb.runCount; i = (i + 1) | 0) {
		const run = Run.of(view, runAt(tcb, i));
		if ((run.bits & (SACKED | LOST)) !== 0) continue;
		const later = (sentFirst(run) - at) | 0;
		if (later > 0 || (later === 0 && ((run.end - tcb.rackEnd) | 0) >= 0)) continue;
		// Whether it went again before or after what was sent in the same millisecond is not known.
		const unsure = (run.bits & AGAIN) !== 0 && ((run.time - at) | 0) >= 0;
		const left = (run.time + age + (unsure ? tcb.srtt >> 5 : 0) - now) | 0;
		if (left > 0) wait = Math.max(wait, left);
		else lose(view, tcb, i);
	}
	return wait;
}

/** Whether what is first in flight was sent at that time, and once only. */
export function firstSentAt(view: DataView, tcb: TcbBlock, time: number): boolean {
	if (tcb.runCount === 0) return false;
	const run = Run.of(view, runAt(tcb, 0));
	return (run.bits & (SACKED | AGAIN)) === 0 && ((time - sentFirst(run)) | 0) >= 0 && ((run.time - time) | 0) >= 0;
}

/** The number of the first run that is lost, or -1. */
export function nextLost(view: DataView, tcb: TcbBlock): number {
	for (let i = 0; i < tcb.runCount; i = (i + 1) | 0) if ((Run.of(view, runAt(tcb, i)).bits & LOST) !== 0) return i;
	return -1;
}

/** The first `length` bytes of run `index`, which is lost, go again at `now`. */
export function sentAgain(view: DataView, tcb: TcbBlock, index: number, length: number, now: number): void {
	const start = runStart(view, tcb, index);
	const end = (start + length) | 0;
	tcb.againAt = tcb.sndMax;
	const whole = ((runEnd(view, tcb, index) - end) | 0) <= 0;
	const joins = index > 0 && continues(view, tcb, (index - 1) | 0, now);
	tcb.lostBytes = (tcb.lostBytes - length) | 0;
	if (joins && !whole) {
		const before = Run.of(view, runAt(tcb, (index - 1) | 0));
		extend(before, sentFirst(before), now);
		before.end = end;
		return;
	}
	const cut = whole || boundary(view, tcb, end) >= 0;
	const run = Run.of(view, runAt(tcb, index));
	// With no room to cut it all of it counts as sent again: should it be lost, its time comes.
	if (!cut) tcb.lostBytes = (tcb.lostBytes + length - run.end + start) | 0;
	run.bits = AGAIN;
	extend(run, joins ? sentFirst(Run.of(view, runAt(tcb, (index - 1) | 0))) : now, now);
	if (joins) joinNext(view, tcb, (index - 1) | 0);
}

/** Whether what goes again now belongs to that run: it did just so, or there is no room for another one. */
function continues(view: DataView, tcb: TcbBlock, index: number, now: number): boolean {
	const run = Run.of(view, runAt(tcb, index));
	return run.bits === AGAIN && (((now - sentFirst(run)) | 0) <= near(tcb) || tcb.runCount === RUNS);
}

/** The last `length` bytes in flight went again, as a probe. */
export function lastAgain(view: DataView, tcb: TcbBlock, length: number, now: number): void {
	flightBegin(view, tcb);
	if (boundary(view, tcb, (tcb.sndMax - length) | 0) < 0) return;
	const run = Run.of(view, runAt(tcb, (tcb.runCount - 1) | 0));
	run.bits = run.bits | AGAIN;
	run.time = now;
	run.spread = 0;
}

/** Bytes on their way, as far as is known: RFC 6675's pipe. Without SACK each duplicate acknowledgment stands for a segment that the peer has. */
export function pipe(tcb: TcbBlock): number {
	const flight = (tcb.sndMax - tcb.sndUna - tcb.lostBytes - tcb.sackedBytes) | 0;
	if (tcb.dupAcks === 0) return flight;
	return Math.max((flight - Math.imul(tcb.dupAcks, tcb.sndMss)) | 0, 0);
}
