// The transmission control block: everything one connection, or one listener, knows. RFC 9293 §3.3.1 names the variables.
// Read this first, then tcp.ts (what applications and the stack call), receive.ts, send.ts, timers.ts.

import { Path, type Links } from "../../link/path.ts";
import { BIT_SHORT, BIT_NO_DELAY, BIT_FIN, BIT_TIMING, TcbBlock } from "../../packet/tcb-block.ts";
import { FIRST_SOCKET } from "../../packet/news.ts";
import type { NewsSocket, SocketEvents, SocketOwner } from "../events.ts";
import { ACK_DELAYED, ACK_NOW, IDLE, PENDING, PERSIST, RETRANSMIT, TICKING } from "./work.ts";

/** Where these lie in a connection's block. */
const {
	bits: BITS,
	sendable: SENDABLE,
	rcvNxt: RCV_NXT,
	rcvAdv: RCV_ADV,
	rcvQueued: RCV_QUEUED,
	rcvAt: RCV_AT,
	sndUna: SND_UNA,
	sndNxt: SND_NXT,
	sndQueued: SND_QUEUED,
	sndAt: SND_AT,
	sndWnd: SND_WND,
	sndWndMax: SND_WND_MAX,
	cwnd: CWND,
	sndMss: SND_MSS,
	sndSmall: SND_SMALL,
	rttSeq: RTT_SEQ,
	rttAt: RTT_AT,
	work: WORK,
	rto: RTO,
	retransmitAt: RETRANSMIT_AT,
	sentAt: SENT_AT,
	srtt: SRTT,
	ssthresh: SSTHRESH,
	ackedBytes: ACKED_BYTES,
} = TcbBlock.offsets;

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

export const STATE_NAMES = Object.freeze([
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
] as const);

export * from "./work.ts";

const ACKS = ACK_NOW | ACK_DELAYED;
/** Memberships, which outlive a connection. */
const LISTS = PENDING | TICKING;

/** Why a connection ended; "" when it did not, or ended in good order. By number inside, as a string literal allocates on XS. */
export type TcpError = "" | "reset" | "timeout" | "refused" | "unreachable" | "slow";
const ERROR_NAMES: readonly TcpError[] = Object.freeze(["", "reset", "timeout", "refused", "unreachable", "slow"]);
export const NO_ERROR = 0;
export const RESET = 1;
export const TIMEOUT = 2;
export const REFUSED = 3;
export const UNREACHABLE = 4;
export const SLOW = 5;

export class Tcb implements NewsSocket {
	// Read and written for every segment: first, because XS searches properties in the order of their declaration.
	/** Arena offset of its block, packet/tcb-block.ts. */
	readonly block: number;
	/** Its number among the sockets that have news. */
	readonly news: number;
	/** What is written is sent: ESTABLISHED or CLOSE-WAIT. */
	sendable = false;
	readonly path: Path;

	// What follows, up to rttAt, lives in the block, where wire/stream.ts works on it. These are the copies that the long way works
	// on, between `load` and `store`; outside they are old.
	rcvNxt = 0;
	/** Right edge of the window that we advertised last. */
	rcvAdv = 0;
	/** Bytes received and not read yet; they end at ring offset rcvAt. */
	rcvQueued = 0;
	/** Offset in the receive ring where the byte of rcvNxt goes. */
	rcvAt = 0;
	sndUna = 0;
	sndNxt = 0;
	/** Bytes written and not acknowledged yet; the first one is that of sndUna (after the SYN) at ring offset sndAt. */
	sndQueued = 0;
	sndAt = 0;
	/** Peer's window, bytes, and the largest that it ever offered. */
	sndWnd = 0;
	sndWndMax = 0;
	/** Largest payload we send: the peer's MSS, and what the path carries. */
	sndMss = 0;
	/** End of the last segment sent that was not full: Nagle's algorithm as of Minshall. */
	sndSmall = 0;
	/** Send small segments at once: Nagle's algorithm off. */
	noDelay = false;
	/** The peer's FIN has come in order. */
	finReceived = false;
	/** A segment is being timed: its first byte, and when it was sent. RFC 6298 §3. */
	timing = false;
	rttSeq = 0;
	rttAt = 0;
	/** The copies are the truth. */
	loaded = false;

