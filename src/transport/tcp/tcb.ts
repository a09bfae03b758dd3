// The transmission control block: everything one connection, or one listener, knows. RFC 9293 §3.3.1 names the variables.
// Read this first, then tcp.ts (what applications and the stack call), receive.ts, send.ts, timers.ts.

import { Path } from "../../link/path.ts";
import type { EventSocket, SocketOwner } from "../sockets.ts";

/** States, RFC 9293 §3.3.2. The order matters: below ESTABLISHED nothing has been agreed upon. */
export const CLOSED = 0;
export const LISTEN = 1;
export const SYN_SENT = 2;
export const SYN_RECEIVED = 3;
export const ESTABLISHED = 4;
export const FIN_WAIT_1 = 5;
export const FIN_WAIT_2 = 6;
export const CLOSE_WAIT = 7;
export const CLOSING = 8;
export const LAST_ACK = 9;
export const TIME_WAIT = 10;

export const STATE_NAMES = [
	"closed",
	"listen",
	"synSent",
	"synReceived",
	"established",
	"finWait1",
	"finWait2",
	"closeWait",
	"closing",
	"lastAck",
	"timeWait",
] as const;

/** Bits of `work`: what is to be done for this TCB, and which of its timers run. */
/** An acknowledgment is owed now, and goes out at the end of the turn. */
export const ACK_NOW = 1;
/** An acknowledgment is owed at the next delayed-ACK tick. */
export const ACK_DELAYED = 2;
/** In the list of those `output` looks at. */
export const PENDING = 4;
/** In the list of those `timers` looks at. */
export const LISTED = 8;
/** `retransmitAt` counts: something is in flight. */
export const RETRANSMIT = 16;
/** `retransmitAt` counts, for a probe: data waits and the window is closed. RFC 9293 §3.8.6.1. */
export const PERSIST = 32;
/** `keepAliveAt` counts. */
export const KEEP_ALIVE = 64;
/** `lingerAt` counts: the end of TIME-WAIT, or of an abandoned FIN-WAIT-2. */
export const LINGER = 128;
/** `routeLostAt` counts: no way leads to the peer. */
export const ROUTE_LOST = 256;
export const TIMERS = ACK_DELAYED | RETRANSMIT | PERSIST | KEEP_ALIVE | LINGER | ROUTE_LOST;

/** Why a connection ended; "" when it did not, or ended in good order. */
export type TcpError = "" | "reset" | "timeout" | "refused" | "unreachable" | "closed";

export class Tcb implements EventSocket {
	// Read and written for every segment: first, because XS searches properties in the order of their declaration.
	rcvNxt = 0;
	/** An expected segment may take the short way of Tcp.receive: ESTABLISHED, nothing lost, nothing out of order. */
	fast = false;
	sndUna = 0;
	/** Bits as above. */
	work = 0;
	/** Peer's window, bytes. */
	sndWnd = 0;
	/** Bytes received and not read yet; they end at ring offset rcvAt. */
	rcvUsed = 0;
	/** Offset in the receive ring where the byte of rcvNxt goes. */
	rcvAt = 0;
	/** READABLE, WRITABLE, ERROR that wait for the owner. Kept by SocketSet. */
	events = 0;
	readonly receiveRing: number;
	/** Right edge of the window that we advertised last. */
	rcvAdv = 0;
	sndNxt = 0;
	/** Bytes written and not acknowledged yet; the first one is that of sndUna (after the SYN) at ring offset sndAt. */
	sndUsed = 0;
	sndAt = 0;
	cwnd = 0;
	/** When the retransmission or the persist timer expires. */
	retransmitAt = 0;
	/** Retransmission timeout, ms. RFC 6298. */
	rto = 0;
	/** A segment is being timed: its first byte, and when it was sent. RFC 6298 §3. */
	timing = false;
	rttSeq = 0;
	rttAt = 0;
	/** Largest payload we send: the peer's MSS, and what the path carries. */
	sndMss = 0;
	readonly block: number;
	readonly path = new Path();
	/** Highest sequence number ever sent + 1. SND.NXT goes back behind it for retransmissions. */
	sndMax = 0;
	nextPending: Tcb | undefined = undefined;
	/** Kept by SocketSet, as `events` is. */
	queued = false;
	nextPosted: EventSocket | null = null;
	owner: SocketOwner | null = null;

