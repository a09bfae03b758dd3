// What `decode` answers: 0 when it dropped and counted the packet; else a kind, the group bit, and from bit 8 on a value.
// Where the payload lies stands in the registers PAYLOAD_AT and PAYLOAD_LENGTH.

export const KIND = 15;
export const ARP = 1;
/** A segment that its socket did not expect: nothing was done. Value: index of the TCB. */
export const TCP = 2;
/** A datagram that was not delivered: no room, no socket, or for a group. Value: index of the socket, or NO_SOCKET. */
export const UDP = 3;
export const ICMP = 4;
/** IPv4 for us, another protocol. */
export const OTHER = 5;
/** A fragment of an IPv4 packet for us. */
export const FRAGMENT = 6;
/** IPv4 for an address that is not one of this interface's: nothing above the IP header was looked at. The payload is the packet. */
export const TRANSIT = 7;
/** A datagram that lies in its socket's ring now. Value: index of the socket. */
export const DATAGRAM = 8;
/** There was an ICMP echo request for us alone; its reply stands in its place now. Value: bytes of the IP packet; with ECHO_AGAIN. */
export const ECHO = 9;
/** A segment that no socket wants. */
export const STRAY = 10;
/** A segment that was expected and has been taken, wire/stream.ts. Value: index of the TCB; with SEGMENT_ACK_DUE or SEGMENT_MORE. */
export const SEGMENT = 11;

/** IPv4 with an option that runs out of the header. Value: offset of the octet that is wrong, for ICMP's parameter problem. */
export const BAD_OPTION = 12;

/** Sent to a broadcast or multicast address of the link or of IP. */
export const GROUP = 16;
/** Data was taken and its acknowledgment is due. Without this and SEGMENT_MORE: data was taken. */
export const SEGMENT_ACK_DUE = 32;
/** The echo request has the same source and destination as the one before. */
export const ECHO_AGAIN = 32;
/** The register WHAT tells what was done. */
export const SEGMENT_MORE = 64;
export const VALUE_SHIFT = 8;
export const NO_SOCKET = 0x7fff;

/** In what `udpRead` answers: source, destination, ports or interface are not those of the datagram before. */
export const ANOTHER = 0x10000;