	// Read when something happens.
	state = CLOSED;
	/** Highest sequence number ever sent + 1. SND.NXT goes back behind it for retransmissions. */
	sndMax = 0;
	/** Number of `error`. */
	ended = NO_ERROR;
	readonly index: number;
	/** FIN has been asked for, by `close` or `shutdown`: it follows the last byte in the send ring. */
	finQueued = false;
	/** The application has let go of it. */
	detached = false;
	/** The peer's FIN came ahead of data, for rcvNxt = finAt. */
	finAhead = false;
	finAt = 0;
	/** Out-of-order ranges, reassembly.ts. */
	ranges = 0;
	/** RFC 9293 §3.3.1. */
	sndWl1 = 0;
	sndWl2 = 0;
	iss = 0;
	irs = 0;
	dupAcks = 0;
	/** In fast recovery; `recover` is RFC 6582's. */
	recovering = false;
	recover = 0;
	/** The timer expired, and what was in flight then is not all acknowledged: duplicates up to `recover` are echoes of our own. */
	timedOut = false;
	/** First partial acknowledgment of this recovery came. */
	partial = false;
	/** Timeouts, or probes, since the peer last let us go on. */
	backoff = 0;
	/** When the peer stopped letting us go on, while backoff is not 0. */
	stalledAt = 0;
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

	/** While LISTED: when it will be looked at. Its timers may have moved on since, none to before that. */
	/** Among those that are looked at now. */
	nextTimed: Tcb | undefined = undefined;
	nextFree: Tcb | undefined = undefined;

	readonly receiveRing: number;
	/** The arena. */
	readonly view: DataView;
	readonly #events: SocketEvents;

	constructor(view: DataView, events: SocketEvents, index: number, at: number, receiveRing: number, links: Links) {
		this.view = view;
		this.#events = events;
		this.index = index;
		this.block = at;
		this.receiveRing = receiveRing;
		this.news = FIRST_SOCKET + index;
		view.setInt32(at + TcbBlock.offsets.index, index, true);
		view.setInt32(at + TcbBlock.offsets.news, this.news, true);
		this.path = new Path(view, at + TcbBlock.offsets.path, links);
		events.owners[this.news] = null;
	}

	/** Who is told of its events. */
	get owner(): SocketOwner | null {
		return this.#events.owners[this.news]!;
	}
	set owner(owner: SocketOwner | null) {
		this.#events.own(this, owner);
	}

	// These live in the block alone, where the turn works on them.

	/** Bits of work.ts. */
	get work(): number {
		return this.view.getInt32(this.block + WORK, true);
	}
	set work(bits: number) {
		this.view.setInt32(this.block + WORK, bits, true);
	}
	/** When the retransmission or the persist timer expires. */
	get retransmitAt(): number {
		return this.view.getInt32(this.block + RETRANSMIT_AT, true);
	}
	set retransmitAt(at: number) {
		this.view.setInt32(this.block + RETRANSMIT_AT, at, true);
	}
	/** Retransmission timeout, ms. RFC 6298. */
	get rto(): number {
		return this.view.getInt32(this.block + RTO, true);
	}
	set rto(ms: number) {
		this.view.setInt32(this.block + RTO, ms, true);
	}
	get cwnd(): number {
		return this.view.getInt32(this.block + CWND, true);
	}
	set cwnd(bytes: number) {
		this.view.setInt32(this.block + CWND, bytes, true);
	}
	get ssthresh(): number {
		return this.view.getInt32(this.block + SSTHRESH, true);
	}
	set ssthresh(bytes: number) {
		this.view.setInt32(this.block + SSTHRESH, bytes, true);
	}
	/** Bytes acknowledged since cwnd grew in congestion avoidance. */
	get ackedBytes(): number {
		return this.view.getInt32(this.block + ACKED_BYTES, true);
	}
	set ackedBytes(bytes: number) {
		this.view.setInt32(this.block + ACKED_BYTES, bytes, true);
	}
	/** Smoothed round-trip time, ms times 8; -1 before the first sample. RFC 6298 §2. */
	get srtt(): number {
		return this.view.getInt32(this.block + SRTT, true);
	}
	set srtt(ms8: number) {
		this.view.setInt32(this.block + SRTT, ms8, true);
	}
	/** When something was sent last, for the restart after idle time. RFC 5681 §4.1. */
	get sentAt(): number {
		return this.view.getInt32(this.block + SENT_AT, true);
	}
	set sentAt(at: number) {
		this.view.setInt32(this.block + SENT_AT, at, true);
	}

