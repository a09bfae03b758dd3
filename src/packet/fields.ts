// The decode registers: 32 int32 at the start of the arena. `decode` puts what it read from a frame's headers there, in
// host order, and the layers above read them. 16 to 23 are left for addresses of IPv6.

export const FIELDS = 32;
export const FIELDS_BYTES = FIELDS * 4;

/** IPv4 source and destination address. */
export const SOURCE = 0;
export const DESTINATION = 1;
/** Source port << 16 | destination port; for ICMP echo: identifier << 16 | sequence number. */
export const PORTS = 2;
/** TCP sequence and acknowledgment number. */
export const SEQ = 3;
export const ACK = 4;
/** TCP flags << 16 | window as it stands in the header (not scaled). */
export const FLAGS_WINDOW = 5;
/** Arena offset of the IP header, and of the end of the IP packet (link padding cut off). */
export const IP_AT = 6;
export const IP_END = 7;
/** Arena offset of the transport header. */
export const TRANSPORT_AT = 8;
/** TTL << 8 | protocol. */
export const TTL_PROTOCOL = 9;
/** Arena offset of the payload, and its bytes. */
export const PAYLOAD_AT = 10;
export const PAYLOAD_LENGTH = 11;
/** What `streamIn` made of a segment that came as predicted, wire/stream.ts. */
export const WHAT = 12;
/** Slot of the interface that the datagram came by which `udpRead` took last. */
export const ARRIVED = 13;
/** Source and destination of the last echo request that became a reply. */
export const ECHO_SOURCE = 14;
export const ECHO_DESTINATION = 15;
/** Set once: arena offset of the table of our own addresses. */
export const OWN_AT = 24;
/** Set once: arena offset of the timers' heap, and how many items it has room for. */
export const TIMERS_AT = 25;
export const TIMERS_COUNT = 26;
/** Set once: arena offsets of the TCB blocks, the UDP blocks and of the flow table, so that `decode` can deliver. */
export const TCBS_AT = 27;
export const UDPS_AT = 28;
export const FLOWS_AT = 29;
