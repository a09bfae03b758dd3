// Losses are found by time: what was sent well before something that has arrived is lost. RFC 8985 §6. A duplicate that was needless makes it wait longer.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { BIT_REORDERED, BIT_SACK, type TcbBlock } from "../../packet/tcb-block.ts";
import { firstSentAt, oldLost } from "./flight.ts";
import { quotient } from "./ratio.ts";
import { arm } from "./send.ts";
import { REORDER } from "./work.ts";

/** While the network has never changed the order of segments, so many delivered beyond a gap make it a loss at once, as three duplicate acknowledgments do in RFC 5681. */
const DUPLICATES = 3;
/** For so many recoveries the wait for overtaken segments stays longer, once it was too short. */
const KEPT = 16;
const MOST_STEPS = 255;
/** The wait is bounded by a round trip, as RFC 8985 §6.2.4 recommends, or by this, ms, where that is less: on a line that is slow and short what was overtaken comes some round trips late. The retransmission timer still waits for longer. */
const LEAST_BOUND = 200;

/** A new connection. */
export function rackBegins(tcb: TcbBlock, now: number): void {
	tcb.rackAt = (now - 1) | 0;
	tcb.rackEnd = tcb.iss;
	tcb.rackHighest = tcb.iss;
	tcb.rackBefore = tcb.iss;
	tcb.rackRtt = 0;
	tcb.againAt = tcb.iss;
	tcb.minRtt = tcb.srtt < 0 ? 0x7fffffff : tcb.srtt >> 3;
	tcb.reoSteps = 1;
	tcb.reoKept = 0;
	tcb.reoRound = tcb.iss;
	tcb.bits = tcb.bits & ~BIT_REORDERED;
}

/** How long a segment is waited for that others have overtaken, ms. RFC 8985 §6.2, step 4. */
function patience(tcb: TcbBlock): number {
	const many = tcb.sackedBytes > (((DUPLICATES - 1) * tcb.sndMss) | 0);
	if ((tcb.bits & BIT_REORDERED) === 0 && (tcb.recovering !== 0 || tcb.timedOut !== 0 || many)) return 0;
	const quarter = Math.max(tcb.minRtt >> 2, 1);
	const most = Math.max(tcb.srtt >> 3, LEAST_BOUND);
	return quarter >= most ? most : Math.min(Math.imul(quarter, tcb.reoSteps), most);
}

/** Finds what is lost, and looks again when what may be will be. */
export function findLost(view: DataView, tcb: TcbBlock): void {
	tcb.work = tcb.work & ~REORDER;
	if ((tcb.bits & BIT_SACK) === 0 || tcb.runCount === 0) return;
	const now = CoreBlock.of(view, CORE).now;
	const wait = oldLost(view, tcb, (tcb.rackRtt + patience(tcb)) | 0, now);
	if (wait < 0) return;
	tcb.work = tcb.work | REORDER;
	tcb.reorderAt = (now + wait) | 0;
	arm(view, tcb, tcb.reorderAt);
}

/** The peer has something twice: once a round trip that makes the wait longer. RFC 8985 §6.2, step 4. */
export function neededNot(tcb: TcbBlock): void {
	if (((tcb.sndUna - tcb.reoRound) | 0) < 0) return;
	tcb.reoRound = tcb.sndMax;
	if (tcb.reoSteps < MOST_STEPS) tcb.reoSteps = tcb.reoSteps + 1;
	tcb.reoKept = KEPT;
}

/**
 * What had been sent at `sent` came now, and was not lost: from now on twice as long is waited, as with a queue that fills the next ones come later still. RFC 8985 leaves it to go there in steps, each
 * of which costs a needless retransmission.
 */
export function cameLate(tcb: TcbBlock, sent: number, now: number): void {
	const steps = quotient(Math.max((now - sent - tcb.rackRtt) | 0, 0), Math.max(tcb.minRtt >> 2, 1));
	tcb.reoSteps = Math.max(Math.min((2 * steps + 2) | 0, MOST_STEPS), tcb.reoSteps);
	tcb.reoKept = KEPT;
}

/** What is acknowledged begins with what others had overtaken: when that went once, it came as late as the echo of its timestamp says. */
export function overtakenCame(view: DataView, tcb: TcbBlock, now: number): void {
	const sent = (tcb.tsEcho - tcb.tsOffset) | 0;
	if (firstSentAt(view, tcb, sent)) cameLate(tcb, sent, now);
}

/** A recovery ends. */
export function rackRecovered(tcb: TcbBlock): void {
	if (tcb.reoKept === 0) return;
	tcb.reoKept = (tcb.reoKept - 1) | 0;
	if (tcb.reoKept === 0) tcb.reoSteps = 1;
}