	// Read when something happens.
	state = CLOSED;
	error: TcpError = "";
	readonly index: number;
	/** FIN has been asked for, by `close` or `shutdown`: it follows the last byte in the send ring. */
	finQueued = false;
	/** The application has let go of it. */
	detached = false;
	/** The peer's FIN has come in order. */
	finReceived = false;
	/** The peer's FIN came ahead of data, for rcvNxt = finAt. */
	finAhead = false;
	finAt = 0;
	/** Out-of-order ranges, reassembly.ts. */
	ranges = 0;
	/** RFC 9293 §3.3.1. */
	sndWl1 = 0;
	sndWl2 = 0;
	/** Largest window the peer ever offered. */
	sndWndMax = 0;
	/** End of the last segment sent that was not full: Nagle's algorithm as of Minshall. */
	sndSmall = 0;
	iss = 0;
	irs = 0;
	ssthresh = 0;
	dupAcks = 0;
	/** In fast recovery; `recover` is RFC 6582's. */
	recovering = false;
	recover = 0;
	/** The timer expired, and what was in flight then is not all acknowledged: duplicates up to `recover` are echoes of our own. */
	timedOut = false;
	/** First partial acknowledgment of this recovery came. */
	partial = false;
	/** Bytes acknowledged since cwnd grew in congestion avoidance. */
	ackedBytes = 0;
	/** Smoothed round-trip time and its variation, ms, times 8 and 4; srtt -1 before the first sample. RFC 6298 §2. */
	srtt = -1;
	rttvar = 0;
	/** Timeouts, or probes, since the peer last let us go on. */
	backoff = 0;
	/** When the peer stopped letting us go on, while backoff is not 0. */
	stalledAt = 0;
	/** When something was sent last, for the restart after idle time. RFC 5681 §4.1. */
	sentAt = 0;
	/** Send small segments at once: Nagle's algorithm off. */
	noDelay = false;
	/** ms that data may stay unacknowledged, 0 for the default. RFC 5482. */
	userTimeout = 0;
	/** ms of silence before the first keep-alive probe, 0 for none, and between probes. RFC 9293 §3.8.4. */
	keepAliveIdle = 0;
	keepAliveInterval = 0;
	keepAliveProbes = 0;
	keepAliveAt = 0;
	/** Something came since the last look; rcvNxt and sndUna at the last look. */
	heard = false;
	heardRcvNxt = 0;
	heardSndUna = 0;
	lingerAt = 0;
	routeLostAt = 0;
	/** When a challenge ACK was sent last. RFC 5961 §7. */
	challengeAt = 0;
	challenged = false;
	/** An ICMP error said that the peer cannot be reached, which may be passing. RFC 5927 §4. */
	softError = false;

	localAddress = 0;
	localPort = 0;
	remoteAddress = 0;
	remotePort = 0;
	/** Interface slot it is bound to << 8 | protocol: its part of the flow table's key. */
	meta = 0;

	/** The listener that has not handed this connection out yet. */
	listener: Tcb | undefined = undefined;
	/** Of a listener: connections that may wait, those that do, and the queue of those established. */
	backlog = 0;
	waiting = 0;
	acceptHead: Tcb | undefined = undefined;
	acceptTail: Tcb | undefined = undefined;
	nextAccept: Tcb | undefined = undefined;

	nextTimed: Tcb | undefined = undefined;
	nextFree: Tcb | undefined = undefined;

	constructor(index: number, block: number, receiveRing: number) {
		this.index = index;
		this.block = block;
		this.receiveRing = receiveRing;
	}

	/** For people. */
	get stateName(): (typeof STATE_NAMES)[number] {
		return STATE_NAMES[this.state]!;
	}
}

/** The one place where a state changes. */
export function setState(tcb: Tcb, state: number): void {
	tcb.state = state;
	tcb.fast = false;
}

/** Whether the next segment may take the short way. Called when the long way is done. */
export function predict(tcb: Tcb): void {
	tcb.fast =
		tcb.state === ESTABLISHED &&
		tcb.ranges === 0 &&
		!tcb.finAhead &&
		!tcb.recovering &&
		!tcb.timedOut &&
		tcb.dupAcks === 0 &&
		tcb.backoff === 0 &&
		tcb.sndNxt === tcb.sndMax &&
		!(tcb.work & PERSIST);
}

/** Makes a used TCB new. What belongs to its lists (PENDING, LISTED) stays. */
export function renew(tcb: Tcb): void {
	tcb.work &= PENDING | LISTED;
	tcb.rcvNxt = tcb.rcvUsed = tcb.rcvAt = tcb.rcvAdv = 0;
	tcb.sndUna = tcb.sndNxt = tcb.sndMax = tcb.sndUsed = tcb.sndAt = 0;
	tcb.sndWnd = tcb.sndWndMax = tcb.sndWl1 = tcb.sndWl2 = tcb.sndSmall = 0;
	tcb.cwnd = tcb.ssthresh = tcb.dupAcks = tcb.ackedBytes = tcb.backoff = 0;
	tcb.recovering = tcb.timedOut = tcb.partial = tcb.timing = false;
	tcb.srtt = -1;
	tcb.rttvar = 0;
	tcb.finQueued = tcb.finReceived = tcb.finAhead = tcb.detached = false;
	tcb.ranges = tcb.events = 0;
	tcb.noDelay = tcb.heard = tcb.challenged = tcb.softError = false;
	tcb.userTimeout = tcb.keepAliveIdle = tcb.keepAliveInterval = tcb.keepAliveProbes = 0;
	tcb.backlog = tcb.waiting = 0;
	tcb.error = "";
	tcb.owner = null;
	tcb.listener = tcb.acceptHead = tcb.acceptTail = tcb.nextAccept = undefined;
	tcb.path.generation = -1;
	tcb.path.out = tcb.path.neighbor = undefined;
}
