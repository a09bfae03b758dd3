// Round-trip times. RFC 6298 §2, with srtt times 8 and rttvar times 4 as in Jacobson's appendix.

import { BIT_PATIENT, BIT_SACK, type TcbBlock } from "../../packet/tcb-block.ts";

/** First timeout, before anything was measured. RFC 6298 §2.1. */
export const RTO_INITIAL = 1000;
/** Least margin over the smoothed round-trip time. RFC 6298 §2.4 asks for a whole second as timeout, which the option `timeout` gives; this is what Linux does, and above every peer's delayed ACK. */
const RTO_MARGIN = 200;
const RTO_STANDARD = 1000;
/** RFC 6298 §2.5: at least 60 s. */
export const RTO_MAX = 60_000;

/** Least time until a tail probe, ms. */
const LEAST_PROBE = 10;

/** A round trip took `ms`. */
export function sampleRtt(tcb: TcbBlock, ms: number): void {
	if (tcb.srtt < 0) {
		tcb.srtt = ms << 3;
		tcb.rttvar = ms << 1;
	} else {
		const error = (ms - (tcb.srtt >> 3)) | 0;
		// The commonest case, a round trip as long as the ones before, changes none of the numbers.
		if (error === 0 && tcb.rttvar < 4 && tcb.rto === ((ms + RTO_MARGIN) | 0)) return;
		tcb.srtt = (tcb.srtt + error) | 0;
		tcb.rttvar = (tcb.rttvar + Math.max(error, -error | 0) - (tcb.rttvar >> 2)) | 0;
	}
	tcb.rto = measuredRto(tcb);
	setWait(tcb);
}

/** The timeout that the measured round trips ask for. RFC 6298 §2.3. */
function measuredRto(tcb: TcbBlock): number {
	if (tcb.srtt < 0) return RTO_INITIAL;
	const least = (tcb.bits & BIT_PATIENT) !== 0 ? RTO_STANDARD : 0;
	return Math.min(Math.max(((tcb.srtt >> 3) + Math.max(tcb.rttvar, RTO_MARGIN)) | 0, least), RTO_MAX);
}

/**
 * Timeouts are over: the peer has acknowledged something. Karn's algorithm keeps the doubled timeout until a segment that went once is
 * acknowledged (RFC 6298 §5). When this acknowledgment came as fast after the last transmission as ever, the network has not slowed down
 * but lost, and to wait longer for the next loss would serve nobody.
 */
export function recoverRto(tcb: TcbBlock, now: number): void {
	tcb.backoff = 0;
	const rto = measuredRto(tcb);
	if (tcb.rto > rto && ((now - tcb.sentAt) | 0) < rto) tcb.rto = rto;
	setWait(tcb);
}

/** How long acknowledgments are waited for: until the tail probe's time, RFC 8985 §7.2, if that is before the timeout. */
export function setWait(tcb: TcbBlock): void {
	let wait = tcb.rto;
	if ((tcb.bits & BIT_SACK) !== 0 && tcb.srtt >= 0 && tcb.backoff === 0)
		wait = Math.min(Math.max(((tcb.srtt >> 2) + 2) | 0, LEAST_PROBE), wait);
	tcb.wait = wait;
}