	/** Bytes received and not read yet. */
	get rcvUsed(): number {
		return this.view.getInt32(this.block + RCV_QUEUED, true);
	}

	/** Bytes written and not acknowledged yet. */
	get sndUsed(): number {
		return this.view.getInt32(this.block + SND_QUEUED, true);
	}

	/** Why it ended. */
	get error(): TcpError {
		return ERROR_NAMES[this.ended]!;
	}

	/** Segments do not go as expected from now on, until `store` says so. */
	unexpected(): void {
		const at = this.block + BITS;
		this.view.setInt32(at, this.view.getInt32(at, true) & ~BIT_SHORT, true);
	}

	/** For people. */
	get stateName(): (typeof STATE_NAMES)[number] {
		return STATE_NAMES[this.state]!;
	}
}

/** The one place where a state changes. */
export function setState(tcb: Tcb, state: number): void {
	tcb.state = state;
	// `store` says so when it may again.
	if (!tcb.loaded) tcb.unexpected();
	const sendable = (tcb.sendable = state === ESTABLISHED || state === CLOSE_WAIT);
	tcb.view.setInt32(tcb.block + SENDABLE, sendable ? 1 : 0, true);
}

/** Nothing is to be done for it any more; lists drop it when they come by. */
export function quiet(tcb: Tcb): void {
	tcb.work &= LISTS;
}

/** Fetches the numbers that the short way works on. Answers false when a caller has done so: then it is the caller who stores. */
export function load(view: DataView, tcb: Tcb): boolean {
	if (tcb.loaded) return false;
	const at = tcb.block;
	const bits = view.getInt32(at + BITS, true);
	tcb.rcvNxt = view.getInt32(at + RCV_NXT, true);
	tcb.rcvAdv = view.getInt32(at + RCV_ADV, true);
	tcb.rcvQueued = view.getInt32(at + RCV_QUEUED, true);
	tcb.rcvAt = view.getInt32(at + RCV_AT, true);
	tcb.sndUna = view.getInt32(at + SND_UNA, true);
	tcb.sndNxt = view.getInt32(at + SND_NXT, true);
	tcb.sndQueued = view.getInt32(at + SND_QUEUED, true);
	tcb.sndAt = view.getInt32(at + SND_AT, true);
	tcb.sndWnd = view.getInt32(at + SND_WND, true);
	tcb.sndWndMax = view.getInt32(at + SND_WND_MAX, true);
	tcb.sndSmall = view.getInt32(at + SND_SMALL, true);
	// What is not being timed needs no numbers; those of the last time stay in the block.
	if (bits & BIT_TIMING) {
		tcb.timing = true;
		tcb.rttSeq = view.getInt32(at + RTT_SEQ, true);
		tcb.rttAt = view.getInt32(at + RTT_AT, true);
	} else tcb.timing = false;
	let work = (tcb.work & ~ACKS) | (bits & ACKS);
	if (work & IDLE) work &= ~(IDLE | RETRANSMIT);
	tcb.work = work;
	if (bits & BIT_SHORT) {
		// The short way does not keep these: nothing went twice, and nothing newer than this was seen.
		tcb.sndMax = tcb.sndNxt;
		tcb.sndWl1 = tcb.rcvNxt;
		tcb.sndWl2 = tcb.sndUna;
	}
	tcb.loaded = true;
	return true;
}

