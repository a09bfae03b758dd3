// Tail loss probes: when nothing comes back for two round trips, a segment is sent that lets the peer say what it has, long before the retransmission timer. RFC 8985 §7.

import { CORE, CoreBlock } from "../../packet/core-block.ts";
import { BIT_LATE, BIT_PROBED, BIT_PROBED_AGAIN, BIT_SACK, BIT_TWICE, type TcbBlock } from "../../packet/tcb-block.ts";
import { slowDown } from "./congestion.ts";
import { probeNew, probeLast } from "./send.ts";
import { ESTABLISHED } from "./states.ts";

/** The timer that waits for acknowledgments has come to the time of a probe: it goes on to that of the retransmission. */
export function tailProbe(view: DataView, tcb: TcbBlock): void {
	tcb.bits = tcb.bits | BIT_LATE;
	tcb.retransmitAt = (tcb.retransmitAt + tcb.rto - tcb.wait) | 0;
	const troubled = tcb.recovering !== 0 || tcb.timedOut !== 0 || tcb.sackedBytes !== 0 || tcb.lostBytes !== 0;
	if (troubled || tcb.state < ESTABLISHED || (tcb.bits & (BIT_SACK | BIT_PROBED)) !== BIT_SACK) return;
	// The acknowledgment of one segment may be delayed for as long as the retransmission timer waits at the least.
	if (((tcb.sndMax - tcb.sndUna) | 0) <= tcb.sndMss) return;
	const again = !probeNew(view, tcb);
	if (again && !probeLast(view, tcb)) return;
	tcb.bits = tcb.bits | (again ? BIT_PROBED | BIT_PROBED_AGAIN : BIT_PROBED);
	tcb.tailEnd = tcb.sndMax;
	tcb.retransmitAt = (CoreBlock.of(view, CORE).now + tcb.rto) | 0;
}

/** All up to `ack` is acknowledged: perhaps by the probe. When it repeated what was lost, and nothing else tells of that, it is a loss all the same. RFC 8985 §7.4. */
export function tailAcked(tcb: TcbBlock, ack: number, advanced: boolean): void {
	const bits = tcb.bits;
	if ((bits & BIT_PROBED) === 0 || ((ack - tcb.tailEnd) | 0) < 0) return;
	const again = (bits & BIT_PROBED_AGAIN) !== 0;
	const beyond = ((ack - tcb.tailEnd) | 0) > 0;
	if (again && !beyond && advanced && (bits & BIT_TWICE) === 0) return;
	tcb.bits = bits & ~(BIT_PROBED | BIT_PROBED_AGAIN);
	if (!again || !beyond || (bits & BIT_TWICE) !== 0 || tcb.recovering !== 0) return;
	slowDown(tcb);
}
