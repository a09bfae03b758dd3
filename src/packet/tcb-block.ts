// What a connection, or a listener, is: all that there is of it lies here.

import { CORE, CoreBlock } from "./core-block.ts";
import type { Offset } from "./numbers.ts";
import { OFFER } from "./offers.ts";
import { PathBlock } from "./path-block.ts";
import { address, bytes, int32, offset, record, uint16, uint8, type RowOf } from "./record.ts";

/** Ranges of bytes ahead of their turn that are remembered, transport/tcp/reassembly.ts. With all in use a further one is dropped, and the peer sends it again. */
export const RANGES = 8;

/** Runs of bytes in flight that are told apart, transport/tcp/flight.ts: a power of two. */
export const RUNS = 16;
/** One of them: the sequence number behind it, when the last of it was sent, how long before that the first, ms, and what became of it. */
export const Run = record({ end: int32, time: int32, spread: uint16, bits: uint16 });
export type Run = RowOf<typeof Run>;

/**
 * Names as in RFC 9293 §3.3.1. What most places of the code ask for comes first, small fields before words: an ARM Cortex-M0+ has one instruction for a byte up
 * to 31 and a word up to 124 bytes behind an address, and two or three for one further on.
 */
export const TcbBlock = record({
	/** transport/tcp/states.ts: the state, and why it ended. */
	state: uint8,
	ended: uint8,
	/** 1: the application has let go of it. */
	detached: uint8,
	/** 1: FIN has been asked for, by `close` or `shutdown`: it follows the last byte in the send ring. */
	finQueued: uint8,
	/** 1: the peer's FIN came ahead of data, for rcvNxt = finAt. */
	finAhead: uint8,
	/** 1: in fast recovery; `recover` is RFC 6582's. */
	recovering: uint8,
	/** 1: the timer expired, and what was in flight then is not all acknowledged: duplicates up to `recover` are echoes of our own. */
	timedOut: uint8,
	/** How many ranges there are ahead of their turn. */
	ranges: uint8,
	/** Quarters of a round trip that what others have overtaken is waited for. */
	reoSteps: uint8,
	/** 1: an ICMP error said that the peer cannot be reached, which may be passing. RFC 5927 §4. */
	softError: uint8,
	/** 1: something came since the keep-alive timer's last look. */
	heard: uint8,
	/** 1: a challenge ACK has been sent, at challengeAt. RFC 5961 §7. */
	challenged: uint8,
	/** BIT_…: the two kinds of acknowledgment owed, and what transport/tcp/stream.ts must know of the connection. */
	bits: int32,
	/** What is to be done, and which timers run: transport/tcp/work.ts. */
	work: int32,
	sndUna: int32,
	sndNxt: int32,
	/** Highest sequence number ever sent + 1. SND.NXT goes back behind it for retransmissions. */
	sndMax: int32,
	/** Largest payload. */
	sndMss: int32,
	/** Bytes not acknowledged yet, sent or not. */
	sndQueued: offset,
	/** The peer's window, and the largest it ever was. */
	sndWnd: int32,
	sndWndMax: int32,
	/** Congestion window. RFC 5681. */
	cwnd: int32,
	ssthresh: int32,
	/** Bytes acknowledged since cwnd grew in congestion avoidance. */
	ackedBytes: int32,
	rcvNxt: int32,
	/** Bytes not read yet. */
	rcvQueued: offset,
	/** transport/tcp/flight.ts: the number of the first run, and how many there are; bytes in flight that the peer has, and that are lost. */
	runFirst: int32,
	runCount: int32,
	sackedBytes: int32,
	lostBytes: int32,
	dupAcks: int32,
	/** transport/tcp/delayed.ts: so many acknowledgments do not wait for a second segment. */
	quickAcks: int32,
	/** Retransmission timeout, smoothed round-trip time and its variation, ms; the last two times 8 and 4; srtt -1 before the first sample. RFC 6298 §2. */
	rto: int32,
	srtt: int32,
	rttvar: int32,
	/** When the retransmission or the persist timer expires. */
	retransmitAt: int32,
	/** Timeouts, or probes, since the peer last let us go on; and when it stopped letting us, while that is not 0. */
	backoff: int32,
	stalledAt: int32,
	/** The block of the listener that has not handed this connection out yet, or 0. */
	listener: offset,
	iss: int32,
	/** IPv4 and TCP header, network order; IPv6's 40 + 20 fit too. */
	template: bytes(64),
	/** Up to 40 bytes of TCP options, sent with every segment while `optionsLength` is not 0. */
	options: bytes(40),
	optionsLength: int32,
	/** The table of the send ring's pages, and how many bytes may wait in it at most. */
	sendPages: offset,
	sendSize: offset,
	/** Bytes of the IP header in the template. */
	ipHeader: int32,
	/** Not 0: the device fills the checksums in. */
	noChecksum: int32,
	/** Right edge of the window advertised last. */
	rcvAdv: int32,
	/** Ring byte where RCV.NXT goes. */
	rcvAt: offset,
	/** The same of the receive ring. */
	receivePages: offset,
	receiveSize: offset,
	/** The window advertised grows by this at least, and who has read is asked to tell of one that grew by that. */
	windowStep: int32,
	updateStep: int32,
	/** Ring byte of SND.UNA. */
	sndAt: offset,
	/** End of the last small segment. */
	sndSmall: int32,
	/** The segment that is being timed, and when it was sent. */
	rttSeq: int32,
	rttAt: int32,
	/** Sequence and acknowledgment number of the segment that told the window last. */
	sndWl1: int32,
	sndWl2: int32,
	/** transport/tcp/share.ts. Bytes of the rings, one page more than `receiveSize` and `sendSize` need; pages promised, from that of the first byte on; bytes that may still come, or be written, into them. */
	receiveRing: offset,
	receivePromised: int32,
	rcvRoom: offset,
	sendRing: offset,
	sendPromised: int32,
	sndRoom: offset,
	/** transport/tcp/offers.ts: how far windows are shifted that the peer tells, and that we tell. RFC 7323 §2.3. */
	sndScale: int32,
	rcvScale: int32,
	/** transport/tcp/timestamps.ts, RFC 7323: what is added to the time of day in our timestamps; the peer's to be echoed, and when it came; the acknowledgment sent last. */
	tsOffset: int32,
	tsRecent: int32,
	tsRecentAt: int32,
	lastAck: int32,
	/** The largest room that there is in the send ring, in full segments: transport/tcp/share.ts. */
	sndMost: int32,
	/** What came twice, while BIT_DSACK is set. RFC 2883. */
	dsackStart: int32,
	dsackEnd: int32,
	/** The peer's echo of our timestamps in the segment that is looked at. */
	tsEcho: int32,
	/** SND.MAX when something went again last. */
	againAt: int32,
	/** How long an acknowledgment is waited for, ms: until a probe goes (transport/tcp/tail.ts), or `rto`. */
	wait: int32,
	/** transport/tcp/delivered.ts: when what was delivered last had been sent, its end, how long it took; the highest end delivered, and what that was before the acknowledgment that is looked at; the shortest round trip, ms. */
	rackAt: int32,
	rackEnd: int32,
	rackRtt: int32,
	rackHighest: int32,
	rackBefore: int32,
	minRtt: int32,
	/** transport/tcp/rack.ts: when what may be lost will be; for how many recoveries `reoSteps` counts yet, and from which sequence number on there may be one more. */
	reorderAt: int32,
	reoKept: int32,
	reoRound: int32,
	/** transport/tcp/recovery.ts, bytes. RFC 6937's prr_delivered, prr_out and RecoverFS; what congestion control had before; when something went again first, by our timestamps, and how much went again that may have been needless. */
	prrDelivered: int32,
	prrOut: int32,
	recoverFlight: int32,
	priorCwnd: int32,
	priorSsthresh: int32,
	undoStamp: int32,
	undoBytes: int32,
	/** The end of what had been sent when a probe went. */
	tailEnd: int32,
	/** transport/tcp/cubic.ts: the window before it was reduced, since when it grows again and after how long it is there, what Reno's would be; 1 while it grows. */
	cubicMax: int32,
	cubicAt: int32,
	cubicMiddle: int32,
	cubicReno: int32,
	cubicBegun: int32,
	/** Segments that went again. */
	resent: int32,
	/** SND.MAX when a mark was answered last. */
	ecnEnd: int32,
	/** transport/tcp/hystart.ts, RFC 9406: where the round ends, the least round trip of the last one and of this, samples in it, ms; what it was when slow start became careful, and rounds since. */
	roundEnd: int32,
	roundBefore: int32,
	roundLeast: int32,
	roundSamples: int32,
	carefulAt: int32,
	carefulRounds: int32,
	/** Slot of the interface that the connection went by first; 0 while it has gone by none. */
	home: int32,
	/** When answers to repetitions so far would have been sent at their pace, ms. transport/tcp/answers.ts. */
	answerAt: int32,
	/** transport/tcp/path-mtu.ts. What an ICMP error claimed and was not believed: largest payload (0: none), of which segment, when. */
	claimMss: int32,
	claimSeq: int32,
	claimAt: int32,
	/** The largest payload that both ends can do, 0 while it never was made smaller. */
	fullMss: int32,
	/** The largest that is known to have arrived before `sndMss` changed last. */
	knownMss: int32,
	/** The first sequence number of what goes at the present size. */
	sizeSince: int32,
	/** When full segments are tried again. */
	raiseAt: int32,
	/** transport/tcp/black-hole.ts. The least payload that the way swallows, as far as is known, 0: it swallows none; segments of the present size that were lost. */
	holeMss: int32,
	holeTries: int32,
	/** The payload of the segment that tries the way, 0: none; its end, and `resent` when it went. */
	probeMss: int32,
	probeEnd: int32,
	probeResent: int32,
	/** When something was sent last, for the restart after idle time. RFC 5681 §4.1. */
	sentAt: int32,
	/** Its number among the connections, and among the sockets that have news. */
	index: int32,
	news: int32,
	/** The next block in the list of those with something to send, and of those with a delayed acknowledgment; 0 for none. */
	nextPending: offset,
	nextTicking: offset,
	/** Not 0: what is written is sent. ESTABLISHED or CLOSE-WAIT. */
	sendable: int32,
	/** The way to the peer, a PathBlock. */
	path: bytes(PathBlock.bytes),
	/** Their starts and ends, pairs of sequence numbers: what was added to last comes first, as SACK tells them. */
	edges: bytes(RANGES * 8),
	runs: bytes(RUNS * Run.bytes),
	finAt: int32,
	irs: int32,
	recover: int32,
	/** ms that data may stay unacknowledged, 0 for the default. RFC 5482. */
	userTimeout: int32,
	/** ms of silence before the first keep-alive probe, 0 for none, and between probes; after how many the peer is given up; those sent; when the timer expires. RFC 9293 §3.8.4. */
	keepAliveIdle: int32,
	keepAliveInterval: int32,
	keepAliveMost: int32,
	keepAliveProbes: int32,
	keepAliveAt: int32,
	/** rcvNxt and sndUna at its last look. */
	heardRcvNxt: int32,
	heardSndUna: int32,
	/** How long a connection that its program has closed may go on, ms; -1: as timing.ts says. */
	lingerMs: int32,
	/** The end of TIME-WAIT, or of a connection that its program has closed. */
	lingerAt: int32,
	/** When the wait for a way ends; before the first poll, how long it is. */
	routeLostAt: int32,
	challengeAt: int32,
	/** Addresses and ports; no address: a listener's peer, any of ours, or none yet. Slot of the interface that it is bound to << 8 | protocol: its part of the flow table's key. */
	localAddress: address,
	localPort: int32,
	remoteAddress: address,
	remotePort: int32,
	meta: int32,
	/** Of a listener: connections that may wait, those that do; the queue of those established, its first and last, 0 for none. */
	backlog: int32,
	waiting: int32,
	acceptHead: offset,
	acceptTail: offset,
	nextAccept: offset,
	/** The next of those whose timers are looked at now, and of those that nobody has. */
	nextTimed: offset,
	nextFree: offset,
	/** transport/tcp/pace.ts. Bytes a second that it owes, 0: none; when it was looked at, what had moved by then, and the rate of the interval before, -1: none yet. */
	leastRate: int32,
	pacedAt: int32,
	paceMoved: int32,
	paceRate: int32,
});
export type TcbBlock = RowOf<typeof TcbBlock>;

