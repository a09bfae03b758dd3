// What compiled and interpreted code share about a stack as a whole: the clock, the pool, lists, and where the turn stands.

import { PATH_MTUS } from "../config.ts";
import { FIELDS_BYTES } from "./fields.ts";
import { PathBlock } from "./path-block.ts";
import { PathMtuEntry } from "./path-mtu-entry.ts";
import { address, bytes, int32, offset, record, type RowOf } from "./record.ts";

/** Room for the longest text of an address, which has 45 characters: six groups and four octets. */
export const TEXT_BYTES = 48;

export const CoreBlock = record({
	/** Milliseconds of the current poll. It wraps: compare by (a - b) | 0. */
	now: int32,
	/** 1: something is due at `due`, the earliest deadline of all timers. */
	armed: int32,
	due: int32,
	/** 1: a poll has been asked for, or runs. */
	awake: int32,
	/** 1: routes have changed during the poll. */
	noticed: int32,
	/** 1: a device in TypeScript has thrown, which is told as the poll ends. */
	faulty: int32,
	/** 1: something was set outside of a poll that must be looked at earlier than the last one has said. Who called compiled code then asks for one. */
	wakes: int32,
	/** Changes with every change of routes, links, addresses and neighbours: a way that was found at another one is void. */
	wayVersion: int32,
	/** Changes with every change of routes, links and addresses: a route that was found at another one is void. */
	routeVersion: int32,
	/** routeVersion when the last turn looked. */
	routesSeen: int32,
	/** A packet that is always ready to be built in, and where its IP header goes; NONE while the pool is empty. */
	spare: int32,
	spareAt: offset,
	/** The packet that frames are received into, likewise. */
	packet: int32,
	packetAt: offset,
	/** Packets that nobody has: how many, and the list of them. */
	free: int32,
	freeList: offset,
	/** For each packet in a queue where it begins and ends, and the one behind it, NONE for none. */
	starts: offset,
	ends: offset,
	nexts: offset,
	/** The buffers. */
	packets: offset,
	/** Sockets with news: the first and the last one, and the last whose turn it is; 0 for none. */
	newsFirst: int32,
	newsLast: int32,
	newsEnd: int32,
	/** The News of every socket. */
	news: offset,
	/** TCB blocks with something to send, those of them that could not, and those with a delayed acknowledgment: each the first of a list, 0 for none. */
	pending: offset,
	blocked: offset,
	ticking: offset,
	/** 1: the tick of delayed acknowledgments comes at tickAt. */
	ticks: int32,
	tickAt: int32,
	/** TCB blocks, how many there are, and the TcpBlock. */
	tcbs: offset,
	tcbCount: int32,
	tcp: offset,
	/** UDP sockets: of programs, of the services behind them, and of these how many may be look-ups. */
	udpCount: int32,
	serviceCount: int32,
	lookupsMost: int32,
	/** Raw sockets, whose blocks are UdpBlocks too and follow those; and how many of them are open that want what IP brings. */
	rawCount: int32,
	rawOpen: int32,
	/** EchoBlocks, and how many there are. */
	echoes: offset,
	echoCount: int32,
	/** Interface blocks. The first is that of loopback, and begins the list of those that are there, in the order in which they were added. */
	interfaces: offset,
	/** RULE_…, or-ed. */
	rules: int32,
	/** The route table, the rows of the routes, how many these are, and 1: they have changed since the table was filled. */
	routes: offset,
	routeRows: offset,
	routeCount: int32,
	routesStale: int32,
	/** 1: there are routes whose router was asked in vain. */
	routersSilent: int32,
	/** Neighbour blocks, and how many there are. */
	neighbors: offset,
	neighborCount: int32,
	/** Heads of their hash chains, a power of two, and how many these are, less one. */
	neighborChains: offset,
	neighborMask: int32,
	/** Packets that wait for neighbours, and how many of them may. */
	neighborPackets: int32,
	neighborPacketsMost: int32,
	/** 1: a neighbour is to be looked at, at neighborsDue. */
	neighborsArmed: int32,
	neighborsDue: int32,
	/** 1: connections are to be looked at, at tcpDue. */
	tcpArmed: int32,
	tcpDue: int32,
	/** Packets whose neighbour did not answer, NONE for none, and the block of their interface. */
	lost: int32,
	lostLink: offset,
	/**
	 * Interfaces to be looked at when the next poll begins, those that may have frames, those that are asked without a notice, those whose queue their device is to be
	 * offered, and those whose device is at a frame and is asked again in the next turn: a bit for each slot, 32 in a word.
	 */
	lookLow: int32,
	lookHigh: int32,
	readyLow: int32,
	readyHigh: int32,
	polledLow: int32,
	polledHigh: int32,
	drainLow: int32,
	drainHigh: int32,
	againLow: int32,
	againHigh: int32,
	/** Where the turn stands (turn/turn.ts): phase; slots that are still to be served in it; the present one, and how many frames it may yet bring. */
	phase: int32,
	leftLow: int32,
	leftHigh: int32,
	slot: int32,
	frames: int32,
	/** How often the poll may yet look whether a device has moved the frame that it is at. */
	looks: int32,
	/** How many turns there may be; BUSY_…, or-ed; in how many ms a poll is wanted, or -1. */
	turns: int32,
	busy: int32,
	wanted: int32,
	/** What the interpreter was asked last: the kind of the request; and the first pending connection when it was asked to drain a device. */
	asked: int32,
	pendingSeen: offset,
	/** The socket whose owner is called, and 1: a poll ended early as something was left unread. */
	told: int32,
	unread: int32,
	/** What the device of a serial line answered, of the frame that the interpreter is asked about. */
	result: int32,
	/** Tokens for ICMP errors, and when some came last. */
	errorTokens: int32,
	errorsFilledAt: int32,
	/** Datagrams of which fragments have come, the one that began first, NONE for none; how many packets are theirs, and how many may be. */
	fragments: int32,
	fragmentsHeld: int32,
	fragmentsMost: int32,
	/** What follows the packet in the registers, of a datagram that came in fragments: a packet, NONE for nothing. */
	pieces: int32,
	/** 255.255.255.255: the next hop of what is for all stations of a subnet. */
	everybody: address,
	/** Slot of an interface whose device, in TypeScript, has soon no room for more to wait; 0: of none. */
	crowded: int32,
	/** The packet whose bytes are what ICMP errors said of datagrams that were sent, a DatagramError each, until their sockets' owners know; NONE for none. And how many there are. */
	errors: int32,
	errorCount: int32,
	/** How many addresses there are of which is known how large packets to them may be, and a PathMtuEntry for each. */
	pathMtus: int32,
	pathMtuTable: bytes(PATH_MTUS * PathMtuEntry.bytes),
	/** Ways, a PathBlock each: of the last echo reply, of the last packet that was forwarded, back to where it came from, of the last ICMP error. */
	echo: bytes(PathBlock.bytes),
	forward: bytes(PathBlock.bytes),
	reverse: bytes(PathBlock.bytes),
	error: bytes(PathBlock.bytes),
	/** Of what is only asked about. */
	question: bytes(PathBlock.bytes),
	/** An address as text that is to be read (address-read.ts), and what is read so far. */
	text: bytes(TEXT_BYTES),
	textAddress: address,
	/**
	 * Who has joined groups: for each, by its number in the table of our own addresses, a row of so many words. Bit 0: all sockets; bit n + 1: the UDP socket with index n; whatever the
	 * source is.
	 */
	members: offset,
	memberWords: int32,
	/** The packet whose bytes are the GroupSources of those that joined for one source alone, NONE for none; and how many there are. */
	sources: int32,
	sourceCount: int32,
	/** The table of VLANs and tunnels, a hash table of interface blocks, and how many places it has, less one: link/vlans.ts, link/tunnels.ts. */
	vlans: offset,
	vlanMask: int32,
	/** The RouterBlock while there is a filter or translation, 0 otherwise. No way is kept then: each packet is looked at as it leaves (ip/output.ts), and so is whose each is (ip/input.ts). */
	router: offset,
});
export type CoreBlock = RowOf<typeof CoreBlock>;

/** Bits of `busy`. There is more to do: another turn follows. */
export const BUSY_MORE = 1;
/** Owners were called: output looks whether what they did makes more to do. */
export const BUSY_TOLD = 2;

/** Bits of `rules`, options of the stack: hosts are strong, RFC 1122 §3.3.4.2; packets are forwarded, RFC 1812; and what comes by another way than the one back is dropped, RFC 3704. */
export const RULE_STRONG_HOST = 1;
export const RULE_FORWARDING = 2;
export const RULE_REVERSE_PATH = 4;

/** Where it lies: behind the registers. */
export const CORE = FIELDS_BYTES;
/** Bytes of both. */
export const CORE_END = CORE + CoreBlock.bytes;

/** Index of one of its words among all words of the arena, for the interpreter. */
export function word(name: keyof typeof CoreBlock.offsets): number {
	return (CORE + CoreBlock.offsets[name]) >> 2;
}
