// A way that swallows what is too large, and no router says so. RFC 2923 §2.1, RFC 4821. Timeouts of full segments, one after the other, make segments smaller, as on Linux and FreeBSD. How large they may be is
// looked for upwards then, one segment at a time (RFC 4821 §7): the largest first, as the timeouts may have had another reason, then halfway to what did not pass. What it comes to holds ten minutes.

import { PATH_MTU_RAISE_MS } from "../../config.ts";
import { pathMtuSaid } from "../../ip/path-mtu.ts";
import { BIT_PROBE_DUE, type TcbBlock } from "../../packet/tcb-block.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import { allowFragments, carried, leastSize, raiseIn, resize } from "./path-mtu.ts";
import { headersOf } from "./size.ts";
import { RAISE } from "./work.ts";

/** After so many timeouts of a full segment in a row a black hole is suspected. Linux's tcp_retries1. */
const TIMEOUTS = 3;
/** Bytes of data in segments from then on, and in those that follow where these are not acknowledged either. RFC 4821 §7.7. */
const SMALLER = 1024;
const SMALLEST = 512;
/** Time between two probes of a larger size, ms. */
const PROBE_MS = 1000;
/** Probes of one size before it counts as too large: a single one may have been lost by chance. */
const TRIES = 2;
/** The search ends when the largest size that passes and the smallest that does not are no further apart than this, bytes. */
const CLOSE = 16;

/** The retransmission timer expired: smaller segments, or in the end such as may be fragmented, where full ones are not acknowledged again and again. */
export function holeTimedOut(view: DataView, tcb: TcbBlock): void {
	if (tcb.backoff < TIMEOUTS) return;
	const mss = tcb.sndMss;
	const least = (leastSize(tcb) - headersOf(view, tcb)) | 0;
	const next = Math.max(mss > SMALLER ? SMALLER : SMALLEST, least);
	const first = Math.min(tcb.sndQueued, (tcb.sndMax - tcb.sndUna) | 0);
	if (first <= Math.min(next, (mss - 1) | 0)) return; // not even a small one passes
	if (next < mss) {
		if (tcb.fullMss === 0) tcb.fullMss = mss;
		resize(tcb, next);
		tcb.holeTries = 0;
	} else if (!allowFragments(view, tcb)) return;
	// Where fragments are needed a second time, larger segments are not tried for ten minutes.
	tcb.holeMss = tcb.holeTries === 0 ? (tcb.fullMss + 1) | 0 : tcb.sndMss;
	if (next >= mss) tcb.holeTries = 1;
	tcb.probeMss = 0;
	tcb.bits = tcb.bits & ~BIT_PROBE_DUE;
	raiseIn(view, tcb, PROBE_MS);
}

/** It is time to look how it goes: what became of the segment that tried the way, and which is the next. */
export function lookUpwards(view: DataView, tcb: TcbBlock): void {
	const waits = (tcb.bits & BIT_PROBE_DUE) !== 0 || (tcb.probeMss !== 0 && ((tcb.sndUna - tcb.probeEnd) | 0) < 0);
	if (!waits) {
		if (tcb.probeMss !== 0) judge(tcb);
		const most = carried(view, tcb);
		if (tcb.sndMss >= most) {
			// The largest size has passed: there is no black hole any more.
			tcb.holeMss = 0;
			if (tcb.sndMss >= tcb.fullMss) tcb.fullMss = 0;
			tcb.work = tcb.work & ~RAISE;
			return;
		}
		if (((tcb.holeMss - tcb.sndMss) | 0) <= CLOSE) {
			pathMtuSaid(view, tcb.remoteAddress, (tcb.sndMss + headersOf(view, tcb)) | 0, true);
			tcb.holeMss = (tcb.fullMss + 1) | 0;
			tcb.holeTries = 0;
			raiseIn(view, tcb, PATH_MTU_RAISE_MS);
			return;
		}
		if (tcb.ipHeader === ipv4.HEADER) view.setInt32((tcb.template + ipv4.IDENTIFICATION) | 0, ipv4.DONT_FRAGMENT);
		tcb.probeMss = tcb.holeMss > most ? most : (tcb.sndMss + tcb.holeMss) >> 1;
		tcb.bits = tcb.bits | BIT_PROBE_DUE;
	}
	raiseIn(view, tcb, PROBE_MS);
}

/** The segment that tried the way is acknowledged: it passed if nothing went again since. */
function judge(tcb: TcbBlock): void {
	const size = tcb.probeMss;
	tcb.probeMss = 0;
	if (tcb.resent === tcb.probeResent) {
		resize(tcb, size);
		tcb.holeTries = 0;
		return;
	}
	tcb.holeTries = (tcb.holeTries + 1) | 0;
	if (tcb.holeTries < TRIES) return;
	tcb.holeMss = size;
	tcb.holeTries = 0;
}
