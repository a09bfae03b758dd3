// What a router knows besides routes: what it lets pass, whom it translates, and the sessions that both rest on. Laid out in the arena where `router` of the options asks for it.

import { PathBlock } from "./path-block.ts";
import { address, bytes, int32, offset, record, uint16, uint8, type RowOf } from "./record.ts";

/** Fragments of IPv6 whose first one was let pass: so many are remembered. */
export const FIRST_FRAGMENTS = 8;

export const RouterBlock = record({
	/** The rules of the filter, a RuleRow each; how many there are, and how many of them look at sessions that stand already. */
	rules: offset,
	ruleCount: int32,
	ruleEstablished: int32,
	/** Interfaces by which nothing comes in unasked: a bit for each slot, 32 in a word. */
	outsideLow: int32,
	outsideHigh: int32,
	/** Block of the interface whose address stands for those behind it, 0 for none; that address of IPv4, 0 while there is none; NAT_…, or-ed. */
	natOut: offset,
	natAddress: int32,
	bits: int32,
	/** Sessions, a SessionRow each, how many rows there are, how many are in use, and the first that is not, by its number and 1 added. */
	sessions: offset,
	sessionCount: int32,
	used: int32,
	free: int32,
	/** Heads of the hash chains, a power of two, and how many, less one. Of the hash: what keeps strangers from choosing collisions. */
	buckets: offset,
	bucketMask: int32,
	seed: int32,
	/** The row that is looked at next for whether it has expired. */
	cursor: int32,
	/** The way of the last packet that was forwarded, a PathBlock. */
	way: bytes(PathBlock.bytes),
	/** 1: what leaves was forwarded, or is the router's own answer: it was looked at. */
	passing: int32,
	/** What tells the session of the packet at hand: addresses, source port << 16 | destination port (of ICMP the identifier, on the side of who asks), protocol, and where that begins and ends. */
	source: address,
	destination: address,
	ports: int32,
	protocol: int32,
	upper: offset,
	upperEnd: offset,
	/** What it is to the table of sessions: ip/router/packet.ts. */
	kind: int32,
	/** The mapping that it came to without a session, by its row's number and 1 added; 0: none. */
	mapping: int32,
	/** Its session, 0 for none, and which side it comes from: 0 who began, or is behind the translator; 1 the other. */
	session: offset,
	side: int32,
	/** The number of its row; and where the error of ICMP begins that is at hand. */
	number: int32,
	errorAt: offset,
	/** 0.0.0.0: stands in keys for the translator's own address. */
	zero: address,
	/** NPTv6, RFC 6296: prefixes within and outside, their bits, 0 for none, and what is added to a word of the address as it leaves. */
	prefixInside: address,
	prefixOutside: address,
	prefixLength: int32,
	prefixAdjust: int32,
	prefixOut: offset,
	/** Of fragments of IPv6: a hash of addresses and identification each; and which is written next. */
	firsts: bytes(4 * FIRST_FRAGMENTS),
	firstsNext: int32,
	/** Packets, pairs of low and high 32 bits: translated on their way out and in; sessions that gave way to others, unanswered or ended. */
	translatedOut: bytes(8),
	translatedIn: bytes(8),
	gaveWay: bytes(8),
	/** Sessions that began. */
	begun: bytes(8),
});
export type RouterBlock = RowOf<typeof RouterBlock>;

/** Bits of `bits`. Who is translated is reached by everybody whom a session or not has told of the port: endpoint-independent filtering, RFC 4787 §5. */
export const NAT_ANYBODY = 1;
/** Sessions are kept of what is not translated, too: there is a filter. */
export const FILTERS = 2;

/** One conversation between two ports, or a mapping: a port of a host that is translated to a port of ours. */
export const SessionRow = record({
	/** Who began, or is behind the translator; and whom it speaks to. Of a mapping that is 0.0.0.0. */
	inside: address,
	remote: address,
	/** Port of `inside` << 16 | that of `remote`; of ICMP the identifier and 0. */
	ports: int32,
	/** The port that stands for that of `inside` outside. */
	outsidePort: uint16,
	protocol: uint8,
	/** SEEN_…, or-ed. */
	seen: uint8,
	/** SESSION_…, or-ed; 0: the row is free. */
	bits: uint16,
	/** Of a mapping: how many sessions have it. */
	sessions: uint16,
	/** When it ends unless something passes. */
	due: int32,
	/** What follows it in the chain of each of both keys, its row's number * 2 + side + 1; 0: nothing. Of a free row the first says which is the next. */
	next: int32,
	nextOther: int32,
	/** Its mapping, by number and 1 added; 0 for none. */
	mapping: int32,
});
export type SessionRow = RowOf<typeof SessionRow>;

/** Bits of a session's `bits`. In use. */
export const SESSION = 1;
/** A mapping, no session. */
export const SESSION_MAPPING = 2;
/** A mapping that the program or the board file asks for: it does not end. */
export const SESSION_FIXED = 4;
/** Its inside has the translator's address outside. */
export const SESSION_TRANSLATED = 8;

/** What of a session has passed: from its inside, SEEN_SYN, SEEN_FIN; from the other the same, a bit further. */
export const SEEN_SYN = 1;
export const SEEN_FIN = 4;
export const SEEN_RESET = 16;
/** Something came back. */
export const SEEN_ANSWER = 32;

/** A rule of the filter. */
export const RuleRow = record({
	source: address,
	destination: address,
	/** Bits of both prefixes; ANY_ADDRESS: any address, of either family. */
	sourceLength: uint8,
	destinationLength: uint8,
	/** 0: any. */
	protocol: uint8,
	/** RULE_ACCEPT and its like. */
	action: uint8,
	/** Slots of the interfaces that a packet came by and leaves by; 0: any, 1, that of loopback: the board itself. */
	arrival: uint8,
	leaving: uint8,
	/** RULE_NEW, RULE_ESTABLISHED, or both. */
	states: uint8,
	unused: uint8,
	/** Destination ports, 0 to 65535: any. */
	firstPort: uint16,
	lastPort: uint16,
	/** Packets that it decided on, a pair of low and high 32 bits. */
	packets: bytes(8),
});
export type RuleRow = RowOf<typeof RuleRow>;

export const ANY_ADDRESS = 255;
export const RULE_ACCEPT = 0;
export const RULE_DROP = 1;
export const RULE_REJECT = 2;
export const RULE_NEW = 1;
export const RULE_ESTABLISHED = 2;
