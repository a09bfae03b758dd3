// What a connection knows of its way, for people: as Linux's `ss -ti` shows it.

import { BIT_ECN, BIT_RENO, BIT_REORDERED, BIT_SACK, BIT_SCALE, BIT_STAMPS, TcbBlock } from "../../packet/tcb-block.ts";
import { pipe } from "./flight.ts";
import type { Tcb } from "./tcb.ts";

/** Times in ms, windows and amounts in bytes. */
export interface TCPInfo {
	readonly state: string;
	/** Smoothed round-trip time and its variation, undefined before the first; the shortest seen; and the retransmission timeout. RFC 6298. */
	readonly rtt: number | undefined;
	readonly rttVariation: number | undefined;
	readonly leastRtt: number | undefined;
	readonly timeout: number;
	/** Congestion window and slow start threshold, undefined while there is none. RFC 5681. */
	readonly congestionWindow: number;
	readonly slowStartThreshold: number | undefined;
	/** The largest data of one segment that is sent; the window that the peer offers. */
	readonly segment: number;
	readonly peerWindow: number;
	/** Bytes on their way; that the peer has beyond a gap; that are lost and not sent again yet. */
	readonly inFlight: number;
	readonly sacked: number;
	readonly lost: number;
	/** Segments sent again since the connection began. */
	readonly retransmissions: number;
	/** "open", "recovery" or "loss"; and whether segments have come in another order than they went. */
	readonly recovery: "open" | "recovery" | "loss";
	readonly reordering: boolean;
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
