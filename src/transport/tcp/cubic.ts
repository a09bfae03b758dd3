// CUBIC: the window grows by the time since it was reduced, quickly far away from where it was then, and slowly near it. RFC 9438. In whole numbers: times in units of 16 ms, windows in bytes.

import type { TcbBlock } from "../../packet/tcb-block.ts";
import { ratio } from "./ratio.ts";

/** Units of time are 1 << UNIT ms. */
const UNIT = 4;
/** More units than this from the middle of the curve are not looked at: there it is a megabyte away. */
const FARTHEST = 748;
/** Of 1,024: what a window becomes that is reduced, 0.7; what its largest counts as when it was not reached again, 0.85; and how fast Reno would grow beside that, 0.53. RFC 9438 §4.6, §4.7, §4.3. */
const BETA = 717;
const FAST_CONVERGENCE = 870;
const FRIENDLY = 542;

/** So many of 1,024 parts of an amount, which is not multiplied as a whole: of a window of megabytes that would be no int32. */
function part(bytes: number, of: number): number {
	return (Math.imul(bytes >> 10, of) + (Math.imul(bytes & 1023, of) >> 10)) | 0;
}

/** A new connection. */
export function cubicBegins(tcb: TcbBlock): void {
	tcb.cubicMax = 0;
	tcb.cubicAt = 0;
	tcb.cubicBegun = 0;
}

/** How far the curve is from its middle, `units` of time away, bytes: 0.4 t³ segments, of which 1 / 610,352 a cubic unit. */
function curve(units: number, mss: number): number {
	const near = Math.min(units, FARTHEST);
	const cube = Math.imul(Math.imul(near, near), near);
	return Math.imul(Math.imul(cube >> 12, mss) >> 8, 440) >> 8;
}

/** After how many units of time the curve is at its middle, `bytes` above where it begins. */
function middle(bytes: number, mss: number): number {
	let units = 0;
	for (let step = 512; step > 0; step = step >> 1)
		if (curve((units + step) | 0, mss) <= bytes && ((units + step) | 0) <= FARTHEST) units = (units + step) | 0;
	return units;
}

/** The window is reduced: answers to what. */
export function cubicReduced(tcb: TcbBlock): number {
	const cwnd = tcb.cwnd;
	tcb.cubicBegun = 0;
	// The curve nears its middle and stays below it by a part of a segment: that counts as reached.
	tcb.cubicMax = ((tcb.cubicMax - cwnd) | 0) >= tcb.sndMss ? part(cwnd, FAST_CONVERGENCE) : cwnd;
	return part(cwnd, BETA);
}

/** `bytes` were acknowledged beyond slow start: the window grows. RFC 9438 §4.2 to §4.5. */
export function avoid(tcb: TcbBlock, bytes: number, now: number): void {
	const mss = tcb.sndMss;
	const cwnd = tcb.cwnd;
	if (tcb.cubicBegun === 0) {
		tcb.cubicBegun = 1;
		tcb.cubicAt = now;
		if (cwnd >= tcb.cubicMax) tcb.cubicMax = cwnd;
		tcb.cubicMiddle = middle((tcb.cubicMax - cwnd) | 0, mss);
		tcb.cubicReno = cwnd;
		tcb.ackedBytes = 0;
	}
	// What Reno would have: one segment a window at the full rate once it is where it was. RFC 9438 §4.3.
	const share = tcb.cubicReno < tcb.cubicMax ? part(bytes, FRIENDLY) : bytes;
	tcb.ackedBytes = (tcb.ackedBytes + share) | 0;
	if (tcb.ackedBytes >= tcb.cubicReno) {
		tcb.ackedBytes = (tcb.ackedBytes - tcb.cubicReno) | 0;
		tcb.cubicReno = (tcb.cubicReno + mss) | 0;
	}
	// Where the curve will be a round trip from now, to the nearest segment: of a part of one nothing goes.
	const units = (((now - tcb.cubicAt + (tcb.srtt >> 3)) >> UNIT) - tcb.cubicMiddle) | 0;
	const off = curve(units < 0 ? -units | 0 : units, mss);
	const target = units < 0 ? (tcb.cubicMax - Math.max((off - (mss >> 1)) | 0, 0)) | 0 : (tcb.cubicMax + off) | 0;
	if (tcb.cubicReno > target && tcb.cubicReno > cwnd) tcb.cwnd = tcb.cubicReno;
	else if (target > cwnd) tcb.cwnd = (cwnd + ratio(Math.min((target - cwnd) | 0, cwnd >> 1), bytes, cwnd)) | 0;
}
