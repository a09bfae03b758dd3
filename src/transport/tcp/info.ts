// What a connection knows of its way, for people: as Linux's `ss -ti` shows it.

import { FLAGS, OFFER_ALL } from "../../config.ts";
import { hasFastOpen } from "../../packet/kernels/parts.ts";
import { AGREED_SHIFT, BIT_ECN, BIT_RENO, BIT_REORDERED, BIT_SYN_DATA, TcbBlock } from "../../packet/tcb-block.ts";
import { SYN_RECEIVED } from "./states.ts";
import type { Tcb } from "./tcb.ts";

/** What a connection knows of its way. Times are ms, windows and amounts bytes. */
export interface TCPInfo {
	/** As RFC 9293 §3.3.2 calls it: "established", "finWait1" and so on. */
	readonly state: string;
	/** Smoothed round-trip time, undefined before the first. RFC 6298. */
	readonly rtt: number | undefined;
	/** Its variation. */
	readonly rttVariation: number | undefined;
	/** The shortest round trip. */
	readonly leastRtt: number | undefined;
	/** Retransmission timeout. */
	readonly timeout: number;
	/** RFC 5681's cwnd. */
	readonly congestionWindow: number;
	/** RFC 5681's ssthresh, undefined before something was lost. */
	readonly slowStartThreshold: number | undefined;
	/** The largest data of one segment that is sent. */
	readonly segment: number;
	/** The window that the peer offers. */
	readonly peerWindow: number;
	/** Bytes on their way. */
	readonly inFlight: number;
	/** Bytes that the peer has beyond a gap. */
	readonly sacked: number;
	/** Bytes that are lost and were not sent again yet. */
	readonly lost: number;
	/** Bytes that the peer has acknowledged, and that came in order, since the connection began; modulo 2^32. */
	readonly delivered: number;
	readonly received: number;
	/** Segments sent again since the connection began. */
	readonly retransmissions: number;
	/** Whether something is lost: "recovery" by acknowledgments, "loss" after a timeout. */
	readonly recovery: "open" | "recovery" | "loss";
	/** Segments have come in another order than they went. */
	readonly reordering: boolean;
	/** Congestion control. */
	readonly congestion: "cubic" | "newreno";
	/** What both ends know: "windowScale", "sack", "timestamps", "ecn"; and "fastOpen" when the data of a SYN came to be. */
	readonly options: readonly string[];
}

const NONE = 0x7fffffff;

/** Where the fields lie: rows are for compiled code, and cost a board memory. */
const AT = TcbBlock.offsets;

const unless = (value: number, none: boolean): number | undefined => (none ? undefined : value);

/** A word, and a byte, of a connection's block. */
const wordOf = ({ view, block }: Tcb, place: number): number => view.getInt32(block + place, true);
const byteOf = ({ view, block }: Tcb, place: number): number => view.getUint8(block + place);

/** Milliseconds, undefined before the first sample. */
export function rttOf(tcb: Tcb): number | undefined {
	const srtt = wordOf(tcb, AT.srtt);
	return unless(srtt >> 3, srtt < 0);
}

/** Bytes on their way: as `pipe` of flight.ts. */
export function inFlightOf(tcb: Tcb): number {
	const sent = (wordOf(tcb, AT.sndMax) - wordOf(tcb, AT.sndUna)) | 0;
	const gone = wordOf(tcb, AT.lostBytes) + wordOf(tcb, AT.sackedBytes) + wordOf(tcb, AT.dupAcks) * wordOf(tcb, AT.sndMss);
	return Math.max(sent - gone, 0);
}

/** Bytes that the peer has acknowledged, modulo 2^32. */
export function deliveredOf(tcb: Tcb): number {
	return countedFrom(wordOf(tcb, AT.iss), wordOf(tcb, AT.sndUna));
}

/** Bytes that came in order, modulo 2^32. */
export function receivedOf(tcb: Tcb): number {
	return tcb.state < SYN_RECEIVED ? 0 : countedFrom(wordOf(tcb, AT.irs), wordOf(tcb, AT.rcvNxt));
}

/** Bytes between the number of a SYN and one that was reached. A FIN counts as one. */
function countedFrom(syn: number, reached: number): number {
	return reached === syn ? 0 : (reached - syn - 1) >>> 0;
}

export function reorderingOf(tcb: Tcb): boolean {
	return (wordOf(tcb, AT.bits) & BIT_REORDERED) !== 0;
}

function optionsIn(bits: number): string[] {
	const names: string[] = Object.entries(FLAGS)
		.filter(([, bit]) => (bits & ((bit & OFFER_ALL) << AGREED_SHIFT)) !== 0)
		.map(([name]) => name);
	if ((bits & BIT_ECN) !== 0) names.push("ecn");
	if (hasFastOpen() && (bits & BIT_SYN_DATA) !== 0) names.push("fastOpen");
	return names;
}

/** Of a connection. Allocates. */
export function tcpInfo(tcb: Tcb): TCPInfo {
	const bits = wordOf(tcb, AT.bits);
	const rtt = rttOf(tcb);
	const leastRtt = wordOf(tcb, AT.minRtt);
	const ssthresh = wordOf(tcb, AT.ssthresh);
	return {
		state: tcb.stateName,
		rtt,
		rttVariation: unless(wordOf(tcb, AT.rttvar) >> 2, rtt === undefined),
		leastRtt: unless(leastRtt, rtt === undefined || leastRtt === NONE),
		timeout: wordOf(tcb, AT.rto),
		congestionWindow: wordOf(tcb, AT.cwnd),
		slowStartThreshold: unless(ssthresh, ssthresh === NONE),
		segment: wordOf(tcb, AT.sndMss),
		peerWindow: wordOf(tcb, AT.sndWnd),
		inFlight: inFlightOf(tcb),
		sacked: wordOf(tcb, AT.sackedBytes),
		lost: wordOf(tcb, AT.lostBytes),
		delivered: deliveredOf(tcb),
		received: receivedOf(tcb),
		retransmissions: wordOf(tcb, AT.resent),
		recovery: byteOf(tcb, AT.timedOut) !== 0 ? "loss" : byteOf(tcb, AT.recovering) !== 0 ? "recovery" : "open",
		reordering: reorderingOf(tcb),
		congestion: (bits & BIT_RENO) !== 0 ? "newreno" : "cubic",
		options: optionsIn(bits),
	};
}
