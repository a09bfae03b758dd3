// Why packets are dropped: one counter per interface and reason, in the interface's block of the arena.

/** Reasons, in the order of the counters. `decode` answers -(1 + index) for those it finds itself. */
export const DROPS = Object.freeze([
	"truncated", // frame shorter than its headers say
	"notForUs", // link destination is another station
	"unknownEtherType",
	"arpMalformed",
	"arpIgnored", // from a bad sender, or nobody asked
	"ipv4Malformed", // version, header length, total length
	"ipv4Checksum",
	"ipv4BadSource", // broadcast, multicast, or our own address coming from outside
	"ipv4Fragment", // reassembly is not there yet
	"ipv4NotLocal", // for somebody else, and we do not forward
	"ipv4StrongHost", // for an address of another interface
	"reversePath", // forwarding: came in by the wrong interface
	"ttlExpired",
	"unknownProtocol",
	"icmpMalformed",
	"icmpChecksum",
	"icmpUnhandled",
	"icmpRateLimited",
	"udpMalformed",
	"udpChecksum",
	"udpNoSocket",
	"udpQueueFull",
	"tcpMalformed",
	"tcpChecksum",
	"tcpNoSocket",
	"tcpBacklogFull", // as many connections wait for the program as its listener lets: the peer tries again
	"tcpUnacceptable", // outside the window, or not valid in this state
	"tcpReassemblyFull",
	"noPacketBuffer",
	"noRoute",
	"neighborUnreachable",
	"neighborQueueFull",
	"transmitQueueFull",
	"tooBig", // larger than the MTU of the interface it leaves by
	"interfaceDown",
	"icmpQueueFull",
	"pppMalformed", // a control packet that makes no sense
	"pppNotOpen", // of a protocol whose turn it is not
	"pppUnknownProtocol", // the peer was told
	"vjMalformed", // a compressed header that makes no sense, or whose connection is not known
	"addressConflict", // ARP: another station uses an address of ours; /status has `conflicts`
	"neighborConflict", // ARP: two stations answer for one address; the one known is kept
	"tcpSocketsFull", // every TCP socket is in use, and none gives way: the peer tries again
	"tcpCookie", // not lost: a SYN that was answered without a socket, which comes with the peer's ACK
	"tcpOrphan", // a connection that its program had closed, ended as its peer did not come to an end
	"tcpTooSlow", // a connection ended for a newcomer, as it was slower than its listener's leastRate
	"ipv4LinkBroadcast", // for us alone, in a frame for all or many
	"ipv4SourceRoute", // the sender says the way: RFC 7126 §4.3, §4.4
	"udpGroup", // to a broadcast address or a group, and its socket takes none
] as const);

export type DropName = (typeof DROPS)[number];

/** `DROP.udpNoSocket` is the index of that reason's counter. */
export const DROP = Object.freeze(Object.fromEntries(DROPS.map((name, index) => [name, index]))) as Readonly<
	Record<DropName, number>
>;