/** Puts the numbers back, and says whether the next segment may take the short way. */
export function store(view: DataView, tcb: Tcb): void {
	const at = tcb.block;
	let bits = tcb.work & ACKS;
	if (predictable(tcb)) bits |= BIT_SHORT;
	if (tcb.noDelay) bits |= BIT_NO_DELAY;
	if (tcb.finReceived) bits |= BIT_FIN;
	if (tcb.timing) {
		bits |= BIT_TIMING;
		view.setInt32(at + RTT_SEQ, tcb.rttSeq, true);
		view.setInt32(at + RTT_AT, tcb.rttAt, true);
	}
	tcb.loaded = false;
	view.setInt32(at + BITS, bits, true);
	view.setInt32(at + RCV_NXT, tcb.rcvNxt, true);
	view.setInt32(at + RCV_ADV, tcb.rcvAdv, true);
	view.setInt32(at + RCV_QUEUED, tcb.rcvQueued, true);
	view.setInt32(at + RCV_AT, tcb.rcvAt, true);
	view.setInt32(at + SND_UNA, tcb.sndUna, true);
	view.setInt32(at + SND_NXT, tcb.sndNxt, true);
	view.setInt32(at + SND_QUEUED, tcb.sndQueued, true);
	view.setInt32(at + SND_AT, tcb.sndAt, true);
	view.setInt32(at + SND_WND, tcb.sndWnd, true);
	view.setInt32(at + SND_WND_MAX, tcb.sndWndMax, true);
	view.setInt32(at + SND_MSS, tcb.sndMss, true);
	view.setInt32(at + SND_SMALL, tcb.sndSmall, true);
}

/** Nothing is lost, out of order, or about to end. */
function predictable(tcb: Tcb): boolean {
	return (
		tcb.state === ESTABLISHED &&
		tcb.ranges === 0 &&
		!tcb.finAhead &&
		!tcb.recovering &&
		!tcb.timedOut &&
		tcb.dupAcks === 0 &&
		tcb.backoff === 0 &&
		tcb.sndNxt === tcb.sndMax &&
		!(tcb.work & PERSIST)
	);
}

/** Makes a used TCB new, and its copies the truth. What belongs to lists stays. */
export function renew(tcb: Tcb): void {
	tcb.loaded = true;
	tcb.work &= LISTS;
	tcb.rcvNxt = tcb.rcvQueued = tcb.rcvAt = tcb.rcvAdv = 0;
	tcb.sndUna = tcb.sndNxt = tcb.sndMax = tcb.sndQueued = tcb.sndAt = 0;
	tcb.sndWnd = tcb.sndWndMax = tcb.sndWl1 = tcb.sndWl2 = tcb.sndSmall = 0;
	tcb.cwnd = tcb.ssthresh = tcb.dupAcks = tcb.ackedBytes = tcb.backoff = 0;
	tcb.recovering = tcb.timedOut = tcb.partial = tcb.timing = false;
	tcb.srtt = -1;
	tcb.finQueued = tcb.finReceived = tcb.finAhead = tcb.detached = false;
	tcb.ranges = 0;
	tcb.noDelay = tcb.heard = tcb.challenged = tcb.softError = false;
	tcb.userTimeout = tcb.keepAliveIdle = tcb.keepAliveInterval = tcb.keepAliveProbes = 0;
	tcb.backlog = tcb.waiting = 0;
	tcb.ended = NO_ERROR;
	tcb.owner = null;
	tcb.listener = tcb.acceptHead = tcb.acceptTail = tcb.nextAccept = undefined;
	tcb.path.clear();
}
