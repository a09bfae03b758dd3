// What a connection knows of its way, for people: as Linux's `ss -ti` shows it.

import { BIT_ECN, BIT_RENO, BIT_REORDERED, BIT_SACK, BIT_SCALE, BIT_STAMPS, TcbBlock } from "../../packet/tcb-block.ts";
import { pipe } from "./flight.ts";
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
	/** Segments sent again since the connection began. */
	readonly retransmissions: number;
	/** Whether something is lost: "recovery" by acknowledgments, "loss" after a timeout. */
	readonly recovery: "open" | "recovery" | "loss";
	/** Segments have come in another order than they went. */
	readonly reordering: boolean;
	/** Congestion control. */
	readonly congestion: "cubic" | "newreno";
	/** What both ends know: "windowScale", "sack", "timestamps", "ecn". */
	readonly options: readonly string[];
}

const OPTIONS = Object.freeze([
	[BIT_SCALE, "windowScale"],
	[BIT_SACK, "sack"],
	[BIT_STAMPS, "timestamps"],
	[BIT_ECN, "ecn"],
] as const);

const NONE = 0x7fffffff;

const unless = (value: number, none: boolean): number | undefined => (none ? undefined : value);

/** Of a connection. Allocates. */
export function tcpInfo(tcb: Tcb): TCPInfo {
	const block = TcbBlock.of(tcb.view, tcb.block);
	const { bits, srtt, rttvar, minRtt, ssthresh, cwnd, sndMss, sndWnd, rto, recovering, timedOut } = block;
	return {
		state: tcb.stateName,
		rtt: unless(srtt >> 3, srtt < 0),
		rttVariation: unless(rttvar >> 2, srtt < 0),
		leastRtt: unless(minRtt, srtt < 0 || minRtt === NONE),
		timeout: rto,
		congestionWindow: cwnd,
		slowStartThreshold: unless(ssthresh, ssthresh === NONE),
		segment: sndMss,
		peerWindow: sndWnd,
		inFlight: pipe(block),
		sacked: block.sackedBytes,
		lost: block.lostBytes,
		retransmissions: block.resent,
		recovery: timedOut !== 0 ? "loss" : recovering !== 0 ? "recovery" : "open",
		reordering: (bits & BIT_REORDERED) !== 0,
		congestion: (bits & BIT_RENO) !== 0 ? "newreno" : "cubic",
		options: OPTIONS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name),
	};
}
