// Why packets are dropped: one counter per interface and reason, in the interface's block of the arena.

import type { InterfaceBlock } from "./interface-block.ts";
import type { Uint8 } from "./numbers.ts";

/** The reasons, each with the index of its counter: from 0 on, in this order and without a gap. */
export const DROP = Object.freeze({
	truncated: 0, // frame shorter than its headers say
	notForUs: 1, // link destination is another station
	unknownEtherType: 2,
	arpMalformed: 3,
	arpIgnored: 4, // from a bad sender, or nobody asked
	ipMalformed: 5, // version, lengths
	ipv4Checksum: 6,
	ipBadSource: 7, // broadcast, multicast, or our own address coming from outside; of IPv6 also addresses of IPv4
	ipFragment: 8, // a fragment whose place or length cannot be, or that overlaps others, or came twice
	ipNotLocal: 9, // for somebody else, and we do not forward
	ipStrongHost: 10, // for an address of another interface
	reversePath: 11, // forwarding: came in by the wrong interface
	ttlExpired: 12,
	unknownProtocol: 13,
	icmpMalformed: 14,
	icmpChecksum: 15,
	icmpUnhandled: 16, // these three of IGMP too
	icmpRateLimited: 17,
	udpMalformed: 18,
	udpChecksum: 19,
	udpNoSocket: 20,
	udpQueueFull: 21,
	tcpMalformed: 22,
	tcpChecksum: 23,
	tcpNoSocket: 24,
	tcpBacklogFull: 25, // as many connections wait for the program as its listener lets: the peer tries again
	tcpUnacceptable: 26, // outside the window, or not valid in this state
	tcpReassemblyFull: 27,
	noPacketBuffer: 28,
	noRoute: 29,
	neighborUnreachable: 30,
	neighborQueueFull: 31,
	transmitQueueFull: 32,
	tooBig: 33, // larger than the MTU of the interface it leaves by
	interfaceDown: 34,
	icmpQueueFull: 35,
	pppMalformed: 36, // a control packet that makes no sense
	pppNotOpen: 37, // of a protocol whose turn it is not
	pppUnknownProtocol: 38, // the peer was told
	vjMalformed: 39, // a compressed header that makes no sense, or whose connection is not known
	addressConflict: 40, // ARP: another station uses an address of ours; /status has `conflicts`
	neighborConflict: 41, // ARP: two stations answer for one address; the one known is kept
	tcpSocketsFull: 42, // every TCP socket is in use, and none gives way: the peer tries again
	tcpCookie: 43, // not lost: a SYN that was answered without a socket, which comes with the peer's ACK
	tcpOrphan: 44, // a connection that its program had closed, ended as its peer did not come to an end
	tcpTooSlow: 45, // a connection ended for a newcomer, as it was slower than its listener's leastRate
	ipLinkBroadcast: 46, // for us alone, in a frame for all or many
	ipSourceRoute: 47, // the sender says the way: RFC 7126 §4.3, §4.4
	udpGroup: 48, // to a broadcast address or a group, and its socket takes none
	loopbackAddress: 49, // from or to 127.0.0.0/8 or ::1, by an interface that leads out of the host
	ipUnknownOption: 50, // IPv6: an option of an extension header that says so of itself
	ipUnknownHeader: 51, // IPv6: an extension header out of its place, or a routing header that asks for more
	ndMalformed: 52, // neighbour discovery: hop limit, code, length, options or addresses that cannot be
	ndIgnored: 53, // nobody asked, or it is not for us
	ipFragmentTime: 54, // packets of fragments whose datagram was not whole in time
	ipFragmentGaveWay: 55, // the same, given up for newer ones
	ipFragmentOverlap: 56, // the same, as another fragment overlapped them
} as const);

export type DropName = keyof typeof DROP;

/** Their names, in the order of the counters. */
export const DROPS: readonly DropName[] = Object.freeze(Object.keys(DROP) as DropName[]);

/** Counts a drop of the interface. Answers 0. */
export function drop(view: DataView, iface: InterfaceBlock, reason: Uint8): number {
	const at = iface.drops + reason * 4;
	view.setInt32(at, view.getInt32(at, true) + 1, true);
	return 0;
}

/** The same, for who answers whether a packet goes on: it does not. */
export function refused(view: DataView, iface: InterfaceBlock, reason: Uint8): boolean {
	drop(view, iface, reason);
	return false;
}