/** Where the block of the TCB with that index lies. */
export function tcbAt(view: DataView, index: number): Offset {
	return (CoreBlock.of(view, CORE).tcbs + Math.imul(index, TcbBlock.bytes)) | 0;
}

/** Bits of `bits`. An acknowledgment is owed at the end of the turn; one waits for the delayed-ACK tick. */
export const BIT_ACK_NOW = 1;
export const BIT_ACK_DELAYED = 2;
/** Nothing is lost, out of order or about to end: what comes and goes is as predicted, transport/tcp/stream.ts. */
export const BIT_PREDICTED = 4;
/** Nagle's algorithm is off. */
export const BIT_NO_DELAY = 8;
/** The peer's FIN has come. */
export const BIT_FIN = 16;
/** `rttSeq` counts. */
export const BIT_TIMING = 32;
/** The next acknowledgment tells of data that came twice, by `dsackStart` and `dsackEnd`. RFC 2883. */
export const BIT_DSACK = 64;
/** The timer waits for the retransmission, no longer for a probe; a probe is out, and it repeated something. transport/tcp/tail.ts. */
export const BIT_LATE = 1024;
export const BIT_PROBED = 2048;
export const BIT_PROBED_AGAIN = 4096;
/** The network changes the order of segments. RFC 8985. */
export const BIT_REORDERED = 8192;
/** Something went again in this recovery, which may have been needless; and the peer says that it has something twice. */
export const BIT_UNDO = 16_384;
export const BIT_TWICE = 32_768;
/** NewReno, not CUBIC; and slow start is at its end, carefully: transport/tcp/hystart.ts. */
export const BIT_RENO = 65_536;
export const BIT_CAREFUL = 131_072;
/** transport/tcp/ecn.ts, RFC 3168: both ends know it; the peer is told of a mark; the peer is told that the window was reduced. */
export const BIT_ECN = 262_144;
export const BIT_ECE = 524_288;
export const BIT_CWR = 1_048_576;
/** What comes is acknowledged at once: `quickAcks` times yet. */
export const BIT_QUICK = 2_097_152;
/** transport/tcp/fast-open.ts, RFC 7413: open, though our SYN is not acknowledged yet; it is to be sent, or again; the data of a SYN came to be. */
export const BIT_UNPROVEN = 4_194_304;
export const BIT_SYN_DUE = 8_388_608;
export const BIT_SYN_DATA = 16_777_216;
/** transport/tcp/black-hole.ts: a segment of `probeMss` is to be sent. */
export const BIT_PROBE_DUE = 33_554_432;
/** The retransmission timeout is a second at least: transport/tcp/rtt.ts. */
export const BIT_PATIENT = 128;
/** What both ends have offered, transport/tcp/offers.ts: the bits of packet/offers.ts, further up than all others. */
export const AGREED_SHIFT = 22;
export const BIT_SCALE = OFFER.windowScale.bit << AGREED_SHIFT;
export const BIT_SACK = OFFER.sack.bit << AGREED_SHIFT;
export const BIT_STAMPS = OFFER.timestamps.bit << AGREED_SHIFT;
