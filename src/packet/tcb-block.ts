// What a connection has in the arena: what compiled code reads and writes of it.

import { PathBlock } from "./path-block.ts";
import { bytes, int32, offset, record, type RowOf } from "./record.ts";

/** Names as in RFC 9293 §3.3.1 and transport/tcp/tcb.ts. */
export const TcbBlock = record({
	/** IPv4 and TCP header, network order; IPv6's 40 + 20 fit too. */
	template: bytes(64),
	/** Up to 40 bytes of TCP options, sent with every segment while `optionsLength` is not 0. */
	options: bytes(40),
	optionsLength: int32,
	/** The send ring, and its bytes. */
	sendRing: offset,
	sendSize: offset,
	/** Bytes of the IP header in the template. */
	ipHeader: int32,
	/** Not 0: the device fills the checksums in. */
	noChecksum: int32,
	/** BIT_…: the two kinds of acknowledgment owed, and what wire/stream.ts must know of the connection. */
	bits: int32,
	rcvNxt: int32,
	/** Right edge of the window advertised last. */
	rcvAdv: int32,
	/** Bytes not read yet. */
	rcvQueued: offset,
	/** Ring byte where RCV.NXT goes. */
	rcvAt: offset,
	/** The receive ring, and its bytes. */
	receiveRing: offset,
	receiveSize: offset,
	/** The window advertised grows by this at least, and who has read is asked to tell of one that grew by that. */
	windowStep: int32,
	updateStep: int32,
	sndUna: int32,
	sndNxt: int32,
	/** Bytes not acknowledged yet, sent or not. */
	sndQueued: offset,
	/** Ring byte of SND.UNA. */
	sndAt: offset,
	/** The peer's window, and the largest it ever was. */
	sndWnd: int32,
	sndWndMax: int32,
	/** Congestion window. RFC 5681. */
	cwnd: int32,
	/** Largest payload. */
	sndMss: int32,
	/** End of the last small segment. */
	sndSmall: int32,
	/** The segment that is being timed, and when it was sent. */
	rttSeq: int32,
	rttAt: int32,
	/** Slot of the interface that the connection went by first; 0 while it has gone by none. */
	home: int32,
	/** When answers to repetitions so far would have been sent at their pace, ms. transport/tcp/answers.ts; nothing compiled looks at it, nor at what follows. */
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
	/** What is to be done, and which timers run: transport/tcp/work.ts. */
	work: int32,
	/** Retransmission timeout, smoothed round-trip time and its variation, ms; the last two times 8 and 4; srtt -1 before the first sample. RFC 6298 §2. */
	rto: int32,
	srtt: int32,
	rttvar: int32,
	/** When the retransmission or the persist timer expires. */
	retransmitAt: int32,
	/** When something was sent last, for the restart after idle time. RFC 5681 §4.1. */
	sentAt: int32,
	ssthresh: int32,
	/** Bytes acknowledged since cwnd grew in congestion avoidance. */
	ackedBytes: int32,
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
});
export type TcbBlock = RowOf<typeof TcbBlock>;

/** Bits of `bits`. An acknowledgment is owed at the end of the turn; one waits for the delayed-ACK tick. */
export const BIT_ACK_NOW = 1;
export const BIT_ACK_DELAYED = 2;
/** Expected segments may take the short way. */
export const BIT_SHORT = 4;
/** Nagle's algorithm is off. */
export const BIT_NO_DELAY = 8;
/** The peer's FIN has come. */
export const BIT_FIN = 16;
/** `rttSeq` counts. */
export const BIT_TIMING = 32;
