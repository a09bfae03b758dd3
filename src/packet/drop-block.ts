// The reasons for which packets are dropped: what an interface's block has of counters, one for each. A new reason is a line here, and nothing else: its counter's place,
// room for it, its name in /status and `DROP.name` follow.

import { int32, record } from "./record.ts";

export const DropBlock = record({
	truncated: int32, // frame shorter than its headers say
	notForUs: int32, // link destination is another station
	unknownEtherType: int32,
	arpMalformed: int32,
	arpIgnored: int32, // from a bad sender, or nobody asked
	ipMalformed: int32, // version, lengths
	ipv4Checksum: int32,
	ipBadSource: int32, // broadcast, multicast, or our own address coming from outside; of IPv6 also addresses of IPv4
	ipFragment: int32, // a fragment whose place or length cannot be, or that overlaps others, or came twice
	ipNotLocal: int32, // for somebody else, and we do not forward
	ipStrongHost: int32, // for an address of another interface
	reversePath: int32, // forwarding: came in by the wrong interface
	ttlExpired: int32,
	unknownProtocol: int32,
	icmpMalformed: int32,
	icmpChecksum: int32,
	icmpUnhandled: int32, // these three of IGMP too
	icmpRateLimited: int32,
	udpMalformed: int32,
	udpChecksum: int32,
	udpNoSocket: int32,
	udpQueueFull: int32,
	tcpMalformed: int32,
	tcpChecksum: int32,
	tcpNoSocket: int32,
	tcpBacklogFull: int32, // as many connections wait for the program as its listener lets: the peer tries again
	tcpUnacceptable: int32, // outside the window, or not valid in this state
	tcpReassemblyFull: int32,
	noPacketBuffer: int32,
	noRoute: int32,
	neighborUnreachable: int32,
	neighborQueueFull: int32,
	transmitQueueFull: int32,
	tooBig: int32, // larger than the MTU of the interface it leaves by
	interfaceDown: int32,
	icmpQueueFull: int32,
	pppMalformed: int32, // a control packet that makes no sense
	pppNotOpen: int32, // of a protocol whose turn it is not
	pppUnknownProtocol: int32, // the peer was told
	vjMalformed: int32, // a compressed header that makes no sense, or whose connection is not known
	addressConflict: int32, // ARP: another station uses an address of ours; /status has `conflicts`
	neighborConflict: int32, // ARP: two stations answer for one address; the one known is kept
	tcpSocketsFull: int32, // every TCP socket is in use, and none gives way: the peer tries again
	tcpCookie: int32, // not lost: a SYN that was answered without a socket, which comes with the peer's ACK
	tcpOrphan: int32, // a connection that its program had closed, ended as its peer did not come to an end
	tcpTooSlow: int32, // a connection ended for a newcomer, as it was slower than its listener's leastRate
	ipLinkBroadcast: int32, // for us alone, in a frame for all or many
	ipSourceRoute: int32, // the sender says the way: RFC 7126 §4.3, §4.4
	udpGroup: int32, // to a broadcast address or a group, and its socket takes none
	loopbackAddress: int32, // from or to 127.0.0.0/8 or ::1, by an interface that leads out of the host
	ipUnknownOption: int32, // IPv6: an option of an extension header that says so of itself
	ipUnknownHeader: int32, // IPv6: an extension header out of its place, or a routing header that asks for more
	ndMalformed: int32, // neighbour discovery: hop limit, code, length, options or addresses that cannot be
	ndIgnored: int32, // nobody asked, or it is not for us
	ipFragmentTime: int32, // packets of fragments whose datagram was not whole in time
	ipFragmentGaveWay: int32, // the same, given up for newer ones
	ipFragmentOverlap: int32, // the same, as another fragment overlapped them
	unknownVlan: int32, // of a VLAN that there is no interface for
	vlanMalformed: int32, // a tag that is cut off, says VLAN 4095, or has another one behind it
	filtered: int32, // the filter lets it not pass
	sessionsFull: int32, // a new session, and as many as the table holds are in use
	natPorts: int32, // to be translated, and there is no port, or its protocol has none
	tunnelMalformed: int32, // of a tunnel: a header that cannot be, a wrong checksum, or something that is no packet in it
	tunnelOrder: int32, // of a tunnel: its number has passed already
	tunnelCongestion: int32, // of a tunnel, marked on its way, and nobody can be told: RFC 6040 §4.2
	tunnelLoop: int32, // a tunnel's way leads into itself, or through too many others
	bridgeSource: int32, // by a bridge's port: from no station's address, or from our own
	queuedLong: int32, // in a queue by flows: its flow's packets wait too long, CoDel
	bridgeStorm: int32, // by a bridge's port: it would go to all others, and those are too many
});
